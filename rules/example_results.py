"""Run the examples of the knowledge, and say of each one that fails what came out instead and what decided it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.engine import evaluate
from rules.examples import NOW, Shown, charts, met, show
from rules.ruleset import RuleSet
from rules.schema import Example, Rule
from rules.shared_checks import DEFINITIONS
from rules.trace import trace


@dataclass(frozen=True, slots=True)
class Failed:
    """An example that does not show what it says.

    ``place`` is its table in ``file``. ``entry`` counts from 1 the entry of ``each`` with which it fails; None: it has
    no ``each``. ``because``: what decided, in a sentence.
    """

    file: str
    place: str
    name: str
    entry: int | None
    expected: str
    shown: str
    because: str


def failed_examples(ruleset: RuleSet) -> Iterator[Failed]:
    """The examples of all rules and definitions that show something else than they say."""
    for rule in ruleset.rules:
        for index, example in enumerate(rule.examples):
            for entry, shown in _different(example, show(rule, example, ruleset)):
                because = _because(rule, example, entry, ruleset)
                yield _failed(f"{rule.id}.toml", f"example[{index}]", example, entry, shown, because)
    for name, examples in ruleset.definition_examples.items():
        asks = f"the definition asks for: {ruleset.lexicon.definitions[name].criterion.say(ruleset.lexicon)}."
        for index, example in enumerate(examples):
            for entry, shown in _different(example, met(name, example, ruleset)):
                yield _failed(DEFINITIONS, f"definition.{name}.example[{index}]", example, entry, shown, asks)


def not_shown(rule: Rule) -> tuple[str, ...]:
    """The outcomes of the rule that no example expects: its levels, silence, an exclusion, missing data."""
    wanted = dict.fromkeys(level.indicator for level in rule.levels)
    outcomes = (*wanted, "does_not_apply", "excluded" if rule.unless else "unknown")
    expected = {example.expect for example in rule.examples}
    return tuple(outcome for outcome in outcomes if outcome not in expected)


def _different(example: Example, shown: tuple[Shown, ...]) -> Iterator[tuple[int, Shown]]:
    for entry, one in enumerate(shown):
        if one.outcome != example.expect or example.suggestions not in (None, one.suggestions):
            yield entry, one


def _failed(file: str, place: str, example: Example, entry: int, shown: Shown, because: str) -> Failed:
    told = example.suggestions is not None
    return Failed(
        file,
        place,
        example.name,
        entry + 1 if example.each else None,
        _said(example.expect, example.suggestions or ()) if told else example.expect,
        _said(shown.outcome, shown.suggestions) if told else shown.outcome,
        because,
    )


def _said(outcome: str, suggestions: tuple[str, ...]) -> str:
    return f"{outcome} with {', '.join(suggestions) or 'no suggestion'}"


def _because(rule: Rule, example: Example, entry: int, ruleset: RuleSet) -> str:
    chart = tuple(charts(example, ruleset.lexicon.codelists))[entry]
    results = evaluate(ruleset, chart, hook=example.hook, now=NOW, rules=(rule,))
    if not results:
        return "The patient is deceased: no rule is evaluated."
    return trace(results[0], ruleset, example.hook).headline
