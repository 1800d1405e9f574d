"""Who may call: the whole service behind a file of trusted issuers, with keys on a real socket."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cds_service.app import StartRefusedError, create_app
from cds_service.samples import load_sample
from cds_service.settings import load_settings
from cds_service.trust.fetch import MOST_BYTES
from cds_service.trust.issuers import Issuer, key_reach
from tests.lib.clock import now
from tests.lib.tokens import GONE, Ehr

PUBLIC = "https://cds.example.org/base"
DISCOVERY = f"{PUBLIC}/cds-services"
CALL = f"{DISCOVERY}/hip-spine-patient-view"
SAMPLE = "hip-oa-with-back-pain"

Opened = Callable[..., Flask]


@pytest.fixture
def ehr() -> Ehr:
    return Ehr("https://ehr.example.org/fhir")


@pytest.fixture
def key_server(httpserver: HTTPServer, ehr: Ehr) -> HTTPServer:
    httpserver.expect_request("/keys").respond_with_handler(lambda _: Response(ehr.key_set()))
    return httpserver


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """The service behind the trusted issuers of a text."""

    def with_issuers(text: str, folder: Path = tmp_path) -> Flask:
        (folder / "trust.toml").write_text(text, encoding="utf-8")
        settings = load_settings(public_url=PUBLIC, trust_file=folder / "trust.toml", state_dir=folder / "state")
        return create_app(settings, now=now)

    return with_issuers


def issuer(ehr: Ehr, keys: str, **more: Any) -> str:
    return "\n".join(["[[issuer]]", f'iss = "{ehr.iss}"', keys, *(f"{k} = {json.dumps(v)}" for k, v in more.items())])


@pytest.fixture
def guarded(opened: Opened, key_server: HTTPServer, ehr: Ehr) -> FlaskClient:
    return opened(issuer(ehr, f'keys = "{key_server.url_for("/keys")}"')).test_client()


def post(client: FlaskClient, headers: dict[str, str] | None = None, path: str = "") -> Any:
    return client.post(f"/cds-services/hip-spine-patient-view{path}", json=load_sample(SAMPLE, now()), headers=headers)


def test_a_caller_with_a_token_gets_discovery_and_cards(guarded: FlaskClient, ehr: Ehr) -> None:
    assert guarded.get("/cds-services", headers=ehr.signs(DISCOVERY, now())).status_code == 200
    answer = post(guarded, ehr.signs(CALL, now()))
    assert answer.status_code == 200
    assert answer.get_json()["cards"]


def test_without_a_token_there_is_no_discovery_no_card_and_no_word_about_what_exists(guarded: FlaskClient) -> None:
    for answer in (
        guarded.get("/cds-services"),
        guarded.get("/cds-services/"),
        post(guarded),
        post(guarded, path="/"),
        post(guarded, path="/feedback"),
        guarded.post("/cds-services/no-such-service", json={}),
        guarded.get("/cds-services/hip-spine-patient-view"),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_public_pages_and_the_health_routes_need_no_token(guarded: FlaskClient) -> None:
    for path in ("/", "/rules", "/rules/hip-oa-with-lbp", "/healthz", "/readyz"):
        assert guarded.get(path).status_code == 200


def test_every_refusal_looks_the_same_and_its_reason_is_in_the_log(
    guarded: FlaskClient, ehr: Ehr, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = Ehr(ehr.iss, ehr.kid)
    used = ehr.signs(CALL, now())
    assert post(guarded, used).status_code == 200
    refused = {
        "no-token": {},
        "unknown-issuer": Ehr("https://other.example.org").signs(CALL, now()),
        "other-audience": ehr.signs(DISCOVERY, now()),
        "no-token-id": ehr.signs(CALL, now(), jti=GONE),
        "bad-signature": stranger.signs(CALL, now()),
        "unknown-key": Ehr(ehr.iss, "other", ehr.key).signs(CALL, now()),
        "seen-before": used,
    }
    bodies = set()
    for reason, headers in refused.items():
        caplog.clear()
        with caplog.at_level(logging.WARNING, logger="cds_service"):
            answer = post(guarded, headers)
        assert answer.status_code == 401
        bodies.add(answer.data)
        assert [record.reason for record in caplog.records if record.message == "untrusted"] == [reason]
        assert "eyJ" not in caplog.text
    assert len(bodies) == 1


def test_a_token_is_used_up_across_endpoints_workers_and_restarts(
    opened: Opened, key_server: HTTPServer, ehr: Ehr
) -> None:
    text = issuer(ehr, f'keys = "{key_server.url_for("/keys")}"')
    headers = ehr.signs(CALL, now())
    assert post(opened(text).test_client(), headers).status_code == 200
    assert post(opened(text).test_client(), headers).status_code == 401


def test_a_rotated_key_is_found(opened: Opened, httpserver: HTTPServer, ehr: Ehr) -> None:
    sets = [ehr.key_set()]
    httpserver.expect_request("/keys").respond_with_handler(lambda _: Response(sets[-1]))
    client = opened(issuer(ehr, f'keys = "{httpserver.url_for("/keys")}"')).test_client()
    renewed = Ehr(ehr.iss, "next")
    sets.append(renewed.key_set())
    assert post(client, renewed.signs(CALL, now())).status_code == 200
    assert post(client, ehr.signs(CALL, now())).status_code == 401


def test_a_key_file_and_permitted_key_addresses(
    opened: Opened, key_server: HTTPServer, ehr: Ehr, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").write_text(ehr.key_set(), encoding="utf-8")
    client = opened(issuer(ehr, 'keys_file = "keys.json"')).test_client()
    assert post(client, ehr.signs(CALL, now())).status_code == 200
    assert key_server.log == []

    address, evil = key_server.url_for("/keys"), key_server.url_for("/evil")
    client = opened(issuer(ehr, f'jku = ["{address}"]')).test_client()
    assert post(client, ehr.signs(CALL, now(), headers={"jku": address})).status_code == 200
    assert post(client, ehr.signs(CALL, now(), headers={"jku": evil})).status_code == 401
    assert post(client, ehr.signs(CALL, now())).status_code == 401
    assert [request.path for request, _ in key_server.log] == ["/keys"]


def _hang_up(_: Request) -> Response:
    return Response(b"{", headers={"Content-Length": "100"})


def test_a_key_set_beyond_the_limit_is_not_read_although_the_key_is_in_it(
    opened: Opened, httpserver: HTTPServer, ehr: Ehr
) -> None:
    sizes = [MOST_BYTES + 1, MOST_BYTES]
    httpserver.expect_request("/keys").respond_with_handler(lambda _: Response(ehr.key_set().ljust(sizes[0])))
    text = issuer(ehr, f'keys = "{httpserver.url_for("/keys")}"')
    assert post(opened(text).test_client(), ehr.signs(CALL, now())).status_code == 401
    sizes.pop(0)
    assert post(opened(text).test_client(), ehr.signs(CALL, now())).status_code == 200


def test_key_sets_inside_the_hospital_are_reached_where_it_is_said_and_nowhere_else() -> None:
    inside = Issuer(iss="a", jku=("https://keys.intern/a", "https://keys.intern/b"), networks=("10.20.0.0/16",))
    outside = Issuer(iss="b", keys="https://keys.example.org/keys")
    reach = key_reach([inside, outside])
    assert reach.permits("keys.intern", "10.20.3.4")
    assert not reach.permits("keys.intern", "10.21.3.4")
    assert not reach.permits("keys.example.org", "10.20.3.4")
    assert reach.permits("keys.example.org", "93.184.216.34")


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: Response("down", 503),
        lambda _: Response("", 302, {"Location": "/other"}),
        lambda _: Response("<html>login</html>"),
        _hang_up,
    ],
)
def test_a_key_server_that_fails_keeps_callers_out(
    opened: Opened, httpserver: HTTPServer, ehr: Ehr, answer: Callable[[Request], Response]
) -> None:
    httpserver.expect_request("/keys").respond_with_handler(answer)
    httpserver.expect_request("/other").respond_with_data(ehr.key_set())
    client = opened(issuer(ehr, f'keys = "{httpserver.url_for("/keys")}"')).test_client()
    assert post(client, ehr.signs(CALL, now())).status_code == 401
    assert [request.path for request, _ in httpserver.log] == ["/keys"]


def test_a_preflight_needs_no_token(tmp_path: Path, ehr: Ehr) -> None:
    (tmp_path / "keys.json").write_text(ehr.key_set(), encoding="utf-8")
    (tmp_path / "trust.toml").write_text(issuer(ehr, 'keys_file = "keys.json"'), encoding="utf-8")
    settings = load_settings(
        public_url=PUBLIC,
        trust_file=tmp_path / "trust.toml",
        state_dir=tmp_path,
        cors_origins="https://ehr.example.org",
    )
    client = create_app(settings, now=now).test_client()
    asked = {"Origin": "https://ehr.example.org", "Access-Control-Request-Method": "POST"}
    answer = client.options("/cds-services/hip-spine-patient-view", headers=asked)
    assert answer.status_code in (200, 204)
    refused = post(client, {"Origin": "https://ehr.example.org"})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "https://ehr.example.org"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[issuer]]\niss = "x"\nkey = "https://a.org"', "did you mean"),
        ('[[issuer]]\niss = "x"\nkeys_file = "not-there.json"', "callers cannot be checked"),
        ('[[issuer]]\niss = "x"\nkeys_file = "trust.toml"', "callers cannot be checked: not-json"),
    ],
)
def test_a_service_that_cannot_check_its_callers_does_not_start(opened: Opened, text: str, expected: str) -> None:
    with pytest.raises(StartRefusedError, match=expected):
        opened(text)


def test_beyond_loopback_somebody_has_to_be_trusted_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    beyond = {
        "host": "192.0.2.1",
        "public_url": "https://cds.example.org",
        "accept_unreviewed_rules": True,
        "state_dir": tmp_path,
    }
    with pytest.raises(StartRefusedError, match="HIPSPINE_ACCEPT_UNKNOWN_CALLERS=yes"):
        create_app(load_settings(**beyond))
    open_app = create_app(load_settings(**beyond, accept_unknown_callers=True))
    assert open_app.test_client().get("/cds-services").status_code == 200
