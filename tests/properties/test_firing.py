"""The hot path answers as the full evaluation does: what fires is the same, and nothing remembered changes a result."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import Chart, evaluate
from rules.chart import Answer, Availability, Fact, Order
from rules.engine import firing
from rules.examples import charts
from rules.ruleset import RuleSet
from rules.schema import HOOKS, Rule
from rules.silence import MOST_REMEMBERED, Silences
from tests.lib.clock import NOW
from tests.lib.random_charts import BIRTHS, KNOWLEDGE, Growing, chart_of, facts, growing_charts


def fresh() -> RuleSet:
    """The same knowledge, with nothing remembered of any chart."""
    return replace(KNOWLEDGE, lexicon=replace(KNOWLEDGE.lexicon))


@settings(max_examples=400, deadline=None)
@given(growing=growing_charts(), hook=st.sampled_from(HOOKS))
def test_what_fires_is_what_the_full_evaluation_says(growing: Growing, hook: str) -> None:
    for chart in (growing.before, growing.after):
        full = evaluate(KNOWLEDGE, chart, hook=hook, now=NOW)
        assert firing(KNOWLEDGE, chart, hook=hook, now=NOW) == tuple(result for result in full if result.fires)


@settings(max_examples=100, deadline=None)
@given(growing=growing_charts(), hook=st.sampled_from(HOOKS))
def test_what_was_remembered_of_other_charts_changes_no_result(growing: Growing, hook: str) -> None:
    for chart in (growing.before, growing.after):
        assert evaluate(KNOWLEDGE, chart, hook=hook, now=NOW) == evaluate(fresh(), chart, hook=hook, now=NOW)
        assert firing(KNOWLEDGE, chart, hook=hook, now=NOW) == firing(fresh(), chart, hook=hook, now=NOW)


def judged(fact: Fact | Answer) -> Fact:
    assert isinstance(fact, Order)
    return replace(fact, judged=True, draft=True, origin="context", status="draft")


@settings(max_examples=200, deadline=None)
@given(
    orders=st.lists(facts("ServiceRequest").map(judged), min_size=1, max_size=2),
    more=st.lists(facts("Condition"), max_size=3),
    birth=st.sampled_from(BIRTHS),
    missing=st.sampled_from((None, "ServiceRequest", "Procedure", "DiagnosticReport", "Condition")),
)
def test_orders_at_hand_are_seen_on_both_paths(
    orders: list[Fact], more: list[Fact], birth: None, missing: str | None
) -> None:
    chart = chart_of(birth, [*orders, *more], {missing: Availability.MISSING} if missing else {})
    full = evaluate(fresh(), chart, hook="order-sign", now=NOW)
    assert firing(KNOWLEDGE, chart, hook="order-sign", now=NOW) == tuple(result for result in full if result.fires)


@pytest.mark.parametrize("rule", KNOWLEDGE.active, ids=lambda rule: rule.id)
def test_both_paths_agree_on_every_example_at_every_hook_of_its_rule(rule: Rule) -> None:
    for example in rule.examples:
        for chart in charts(example, KNOWLEDGE.lexicon.codelists):
            for hook in rule.hooks:
                full = evaluate(KNOWLEDGE, chart, hook=hook, now=NOW)
                assert firing(KNOWLEDGE, chart, hook=hook, now=NOW) == tuple(one for one in full if one.fires)


def test_a_deceased_patient_gets_nothing_on_either_path() -> None:
    chart = replace(chart_of(BIRTHS[1], [], {}), patient=replace(Chart().patient, deceased=True))
    assert firing(KNOWLEDGE, chart, hook="patient-view", now=NOW) == ()


def test_memory_does_not_grow_with_the_ways_in_which_data_can_be_missing() -> None:
    silences = Silences()
    first = silences.of(frozenset({"0"}))
    assert silences.of(frozenset({"0"})) is first
    for number in range(MOST_REMEMBERED):
        silences.of(frozenset({str(number)}))
    assert silences.of(frozenset({"0"})) is first
    silences.of(frozenset({"one too many"}))
    assert silences.of(frozenset({"0"})) is not first
