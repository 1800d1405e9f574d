"""The service against its floor, over HTTP, in one run."""

from __future__ import annotations

import json
import statistics
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

from benchmarks.bodies import CORE_RULE, SERVICE, benchmark_body
from benchmarks.load import Load, WrongAnswerError, load
from benchmarks.servers import FLOOR, Server, serving
from benchmarks.servers import SERVICE as SERVICE_COMMAND

CONNECTIONS: Final = (1, 4)
"""One shows how long a call takes; four, more than one worker can serve at a time, show what it can bear."""
MAIN: Final = 4
"""The number of connections that the ratio to the floor is taken with."""


def ratio_to_floor(*, rounds: int, seconds: float) -> dict[str, Any]:
    """Both servers under the same load in turn; each stretch of load takes ``seconds``, of which a part warms up."""
    body = benchmark_body()
    with serving(FLOOR) as floor, serving(SERVICE_COMMAND) as service:
        answers = {"floor": _answer(floor, body), "service": _answer(service, body)}
        measured = {
            str(connections): _rounds(
                {"floor": floor, "service": service}, body, connections=connections, rounds=rounds, seconds=seconds
            )
            for connections in CONNECTIONS
        }
    return {
        "ratio_to_floor": measured[str(MAIN)]["ratio_to_floor"]["median"],
        "ratio_to_floor_rounds": measured[str(MAIN)]["ratio_to_floor"],
        "connections": MAIN,
        "request_bytes": len(body),
        "answer_bytes": {name: len(answer) for name, answer in answers.items()},
        "cards": _rules_of(answers["service"]),
        "by_connections": measured,
    }


def _answer(server: Server, body: bytes) -> bytes:
    """The answer of a server, once it is known to be worth measuring."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{SERVICE}", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310 - a server of this machine
        answer: bytes = response.read()
    if CORE_RULE not in _rules_of(answer):
        raise WrongAnswerError(f"the card {CORE_RULE} is not in the answer to the benchmark request")
    return answer


def _rules_of(answer: bytes) -> list[str]:
    return [card["extension"]["org.hip-spine-cds.rule"]["id"] for card in json.loads(answer)["cards"]]


def _rounds(
    servers: Mapping[str, Server], body: bytes, *, connections: int, rounds: int, seconds: float
) -> dict[str, Any]:
    loads: dict[str, list[Load]] = {name: [] for name in servers}
    cpu: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            before = server.cpu_seconds()
            put = load(server.port, SERVICE, body, connections=connections, seconds=seconds)
            after = server.cpu_seconds()
            loads[name].append(put)
            if before is not None and after is not None:
                cpu[name].append((after - before) / put.sent * 1000)
    ratios = [own.per_second / base.per_second for own, base in zip(loads["service"], loads["floor"], strict=True)]
    steadier = [base / own for own, base in zip(cpu["service"], cpu["floor"], strict=True)]
    return {
        "ratio_to_floor": _spread(ratios),
        "ratio_to_floor_by_processor_time": _spread(steadier) if steadier else None,
        "rounds": rounds,
        "seconds_a_round": seconds,
        **{name: _figures(puts, cpu[name]) for name, puts in loads.items()},
    }


def _figures(loads: list[Load], cpu: list[float]) -> dict[str, Any]:
    def each(figure: Callable[[Load], float]) -> dict[str, float]:
        return _spread([figure(one) for one in loads])

    return {
        "requests_per_second": each(lambda one: one.per_second),
        "p50_ms": each(lambda one: one.percentile(50)),
        "p99_ms": each(lambda one: one.percentile(99)),
        "cpu_ms_per_request": _spread(cpu) if cpu else None,
        "share_of_time_that_the_load_took": each(lambda one: one.processor_share),
    }


def _spread(values: list[float]) -> dict[str, float]:
    """The median of the rounds, the lowest and the highest."""
    return {
        "median": round(statistics.median(values), 3),
        "lowest": round(min(values), 3),
        "highest": round(max(values), 3),
    }
