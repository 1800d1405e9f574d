"""The hip or spine score worked out for examples, so that a reader can add up by hand what the service adds up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.asking import Evaluation
from rules.chart import Chart, Clock
from rules.coded import ConditionCriterion
from rules.computed import DifferentialCriterion
from rules.criteria import Criterion, Meets
from rules.differential import STENOSIS, Score, score
from rules.examples import NOW, charts
from rules.knowledge import Item
from rules.ruleset import RuleSet
from rules.schema import Example, Rule

_STENOSIS = ConditionCriterion(condition=(STENOSIS,))


@dataclass(frozen=True, slots=True)
class Worked:
    """One example: its name, the score of its answers, the features answered no, and whether stenosis is on record."""

    name: str
    score: Score
    denied: tuple[Item, ...]
    stenosis: bool


def worked(ruleset: RuleSet) -> tuple[Worked, ...]:
    """The examples of the shared definitions that are the score and nothing else, computed as in any call.

    An example without a current answer has nothing to add up and is left out.
    """
    scored = (
        name
        for name, definition in ruleset.lexicon.definitions.items()
        if isinstance(definition.criterion, DifferentialCriterion)
    )
    examples = (example for name in scored for example in ruleset.definition_examples[name])
    found = [_worked(example, one, ruleset) for example in examples for one in _charts(example, ruleset)]
    return tuple(one for one in found if one.score.answered)


def _charts(example: Example, ruleset: RuleSet) -> Iterator[Chart]:
    return charts(example, ruleset.lexicon.codelists)


def _worked(example: Example, one: Chart, ruleset: RuleSet) -> Worked:
    of = Evaluation(one, Clock(NOW), ruleset.lexicon, urgent=False)
    stenosis = of.ask(_STENOSIS).applies
    found = score(of, stenosis)
    affirmed = {feature.item.id for feature in found.counted}
    items = ruleset.lexicon.items
    return Worked(example.name, found, tuple(items[name] for name in found.answered if name not in affirmed), stenosis)


def readers(ruleset: RuleSet) -> dict[str, tuple[Rule, ...]]:
    """What the rules ask of the score, in English, each with the rules that ask it."""
    found: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        for said in dict.fromkeys(_asked(ruleset.criteria(rule), ruleset)):
            found.setdefault(said, []).append(rule)
    return {said: tuple(rules) for said, rules in found.items()}


def _asked(criteria: Iterable[Criterion], ruleset: RuleSet) -> Iterator[str]:
    for criterion in criteria:
        for _, part in criterion.placed(""):
            if isinstance(part, DifferentialCriterion):
                yield part.say(ruleset.lexicon)
            elif isinstance(part, Meets):
                yield from _asked([ruleset.lexicon.definitions[part.meets].criterion], ruleset)
