"""CDS Hooks, general rules of JSON and transport: one test for each row G-01 to G-10 that concerns a service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest
from flask.testing import FlaskClient

from cds_service.settings import SettingsError, load_settings
from tests.conftest import Ask
from tests.lib.json_checks import empty
from tests.lib.vignette import Offer, request_for

FACTS = "62 F, M16.11, LBP, BMI 27 D-30"


def _post(client: FlaskClient, data: bytes | str, **headers: str) -> Any:
    given = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/cds-services/hip-spine-patient-view", data=data, headers=given)


def _body(services: dict[str, Offer], facts: str = FACTS, hook: str = "patient-view") -> dict[str, Any]:
    return request_for(facts, services[hook])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"hook=patient-view",
        b'{"hook": "patient-view", ',
        b'{"hook": "patient-view"}}',
        b'{"hook": NaN}',
        b"\xff\xfe{}",
        b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
    ids=["nothing", "blanks", "form", "cut", "surplus-brace", "nan", "not-utf-8", "deep-arrays", "deep-objects"],
)
def test_g_01_a_body_that_is_not_json_is_refused_with_400(client: FlaskClient, data: bytes) -> None:
    answer = _post(client, data)
    assert answer.status_code == 400
    assert answer.get_json()["issue"][0]["code"] == "structure"


def test_g_01_resources_nested_deeper_than_python_compares_are_no_fault(
    client: FlaskClient, services: dict[str, Offer]
) -> None:
    body = _body(services)
    deep: Any = "x"
    for _ in range(980):
        deep = [deep]
    twins = [{"resource": {"resourceType": "Condition", "id": "c1", "note": deep}} for _ in range(2)]
    body["prefetch"]["conditions"]["entry"] += twins
    # Refused by a Python that cannot compare them, and read by one that can.
    assert _post(client, _dumps(body)).status_code in (200, 400)


def _dumps(value: Any) -> str:
    """JSON, also of a value that the standard library will not write because it is nested too deeply."""
    if isinstance(value, list):
        opened = 0
        while isinstance(value, list) and len(value) == 1:
            value, opened = value[0], opened + 1
        inner = ",".join(map(_dumps, value)) if isinstance(value, list) else _dumps(value)
        return "[" * opened + (f"[{inner}]" if isinstance(value, list) else inner) + "]" * opened
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_dumps(part)}" for name, part in value.items()) + "}"
    return json.dumps(value)


def test_g_01_all_answers_are_json(client: FlaskClient, services: dict[str, Offer]) -> None:
    answers = (
        client.get("/cds-services"),
        client.get("/cds-services/nothing"),
        _post(client, json.dumps(_body(services))),
        _post(client, "{"),
    )
    for answer in answers:
        assert answer.mimetype == "application/json"
        assert isinstance(json.loads(answer.get_data()), dict)


def test_g_02_a_plain_http_server_of_patient_data_cannot_be_configured() -> None:
    with pytest.raises(SettingsError, match="plain http"):
        load_settings(fhir_servers="http://ehr.example.org/fhir")


@pytest.mark.parametrize("facts", ["", FACTS, "LBP, G83.4", f"{FACTS}, Procedure: missing", "Condition: missing"])
def test_g_03_g_04_g_05_nothing_that_goes_out_is_null_or_empty(
    ask: Ask, services: dict[str, Offer], facts: str
) -> None:
    assert list(empty(ask("patient-view", _body(services, facts)).body, "answer")) == []


def test_g_03_g_04_g_05_nothing_in_discovery_is_null_or_empty(client: FlaskClient) -> None:
    assert list(empty(client.get("/cds-services").get_json(), "discovery")) == []


@pytest.mark.parametrize("member", ["prefetch", "fhirServer", "fhirAuthorization", "extension", "hookInstance"])
def test_g_03_an_optional_member_that_is_null_counts_as_absent(
    ask: Ask, services: dict[str, Offer], member: str
) -> None:
    absent = {name: value for name, value in _body(services, "LBP, G83.4").items() if name != member}
    one, other = ask("patient-view", absent), ask("patient-view", absent | {member: None})
    assert one.status == other.status
    assert [card["summary"] for card in one.body.get("cards", [])] == [
        card["summary"] for card in other.body.get("cards", [])
    ]


def test_g_05_an_answer_without_anything_to_say_holds_only_cards(ask: Ask, services: dict[str, Offer]) -> None:
    assert ask("patient-view", _body(services, "")).body == {"cards": []}


def test_g_06_drafts_are_standard_fhir_json(ask: Ask, services: dict[str, Offer]) -> None:
    cards = ask("patient-view", _body(services)).body["cards"]
    offers = [offer for card in cards for offer in card.get("suggestions", [])]
    drafts = [action["resource"] for offer in offers for action in offer["actions"]]
    assert drafts
    for draft in drafts:
        assert ServiceRequest.model_validate(draft).status == "draft"


@pytest.mark.parametrize("data", ['{"hook": "patient-view",}', '{"hook": "patient-view" /* why */}', "// why\n{}"])
def test_g_07_comments_and_trailing_commas_are_refused_with_400(client: FlaskClient, data: str) -> None:
    assert _post(client, data).status_code == 400


def test_g_08_unknown_members_are_ignored(ask: Ask, services: dict[str, Offer]) -> None:
    plain = _body(services)
    odd = plain | {
        "workflow": {"step": 3},
        "conditions": {"resourceType": "Bundle"},
        "context": plain["context"] | {"criteria": [], "draftOrders": 7},
    }
    answer = ask("patient-view", odd)
    assert answer.status == 200
    assert [card["summary"] for card in answer.body["cards"]] == [
        card["summary"] for card in ask("patient-view", plain).body["cards"]
    ]


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
def test_g_09_json_is_read_whatever_its_parameters(
    client: FlaskClient, services: dict[str, Offer], media_type: str
) -> None:
    assert _post(client, json.dumps(_body(services)), Content_Type=media_type).status_code == 200


@pytest.mark.parametrize(
    "media_type",
    [
        "application/fhir+json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/json",
        "application/xml",
        "application/json; charset=iso-8859-1",
        "",
    ],
)
def test_g_09_another_media_type_is_refused_with_415(
    client: FlaskClient, services: dict[str, Offer], media_type: str
) -> None:
    answer = _post(client, json.dumps(_body(services)), Content_Type=media_type)
    assert answer.status_code == 415
    assert answer.headers["Accept"] == "application/json"


def test_g_10_the_fhir_version_is_said_in_discovery(client: FlaskClient) -> None:
    for service in client.get("/cds-services").get_json()["services"]:
        assert service["usageRequirements"].startswith("FHIR R4.")
