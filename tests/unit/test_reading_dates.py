"""Dates as records write them: the precision is kept, the zone is taken into account, nothing raises."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.reading.dates import _any_form, _usual, first_when, period_end, read_when
from rules.chart import When

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


def at(*parts: int) -> When:
    return When.instant(datetime(*parts, tzinfo=UTC))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("0001", date(1, 1, 1), date(1, 12, 31)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
        (" 2024-02-29 ", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_a_date_spans_what_it_can_mean(text: str, first: date, last: date) -> None:
    assert read_when(text) == When.days(first, last)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-05T10:20:30Z", at(2026, 3, 5, 10, 20, 30)),
        ("2026-03-05T10:20:30", at(2026, 3, 5, 10, 20, 30)),
        ("2026-03-05T10:20", at(2026, 3, 5, 10, 20)),
        ("2026-03-05 10:20:30", at(2026, 3, 5, 10, 20, 30)),
        ("2026-03-05 10:20:30 +0000", at(2026, 3, 5, 10, 20, 30)),
        ("2026-03-05t10:20:30z", at(2026, 3, 5, 10, 20, 30)),
        ("2026-03-05T10:20:30.123456789Z", at(2026, 3, 5, 10, 20, 30)),
        ("2026-03-05T10:20:30+02:00", at(2026, 3, 5, 8, 20, 30)),
        ("2026-03-05T10:20:30+0200", at(2026, 3, 5, 8, 20, 30)),
        ("2026-03-05 10:20:30+02", at(2026, 3, 5, 8, 20, 30)),
        ("2026-03-05T20:20:30-05:30", at(2026, 3, 6, 1, 50, 30)),
        ("2026-03-05T10:20:30+14:00", at(2026, 3, 4, 20, 20, 30)),
        ("2016-12-31T23:59:60Z", at(2016, 12, 31, 23, 59, 59)),
        ("2026-03-05T10:20:30-00:00", at(2026, 3, 5, 10, 20, 30)),
    ],
)
def test_a_time_is_one_instant_in_utc(text: str, moment: When) -> None:
    assert read_when(text) == moment


def test_the_zone_decides_about_the_day() -> None:
    late = read_when("2026-03-05T23:30:00-05:00")
    assert late is not None
    assert late.latest.date() == date(2026, 3, 6)


@pytest.mark.parametrize(
    "text",
    [
        *("2024-13-01", "2024-00-01", "2023-02-30", "2023-02-29", "2024-04-31", "2024-01-00", "0000-01-01", "0000"),
        *("2024-01-01T24:00:00Z", "2024-01-01T10:60:00Z", "2024-01-01T10:00:61Z", "2024-01-01T10:00:75Z"),
        *("2024-01-01T10:00:00+15:00", "2024-01-01T10:00:00+14:01", "2024-01-01T10:00:00+02:60"),
        *("2024-1-1", "20240101", "01/02/2024", "24-01-01", "2024-01-01T", "2024-01-01T10", "2024-01-01T10:00:00 CET"),
        *("DB_2f9ac1", "unknown", "about 2010", "45 years", "2024-01-01 - 2024-02-01", "-2024-01-01"),
        *("\uff12\uff10\uff12\uff14-01-01", "2024-01-01\n2024-01-02", "", "  "),
        "2024-01-01T10:00:00." + "9" * 1_000_000 + "Z",
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_when(text) is None


@pytest.mark.parametrize("value", [None, 2024, 20240101.0, True, ["2024-01-01"], {"start": "2024-01-01"}, b"2024"])
def test_what_is_no_string_is_none(value: Any) -> None:
    assert read_when(value) is None


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("9999-12-31T23:30:00-05:00", LAST),
        ("9999-12-31T23:59:59-14:00", LAST),
        ("0001-01-01T00:30:00+01:00", FIRST),
        ("0001-01-01T00:00:00+14:00", FIRST),
    ],
)
def test_at_the_ends_of_the_calendar_no_zone_overflows(text: str, end: datetime) -> None:
    assert read_when(text) == When.instant(end)


@given(
    moment=st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)).map(  # noqa: DTZ001
        lambda moment: moment.replace(microsecond=0)
    ),
    minutes=st.integers(-14 * 60, 14 * 60),
    separator=st.sampled_from("Tt "),
)
def test_every_moment_in_every_zone_is_read_as_that_moment(moment: datetime, minutes: int, separator: str) -> None:
    here = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert read_when(here.isoformat(separator)) == When.instant(here)


@given(day=st.dates())
def test_every_day_is_read_as_that_day(day: date) -> None:
    assert read_when(day.isoformat()) == When.day(day)


@given(st.one_of(st.text(max_size=50), st.text(alphabet="0123456789-:.TtZz+ ", max_size=40)))
def test_no_text_raises_and_no_span_runs_backwards(text: str) -> None:
    when = read_when(text)
    assert when is None or when.earliest <= when.latest


def test_the_first_readable_date_is_taken() -> None:
    assert first_when(None, "DB_77", "2024-13-01", "2024-05", "2025") == read_when("2024-05")
    assert first_when(None, "x") is None


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"performedDateTime": "2024-01-02", "performedPeriod": {"end": "2024-01-03"}}, "2024-01-02"),
        ({"performedPeriod": {"start": "2024-01-01", "end": "2024-01-03"}}, "2024-01-03"),
        ({"performedPeriod": {"start": "2024-01-01"}}, "2024-01-01"),
        ({"performedPeriod": {"start": "2024-01-01", "end": "soon"}}, "2024-01-01"),
        ({"performedDateTime": "soon", "performedPeriod": [{"end": "2024-01-03"}]}, "2024-01-03"),
        ({"performedPeriod": "2024-01-01"}, None),
        ({}, None),
    ],
)
def test_something_done_is_dated_by_its_moment_its_end_or_its_start(members: Any, text: str | None) -> None:
    assert period_end(members, "performed") == read_when(text)


@given(text=st.from_regex(r"[0-9]{4}.[0-9W]{2}.[0-9]{2}([Tt ][0-9]{2}.[0-9]{2}.[0-9]{2}[Zz])?", fullmatch=True))
def test_the_quick_way_to_read_a_date_reads_nothing_else_than_the_long_one(text: str) -> None:
    assert _usual(text) in (None, _any_form(text))


@pytest.mark.parametrize("text", ["2026-03-05", "2026-03-05T10:20:30Z"])
def test_the_usual_dates_are_read_the_quick_way(text: str) -> None:
    assert _usual(text) == _any_form(text) is not None


@pytest.mark.parametrize("text", ["2026-W40-1", "2026-13-05", "2026-03-05T10:20:61Z", "2026-03-05T102030,0Z"])
def test_what_only_looks_like_a_usual_date_is_left_to_the_long_way(text: str) -> None:
    assert _usual(text) is None
