"""CDS Hooks, the service call: one test for each row R-01 to R-26 and H-01 to H-22 that concerns a service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask.testing import FlaskClient

from tests.conftest import Ask
from tests.lib.json_checks import empty
from tests.lib.signature import advice, without_uuids
from tests.lib.vignette import Offer, bundle, request_for

FACTS = "62 F, M16.11, LBP, BMI 27 D-30"
FLAG = "LBP, G83.4"
HOOKS = (
    "patient-view",
    "encounter-start",
    "problem-list-item-create",
    "order-select",
    "order-sign",
    "order-dispatch",
    "appointment-book",
    "encounter-discharge",
)
AUTHORIZATION = {
    "access_token": "t0p-secret",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "cds-service",
}


def body_of(services: dict[str, Offer], facts: str = FACTS, hook: str = "patient-view", **more: Any) -> dict[str, Any]:
    return request_for(facts, services[hook]) | more


def in_context(body: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The body with members of its context replaced."""
    return body | {"context": body["context"] | members}


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """The body without members of its context."""
    return body | {"context": {name: value for name, value in body["context"].items() if name not in names}}


def refused(answer: Any, place: str, *words: str) -> None:
    """A 400 that names the place and says the words, and only one thing is wrong."""
    assert answer.status == 400, answer
    (issue,) = answer.body["issue"]
    assert issue["expression"] == [place]
    for word in words:
        assert word in issue["details"]["text"]


def test_r_01_an_unknown_service_is_a_404_with_the_ids_and_the_nearest(client: FlaskClient) -> None:
    answer = client.post("/cds-services/hip-spine-patient-veiw", json={})
    text = answer.get_json()["issue"][0]["details"]["text"]
    assert answer.status_code == 404
    assert "allowed: hip-spine-patient-view, " in text
    assert "Did you mean 'hip-spine-patient-view'?" in text


@pytest.mark.parametrize("name", ["Anna Miller", "a" * 65, "hip-spine<script>"])
def test_r_01_a_service_id_that_is_no_name_is_not_quoted(client: FlaskClient, name: str) -> None:
    answer = client.post(f"/cds-services/{name}", json={})
    assert answer.status_code == 404
    assert name not in answer.get_data(as_text=True)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_r_01_another_method_is_a_405_with_allow(client: FlaskClient, method: str) -> None:
    answer = client.open("/cds-services/hip-spine-patient-view", method=method)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_r_01_query_parameters_are_ignored(client: FlaskClient, services: dict[str, Offer]) -> None:
    answer = client.post("/cds-services/hip-spine-patient-view?", json=body_of(services))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        (None, ("is missing", "'patient-view'")),
        (7, ("is not a string", "'patient-view'")),
        ("patient_view", ("no hook 'patient_view'", "Did you mean 'patient-view'?")),
        ("Anna Miller", ("no such hook", "patient-view, encounter-start")),
        ("order-sign", ("not 'order-sign'", "answered by 'hip-spine-order-sign'")),
        ("", ("no such hook",)),
    ],
)
def test_r_02_a_hook_that_is_not_this_services_is_a_400(
    ask: Ask, services: dict[str, Offer], hook: Any, words: tuple[str, ...]
) -> None:
    refused(ask("patient-view", body_of(services) | {"hook": hook}), "hook", *words)


@pytest.mark.parametrize("instance", [None, "", "fhir-mcp-instance", 7, "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"])
def test_r_03_hook_instance_is_opaque_and_may_be_missing(ask: Ask, services: dict[str, Offer], instance: Any) -> None:
    body = body_of(services)
    del body["hookInstance"]
    assert ask("patient-view", body).status == 200
    assert ask("patient-view", body | {"hookInstance": instance}).status == 200


@pytest.mark.parametrize("server", [{}, {"fhirServer": None}, {"fhirServer": "ehr.example.org"}, {"fhirServer": 7}])
def test_r_04_a_token_without_its_server_is_a_400(ask: Ask, services: dict[str, Offer], server: dict[str, Any]) -> None:
    body = body_of(services, fhirAuthorization=AUTHORIZATION) | server
    refused(ask("patient-view", body), "fhirServer", "https://")


