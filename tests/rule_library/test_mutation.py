"""Each criterion, window, status, list and side of the knowledge decides at least one example."""

from __future__ import annotations

from dataclasses import replace

from rules import load_rules
from tests.lib.mutation import Baseline, rule_mutants, survivors


def test_no_small_change_to_the_knowledge_goes_unnoticed() -> None:
    assert survivors(load_rules()) == []


def test_a_change_that_no_example_shows_is_found() -> None:
    ruleset = load_rules()
    rule = ruleset.rule("rf-cauda-equina").model_copy(update={"examples": ruleset.rule("rf-cauda-equina").examples[:1]})
    fewer = replace(ruleset, rules=(rule,), definition_examples={})
    unnoticed = [what for what, mutant in rule_mutants(rule) if not Baseline(fewer).notices_rule(mutant)]
    assert "level[0]: within 90 to 91" in unnoticed
