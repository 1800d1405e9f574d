"""Joining the parts: what keeps the service from starting, and what every call gets."""

from __future__ import annotations

import json
import logging
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cards
from cds_service.app import StartRefusedError, create_app
from cds_service.log import JsonLines
from cds_service.settings import load_settings
from rules.loader import load_rules

if TYPE_CHECKING:
    from flask.testing import FlaskClient

BEYOND = {"host": "192.0.2.1", "public_url": "https://cds.example.org", "accept_unknown_callers": True}


def test_unreviewed_rules_stay_on_this_machine() -> None:
    unreviewed = load_rules().unreviewed
    assert unreviewed

    with pytest.raises(StartRefusedError) as refused:
        create_app(load_settings(**BEYOND))

    assert f"{len(unreviewed)} of {len(load_rules().active)} active rules" in str(refused.value)
    assert "HIPSPINE_ACCEPT_UNREVIEWED_RULES=yes" in str(refused.value)
    assert unreviewed[0].id in str(refused.value)


def test_unreviewed_rules_are_served_to_whoever_accepts_them(tmp_path: Path) -> None:
    app = create_app(load_settings(**BEYOND, accept_unreviewed_rules=True, state_dir=tmp_path))

    [service, *_] = app.test_client().get("/cds-services").get_json()["services"]
    assert service["id"] == "hip-spine-patient-view"


def test_packages_from_two_places_are_not_mixed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cards, "__file__", str(tmp_path / "cards" / "__init__.py"))

    with pytest.raises(StartRefusedError, match=r"come from different places: .*Remove the packages"):
        create_app(load_settings())


def test_the_request_id_of_a_client_is_kept_when_it_is_a_uuid(client: FlaskClient) -> None:
    own = str(uuid.uuid4())

    assert client.get("/healthz", headers={"X-Request-ID": own.upper()}).headers["X-Request-ID"] == own


@pytest.mark.parametrize("given", [None, "", "anna-miller-1961", "a" * 200, "12345678"])
def test_any_other_request_id_is_replaced(client: FlaskClient, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-ID": given}

    answered = client.get("/healthz", headers=headers).headers["X-Request-ID"]

    assert answered != given
    assert str(uuid.UUID(answered)) == answered


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/rules/hip-oa-with-lbp", "/rules/<rule_id>", 200),
        ("POST", "/cds-services/anna-miller", "/cds-services/<service_id>", 404),
        ("GET", "/anna-miller/1961-05-05?name=anna", "(none)", 404),
        ("BREW", "/anna-miller", "(none)", 404),
    ],
)
def test_a_call_leaves_one_line_that_holds_the_route_and_never_the_path(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, method: str, path: str, route: str, status: int
) -> None:
    with caplog.at_level(logging.INFO, "cds_service"):
        answer = client.open(path, method=method)

    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "cds_service.access"]
    assert len(lines) == 1
    assert (lines[0]["route"], lines[0]["status"]) == (route, status)
    assert lines[0]["method"] == (method if method != "BREW" else "OTHER")
    assert lines[0]["request_id"] == answer.headers["X-Request-ID"]
    assert lines[0]["ms"] >= 0
    assert "anna" not in json.dumps(lines)
