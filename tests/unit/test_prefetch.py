"""What is asked for, and how what came is sorted."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.offers import Offer, offers
from cds_service.prefetch import KEYS, Sorted, declare, sort_prefetch
from rules import load_rules
from rules.chart import KINDS, Availability
from rules.criteria import DataNeed
from tests.lib.ehr_server import outcome, searchset

RULES = load_rules()
LISTS = RULES.lexicon.codelists
DECLARED = declare((DataNeed("Patient"), DataNeed("Condition"), DataNeed("Procedure")), LISTS, "https://cds.example")
COMPLETE, INCOMPLETE, MISSING, FAILED = (
    Availability.COMPLETE,
    Availability.INCOMPLETE,
    Availability.MISSING,
    Availability.FAILED,
)
CONDITION = {"resourceType": "Condition", "id": "c1"}
PATIENT = {"resourceType": "Patient", "id": "p1"}


def sort(**prefetch: Any) -> Sorted:
    return sort_prefetch(prefetch, DECLARED, "p1")


def template(kind: str, *concepts: str) -> str:
    (declared,) = declare((DataNeed(kind, frozenset(concepts)),), LISTS, "https://cds.example/")
    return declared.template


def every_offer() -> list[Offer]:
    return list(offers(RULES, "https://cds.example", fetches=True).values())


def test_every_kind_that_can_be_asked_for_has_a_key_of_its_own() -> None:
    assert set(KEYS) == set(KINDS) - {"Medication", "Appointment"}
    assert len(set(KEYS.values())) == len(KEYS)


@pytest.mark.parametrize("offer", every_offer(), ids=lambda offer: offer.hook)
def test_all_that_the_rules_of_a_hook_need_is_declared(offer: Offer) -> None:
    assert {declared.kind for declared in offer.declared} == offer.needed - {"Medication", "Appointment"}


@pytest.mark.parametrize("offer", every_offer(), ids=lambda offer: offer.hook)
def test_a_template_can_be_typed_in(offer: Offer) -> None:
    assert len(offer.declared) <= 10
    assert all(len(declared.template) < 1_500 for declared in offer.declared)


@pytest.mark.parametrize("offer", every_offer(), ids=lambda offer: offer.hook)
def test_observations_are_asked_for_by_every_code_that_a_rule_reads(offer: Offer) -> None:
    (need,) = (need for need in RULES.needs(offer.rules) if need.kind == "Observation")
    (asked,) = (declared.template for declared in offer.declared if declared.kind == "Observation")
    codes = asked.partition("&code=")[2].split(",")
    assert codes == sorted(set(codes))
    assert set(codes) == {row.code for concept in need.concepts for row in LISTS.codes(concept)}


def test_the_templates() -> None:
    token = "{{context.patientId}}"
    questionnaire = "https://cds.example/Questionnaire/hip-spine-screen"
    assert template("Patient") == f"Patient/{token}"
    assert template("Condition", "hip_pain") == f"Condition?patient={token}"
    assert template("Observation") == f"Observation?patient={token}"
    assert template("Observation", "obs_symptom") == f"Observation?patient={token}&code=75325-1,75326-9"
    assert template("QuestionnaireResponse") == f"QuestionnaireResponse?patient={token}&questionnaire={questionnaire}"
    assert template("MedicationRequest") == f"MedicationRequest?patient={token}&status=active"
    assert template("MedicationStatement") == f"MedicationStatement?patient={token}&status=active"
    assert template("ImagingStudy") == f"ImagingStudy?patient={token}"


def test_a_query_is_the_template_for_one_patient() -> None:
    assert [declared.query("p1") for declared in DECLARED] == [
        "Patient/p1",
        "Condition?patient=p1",
        "Procedure?patient=p1",
    ]


def test_nothing_sent_is_all_missing_and_may_be_asked_for() -> None:
    found = sort()
    assert found.availability == dict.fromkeys(("Patient", "Condition", "Procedure"), MISSING)
    assert found.ask == {"Patient", "Condition", "Procedure"}
    assert found.entries == ()


def test_all_sent_is_complete_and_nothing_is_asked_for() -> None:
    found = sort(patient=PATIENT, conditions=searchset(CONDITION), procedures=None)
    assert found.availability == dict.fromkeys(("Patient", "Condition", "Procedure"), COMPLETE)
    assert (found.ask, found.unusable, found.pages) == (frozenset(), frozenset(), {})
    assert [entry.expected for entry in found.entries] == ["Patient", "Condition"]
    assert {entry.origin for entry in found.entries} == {"prefetch"}


@pytest.mark.parametrize(
    ("value", "availability", "asked", "unusable"),
    [
        (None, COMPLETE, False, False),
        (searchset(), COMPLETE, False, False),
        (searchset(CONDITION), COMPLETE, False, False),
        (CONDITION, COMPLETE, False, False),
        ([CONDITION], COMPLETE, False, False),
        (searchset(CONDITION, next_page="https://x/2"), INCOMPLETE, False, False),
        (searchset(CONDITION, total=1), COMPLETE, False, False),
        (searchset(CONDITION, total=2), INCOMPLETE, True, False),
        (searchset(total=1), INCOMPLETE, True, False),
        (searchset(CONDITION, next_page="https://x/2", total=2), INCOMPLETE, False, False),
        (searchset(CONDITION, outcome("error", "timeout"), total=2), INCOMPLETE, False, False),
        (searchset(CONDITION, outcome("error", "timeout")), INCOMPLETE, False, False),
        (searchset(outcome("error", "timeout")), FAILED, False, False),
        (outcome("error", "timeout"), FAILED, False, False),
        (outcome("information", "informational"), FAILED, False, False),
        ({"response": {"status": "403"}, "resource": None}, FAILED, False, False),
        ({"response": {"status": "200"}, "resource": searchset(CONDITION)}, COMPLETE, False, False),
        ({"response": {"status": "200"}, "resource": None}, COMPLETE, False, False),
        ({"response": {"status": "200"}}, MISSING, True, True),
        ("none", MISSING, True, True),
        ([], MISSING, True, True),
        ({}, MISSING, True, True),
        ({"resourceType": "Bundle", "entry": "x"}, MISSING, True, True),
        ({"resourceType": "Procedure", "id": "o1"}, MISSING, True, True),
        (searchset({"resourceType": "Procedure", "id": "o1"}), MISSING, True, True),
    ],
)
def test_the_decision_table(value: Any, availability: Availability, asked: bool, unusable: bool) -> None:
    found = sort(conditions=value)
    assert found.availability["Condition"] is availability
    assert ("Condition" in found.ask) is asked
    assert ("Condition" in found.unusable) is unusable


def test_a_next_page_is_kept_for_the_server() -> None:
    assert sort(conditions=searchset(CONDITION, next_page="https://x/2")).pages == {"Condition": "https://x/2"}
    assert sort(conditions=searchset(next_page="https://x/2")).pages == {"Condition": "https://x/2"}


def test_further_pages_are_not_asked_for_when_they_would_not_make_the_list_whole() -> None:
    troubled = searchset(CONDITION, outcome("error", "timeout"), next_page="https://x/2")
    nested = searchset(searchset(CONDITION, next_page="https://x/inner"), next_page="https://x/2")
    for value in (troubled, nested):
        found = sort(conditions=value)
        assert found.availability["Condition"] is INCOMPLETE
        assert found.pages == {}
    stranger = searchset(PATIENT | {"id": "p2"}, next_page="https://x/2")
    assert sort(patient=stranger).pages == {}


@pytest.mark.parametrize(
    "value",
    [
        searchset(searchset(CONDITION, next_page="https://x/inner")),
        [CONDITION, searchset(next_page="https://x/inner")],
        [CONDITION, outcome("error", "timeout")],
        searchset(CONDITION, {"resourceType": "Bundle", "entry": [{"resource": outcome("fatal", "exception")}]}),
    ],
)
def test_what_goes_on_or_failed_inside_is_incomplete(value: Any) -> None:
    assert sort(conditions=value).availability["Condition"] is INCOMPLETE


@pytest.mark.parametrize("declared", [{}, {"conditions": outcome("error", "timeout")}, {"conditions": "x"}])
def test_resources_elsewhere_lift_a_kind_to_incomplete(declared: dict[str, Any]) -> None:
    found = sort(**declared, item2=searchset(CONDITION))
    assert found.availability["Condition"] is INCOMPLETE
    assert [entry.expected for entry in found.entries] == [None]


@pytest.mark.parametrize("nothing", [None, searchset(), outcome("error", "timeout"), "x", 7, {}, ["x", 7], {"a": 1}])
def test_nothing_elsewhere_changes_nothing(nothing: Any) -> None:
    found = sort(item2=nothing)
    assert found.availability["Condition"] is MISSING
    assert found.entries == ()


def test_the_patient_is_ours_or_missing() -> None:
    assert sort(patient={"resourceType": "Patient"}).availability["Patient"] is COMPLETE
    assert sort(patient=searchset(PATIENT)).availability["Patient"] is COMPLETE
    assert sort(other=PATIENT).availability["Patient"] is COMPLETE
    stranger = sort(patient=PATIENT | {"id": "p2"})
    assert stranger.availability["Patient"] is MISSING
    assert "Patient" in stranger.ask
    failed = sort(patient=outcome("error", "timeout"), other=PATIENT | {"id": "p2"})
    assert failed.availability["Patient"] is FAILED


def test_a_full_url_stays_with_its_entry() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:1", "resource": CONDITION}]}
    assert [entry.full_url for entry in sort(conditions=bundle).entries] == ["urn:uuid:1"]


def test_bundles_in_bundles_are_opened_to_a_limit() -> None:
    nested: dict[str, Any] = searchset(CONDITION)
    for _ in range(3):
        nested = searchset(nested)
    assert [entry.resource for entry in sort(conditions=nested).entries] == [CONDITION]
    for _ in range(10):
        nested = searchset(nested)
    assert sort(conditions=nested).entries == ()
    assert sort(conditions=nested).availability["Condition"] is FAILED


def test_a_bundle_inside_whose_entries_are_unreadable_is_counted() -> None:
    inner = {"resourceType": "Bundle", "entry": "x"}
    assert [(entry.resource, entry.expected) for entry in sort(conditions=searchset(inner)).entries] == [
        (None, "Condition")
    ]


def test_a_bundle_that_counts_more_than_it_holds_is_not_whole() -> None:
    counted = searchset(CONDITION) | {"total": 2}
    assert sort(conditions=counted).availability["Condition"] is INCOMPLETE
    assert sort(conditions=searchset() | {"total": 50}).availability["Condition"] is INCOMPLETE
    assert sort(conditions=counted | {"total": 1}).availability["Condition"] is COMPLETE


def test_a_patient_whose_id_has_the_type_before_it_is_our_patient() -> None:
    assert sort(patient=PATIENT | {"id": f"Patient/{PATIENT['id']}"}).availability["Patient"] is COMPLETE
