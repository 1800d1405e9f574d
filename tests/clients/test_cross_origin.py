"""What a browser client needs of the service, as the CDS Hooks sandbox asks for it (S-31)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cds_service.app import create_app
from cds_service.settings import load_settings

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

ORIGIN = "https://ehr.example.org"
ROUTES = (
    ("GET", "/cds-services"),
    ("POST", "/cds-services/hip-spine-patient-view"),
    ("POST", "/cds-services/hip-spine-patient-view/feedback"),
)


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(load_settings(state_dir=tmp_path, cors_origins=(ORIGIN,))).test_client()


def preflight(client: FlaskClient, path: str, method: str, origin: str = ORIGIN) -> TestResponse:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return client.open(path, method="OPTIONS", headers=headers)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_preflight_is_answered_on_all_three_routes(client: FlaskClient, method: str, path: str) -> None:
    answer = preflight(client, path, method)

    assert answer.status_code == 204
    assert answer.data == b""
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert answer.headers["Access-Control-Allow-Headers"].lower().split(", ") == ["authorization", "content-type"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_another_origin_gets_no_permission(client: FlaskClient, method: str, path: str) -> None:
    for origin in ("https://elsewhere.example.org", "https://ehr.example.org.evil.example", "null"):
        answer = preflight(client, path, method, origin)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Access-Control-Allow-Methods" not in answer.headers


def test_the_answer_itself_may_be_read_by_the_allowed_origin_only(client: FlaskClient) -> None:
    allowed = client.get("/cds-services", headers={"Origin": ORIGIN})
    other = client.get("/cds-services", headers={"Origin": "https://elsewhere.example.org"})

    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Origin" not in other.headers
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/cds-services/hip-spine-patient-view", b"{", 400),
        ("/cds-services/no-such-service", b"{}", 404),
    ],
)
def test_an_error_may_be_read_too(client: FlaskClient, path: str, body: bytes, status: int) -> None:
    answer = client.post(path, data=body, headers={"Origin": ORIGIN, "Content-Type": "application/json"})

    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Expose-Headers"] == "X-Request-ID"


def test_caches_are_told_that_the_origin_matters(client: FlaskClient) -> None:
    for headers in ({}, {"Origin": ORIGIN}):
        assert "Origin" in client.get("/cds-services", headers=headers).headers["Vary"]


def test_credentials_are_never_allowed(tmp_path: Path) -> None:
    for origins in ((ORIGIN,), ("*",)):
        client = create_app(load_settings(state_dir=tmp_path, cors_origins=origins)).test_client()
        for answer in (
            preflight(client, "/cds-services", "GET"),
            client.get("/cds-services", headers={"Origin": ORIGIN}),
        ):
            assert "Access-Control-Allow-Credentials" not in answer.headers


def test_every_origin_is_allowed_when_the_settings_say_so(tmp_path: Path) -> None:
    client = create_app(load_settings(state_dir=tmp_path, cors_origins=("*",))).test_client()

    assert preflight(client, "/cds-services", "GET").headers["Access-Control-Allow-Origin"] == "*"


def test_without_origins_browsers_from_elsewhere_are_locked_out(tmp_path: Path) -> None:
    client = create_app(load_settings(state_dir=tmp_path)).test_client()

    answer = preflight(client, "/cds-services", "GET")

    assert answer.status_code == 204
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/rules", "/healthz", "/try", "/cds-servicesx"])
def test_other_routes_are_for_no_foreign_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": ORIGIN})

    assert "Access-Control-Allow-Origin" not in answer.headers
