"""Which level a card has, what decided it, and when its sentence says "possible"."""

from __future__ import annotations

from typing import Any

import pytest

from rules import RuleResult, evaluate
from rules.chart import Availability, Chart, Fact
from rules.criteria import Criterion
from rules.logic import Doubt
from rules.schema import Rule
from tests.lib.sample_rules import NOW, answer, asks, chart, condition, level, observation, ruleset, sample_rule

BACK_PAIN = condition("M54.50", 40)
MISSING = Availability.MISSING


def result(rule: Rule, of: Chart, hook: str = "patient-view") -> RuleResult:
    """The one result of one rule."""
    [found] = evaluate(ruleset(rule), of, hook=hook, now=NOW, rules=[rule])
    return found


def conditional(indicator: str, asked: Criterion, **changes: object) -> dict[str, Any]:
    """A level that is taken when ``asked`` applies."""
    return {**level(indicator), "if": asked, **changes}


class TestLevels:
    SEVERE = asks(measure="pain-severity", at_least=7, pick="any", within=90)

    def test_the_first_level_that_applies_is_taken(self) -> None:
        levels = [
            conditional("critical", asks(condition="low_back_pain", within=7)),
            conditional("warning", asks(condition="low_back_pain", within=90)),
            level("info"),
        ]
        rule = sample_rule(level=levels)
        indicators = {}
        for days in (7, 8, 90, 91):
            found = result(rule, chart(condition("M54.50", days)))
            assert found.level is not None
            indicators[days] = found.level.indicator
        assert indicators == {7: "critical", 8: "warning", 90: "warning", 91: "info"}

    def test_a_level_that_is_unknown_is_not_taken(self) -> None:
        rule = sample_rule(level=[conditional("warning", self.SEVERE), level("info")])
        found = result(rule, chart(BACK_PAIN, had={"Observation": MISSING}))
        assert found.level == rule.levels[1]

    def test_levels_of_some_hooks(self) -> None:
        rule = sample_rule(level=[level("warning", hooks=["patient-view"]), level("info")])
        assert result(rule, chart(BACK_PAIN)).level == rule.levels[0]
        assert result(rule, chart(BACK_PAIN), "appointment-book").level == rule.levels[1]
        asked = sample_rule(level=[conditional("warning", self.SEVERE, hooks=["patient-view"]), level("info")])
        score = observation("72514-3", 3, number=8)
        assert result(asked, chart(BACK_PAIN, score)).level == asked.levels[0]
        assert result(asked, chart(BACK_PAIN, score), "appointment-book").level == asked.levels[1]

    def test_what_decided_the_level_comes_first_and_nothing_twice(self) -> None:
        score = observation("72514-3", 3, number=8)
        both = asks(all=[{"condition": "low_back_pain"}, {"measure": "pain-severity", "at_least": 7, "pick": "any"}])
        rule = sample_rule(level=[conditional("warning", both), level("info")])
        other = condition("M54.59", 20, number=2)
        found = result(sample_rule(level=[conditional("warning", self.SEVERE), level("info")]), chart(BACK_PAIN, score))
        assert found.because == (score, BACK_PAIN)
        assert found.level_outcome is not None
        assert found.level_outcome.facts == (score,)
        assert result(rule, chart(BACK_PAIN, other, score)).because == (BACK_PAIN, other, score)

    def test_the_last_level_has_no_facts_of_its_own(self) -> None:
        found = result(sample_rule(), chart(BACK_PAIN))
        assert (found.level_outcome, found.because) == (None, (BACK_PAIN,))


class TestPossible:
    def doubt(self, *facts: Fact) -> Doubt:
        rule = sample_rule(
            when=asks(
                any=[{"condition": ["fai", "gtps"]}, {"answer": "limp", "is": ["yes"]}, {"condition": "groin_pain"}]
            )
        )
        return result(rule, chart(*facts, answer("limp"))).possible

    def test_a_sure_code_is_sure(self) -> None:
        assert self.doubt(condition("M70.61")) == Doubt(frozenset(), frozenset({"gtps"}))

    @pytest.mark.parametrize("verification", ["unconfirmed", "provisional", "differential"])
    def test_a_suspected_diagnosis_is_possible(self, verification: str) -> None:
        assert self.doubt(condition("M70.61", verification=verification)) == Doubt(frozenset({"gtps"}), frozenset())

    def test_a_wider_code_is_possible(self) -> None:
        assert self.doubt(condition("M25.851")) == Doubt(frozenset({"fai"}), frozenset())

    def test_a_sure_code_beside_a_wider_one_is_sure(self) -> None:
        doubt = self.doubt(condition("M25.851"), condition("sct:432473000", number=2))
        assert not doubt.covers(frozenset({"fai"}))

    def test_a_finding_as_observation_says_what_it_states(self) -> None:
        stated = condition("sct:102570003").matches
        doubt = self.doubt(observation("75325-1", 3, finding_matches=stated))
        assert doubt == Doubt(frozenset(), frozenset({"obs_symptom", "groin_pain"}))
