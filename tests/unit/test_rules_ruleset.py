"""The rule set: which rules serve a hook, and what data they need."""

from __future__ import annotations

import pytest

from rules.criteria import DataNeed
from tests.lib.sample_rules import KNOWLEDGE, asks, level, ruleset, sample_rule


def test_only_active_rules_are_served() -> None:
    rules = ruleset(
        sample_rule(id="active", number=1, hooks=["order-sign"]),
        sample_rule(id="draft", number=2, status="draft"),
        sample_rule(id="shadow", number=3, status="shadow", hooks=["encounter-start"]),
        sample_rule(id="signed", number=4, review={"state": "reviewed", "reviewer": "A", "reviewed_on": "2026-11-24"}),
    )
    assert [rule.id for rule in rules.active] == ["active", "signed"]
    assert [rule.id for rule in rules.unreviewed] == ["active"]
    assert rules.hooks == ("order-sign", "patient-view", "appointment-book")
    assert [rule.id for rule in rules.for_hook("patient-view")] == ["signed"]
    assert rules.for_hook("encounter-start") == ()


def test_a_rule_is_found_by_its_id_whatever_its_status() -> None:
    draft = sample_rule(id="draft", status="draft")
    assert ruleset(sample_rule(), draft).rule("draft") is draft
    with pytest.raises(KeyError, match="no-rule"):
        ruleset(draft).rule("no-rule")


def needs(**changes: object) -> dict[str, frozenset[str]]:
    found = ruleset().needs([sample_rule(**changes)])
    assert [need.kind for need in found] == sorted(need.kind for need in found)
    return {need.kind: need.concepts for need in found}


def test_every_rule_needs_the_patient() -> None:
    assert ruleset().needs([]) == (DataNeed("Patient"),)
    assert needs() == {"Patient": frozenset(), "Condition": {"low_back_pain"}}


def test_needs_of_every_part_of_a_rule_are_merged_by_kind() -> None:
    found = needs(
        unless=[asks(condition="pregnancy")],
        gate={"patient-view": asks(condition="gtps", new=True)},
        level=[
            {**level("warning"), "if": asks(imaging="order_hip_mri")},
            level(suggestions=[{"template": "T5", "if": asks(order="order_pt_referral", status=["active"])}]),
        ],
        card={
            "look_for": [{"title": "fever", "if": asks(condition="fever")}],
            "say": [{"if": asks(procedure="order_hip_xray"), "text": "Seen."}],
            "side_of": [asks(condition="fai")],
        },
    )
    assert found == {
        "Patient": frozenset(),
        "Condition": {"low_back_pain", "pregnancy", "gtps", "fever", "fai"},
        "Observation": {"fever", "obs_symptom"},
        "Procedure": {"order_hip_xray"},
        "ServiceRequest": {"order_pt_referral"},
        "DiagnosticReport": {"order_hip_mri"},
        "ImagingStudy": {"order_hip_mri"},
    }


def test_what_leaves_a_suggestion_out_is_needed_by_the_groups_it_concerns() -> None:
    offered = [level(suggestions=[{"template": "T2"}])]
    assert {"DiagnosticReport", "ImagingStudy", "ServiceRequest"} <= set(needs(level=offered))
    assert set(needs(level=offered, group="red-flag")) == {"Patient", "Condition"}
    assert "pregnancy" in needs(level=offered, group="red-flag")["Condition"]


def test_a_need_for_all_of_a_kind_stays_one() -> None:
    rules = [sample_rule(when=asks(answer="limp", **{"is": ["yes"]})), sample_rule()]
    for order in (rules, rules[::-1]):
        found = {need.kind: need.concepts for need in ruleset().needs(order)}
        assert found["QuestionnaireResponse"] == frozenset()
        assert found["Condition"] == {"low_back_pain"}


def test_the_real_rules_need_no_more_than_the_kinds_there_are() -> None:
    kinds = {need.kind for need in KNOWLEDGE.needs(KNOWLEDGE.active)}
    assert kinds <= {
        "Patient",
        "Condition",
        "Observation",
        "QuestionnaireResponse",
        "Procedure",
        "ServiceRequest",
        "DiagnosticReport",
        "ImagingStudy",
        "MedicationRequest",
        "MedicationStatement",
    }
