"""What the engine makes of a rule and a chart: which rules run, exclusions, missing data, what is said."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from rules import RuleResult, Verdict, evaluate
from rules.asking import Evaluation
from rules.chart import Availability, Chart, Clock, Fact, Patient
from rules.ordered import FiresCriterion
from rules.schema import Rule
from tests.lib.sample_rules import (
    KNOWLEDGE,
    NOW,
    answer,
    asks,
    chart,
    condition,
    evidence,
    ruleset,
    sample_rule,
)

BACK_PAIN = condition("M54.50", 40)
HIP_OA = condition("M16.11", 700, number=2)
PREGNANCY = condition("sct:77386006", 60, number=3)
MISSING, FAILED, INCOMPLETE = Availability.MISSING, Availability.FAILED, Availability.INCOMPLETE


def result(rule: Rule, of: Chart, hook: str = "patient-view", now: datetime = NOW) -> RuleResult:
    """The one result of one rule."""
    [found] = evaluate(ruleset(rule), of, hook=hook, now=now, rules=[rule])
    return found


class TestWhichRulesRun:
    def test_a_deceased_patient_gets_no_result(self) -> None:
        alive = chart(BACK_PAIN)
        gone = Chart(Patient(deceased=True), alive.availability, {}, alive.by_concept)
        rules = ruleset(sample_rule())
        assert [found.fires for found in evaluate(rules, alive, hook="patient-view", now=NOW)] == [True]
        assert evaluate(rules, gone, hook="patient-view", now=NOW) == ()

    def test_the_active_rules_of_the_hook_run_in_the_order_given(self) -> None:
        rules = ruleset(
            sample_rule(id="first", number=1),
            sample_rule(id="second", number=2, hooks=["order-sign"]),
            sample_rule(id="third", number=3, status="draft"),
            sample_rule(id="fourth", number=4),
        )
        ran = {
            hook: [found.rule.id for found in evaluate(rules, chart(), hook=hook, now=NOW)]
            for hook in ("patient-view", "order-sign", "encounter-start", "no-such-hook")
        }
        assert ran == {
            "patient-view": ["first", "fourth"],
            "order-sign": ["second"],
            "encounter-start": [],
            "no-such-hook": [],
        }

    @pytest.mark.parametrize("had", [MISSING, FAILED])
    def test_without_conditions_a_routine_rule_is_not_run(self, had: Availability) -> None:
        found = result(
            sample_rule(when=asks(answer="limp", **{"is": ["yes"]})), chart(answer("limp"), had={"Condition": had})
        )
        assert (found.verdict, found.fires, found.not_run) == (Verdict.UNKNOWN, False, "Condition")
        assert found.could_not_check == {"Condition"}
        assert not found.settled

    @pytest.mark.parametrize("had", [MISSING, FAILED])
    def test_without_conditions_a_red_flag_runs_on_what_is_there(self, had: Availability) -> None:
        rule = sample_rule(group="red-flag", when=asks(answer="limp", **{"is": ["yes"]}))
        found = result(rule, chart(answer("limp"), had={"Condition": had}))
        assert (found.verdict, found.fires, found.not_run) == (Verdict.APPLIES, True, None)

    def test_conditions_that_did_not_wholly_arrive_are_used(self) -> None:
        found = result(sample_rule(), chart(BACK_PAIN, had={"Condition": INCOMPLETE}))
        assert (found.fires, found.not_run, found.could_not_check) == (True, None, frozenset())

    def test_the_day_of_the_call_is_that_of_utc(self) -> None:
        rule = sample_rule(when=asks(condition="low_back_pain", within=40))
        tomorrow_there = NOW.astimezone(timezone(timedelta(hours=14)))
        assert tomorrow_there.date() > NOW.date()
        assert result(rule, chart(BACK_PAIN), now=tomorrow_there).fires
        assert not result(
            rule, chart(condition("M54.50", 41)), now=NOW.astimezone(timezone(-timedelta(hours=11)))
        ).fires

    def test_a_missing_date_counts_as_recent_in_red_flags_only(self) -> None:
        asked = asks(condition="low_back_pain", within=40)
        undated = chart(condition("M54.50", None))
        assert not result(sample_rule(when=asked), undated).fires
        assert result(sample_rule(when=asked, group="red-flag"), undated).fires


class TestGate:
    RULE = sample_rule(
        hooks=["patient-view", "problem-list-item-create"],
        gate={"problem-list-item-create": asks(condition="low_back_pain", new=True)},
    )
    HOOK = "problem-list-item-create"

    def test_an_entry_of_the_hook_opens_it(self) -> None:
        assert result(self.RULE, chart(condition("M54.50", 0, new=True)), self.HOOK).fires

    @pytest.mark.parametrize("other", [condition("M54.50", 0), condition("M17.11", 0, new=True)])
    def test_another_entry_does_not(self, other: Fact) -> None:
        found = result(self.RULE, chart(BACK_PAIN, other), self.HOOK)
        assert (found.verdict, found.fires, found.not_run) == (Verdict.DOES_NOT_APPLY, False, "gate")
        assert found.settled

    def test_a_gate_that_cannot_be_asked_leaves_the_rule_unknown(self) -> None:
        found = result(self.RULE, chart(BACK_PAIN, had={"Condition": INCOMPLETE}), self.HOOK)
        assert (found.verdict, found.fires, found.not_run) == (Verdict.UNKNOWN, False, "gate")
        assert found.could_not_check == {"Condition"}

    def test_on_another_hook_there_is_no_gate(self) -> None:
        assert result(self.RULE, chart(BACK_PAIN)).fires


class TestWhenAndUnless:
    def rule(self, **changes: object) -> Rule:
        exclusions = [asks(condition="pregnancy"), asks(procedure="order_hip_xray", within=365)]
        return sample_rule(**({"unless": exclusions, "if_exclusion_unknown": "show"} | changes))

    def test_nothing_found_and_all_looked_for(self) -> None:
        found = result(self.rule(), chart())
        assert (found.verdict, found.fires, found.settled) == (Verdict.DOES_NOT_APPLY, False, True)
        assert (found.level, found.suggestions, found.not_found) == (None, (), ())

    def test_it_is_unknown_when_the_data_are_missing(self) -> None:
        rule = self.rule(when=asks(procedure="order_pt_referral"))
        found = result(rule, chart(had={"Procedure": MISSING}))
        assert (found.verdict, found.fires) == (Verdict.UNKNOWN, False)
        assert found.could_not_check == {"Procedure"}

    def test_an_exclusion_settles_it_although_the_rest_is_unknown(self) -> None:
        rule = self.rule(when=asks(procedure="order_pt_referral"))
        found = result(rule, chart(PREGNANCY, had={"Procedure": MISSING}))
        assert (found.verdict, found.settled) == (Verdict.DOES_NOT_APPLY, True)

    def test_it_fires_when_no_exclusion_is_found(self) -> None:
        found = result(self.rule(), chart(BACK_PAIN))
        assert (found.verdict, found.fires, found.settled) == (Verdict.APPLIES, True, True)
        assert found.not_found == found.rule.unless
        assert found.because == (BACK_PAIN,)

    def test_an_exclusion_removes_the_card(self) -> None:
        found = result(self.rule(), chart(BACK_PAIN, PREGNANCY))
        assert (found.verdict, found.fires, found.settled) == (Verdict.DOES_NOT_APPLY, False, True)
        assert [outcome.applies for outcome in found.unless] == [True, False]

    def test_an_exclusion_that_is_presumed_is_not_settled(self) -> None:
        rule = self.rule(unless=[asks(answer="limp", **{"is": ["yes"]})])
        found = result(rule, chart(BACK_PAIN, answer("limp"), had={"QuestionnaireResponse": INCOMPLETE}))
        assert (found.verdict, found.fires) == (Verdict.DOES_NOT_APPLY, False)
        assert found.could_not_check == {"QuestionnaireResponse"}

    def test_an_exclusion_that_could_not_be_looked_for_shows_or_hides(self) -> None:
        of = chart(BACK_PAIN, had={"Procedure": MISSING})
        shown, hidden = result(self.rule(), of), result(self.rule(if_exclusion_unknown="hide"), of)
        for found in (shown, hidden):
            assert found.verdict is Verdict.UNKNOWN
            assert found.could_not_check == {"Procedure"}
            assert not found.settled
        assert (shown.fires, hidden.fires) == (True, False)
        assert shown.not_found == (shown.rule.unless[0],)
        assert hidden.level is None

    def test_some_kinds_hide_it_and_others_do_not(self) -> None:
        exclusions = [asks(procedure="order_hip_xray"), asks(order="order_hip_xray")]
        rule = self.rule(unless=exclusions, hide_when_missing=["ServiceRequest"])
        assert result(rule, chart(BACK_PAIN, had={"Procedure": MISSING})).fires
        assert not result(rule, chart(BACK_PAIN, had={"ServiceRequest": MISSING})).fires
        assert not result(rule, chart(BACK_PAIN, had={"ServiceRequest": MISSING, "Procedure": MISSING})).fires

    def test_an_exclusion_that_is_absent_on_a_presumption_counts_as_unknown(self) -> None:
        rule = self.rule(unless=[asks(meets="hip-likely")])
        found = result(rule, chart(BACK_PAIN, had={"QuestionnaireResponse": MISSING}))
        assert (found.verdict, found.fires, found.not_found) == (Verdict.UNKNOWN, True, ())

    def test_an_unknown_age_shows_the_card(self) -> None:
        rule = self.rule(unless=[asks(age_under=18)])
        found = result(rule, chart(BACK_PAIN, birth=None))
        assert (found.verdict, found.fires, found.could_not_check) == (Verdict.UNKNOWN, True, frozenset({"Patient"}))

    def test_the_age_is_not_listed_among_what_was_looked_for(self) -> None:
        rule = self.rule(unless=[asks(age_under=18), asks(condition="pregnancy")])
        assert result(rule, chart(BACK_PAIN)).not_found == (rule.unless[1],)

    def test_a_presumption_in_when_fires_and_is_named(self) -> None:
        rule = sample_rule(when=asks(meets="hip-oa"))
        found = result(rule, chart(HIP_OA, had={"Procedure": MISSING}))
        assert (found.verdict, found.fires, found.could_not_check) == (Verdict.APPLIES, True, frozenset({"Procedure"}))
        assert not found.settled


def test_what_is_looked_for_and_what_is_said() -> None:
    card = {
        "look_for": [
            {"title": "pregnancy", "if": asks(condition="pregnancy")},
            {"title": "hip X-ray", "if": asks(procedure="order_hip_xray")},
        ],
        "say": [
            {"if": asks(condition="pregnancy"), "text": "A pregnancy is on record."},
            {"if": asks(procedure="order_hip_xray"), "text": "An X-ray is on record."},
        ],
    }
    found = result(sample_rule(card=card), chart(BACK_PAIN, PREGNANCY, had={"Procedure": MISSING}))
    assert [(looked.title, looked.outcome.verdict) for looked in found.looked] == [
        ("pregnancy", Verdict.APPLIES),
        ("hip X-ray", Verdict.UNKNOWN),
    ]
    assert found.said == ("A pregnancy is on record.",)


class TestAnotherRule:
    FIRST = sample_rule(id="first", number=1, group="red-flag", when=asks(condition="fever"))
    SECOND = sample_rule(id="second", number=2, unless=[asks(fires="first")], if_exclusion_unknown="show")

    def results(self, of: Chart) -> dict[str, RuleResult]:
        found = evaluate(ruleset(self.FIRST, self.SECOND), of, hook="patient-view", now=NOW)
        return {one.rule.id: one for one in found}

    def test_a_rule_asks_what_an_earlier_one_says(self) -> None:
        assert self.results(chart(BACK_PAIN))["second"].fires
        both = self.results(chart(BACK_PAIN, condition("R50.9", 1, number=5)))
        assert both["first"].fires
        assert both["second"].verdict is Verdict.DOES_NOT_APPLY

    def test_what_the_earlier_one_could_not_check_is_not_checked_here_either(self) -> None:
        second = self.results(chart(BACK_PAIN, had={"Observation": MISSING}))["second"]
        assert (second.verdict, second.fires, second.could_not_check) == (
            Verdict.UNKNOWN,
            True,
            frozenset({"Observation"}),
        )

    def test_the_earlier_one_is_asked_even_when_it_does_not_run_itself(self) -> None:
        of = chart(BACK_PAIN, condition("R50.9", 1, number=5))
        [second] = evaluate(ruleset(self.FIRST, self.SECOND), of, hook="patient-view", now=NOW, rules=[self.SECOND])
        assert not second.fires

    def test_where_no_rule_can_be_asked_none_fires(self) -> None:
        alone = Evaluation(chart(), Clock(NOW), KNOWLEDGE.lexicon, urgent=False)
        assert FiresCriterion(fires=("first",)).evaluate(alone).verdict is Verdict.DOES_NOT_APPLY


def test_a_rule_in_short() -> None:
    rule = sample_rule(evidence=[evidence(strength="weak"), evidence(strength="strong"), evidence(strength="moderate")])
    assert rule.strength == "strong"
    assert rule.topic == "SampleRule"
    assert not rule.red_flag
    assert sample_rule(group="red-flag").red_flag
