"""Shapes that real EHRs, gateways and test tools send where FHIR R4 asks for another: one test for each kind seen.

In the order of a request: the hook's context, prefetch values, then the resources themselves. Each shape was found in
recorded calls or public charts; strict models refuse most of them, and one request in five holds one.
"""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.bundles import read_listing
from cds_service.gathered import Entry
from cds_service.reading.dates import read_when
from rules.chart import Availability, Chart
from tests.lib.chart_reading import (
    EXAMINATION,
    HIP_OA,
    HIP_REGION,
    HIP_XRAY,
    LISTS,
    LOINC,
    LOW_BACK_PAIN,
    PREDNISONE,
    RETENTION,
    SERVER,
    SEVERITY,
    SNOMED,
    SUBJECT,
    concepts,
    condition,
    dropped,
    facts,
    observation,
    only,
    read,
    resource,
    response,
)

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def opened(value: Any, kind: str | None, origin: str = "prefetch", *, server: str | None = None) -> Chart:
    """The chart of one value of a request."""
    return read(*read_listing(value, kind, origin).entries, server=server)


def bundle(*resources: Any, **members: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]} | members


# --------------------------------------------------------------------------------------------------------- the context


def test_draft_orders_in_a_bundle_without_type() -> None:
    drafts = bundle(resource("ServiceRequest", HIP_XRAY, status="draft"))
    del drafts["type"]
    assert only(opened(drafts, None, "context")).draft


def test_a_draft_medication_request_without_intent_and_without_medication() -> None:
    draft = resource("MedicationRequest", id="request-123", status="draft", authoredOn="2026-11-22")
    chart = opened(bundle(draft, resource("ServiceRequest", HIP_XRAY)), None, "context")
    assert [fact.kind for fact in facts(chart)] == ["ServiceRequest"]
    assert dropped(chart) == {"MedicationRequest": {"uncoded": 1}}


def test_a_service_request_with_an_empty_coding_and_an_empty_list_of_reasons() -> None:
    draft = resource("ServiceRequest", {}, reasonCode=[], status="draft")
    chart = read(Entry(draft, "context", judged=True))
    assert [order.reasons for order in chart.judged if order.kind == "ServiceRequest"] == [frozenset()]  # type: ignore[union-attr]
    assert dropped(chart) == {"ServiceRequest": {"uncoded": 1}}


def test_a_prefetched_patient_whose_id_is_not_that_of_the_context() -> None:
    chart = read({"resourceType": "Patient", "id": "6513270e", "birthDate": "1986-06-23", "deceasedBoolean": True})
    assert (chart.patient.birth, chart.patient.deceased) == (None, False)
    assert dropped(chart) == {"Patient": {"foreign": 1}}


def test_an_encounter_of_another_patient_with_class_fhir_in_place_of_class() -> None:
    encounter = {"resourceType": "Encounter", "id": "e", "class_fhir": {"code": "IMP"}, "subject": "Patient/123"}
    chart = read(encounter, condition())
    assert (len(facts(chart)), dropped(chart)) == (1, {})


# ------------------------------------------------------------------------------------------------------ prefetch values


def test_an_empty_search_as_bundle_with_one_operation_outcome_entry() -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "warning", "code": "processing", "details": {"coding": [{"code": "4101"}]}}],
    }
    empty = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
        "entry": [{"resource": outcome, "search": {"mode": "outcome"}}],
    }
    assert read_listing(empty, "Condition", "prefetch").availability is Availability.COMPLETE
    chart = opened(empty, "Condition")
    assert (facts(chart), dropped(chart)) == ([], {})


def test_a_bare_condition_where_a_bundle_is_expected() -> None:
    assert only(opened(condition(), "Condition")).reference == "Condition/r1"


def test_a_value_in_the_wrapper_of_the_time_before_1_0() -> None:
    wrapped = {"response": {"status": "200 OK"}, "resource": bundle(condition())}
    assert len(facts(opened(wrapped, "Condition"))) == 1


