"""What all exported resources share: addresses, versions, names, and the status that their review state gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cards.models import PRODUCT
from cds_service.fhir_export.narrative import Narrative
from rules.ruleset import RuleSet
from rules.schema import Rule

Resource = dict[str, Any]
"""A FHIR R4 resource as JSON."""

BASE_PATH: Final = "/fhir"
LICENCE: Final = (
    f"Copyright 2026 the {PRODUCT} contributors, Apache License 2.0. The licence covers rules and wording, not the "
    "terminologies that are quoted; those belong to their owners."
)
UNSIGNED_WORDS: Final = "No named clinician has signed this."
_WORDS = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a resource may be trusted, in FHIR's words: its status, and whether it is only for trying out."""

    status: str
    experimental: bool


SIGNED: Final = Standing("active", experimental=False)
UNSIGNED: Final = Standing("draft", experimental=True)


@dataclass(frozen=True, slots=True)
class Publication:
    """The knowledge base under one address. ``public_url`` is that of the service; resources stand below ``/fhir``.

    ``intent`` is the intent of its draft orders, ``order`` or ``proposal``.
    """

    ruleset: RuleSet
    public_url: str
    intent: str = "order"

    @property
    def base(self) -> str:
        """The base address of the FHIR resources, without a slash at the end."""
        return self.public_url.rstrip("/") + BASE_PATH

    @property
    def version(self) -> str:
        """The version of the knowledge: that of every resource but the rules, which have their own."""
        return self.ruleset.version

    @property
    def changed_on(self) -> date:
        """The day of the newest change of a rule."""
        return max(change.on for rule in self.ruleset.rules for change in rule.history)

    def url(self, kind: str, fhir_id: str) -> str:
        """The canonical address of a resource, which is also where it is served."""
        return f"{self.base}/{kind}/{fhir_id}"

    def canonical(self, kind: str, fhir_id: str, version: str | None = None) -> str:
        """A reference to one version of a resource; that of the knowledge unless said."""
        return f"{self.url(kind, fhir_id)}|{version or self.version}"

    def rule_page(self, rule: Rule) -> str:
        """The address of the page that explains a rule to a clinician."""
        return f"{self.public_url.rstrip('/')}/rules/{rule.id}"

    def described(
        self,
        kind: str,
        fhir_id: str,
        *,
        name: str,
        title: str,
        standing: Standing,
        narrative: Narrative,
        version: str | None = None,
        url: str | None = None,
    ) -> Resource:
        """The members that every exported resource begins with."""
        return {
            "resourceType": kind,
            "id": fhir_id,
            "text": narrative.text(title),
            "url": url or self.url(kind, fhir_id),
            "version": version or self.version,
            "name": name,
            "title": title,
            "status": standing.status,
            "experimental": standing.experimental,
            "publisher": PRODUCT,
        }


def rule_standing(rule: Rule) -> Standing:
    """The status of a rule: active only when it is served and a named clinician has signed it.

    A draft or shadow rule, and an active one that nobody signed, is a draft; a retired rule is retired.
    """
    signed = rule.review.state == "reviewed"
    if rule.status == "retired":
        return Standing("retired", experimental=not signed)
    return SIGNED if rule.status == "active" and signed else UNSIGNED


def shared_standing(ruleset: RuleSet) -> Standing:
    """The status of what carries no signature of its own: active when every active rule is signed, else draft."""
    return UNSIGNED if ruleset.unreviewed else SIGNED


def review_words(rule: Rule) -> str:
    """Say who signed a rule and when, or that nobody did."""
    review = rule.review
    if review.state == "unreviewed":
        return UNSIGNED_WORDS
    signed = f"Signed by {review.reviewer or 'a reviewer who is not named'}"
    if review.reviewed_on is not None:
        signed += f" on {review.reviewed_on.isoformat()}"
    if review.next_review is not None:
        signed += f"; the next review is due on {review.next_review.isoformat()}"
    return f"{signed}."


def fhir_id(name: str) -> str:
    """The FHIR id of a concept: its name with hyphens, because ids hold no underscore."""
    return name.replace("_", "-")


def computer_name(name: str) -> str:
    """A name as FHIR wants it for programs: ``hip_pain`` becomes ``HipPain``."""
    return "".join(word[:1].upper() + word[1:] for word in _WORDS.findall(name))


def paragraphs(*texts: str | None) -> str:
    """Markdown of the texts that are there, one paragraph each."""
    return "\n\n".join(text for text in texts if text)
