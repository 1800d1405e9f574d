"""Leave a server alone for a short while after it failed again and again: no call then waits for it in vain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from cds_service.fhir_reading import Fetched

FAILURES: Final = 3
"""Calls in a row in which a server gave nothing at all."""
SECONDS: Final = 10.0
_TROUBLE: Final = frozenset({"connection", "timeout", "server-busy", "server-error"})


class Cooling:
    """What is known of how servers fare, by base address. Safe with threads; each process learns by itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: dict[str, int] = {}
        self._until: dict[str, float] = {}

    def rests(self, base: str) -> bool:
        """True while the server is left alone. When the time is up, one call tries it and the others go on resting."""
        with self._lock:
            until = self._until.get(base)
            if until is None:
                return False
            if self._clock() < until:
                return True
            self._until[base] = self._clock() + SECONDS
            return False

    def learn(self, base: str, answers: Iterable[Fetched]) -> None:
        """Take note of how a call went: a server that gave anything at all is well."""
        bad = all(answer.reason in _TROUBLE and not answer.entries for answer in answers)
        with self._lock:
            if not bad:
                self._failed.pop(base, None)
                self._until.pop(base, None)
                return
            self._failed[base] = self._failed.get(base, 0) + 1
            if self._failed[base] >= FAILURES:
                self._until[base] = self._clock() + SECONDS
