"""The index of the rules and the page of each: all that a clinician needs to judge it. Open to everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from cds_service.pages.absent import known
from cds_service.pages.example_cards import ExampleCards, LevelCards
from cds_service.pages.missing_data import when_missing
from cds_service.pages.rule_index import RuleIndex
from cds_service.pages.spoken import example_lines, spoken, suggestion_words
from cds_service.pages.usage import items
from rules.ruleset import RuleSet
from rules.schema import Example, Review, Rule

GROUPS: Final = (
    ("red-flag", "Red flags", "Asked on every hook and shown first. Nothing withholds them."),
    (
        "routine",
        "Recognition, orders, follow-up",
        "For adults. At most five in one answer; while a critical card is shown, only those that bear on it.",
    ),
)


def rule_routes(ruleset: RuleSet, cards: ExampleCards, now: Callable[[], datetime] | None) -> Blueprint:
    """Return ``/rules`` and ``/rules/<id>``.

    ``now`` tells the day on which a review is overdue; None for printed pages, which are read on any day.
    """
    routes = Blueprint("rules", __name__)
    index = RuleIndex(ruleset)
    by_id = {rule.id: rule for rule in ruleset.rules}
    written: dict[str, tuple[LevelCards, ...]] = {}

    @routes.get("/rules")
    def rules() -> BaseResponse | str:
        asked: MultiDict[str, str] = request.args
        if any(not value for value in asked.values()):
            # A form sends every field; the address that stays has only those that were filled in.
            kept = MultiDict((name, value) for name, value in asked.items(multi=True) if value)
            return _relative_redirect("rules", kept)
        found = index.find(asked.to_dict(flat=False))
        page = render_template("pages/rules.html", groups=GROUPS, index=index, found=found)
        return Response(page, status=400 if found.wrong else 200)

    @routes.get("/rules/<rule_id>")
    def rule(rule_id: str) -> str:
        one = known(rule_id, by_id, "rule", "rules")
        if rule_id not in written:
            # The cards of the examples are the same for as long as the knowledge is.
            written[rule_id] = cards.levels(one)
        today = now().date() if now is not None else None
        return render_template("pages/rule.html", **_rule_page(one, ruleset, written[rule_id], today))

    return routes


def overdue(review: Review, today: date | None) -> bool:
    """True when a signed review has passed the day on which the next one was due."""
    return today is not None and review.next_review is not None and review.next_review < today


def _relative_redirect(page: str, arguments: MultiDict[str, str]) -> BaseResponse:
    """Redirect beside this page, whatever path a proxy serves it under."""
    query = urlencode(list(arguments.items(multi=True)))
    return redirect(f"{page}?{query}" if query else page, 303)


def _rule_page(rule: Rule, ruleset: RuleSet, levels: tuple[LevelCards, ...], today: date | None) -> dict[str, object]:
    words = ruleset.lexicon
    concepts = words.codelists.concepts
    return {
        "rule": rule,
        "overdue": overdue(rule.review, today),
        "when": spoken(rule.when, words),
        "unless": [spoken(criterion, words) for criterion in rule.unless],
        "gates": [(hook, spoken(criterion, words)) for hook, criterion in rule.gates.items()],
        "levels": [
            {
                "cards": cards,
                "when": spoken(cards.level.when, words) if cards.level.when is not None else None,
                "suggestions": [suggestion_words(use, ruleset) for use in cards.level.suggestions],
            }
            for cards in levels
        ],
        "sayings": [(spoken(saying.when, words), saying.text) for saying in rule.card.say],
        "look_for": [(asked.title, spoken(asked.when, words)) for asked in rule.card.look_for],
        "reasons": ruleset.override_reasons[rule.card.override_reasons],
        "evidence": [(evidence, ruleset.sources[evidence.source]) for evidence in rule.evidence],
        "missing": when_missing(rule, ruleset),
        "needs": [
            (
                need.kind,
                [concepts[name] for name in sorted(need.concepts) if name in concepts],
                items(rule, ruleset) if need.kind == "QuestionnaireResponse" else (),
            )
            for need in ruleset.needs([rule])
        ],
        "examples": [_example(example, ruleset) for example in rule.examples],
    }


def _example(example: Example, ruleset: RuleSet) -> dict[str, object]:
    expected = example.expect.replace("_", " ")
    if example.suggestions is not None:
        expected += "; suggests " + (", ".join(example.suggestions) or "nothing")
    return {
        "name": example.name,
        "lines": tuple(example_lines(example, ruleset.lexicon.codelists)),
        "expected": expected,
    }
