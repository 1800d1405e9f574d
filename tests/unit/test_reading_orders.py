"""Orders, procedures, images, medications and appointments; the Medications and Conditions that they refer to."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.gathered import Entry
from cds_service.reading.dates import read_when
from tests.lib.chart_reading import (
    EXAMINATION,
    HIP_OA,
    HIP_REGION,
    HIP_XRAY,
    PHYSIOTHERAPY,
    PREDNISONE,
    RXNORM,
    SNOMED,
    SUBJECT,
    concepts,
    condition,
    dropped,
    facts,
    only,
    read,
    resource,
)

DRUG = {"coding": [PREDNISONE]}
OPIOID = {"system": RXNORM, "code": "7804"}


def medication(kind: str = "MedicationRequest", **members: Any) -> dict[str, Any]:
    return resource(kind, **({"medicationCodeableConcept": DRUG} | members))


def drug(*codings: Any, **members: Any) -> dict[str, Any]:
    made = resource("Medication", *codings, **({"id": "m1"} | members))
    del made["subject"]
    return made


def judged(one: dict[str, Any]) -> Entry:
    return Entry(one, "context", judged=True)


def appointment(*participants: Any, **members: Any) -> dict[str, Any]:
    actors = [{"actor": one} for one in participants or ("Patient/p1",)]
    coded = {"serviceType": [{"coding": [PHYSIOTHERAPY]}], "participant": actors, "subject": None}
    return resource("Appointment", **(coded | members))


# ------------------------------------------------------------------------------------------------- procedures, images


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"performedDateTime": "2024-01-01", "performedPeriod": {"end": "2024-03-01"}}, "2024-01-01"),
        ({"performedPeriod": {"start": "2024-01-01", "end": "2024-03-01"}}, "2024-03-01"),
        ({"performedPeriod": {"start": "2024-01-01"}}, "2024-01-01"),
        ({"performedString": "last year"}, None),
        ({"occurrenceDateTime": "2024-05-01"}, "2024-05-01"),
    ],
)
def test_the_date_of_a_procedure(members: Any, text: str | None) -> None:
    fact = only(read(resource("Procedure", EXAMINATION, status="completed", **members)))
    assert (fact.kind, fact.status, fact.when) == ("Procedure", "completed", read_when(text))


@pytest.mark.parametrize("kind", ["DiagnosticReport", "ImagingStudy"])
@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"effectiveDateTime": "2024-01-01", "started": "2024-02-01"}, "2024-01-01"),
        ({"effectivePeriod": {"start": "2024-01-01", "end": "2024-01-09"}, "issued": "2024-02-01"}, "2024-01-09"),
        ({"effectivePeriod": {"start": "2024-01-01"}}, "2024-01-01"),
        ({"started": "2024-02-01", "issued": "2024-03-01"}, "2024-02-01"),
        ({"issued": "2024-03-01"}, "2024-03-01"),
        ({}, None),
    ],
)
def test_the_date_of_an_image(kind: str, members: Any, text: str | None) -> None:
    fact = only(read(resource(kind, HIP_XRAY, **members)))
    assert (fact.kind, fact.when) == (kind, read_when(text))


@pytest.mark.parametrize(
    "members",
    [
        {"procedureCode": [{"coding": [HIP_XRAY]}]},
        {"procedureCode": {"coding": HIP_XRAY}},
        {"procedureCode": [{"text": "x"}, {"coding": [HIP_XRAY]}]},
        {"code": {"coding": [HIP_XRAY]}},
        {"procedure": [{"concept": {"coding": [HIP_XRAY]}}]},
        {"procedureCode": "x-ray", "code": {"coding": [HIP_XRAY]}},
    ],
)
def test_an_imaging_study_by_each_element_that_can_hold_its_code(members: Any) -> None:
    assert concepts(read(resource("ImagingStudy", **members))) == {"order_hip_xray"}


@pytest.mark.parametrize("members", [{}, {"procedureCode": []}, {"procedureCode": [{"text": "X-ray of hip"}]}])
def test_an_imaging_study_without_a_code_is_usual_and_not_counted(members: Any) -> None:
    chart = read(resource("ImagingStudy", **members))
    assert (facts(chart), dropped(chart)) == ([], {})


@pytest.mark.parametrize("value", ["x-ray", 5, [1]])
def test_an_imaging_study_whose_code_cannot_be_read_is(value: Any) -> None:
    assert dropped(read(resource("ImagingStudy", procedureCode=value))) == {"ImagingStudy": {"unreadable": 1}}


# -------------------------------------------------------------------------------------------------------------- orders


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"occurrenceDateTime": "2024-01-01", "authoredOn": "2023-01-01"}, "2024-01-01"),
        ({"occurrencePeriod": {"start": "2024-01-01", "end": "2024-02-01"}}, "2024-02-01"),
        ({"occurrencePeriod": {"start": "2024-01-01"}}, "2024-01-01"),
        ({"occurrenceTiming": {}, "authoredOn": "2023-01-01"}, "2023-01-01"),
        ({}, None),
    ],
)
def test_the_date_of_an_order(members: Any, text: str | None) -> None:
    assert only(read(resource("ServiceRequest", PHYSIOTHERAPY, **members))).when == read_when(text)


def test_an_order_with_its_status_and_priority() -> None:
    fact = only(read(resource("ServiceRequest", PHYSIOTHERAPY, status="On-Hold", priority={"code": "STAT"})))
    assert (fact.status, fact.priority, fact.draft, fact.judged) == ("on-hold", "stat", False, False)


@pytest.mark.parametrize(
    ("value", "found"), [(True, True), ("true", True), (False, False), (None, False), (1, False), ("no", False)]
)
def test_an_order_not_to_perform_something(value: Any, found: bool) -> None:
    for one in (resource("ServiceRequest", PHYSIOTHERAPY), medication()):
        assert only(read(one | {"doNotPerform": value})).do_not_perform is found


def test_an_order_of_the_hooks_context_is_a_draft() -> None:
    for one in (resource("ServiceRequest", PHYSIOTHERAPY), medication()):
        assert only(read(Entry(one, "context"))).draft
        assert not only(read(Entry(one, "fhirServer"))).draft


def test_an_order_as_release_5_writes_its_code() -> None:
    assert concepts(read(resource("ServiceRequest", code={"concept": {"coding": [PHYSIOTHERAPY]}}))) == {
        "order_pt_referral"
    }


def test_an_order_that_the_hook_is_about_stays_whatever_its_code() -> None:
    plain = resource("ServiceRequest", {"system": "urn:local", "code": "1"}, id="o1")
    text_only = resource("ServiceRequest", id="o2", code={"text": "PRP-Injection  hip"})
    chart = read(judged(plain), judged(text_only))
    assert [fact.reference for fact in chart.judged] == ["ServiceRequest/o1", "ServiceRequest/o2"]
    assert dropped(chart) == {"ServiceRequest": {"uncoded": 1}}
    assert [fact.words for fact in facts(chart)] == ["", "PRP-Injection hip"]
    assert [fact.text for fact in chart.judged] == [None, "PRP-Injection hip"]
    assert facts(read(plain, text_only)) == []


def test_the_words_of_an_order_are_its_display_before_its_text() -> None:
    code = {"coding": [PHYSIOTHERAPY | {"display": "Physio referral"}], "text": "PT"}
    assert only(read(judged(resource("ServiceRequest", code=code)))).text == "Physio referral"


@pytest.mark.parametrize(
    "members",
    [
        {"reasonCode": [{"coding": [HIP_OA]}]},
        {"reasonCode": {"coding": HIP_OA}},
        {"reasonReference": [{"reference": "Condition/c1"}]},
        {"reasonReference": "Condition/c1"},
        {"reasonReference": ["Condition/c1/_history/2"]},
        {"reasonReference": {"reference": "https://ehr.example/fhir/Condition/c1"}},
        {"reasonReference": [{"reference": "urn:uuid:c"}]},
    ],
)
def test_the_reasons_of_an_order_that_the_hook_is_about(members: Any) -> None:
    order = resource("ServiceRequest", PHYSIOTHERAPY, **members)
    reason = Entry(condition(id="c1"), "prefetch", "urn:uuid:c")
    assert read(judged(order), reason).judged[0].reasons == {"hip_osteoarthritis"}  # type: ignore[union-attr]


@pytest.mark.parametrize("entries", [(), (condition(id="c1", subject="Patient/p2"),), (condition(id="c2"),)])
def test_a_reason_that_is_not_there_or_not_ours_is_none(entries: Any) -> None:
    order = resource("ServiceRequest", PHYSIOTHERAPY, reasonReference=[{"reference": "Condition/c1"}, 5, None])
    assert read(judged(order), *entries).judged[0].reasons == frozenset()  # type: ignore[union-attr]


# --------------------------------------------------------------------------------------------------------- medications


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationStatement"])
@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"effectivePeriod": {"start": "2024-01-01"}, "authoredOn": "2024-02-01"}, "2024-01-01"),
        ({"effectiveDateTime": "2024-01-02", "dateAsserted": "2024-02-01"}, "2024-01-02"),
        ({"authoredOn": "2024-01-03", "dateAsserted": "2024-02-01"}, "2024-01-03"),
        ({"dateAsserted": "2024-01-04"}, "2024-01-04"),
        ({"effectivePeriod": {"end": "2024-01-01"}}, None),
    ],
)
def test_the_date_of_a_medication_is_its_start(kind: str, members: Any, text: str | None) -> None:
    fact = only(read(medication(kind, **members)))
    assert (fact.kind, fact.when) == (kind, read_when(text))


def test_a_medication_order_with_its_intent_and_priority() -> None:
    fact = only(read(judged(medication(intent="Proposal", priority="urgent", status="draft"))))
    assert (fact.intent, fact.priority, fact.status, fact.judged) == ("proposal", "urgent", "draft", True)


@pytest.mark.parametrize(
    "members",
    [
        {"medicationReference": {"reference": "Medication/m1"}},
        {"medicationReference": "Medication/m1"},
        {"medicationReference": {"reference": "Medication/m1/_history/2"}},
        {"medicationReference": {"reference": "https://ehr.example/fhir/Medication/m1"}},
        {"medicationReference": {"reference": "urn:uuid:m"}},
        {"medication": {"reference": {"reference": "Medication/m1"}}},
        {"medicationCodeableConcept": {"text": "prednisone"}, "medicationReference": "Medication/m1"},
    ],
)
@pytest.mark.parametrize(
    "members_of_drug",
    [
        {"code": {"coding": [PREDNISONE | {"display": "Prednisone"}]}},
        {"ingredient": [{"itemCodeableConcept": {"coding": [PREDNISONE | {"display": "Prednisone"}]}}]},
        {"ingredient": {"item": {"concept": {"coding": PREDNISONE | {"display": "Prednisone"}}}}},
    ],
)
def test_a_medication_by_reference_by_its_code_or_its_ingredients(members: Any, members_of_drug: Any) -> None:
    held = Entry(drug(**members_of_drug), "prefetch", "urn:uuid:m")
    fact = only(read(medication(**({"medicationCodeableConcept": None} | members)), held))
    assert [match.concept for match in fact.matches] == ["drug_systemic_steroid"]
    assert fact.text == "Prednisone"


def test_a_medication_that_is_contained() -> None:
    order = medication(
        medicationCodeableConcept=None,
        medicationReference={"reference": "#m"},
        contained=[drug(OPIOID, id="x"), drug(PREDNISONE, id="m")],
    )
    assert concepts(read(order)) == {"drug_systemic_steroid"}


@pytest.mark.parametrize("reference", ["Medication/m2", "#m1", "urn:uuid:other"])
def test_a_medication_reference_that_leads_nowhere_is_counted(reference: str) -> None:
    order = medication(medicationCodeableConcept=None, medicationReference={"reference": reference})
    chart = read(order, drug(PREDNISONE))
    assert (facts(chart), dropped(chart)) == ([], {"MedicationRequest": {"uncoded": 1}})


def test_versions_of_one_medication_are_read_together_in_whatever_order_they_came() -> None:
    order = medication(medicationCodeableConcept=None, medicationReference="Medication/m1")
    versions = [drug(PREDNISONE), drug(OPIOID)]
    there, back = only(read(order, *versions)), only(read(order, *reversed(versions)))
    assert there == back
    assert {match.concept for match in there.matches} == {"drug_systemic_steroid", "drug_opioid"}


def test_a_medication_by_itself_is_nothing_that_was_taken() -> None:
    chart = read(drug(PREDNISONE))
    assert (facts(chart), dropped(chart)) == ([], {})


# -------------------------------------------------------------------------------------------------------- appointments


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"serviceType": None, "specialty": {"coding": [PHYSIOTHERAPY]}},
        {"serviceType": None, "reasonCode": [{"coding": [PHYSIOTHERAPY]}]},
    ],
)
def test_an_appointment_by_its_service_specialty_or_reason(members: Any) -> None:
    fact = only(read(Entry(appointment(start="2026-12-01T10:00:00Z", **members), "context")))
    assert [match.concept for match in fact.matches] == ["order_pt_referral"]
    assert fact.when == read_when("2026-12-01T10:00:00Z")


def test_an_appointment_by_the_condition_that_it_is_for() -> None:
    booked = appointment(serviceType=None, reasonReference=["Condition/c1"])
    assert ("Appointment", "hip_osteoarthritis") in read(booked, condition(id="c1")).by_concept


@pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error"])
def test_an_appointment_that_will_not_take_place(status: str) -> None:
    assert facts(read(appointment(status=status))) == []


@pytest.mark.parametrize("members", [{"serviceType": None}, {"serviceType": [{"text": "physio"}]}])
def test_an_appointment_without_a_code_is_not_counted(members: Any) -> None:
    chart = read(appointment(**members))
    assert (facts(chart), dropped(chart)) == ([], {})


@pytest.mark.parametrize(
    "participants",
    [
        ("Patient/p1",),
        ({"reference": "Patient/p1"}, "Practitioner/d1"),
        ("Patient/p2", "Patient/p1"),
        ("Practitioner/d1", {"display": "A. Person"}),
    ],
)
def test_an_appointment_in_which_our_patient_may_take_part(participants: Any) -> None:
    assert len(facts(read(appointment(*participants)))) == 1


@pytest.mark.parametrize("participants", [("Patient/p2",), ("urn:uuid:6a1c",), ("https://x.example/Patient/p2",)])
def test_an_appointment_of_somebody_else(participants: Any) -> None:
    chart = read(appointment(*participants))
    assert (facts(chart), dropped(chart)) == ([], {"Appointment": {"foreign": 1}})


def test_the_body_site_of_an_order() -> None:
    sites = [{"coding": [HIP_REGION]}, {"coding": {"system": SNOMED, "code": "24028007"}}]
    fact = only(read(resource("ServiceRequest", PHYSIOTHERAPY, bodySite=sites, subject=SUBJECT)))
    assert fact.body_sites == {"29836001", "24028007"}
    assert fact.body_sides == {"right"}
