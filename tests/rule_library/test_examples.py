"""Every example of every rule and definition shows what it says."""

from __future__ import annotations

import pytest

from rules import load_rules
from rules.examples import Shown, met, show
from rules.schema import Example, Rule

RULESET = load_rules()


def _agrees(example: Example, shown: tuple[Shown, ...]) -> None:
    assert shown, "an example without a chart shows nothing"
    for one in shown:
        assert one.outcome == example.expect
        if example.suggestions is not None:
            assert one.suggestions == example.suggestions


@pytest.mark.parametrize(
    ("rule", "example"),
    [
        pytest.param(rule, example, id=f"{rule.id}: {example.name}")
        for rule in RULESET.rules
        for example in rule.examples
    ],
)
def test_example_of_a_rule(rule: Rule, example: Example) -> None:
    _agrees(example, show(rule, example, RULESET))


@pytest.mark.parametrize(
    ("name", "example"),
    [
        pytest.param(name, example, id=f"{name}: {example.name}")
        for name, examples in RULESET.definition_examples.items()
        for example in examples
    ],
)
def test_example_of_a_definition(name: str, example: Example) -> None:
    _agrees(example, met(name, example, RULESET))


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULESET.rules])
def test_a_rule_shows_each_of_its_levels_and_when_it_is_silent(rule: Rule) -> None:
    expected = {example.expect for example in rule.examples}
    assert {level.indicator for level in rule.levels} <= expected
    assert "does_not_apply" in expected
    assert "unknown" in expected or rule.unless
    assert ("excluded" in expected) is bool(rule.unless)
