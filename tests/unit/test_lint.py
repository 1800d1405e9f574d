"""What the strict check says about each kind of mistake in a FHIR resource, and what the service would not use."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.lint import faults, not_used, resources
from tests.lib.sample_rules import LISTS

PATIENT = {"resourceType": "Patient", "id": "p1"}
SUBJECT = {"reference": "Patient/p1"}
CODE = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M16.11"}]}
CONDITION: dict[str, Any] = {"resourceType": "Condition", "subject": SUBJECT, "code": CODE}
ORDER: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "order",
    "subject": SUBJECT,
    "code": CODE,
}
MEDICATION: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "subject": SUBJECT,
    "medicationCodeableConcept": {"text": "x"},
}


def told(value: object) -> list[str]:
    return [str(fault) for one in resources(value) for fault in faults(one.path, one.resource)]


@pytest.mark.parametrize("resource", [PATIENT, CONDITION, ORDER, MEDICATION])
def test_a_sound_resource_has_no_fault(resource: dict[str, Any]) -> None:
    assert told(resource) == []


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (CONDITION | {"subjekt": 1}, "Condition.subjekt: there is no such element; did you mean 'subject'?"),
        (
            CONDITION | {"code": {"coding": [{"sytem": "x"}]}},
            "Condition.code.coding[0].sytem: there is no such element; did you mean 'system'?",
        ),
        (CONDITION | {"zzz": 1}, "Condition.zzz: there is no such element"),
        ({"resourceType": "Condition"}, "Condition.subject: is missing; it is required"),
        (CONDITION | {"code": "M16.11"}, "Condition.code: is a string; allowed: an object"),
        (CONDITION | {"subject": ["x"]}, "Condition.subject: is no object; allowed: an object"),
        (CONDITION | {"category": {"text": "x"}}, "Condition.category: is no list; allowed: a list"),
        (CONDITION | {"code": {"text": 3}}, "Condition.code.text: is no string; allowed: a string"),
        (
            CONDITION | {"onsetDateTime": "01/02/2020"},
            (
                "Condition.onsetDateTime: is not written as FHIR writes it; "
                "allowed: 2026, 2026-11, 2026-11-24 or 2026-11-24T12:30:00+01:00"
            ),
        ),
        (
            CONDITION | {"onsetDateTime": "2020", "onsetString": "x"},
            (
                "Condition: has more than one element of a choice; "
                "allowed: one of onsetAge, onsetDateTime, onsetPeriod, onsetRange, onsetString"
            ),
        ),
        (
            {name: value for name, value in MEDICATION.items() if name != "medicationCodeableConcept"},
            (
                "MedicationRequest: has no element of a choice; "
                "allowed: one of medicationCodeableConcept, medicationReference"
            ),
        ),
        (
            ORDER | {"status": "Actve"},
            (
                "ServiceRequest.status: 'Actve' is no code of this element; allowed: draft, active, on-hold, revoked, "
                "completed, entered-in-error, unknown; did you mean 'active'?"
            ),
        ),
        (
            ORDER | {"note": [{"text": "x", "authorReference": {"reference": "Patient/p1"}}], "priority": "soon"},
            "ServiceRequest.priority: 'soon' is no code of this element; allowed: routine, urgent, asap, stat",
        ),
        (
            CONDITION | {"subject": {"reference": "https://ehr.example.org/fhir/Practitioner/d1"}},
            "Condition.subject.reference: names a Practitioner; allowed: Patient, Group",
        ),
        ({"resourceType": "Conditoin"}, "Conditoin.resourceType: 'Conditoin' is no resource type of FHIR R4B"),
    ],
)
def test_a_mistake_is_told_with_its_path_and_what_is_allowed(resource: dict[str, Any], said: str) -> None:
    assert told(resource) == [said]


def test_every_mistake_is_told_at_once() -> None:
    assert len(told(ORDER | {"status": "x", "priority": "y", "zzz": 1, "authoredOn": "soon"})) == 4
    assert told({"resourceType": "Observation"}) == [
        "Observation.code: is missing; it is required",
        "Observation.status: is missing; it is required",
    ]
    assert told({"resourceType": "MedicationRequest", "subject": SUBJECT, "zzz": 1}) == [
        "MedicationRequest.zzz: there is no such element",
        "MedicationRequest.intent: is missing; it is required",
        "MedicationRequest.status: is missing; it is required",
        "MedicationRequest: has no element of a choice; allowed: one of medicationCodeableConcept, medicationReference",
    ]


def test_an_extension_may_stand_for_a_value_that_is_not_known() -> None:
    absent = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    }
    assert told({"resourceType": "Observation", "code": {"text": "x"}, "_status": absent}) == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [("Observation", "corrected"), ("Observation", "unknown"), ("DiagnosticReport", "appended")],
)
def test_codes_that_the_models_do_not_list_are_known(kind: str, status: str) -> None:
    assert told({"resourceType": kind, "status": status, "code": {"text": "x"}}) == []


def test_a_list_that_the_models_do_not_finish_is_not_held_against_anybody() -> None:
    encounter = {"resourceType": "Encounter", "status": "entered-in-error", "class": {"code": "AMB"}}
    assert told(encounter) == []


class TestBundles:
    def test_each_entry_is_checked_by_itself_and_the_bundle_without_them(self) -> None:
        bundle = {
            "resourceType": "Bundle",
            "entry": [
                {"resource": CONDITION | {"zzz": 1}},
                {"resource": {"id": "x"}},
                {"resource": "x"},
                {
                    "resource": {
                        "resourceType": "Bundle",
                        "type": "searchset",
                        "entry": [{"resource": {**ORDER, "zzz": 1}}],
                    }
                },
                "x",
            ],
        }
        assert told(bundle) == [
            "Bundle.entry[4]: is a string; allowed: an object",
            "Bundle.type: is missing; it is required",
            "Bundle.entry[0].resource.zzz: there is no such element",
            "Bundle.entry[1].resource.resourceType: is missing; it names the type of the resource, such as 'Condition'",
            "Bundle.entry[2].resource: is no object; a FHIR resource belongs here",
            "Bundle.entry[3].resource.entry[0].resource.zzz: there is no such element",
        ]

    def test_a_bundle_without_a_list_of_entries(self) -> None:
        assert told({"resourceType": "Bundle", "type": "searchset", "entry": {"a": 1}}) == [
            "Bundle.entry: is no list; allowed: a list"
        ]

    def test_a_request_is_looked_through(self) -> None:
        request = {"hook": "order-sign", "context": {"draftOrders": {"resourceType": "Bundle", "type": "collection"}}}
        assert [one.path for one in resources(request)] == ["context.draftOrders"]


class TestNotUsed:
    """The reasons are the chart reader's; here it matters which entry they are told about, and whose chart it is."""

    OTHER = CONDITION | {"subject": {"reference": "Patient/p2"}}

    def unused(self, value: object) -> list[str]:
        return [
            f"{fault.path} {fault.message.partition(':')[0]}"
            for fault in not_used(value, list(resources(value)), LISTS)
        ]

    def bundle(self, *listed: object) -> dict[str, Any]:
        entries = [{"resource": one, "fullUrl": f"urn:uuid:{index}"} for index, one in enumerate(listed)]
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}

    def test_each_entry_has_its_reason(self) -> None:
        uncoded = {"resourceType": "Condition", "subject": SUBJECT, "code": {"text": "Hip pain"}}
        by_address = CONDITION | {"subject": {"reference": "urn:uuid:0"}}
        listed = (PATIENT, CONDITION, by_address, self.OTHER, uncoded, CONDITION | {"code": 5}, "x", "x")
        assert self.unused(self.bundle(*listed)) == [
            "Bundle.entry[3].resource foreign",
            "Bundle.entry[4].resource uncoded",
            "Bundle.entry[5].resource unreadable",
            "Bundle.entry[6].resource unreadable",
            "Bundle.entry[7].resource unreadable",
        ]

    def test_nobody_is_somebody_else_while_the_patient_is_not_known(self) -> None:
        two = (PATIENT, {"resourceType": "Patient", "id": "p2"})
        assert self.unused(self.bundle(*two, CONDITION, self.OTHER)) == []
        assert self.unused([self.OTHER]) == []

    @pytest.mark.parametrize("named", ["p1", "Patient/p1"])
    def test_a_request_says_whose_chart_it_is(self, named: str) -> None:
        request = {
            "context": {"patientId": named},
            "fhirServer": "https://ehr.example.org/fhir",
            "prefetch": {
                "a": self.OTHER,
                "b": CONDITION | {"subject": {"reference": "https://ehr.example.org/fhir/Patient/p1"}},
                "c": CONDITION | {"subject": {"reference": "https://other.example.org/fhir/Patient/p1"}},
            },
        }
        assert self.unused(request) == ["prefetch.a foreign", "prefetch.c foreign"]
