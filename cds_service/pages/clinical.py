"""The knowledge as a clinician asks for it: by hook, concept, red flag, statement, and the sheet for patients.

All of it is printed from what the service runs on. Open to everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template

from cds_service.offers import Offer, offers
from cds_service.pages.absent import known
from cds_service.pages.follow import followed, statements_of, views
from cds_service.pages.score_examples import readers, worked
from cds_service.pages.spoken import Spoken, spoken, suggestion_words
from rules import differential
from rules.criteria import Criterion
from rules.ruleset import RuleSet
from rules.schema import Level, Rule

PAGES: Final = {
    "red-flags": "Red flags in one table",
    "hooks": "Rules and data by hook",
    "concepts": "Rules by clinical concept",
    "hip-or-spine": "The hip or spine score",
    "traceability": "Statements, followed to their cards",
    "not-used": "What is not used, and why",
    "self-care": "The self-care sheet for patients",
}
"""The pages of this module by path, with what each is."""

LISTED_HOOKS: Final = ("hook", "hooks")
LISTED_VIEWS: Final = ("choice of statements", "traceability")


@dataclass(frozen=True, slots=True)
class FlagLevel:
    """One level of a red flag: what makes it that level (None: whatever is left), and what it suggests."""

    level: Level
    threshold: Spoken | None
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RedFlag:
    """One red flag: what it asks, its levels, and the statements of the source documents that it cites."""

    rule: Rule
    when: Spoken
    levels: tuple[FlagLevel, ...]
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readers:
    """The rules that read one concept, by what it does in them; a rule stands under each of its uses."""

    recognise: tuple[Rule, ...]
    excluded: tuple[Rule, ...]
    otherwise: tuple[Rule, ...]


def clinical_routes(ruleset: RuleSet, public_url: str) -> Blueprint:
    """Return the pages of :data:`PAGES`, ``/hooks/<hook>`` and ``/traceability/<view>``.

    ``public_url``: the address of the service, which stands in one of its prefetch templates.
    """
    routes = Blueprint("clinical", __name__)
    _by_hook(routes, ruleset, public_url)
    _statements(routes, ruleset)
    words = ruleset.lexicon
    flags = tuple(_red_flag(rule, ruleset) for rule in ruleset.active if rule.red_flag)
    concepts = _concepts(ruleset)
    examples, asked = worked(ruleset), readers(ruleset)
    features = [item for item in words.items.values() if item.feature]
    decisions = ruleset.traceability.decisions.items()
    sitting = [name for name, decision in decisions if differential.SITTING_RELIEF in decision.items]
    linked_from = [rule for rule in ruleset.rules if "self-care" in rule.card.pages]
    others = [item for item in words.items.values() if not item.feature]

    @routes.context_processor
    def shared() -> dict[str, object]:
        return {"clinical_pages": PAGES}

    @routes.get("/concepts")
    def by_concept() -> str:
        return render_template("pages/concepts.html", readers=concepts, concepts=words.codelists.concepts)

    @routes.get("/red-flags")
    def red_flags() -> str:
        return render_template("pages/red_flags.html", flags=flags)

    @routes.get("/hip-or-spine")
    def hip_or_spine() -> str:
        return render_template(
            "pages/hip_or_spine.html",
            features=features,
            others=others,
            worked=examples,
            asked=asked,
            limits=differential,
            sitting=sitting,
        )

    @routes.get("/self-care")
    def self_care() -> str:
        return render_template("pages/self_care.html", sheet=ruleset.traceability.education, linked_from=linked_from)

    return routes


def _by_hook(routes: Blueprint, ruleset: RuleSet, public_url: str) -> None:
    by_hook = {offer.hook: offer for offer in offers(ruleset, public_url, fetches=False).values()}
    needs = {hook: {need.kind: need for need in ruleset.needs(offer.rules)} for hook, offer in by_hook.items()}

    @routes.get("/hooks")
    def hooks() -> str:
        return render_template("pages/hooks.html", offers=by_hook)

    @routes.get("/hooks/<name>")
    def hook(name: str) -> str:
        offer = known(name, by_hook, *LISTED_HOOKS)
        return render_template(
            "pages/hook.html",
            offer=offer,
            rules=[(rule, _levels_on(rule, offer)) for rule in offer.rules],
            templates={one.kind: one for one in offer.declared},
            needs=needs[name],
            concepts=ruleset.lexicon.codelists.concepts,
        )


def _levels_on(rule: Rule, offer: Offer) -> tuple[str, ...]:
    """The indicators that the cards of a rule can have on one hook, each once.

    A level without a condition takes all that reaches it, so those after it are never used there.
    """
    found: list[str] = []
    for level in rule.levels:
        if not level.hooks or offer.hook in level.hooks:
            found.append(level.indicator)
            if level.when is None:
                break
    return tuple(dict.fromkeys(found))


def _statements(routes: Blueprint, ruleset: RuleSet) -> None:
    every = followed(ruleset)
    choices = views(ruleset)
    by_name = {view.name: view for group in choices.values() for view in group}
    cited = {rule.id: statements_of(rule) for rule in ruleset.rules}
    unused = ruleset.traceability.unused()

    @routes.get("/traceability")
    def traceability() -> str:
        return render_template("pages/traceability.html", followed=every, choices=choices, view=None, cited=cited)

    @routes.get("/traceability/<name>")
    def chosen(name: str) -> str:
        view = known(name, by_name, *LISTED_VIEWS)
        taken = [one for one in every if view.takes(one)]
        return render_template("pages/traceability.html", followed=taken, choices=choices, view=view, cited=cited)

    @routes.get("/not-used")
    def not_used() -> str:
        return render_template(
            "pages/not_used.html",
            decisions=ruleset.traceability.decisions,
            unused=[one for one in every if one.name in unused],
            without=[one for one in every if not one.rules and one.name not in unused],
        )


def _red_flag(rule: Rule, ruleset: RuleSet) -> RedFlag:
    words = ruleset.lexicon
    levels = tuple(
        FlagLevel(
            level,
            spoken(level.when, words) if level.when is not None else None,
            tuple(suggestion_words(use, ruleset) for use in level.suggestions),
        )
        for level in rule.levels
    )
    return RedFlag(rule, spoken(rule.when, words), levels, statements_of(rule))


def _concepts(ruleset: RuleSet) -> dict[str, Readers]:
    """Of each concept that rules read, the rules by what it does in them."""
    recognise = {rule.id: _read([rule.when], ruleset) for rule in ruleset.rules}
    excluded = {rule.id: _read(rule.unless, ruleset) for rule in ruleset.rules}
    every = {rule.id: _read(ruleset.criteria(rule), ruleset) for rule in ruleset.rules}
    found = {}
    for concept in ruleset.lexicon.codelists.concepts:
        uses = Readers(
            tuple(rule for rule in ruleset.rules if concept in recognise[rule.id]),
            tuple(rule for rule in ruleset.rules if concept in excluded[rule.id]),
            tuple(rule for rule in ruleset.rules if concept in every[rule.id] - recognise[rule.id] - excluded[rule.id]),
        )
        if uses.recognise or uses.excluded or uses.otherwise:
            found[concept] = uses
    return found


def _read(criteria: Iterable[Criterion], ruleset: RuleSet) -> frozenset[str]:
    needs = (need for criterion in criteria for need in criterion.need(ruleset.lexicon))
    return frozenset().union(*(need.concepts for need in needs))
