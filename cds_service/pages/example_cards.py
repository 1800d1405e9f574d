"""The cards of a rule as a clinician will see them: its own examples, sent through the engine and the card writer.

Nothing here is a specimen. The chart is one of the examples that the rule is held to, read at their fixed moment, so
the same knowledge gives the same page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cards.build import CardWriter
from cards.models import CallContext, Card
from rules.checks import with_possible
from rules.engine import RuleResult, evaluate
from rules.examples import NOW, charts
from rules.logic import NO_DOUBT
from rules.ruleset import RuleSet
from rules.schema import Example, Level, Rule
from rules.triage import triage

EXAMPLE_PATIENT = "example"
"""The id of the patient of every example."""


@dataclass(frozen=True, slots=True)
class ExampleCard:
    """A card, and the example whose chart (or first such chart) it answers."""

    example: Example
    card: Card


@dataclass(frozen=True, slots=True)
class LevelCards:
    """The card of one level. ``plain`` is None when no example reaches the level.

    ``doubtful`` is a card that says "possible", ``incomplete`` one that was written although data could not be had;
    each is None when no example of the rule shows it.
    """

    level: Level
    plain: ExampleCard | None
    doubtful: ExampleCard | None
    incomplete: ExampleCard | None


@dataclass(frozen=True, slots=True)
class _Fired:
    result: RuleResult
    shown: ExampleCard

    @property
    def doubtful(self) -> bool:
        level = self.result.level
        return level is not None and self.shown.card["summary"] != with_possible(level.summary, NO_DOUBT)

    @property
    def incomplete(self) -> bool:
        return bool(self.shown.example.missing)


class ExampleCards:
    """Writes the cards of the examples with the very writer that answers calls."""

    def __init__(self, ruleset: RuleSet, writer: CardWriter) -> None:
        self._ruleset = ruleset
        self._writer = writer

    def levels(self, rule: Rule) -> tuple[LevelCards, ...]:
        """The cards of each level of ``rule``, in the order of its levels."""
        fired = list(self._fired(rule))
        return tuple(_chosen(level, [one for one in fired if one.result.level is level]) for level in rule.levels)

    def _fired(self, rule: Rule) -> Iterator[_Fired]:
        for example in rule.examples:
            asked = (*self._ruleset.for_hook(example.hook), rule)
            needed = frozenset(need.kind for need in self._ruleset.needs(asked))
            call = CallContext(example.hook, EXAMPLE_PATIENT, NOW)
            for chart in charts(example, self._ruleset.lexicon.codelists):
                results = evaluate(self._ruleset, chart, hook=example.hook, now=NOW, rules=(rule,))
                decided = triage(results)
                for result in decided.shown:
                    [card] = self._writer.write(decided, chart, call, needed)["cards"]
                    yield _Fired(result, ExampleCard(example, card))


def _chosen(level: Level, fired: list[_Fired]) -> LevelCards:
    """Of the cards of one level the first of each kind; a card in one place is not shown again in another."""
    plain = next((one for one in fired if not one.doubtful and not one.incomplete), fired[0] if fired else None)
    others = [one for one in fired if one is not plain]
    doubtful = next((one for one in others if one.doubtful and not one.incomplete), None)
    incomplete = next((one for one in others if one.incomplete), None)
    return LevelCards(level, *(one.shown if one is not None else None for one in (plain, doubtful, incomplete)))
