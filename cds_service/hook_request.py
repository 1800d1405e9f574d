"""The envelope of a CDS Hooks call: strict where a mistake could cost advice, and saying all faults at once.

``hookInstance`` is opaque and not looked at; members that nobody defined are ignored, as are optional ones that are
null (G-03, G-08). What FHIR resources stand in it is read elsewhere, entry by entry. Source: cds-hooks rows R-01 to
R-19; what is decided where the standard is silent: ``docs/adr/0005-errors-are-operation-outcomes.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cds_service.errors import Issue, Refusal, unknown_name
from cds_service.hook_context import CONTEXTS, HookContext, bare_id
from rules.faults import nearest

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
"""What can stand in a header; nothing else is ever sent as a token."""
_ADDRESS = re.compile(r"https?://[^\s/?#@\\]+(/[^\s?#\\]*)?", re.IGNORECASE)
_BEFORE_1_0: Final = ("user", "patient", "encounter", "oauth")


@dataclass(frozen=True, slots=True)
class FhirAccess:
    """What a request grants for its FHIR server. The token lives as long as the call and is in no text of it."""

    token: str = field(repr=False)
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One call: the hook, its context, and what came with it.

    ``prefetch`` is as it came. ``ignored`` names in words what was not used although it was sent, for the log.
    """

    hook: str
    context: HookContext
    prefetch: Mapping[str, object] = field(default_factory=dict)
    fhir_server: str | None = None
    access: FhirAccess | None = None
    ignored: tuple[str, ...] = ()


def read_hook_request(body: object, hook: str, hooks: Iterable[str]) -> HookRequest:
    """Read the decoded ``body`` of a call to the service of ``hook``; ``hooks`` are all that are served.

    Raises :class:`Refusal` with 400 and everything that is wrong with the envelope.
    """
    if isinstance(body, list):
        text = "The body is an array. There is no batching: one POST is one service, one hook, one context."
        raise Refusal(400, Issue("structure", text))
    if not isinstance(body, dict):
        raise Refusal(400, Issue("structure", "The body is not a JSON object; hook and context are needed."))
    issues = _hook_issues(body, hook, tuple(hooks))
    context = _context(body, CONTEXTS[hook], issues)
    prefetch = body.get("prefetch")
    if prefetch is not None and not isinstance(prefetch, dict):
        text = "'prefetch' is not an object; its members are the keys that discovery declares."
        issues.append(Issue("structure", text, "prefetch"))
    grant = _Grant(body, context.patient_id if context is not None else None)
    issues += grant.issues
    if issues or context is None:
        raise Refusal(400, *issues)
    return HookRequest(hook, context, prefetch or {}, grant.server, grant.access, tuple(grant.ignored))


def _hook_issues(body: Mapping[str, Any], hook: str, hooks: tuple[str, ...]) -> list[Issue]:
    given = body.get("hook")
    if given == hook:
        return []
    if given is None:
        return [Issue("required", f"'hook' is missing; this service answers {hook!r}.", "hook")]
    if not isinstance(given, str):
        return [Issue("structure", f"'hook' is not a string; this service answers {hook!r}.", "hook")]
    if given in CONTEXTS:
        other = (
            f"that hook is answered by 'hip-spine-{given}'"
            if given in hooks
            else f"no service answers that hook; served are: {', '.join(hooks)}"
        )
        return [Issue("value", f"This service answers {hook!r}, not {given!r}; {other}.", "hook")]
    return [Issue("code-invalid", f"{unknown_name('hook', given, hooks)} This service answers {hook!r}.", "hook")]


def _context(body: Mapping[str, Any], model: type[HookContext], issues: list[Issue]) -> HookContext | None:
    given = body.get("context")
    if isinstance(given, dict):
        try:
            return model.model_validate(given)
        except ValidationError as error:
            issues += [_issue(details, given, model) for details in error.errors(include_url=False)]
            return None
    what = "missing" if given is None else "not an object"
    text = f"'context' is {what}; it is an object with patientId and what the hook defines beside it."
    if isinstance(given, list) or any(name in body for name in _BEFORE_1_0):
        text += (
            " This envelope looks like CDS Hooks before version 1.0 (context as an array; user, patient or encounter"
            " beside it), which is not read; send the form of 1.0 or 2.0."
        )
    issues.append(Issue("required" if given is None else "structure", text, "context"))
    return None


def _issue(details: ErrorDetails, given: Mapping[str, object], model: type[HookContext]) -> Issue:
    """What pydantic found about one member of the context, without its value."""
    name = str(details["loc"][0])
    described = next(
        field.description
        for field_name, field in model.model_fields.items()
        if name in (field_name, field.alias, *getattr(field.validation_alias, "choices", ()))
    )
    place = f"context.{name}"
    if details["type"] != "missing":
        return Issue(details["type"], f"'{place}' {details['msg']}; it is {described}.", place)
    text = f"'{place}' is missing; it is {described}."
    if nearest(name, given) is not None:
        text += " A member of nearly this name is there; names are case-sensitive."
    return Issue("required", text, place)


class _Grant:
    """``fhirServer`` and ``fhirAuthorization``: the server that may be asked, and with what (R-04 to R-12)."""

    def __init__(self, body: Mapping[str, Any], patient_id: str | None) -> None:
        self.issues: list[Issue] = []
        self.ignored: list[str] = []
        self.server = self._server(body.get("fhirServer"))
        self.access = self._access(body.get("fhirAuthorization"), patient_id)
        if self.access is not None and self.server is None:
            text = (
                "'fhirServer' is missing or no absolute address although 'fhirAuthorization' is there; it is the base"
                " address of the FHIR server that the token is for, such as https://ehr.example.org/fhir."
            )
            self.issues.append(Issue("required", text, "fhirServer"))

    def _server(self, given: object) -> str | None:
        if given is None:
            return None
        if isinstance(given, str) and _ADDRESS.fullmatch(given.strip()):
            return given.strip().rstrip("/")
        self.ignored.append("fhir-server-not-an-address")
        return None

    def _access(self, given: object, patient_id: str | None) -> FhirAccess | None:
        if given is None:
            return None
        if not isinstance(given, dict):
            self.ignored.append("authorization-not-an-object")
            return None
        token = given.get("access_token")
        if not isinstance(token, str) or _TOKEN.fullmatch(token) is None:
            self.ignored.append("authorization-without-token")
            return None
        if str(given.get("token_type", "Bearer")).lower() != "bearer":
            self.ignored.append("token-not-bearer")
            return None
        if not _names(given.get("patient"), patient_id):
            self.ignored.append("token-of-another-patient")
            return None
        scope = given.get("scope")
        return FhirAccess(token, scope if isinstance(scope, str) else None)


def _names(given: object, patient_id: str | None) -> bool:
    """True unless the token is for another patient than the call."""
    if given is None:
        return True
    try:
        return bare_id(given, "Patient") == patient_id
    except ValueError:
        return False