@pytest.mark.parametrize("value", [None, {}, "item1", bundle()])
def test_null_a_string_an_empty_object_and_an_empty_bundle_hold_nothing_to_count(value: Any) -> None:
    chart = opened(value, "Condition")
    assert (facts(chart), dropped(chart)) == ([], {})


def test_a_bundle_with_operation_outcomes_and_unasked_types_among_its_entries() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}
    value = bundle(outcome, condition(), {"resourceType": "Coverage", "id": "c"}, {"resourceType": "Device"})
    chart = opened(value, "Condition")
    assert (len(facts(chart)), dropped(chart)) == (1, {})


def test_an_observation_without_status_as_in_the_standards_own_example() -> None:
    fact = only(read(observation(RETENTION, status=None)))
    assert fact.status is None
    assert [match.concept for match in fact.finding_matches] == ["urinary_retention"]


def test_malformed_timestamps_and_duplicate_ids_as_in_the_standards_own_examples() -> None:
    first = {
        "resourceType": "Appointment",
        "id": "apt",
        "start": "2020-07-35T13:00:00Z",
        "serviceType": [{"coding": [HIP_XRAY]}],
        "participant": [{"actor": {"reference": "Patient/p1"}}],
    }
    second = first | {"start": "2020-08-01T13:00:00Z"}
    chart = opened(bundle(first, second), "Appointment", "context")
    assert {fact.when for fact in facts(chart)} == {None, read_when("2020-08-01T13:00:00Z")}


# --------------------------------------------------------------------------------- resources that strict models refuse


def test_an_encounter_without_class_beside_what_is_read() -> None:
    chart = read({"resourceType": "Encounter", "id": "e", "status": "finished", "subject": SUBJECT}, condition())
    assert (len(facts(chart)), dropped(chart)) == (1, {})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-03-05T10:20:30", "2024-03-05T10:20:30Z"),
        ("2024-03-05T10:20", "2024-03-05T10:20:00Z"),
        ("2024-03-05 10:20:30", "2024-03-05T10:20:30Z"),
        ("2024-03-05T10:20:30+0000", "2024-03-05T10:20:30Z"),
        ("2024-03-05 10:20:30.5 +0000", "2024-03-05T10:20:30Z"),
        ("", None),
        ("2024-13-01", None),
    ],
)
@pytest.mark.parametrize(
    "dated",
    [
        lambda text: condition(onsetDateTime=text),
        lambda text: resource("Procedure", EXAMINATION, performedPeriod={"end": text}),
        lambda text: observation(effectiveDateTime=text),
        lambda text: resource("ServiceRequest", HIP_XRAY, authoredOn=text),
        lambda text: resource("ImagingStudy", procedureCode=[{"coding": [HIP_XRAY]}], started=text),
    ],
    ids=["onsetDateTime", "performedPeriod", "effectiveDateTime", "authoredOn", "started"],
)
def test_a_time_without_zone_or_seconds_with_a_blank_with_0000_or_empty(
    dated: Any, written: str, meant: str | None
) -> None:
    assert only(read(dated(written))).when == read_when(meant)


@pytest.mark.parametrize(
    "one",
    [
        observation(category={"coding": [{"code": "vital-signs"}]}),
        condition(category={"coding": {"code": "problem-list-item"}}),
        condition(code={"coding": HIP_OA}),
        condition(code=[{"coding": [HIP_OA]}]),
        resource("MedicationRequest", medicationCodeableConcept={"coding": [PREDNISONE]}, category={"text": "x"}),
        resource("ImagingStudy", procedureCode={"coding": [HIP_XRAY]}),
    ],
)
def test_a_single_object_where_r4_has_a_list(one: Any) -> None:
    assert len(facts(read(one))) == 1


def test_a_single_body_site_item_and_answer_where_r4_has_lists() -> None:
    assert only(read(condition(bodySite={"coding": HIP_REGION}))).body_sites == {"29836001"}
    answered = response() | {"item": {"linkId": "limp", "answer": {"valueBoolean": True}}}
    assert [answer.word for answer in read(answered).answers["limp"]] == ["yes"]