@pytest.mark.parametrize("server", ["ehr.example.org", 7, [], "ftp://ehr.example.org", "https://u:p@ehr.example.org"])
def test_r_04_a_server_that_is_no_address_counts_as_absent(ask: Ask, services: dict[str, Offer], server: Any) -> None:
    assert ask("patient-view", body_of(services, fhirServer=server)).status == 200


def test_r_05_a_plain_http_server_is_accepted_and_not_asked(ask: Ask, services: dict[str, Offer]) -> None:
    body = body_of(services, fhirServer="http://ehr.example.org/fhir", fhirAuthorization=AUTHORIZATION)
    assert ask("patient-view", body).status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        {},
        [],
        "t0p-secret",
        AUTHORIZATION | {"access_token": ""},
        AUTHORIZATION | {"access_token": None},
        AUTHORIZATION | {"access_token": "two words"},
        AUTHORIZATION | {"access_token": "line\r\nX-Other: 1"},
        AUTHORIZATION | {"token_type": "mac"},
        AUTHORIZATION | {"patient": "somebody-else"},
    ],
)
def test_r_06_r_07_r_08_r_12_a_grant_that_cannot_be_used_counts_as_absent(
    ask: Ask, services: dict[str, Offer], authorization: Any
) -> None:
    assert ask("patient-view", body_of(services, fhirAuthorization=authorization)).status == 200


@pytest.mark.parametrize("member", ["expires_in", "scope", "subject", "token_type"])
def test_r_09_r_10_r_11_an_incomplete_grant_is_no_fault(ask: Ask, services: dict[str, Offer], member: str) -> None:
    grant = {name: value for name, value in AUTHORIZATION.items() if name != member}
    body = body_of(services, fhirServer="https://ehr.example.org/fhir", fhirAuthorization=grant)
    assert ask("patient-view", body).status == 200


@pytest.mark.parametrize("context", [None, 7, "p1", []])
def test_r_13_a_context_that_is_no_object_is_a_400(ask: Ask, services: dict[str, Offer], context: Any) -> None:
    refused(ask("patient-view", body_of(services, context=context)), "context", "patientId")


@pytest.mark.parametrize(
    ("patient_id", "words"),
    [
        (None, "is null"),
        (7, "is not a string"),
        (["p1"], "is not a string"),
        ("", "is empty"),
        ("  ", "is empty"),
        ("Practitioner/p1", "names something else than a Patient"),
        ("Patient/", "is not a FHIR id"),
        ("Anna Miller", "is not a FHIR id"),
        ("p1,p2", "is not a FHIR id"),
        ("..", "is not a FHIR id"),
        ("p1?_format=xml", "is not a FHIR id"),
        ("https://[p1/Patient/p1\x00", "is not a FHIR id"),
    ],
)
def test_r_13_a_patient_id_that_cannot_be_used_is_a_400_that_does_not_repeat_it(
    ask: Ask, services: dict[str, Offer], patient_id: Any, words: str
) -> None:
    answer = ask("patient-view", in_context(body_of(services), patientId=patient_id))
    refused(answer, "context.patientId", words, "the FHIR id of the patient")
    if isinstance(patient_id, str) and patient_id.strip():
        assert patient_id not in json.dumps(answer.body)


def test_r_13_a_missing_patient_id_is_a_400_that_hints_at_a_near_name(ask: Ask, services: dict[str, Offer]) -> None:
    body = without(body_of(services), "patientId")
    refused(ask("patient-view", body), "context.patientId", "is missing")
    refused(ask("patient-view", in_context(body, patientID="p1")), "context.patientId", "case-sensitive")


@pytest.mark.parametrize(
    "patient_id", ["p1", "Patient/p1", " p1 ", "https://ehr.example/fhir/Patient/p1", "Patient/p1/_history/3"]
)
def test_r_13_a_patient_id_with_its_type_is_the_id(ask: Ask, services: dict[str, Offer], patient_id: str) -> None:
    answer = ask("patient-view", in_context(body_of(services), patientId=patient_id))
    assert advice(answer.body) == advice(ask("patient-view", body_of(services)).body)


