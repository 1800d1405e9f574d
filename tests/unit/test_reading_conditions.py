"""Conditions: status, abatement and date in the shapes of R4, STU3 and DSTU2."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.gathered import Entry
from cds_service.reading.conditions import ABATEMENT, CLINICAL
from cds_service.reading.dates import read_when
from tests.lib.chart_reading import HIP_OA, condition, only, read


@pytest.mark.parametrize("word", sorted(CLINICAL))
def test_each_clinical_status_is_read_in_every_shape(word: str) -> None:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": word}
    for shape in (word, word.upper(), f" {word} ", coding, {"coding": [coding]}, [{"coding": coding}], {"text": word}):
        assert only(read(condition(clinicalStatus=shape))).clinical == word


@pytest.mark.parametrize("shape", [None, "", "bogus", "in work", 7, True, [], {}, {"coding": [{}]}, {"code": 1}])
def test_any_other_clinical_status_counts_as_not_recorded(shape: Any) -> None:
    assert only(read(condition(clinicalStatus=shape))).clinical is None


def test_a_clinical_status_beside_a_local_one_is_recognised() -> None:
    status = {"coding": [{"system": "urn:local", "code": "3"}, {"code": "resolved"}]}
    assert only(read(condition(clinicalStatus=status))).clinical == "resolved"


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        ("provisional", "provisional"),
        ("Refuted", "refuted"),
        ({"coding": [{"code": "entered-in-error"}]}, "entered-in-error"),
        ({"text": "Entered in error"}, "entered-in-error"),
        ({"coding": [{"code": "9"}, {"code": "differential"}]}, "differential"),
        ("Probably", "probably"),
        (None, None),
        (3, None),
    ],
)
def test_the_verification_status_is_kept_as_recorded_in_lower_case(shape: Any, word: str | None) -> None:
    assert only(read(condition(verificationStatus=shape))).verification == word


@pytest.mark.parametrize("element", ABATEMENT)
def test_any_abatement_counts_whether_its_value_can_be_read_or_not(element: str) -> None:
    assert only(read(condition(**{element: "a while ago"}))).abated


@pytest.mark.parametrize(
    ("element", "value"),
    [("abatementAge", {"value": 40}), ("abatementPeriod", {"end": "2020"}), ("abatementBoolean", True)],
)
def test_an_abatement_of_another_type_counts(element: str, value: Any) -> None:
    assert only(read(condition(**{element: value}))).abated


@pytest.mark.parametrize("value", ["", {}, [], False])
@pytest.mark.parametrize("element", ["abatementDateTime", "abatementBoolean"])
def test_an_empty_abatement_or_one_that_is_denied_does_not(element: str, value: Any) -> None:
    assert not only(read(condition(**{element: value}))).abated


def test_an_abatement_of_null_does_not() -> None:
    assert not only(read(condition() | {"abatementDateTime": None})).abated


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"onsetDateTime": "2020-01-01", "recordedDate": "2021-01-01"}, "2020-01-01"),
        ({"onsetPeriod": {"start": "2020-02", "end": "2020-03"}, "recordedDate": "2021"}, "2020-02"),
        ({"onsetDateTime": "DB_81", "recordedDate": "2021-01-01"}, "2021-01-01"),
        ({"onsetDateTime": "2020-02-31", "onsetPeriod": {"start": "2020-03-01"}}, "2020-03-01"),
        ({"onsetString": "as a child", "recordedDate": "2021-01-01"}, "2021-01-01"),
        ({"onsetAge": {"value": 40}, "recordedDate": "2021-01-01"}, "2021-01-01"),
        ({"onsetPeriod": {"end": "2020-03-01"}}, None),
        ({"assertedDate": "2019-05-05"}, "2019-05-05"),
        ({"dateRecorded": "2018-05-05"}, "2018-05-05"),
        ({"recordedDate": 2021}, None),
        ({}, None),
    ],
)
def test_the_date_is_the_onset_and_else_the_day_of_recording(members: Any, text: str | None) -> None:
    assert only(read(condition(**members))).when == read_when(text)


@pytest.mark.parametrize(("origin", "new"), [("context", True), ("prefetch", False), ("fhirServer", False)])
def test_a_condition_of_the_hooks_context_is_new(origin: str, new: bool) -> None:
    fact = only(read(Entry(condition(HIP_OA), origin)))
    assert (fact.new, fact.origin) == (new, origin)
