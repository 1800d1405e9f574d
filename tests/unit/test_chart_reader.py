"""Entries become a chart: what is counted, what is ignored, what counts once, what every fact carries."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from cds_service.chart_reader import read_chart
from cds_service.gathered import Entry, Gathered
from cds_service.reading.dates import read_when
from rules.chart import Availability
from tests.lib.chart_reading import (
    BOTH_SIDES,
    EXAMINATION,
    FAULTS,
    HIP_OA,
    HIP_REGION,
    ICD10CM,
    LEFT,
    LISTS,
    LOW_BACK_PAIN,
    PHYSIOTHERAPY,
    RIGHT,
    SNOMED,
    SYMPTOM,
    concepts,
    condition,
    content,
    dropped,
    facts,
    observation,
    only,
    read,
    resource,
)

NO_DEATH: tuple[Any, ...] = (False, "false", None, 1, "yes", {}, [True])
NO_DATE_OF_DEATH: tuple[Any, ...] = (None, "", {}, [], False)
CODED = ("Condition", "Observation", "Procedure", "ServiceRequest", "DiagnosticReport")


def test_the_code_lists_of_these_tests_are_without_fault() -> None:
    assert FAULTS == ()


# ------------------------------------------------------------------------------------------------- entries and counts


@pytest.mark.parametrize("entry", [None, "x", 5, True, [], [{"resourceType": "Condition"}], {}, {"id": "c1"}])
def test_an_entry_that_is_no_resource_is_counted_under_what_its_key_promised(entry: Any) -> None:
    assert dropped(read(Entry(entry, "prefetch", expected="Condition"))) == {"Condition": {"unreadable": 1}}
    assert dropped(read(Entry(entry, "prefetch"))) == {"Resource": {"unreadable": 1}}


@pytest.mark.parametrize("kind", [None, 5, "", [], {}, ["Condition"]])
def test_so_is_one_without_a_resource_type_as_string(kind: Any) -> None:
    chart = read(Entry(condition() | {"resourceType": kind}, "prefetch", expected="Observation"))
    assert dropped(chart) == {"Observation": {"unreadable": 1}}


@pytest.mark.parametrize("kind", CODED)
@pytest.mark.parametrize("code", ["M16.11", 5, True, [1], ["M16.11"]])
def test_a_code_in_which_no_coding_can_stand_is_unreadable(kind: str, code: Any) -> None:
    chart = read(resource(kind, code=code))
    assert (facts(chart), dropped(chart)) == ([], {kind: {"unreadable": 1}})


@pytest.mark.parametrize("kind", CODED)
@pytest.mark.parametrize(
    "code",
    [
        None,
        "",
        [],
        {},
        {"text": "Osteoarthritis of right hip"},
        {"coding": []},
        {"coding": "M16.11"},
        {"coding": [{}]},
        {"coding": [{"code": "M16.11"}]},
        {"coding": [{"system": "", "code": "M16.11"}]},
        {"coding": [{"system": " ", "code": "M16.11"}]},
        {"coding": [{"system": ICD10CM}]},
        {"coding": [{"system": ICD10CM, "code": " "}]},
        {"coding": [{"system": ICD10CM, "code": True}]},
        {"coding": [{"system": 5, "code": "M16.11"}]},
    ],
)
def test_without_a_coding_that_has_system_and_code_it_is_uncoded(kind: str, code: Any) -> None:
    chart = read(resource(kind, code=code))
    assert (facts(chart), dropped(chart)) == ([], {kind: {"uncoded": 1}})


@pytest.mark.parametrize("system", [SNOMED, "urn:oid:1.2.840.114350.1.13.0.1.7.2.727688", "TODO"])
def test_a_coding_that_is_in_no_list_is_neither_a_fact_nor_counted(system: str) -> None:
    chart = read(condition({"system": system, "code": "38341003"}))
    assert (facts(chart), dropped(chart)) == ([], {})


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationStatement"])
@pytest.mark.parametrize(("concept", "why"), [(None, "uncoded"), ({"text": "x"}, "uncoded"), ("x", "unreadable")])
def test_a_medication_without_its_drug_is_counted(kind: str, concept: Any, why: str) -> None:
    assert dropped(read(resource(kind, medicationCodeableConcept=concept))) == {kind: {why: 1}}


@pytest.mark.parametrize(
    "entry",
    [
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "security"}]},
        {"resourceType": "Bundle", "entry": [{"resource": condition()}]},
        resource("FamilyMemberHistory", condition=[{"code": {"coding": [HIP_OA]}}]),
        resource("Encounter", class_fhir={"code": "AMB"}),
        resource("Practitioner"),
        resource("CarePlan", HIP_OA),
        {"resourceType": "condition", "code": {"coding": [HIP_OA]}},
    ],
)
def test_other_types_are_ignored(entry: Any) -> None:
    chart = read(entry)
    assert (facts(chart), dropped(chart)) == ([], {})


def test_another_patients_resource_is_counted_as_foreign_whatever_else_is_wrong_with_it() -> None:
    chart = read(
        condition(id="a", subject={"reference": "Patient/p2"}),
        condition(id="b", subject={"reference": "#p1"}, code=5),
        resource("ServiceRequest", id="c", subject="Group/g1", code={"text": "x"}),
    )
    assert facts(chart) == []
    assert dropped(chart) == {"Condition": {"foreign": 2}, "ServiceRequest": {"foreign": 1}}


def test_one_bad_entry_costs_only_itself() -> None:
    chart = read(None, condition(id="a", code=5), condition(id="b"), {"resourceType": "Observation", "code": [[]]})
    assert [fact.reference for fact in facts(chart)] == ["Condition/b"]


def test_availability_is_passed_on_for_every_kind() -> None:
    had = {"Condition": Availability.INCOMPLETE, "Procedure": Availability.FAILED, "Patient": Availability.COMPLETE}
    chart = read_chart(Gathered((), had), LISTS, patient_id="p1", fhir_server=None)
    assert chart.availability == had


def test_what_was_taken_for_our_patients_for_want_of_a_subject_is_logged_by_type_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "cds_service.chart_reader"):
        chart = read(
            condition(id="a", subject=None),
            condition(id="b", subject={"display": "Ann Other"}),
            observation(id="c", subject=None),
            condition(id="d"),
        )
    assert len(facts(chart)) == 4
    told = [(record.getMessage(), record.kind) for record in caplog.records]  # type: ignore[attr-defined]
    assert told == [("subject-missing", "Condition"), ("subject-missing", "Observation")]


# ------------------------------------------------------------------------------------------- what every fact carries


def test_every_coding_is_matched_not_just_the_first() -> None:
    chart = read(
        condition({"system": "urn:local", "code": "1"}, {"system": SNOMED, "code": "38341003"}, HIP_OA, LOW_BACK_PAIN)
    )
    assert concepts(chart) >= {"hip_osteoarthritis", "low_back_pain"}
    assert {match.code for match in only(chart).matches} == {"M16.11", "M54.50"}


def test_a_coding_that_stands_twice_matches_once() -> None:
    assert [match.code for match in only(read(condition(HIP_OA, HIP_OA))).matches] == ["M16.11"]


@pytest.mark.parametrize("code", [161891005, "161891005", " 161891005 "])
def test_a_code_that_is_a_number_is_read_by_its_digits(code: Any) -> None:
    assert [match.code for match in only(read(condition({"system": SNOMED, "code": code}))).matches] == ["161891005"]


@pytest.mark.parametrize(
    "code",
    [161891005.0, 10**80, 10**5000, -5, "1" * 100],
    ids=["float", "long", "too long to print", "below 0", "text"],
)
def test_a_number_that_no_code_can_look_like_matches_nothing(code: Any) -> None:
    assert facts(read(condition({"system": SNOMED, "code": code}))) == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ({"coding": [HIP_OA | {"display": "Arthritis, R hip"}], "text": "hip"}, "Arthritis, R hip"),
        ({"coding": [{"system": "urn:local", "code": "1", "display": "local"}, HIP_OA], "text": "hip"}, "hip"),
        ({"coding": [HIP_OA, LOW_BACK_PAIN | {"display": "Backache"}]}, "Backache"),
        ({"coding": [HIP_OA | {"display": " \u202e\n"}], "text": "sore\x00\n  hip"}, "sore hip"),
        ({"coding": [HIP_OA | {"display": 5}], "text": ["x"]}, None),
        ({"coding": [HIP_OA]}, None),
        ([{"coding": [HIP_OA]}, {"text": "hip"}], "hip"),
        ({"coding": [HIP_OA], "text": "x" * 500}, "x" * 200),
    ],
)
def test_the_records_own_words(code: Any, text: str | None) -> None:
    assert only(read(condition(code=code))).text == text


@pytest.mark.parametrize(
    ("identifier", "reference"),
    [("c1", "Condition/c1"), (" c1 ", "Condition/c1"), (None, "Condition"), (5, "Condition"), ("", "Condition")],
)
def test_a_fact_names_its_resource(identifier: Any, reference: str) -> None:
    assert only(read(condition(id=identifier))).reference == reference


@pytest.mark.parametrize(
    ("sites", "codes", "sides"),
    [
        ([{"coding": [HIP_REGION]}], {"29836001"}, set()),
        ({"coding": HIP_REGION}, {"29836001"}, set()),
        ([{"coding": [HIP_REGION]}, {"coding": [LEFT]}], {"29836001", "7771000"}, {"left"}),
        ([{"coding": [LEFT]}, {"coding": [RIGHT]}], {"7771000", "24028007"}, {"left", "right"}),
        ([{"coding": [BOTH_SIDES]}], {"51440002"}, {"left", "right"}),
        ([{"coding": [{"system": SNOMED, "code": " 12345678 "}]}], {"12345678"}, set()),
        ([{"coding": [{"system": "urn:oid:2.16.840.1.113883.6.96", "code": "7771000"}]}], {"7771000"}, {"left"}),
        ([{"coding": [{"system": "urn:local", "code": "7771000"}, {"code": "24028007"}]}], set(), set()),
        ([{"coding": [{"system": SNOMED, "code": "7" * 65}, {"system": SNOMED, "code": 5}]}], set(), set()),
        ([{"coding": [{"system": SNOMED, "code": "323291000119108"}]}], {"323291000119108"}, set()),
        ([{"text": "left hip"}, "left", None], set(), set()),
        ("left", set(), set()),
    ],
)
def test_body_sites_and_the_sides_that_they_name(sites: Any, codes: set[str], sides: set[str]) -> None:
    fact = only(read(condition(bodySite=sites)))
    assert (fact.body_sites, fact.body_sides) == (codes, sides)


def test_the_sides_are_those_of_the_code_lists() -> None:
    assert {row.code: row.sides for row in LISTS.codes("body_site") if row.sides} == {
        "7771000": {"left"},
        "24028007": {"right"},
        "51440002": {"left", "right"},
    }


def test_the_concept_of_symptoms_is_the_one_that_is_asked_for() -> None:
    symptom = observation(SYMPTOM, valueCodeableConcept={"coding": [{"system": SNOMED, "code": "449813001"}]})
    gathered = Gathered((Entry(symptom, "prefetch"),), {})
    asked = {
        concept: set(read_chart(gathered, LISTS, patient_id="p1", fhir_server=None, symptom_concept=concept).findings)
        for concept in ("obs_symptom", "obs_bmi")
    }
    assert asked == {"obs_symptom": {"saddle_anaesthesia"}, "obs_bmi": set()}


# --------------------------------------------------------------------------------------------- what came several times


def test_a_resource_that_came_twice_counts_once() -> None:
    again = condition() | {"meta": {"versionId": "2"}, "text": {"div": "<div>hip</div>"}}
    assert content(read(condition(), again, Entry(condition(), "fhirServer"))) == content(read(condition()))


def test_versions_that_differ_are_both_read() -> None:
    chart = read(condition(clinicalStatus="active"), condition(clinicalStatus="resolved"))
    assert {fact.clinical for fact in facts(chart)} == {"active", "resolved"}


def test_the_same_facts_under_two_ids_are_two() -> None:
    assert len(facts(read(condition(id="a"), condition(id="b")))) == 2


@pytest.mark.parametrize("identifier", ["c1", None])
def test_a_new_condition_stays_new_when_it_stands_in_the_list_too(identifier: str | None) -> None:
    new, listed = Entry(condition(id=identifier), "context"), Entry(condition(id=identifier), "prefetch")
    for entries in ((new, listed), (listed, new)):
        fact = only(read(*entries))
        assert (fact.new, fact.origin) == (True, "context")


def test_an_order_that_the_hook_is_about_stays_so_when_it_stands_in_the_record_too() -> None:
    order = resource("ServiceRequest", PHYSIOTHERAPY, status="draft")
    entries = (Entry(order, "fhirServer"), Entry(order, "context"), Entry(order, "context", judged=True))
    for several in (entries, entries[::-1]):
        chart = read(*several)
        assert (only(chart).draft, only(chart).judged, len(chart.judged)) == (True, True, 1)


def test_a_dropped_resource_that_came_twice_is_counted_once() -> None:
    foreign, uncoded = condition(id="a", subject="Patient/p2"), condition(id="b", code={"text": "x"})
    chart = read(foreign, uncoded, foreign, Entry(uncoded, "fhirServer"), uncoded | {"meta": {}})
    assert dropped(chart) == {"Condition": {"foreign": 1, "uncoded": 1}}


def test_dropped_resources_without_an_id_are_counted_one_by_one() -> None:
    assert dropped(read(*[condition(id=None, subject="Patient/p2")] * 3, None, None)) == {
        "Condition": {"foreign": 3},
        "Resource": {"unreadable": 2},
    }


def test_five_thousand_copies_and_one_resource_more() -> None:
    chart = read(*[condition()] * 5000, resource("Procedure", EXAMINATION))
    assert len(facts(chart)) == 2


# ---------------------------------------------------------------------------------------------------------- the patient


def patient(**members: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1"} | members


@pytest.mark.parametrize("birth", ["1960-05-06", "1960-05", "1960", "1960-05-06T01:02:03Z"])
def test_a_birth_date_keeps_its_precision(birth: str) -> None:
    assert read(patient(birthDate=birth)).patient.birth == read_when(birth)


@pytest.mark.parametrize("birth", ["DB_8812", "", None, 1960, ["1960"], {"value": "1960"}, "1960-13-01"])
def test_a_birth_date_that_cannot_be_read_is_unknown(birth: Any) -> None:
    chart = read(patient(birthDate=birth))
    assert chart.patient.birth is None
    assert dropped(chart) == {}


@pytest.mark.parametrize(
    "members",
    [
        {"deceasedBoolean": True},
        {"deceasedBoolean": "true"},
        {"deceasedDateTime": "2026-01-01"},
        {"deceasedDateTime": "DB_33"},
        {"deceasedBoolean": False, "deceasedDateTime": "2026"},
    ],
)
def test_a_patient_who_died(members: Any) -> None:
    assert read(patient(**members)).patient.deceased


@pytest.mark.parametrize(
    ("element", "value"),
    [
        *(("deceasedBoolean", value) for value in NO_DEATH),
        *(("deceasedDateTime", value) for value in NO_DATE_OF_DEATH),
    ],
)
def test_a_patient_of_whom_no_death_is_told(element: str, value: Any) -> None:
    assert not read(patient(**{element: value})).patient.deceased
    assert not read(patient()).patient.deceased


def test_two_records_of_our_patient_are_put_together() -> None:
    dated, dead = patient(birthDate="1960-05-06"), patient(deceasedBoolean=True)
    for entries in ((dated, dead), (dead, dated)):
        chart = read(*entries)
        assert (chart.patient.birth, chart.patient.deceased) == (read_when("1960-05-06"), True)


def test_birth_dates_that_differ_leave_open_which_is_right() -> None:
    early, late = patient(birthDate="1960-05-06"), patient(birthDate="2010")
    for entries in ((early, late), (late, early)):
        birth = read(*entries).patient.birth
        assert birth is not None
        assert (birth.earliest.year, birth.latest.year) == (1960, 2010)
