"""Processor time of pieces of work in this process, taken in turn: a machine that is not quiet treats all alike."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timed:
    """The processor seconds of one piece of work, one figure a round; in each the quickest of its repetitions."""

    rounds: tuple[float, ...]

    @property
    def milliseconds(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds) * 1000

    def ratio(self, other: Timed) -> float:
        """How many times as long as ``other``: the median of the ratios round by round."""
        return statistics.median(own / base for own, base in zip(self.rounds, other.rounds, strict=True))


def timed(work: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float = 0.05) -> dict[str, Timed]:
    """Time each piece of ``work`` in every round; it is repeated for ``seconds`` in a round, but at least twice.

    The quickest repetition counts: whatever else runs on the machine can only make it slower.
    """
    gc.collect()
    gc.freeze()
    taken: dict[str, list[float]] = {name: [] for name in work}
    try:
        for piece in work.values():
            piece()
        for _ in range(rounds):
            for name, piece in work.items():
                taken[name].append(_quickest(piece, seconds))
    finally:
        gc.unfreeze()
    return {name: Timed(tuple(figures)) for name, figures in taken.items()}


def _quickest(piece: Callable[[], object], seconds: float) -> float:
    until = time.perf_counter() + seconds
    best = float("inf")
    count = 0
    while count < 2 or time.perf_counter() < until:
        began = time.process_time()
        piece()
        best = min(best, time.process_time() - began)
        count += 1
    return best


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """How the cost grows with the size: 1 is linear, 2 quadratic (the slope of the two on logarithmic scales)."""
    return statistics.linear_regression(_logarithms(sizes), _logarithms(costs)).slope


def _logarithms(values: Sequence[float]) -> list[float]:
    return [math.log(value) for value in values]
