"""The envelope of a call as the service sees it afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.errors import Refusal
from cds_service.hook_context import CONTEXTS, bare_id
from cds_service.hook_request import FhirAccess, HookRequest, read_hook_request
from rules.schema import HOOKS

CONTEXT = {"patientId": "p1", "userId": "Practitioner/dr1", "encounterId": "e1"}
BASE = "https://ehr.example.org/fhir"


def read(hook: str = "patient-view", context: dict[str, Any] | None = None, **more: Any) -> HookRequest:
    body = {"hook": hook, "context": CONTEXT | (context or {})} | more
    return read_hook_request(body, hook, HOOKS)


def order(identifier: str) -> dict[str, Any]:
    return {"resourceType": "ServiceRequest", "id": identifier}


def drafts(*identifiers: str) -> dict[str, Any]:
    return {"entry": [{"resource": order(identifier)} for identifier in identifiers]}


def test_every_hook_that_a_rule_may_name_has_a_context() -> None:
    assert set(CONTEXTS) == set(HOOKS)


def test_a_plain_request_is_read() -> None:
    request = read(prefetch={"patient": None})
    assert request.hook == "patient-view"
    assert (request.context.patient_id, request.context.encounter_id) == ("p1", "e1")
    assert request.context.requester == "Practitioner/dr1"
    assert request.prefetch == {"patient": None}
    assert (request.fhir_server, request.access, request.ignored) == (None, None, ())
    assert request.context.entries() == ()


@pytest.mark.parametrize("given", ["e1", "Encounter/e1", f"{BASE}/Encounter/e1", "Encounter/e1/_history/2"])
def test_an_encounter_may_be_named_with_its_type(given: str) -> None:
    assert read(context={"encounterId": given}).context.encounter_id == "e1"


@pytest.mark.parametrize("given", ["Patient/e1", "e 1", 7, None, "", "e" * 257])
def test_an_encounter_that_cannot_be_used_is_left_out_where_it_is_optional(given: Any) -> None:
    assert read(context={"encounterId": given}).context.encounter_id is None


@pytest.mark.parametrize("given", ["a", "A-1.b_2", "0" * 256, "6513270e-269e-4d37-b2a7-4de452e6b438"])
def test_ids_that_real_systems_have_are_ids(given: str) -> None:
    assert bare_id(given, "Patient") == given


@pytest.mark.parametrize("given", ["", ".", "..", "_-_", "a b", "ä", "a/b", "0" * 257, "a#b", "a&x=1", "a%2f"])
def test_what_could_lead_elsewhere_is_no_id(given: str) -> None:
    with pytest.raises(ValueError, match=r"is (empty|not a FHIR id)|something else"):
        bare_id(f"Patient/{given}", "Patient")


def test_the_server_and_the_grant_are_read() -> None:
    grant = {"access_token": "abc", "token_type": "bearer", "scope": "patient/*.read", "patient": "Patient/p1"}
    request = read(fhirServer=f" {BASE}/ ", fhirAuthorization=grant)
    assert request.fhir_server == BASE
    assert request.access == FhirAccess("abc", "patient/*.read")
    assert request.ignored == ()
    assert "abc" not in repr(request)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"fhirServer": "ehr"}, "fhir-server-not-an-address"),
        ({"fhirAuthorization": "abc"}, "authorization-not-an-object"),
        ({"fhirAuthorization": {"access_token": ""}}, "authorization-without-token"),
        ({"fhirAuthorization": {"access_token": "a\nb"}}, "authorization-without-token"),
        ({"fhirAuthorization": {"access_token": "abc", "token_type": "mac"}}, "token-not-bearer"),
        ({"fhirAuthorization": {"access_token": "abc", "patient": "p2"}}, "token-of-another-patient"),
        ({"fhirAuthorization": {"access_token": "abc", "patient": 7}}, "token-of-another-patient"),
    ],
)
def test_what_is_not_used_is_named_for_the_log(more: dict[str, Any], reason: str) -> None:
    request = read(**more)
    assert request.ignored == (reason,)
    assert (request.fhir_server, request.access) == (None, None)


def test_new_conditions_come_from_the_context() -> None:
    (entry,) = read(
        "problem-list-item-create", {"conditions": {"resourceType": "Condition", "id": "c1"}}
    ).context.entries()
    assert (entry.origin, entry.expected, entry.judged) == ("context", "Condition", False)


def test_only_selected_drafts_are_judged_at_order_select() -> None:
    context = {"selections": ["ServiceRequest/b", 7], "draftOrders": drafts("a", "b")}
    entries = read("order-select", context).context.entries()
    assert [(entry.resource, entry.judged) for entry in entries] == [(order("a"), False), (order("b"), True)]


def test_every_draft_is_judged_at_order_sign() -> None:
    entries = read("order-sign", {"draftOrders": drafts("a", "b")}).context.entries()
    assert [entry.judged for entry in entries] == [True, True]


@pytest.mark.parametrize("given", [{"dispatchedOrders": ["ServiceRequest/a"]}, {"order": "ServiceRequest/a"}])
def test_dispatched_orders_have_a_new_and_an_old_name(given: dict[str, Any]) -> None:
    context = read("order-dispatch", given).context
    assert getattr(context, "dispatched", None) == frozenset({"ServiceRequest/a"})


def test_appointments_come_whole_with_their_hook() -> None:
    context = read("appointment-book", {"appointments": {"resourceType": "Appointment", "id": "a1"}}).context
    assert [entry.expected for entry in context.entries()] == ["Appointment"]
    assert context.brings == {"Appointment"}
    assert read().context.brings == frozenset()


def test_no_fault_repeats_what_was_sent() -> None:
    secret = "Anna Miller"
    with pytest.raises(Refusal) as caught:
        read_hook_request(
            {"hook": secret, "context": {"patientId": secret}, "prefetch": secret, "fhirServer": secret},
            "patient-view",
            HOOKS,
        )
    assert [issue.expression for issue in caught.value.issues] == ["hook", "context.patientId", "prefetch"]
    assert not [issue for issue in caught.value.issues if "Anna" in issue.text]
