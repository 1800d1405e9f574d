"""What the log says of a call: how it ended and what to look into, and nothing of what was sent."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.log import WITHHELD, JsonLines
from tests.lib.vignette import Offer, request_for

SERVICE = "hip-spine-patient-view"


def lines(client: FlaskClient, caplog: pytest.LogCaptureFixture, body: Any) -> list[dict[str, Any]]:
    """What the log says about one call, as it is written."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "cds_service"):
        client.post(f"/cds-services/{SERVICE}", json=body)
    return [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "cds_service.call"]


def test_an_answered_call_is_one_line_of_counts(
    client: FlaskClient, services: dict[str, Offer], caplog: pytest.LogCaptureFixture
) -> None:
    facts = "M16.11, LBP, M54.9 subject=Patient/p2, Procedure: missing, ServiceRequest: outcome, DiagnosticReport: next"
    (line,) = lines(client, caplog, request_for(facts, services["patient-view"]))
    assert (line["event"], line["status"], line["service"], line["hook"]) == ("call", 200, SERVICE, "patient-view")
    shown = line["shown"].split(",")
    assert "hip-oa-with-lbp" in shown
    assert (line["cards"], line["withheld"]) == (len(shown), 0)
    assert (line["missing"], line["failed"], line["incomplete"], line["fetched"]) == (1, 1, 1, 0)
    assert (line["unreadable"], line["foreign"], line["uncoded"]) == (0, 1, 0)
    assert line["rules"] > 1
    assert line["ms"] >= 0
    assert WITHHELD not in line.values()


def test_a_silent_call_names_no_rule(
    client: FlaskClient, services: dict[str, Offer], caplog: pytest.LogCaptureFixture
) -> None:
    (line,) = lines(client, caplog, request_for("", services["patient-view"]))
    assert (line["event"], line["cards"]) == ("call", 0)
    assert "shown" not in line


def test_a_refused_call_is_one_line_with_its_status_and_reason(
    client: FlaskClient, services: dict[str, Offer], caplog: pytest.LogCaptureFixture
) -> None:
    (bad,) = lines(client, caplog, {"hook": "patient-view"})
    assert (bad["event"], bad["status"], bad["reason"]) == ("refused", 400, "required")
    (missing,) = lines(client, caplog, request_for("Condition: missing", services["patient-view"]))
    assert (missing["event"], missing["status"], missing["reason"]) == ("refused", 412, "required")


def test_what_was_not_used_has_a_line_of_its_own(
    client: FlaskClient, services: dict[str, Offer], caplog: pytest.LogCaptureFixture
) -> None:
    body = request_for("M16.11, LBP", services["patient-view"]) | {"fhirServer": "Anna Miller"}
    body["prefetch"]["procedures"] = "Anna Miller"
    told = lines(client, caplog, body)
    assert [line["event"] for line in told] == ["member-ignored", "prefetch-unusable", "call"]
    assert told[0]["reason"] == "fhir-server-not-an-address"
    assert told[1]["kind"] == "Procedure"


def test_nothing_of_a_request_is_in_any_line(
    client: FlaskClient, services: dict[str, Offer], caplog: pytest.LogCaptureFixture
) -> None:
    secret = "anna-miller-1961"
    body = request_for("M16.11, LBP", services["patient-view"])
    sent = json.loads(json.dumps(body).replace("p1", secret).replace("dr1", secret)) | {"hookInstance": secret}
    refused = sent | {"hook": secret, "prefetch": secret, "fhirServer": secret}
    for request in (sent, refused, sent | {"context": {"patientId": f"{secret}/{secret}"}}):
        caplog.clear()
        with caplog.at_level(logging.DEBUG):
            client.post(f"/cds-services/{SERVICE}?patient={secret}", json=request)
        own = [record for record in caplog.records if record.name.startswith("cds_service")]
        assert own
        assert not [record for record in own if secret in JsonLines().format(record) or secret in repr(vars(record))]
