"""The chart: dates and ages, sides, the index of facts, and how well each kind was had."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from rules.chart import (
    Answer,
    Availability,
    Chart,
    ChartBuilder,
    Clock,
    Condition,
    Dropped,
    Medication,
    Observation,
    Order,
    Patient,
    When,
)
from rules.codelists import CodeMatch
from tests.lib.sample_rules import LISTS, condition, observation

NOON = Clock(datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
TODAY = NOON.today


def match(code: str, system: str = "icd-10-cm") -> tuple[CodeMatch, ...]:
    return LISTS.match(LISTS.systems[system].url, code)


def test_a_moment_without_zone_is_utc_and_one_with_zone_is_turned_into_it() -> None:
    plus_two = timezone(timedelta(hours=2))
    assert When.instant(datetime(2026, 11, 24, 1, 0)) == When.instant(datetime(2026, 11, 24, 1, 0, tzinfo=UTC))  # noqa: DTZ001 - what is tested
    shifted = When.instant(datetime(2026, 11, 24, 1, 0, tzinfo=plus_two))
    assert shifted.earliest == shifted.latest == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert NOON.days_since_latest(shifted) == 1


def test_a_day_lasts_until_its_last_second() -> None:
    day = When.day(date(2026, 11, 21))
    assert day.earliest == datetime(2026, 11, 21, tzinfo=UTC)
    assert day.latest == datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC)
    assert When.days(date(2026, 11, 1), date(2026, 11, 30)).latest == datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "since_latest", "since_earliest"),
    [
        (When.day(TODAY), 0, 0),
        (When.day(TODAY - timedelta(days=90)), 90, 90),
        (When.instant(NOON.now - timedelta(hours=13)), 1, 1),
        (When.instant(NOON.now - timedelta(hours=12)), 0, 0),
        (When.day(TODAY + timedelta(days=3)), 0, 0),
        (When.days(date(2026, 11, 1), date(2026, 11, 30)), 0, 23),
        (When.days(date(2025, 1, 1), date(2025, 12, 31)), 328, 692),
    ],
)
def test_windows_count_calendar_days(when: When, since_latest: int, since_earliest: int) -> None:
    assert NOON.days_since_latest(when) == since_latest
    assert NOON.days_since_earliest(when) == since_earliest


@pytest.mark.parametrize(
    ("when", "hours", "within"),
    [
        (When.instant(NOON.now - timedelta(hours=72)), 72, True),
        (When.instant(NOON.now - timedelta(hours=72, seconds=1)), 72, False),
        (When.day(TODAY - timedelta(days=3)), 72, True),
        (When.day(TODAY - timedelta(days=4)), 72, False),
        (When.day(TODAY), 1, True),
        (When.instant(NOON.now + timedelta(days=1)), 1, True),
    ],
)
def test_hours_count_from_the_moment_of_the_call(when: When, hours: int, within: bool) -> None:
    assert NOON.within_hours(when, hours) is within


@pytest.mark.parametrize(
    ("birth", "today", "ages"),
    [
        (None, TODAY, None),
        (When.day(date(2008, 11, 24)), TODAY, (18, 18)),
        (When.day(date(2008, 11, 25)), TODAY, (17, 17)),
        (When.days(date(2008, 1, 1), date(2008, 12, 31)), TODAY, (17, 18)),
        (When.days(date(2008, 11, 1), date(2008, 11, 30)), TODAY, (17, 18)),
        (When.day(date(2030, 1, 1)), TODAY, (0, 0)),
        (When.day(date(2008, 2, 29)), date(2026, 2, 28), (17, 17)),
        (When.day(date(2008, 2, 29)), date(2026, 3, 1), (18, 18)),
    ],
)
def test_ages_that_a_birth_date_allows(birth: When | None, today: date, ages: tuple[int, int] | None) -> None:
    assert Patient(birth).ages(today) == ages


def test_the_side_of_the_code_wins_and_the_body_site_fills_in() -> None:
    right, left = frozenset({"right"}), frozenset({"left"})
    sciatica = frozenset({"sciatica"})
    assert condition("M54.31", body_sides=left).sides(sciatica) == right
    assert condition("M54.30", body_sides=left).sides(sciatica) == left
    assert condition("M54.30").sides(sciatica) == frozenset()
    # A side of another concept's code says nothing about this one.
    both = condition("M54.30", matches=(*match("M54.30"), *match("M16.11")))
    assert both.sides(sciatica) == frozenset()
    assert both.sides(frozenset({"hip_osteoarthritis"})) == right


def test_an_observation_says_what_its_code_or_its_coded_value_says() -> None:
    value = match("102570003", "sct")
    symptom = observation("75325-1", finding_matches=value)
    assert {found.concept for found in symptom.said_by} == {"obs_symptom", "groin_pain"}
    assert symptom.matched(frozenset({"groin_pain"})) == value


def chart(*facts: Condition | Observation | Order | Medication) -> Chart:
    builder = ChartBuilder()
    for fact in facts:
        builder.add(fact)
    return builder.chart()


def test_a_fact_is_found_under_each_of_its_concepts_and_once_for_several() -> None:
    fracture = condition("S72.001A", number=1)
    pain = condition("M25.551", number=2)
    of = chart(fracture, pain)
    assert of.facts("Condition", ["hip_fracture"]) == (fracture,)
    assert of.facts("Condition", ["hip_fracture", "significant_trauma"]) == (fracture,)
    assert of.facts("Condition", ["hip_pain", "hip_fracture"]) == (pain, fracture)
    assert of.facts("Procedure", ["hip_fracture"]) == ()


def test_two_codings_of_one_concept_are_one_fact() -> None:
    twice = condition("M25.551", matches=(*match("M25.551"), *match("M25.552")))
    assert chart(twice).facts("Condition", ["hip_pain"]) == (twice,)


def test_two_entries_that_are_alike_are_two_facts() -> None:
    assert len(chart(condition("M25.551"), condition("M25.551")).facts("Condition", ["hip_pain"])) == 2


def test_findings_are_indexed_by_what_is_stated() -> None:
    symptom = observation("75325-1", finding_matches=match("102570003", "sct"))
    of = chart(symptom)
    assert of.findings == {"groin_pain": (symptom,)}
    assert of.facts("Observation", ["groin_pain"]) == ()
    assert of.facts("Observation", ["obs_symptom"]) == (symptom,)


def test_judged_orders_are_kept_whatever_their_codes() -> None:
    uncoded = Order(kind="ServiceRequest", reference="ServiceRequest/1", judged=True)
    drug = Medication(kind="MedicationRequest", reference="MedicationRequest/1", judged=True)
    on_file = Order(kind="ServiceRequest", reference="ServiceRequest/2")
    assert chart(uncoded, on_file, drug).judged == (uncoded, drug)


def test_answers_dropped_entries_and_availability() -> None:
    builder = ChartBuilder()
    answer = Answer(reference="QuestionnaireResponse/1", item="limp", word="yes")
    builder.answer(answer)
    builder.drop("Condition", "foreign")
    builder.drop("Condition", "foreign")
    builder.drop("Condition", "unreadable")
    builder.drop("Observation", "uncoded")
    builder.had("Condition", Availability.INCOMPLETE)
    builder.had("Procedure", Availability.COMPLETE)
    of = builder.chart()
    assert of.answers == {"limp": (answer,)}
    assert of.dropped == {"Condition": Dropped(unreadable=1, foreign=2), "Observation": Dropped(uncoded=1)}
    assert of.had("Condition") is Availability.INCOMPLETE
    assert of.had("Observation") is Availability.MISSING
    assert of.open_kinds(frozenset({"Condition", "Procedure", "Observation"})) == {"Condition", "Observation"}


def test_a_chart_does_not_change_with_its_builder() -> None:
    builder = ChartBuilder()
    before = builder.chart()
    builder.add(condition("M25.551"))
    builder.had("Condition", Availability.COMPLETE)
    assert before.facts("Condition", ["hip_pain"]) == ()
    assert before.had("Condition") is Availability.MISSING
