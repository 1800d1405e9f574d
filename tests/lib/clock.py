"""The clock of the test charts: one fixed moment, and dates written relative to it.

``D-4`` is four calendar days before the day of the call, ``D0`` the day itself, ``T-72h1s`` a moment of 72 hours
and one second before the call. Anything else is taken as it stands (``2026-08``, ``yesterday``).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

NOW = datetime(2026, 11, 24, 15, 0, 0, tzinfo=UTC)
"""The moment of every call in the tests."""

TODAY = NOW.date()

_DAY = re.compile(r"D([+-]?\d+)")
_MOMENT = re.compile(r"T-(\d+)h(?:(\d+)s)?")


def now() -> datetime:
    """The injected clock of the service."""
    return NOW


def is_relative(word: str) -> bool:
    """Tell whether ``word`` is a relative date."""
    return bool(_DAY.fullmatch(word) or _MOMENT.fullmatch(word))


def written(word: str) -> str:
    """The date as a resource writes it."""
    if day := _DAY.fullmatch(word):
        return (TODAY + timedelta(days=int(day[1]))).isoformat()
    if moment := _MOMENT.fullmatch(word):
        then = NOW - timedelta(hours=int(moment[1]), seconds=int(moment[2] or 0))
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")
    return word


def born(age: int) -> str:
    """The birth date of someone who is ``age`` today and had the last birthday a hundred days ago."""
    birthday = TODAY - timedelta(days=100)
    return date(birthday.year - age, birthday.month, birthday.day).isoformat()