@pytest.mark.parametrize("identifier", ["hip_oa_1", "a b", "é", "1.2.840~5", "x" * 70, "eM.5-" * 20])
def test_an_id_with_an_underscore_other_characters_dots_or_over_64_characters(identifier: str) -> None:
    assert only(read(condition(id=identifier))).reference == f"Condition/{identifier}"


@pytest.mark.parametrize(
    ("one", "is_read"),
    [
        (condition(subject=None), True),
        (resource("MedicationRequest", subject=None, medicationCodeableConcept={"coding": [PREDNISONE]}), True),
        (observation(status=None), True),
        (resource("ServiceRequest", HIP_XRAY, status=None, intent=None), True),
        (observation(code=None), False),
    ],
    ids=["Condition.subject", "MedicationRequest.subject", "Observation.status", "intent", "Observation.code"],
)
def test_a_required_element_that_is_missing(one: Any, is_read: bool) -> None:
    chart = read(one)
    assert len(facts(chart)) == is_read
    assert dropped(chart) == ({} if is_read else {"Observation": {"uncoded": 1}})


def test_left_overs_of_stu3() -> None:
    leftover = {"context": {"reference": "Encounter/e"}, "dosage": [{"doseQuantity": {"value": 5}}]}
    stated = resource("MedicationStatement", medicationCodeableConcept={"coding": [PREDNISONE]}, **leftover)
    assert len(facts(read(stated, observation(context={"reference": "Encounter/e"})))) == 2


def test_unknown_fields() -> None:
    unknown = {"gender1": "F", "verified": True, "meta": {"vendor": [{"x": None}]}, "x-internal": []}
    assert only(read(condition(**unknown))) == only(read(condition()))


def test_clinical_status_verification_status_and_a_reference_as_plain_strings() -> None:
    fact = only(read(condition(clinicalStatus="resolved", verificationStatus="provisional", subject="Patient/p1")))
    assert (fact.clinical, fact.verification) == ("resolved", "provisional")
    assert dropped(read(condition(subject="Patient/p2"))) == {"Condition": {"foreign": 1}}


def test_a_list_with_a_null_in_it() -> None:
    one = condition(None, HIP_OA, None, bodySite=[None, {"coding": [None, HIP_REGION]}], category=[None])
    assert only(read(one)).body_sites == {"29836001"}


def test_an_empty_string_for_any_element() -> None:
    empties = dict.fromkeys(("clinicalStatus", "verificationStatus", "onsetDateTime", "abatementDateTime", "id"), "")
    fact = only(read(condition(**empties)))
    assert (fact.clinical, fact.verification, fact.when, fact.abated, fact.reference) == (
        *(None, None, None, False),
        "Condition",
    )


def test_a_numeric_code() -> None:
    assert concepts(read(condition({"system": SNOMED, "code": 239872002}))) == {"hip_osteoarthritis"}


def test_an_element_of_r5_in_r4() -> None:
    referenced = resource("MedicationStatement", medication={"concept": {"coding": [PREDNISONE]}})
    study = resource("ImagingStudy", procedure=[{"concept": {"coding": [HIP_XRAY]}}])
    assert {fact.kind for fact in facts(read(referenced, study))} == {"MedicationStatement", "ImagingStudy"}


def test_a_value_of_the_wrong_type_or_two_choices_of_one() -> None:
    odd = observation(valueQuantity="9", valueInteger=7, effectiveDateTime=20240101, issued="2024-02-02")
    fact = only(read(odd))
    assert (fact.number, fact.when) == (7.0, read_when("2024-02-02"))


def test_one_bad_entry_does_not_cost_the_bundle() -> None:
    value = bundle(condition(id="a"), condition(id="b", code="M16.11"), None, condition(LOW_BACK_PAIN, id="c"))
    chart = opened(value, "Condition")
    assert [fact.reference for fact in facts(chart)] == ["Condition/a", "Condition/c"]
    assert dropped(chart) == {"Condition": {"unreadable": 2}}


# ------------------------------------------------------------------------------- resources that strict models let pass


