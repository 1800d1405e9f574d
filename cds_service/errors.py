"""Refusals and faults as FHIR OperationOutcomes: what is wrong, where, what is allowed, the nearest right word.

No answer ever repeats a value of a request: a patient's data could stand anywhere in it. Only words that look like
names (:func:`name_like`) are quoted back. Why OperationOutcomes: ``docs/adr/0005-errors-are-operation-outcomes.md``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from cds_service.access import request_id
from rules.faults import nearest

JSON: Final = "application/json"
FHIR_JSON: Final = "application/fhir+json"

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger(__name__)

_BY_STATUS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("invalid", "The request could not be read."),
    401: ("login", "The caller could not be authenticated."),
    404: ("not-found", "There is nothing at this address. CDS Hooks discovery is GET /cds-services."),
    405: ("not-supported", "This method is not available at this address; the Allow header names those that are."),
    408: ("timeout", "The request did not arrive in time."),
    413: ("too-long", "The request is larger than this service reads."),
    415: ("not-supported", "This media type is not read."),
    429: ("throttled", "There are too many requests at the moment; the Retry-After header says when to try again."),
    503: ("transient", "The service is too busy at the moment; the Retry-After header says when to try again."),
}
"""Issue code and text for what the web framework refuses."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong.

    ``code`` is a FHIR issue type (``required``, ``value``), ``text`` a sentence for a developer, ``expression`` the
    place as a FHIRPath-like path (``context.patientId``).
    """

    code: str
    text: str
    expression: str | None = None


class Refusal(Exception):
    """A request that is not served: the HTTP status, all that is wrong, and headers that go with it."""

    def __init__(self, status: int, *issues: Issue, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.issues = issues
        self.headers = dict(headers or {})
        super().__init__(f"{status}: {', '.join(issue.code for issue in issues)}")


def name_like(word: object) -> str | None:
    """``word`` when it is short and made like a name, so that it may be quoted in an error; else None."""
    return word if isinstance(word, str) and _NAME.fullmatch(word) else None


def unknown_name(what: str, word: object, allowed: Iterable[str]) -> str:
    """A sentence about a word outside a closed list: the word when it looks like a name, the list, the nearest."""
    words = tuple(allowed)
    name = name_like(word)
    said = f"There is no {what} {name!r}" if name is not None else f"There is no such {what}"
    close = nearest(name, words) if name is not None else None
    hint = f" Did you mean {close!r}?" if close is not None else ""
    return f"{said}; allowed: {', '.join(words)}.{hint}"


def operation_outcome(issues: Iterable[Issue], reference: str | None = None) -> dict[str, Any]:
    """A FHIR R4 OperationOutcome, every issue of severity error; ``reference`` is where the log tells more (R-23)."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue, reference) for issue in issues]}


def _issue(issue: Issue, reference: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"severity": "error", "code": issue.code, "details": {"text": issue.text}}
    if reference is not None:
        told["diagnostics"] = f"Reference {reference}"
    if issue.expression is not None:
        told["expression"] = [issue.expression]
    return told


def register_errors(app: Flask) -> None:
    """Answer every refusal, every HTTP error of the framework and every fault with an OperationOutcome.

    A fault is a 500 whose reference is the id of the call; the log has its type and places under that id.
    """

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Response:
        return _answer(refusal.status, refusal.issues, refusal.headers)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        status = error.code
        if status is None or status < 400 or error.response is not None:
            return error
        code, text = _BY_STATUS.get(status, ("processing", f"{error.name}."))
        kept = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
        return _answer(status, (Issue(code, text),), kept)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        reference = request_id()
        _log.error("internal-fault", exc_info=error, extra={"request_id": reference})
        text = "The service failed on this request, and nothing was advised. Its log tells more under the reference."
        return _answer(500, (Issue("exception", text),), {}, reference)


def _answer(status: int, issues: Iterable[Issue], headers: Mapping[str, str], reference: str | None = None) -> Response:
    body = orjson.dumps(operation_outcome(issues, reference))
    return Response(body, status, headers, mimetype=_media_type())


def _media_type() -> str:
    """``application/json``, as all answers of CDS Hooks, unless the client would rather have FHIR's own."""
    accepted = request.accept_mimetypes
    return FHIR_JSON if accepted[FHIR_JSON] > accepted[JSON] else JSON
