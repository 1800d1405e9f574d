"""The answers that the examples of the real rules give: every rule at every level, as the service would send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

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


@cache
def rule_answers(rule_id: str) -> tuple[ExampleAnswer, ...]:
    """What each example of a rule gives when this rule is asked alone."""
    return tuple(_rule_answers(KNOWLEDGE.rule(rule_id)))


@cache
def hook_answers() -> tuple[ExampleAnswer, ...]:
    """What each example of every rule gives when all rules of its hook are asked, as in a call."""
    return tuple(_hook_answers())


def _rule_answers(rule: Rule) -> Iterator[ExampleAnswer]:
    for example in rule.examples:
        for chart in charts(example, LISTS):
            results = evaluate(KNOWLEDGE, chart, hook=example.hook, now=NOW, rules=(rule,))
            yield _answer(rule, example.name, example.hook, example.expect, chart, results)


def _hook_answers() -> Iterator[ExampleAnswer]:
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
