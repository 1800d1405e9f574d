"""The answers that the examples of the real rules give: every rule at every level, as the service would send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cards.build import CallContext, CardWriter
from cards.models import HookResponse
from rules import Chart, Rule, RuleResult, evaluate, triage
from rules.examples import NOW, charts
from tests.lib.sample_rules import KNOWLEDGE, LISTS

WRITER = CardWriter(KNOWLEDGE, public_url="https://cds.example.org")


@dataclass(frozen=True)
class ExampleAnswer:
    """The answer of one rule to one chart of an example."""

    rule: Rule
    name: str
    hook: str
    expected: str
    answer: HookResponse


def rule_answers(rule: Rule) -> Iterator[ExampleAnswer]:
    """What each example of ``rule`` gives when this rule is asked alone."""
    for example in rule.examples:
        for chart in charts(example, LISTS):
            results = evaluate(KNOWLEDGE, chart, hook=example.hook, now=NOW, rules=(rule,))
            yield _answer(rule, example.name, example.hook, example.expect, chart, results)


def hook_answers() -> Iterator[ExampleAnswer]:
    """What each example of every rule gives when all rules of its hook are asked, as in a call."""
    for rule in KNOWLEDGE.active:
        for example in rule.examples:
            for chart in charts(example, LISTS):
                results = evaluate(KNOWLEDGE, chart, hook=example.hook, now=NOW)
                yield _answer(rule, example.name, example.hook, example.expect, chart, results)


def _answer(
    rule: Rule, name: str, hook: str, expected: str, chart: Chart, results: tuple[RuleResult, ...]
) -> ExampleAnswer:
    call = CallContext(hook, "p-1", NOW, "e-1", "PractitionerRole/r-1")
    needed = frozenset(need.kind for need in KNOWLEDGE.needs(KNOWLEDGE.for_hook(hook)))
    return ExampleAnswer(rule, name, hook, expected, WRITER.write(triage(results), chart, call, needed))
