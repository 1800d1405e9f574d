"""``python -m benchmarks``: measure, write one JSON file per benchmark, print one table against the committed figures.

``--quick`` takes fewer and shorter rounds, ``--only`` one benchmark, ``--commit-baseline`` writes the result as the one
to compare with.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.in_process import growth, large_chart, rule_count
from benchmarks.over_http import ratio_to_floor
from benchmarks.report import BASELINE, RESULTS, committed, figure, keep, surroundings, table
from benchmarks.start_up import start_up


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark: how it is run, how long, and which of its figures a reader wants to see."""

    run: Callable[..., dict[str, Any]]
    rounds: int
    seconds: float
    shown: tuple[tuple[str, str], ...]

    def measure(self, *, quick: bool) -> dict[str, Any]:
        return self.run(rounds=3 if quick else self.rounds, seconds=self.seconds / 4 if quick else self.seconds)


BENCHMARKS: Final = {
    "http": Benchmark(
        ratio_to_floor,
        rounds=9,
        seconds=2.0,
        shown=(
            ("calls per second, ratio to the floor", "ratio_to_floor"),
            ("  lowest of the rounds", "ratio_to_floor_rounds.lowest"),
            ("  highest of the rounds", "ratio_to_floor_rounds.highest"),
            ("  by processor time", "by_connections.4.ratio_to_floor_by_processor_time.median"),
            ("calls per second, floor", "by_connections.4.floor.requests_per_second.median"),
            ("calls per second, service", "by_connections.4.service.requests_per_second.median"),
            ("p50, one connection, floor (ms)", "by_connections.1.floor.p50_ms.median"),
            ("p50, one connection, service (ms)", "by_connections.1.service.p50_ms.median"),
            ("p99, one connection, floor (ms)", "by_connections.1.floor.p99_ms.median"),
            ("p99, one connection, service (ms)", "by_connections.1.service.p99_ms.median"),
            ("processor time a call, floor (ms)", "by_connections.1.floor.cpu_ms_per_request.median"),
            ("processor time a call, service (ms)", "by_connections.1.service.cpu_ms_per_request.median"),
        ),
    ),
    "growth": Benchmark(
        growth,
        rounds=5,
        seconds=0.2,
        shown=(
            ("growth with resources, exponent (1: linear)", "exponent"),
            ("  of decoding alone, exponent", "exponent_of_decoding"),
            ("each further resource (us)", "microseconds_per_further_resource"),
            ("61 resources (ms)", "milliseconds.61"),
            ("8,000 resources (ms)", "milliseconds.8000"),
        ),
    ),
    "rules": Benchmark(
        rule_count,
        rounds=9,
        seconds=0.2,
        shown=(
            ("all rules to six rules", "every_to_few"),
            ("  six rules (ms a call)", "milliseconds_a_call.few"),
            ("  all rules (ms a call)", "milliseconds_a_call.every"),
        ),
    ),
    "large-chart": Benchmark(
        large_chart,
        rounds=7,
        seconds=0.5,
        shown=(
            ("large chart, answering to decoding", "answer_to_decode"),
            ("  decoding (ms)", "milliseconds.decode"),
            ("  answering (ms)", "milliseconds.answer"),
        ),
    ),
    "start-up": Benchmark(
        start_up,
        rounds=3,
        seconds=2.0,
        shown=(
            ("start-up until ready (s)", "seconds_until_ready.service"),
            ("memory, idle worker (MB)", "memory_megabytes.idle.worker_resident"),
            ("memory, after large calls (MB)", "memory_megabytes.after_large_calls.worker_resident"),
        ),
    ),
}


def main(arguments: Sequence[str] | None = None, results: Path = RESULTS) -> None:
    """Run the benchmarks that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast the service is")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--only", choices=sorted(BENCHMARKS), help="one benchmark instead of all")
    parser.add_argument("--commit-baseline", action="store_true", help="write the results to benchmarks/baseline")
    given = parser.parse_args(arguments)
    rows: list[tuple[str, float | None, float | None]] = []
    for name in [given.only] if given.only else BENCHMARKS:
        around = surroundings()
        found = BENCHMARKS[name].measure(quick=given.quick)
        before = committed(name)
        keep(name, found, around, BASELINE if given.commit_baseline else results)
        rows += [(title, figure(found, path), figure(before, path)) for title, path in BENCHMARKS[name].shown]
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
