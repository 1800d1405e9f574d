"""From rule results to the answer: :class:`CardWriter`."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final
from uuid import uuid4

from cards.actions import DraftOrders, reason_references
from cards.completeness import completeness, unchecked
from cards.detail import Answer, RuleDetail
from cards.models import (
    COMPLETENESS_EXTENSION,
    OVERRIDE_REASON_SYSTEM,
    PRODUCT,
    RULE_EXTENSION,
    TOPIC_SYSTEM,
    CallContext,
    Card,
    Coding,
    HookResponse,
    Link,
    RuleVersion,
    Source,
    Suggestion,
)
from rules.chart import Chart
from rules.checks import SUMMARY_LIMIT, with_possible
from rules.engine import RuleResult
from rules.ruleset import RuleSet
from rules.schema import OwnPage, Rule
from rules.triage import Triage

__all__ = ["CallContext", "CardWriter", "UnwritableCardError"]


_OWN_PAGES: Final[dict[OwnPage, str]] = {"self-care": "Self-care sheet for the patient, to read or to print"}
"""The label of a link to a page of this service."""


class UnwritableCardError(RuntimeError):
    """A result that cannot become a card. The loader's checks exclude it, so it is an internal fault."""


class CardWriter:
    """Writes the answer of the service. Building one checks every suggestion template (:class:`DraftOrders`).

    ``public_url``: the absolute address that the service is reached at; rule pages stand under it.
    ``intent``: the intent of draft orders, ``order`` or ``proposal``.
    """

    def __init__(self, ruleset: RuleSet, *, public_url: str, intent: str = "order") -> None:
        self._ruleset = ruleset
        self._public_url = public_url.rstrip("/")
        self._orders = DraftOrders(ruleset, intent)
        self._details = {rule.id: RuleDetail(rule, ruleset) for rule in ruleset.rules}

    def write(self, triage: Triage, chart: Chart, call: CallContext, needed: AbstractSet[str]) -> HookResponse:
        """The whole answer to ``call``: a card for each result shown, in that order.

        ``needed``: the kinds of data that the rules of the hook read. Raises :class:`UnwritableCardError` for
        a result without a level or with a summary that is too long; a card is never cut or left out.
        """
        answer = Answer(chart, call, unchecked(chart, needed))
        response: HookResponse = {"cards": [self._card(result, answer) for result in triage.shown]}
        unused = completeness(chart, needed)
        if unused is not None:
            response["extension"] = {COMPLETENESS_EXTENSION: unused}
        return response

    def _card(self, result: RuleResult, answer: Answer) -> Card:
        rule, level = result.rule, result.level
        if level is None:
            raise UnwritableCardError(f"rule {rule.id} is shown without a level")
        summary = with_possible(level.summary, result.possible)
        if len(summary) >= SUMMARY_LIMIT:
            raise UnwritableCardError(f"the summary of rule {rule.id} has {len(summary)} characters")
        card: Card = {
            "uuid": str(uuid4()),
            "summary": summary,
            "indicator": level.indicator,
            "detail": self._details[rule.id].write(result, level, answer),
            "source": self._source(rule),
            "overrideReasons": self._override_reasons(rule),
            "links": self._links(rule),
            "extension": {RULE_EXTENSION: self._version(rule)},
        }
        suggestions = self._suggestions(result, answer.call)
        if suggestions:
            card["suggestions"] = suggestions
            card["selectionBehavior"] = "any"
        return card

    def _version(self, rule: Rule) -> RuleVersion:
        return {"id": rule.id, "version": rule.version, "knowledge": self._ruleset.version}

    def _source(self, rule: Rule) -> Source:
        return {
            "label": f"{PRODUCT} ({self._ruleset.sources[rule.card.source].short})",
            "url": self._page(rule),
            "topic": {"system": TOPIC_SYSTEM, "code": rule.topic, "display": rule.title},
        }

    def _override_reasons(self, rule: Rule) -> list[Coding]:
        return [
            {"system": OVERRIDE_REASON_SYSTEM, "code": reason.code, "display": reason.display}
            for reason in self._ruleset.override_reasons[rule.card.override_reasons]
        ]

    def _links(self, rule: Rule) -> list[Link]:
        links: list[Link] = [
            {"label": "Why this rule: evidence, codes and logic", "url": self._page(rule), "type": "absolute"}
        ]
        for name in rule.card.links:
            source = self._ruleset.sources[name]
            if source.url is not None:
                links.append({"label": source.title, "url": source.url, "type": "absolute"})
        links += [
            {"label": _OWN_PAGES[page], "url": f"{self._public_url}/{page}", "type": "absolute"}
            for page in rule.card.pages
        ]
        return links

    def _page(self, rule: Rule) -> str:
        return f"{self._public_url}/rules/{rule.id}"

    def _suggestions(self, result: RuleResult, call: CallContext) -> list[Suggestion]:
        reasons = reason_references(result) if result.suggestions else []
        suggestions: list[Suggestion] = []
        for offer in result.suggestions:
            draft = self._orders.draft(offer, result.rule, reasons, call)
            suggestion: Suggestion = {
                "label": draft.label,
                "uuid": str(uuid4()),
                "actions": [{"type": "create", "description": draft.description, "resource": draft.resource}],
            }
            if offer.template.recommended:
                suggestion["isRecommended"] = True
            suggestions.append(suggestion)
        return suggestions
