"""Draft FHIR R4 ServiceRequests: built and checked once per template, side and priority, filled per call.

Source: knowledge 2.2. A suggestion is never a drug and never more than a draft. The models of
``fhir.resources`` check at start-up what the templates can become; no model runs while a call waits. R4B is
the subpackage nearest to R4: its ServiceRequest has the same elements and types in all that is written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import orjson
from fhir.resources.R4B.servicerequest import ServiceRequest
from pydantic import ValidationError

from cards.models import PRODUCT, CallContext, Resource
from cards.text import listed, plural, within
from rules import knowledge
from rules.chart import Condition
from rules.engine import RuleResult
from rules.engine import Suggestion as Offer
from rules.faults import Fault, KnowledgeFaults
from rules.ruleset import RuleSet
from rules.schema import Rule

INTENTS = ("order", "proposal")
PRIORITIES = ("routine", "urgent", "asap", "stat")
MOST_REASONS = 10
"""So many Conditions are referenced as the reason of an order."""

_BODY_SITES = "body_site"
"""The code list whose rows with a side are the qualifiers left, right, and right and left."""

_SIDES = {
    frozenset[str](): None,
    frozenset({"left"}): "left",
    frozenset({"right"}): "right",
    frozenset({"left", "right"}): "both",
}
_HIP = {None: "", "left": ", left hip", "right": ", right hip", "both": ", both hips"}
"""Every sided template is about the hip (knowledge 2.2); start-up checks that."""

_UNSIGNED = "Nothing is ordered until a clinician signs it."
_REFERENCE = re.compile(r"Condition/[A-Za-z0-9._-]{1,128}")
_SPECIMEN = CallContext("patient-view", "example", datetime(2000, 1, 1, tzinfo=UTC), "example", "Practitioner/example")


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft order: the label of its suggestion, the full sentence of its action, the resource."""

    label: str
    description: str
    resource: Resource


@dataclass(frozen=True, slots=True)
class _Blank:
    """A draft before a call fills it. As JSON: decoding it gives each call a resource of its own, in the least time."""

    label: str
    description: str
    json: bytes


