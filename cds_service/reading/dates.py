"""FHIR dates as records write them, read to a span of time in UTC; anything unreadable is None, never an error.

Tolerated beside the standard's forms, because real records have them: a blank instead of T, no seconds, no zone (UTC),
``+0000`` and ``+00``, lower-case t and z, a leap second. An impossible date (2023-02-30) is unreadable, not the nearest
possible one.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from cds_service.reading.accessors import an_object
from rules.chart import When

_LONGEST: Final = 64
_FORM = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)? ?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII,
)
_FARTHEST_ZONE: Final = 14 * 60
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def read_when(value: object) -> When | None:
    """The span that a FHIR date, dateTime or instant can mean, or None when it is none of them.

    A year spans its year, a month its month, a date its day; a time is one instant, its fraction of a second left out.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    return _usual(value) or _any_form(value)


def _usual(value: str) -> When | None:
    """A whole date, or a time in UTC to the second: the forms that nearly all dates have, read several times faster.

    What stands between the digits is looked at first, because the standard library reads other forms of ISO 8601 too.
    """
    try:
        if len(value) == 10 and value[4::3] == "--":
            return When.day(date.fromisoformat(value))
        if len(value) == 20 and value[4::3] == "--T::Z":
            return When.instant(datetime.fromisoformat(value))
    except ValueError:
        pass
    return None


def _any_form(value: str) -> When | None:
    found = _FORM.fullmatch(value.strip())
    if found is None:
        return None
    days = _days(*found.group(1, 2, 3))
    if days is None or found[4] is None:
        return None if days is None else When.days(*days)
    return _instant(days[0], *found.group(4, 5, 6, 7))


def first_when(*values: object) -> When | None:
    """The first of ``values`` that can be read: an unreadable date counts as absent."""
    for value in values:
        if value is not None and (found := read_when(value)) is not None:
            return found
    return None


def period_end(resource: dict[str, Any], stem: str) -> When | None:
    """The date of something done: the moment, else the end of the period, else its start (knowledge 2.1)."""
    period = an_object(resource.get(f"{stem}Period"))
    return first_when(resource.get(f"{stem}DateTime"), period.get("end"), period.get("start"))


def _days(year_text: str, month_text: str | None, day_text: str | None) -> tuple[date, date] | None:
    """The first and the last day that the parts can mean, or None when the calendar has no such day."""
    year = int(year_text)
    if year < 1:
        return None
    if month_text is None:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(month_text)
    if not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    if day_text is None:
        return date(year, month, 1), date(year, month, last)
    if not 1 <= int(day_text) <= last:
        return None
    day = date(year, month, int(day_text))
    return day, day


def _instant(day: date, hour_text: str, minute_text: str, second_text: str | None, zone: str | None) -> When | None:
    hour, minute, second, east = int(hour_text), int(minute_text), int(second_text or 0), _minutes_east(zone)
    if hour > 23 or minute > 59 or second > 60 or east is None:
        return None
    moment = datetime(day.year, day.month, day.day, hour, minute, min(second, 59), tzinfo=UTC)
    shift = timedelta(minutes=east)
    # At the ends of the calendar the zone cannot be taken into account; the end itself is near enough.
    if shift > moment - _FIRST:
        return When.instant(_FIRST)
    return When.instant(_LAST if -shift > _LAST - moment else moment - shift)


def _minutes_east(zone: str | None) -> int | None:
    """How far east of UTC a zone is, in minutes, or None when there is no such zone."""
    if zone is None or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if minutes > 59 or hours * 60 + minutes > _FARTHEST_ZONE:
        return None
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)
