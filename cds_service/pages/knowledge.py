"""The pages of the knowledge: each rule and each code list as a clinician can check it. Open to everybody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flask import Blueprint, render_template

from cds_service.pages.spoken import (
    example_lines,
    level_condition,
    spoken,
    suggestion_words,
    unmarked,
)
from rules.faults import nearest
from rules.ruleset import RuleSet
from rules.schema import Example, Rule

GROUPS: Final = (
    ("red-flag", "Red flags", "Asked on every hook and shown first. Nothing withholds them."),
    (
        "routine",
        "Recognition, orders, follow-up",
        "For adults. At most five in one answer; while a critical card is shown, only those that bear on it.",
    ),
)
USES: Final = {
    "rule": "rules",
    "template": "suggestions",
    "unused": "reference only",
    "negative-control": "must fire nothing",
}


def knowledge_routes(ruleset: RuleSet) -> Blueprint:
    """Return ``/rules``, ``/rules/<id>``, ``/codelists`` and ``/codelists/<concept>``."""
    routes = Blueprint("knowledge", __name__)
    codelists = ruleset.lexicon.codelists
    by_id = {rule.id: rule for rule in ruleset.rules}
    readers = _readers(ruleset)

    @routes.get("/rules")
    def rules() -> str:
        return render_template("pages/rules.html", groups=GROUPS)

    @routes.get("/rules/<rule_id>")
    def rule(rule_id: str) -> str | tuple[str, int]:
        if rule_id not in by_id:
            return _not_found("rule", "rules", rule_id, by_id)
        return render_template("pages/rule.html", **_rule_page(by_id[rule_id], ruleset))

    @routes.get("/codelists")
    def lists() -> str:
        return render_template(
            "pages/codelists.html", concepts=codelists.concepts, systems=codelists.systems, uses=USES
        )

    @routes.get("/codelists/<name>")
    def codelist(name: str) -> str | tuple[str, int]:
        if name not in codelists.concepts:
            return _not_found("code list", "codelists", name, codelists.concepts)
        return render_template(
            "pages/codelist.html",
            concept=codelists.concepts[name],
            systems=codelists.systems,
            rules=readers.get(name, ()),
        )

    return routes


def _not_found(what: str, folder: str, name: str, known: Iterable[str]) -> tuple[str, int]:
    page = render_template("pages/not_found.html", what=what, folder=folder, nearest=nearest(name.casefold(), known))
    return page, 404


def _readers(ruleset: RuleSet) -> dict[str, tuple[Rule, ...]]:
    """Find for each concept the rules that read it, in the order of their numbers."""
    found: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        for concept in sorted({concept for need in ruleset.needs([rule]) for concept in need.concepts}):
            found.setdefault(concept, []).append(rule)
    return {concept: tuple(rules) for concept, rules in found.items()}


def _rule_page(rule: Rule, ruleset: RuleSet) -> dict[str, object]:
    words = ruleset.lexicon
    return {
        "rule": rule,
        "when": spoken(rule.when, words),
        "unless": [spoken(criterion, words) for criterion in rule.unless],
        "gates": [(hook, spoken(criterion, words)) for hook, criterion in rule.gates.items()],
        "levels": [
            {
                "level": level,
                "summary": unmarked(level.summary),
                "said": level_condition(level, rule, words),
                "suggestions": [suggestion_words(use, ruleset) for use in level.suggestions],
            }
            for level in rule.levels
        ],
        "sayings": [(saying.when.say(words), saying.text) for saying in rule.card.say],
        "reasons": ruleset.override_reasons[rule.card.override_reasons],
        "evidence": [(evidence, ruleset.sources[evidence.source]) for evidence in rule.evidence],
        "needs": ruleset.needs([rule]),
        "concepts": words.codelists.concepts,
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