def test_all_that_is_wrong_is_said_at_once(ask: Ask, services: dict[str, Offer]) -> None:
    wrong = {"hook": "patient-veiw", "prefetch": [], "fhirAuthorization": AUTHORIZATION, "context": {}}
    body = body_of(services) | wrong
    places = [issue["expression"] for issue in ask("patient-view", body).body["issue"]]
    assert places == [["hook"], ["context.patientId"], ["prefetch"], ["fhirServer"]]


@pytest.mark.parametrize("prefetch", [[], "none", 7, True])
def test_r_14_prefetch_that_is_no_object_is_a_400(ask: Ask, services: dict[str, Offer], prefetch: Any) -> None:
    refused(ask("patient-view", body_of(services, prefetch=prefetch)), "prefetch", "is not an object")


def test_r_14_undeclared_prefetch_keys_are_no_fault(ask: Ask, services: dict[str, Offer]) -> None:
    body = body_of(services)
    body["prefetch"] |= {"item1": None, "user": "123", "coverageBundle": bundle([]), "x": {}}
    assert ask("patient-view", body).body["cards"]


@pytest.mark.parametrize("extension", [{"a.b": {"c": None}}, {}, [], "x"])
def test_r_15_an_extension_of_any_content_is_ignored(ask: Ask, services: dict[str, Offer], extension: Any) -> None:
    assert ask("patient-view", body_of(services, extension=extension)).status == 200


def test_r_17_an_array_is_a_400_that_says_there_is_no_batching(ask: Ask, services: dict[str, Offer]) -> None:
    answer = ask("patient-view", [body_of(services)])  # type: ignore[arg-type]
    assert answer.status == 400
    assert "no batching" in answer.body["issue"][0]["details"]["text"]


@pytest.mark.parametrize("body", ["patient-view", 7, True, None])
def test_a_body_that_is_no_object_is_a_400(client: FlaskClient, body: Any) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/cds-services/hip-spine-patient-view", data=json.dumps(body), headers=headers)
    assert answer.status_code == 400
    assert "not a JSON object" in answer.get_json()["issue"][0]["details"]["text"]


def test_r_18_members_of_the_time_before_1_0_are_ignored_beside_a_context(ask: Ask, services: dict[str, Offer]) -> None:
    body = body_of(services, user="Practitioner/x", patient="p2", oauth={"token": "x"})
    assert ask("patient-view", body).body["cards"]


@pytest.mark.parametrize("context", [None, [{"resourceType": "Patient", "id": "p1"}]])
def test_r_18_an_envelope_of_the_time_before_1_0_is_a_400_that_says_so(
    ask: Ask, services: dict[str, Offer], context: Any
) -> None:
    body = body_of(services, user="Practitioner/x", patient="p1", context=context)
    refused(ask("patient-view", body), "context", "before version 1.0")


def test_r_19_the_same_instance_again_gets_the_same_answer(ask: Ask, services: dict[str, Offer]) -> None:
    first, second = (ask("patient-view", body_of(services)) for _ in range(2))
    assert without_uuids(first.body) == without_uuids(second.body)


def test_r_20_nothing_to_say_is_a_200_with_an_empty_array(ask: Ask, services: dict[str, Offer]) -> None:
    answer = ask("patient-view", body_of(services, ""))
    assert (answer.status, answer.body) == (200, {"cards": []})


