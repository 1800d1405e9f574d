"""Why a rule fired or not: what decided, what was merely asked, what was not asked at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules import Verdict, evaluate
from rules.chart import Availability, Chart
from rules.schema import Rule
from rules.trace import Ending, RuleTrace, Step, trace
from tests.lib.sample_rules import KNOWLEDGE, NOW, asks, chart, condition, level, ruleset, sample_rule

BACK_PAIN = condition("M54.50", 40)
HIP_OA = condition("M16.11", 700, number=2)
SCIATICA = condition("M54.31", 20, number=3)
MISSING, INCOMPLETE = Availability.MISSING, Availability.INCOMPLETE
APPLIES, DOES_NOT_APPLY, UNKNOWN = Verdict.APPLIES, Verdict.DOES_NOT_APPLY, Verdict.UNKNOWN
LIMP = {"answer": "limp", "is": ["yes"]}
SEVERE = {"measure": "pain-severity", "at_least": 7, "pick": "any", "within": 90}
XRAY = {"imaging": "order_hip_xray", "within": 365}


def traced(rule: Rule, of: Chart, hook: str = "patient-view") -> RuleTrace:
    """The trace of the one result of one rule."""
    rules = ruleset(rule)
    [result] = evaluate(rules, of, hook=hook, now=NOW, rules=[rule])
    return trace(result, rules, hook)


def when(of: Chart, **asked: object) -> Step:
    """The trace of a ``when``."""
    step = traced(sample_rule(when=asks(**asked)), of).when
    assert step is not None
    return step


def deciding(step: Step) -> Iterator[str]:
    """The words of the deciding leaves."""
    if step.decides and not step.parts:
        yield step.said
    for part in step.parts:
        yield from deciding(part)


def short(found: RuleTrace) -> list[str]:
    return [step.said for step in found.decided_by()]


class TestEndings:
    def test_a_rule_that_fires(self) -> None:
        found = traced(sample_rule(), chart(BACK_PAIN))
        assert (found.ending, found.fires, found.verdict) == (Ending.FIRES, True, APPLIES)
        assert found.headline == "Fires as info: active low back pain."
        assert [step.found for step in found.decided_by()] == [(BACK_PAIN,)]
        assert found.level is not None
        assert found.level.indicator == "info"

    def test_a_rule_whose_when_does_not_apply(self) -> None:
        found = traced(sample_rule(unless=[asks(condition="pregnancy")]), chart())
        assert (found.ending, found.fires, found.level) == (Ending.NOT_MET, False, None)
        assert found.headline == "Does not apply: no active low back pain."
        assert (found.unless, found.levels) == ((), ())

    def test_a_rule_whose_when_cannot_be_answered(self) -> None:
        found = traced(sample_rule(when=asks(**LIMP)), chart(had={"QuestionnaireResponse": MISSING}))
        assert (found.ending, found.verdict) == (Ending.CANNOT_TELL, UNKNOWN)
        assert found.headline == "Cannot tell, because this could not be checked: answer to 'Limp': yes (last 90 days)."
        assert found.missing == {"QuestionnaireResponse"}

    def test_a_rule_that_is_excluded_names_only_the_exclusion_that_applies(self) -> None:
        rule = sample_rule(unless=[asks(condition="sciatica"), asks(condition="hip_osteoarthritis")])
        found = traced(rule, chart(BACK_PAIN, HIP_OA))
        assert found.ending is Ending.EXCLUDED
        assert found.headline == "Does not apply, because of an exclusion: active hip osteoarthritis."
        assert [step.decides for step in found.unless] == [False, True]
        assert found.when is not None
        assert (found.when.verdict, found.when.decides) == (APPLIES, False)

    def test_a_rule_that_hides_while_an_exclusion_could_not_be_checked(self) -> None:
        rule = sample_rule(unless=[asks(condition="sciatica"), asks(**LIMP)], if_exclusion_unknown="hide")
        found = traced(rule, chart(BACK_PAIN, had={"QuestionnaireResponse": MISSING}))
        assert (found.ending, found.verdict) == (Ending.HIDDEN, UNKNOWN)
        assert found.headline == (
            "Not shown, because this could not be ruled out: answer to 'Limp': yes (last 90 days)."
        )
        assert found.not_ruled_out() == (found.unless[1],)

    def test_a_rule_that_fires_although_an_exclusion_could_not_be_checked(self) -> None:
        rule = sample_rule(unless=[asks(condition="sciatica"), asks(**LIMP)], if_exclusion_unknown="show")
        found = traced(rule, chart(BACK_PAIN, had={"QuestionnaireResponse": MISSING}))
        assert (found.ending, found.verdict) == (Ending.FIRES, UNKNOWN)
        assert found.not_ruled_out() == (found.unless[1],)
        assert found.headline == "Fires as info: active low back pain."

    def test_a_routine_rule_without_conditions_asks_nothing(self) -> None:
        found = traced(sample_rule(unless=[asks(**LIMP)]), chart(had={"Condition": MISSING}))
        assert (found.ending, found.when, found.unless, found.decided_by()) == (Ending.NOT_RUN, None, (), ())
        assert found.headline == "Not run: no list of kind Condition could be had, and without it only red flags run."

    def test_a_gate_that_stays_shut_and_one_that_opens(self) -> None:
        gate = {"patient-view": asks(condition="hip_osteoarthritis")}
        shut = traced(sample_rule(gate=gate), chart(BACK_PAIN))
        assert (shut.ending, shut.when) == (Ending.GATE, None)
        assert shut.headline == "Not for this call: no active hip osteoarthritis."
        opened = traced(sample_rule(gate=gate), chart(BACK_PAIN, HIP_OA))
        assert opened.ending is Ending.FIRES
        assert opened.gate is not None
        assert (opened.gate.found, opened.gate.decides) == ((HIP_OA,), False)

    def test_a_gate_that_could_not_be_checked(self) -> None:
        found = traced(
            sample_rule(gate={"patient-view": asks(**LIMP)}), chart(BACK_PAIN, had={"QuestionnaireResponse": MISSING})
        )
        assert (found.ending, found.verdict) == (Ending.GATE, UNKNOWN)
        assert found.missing == {"QuestionnaireResponse"}
        assert found.headline == (
            "Not for this call, because this could not be checked: answer to 'Limp': yes (last 90 days)."
        )

    def test_every_result_of_every_rule_has_a_headline(self) -> None:
        of = chart(BACK_PAIN, HIP_OA, SCIATICA, had={"Procedure": MISSING, "Observation": INCOMPLETE})
        for hook in KNOWLEDGE.hooks:
            results = evaluate(KNOWLEDGE, of, hook=hook, now=NOW)
            for result in results:
                found = trace(result, KNOWLEDGE, hook)
                assert found.fires == result.fires
                assert found.decided_by(), found.rule.id
                assert found.headline.endswith(".")


class TestWhatDecides:
    def test_an_all_that_fails_is_decided_by_the_part_that_does_not_apply(self) -> None:
        step = when(chart(BACK_PAIN), all=[{"condition": "low_back_pain"}, {"condition": "sciatica"}])
        assert list(deciding(step)) == ["no active sciatica"]
        assert [part.verdict for part in step.parts] == [APPLIES, DOES_NOT_APPLY]
        assert step.parts[0].facts == (BACK_PAIN,)
        assert step.found == ()

    def test_a_settled_no_decides_alone_and_what_follows_was_not_asked(self) -> None:
        step = when(
            chart(had={"QuestionnaireResponse": INCOMPLETE, "Procedure": INCOMPLETE}),
            all=[LIMP, {"condition": "sciatica"}, {"condition": "hip_osteoarthritis"}],
        )
        assert list(deciding(step)) == ["no active sciatica"]
        assert [part.verdict for part in step.parts] == [UNKNOWN, DOES_NOT_APPLY, None]
        assert step.parts[2].said == "not asked: active hip osteoarthritis"

    def test_presumed_noes_decide_together_when_none_is_settled(self) -> None:
        presumed: dict[str, Any] = {"meets": "mixed-picture"}
        step = when(
            chart(BACK_PAIN, had={"QuestionnaireResponse": INCOMPLETE}), all=[presumed, {"condition": "low_back_pain"}]
        )
        assert step.verdict is DOES_NOT_APPLY
        assert step.missing == {"QuestionnaireResponse"}
        assert [part.decides for part in step.parts] == [True, False]

    def test_an_all_that_is_unknown_is_decided_by_what_could_not_be_checked(self) -> None:
        step = when(
            chart(BACK_PAIN, had={"QuestionnaireResponse": MISSING}), all=[{"condition": "low_back_pain"}, LIMP]
        )
        assert [part.decides for part in step.parts] == [False, True]

    def test_an_all_that_applies_needs_every_part(self) -> None:
        step = when(chart(BACK_PAIN, SCIATICA), all=[{"condition": "low_back_pain"}, {"condition": "sciatica"}])
        assert step.found == (BACK_PAIN, SCIATICA)

    def test_an_any_is_decided_by_the_parts_that_apply(self) -> None:
        parts = [{"condition": "sciatica"}, {"condition": "low_back_pain"}, LIMP]
        step = when(chart(BACK_PAIN, had={"QuestionnaireResponse": MISSING}), any=parts)
        assert [part.decides for part in step.parts] == [False, True, False]
        assert [found.said for found in step.shortest()] == ["active low back pain"]

    def test_an_any_that_fails_needs_every_part(self) -> None:
        step = when(chart(), any=[{"condition": "sciatica"}, LIMP])
        assert list(deciding(step)) == ["no active sciatica", "no answer to 'Limp': yes (last 90 days)"]

    def test_an_any_that_is_unknown_is_decided_by_what_could_not_be_checked(self) -> None:
        step = when(chart(had={"QuestionnaireResponse": MISSING}), any=[{"condition": "sciatica"}, LIMP])
        assert [part.decides for part in step.parts] == [False, True]

    def test_nothing_decides_inside_a_part_that_does_not(self) -> None:
        inner = {"any": [{"condition": "sciatica"}, {"condition": "low_back_pain"}]}
        step = when(chart(BACK_PAIN), all=[inner, {"condition": "hip_osteoarthritis"}])
        assert list(deciding(step)) == ["no active hip osteoarthritis"]

    def test_a_negation_shows_what_it_denies(self) -> None:
        step = when(chart(BACK_PAIN), none={"condition": "low_back_pain"})
        assert (step.word, step.verdict, step.said, step.found) == (
            "not",
            DOES_NOT_APPLY,
            "active low back pain",
            (BACK_PAIN,),
        )
        [part] = step.parts
        assert (part.verdict, part.facts) == (APPLIES, (BACK_PAIN,))

    def test_a_presumed_absence_keeps_what_was_missing(self) -> None:
        step = when(chart(had={"DiagnosticReport": MISSING}), not_found=XRAY)
        assert (step.verdict, step.missing) == (APPLIES, {"DiagnosticReport"})
        assert step.said == "no hip X-ray among the reports and imaging studies in the last 12 months"
        assert step.parts[0].verdict is UNKNOWN

    def test_a_definition_stands_for_what_is_inside_it(self) -> None:
        found = traced(sample_rule(when=asks(meets="low-back-pain")), chart(BACK_PAIN))
        assert short(found) == [KNOWLEDGE.lexicon.definitions["low-back-pain"].title]
        assert found.when is not None
        [inside] = found.when.parts
        assert (inside.facts, inside.concepts) == (
            (BACK_PAIN,),
            {"low_back_pain", "back_pain_unspecified"},
        )
        assert found.when.concepts == frozenset()
        assert found.when.found == (BACK_PAIN,)


class TestLevelsAndSuggestions:
    def test_the_levels_before_the_one_taken_say_why_not(self) -> None:
        rule = sample_rule(
            level=[
                level("critical", hooks=["appointment-book"]),
                {**level("warning"), "if": asks(**SEVERE)},
                level("info"),
            ]
        )
        tried = traced(rule, chart(BACK_PAIN, had={"Observation": MISSING})).levels
        assert [(one.level.indicator, one.taken) for one in tried] == [
            ("critical", False),
            ("warning", False),
            ("info", True),
        ]
        assert (tried[0].step, tried[2].step) == (None, None)
        assert tried[1].step is not None
        assert (tried[1].step.verdict, tried[1].step.missing) == (UNKNOWN, {"Observation"})

    def test_the_level_taken_says_what_it_rests_on(self) -> None:
        rule = sample_rule(
            level=[{**level("warning"), "if": asks(condition="low_back_pain", within=90)}, level("info")]
        )
        [taken] = traced(rule, chart(BACK_PAIN)).levels
        assert taken.taken
        assert taken.step is not None
        assert (taken.step.found, taken.step.decides) == ((BACK_PAIN,), True)

    def test_a_suggestion_left_out_says_which_criterion_was_against_it(self) -> None:
        uses = [{"template": "T1"}, {"template": "T4", "if": asks(condition="sciatica")}]
        found = traced(sample_rule(level=[level("info", suggestions=uses)]), chart(BACK_PAIN))
        assert [offer.template.id for offer in found.offered] == ["T1"]
        [left] = found.not_offered
        assert (left.template.id, left.say, left.step.said) == ("T4", None, "no active sciatica")

    def test_a_reason_of_the_template_says_what_was_found(self) -> None:
        pregnant = condition("sct:77386006", 60, number=4)
        found = traced(sample_rule(level=[level("info", suggestions=[{"template": "T2"}])]), chart(BACK_PAIN, pregnant))
        [left] = found.not_offered
        assert (left.template.id, left.step.verdict, left.step.found) == ("T2", APPLIES, (pregnant,))
        assert left.say is not None
