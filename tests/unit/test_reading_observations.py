"""Observations: numbers, units, dates, and findings that are stated as present."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.reading.dates import read_when
from rules.chart import Chart
from tests.lib.chart_reading import (
    BMI,
    HIP_OA,
    LISTS,
    LOINC,
    RETENTION,
    SADDLE,
    SEVERITY,
    SNOMED,
    SYMPTOM,
    observation,
    only,
    read,
)

YES = (
    {"system": SNOMED, "code": "52101004"},
    {"system": SNOMED, "code": "373066001"},
    {"system": LOINC, "code": "LA33-6"},
)


def findings(chart: Chart) -> set[str]:
    assert all(match.concept in LISTS.concepts for found in chart.findings.values() for match in found[0].matches)
    return set(chart.findings)


@pytest.mark.parametrize(
    ("members", "number", "unit"),
    [
        ({"valueQuantity": {"value": 31.5, "code": "kg/m2", "unit": "kg per m2"}}, 31.5, "kg/m2"),
        ({"valueQuantity": {"value": 31, "unit": "kg/m2"}}, 31.0, "kg/m2"),
        ({"valueQuantity": {"value": 31, "code": 5, "unit": " kg/m2 "}}, 31.0, "kg/m2"),
        ({"valueQuantity": {"value": 31, "code": ""}}, 31.0, None),
        ({"valueQuantity": [{"value": 31}]}, 31.0, None),
        ({"valueInteger": 7}, 7.0, None),
        ({"valueQuantity": {"unit": "kg/m2"}, "valueInteger": 7}, 7.0, "kg/m2"),
        ({"valueQuantity": {"value": 0}}, 0.0, None),
        ({"valueInteger": True}, None, None),
        ({"valueQuantity": {"value": "31"}}, None, None),
        ({"valueString": "31"}, None, None),
        ({"valueQuantity": {"value": float("nan")}}, None, None),
        ({"valueQuantity": {"value": 10**400}}, None, None),
        ({"valueQuantity": 31}, None, None),
        ({}, None, None),
    ],
)
def test_the_number_and_its_unit(members: Any, number: float | None, unit: str | None) -> None:
    fact = only(read(observation(BMI, **members)))
    assert (fact.number, fact.unit) == (number, unit)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"effectiveDateTime": "2024-01-01", "issued": "2024-02-01"}, "2024-01-01"),
        ({"effectivePeriod": {"start": "2024-01-02", "end": "2024-01-09"}}, "2024-01-02"),
        ({"effectivePeriod": {"end": "2024-01-09"}, "issued": "2024-02-01T00:00:00Z"}, "2024-02-01T00:00:00Z"),
        ({"effectiveInstant": "2024-01-03T10:00:00Z", "issued": "2024-02-01"}, "2024-01-03T10:00:00Z"),
        ({"effectiveDateTime": "yesterday", "issued": "2024-02-01"}, "2024-02-01"),
        ({}, None),
    ],
)
def test_the_date_of_an_observation(members: Any, text: str | None) -> None:
    assert only(read(observation(**members))).when == read_when(text)


@pytest.mark.parametrize("status", ["final", "entered-in-error", None])
def test_the_status_is_kept_for_the_rules_to_judge(status: str | None) -> None:
    assert only(read(observation(status=status))).status == status


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"valueBoolean": True},
        {"valueBoolean": "true"},
        *({"valueCodeableConcept": {"coding": [yes]}} for yes in YES),
        {"valueCodeableConcept": {"coding": [{"system": "urn:local", "code": "1"}, YES[0]]}},
        {"valueCodeableConcept": {"coding": {"system": "urn:oid:2.16.840.1.113883.6.96", "code": " 52101004 "}}},
        {"valueCodeableConcept": {"coding": [{"system": "LOINC", "code": "LA33-6"}]}},
        {"valueString": "", "valueCodeableConcept": {}},
        {"dataAbsentReason": {}},
    ],
)
def test_a_finding_by_its_own_code_without_value_with_true_or_with_a_coded_yes(members: Any) -> None:
    assert findings(read(observation(RETENTION, **members))) == {"urinary_retention"}


def test_a_value_of_null_is_no_value() -> None:
    chart = read(observation(RETENTION) | {"valueBoolean": None, "dataAbsentReason": None})
    assert findings(chart) == {"urinary_retention"}


@pytest.mark.parametrize(
    "members",
    [
        {"valueBoolean": False},
        {"valueBoolean": 1},
        {"valueQuantity": {"value": 1}},
        {"valueInteger": 1},
        {"valueString": "present"},
        {"valueCodeableConcept": {"text": "yes"}},
        {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": "373067005"}]}},
        {"valueCodeableConcept": {"coding": [{"system": LOINC, "code": "LA32-8"}]}},
        {"valueCodeableConcept": {"coding": [{"code": "52101004"}]}},
        {"valueCodeableConcept": {"coding": [{"system": LOINC, "code": "52101004"}]}},
        {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": 52101004}]}},
        {"dataAbsentReason": {"coding": [{"code": "unknown"}]}},
        {"dataAbsentReason": {"text": "not asked"}, "valueBoolean": True},
        {"valueFuture": {"x": 1}},
    ],
)
def test_any_other_value_or_a_reason_for_none_states_no_finding(members: Any) -> None:
    chart = read(observation(RETENTION, **members))
    assert findings(chart) == set()
    assert [match.concept for match in only(chart).matches] == ["urinary_retention"]


def test_a_finding_as_the_coded_value_of_a_symptom() -> None:
    value = {"coding": [RETENTION | {"display": "Retention of urine"}, SADDLE], "text": "cannot pass urine"}
    chart = read(observation(SYMPTOM | {"display": "Symptom"}, valueCodeableConcept=value))
    assert findings(chart) == {"urinary_retention", "saddle_anaesthesia"}
    assert only(chart).text == "Retention of urine"


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"valueCodeableConcept": {"coding": [HIP_OA]}},
        {"valueCodeableConcept": {"coding": [RETENTION]}, "dataAbsentReason": {"text": "unknown"}},
        {"valueCodeableConcept": {"text": "retention of urine"}},
        {"valueString": "retention of urine"},
        {"valueBoolean": True},
    ],
)
def test_a_symptom_without_a_finding_as_coded_value_states_none(members: Any) -> None:
    assert findings(read(observation(SYMPTOM, **members))) == set()


def test_a_coded_value_is_a_finding_only_under_the_question_for_symptoms() -> None:
    assert findings(read(observation(SEVERITY, valueCodeableConcept={"coding": [RETENTION]}))) == set()


def test_only_the_sets_for_which_it_is_said_are_findings() -> None:
    assert not LISTS.concepts["hip_osteoarthritis"].finding
    chart = read(observation(HIP_OA))
    assert findings(chart) == set()
    assert [match.concept for match in only(chart).matches] == ["hip_osteoarthritis"]


def test_both_ways_together_name_a_finding_once() -> None:
    chart = read(observation(SYMPTOM, RETENTION, valueCodeableConcept={"coding": [RETENTION, YES[0]]}))
    assert findings(chart) == {"urinary_retention"}
    assert len(chart.findings["urinary_retention"][0].finding_matches) == 1
