"""Which suggestions a rule offers, with which priority and side, and which it leaves out and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rules import RuleResult, evaluate
from rules.chart import Availability, Chart
from rules.schema import Rule
from tests.lib.sample_rules import KNOWLEDGE, NOW, asks, chart, condition, level, ruleset, sample_rule

BACK_PAIN = condition("M54.50", 40)
HIP_OA = condition("M16.11", 700, number=2)
PREGNANCY = condition("sct:77386006", 60, number=3)
MISSING = Availability.MISSING


def result(rule: Rule, of: Chart) -> RuleResult:
    """The one result of one rule."""
    [found] = evaluate(ruleset(rule), of, hook="patient-view", now=NOW, rules=[rule])
    return found


def offers(rule: Rule, of: Chart) -> list[tuple[str, str, str]]:
    """Template, priority and sides of what a rule offers."""
    return [
        (offer.template.id, offer.priority, " ".join(sorted(offer.sides))) for offer in result(rule, of).suggestions
    ]


def with_offer(*uses: dict[str, Any], **changes: object) -> Rule:
    """A rule with these suggestions that takes the side of hip osteoarthritis."""
    return sample_rule(level=[level(suggestions=list(uses))], card={"side_of": [asks(meets="hip-oa")]}, **changes)


def test_priority_and_side() -> None:
    rule = with_offer({"template": "T1"}, {"template": "T2", "priority": "urgent"}, {"template": "T5"})
    assert offers(rule, chart(BACK_PAIN, HIP_OA)) == [
        ("T1", "routine", "right"),
        ("T2", "urgent", "right"),
        ("T5", "stat", ""),
    ]


def test_the_first_criterion_of_side_of_that_applies_gives_the_side() -> None:
    rule = with_offer({"template": "T1"})
    sides = [asks(meets="hip-oa"), asks(meets="hip-pain")]
    rule = rule.model_copy(update={"card": rule.card.model_copy(update={"side_of": tuple(sides)})})
    pain = condition("M25.552", number=4)
    assert offers(rule, chart(BACK_PAIN, HIP_OA, pain)) == [("T1", "routine", "right")]
    assert offers(rule, chart(BACK_PAIN, pain)) == [("T1", "routine", "left")]
    assert offers(rule, chart(BACK_PAIN)) == [("T1", "routine", "")]


def test_notes_of_the_template_and_of_the_rule() -> None:
    [offer] = result(with_offer({"template": "T6", "notes": ["Whole spine."]}), chart(BACK_PAIN)).suggestions
    assert offer.notes == (*KNOWLEDGE.templates["T6"].notes, "Whole spine.")


def test_a_template_is_left_out_and_the_card_says_why() -> None:
    found = result(with_offer({"template": "T1"}, {"template": "T2"}), chart(BACK_PAIN, PREGNANCY))
    assert [offer.template.id for offer in found.suggestions] == ["T1"]
    [left] = found.left_out
    assert left.template.id == "T2"
    assert left.because.facts == (PREGNANCY,)
    assert left.say == KNOWLEDGE.templates["T2"].leave_out[0].say


def test_some_reasons_hold_for_one_group_of_rules_only() -> None:
    image = asks(imaging="order_hip_xray")
    xray = KNOWLEDGE.templates["T2"]
    reason = xray.leave_out[0].model_copy(update={"when": image, "groups": ("routine",)})
    rules = ruleset(with_offer({"template": "T2"}), with_offer({"template": "T2"}, group="red-flag", id="flag"))
    changed = xray.model_copy(update={"leave_out": (reason,)})
    rules = replace(rules, templates={**rules.templates, "T2": changed})
    of = chart(BACK_PAIN, had={"ImagingStudy": MISSING})
    routine, flag = (evaluate(rules, of, hook="patient-view", now=NOW, rules=[rule])[0] for rule in rules.rules)
    assert [offer.not_checked for offer in routine.suggestions] == [{"ImagingStudy"}]
    assert [offer.not_checked for offer in flag.suggestions] == [frozenset()]


def test_what_might_have_left_it_out_and_could_not_be_checked() -> None:
    rule = with_offer({"template": "T1"}, {"template": "T5"})
    found = result(rule, chart(BACK_PAIN, had={"ServiceRequest": MISSING}))
    assert [(offer.template.id, offer.not_checked) for offer in found.suggestions] == [
        ("T1", {"ServiceRequest"}),
        ("T5", frozenset()),
    ]


def test_a_suggestion_with_a_condition_of_its_own() -> None:
    rule = with_offer({"template": "T1", "if": asks(meets="hip-oa")}, {"template": "T5"})
    assert [name for name, _, _ in offers(rule, chart(BACK_PAIN, HIP_OA))] == ["T1", "T5"]
    found = result(rule, chart(BACK_PAIN))
    assert [offer.template.id for offer in found.suggestions] == ["T5"]
    assert [(left.template.id, left.say) for left in found.left_out] == [("T1", None)]


def test_a_side_to_be_confirmed_is_said_only_with_a_suggestion_that_has_a_side() -> None:
    unsided = condition("sct:239872002", 700, number=2)
    assert result(with_offer({"template": "T1"}), chart(BACK_PAIN, unsided)).notes == ("confirm-side",)
    assert result(with_offer({"template": "T5"}), chart(BACK_PAIN, unsided)).notes == ()
    assert result(with_offer({"template": "T1"}), chart(BACK_PAIN, HIP_OA)).notes == ()
    assert result(with_offer({"template": "T2"}), chart(BACK_PAIN, unsided, PREGNANCY)).notes == ()