def test_null_anywhere() -> None:
    nulls = dict.fromkeys(("bodySite", "clinicalStatus", "abatementDateTime", "patient", "onsetPeriod", "category"))
    assert only(read(condition() | nulls)) == only(read(condition()))


@pytest.mark.parametrize("empty", [[], {}])
def test_empty_lists_and_objects(empty: Any) -> None:
    names = ("bodySite", "clinicalStatus", "abatementPeriod", "patient", "onsetPeriod", "category")
    assert only(read(condition() | dict.fromkeys(names, empty))) == only(read(condition()))


def test_unknown_status_codes_and_an_unknown_gender() -> None:
    assert only(read(observation(status="bogus"))).status == "bogus"
    assert only(read(condition(clinicalStatus="bogus"))).clinical is None
    assert read({"resourceType": "Patient", "id": "p1", "gender": "F", "birthDate": "1960"}).patient.birth is not None


def test_a_number_as_string() -> None:
    assert only(read(observation(valueQuantity={"value": "9"}))).number is None


def test_an_observation_of_dstu2() -> None:
    old = observation(
        comments="at rest", valueQuantity={"value": 8}, effectiveDateTime="2014-01-01", status="final", reliability="ok"
    )
    assert only(read(old)).number == 8.0


def test_a_condition_of_stu3() -> None:
    old = condition(clinicalStatus="active", verificationStatus="confirmed", assertedDate="2017-04-01")
    fact = only(read(old))
    assert (fact.clinical, fact.verification, fact.when) == ("active", "confirmed", read_when("2017-04-01"))


def test_a_condition_of_dstu2_with_patient_in_place_of_subject() -> None:
    old = condition(subject=None, patient=SUBJECT, dateRecorded="2014-04-01", clinicalStatus="active")
    assert only(read(old)).when == read_when("2014-04-01")
    assert dropped(read(old | {"patient": {"reference": "Patient/p2"}})) == {"Condition": {"foreign": 1}}


def test_a_patient_and_a_procedure_of_stu3() -> None:
    animal = {"resourceType": "Patient", "id": "p1", "animal": {"species": {}}, "birthDate": "1960"}
    done = resource("Procedure", EXAMINATION, status="completed", notDone=False, performedDateTime="2017-01-01")
    chart = read(animal, done)
    assert chart.patient.birth is not None
    assert only(chart).when == read_when("2017-01-01")


# -------------------------------------------------------------------------------------------- shapes of recorded calls


def test_a_category_coded_in_snomed_ct() -> None:
    assert len(facts(read(condition(category=[{"coding": [{"system": SNOMED, "code": "55607006"}]}])))) == 1


def test_a_birth_date_replaced_by_a_pseudonym_and_a_hashed_name() -> None:
    chart = read({"resourceType": "Patient", "id": "p1", "birthDate": "DB_5f2a9c", "name": "a94a8fe5ccb19ba6"})
    assert (chart.patient.birth, dropped(chart)) == (None, {})


def test_absolute_reference_urls() -> None:
    one = condition(subject={"reference": f"{SERVER}/Patient/p1"})
    assert len(facts(read(one, server=f"{SERVER}/"))) == 1


def test_many_local_codings_beside_the_standard_one() -> None:
    local = [{"system": f"urn:oid:1.2.840.114350.1.13.{n}", "code": str(n), "display": "x"} for n in range(40)]
    fact = only(read(condition(*local, HIP_OA | {"display": "OA hip"}, *local)))
    assert ([match.code for match in fact.matches], fact.text) == (["M16.11"], "OA hip")


# ------------------------------------------------------------------------------------------------- how Conditions look


def test_a_condition_without_clinical_status_keeps_whether_it_abated() -> None:
    assert (only(read(condition())).clinical, only(read(condition())).abated) == (None, False)
    assert only(read(condition(abatementDateTime="2020"))).abated


def test_a_condition_without_verification_status() -> None:
    assert only(read(condition())).verification is None


@pytest.mark.parametrize("status", ["inactive", "resolved", "remission"])
def test_a_condition_that_is_inactive_resolved_or_in_remission(status: str) -> None:
    assert only(read(condition(clinicalStatus={"coding": [{"system": CLINICAL, "code": status}]}))).clinical == status


