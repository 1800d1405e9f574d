"""A page of another origin calls the service, as an EHR that runs in a browser does (S-31)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from cds_service.samples import load_sample
from tests.browser.chromium import drive
from tests.lib.clock import NOW
from tests.lib.ehr_server import http_server
from tests.lib.running_service import serving

pytestmark = pytest.mark.browser

CALL = "/cds-services/hip-spine-patient-view"
JSON_BODY = {"Content-Type": "application/json", "Authorization": "Bearer of-the-ehr"}


@pytest.fixture
def ehr() -> Iterator[HTTPServer]:
    """An EHR's own page, on a port of its own and so of an origin of its own."""
    with http_server() as server:
        for path in ("/", "/favicon.ico"):
            server.expect_request(path).respond_with_data("<!doctype html><title>EHR</title>", content_type="text/html")
        yield server


def exchange(tmp_path: Path, page: str, allowed: str) -> tuple[str, Any, list[dict[str, Any]]]:
    """Discovery, a call and a call that is refused, from ``page``: base, report, log of the service."""
    log = tmp_path / "log"
    sample = json.dumps(load_sample("hip-oa-with-back-pain", NOW))
    with log.open("w") as lines, serving(tmp_path, log=lines, HIPSPINE_CORS_ORIGINS=allowed) as (_, port):
        base = f"http://127.0.0.1:{port}"
        calls = [
            {"url": f"{base}/cds-services", "method": "GET"},
            {"url": base + CALL, "method": "POST", "headers": JSON_BODY, "body": sample},
            {"url": base + CALL, "method": "POST", "headers": JSON_BODY, "body": "{"},
        ]
        report = drive("cross_origin.mjs", {"page": page, "calls": calls})
    return base, report, [json.loads(line) for line in log.read_text().splitlines()]


def test_an_allowed_origin_discovers_calls_and_reads_errors(tmp_path: Path, ehr: HTTPServer) -> None:
    base, report, _ = exchange(tmp_path, ehr.url_for("/"), ehr.url_for("").rstrip("/"))

    discovery, answer, refusal = report["answers"]
    assert discovery["status"] == 200
    assert "hip-spine-patient-view" in {service["id"] for service in discovery["body"]["services"]}
    assert answer["status"] == 200
    assert [card["indicator"] for card in answer["body"]["cards"]] == ["info"]
    assert (refusal["status"], refusal["body"]["resourceType"]) == (400, "OperationOutcome")
    assert f"OPTIONS {base}{CALL}" in report["sent"]
    assert f"POST {base}{CALL}" in report["sent"]


def test_any_other_origin_gets_nothing(tmp_path: Path, ehr: HTTPServer) -> None:
    base, report, log = exchange(tmp_path, ehr.url_for("/"), "https://ehr.example.org")

    assert report["answers"] == [{"refused": "Failed to fetch"}] * 3
    assert f"OPTIONS {base}{CALL}" in report["sent"]
    assert [line for line in log if line["event"] == "call"] == []
