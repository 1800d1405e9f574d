"""Requests recorded from real clients, sent again as they were, to the service of their hook.

``captures/`` holds method, path, the headers that matter and the body of each; credentials were taken out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.lib.card_checks import card_faults
from tests.lib.signature import completeness

CAPTURES = {path.stem: json.loads(path.read_text("utf-8")) for path in Path(__file__).parent.glob("captures/*.json")}
POSTS = sorted(name for name, capture in CAPTURES.items() if capture["method"] == "POST")


def send(client: FlaskClient, name: str, service: str | None = None) -> Any:
    """Send a capture, to our service of its hook in place of the one that it was recorded with."""
    capture = CAPTURES[name]
    path = capture["path"]
    if capture["body"] is not None:
        path = f"/cds-services/{service or 'hip-spine-' + capture['body']['hook']}?"
    data = json.dumps(capture["body"]) if capture["body"] is not None else None
    return client.open(path, method=capture["method"], headers=capture["headers"], data=data)


def named(part: str) -> list[str]:
    return [name for name in POSTS if part in name]


def test_there_are_captures() -> None:
    assert len(POSTS) == 9


@pytest.mark.parametrize("name", POSTS)
def test_a_recorded_call_gets_cards_or_a_reason(client: FlaskClient, name: str) -> None:
    answer = send(client, name)
    body = answer.get_json()
    assert answer.status_code in (200, 400, 412)
    if answer.status_code == 200:
        assert card_faults(body) == []
    else:
        assert body["resourceType"] == "OperationOutcome"
        assert body["issue"][0]["expression"]


@pytest.mark.parametrize(
    "name", ["healthchain-003-POST-cds-services_toy-pv", "healthchain-004-POST-cds-services_toy-pv"]
)
def test_a_client_with_own_keys_and_another_patients_data_gets_no_card_and_is_told(
    client: FlaskClient, name: str
) -> None:
    answer = send(client, name)
    assert answer.status_code == 200
    assert answer.get_json()["cards"] == []
    told = completeness(answer.get_json())
    assert told["incomplete"] == ["Condition"]
    assert "Patient" in told["missing"]
    assert told["dropped"]["Condition"] == {"foreign": 1}
    assert told["dropped"]["Patient"] == {"foreign": 1}


@pytest.mark.parametrize(
    "name", ["healthchain-005-POST-cds-services_toy-pv", "healthchain-006-POST-cds-services_toy-pv"]
)
def test_a_discharge_without_its_encounter_is_refused_with_the_place(client: FlaskClient, name: str) -> None:
    answer = send(client, name)
    assert answer.status_code == 400
    assert answer.get_json()["issue"][0]["expression"] == ["context.encounterId"]


def test_the_sandbox_sends_what_it_could_resolve(client: FlaskClient) -> None:
    answer = send(client, "sandbox-022-POST-cds-services_toy-pv")
    assert answer.status_code == 200
    told = completeness(answer.get_json())
    assert "Procedure" in told["missing"]
    assert not {"Patient", "Condition"} & {kind for kinds in told.values() for kind in kinds}


@pytest.mark.parametrize("name", named("toy-os") + named("toy-sign"))
def test_an_order_screen_without_conditions_and_token_is_told_what_is_missing(client: FlaskClient, name: str) -> None:
    answer = send(client, name)
    assert answer.status_code == 412
    assert answer.get_json()["issue"][0]["expression"] == ["prefetch.conditions"]


def test_the_screen_of_one_hook_used_with_another_is_told_which_service_to_call(client: FlaskClient) -> None:
    answer = send(client, "sandbox-029-POST-cds-services_toy-sign", service="hip-spine-order-select")
    assert answer.status_code == 400
    assert "'hip-spine-order-sign'" in answer.get_json()["issue"][0]["details"]["text"]


@pytest.mark.parametrize("name", sorted(CAPTURES.keys() - set(POSTS)))
def test_discovery_and_preflights_are_answered_without_redirect(client: FlaskClient, name: str) -> None:
    assert send(client, name).status_code in (200, 204)
