"""What a trace promises: the deciding steps are enough for the verdict, and a trace shows what the result rests on."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from rules import Verdict, evaluate
from rules.engine import RuleResult
from rules.trace import Ending, RuleTrace, Step, trace
from tests.lib.clock import NOW
from tests.lib.random_charts import KNOWLEDGE, Growing, growing_charts

APPLIES, DOES_NOT_APPLY, UNKNOWN = Verdict.APPLIES, Verdict.DOES_NOT_APPLY, Verdict.UNKNOWN
OPPOSITE = {APPLIES: DOES_NOT_APPLY, DOES_NOT_APPLY: APPLIES, UNKNOWN: UNKNOWN}
HOOKS = st.sampled_from(KNOWLEDGE.hooks)


def from_deciding(step: Step) -> Verdict:
    """The verdict as three-valued logic gives it when every step that does not decide is unknown."""
    if not step.decides or step.verdict is None:
        return UNKNOWN
    if not step.parts:
        return step.verdict
    parts = [from_deciding(part) for part in step.parts]
    if step.word == "all":
        return DOES_NOT_APPLY if DOES_NOT_APPLY in parts else UNKNOWN if UNKNOWN in parts else APPLIES
    if step.word == "any":
        return APPLIES if APPLIES in parts else UNKNOWN if UNKNOWN in parts else DOES_NOT_APPLY
    if step.word == "not_found":
        return DOES_NOT_APPLY if parts[0] is APPLIES else APPLIES
    return OPPOSITE[parts[0]] if step.word == "not" else parts[0]


def steps(top: Step) -> Iterator[Step]:
    yield top
    for part in top.parts:
        yield from steps(part)


def roots(found: RuleTrace) -> list[Step]:
    return [step for step in (found.gate, found.when, *found.unless) if step is not None]


def traced(charts: Growing, hook: str) -> list[tuple[RuleResult, RuleTrace]]:
    results = evaluate(KNOWLEDGE, charts.before, hook=hook, now=NOW)
    return [(result, trace(result, KNOWLEDGE, hook)) for result in results]


@settings(max_examples=150, deadline=None)
@given(charts=growing_charts(), hook=HOOKS)
def test_the_deciding_steps_alone_give_the_verdict(charts: Growing, hook: str) -> None:
    for _, found in traced(charts, hook):
        for root in roots(found):
            if root.decides:
                assert from_deciding(root) is root.verdict, found.headline


@settings(max_examples=150, deadline=None)
@given(charts=growing_charts(), hook=HOOKS)
def test_a_trace_ends_as_its_result_did_and_shows_the_same_facts(charts: Growing, hook: str) -> None:
    for result, found in traced(charts, hook):
        assert found.fires == result.fires
        assert (found.level, found.missing) == (result.level, result.could_not_check)
        assert bool(found.decided_by()) != (found.ending is Ending.NOT_RUN)
        if found.fires and found.when is not None:
            taken = found.levels[-1].step
            shown = {*found.when.found, *(taken.found if taken is not None else ())}
            assert shown == set(result.because), found.headline


@settings(max_examples=150, deadline=None)
@given(charts=growing_charts(), hook=HOOKS)
def test_nothing_decides_that_was_not_asked_or_inside_what_does_not(charts: Growing, hook: str) -> None:
    for _, found in traced(charts, hook):
        for root in roots(found):
            for step in steps(root):
                assert not (step.decides and step.verdict is None)
                assert step.decides or not any(part.decides for part in step.parts)
                assert step.verdict is not UNKNOWN or step.missing
