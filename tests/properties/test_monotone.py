"""What the three verdicts promise: a settled verdict is never reversed by more knowledge."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rules import Chart, Verdict, evaluate, triage
from rules.chart import Availability, Procedure
from rules.triage import INDICATORS
from tests.lib.clock import NOW
from tests.lib.random_charts import (
    BIRTHS,
    KNOWLEDGE,
    Growing,
    chart_of,
    complete_charts,
    condition,
    growing_charts,
    matches,
)

HOOKS = st.sampled_from(("patient-view", "problem-list-item-create", "order-sign"))


@settings(max_examples=400, deadline=None)
@given(charts=growing_charts(), hook=HOOKS)
def test_more_knowledge_never_reverses_a_settled_verdict(charts: Growing, hook: str) -> None:
    before = evaluate(KNOWLEDGE, charts.before, hook=hook, now=NOW)
    after = evaluate(KNOWLEDGE, charts.after, hook=hook, now=NOW)
    settled = {result.rule.id: result.verdict for result in before if result.settled}
    later = {result.rule.id: result.verdict for result in after if result.rule.id in settled}
    assert later == settled


def test_a_settled_exclusion_outlives_a_doubt_about_what_the_rule_is_for() -> None:
    """Stenosis excludes R17 whatever the procedures say; a replaced hip found later leaves the other side open."""
    facts = (condition("M54.50"), condition("M25.552"), condition("M48.061"))
    replaced = Procedure(kind="Procedure", reference="Procedure/1", matches=matches("770606008"), status="completed")
    both_open = {"Procedure": Availability.INCOMPLETE, "Observation": Availability.INCOMPLETE}
    before = chart_of(BIRTHS[1], facts, both_open)
    after = chart_of(BIRTHS[1], (*facts, replaced), {"Observation": Availability.INCOMPLETE})
    earlier, later = (
        next(result for result in evaluate(KNOWLEDGE, chart, hook="patient-view", now=NOW) if result.rule.number == 17)
        for chart in (before, after)
    )
    assert earlier.settled
    assert later.verdict is earlier.verdict


@settings(max_examples=200, deadline=None)
@given(chart=complete_charts(), hook=HOOKS)
def test_a_chart_that_was_read_whole_leaves_nothing_unknown(chart: Chart, hook: str) -> None:
    for result in evaluate(KNOWLEDGE, chart, hook=hook, now=NOW):
        assert result.settled, result.rule.id
        assert result.fires == (result.verdict is Verdict.APPLIES), result.rule.id


@settings(max_examples=200, deadline=None)
@given(charts=growing_charts(), hook=HOOKS)
def test_a_rule_that_fires_on_open_data_says_what_it_could_not_check(charts: Growing, hook: str) -> None:
    for result in evaluate(KNOWLEDGE, charts.before, hook=hook, now=NOW):
        if result.verdict is Verdict.UNKNOWN:
            assert result.could_not_check, result.rule.id
        unclosed = charts.before.open_kinds(result.could_not_check)
        assert unclosed | {"Patient"} >= result.could_not_check, result.rule.id


@settings(max_examples=200, deadline=None)
@given(charts=growing_charts(), hook=HOOKS)
def test_triage_keeps_every_red_flag_and_loses_no_result(charts: Growing, hook: str) -> None:
    results = evaluate(KNOWLEDGE, charts.after, hook=hook, now=NOW)
    decision = triage(results)
    firing = [result.rule.id for result in results if result.fires]
    withheld = [held.result.rule.id for held in decision.withheld]
    shown = [result.rule.id for result in decision.shown]
    assert sorted([*shown, *withheld]) == sorted(firing)
    assert all(not held.result.rule.red_flag and held.reason for held in decision.withheld)
    places = [
        (not result.rule.red_flag, INDICATORS.index(result.level.indicator), result.rule.number)
        for result in decision.shown
        if result.level is not None
    ]
    assert places == sorted(places)
    assert len(places) == len(shown)
