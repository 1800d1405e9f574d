"""Which cards are shown, in which order, and why others are withheld (knowledge 2.9)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import RuleResult, Verdict, triage
from rules.engine import Suggestion
from rules.logic import Outcome
from rules.triage import CARD_CAP, INDICATORS
from tests.lib.sample_rules import KNOWLEDGE, sample_rule

RULE = sample_rule()


def result(
    number: int, indicator: str, *, flag: bool = False, fires: bool = True, in_focus: bool = False, offers: str = ""
) -> RuleResult:
    """The result of a rule with this number; ``offers`` are templates with priority: ``T1 routine, T4 urgent``."""
    level = RULE.levels[0].model_copy(update={"indicator": indicator})
    update = {"id": f"r{number}", "number": number, "group": "red-flag" if flag else "routine", "in_focus": in_focus}
    suggestions = [offer.split() for offer in offers.split(", ") if offer]
    return RuleResult(
        RULE.model_copy(update=update),
        Verdict.APPLIES if fires else Verdict.DOES_NOT_APPLY,
        fires,
        Outcome(Verdict.APPLIES),
        level=level if fires else None,
        suggestions=tuple(
            Suggestion(KNOWLEDGE.templates[name], priority, frozenset()) for name, priority in suggestions
        ),
    )


def flag(number: int, indicator: str, *, fires: bool = True, offers: str = "") -> RuleResult:
    return result(number, indicator, flag=True, fires=fires, offers=offers)


def shown(*results: RuleResult) -> list[int]:
    return [one.rule.number for one in triage(results).shown]


def withheld(*results: RuleResult) -> list[tuple[int, str]]:
    return [(one.result.rule.number, one.reason) for one in triage(results).withheld]


def test_red_flags_come_first_then_the_indicator_then_the_number() -> None:
    results = (
        result(17, "info"),
        result(16, "info"),
        result(27, "warning"),
        flag(11, "warning"),
        flag(2, "info"),
        flag(9, "warning"),
    )
    assert shown(*results) == [9, 11, 2, 27, 16, 17]
    assert withheld(*results) == []


def test_only_what_fires_is_shown_and_the_rest_is_not_withheld() -> None:
    results = (flag(1, "critical", fires=False), result(16, "info"), result(17, "info", fires=False))
    assert shown(*results) == [16]
    assert withheld(*results) == []
    assert not triage(results).focus


def test_at_most_five_routine_cards_in_their_order() -> None:
    results = [result(number, "info") for number in range(16, 22)] + [result(30, "warning")]
    assert CARD_CAP == 5
    assert shown(*results) == [30, 16, 17, 18, 19]
    assert withheld(*results) == [(20, "card-cap"), (21, "card-cap")]


def test_red_flags_are_never_capped_and_take_no_place() -> None:
    flags = [flag(number, "warning") for number in range(1, 16)]
    routine = [result(number, "info") for number in range(16, 22)]
    assert shown(*flags, *routine) == [*range(1, 16), *range(16, 21)]
    assert withheld(*flags, *routine) == [(21, "card-cap")]


def test_beside_a_critical_card_only_red_flags_and_two_rules_are_shown() -> None:
    results = (
        result(16, "warning"),
        result(30, "warning", in_focus=True),
        result(31, "info", in_focus=True),
        flag(5, "critical"),
        flag(7, "info"),
    )
    assert shown(*results) == [5, 7, 30, 31]
    assert withheld(*results) == [(16, "red-flag-focus")]
    assert triage(results).focus


def test_without_a_critical_card_a_rule_of_the_focus_is_a_routine_rule() -> None:
    results = [result(number, "info", in_focus=number == 30) for number in (16, 17, 18, 19, 20, 30)]
    assert shown(flag(7, "warning"), *results) == [7, 16, 17, 18, 19, 20]
    assert withheld(flag(7, "warning"), *results) == [(30, "card-cap")]


def test_a_critical_routine_card_brings_the_focus_too() -> None:
    results = (result(16, "critical"), result(17, "info"), flag(7, "info"))
    assert triage(results).focus
    assert shown(*results) == [7]
    assert withheld(*results) == [(16, "red-flag-focus"), (17, "red-flag-focus")]


EVERY_TEMPLATE = (
    "T1 routine, T2 routine, T3 routine, T4 routine, T4 urgent, T5 stat, T6 urgent, T7 urgent, T8 routine, T9 routine, "
    "T10 routine, T11 urgent"
)


@pytest.mark.parametrize(
    ("other", "left"),
    [
        (
            flag(5, "critical"),
            ["T1 routine", "T2 routine", "T4 urgent", "T5 stat", "T6 urgent", "T7 urgent", "T11 urgent"],
        ),
        (flag(5, "warning"), EVERY_TEMPLATE.split(", ")),
    ],
)
def test_suggestions_that_distract_are_left_out_of_every_card_beside_a_critical_one(
    other: RuleResult, left: list[str]
) -> None:
    decision = triage([other, flag(14, "warning", offers=EVERY_TEMPLATE)])
    [card] = [one for one in decision.shown if one.rule.number == 14]
    assert [f"{offer.template.id} {offer.priority}" for offer in card.suggestions] == left


def test_a_routine_card_of_the_focus_loses_them_too() -> None:
    decision = triage([flag(5, "critical"), result(30, "warning", in_focus=True, offers="T3 routine, T1 routine")])
    assert [offer.template.id for offer in decision.shown[1].suggestions] == ["T1"]


def test_triage_of_nothing() -> None:
    decision = triage([])
    assert (decision.shown, decision.withheld, decision.focus) == ((), (), False)


RESULTS = st.lists(
    st.builds(
        lambda number, indicator, fires, in_focus: result(
            number, indicator, flag=number < 16, fires=fires, in_focus=in_focus
        ),
        st.integers(1, 40),
        st.sampled_from(INDICATORS),
        st.booleans(),
        st.booleans(),
    ),
    max_size=40,
    unique_by=lambda one: one.rule.number,
)


@given(RESULTS, st.data())
def test_no_red_flag_is_lost_and_the_order_of_the_results_does_not_matter(
    results: list[RuleResult], data: st.DataObject
) -> None:
    decision = triage(results)
    firing = {one.rule.number for one in results if one.fires}
    assert {number for number in firing if number < 16} <= {one.rule.number for one in decision.shown}
    assert {one.rule.number for one in decision.shown} | {one.result.rule.number for one in decision.withheld} == firing
    assert len(decision.shown) + len(decision.withheld) == len(firing)
    assert triage(data.draw(st.permutations(results))) == decision
    assert triage(results, cap=0).shown == tuple(
        one for one in decision.shown if one.rule.red_flag or (decision.focus and one.rule.in_focus)
    )


def test_a_result_keeps_everything_but_its_suggestions_in_focus() -> None:
    before = flag(14, "warning", offers="T3 routine")
    after = triage([flag(5, "critical"), before]).shown[1]
    assert after == replace(before, suggestions=())
