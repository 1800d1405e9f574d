"""What holds each decision about an unsafe or doubtful statement of a source document. One test for each decision."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from cards.models import Suggestion
from rules import load_rules
from rules.asking import Evaluation
from rules.chart import Answer, Clock
from rules.differential import Score, score
from rules.schema import Rule
from tests.lib.example_answers import hook_answers, rule_answers
from tests.lib.sample_rules import NOW, answer, chart

RULESET = load_rules()
DECISIONS = RULESET.traceability.decisions


def said(rule: Rule) -> str:
    """All that the card of a rule says on its own account, at every level."""
    levels = [text for level in rule.levels for text in (level.summary, *level.detail)]
    extra = [saying.text for saying in rule.card.say]
    return " ".join([*levels, *rule.card.detail, *extra, rule.card.recommendation, *rule.card.options])


def offers() -> Iterator[tuple[str, Suggestion]]:
    """Every suggestion of every card of every example, with the rule."""
    for rule in RULESET.rules:
        for example in rule_answers(rule.id):
            for card in example.answer["cards"]:
                for suggestion in card.get("suggestions", ()):
                    yield rule.id, suggestion


def offered_by(template: str) -> set[str]:
    uses = ((rule.id, use.template) for rule in RULESET.rules for level in rule.levels for use in level.suggestions)
    return {rule_id for rule_id, name in uses if name == template}


def test_every_decision_has_its_test() -> None:
    tested = {name.split("_")[1].upper() for name in globals() if re.match(r"test_k\d+_", name)}
    assert tested == set(DECISIONS)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_can_be_seen_where_it_says(name: str) -> None:
    decision = DECISIONS[name]
    sources = {
        source
        for rule_id in decision.rules
        for source in [
            RULESET.rule(rule_id).card.source,
            *RULESET.rule(rule_id).card.links,
            *(evidence.source for evidence in RULESET.rule(rule_id).evidence),
        ]
    }
    # K9 shows in that there is nothing to see: no drug anywhere.
    assert name == "K9" or decision.rules or decision.items or decision.templates
    assert set(decision.sources) <= sources


def test_k1_nothing_offers_plasma_or_stem_cells_and_a_warning_speaks_when_they_are_ordered() -> None:
    offered = " ".join(f"{template.label} {template.text}" for template in RULESET.templates.values())
    assert not re.search("plasma|stem cell", offered, re.IGNORECASE)
    rule = RULESET.rule("order-regenerative")
    assert [level.indicator for level in rule.levels] == ["warning"]
    assert rule.in_focus


def test_k2_a_warning_speaks_when_an_opioid_is_ordered() -> None:
    rule = RULESET.rule("order-opioid")
    assert [(level.indicator, level.hooks) for level in rule.levels] == [("info", ("order-dispatch",)), ("warning", ())]
    assert rule.in_focus


def test_k3_the_examination_comes_before_the_x_ray_and_only_emergencies_are_selected_beforehand() -> None:
    assert {name for name, template in RULESET.templates.items() if template.recommended} == {"T5", "T6"}
    for rule in RULESET.rules:
        for level in rule.levels:
            names = [use.template for use in level.suggestions]
            if "T2" in names and not rule.red_flag and "T1" in names:
                assert names.index("T1") < names.index("T2"), rule.id
    assert {rule_id for rule_id in offered_by("T2") if not RULESET.rule(rule_id).red_flag} - offered_by("T1") == {
        "ortho-referral"
    }


@pytest.mark.parametrize(
    ("answers", "stenosis", "points"),
    [
        (["sitting-relief"], False, 1),
        (["sitting-relief"], True, 0),
        (["sitting-relief", "leg-pain-below-knee", "weight-bearing-worse"], False, 0),
        (["sitting-relief", "leg-pain-below-knee"], False, 1),
        (["sitting-relief", "weight-bearing-worse"], False, 1),
    ],
)
def test_k4_relief_on_sitting_counts_nothing_when_stenosis_may_explain_it(
    answers: list[str], stenosis: bool, points: int
) -> None:
    found = scored([answer(item, "yes", 9) for item in answers], stenosis=stenosis)
    assert [one.hip for one in found.counted if one.item.id == "sitting-relief"] == [points]


def test_k5_an_injection_of_the_hip_is_offered_by_one_rule_and_called_an_option_for_specialists() -> None:
    assert offered_by("T9") == {"dual-pathology"}
    for rule_id in ("dual-pathology", "order-hip-injection"):
        assert re.search(r"option for specialists", said(RULESET.rule(rule_id)))
        assert re.search(r"image.guid", said(RULESET.rule(rule_id)))


def test_k6_half_with_back_pain_is_called_co_occurrence_and_never_cause() -> None:
    words = said(RULESET.rule("hip-oa-with-lbp"))
    assert "170 of 344" in words
    assert "co-occurrence, not cause" in words
    assert [rule.id for rule in RULESET.rules if re.search(r"\b49(\.4)?%|\bhalf of\b", said(rule))] == [
        "hip-oa-with-lbp"
    ]


def test_k7_both_numbers_are_told_wherever_a_hip_is_replaced() -> None:
    for rule_id in ("order-hip-arthroplasty", "post-arthroplasty-lbp"):
        assert "113 of 170" in said(RULESET.rule(rule_id))
        assert "35 of 174" in said(RULESET.rule(rule_id))


def test_k8_the_added_red_flags_are_those_that_the_documents_do_not_name() -> None:
    signs = {"S46", "S47", "S48"}
    added = {
        rule.id
        for rule in RULESET.rules
        if rule.red_flag and not any(signs & set(evidence.statements) for evidence in rule.evidence)
    }
    assert added == set(DECISIONS["K8"].rules)
    assert len(added) == 11


def test_k9_no_suggestion_of_any_card_is_a_drug() -> None:
    found = list(offers())
    kinds = {action["resource"]["resourceType"] for _, suggestion in found for action in suggestion["actions"]}
    assert kinds == {"ServiceRequest"}
    assert len(found) > 500
    assert not re.search(
        r"ibuprofen|naproxen|NSAID|anti-inflammator", " ".join(map(said, RULESET.rules)), re.IGNORECASE
    )


def test_k10_patients_are_referred_to_nobody_else_and_routine_care_waits_while_a_card_is_critical() -> None:
    referrals = {name for name, template in RULESET.templates.items() if template.category == "Referral"}
    assert referrals <= set(DECISIONS["K10"].templates)
    waiting = {name for name, template in RULESET.templates.items() if template.focus != "always"}
    assert waiting == {"T3", "T4", "T8", "T9", "T10"}
    labels = {RULESET.templates[name].label for name in waiting - {"T4"}}
    critical = [
        card
        for example in hook_answers()
        if any(card["indicator"] == "critical" for card in example.answer["cards"])
        for card in example.answer["cards"]
    ]
    for card in critical:
        for suggestion in card.get("suggestions", ()):
            order = suggestion["actions"][0]["resource"]
            assert not any(suggestion["label"].startswith(label) for label in labels)
            assert not (suggestion["label"].startswith("Orthopaedic") and order["priority"] == "routine")
    assert len(critical) > 100


def test_k11_exercise_is_offered_by_referral_or_education_and_nothing_is_said_about_food() -> None:
    words = " ".join(map(said, RULESET.rules))
    assert not re.search(r"turmeric|omega|nutrition|\bdiet|hydrat|squat", words, re.IGNORECASE)
    exercise = [part for part in RULESET.traceability.education.parts if part.id == "exercise"]
    assert "Ask a physiotherapist which ones suit you" in " ".join(
        line.text for part in exercise for line in part.lines
    )


def test_k12_groin_pain_alone_decides_nothing_and_its_other_causes_are_named() -> None:
    others = ("limp", "spine-stiff", "click-catch")
    alone = scored([answer("groin-pain", "yes", 9), *(answer(item, "no", 9) for item in others)])
    assert alone.hip == 2
    assert alone.result == "undetermined"
    words = said(RULESET.rule("hip-pain-with-lbp"))
    assert all(cause in words for cause in ("upper lumbar roots", "hernia", "pelvic"))


def scored(answers: list[Answer], *, stenosis: bool = False) -> Score:
    return score(Evaluation(chart(*answers), Clock(NOW), RULESET.lexicon, urgent=False), stenosis)
