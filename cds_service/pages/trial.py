"""One sample patient through the service, with everything that a person wants to see of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cards.text import listed, plural
from cds_service.pages.spoken import fact_words
from cds_service.samples import Sample
from rules.engine import REQUIRED, RuleResult
from rules.knowledge import Lexicon
from rules.logic import Outcome
from rules.schema import Rule
from rules.triage import CARD_CAP, Triage

WITHHELD: Final = {
    "red-flag-focus": "withheld while a critical card is shown, so that nothing distracts from it",
    "card-cap": f"withheld because {CARD_CAP} routine cards are shown already",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one rule, in words."""

    rule: Rule
    why: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A sample patient, the answer, and what became of each rule.

    ``held_back`` are the rules that had something to say and did not: withheld or excluded.
    """

    sample: Sample
    request: Mapping[str, Any]
    answer: Mapping[str, Any]
    unused: tuple[str, ...]
    held_back: tuple[Told, ...]
    asked: tuple[Told, ...]

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The cards as they go over the wire."""
        return list(self.answer["cards"])

    @property
    def resources(self) -> int:
        """How many resources the request holds in its prefetch."""
        values = self.request["prefetch"].values()
        bundles = [value.get("entry", []) for value in values if value and value["resourceType"] == "Bundle"]
        singles = [value for value in values if value and value["resourceType"] == "Patient"]
        return sum(len(entries) for entries in bundles) + len(singles)


def told(results: Iterable[RuleResult], decided: Triage, words: Lexicon) -> tuple[list[Told], list[Told]]:
    """Say what became of every rule, and of those among them that had something to say and were held back."""
    shown = {result.rule.id for result in decided.shown}
    withheld = {one.result.rule.id: WITHHELD[one.reason] for one in decided.withheld}
    asked, held_back = [], []
    for result in results:
        rule = result.rule
        if rule.id in shown:
            why = f"shown ({result.level.indicator})" if result.level is not None else "shown"
        else:
            why = withheld.get(rule.id) or _silent(result, words)
        asked.append(Told(rule, why))
        if rule.id not in shown and (result.fires or _spoke(result)):
            held_back.append(Told(rule, why))
    return asked, held_back


def _spoke(result: RuleResult) -> bool:
    """Tell whether the rule's question was answered with yes, whatever kept its card away."""
    return result.not_run is None and result.when.applies


def _silent(result: RuleResult, words: Lexicon) -> str:
    """Say why a rule that does not fire is silent."""
    if result.not_run == REQUIRED:
        return "not asked: the conditions could not be had"
    if result.not_run is not None:
        return "not asked: nothing about this call concerns it"
    # Exclusions are asked only when the rule's question was answered with yes; else there are no outcomes.
    exclusions = zip(result.rule.unless, result.unless, strict=False)
    reasons = [_found(criterion.say(words), outcome) for criterion, outcome in exclusions if outcome.applies]
    if reasons:
        return f"silent because of {listed(reasons)}"
    if result.could_not_check:
        kinds = listed([plural(kind) for kind in sorted(result.could_not_check)])
        return f"not found on what is there; {kinds} could not be checked"
    return "does not apply"


def _found(said: str, outcome: Outcome) -> str:
    facts = "; ".join(map(fact_words, outcome.facts[:3]))
    return f"{said}: {facts}" if facts else said
