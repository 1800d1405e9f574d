"""The shapes that go out: the CDS Hooks answer as it stands on the wire, and the call that it answers.

The shapes are typed dictionaries, so what a type checker sees is what is sent. A member that may be left out
is ``NotRequired``: an optional member without a value is never null or empty (G-03, G-04, G-05).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NotRequired, TypedDict

RULE_EXTENSION: Final = "org.hip-spine-cds.rule"
COMPLETENESS_EXTENSION: Final = "org.hip-spine-cds.completeness"
TOPIC_SYSTEM = "urn:hip-spine-cds:topic"
OVERRIDE_REASON_SYSTEM = "urn:hip-spine-cds:override-reason"
PRODUCT = "Hip-Spine CDS"

Resource = dict[str, Any]
"""A FHIR R4 resource as JSON."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """The call that an answer is written for.

    ``patient_id`` and ``encounter_id`` are bare FHIR ids, ``practitioner`` is a reference (``Practitioner/x``
    or ``PractitionerRole/x``), ``now`` is the aware moment of the call.
    """

    hook: str
    patient_id: str
    now: datetime
    encounter_id: str | None = None
    practitioner: str | None = None


class Coding(TypedDict):
    """A coding of CDS Hooks (C-60, C-61, C-62)."""

    system: str
    code: str
    display: str


class Source(TypedDict):
    """Where the advice comes from (C-20, C-21, C-23)."""

    label: str
    url: str
    topic: Coding


class Link(TypedDict):
    """A page to open as it is (C-50, C-51, C-52)."""

    label: str
    url: str
    type: Literal["absolute"]


class Action(TypedDict):
    """The one action of a suggestion: create a draft (C-40, C-41, C-42)."""

    type: Literal["create"]
    description: str
    resource: Resource


class Suggestion(TypedDict):
    """Something a clinician may take up with one click (C-30 to C-33)."""

    label: str
    uuid: str
    isRecommended: NotRequired[Literal[True]]
    actions: list[Action]


class RuleVersion(TypedDict):
    """Which rule, in which version, wrote the card, and the version of the knowledge base that it belongs to."""

    id: str
    version: str
    knowledge: str


CardExtension = TypedDict("CardExtension", {"org.hip-spine-cds.rule": RuleVersion})


class Card(TypedDict):
    """One card (C-10 to C-18)."""

    uuid: str
    summary: str
    indicator: Literal["critical", "warning", "info"]
    detail: str
    source: Source
    suggestions: NotRequired[list[Suggestion]]
    selectionBehavior: NotRequired[Literal["any"]]
    overrideReasons: list[Coding]
    links: list[Link]
    extension: CardExtension


class Completeness(TypedDict):
    """What of the record could not be used: kinds and counts, no content (knowledge 2.10)."""

    missing: NotRequired[list[str]]
    failed: NotRequired[list[str]]
    incomplete: NotRequired[list[str]]
    dropped: NotRequired[dict[str, dict[str, int]]]


AnswerExtension = TypedDict("AnswerExtension", {"org.hip-spine-cds.completeness": Completeness})


class HookResponse(TypedDict):
    """The whole answer (C-01, C-04)."""

    cards: list[Card]
    extension: NotRequired[AnswerExtension]
