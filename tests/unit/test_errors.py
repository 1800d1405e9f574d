"""Errors say what, where and what is allowed, and nothing of what was sent."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask import Flask, abort
from flask.testing import FlaskClient
from werkzeug.exceptions import ServiceUnavailable

from cds_service.access import watch_requests
from cds_service.errors import Issue, Refusal, name_like, operation_outcome, register_errors, unknown_name
from cds_service.log import JsonLines


@pytest.fixture
def failing() -> FlaskClient:
    """An app whose routes fail in one way each."""
    app = Flask(__name__)
    watch_requests(app)
    register_errors(app)

    @app.get("/refused")
    def refused() -> str:
        raise Refusal(422, Issue("value", "wrong", "context.x"), Issue("required", "gone"), headers={"X-Why": "test"})

    @app.get("/fault")
    def fault() -> str:
        raise KeyError("Anna Miller")

    @app.get("/busy")
    def busy() -> str:
        raise ServiceUnavailable(retry_after=7)

    @app.get("/teapot")
    def teapot() -> str:
        abort(418)

    @app.get("/folder/")
    def folder() -> str:
        return "here"

    return app.test_client()


def issues(answer: Any) -> list[dict[str, Any]]:
    body = json.loads(answer.get_data())
    OperationOutcome.model_validate(body)
    listed: list[dict[str, Any]] = body["issue"]
    return listed


def test_a_refusal_has_its_status_its_issues_and_its_headers(failing: FlaskClient) -> None:
    answer = failing.get("/refused")
    assert (answer.status_code, answer.headers["X-Why"]) == (422, "test")
    assert issues(answer) == [
        {"severity": "error", "code": "value", "details": {"text": "wrong"}, "expression": ["context.x"]},
        {"severity": "error", "code": "required", "details": {"text": "gone"}},
    ]


def test_a_fault_is_a_500_whose_reference_is_in_the_log(failing: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = failing.get("/fault")
    (issue,) = issues(answer)
    assert (answer.status_code, issue["code"]) == (500, "exception")
    assert issue["diagnostics"] == f"Reference {answer.headers['X-Request-ID']}"
    assert "Anna" not in answer.get_data(as_text=True)
    (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    line = json.loads(JsonLines().format(record))
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert line["exception"][0]["type"] == "KeyError"
    assert re.fullmatch(r"tests/unit/test_errors\.py:\d+", line["exception"][0]["frames"][-1])
    assert "Anna" not in json.dumps(line)


def test_a_busy_service_says_when_to_try_again(failing: FlaskClient) -> None:
    answer = failing.get("/busy")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert issues(answer)[0]["code"] == "transient"


def test_any_other_http_error_is_an_outcome_too(failing: FlaskClient) -> None:
    assert failing.get("/teapot").status_code == 418
    assert issues(failing.get("/teapot"))[0]["code"] == "processing"
    assert issues(failing.get("/nowhere"))[0]["code"] == "not-found"
    not_allowed = failing.post("/refused")
    assert (not_allowed.status_code, issues(not_allowed)[0]["code"]) == (405, "not-supported")
    assert "GET" in not_allowed.headers["Allow"]


def test_a_redirect_is_no_error(failing: FlaskClient) -> None:
    answer = failing.get("/folder")
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith("/folder/")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("application/*", "application/json"),
        ("application/fhir+json, application/json", "application/json"),
        ("application/fhir+json, application/json;q=0.5", "application/fhir+json"),
        ("text/html", "application/json"),
    ],
)
def test_the_media_type_is_plain_json_unless_fhir_is_preferred(
    failing: FlaskClient, accept: str | None, media_type: str
) -> None:
    headers = {"Accept": accept} if accept is not None else {}
    assert failing.get("/refused", headers=headers).mimetype == media_type


@pytest.mark.parametrize("word", ["patient-view", "a", "A.b_c-1", "x" * 64])
def test_a_word_like_a_name_may_be_quoted(word: str) -> None:
    assert name_like(word) == word


@pytest.mark.parametrize("word", ["", "Anna Miller", "x" * 65, "<b>", "a\n", "ä", 7, None, ["a"]])
def test_any_other_word_may_not(word: Any) -> None:
    assert name_like(word) is None


def test_an_unknown_name_is_told_with_the_allowed_and_the_nearest() -> None:
    hooks = ("patient-view", "order-sign")
    assert unknown_name("hook", "patient-veiw", hooks) == (
        "There is no hook 'patient-veiw'; allowed: patient-view, order-sign. Did you mean 'patient-view'?"
    )
    assert unknown_name("hook", "zzz", hooks) == "There is no hook 'zzz'; allowed: patient-view, order-sign."
    assert unknown_name("hook", "Anna M.", hooks) == "There is no such hook; allowed: patient-view, order-sign."


def test_an_outcome_with_every_member_is_valid_fhir() -> None:
    OperationOutcome.model_validate(operation_outcome([Issue("value", "wrong", "context.x")], "0-1"))