class DraftOrders:
    """All drafts that the templates of a rule set can become.

    Raises :class:`rules.faults.KnowledgeFaults` with every template that gives no valid R4 ServiceRequest,
    and ValueError for an ``intent`` other than ``order`` or ``proposal``.
    """

    def __init__(self, ruleset: RuleSet, intent: str = "order") -> None:
        if intent not in INTENTS:
            raise ValueError(f"intent {intent!r} is not one of {', '.join(INTENTS)}")
        systems = ruleset.lexicon.codelists.systems
        self._urls = {short: system.url for short, system in systems.items()}
        self._qualifiers = dict(self._side_qualifiers(ruleset))
        self._intent = intent
        self._blanks: dict[tuple[str, frozenset[str], str], _Blank] = {}
        faults: list[Fault] = []
        for template in ruleset.templates.values():
            faults.extend(self._add(template))
        if faults:
            raise KnowledgeFaults(faults)

    def draft(self, offer: Offer, rule: Rule, reasons: Sequence[str], call: CallContext) -> Draft:
        """The draft of one suggestion of ``rule``; ``reasons`` are references to the Conditions behind it."""
        blank = self._blanks[offer.template.id, offer.sides, offer.priority]
        notes = [*offer.notes, f"Drafted by {PRODUCT}, rule {rule.id}, version {rule.version}."]
        description = blank.description
        if offer.not_checked:
            kinds = listed([plural(kind) for kind in sorted(offer.not_checked)])
            unchecked = f"Not checked, because not wholly available: {kinds}."
            notes.append(unchecked)
            description = f"{description} {unchecked}"
        return Draft(blank.label, description, _filled(blank.json, rule.title, reasons, notes, call))

    def _side_qualifiers(self, ruleset: RuleSet) -> Iterator[tuple[frozenset[str], dict[str, str]]]:
        for row in ruleset.lexicon.codelists.codes(_BODY_SITES):
            if row.sides:
                yield row.sides, {"system": self._urls[row.system], "code": row.code, "display": row.display}

    def _add(self, template: knowledge.Template) -> Iterator[Fault]:
        """Build the drafts of one template; yields what is wrong with them."""
        place = f"template.{template.id}"
        if template.sided and "hip" not in template.text.lower():
            yield Fault("suggestions.toml", f"{place}.sided", "only a template about the hip can have a side")
        wrong: dict[str, None] = {}
        for sides, priority in product(_SIDES if template.sided else [frozenset[str]()], PRIORITIES):
            blank = self._blank(template, sides, priority)
            specimen = _filled(blank.json, "Example", ["Condition/example"], ["Example"], _SPECIMEN)
            wrong |= dict.fromkeys(faults_of(specimen))
            self._blanks[template.id, sides, priority] = blank
        for message in wrong:
            yield Fault("suggestions.toml", place, f"gives no valid FHIR R4 ServiceRequest: {message}")

    def _blank(self, template: knowledge.Template, sides: frozenset[str], priority: str) -> _Blank:
        side = _SIDES[sides]
        codes = list(template.codes)
        if side is not None and side in template.side_codes:
            codes[0] = template.side_codes[side]
        sites = [self._coding(template.body_site)] if template.body_site is not None else []
        if side is not None:
            sites.append(self._qualifiers[sides])
        label = template.label + _HIP[side]
        resource: Resource = {
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": self._intent,
            "category": [{"text": template.category}],
            "priority": priority,
            "code": {"coding": [self._coding(code) for code in codes], "text": template.text + _HIP[side]},
        }
        if sites:
            resource["bodySite"] = [{"coding": [site]} for site in sites]
        description = f"Draft {self._intent}: {within(label)} ({priority}). {_UNSIGNED}"
        return _Blank(label, description, orjson.dumps(resource))

    def _coding(self, coding: knowledge.Coding) -> dict[str, str]:
        return {"system": self._urls[coding.system], "code": coding.code, "display": coding.display}


def reason_references(result: RuleResult) -> list[str]:
    """References to the Conditions that made the rule fire, at most :data:`MOST_REASONS`, in their own order.

    A Condition that only the hook's context brings is left out, with an id or without: it may not exist on
    the EHR's server yet (H-23), and an order that points to nothing can be refused as a whole.
    """
    found = {
        fact.reference
        for fact in result.because
        if isinstance(fact, Condition) and fact.origin != "context" and _REFERENCE.fullmatch(fact.reference)
    }
    return sorted(found)[:MOST_REASONS]


def faults_of(resource: Resource) -> list[str]:
    """What is wrong with a draft: by R4B's ServiceRequest, and in the closed words that it does not check."""
    wrong = [
        f"{name} {resource.get(name)!r} is not allowed"
        for name, allowed in (
            ("resourceType", ("ServiceRequest",)),
            ("status", ("draft",)),
            ("intent", INTENTS),
            ("priority", PRIORITIES),
        )
        if resource.get(name) not in allowed
    ]
    try:
        ServiceRequest.model_validate(resource)
    except ValidationError as error:
        wrong += [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
    return wrong


def _filled(blank: bytes, reason: str, references: Sequence[str], notes: Sequence[str], call: CallContext) -> Resource:
    """A new resource from ``blank`` with what the call and the rule bring."""
    resource: Resource = orjson.loads(blank)
    resource["subject"] = {"reference": f"Patient/{call.patient_id}"}
    if call.encounter_id is not None:
        resource["encounter"] = {"reference": f"Encounter/{call.encounter_id}"}
    resource["authoredOn"] = call.now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if call.practitioner is not None:
        resource["requester"] = {"reference": call.practitioner}
    resource["reasonCode"] = [{"text": reason}]
    if references:
        resource["reasonReference"] = [{"reference": reference} for reference in references]
    resource["note"] = [{"text": note} for note in notes]
    return resource