def test_a_condition_without_category() -> None:
    assert len(facts(read(condition(category=None)))) == 1


def test_a_condition_whose_coding_has_no_display_and_whose_code_has_no_text() -> None:
    assert only(read(condition(HIP_OA))).text is None


def test_a_condition_with_text_only() -> None:
    chart = read(condition(code={"text": "Osteoarthritis of right hip"}))
    assert (facts(chart), dropped(chart)) == ([], {"Condition": {"uncoded": 1}})


def test_a_condition_without_code() -> None:
    chart = read(condition(code=None))
    assert (facts(chart), dropped(chart)) == ([], {"Condition": {"uncoded": 1}})


def test_a_condition_with_more_than_one_coding() -> None:
    assert concepts(read(condition({"system": SNOMED, "code": "38341003"}, HIP_OA))) == {"hip_osteoarthritis"}


def test_a_condition_without_onset_and_without_recorded_date() -> None:
    assert only(read(condition())).when is None


def test_a_condition_without_subject() -> None:
    assert len(facts(read(condition(subject=None)))) == 1


@pytest.mark.parametrize("word", ["entered-in-error", "refuted"])
def test_a_condition_that_was_refuted_or_entered_in_error_keeps_that_word(word: str) -> None:
    assert only(read(condition(verificationStatus={"coding": [{"code": word}]}))).verification == word


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        ("http://snomed.info/sct", "239872002", "hip_osteoarthritis"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "M16.11", "hip_osteoarthritis"),
        ("http://hl7.org/fhir/sid/icd-10", "M16.1", "hip_osteoarthritis"),
        ("urn:oid:2.16.840.1.113883.6.90", "M16.11", "hip_osteoarthritis"),
        ("urn:oid:2.16.840.1.113883.6.96", "239872002", "hip_osteoarthritis"),
        ("http://www.cms.gov/Medicare/Coding/ICD10", "0SR90JZ", "hip_replacement_procedure"),
        ("LOINC", "72514-3", "obs_pain_severity"),
    ],
)
def test_code_systems_by_the_addresses_that_name_them(system: str, code: str, concept: str) -> None:
    assert concept in concepts(read(condition({"system": system, "code": code})))


@pytest.mark.parametrize(
    "system",
    [
        *(
            "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
            "http://hl7.org/fhir/sid/icd-9-cm",
            "http://hl7.org/fhir/sid/icd-9",
        ),
        *("http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full", "TODO", "urn:oid:1.2.840.114350.1.13.0"),
    ],
)
def test_code_systems_that_are_not_known_match_nothing(system: str) -> None:
    chart = read(condition({"system": system, "code": "M16.1"}))
    assert (facts(chart), dropped(chart)) == ([], {})
    assert LISTS.system(system) is None


def test_a_coding_without_system_matches_nothing_and_is_counted() -> None:
    chart = read(condition({"code": "M16.11"}), observation({"code": SEVERITY["code"]}))
    assert (facts(chart), dropped(chart)) == ([], {"Condition": {"uncoded": 1}, "Observation": {"uncoded": 1}})
    assert LISTS.match(LOINC, SEVERITY["code"])


@pytest.mark.parametrize(
    ("named", "ours"),
    [
        ("Patient/p1", True),
        ("urn:uuid:5cbc121b", True),
        (f"{SERVER}/Patient/p1", True),
        ("p1", True),
        ("#p1", False),
        ("Patient?identifier=urn:mrn|1", False),
    ],
    ids=["type and id", "urn:uuid", "absolute", "bare id", "contained", "conditional"],
)
def test_subject_references_of_every_kind(named: str, ours: bool) -> None:
    patient = Entry({"resourceType": "Patient", "id": "p1"}, "prefetch", "urn:uuid:5cbc121b")
    chart = read(patient, condition(subject={"reference": named}), server=SERVER)
    assert len(facts(chart)) == ours
    assert dropped(chart) == ({} if ours else {"Condition": {"foreign": 1}})