@pytest.mark.parametrize("hook", HOOKS)
def test_r_21_conditions_that_are_not_to_be_had_are_a_412_that_names_the_key(
    ask: Ask, services: dict[str, Offer], hook: str
) -> None:
    answer = ask(hook, body_of(services, "Condition: missing", hook))
    assert answer.status == 412
    (issue,) = answer.body["issue"]
    assert issue["code"] == "required"
    assert issue["expression"] == ["prefetch.conditions"]
    assert "Condition?patient={{context.patientId}}" in issue["details"]["text"]


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        (("GET", "/nothing"), 404),
        (("POST", "/cds-services/nothing"), 404),
        (("POST", "/cds-services/hip-spine-patient-view/feedback"), 404),
        (("GET", "/cds-services/hip-spine-patient-view"), 405),
        (("POST", "/cds-services/hip-spine-patient-view"), 400),
    ],
)
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/fhir+json", "application/fhir+json"),
    ],
)
def test_r_22_r_23_r_24_every_error_is_an_operation_outcome(
    client: FlaskClient, request_of: tuple[str, str], status: int, accept: str, media_type: str
) -> None:
    method, path = request_of
    answer = client.open(path, method=method, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.mimetype == media_type
    body = json.loads(answer.get_data())
    assert OperationOutcome.model_validate(body).issue[0].severity == "error"
    assert list(empty(body, "outcome")) == []


@pytest.mark.parametrize("facts", ["Condition: null", "", "Patient: null", "Condition: null, Observation: null"])
def test_r_25_a_record_without_the_data_is_no_412(ask: Ask, services: dict[str, Offer], facts: str) -> None:
    assert ask("patient-view", body_of(services, facts)).status == 200


def test_r_26_a_red_flag_that_could_be_seen_is_a_card_although_conditions_are_missing(
    ask: Ask, services: dict[str, Offer]
) -> None:
    answer = ask("patient-view", body_of(services, "Condition: missing, Q D-3: bladder-bowel-change=yes"))
    assert answer.status == 200
    assert "critical" in {card["indicator"] for card in answer.body["cards"]}
    assert "could not be checked" in answer.body["cards"][0]["detail"].lower()


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("user", [None, 7, "dr1", "Patient/657", "RelatedPerson/4629", "PractitionerRole/x"])
def test_h_01_to_h_08_the_user_may_be_missing_or_anybody(
    ask: Ask, services: dict[str, Offer], hook: str, user: Any
) -> None:
    body = body_of(services, FLAG, hook)
    assert ask(hook, without(body, "userId")).status == 200
    assert ask(hook, in_context(body, userId=user)).status == 200


@pytest.mark.parametrize(
    ("user", "requester"),
    [
        ("Practitioner/dr1", {"reference": "Practitioner/dr1"}),
        ("PractitionerRole/r1", {"reference": "PractitionerRole/r1"}),
        ("Patient/657", None),
        ("dr1", None),
        ("Practitioner/<b>", None),
        (None, None),
    ],
)
def test_h_01_only_a_practitioner_requests_a_draft_order(
    ask: Ask, services: dict[str, Offer], user: Any, requester: Any
) -> None:
    answer = ask("patient-view", in_context(body_of(services), userId=user))
    drafts = [
        action["resource"]
        for card in answer.body["cards"]
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
    ]
    assert drafts
    assert [draft.get("requester") for draft in drafts] == [requester] * len(drafts)


@pytest.mark.parametrize("hook", ["patient-view", "problem-list-item-create", "order-sign", "appointment-book"])
@pytest.mark.parametrize("encounter", [None, "", 7, {}])
def test_h_01_h_08_the_encounter_may_be_missing(
    ask: Ask, services: dict[str, Offer], hook: str, encounter: Any
) -> None:
    assert ask(hook, in_context(body_of(services, FLAG, hook), encounterId=encounter)).status == 200


@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge"])
def test_h_06_h_07_the_encounter_is_required_where_the_hook_is_about_it(
    ask: Ask, services: dict[str, Offer], hook: str
) -> None:
    body = body_of(services, FLAG, hook)
    refused(ask(hook, without(body, "encounterId")), "context.encounterId", "is missing")
    refused(ask(hook, in_context(body, encounterId=None)), "context.encounterId", "is null")
    refused(ask(hook, in_context(body, encounterId=7)), "context.encounterId", "is not a string")
    assert ask(hook, in_context(body, encounterId="Encounter/e1")).status == 200


@pytest.mark.parametrize("selections", [None, 7, {}])
def test_h_02_selections_are_required(ask: Ask, services: dict[str, Offer], selections: Any) -> None:
    body = body_of(services, FLAG, "order-select")
    refused(ask("order-select", without(body, "selections")), "context.selections", "is missing")
    refused(ask("order-select", in_context(body, selections=selections)), "context.selections", "an array")


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_h_02_h_03_drafts_may_be_withheld_but_not_be_something_else(
    ask: Ask, services: dict[str, Offer], hook: str
) -> None:
    body = body_of(services, FLAG, hook)
    assert ask(hook, without(body, "draftOrders")).status == 200
    assert ask(hook, in_context(body, draftOrders=None)).status == 200
    refused(ask(hook, in_context(body, draftOrders="x")), "context.draftOrders", "is not an object")


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_h_02_h_03_a_bundle_of_drafts_without_type_and_with_empty_members_is_read(
    ask: Ask, services: dict[str, Offer], hook: str
) -> None:
    draft = {
        "resourceType": "ServiceRequest",
        "id": "example-request-id",
        "status": "draft",
        "intent": "plan",
        "code": {"coding": [{}]},
        "subject": {"reference": "Patient/p1"},
        "reasonCode": [],
    }
    drafts = {"resourceType": "Bundle", "entry": [{"resource": draft}]}
    assert ask(hook, in_context(body_of(services, FLAG, hook), draftOrders=drafts)).body["cards"]


def test_h_04_dispatched_orders_are_required_under_either_name(ask: Ask, services: dict[str, Offer]) -> None:
    body = without(body_of(services, FLAG, "order-dispatch"), "dispatchedOrders", "performer", "userId")
    refused(ask("order-dispatch", body), "context.dispatchedOrders", "is missing")
    refused(ask("order-dispatch", in_context(body, dispatchedOrders=7)), "context.dispatchedOrders", "an array")
    assert ask("order-dispatch", in_context(body, dispatchedOrders=["ServiceRequest/o1"])).body["cards"]
    assert ask("order-dispatch", in_context(body, order="ServiceRequest/o1", task={})).body["cards"]


def test_h_05_appointments_are_required(ask: Ask, services: dict[str, Offer]) -> None:
    body = body_of(services, FLAG, "appointment-book")
    refused(ask("appointment-book", without(body, "appointments")), "context.appointments", "is missing")
    refused(ask("appointment-book", in_context(body, appointments="x")), "context.appointments", "is not an object")


@pytest.mark.parametrize("conditions", [None, "x", 7, {}, {"type": "collection"}])
def test_h_08_the_new_conditions_are_required(ask: Ask, services: dict[str, Offer], conditions: Any) -> None:
    body = body_of(services, FLAG, "problem-list-item-create")
    refused(ask("problem-list-item-create", without(body, "conditions")), "context.conditions", "is missing")
    refused(ask("problem-list-item-create", in_context(body, conditions=conditions)), "context.conditions", "Bundle")


def test_h_08_the_new_conditions_are_read_entry_by_entry(ask: Ask, services: dict[str, Offer]) -> None:
    hook = "problem-list-item-create"
    plain = body_of(services, "new M16.11, LBP", hook)
    entries = plain["context"]["conditions"]["entry"]
    odd = {"resourceType": "Bundle", "entry": [None, 7, {"resource": "x"}, *entries]}
    answer = ask(hook, in_context(plain, conditions=odd))
    assert advice(answer.body) == advice(ask(hook, plain).body)
    completeness = answer.body["extension"]["org.hip-spine-cds.completeness"]
    assert completeness == {"dropped": {"Condition": {"unreadable": 3}}}


@pytest.mark.parametrize("shape", ["resource", "list", "entries"])
def test_h_08_the_new_conditions_may_come_without_a_bundle_around_them(
    ask: Ask, services: dict[str, Offer], shape: str
) -> None:
    hook = "problem-list-item-create"
    plain = body_of(services, "new M16.11, LBP", hook)
    entries = plain["context"]["conditions"]["entry"]
    shapes = {"resource": entries[0]["resource"], "list": [entries[0]["resource"]], "entries": {"entry": entries}}
    answer = ask(hook, in_context(plain, conditions=shapes[shape]))
    assert advice(answer.body) == advice(ask(hook, plain).body)


@pytest.mark.parametrize("hook", HOOKS)
def test_h_22_unknown_context_members_are_ignored(ask: Ask, services: dict[str, Offer], hook: str) -> None:
    body = in_context(body_of(services, FLAG, hook), somethingNew={"a": []}, medications=7)
    assert ask(hook, body).body["cards"]
