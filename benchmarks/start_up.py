"""How long the service takes to start, and how much memory it takes before and after it was called."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.bodies import SERVICE, benchmark_body, large_body
from benchmarks.load import load
from benchmarks.servers import FLOOR, serving
from benchmarks.servers import SERVICE as SERVICE_COMMAND


def start_up(*, rounds: int, seconds: float) -> dict[str, Any]:
    """Start both servers in turn; then look at the memory of the service: idle, after small calls, after large ones."""
    took: dict[str, list[float]] = {"service": [], "floor": []}
    for _ in range(rounds):
        for name, command in (("service", SERVICE_COMMAND), ("floor", FLOOR)):
            with serving(command) as server:
                took[name].append(server.started_in)
    with serving(SERVICE_COMMAND) as server:
        memory = {"idle": server.memory_megabytes()}
        load(server.port, SERVICE, benchmark_body(), connections=4, seconds=seconds)
        memory["after_small_calls"] = server.memory_megabytes()
        load(server.port, SERVICE, large_body(), connections=1, seconds=seconds)
        memory["after_large_calls"] = server.memory_megabytes()
    return {
        "seconds_until_ready": {name: round(statistics.median(each), 3) for name, each in took.items()},
        "rounds": {name: [round(one, 3) for one in each] for name, each in took.items()},
        "memory_megabytes": memory,
    }
