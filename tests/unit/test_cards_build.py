"""The whole answer: what a card consists of, in which order, and what never happens to it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cards.build import CallContext, CardWriter, UnwritableCardError
from rules import evaluate, triage
from rules.chart import Availability
from rules.triage import Triage
from tests.lib.card_checks import card_faults
from tests.lib.sample_rules import (
    CALL,
    EVERY_KIND,
    KNOWLEDGE,
    NOW,
    answered,
    asks,
    chart,
    condition,
    level,
    ruleset,
    sample_rule,
)

LBP = condition("M54.50")
UUID = "00000000-0000-4000-8000-000000000000"


def without_uuids(value: Any) -> Any:
    """The answer with every uuid put to one value."""
    if isinstance(value, dict):
        return {key: UUID if key == "uuid" else without_uuids(part) for key, part in value.items()}
    return [without_uuids(part) for part in value] if isinstance(value, list) else value


def test_a_card_is_exactly_this() -> None:
    rule = sample_rule(level=[level("warning", suggestions=[{"template": "T5"}])], card={"links": ["nice-ng59"]})

    answer = answered(ruleset(rule), chart(LBP), public_url="https://cds.example.org/base/")

    (card,) = without_uuids(answer)["cards"]
    detail = card.pop("detail")
    (suggestion,) = card.pop("suggestions")
    assert card == {
        "uuid": UUID,
        "summary": "Low back pain is on record",
        "indicator": "warning",
        "source": {
            "label": "Hip-Spine CDS (NICE NG226)",
            "url": "https://cds.example.org/base/rules/sample-rule",
            "topic": {
                "system": "urn:hip-spine-cds:topic",
                "code": "SampleRule",
                "display": "A sample of a rule",
            },
        },
        "overrideReasons": [
            {"system": "urn:hip-spine-cds:override-reason", "code": reason.code, "display": reason.display}
            for reason in KNOWLEDGE.override_reasons["OR-GEN"]
        ],
        "links": [
            {
                "label": "Why this rule: evidence, codes and logic",
                "url": "https://cds.example.org/base/rules/sample-rule",
                "type": "absolute",
            },
            {
                "label": KNOWLEDGE.sources["nice-ng59"].title,
                "url": "https://www.nice.org.uk/guidance/ng59",
                "type": "absolute",
            },
        ],
        "extension": {
            "org.hip-spine-cds.rule": {"id": "sample-rule", "version": "1.2.3", "knowledge": KNOWLEDGE.version}
        },
        "selectionBehavior": "any",
    }
    assert detail.startswith("**Why you see this**\n\n- Low back pain (ICD-10-CM M54.50), 2026-11-14; Condition/c-1")
    resource = suggestion["actions"][0].pop("resource")
    assert suggestion == {
        "label": "Emergency referral",
        "uuid": UUID,
        "actions": [
            {
                "type": "create",
                "description": (
                    "Draft order: emergency referral (stat). Nothing is ordered until a clinician signs it."
                ),
            }
        ],
        "isRecommended": True,
    }
    assert resource["subject"] == {"reference": "Patient/p-1"}
    assert resource["reasonReference"] == [{"reference": "Condition/c-1"}]
    assert card_faults(answer) == []


def test_a_card_without_suggestions_has_no_selection_behavior() -> None:
    (card,) = answered(ruleset(sample_rule()), chart(LBP))["cards"]

    assert not card.keys() & {"suggestions", "selectionBehavior"}


def test_only_recommended_templates_are_marked_as_recommended() -> None:
    rule = sample_rule(level=[level(suggestions=[{"template": "T1"}, {"template": "T6"}])])

    (card,) = answered(ruleset(rule), chart(LBP))["cards"]

    first, second = card["suggestions"]
    assert "isRecommended" not in first
    assert second["isRecommended"] is True


def test_nothing_to_say_is_an_empty_list_and_no_extension() -> None:
    assert answered(ruleset(sample_rule()), chart()) == {"cards": []}


def test_an_empty_answer_says_what_could_not_be_had() -> None:
    of = chart(had={"Procedure": Availability.MISSING}, dropped={"Condition": ("foreign",)})

    answer = answered(ruleset(sample_rule()), of)

    assert answer["cards"] == []
    assert answer["extension"] == {
        "org.hip-spine-cds.completeness": {"missing": ["Procedure"], "dropped": {"Condition": {"foreign": 1}}}
    }


def test_what_could_not_be_checked_stands_on_every_card() -> None:
    other = sample_rule(id="other-rule", number=42)
    of = chart(LBP, had={"Procedure": Availability.FAILED})

    cards = answered(ruleset(sample_rule(), other), of)["cards"]

    assert len(cards) == 2
    assert all(
        "**Could not be checked**\n\n- Procedures not available (could not be looked up)" in card["detail"]
        for card in cards
    )


def test_the_cards_stand_in_the_order_of_the_triage() -> None:
    rules = [
        sample_rule(id="routine-info", number=41),
        sample_rule(id="routine-warning", number=42, level=[level("warning")]),
        sample_rule(id="red-info", number=43, group="red-flag"),
    ]

    cards = answered(ruleset(*rules), chart(LBP))["cards"]

    assert [card["extension"]["org.hip-spine-cds.rule"]["id"] for card in cards] == [
        "red-info",
        "routine-warning",
        "routine-info",
    ]


def test_the_same_chart_gives_the_same_answer_with_new_uuids() -> None:
    rule = sample_rule(level=[level(suggestions=[{"template": "T1"}, {"template": "T2"}])])
    facts = [condition("M54.50", days, number=days) for days in range(1, 30)]

    first, again = (answered(ruleset(rule), chart(*given)) for given in (facts, facts[::-1]))

    assert without_uuids(first) == without_uuids(again)
    assert first["cards"][0]["uuid"] != again["cards"][0]["uuid"]
    assert card_faults(first) == []


@pytest.mark.parametrize(
    ("verification", "summary"),
    [("confirmed", "Back pain: look"), ("provisional", "Possible back pain: look")],
)
def test_a_suspected_diagnosis_is_called_possible_in_the_summary(verification: str, summary: str) -> None:
    rule = sample_rule(level=[level(summary="[possible: low_back_pain] Back pain: look")])

    (card,) = answered(ruleset(rule), chart(condition("M54.50", verification=verification)))["cards"]

    assert card["summary"] == summary


def test_a_summary_of_139_characters_is_sent_whole() -> None:
    (card,) = answered(ruleset(sample_rule(level=[level(summary="x" * 139)])), chart(LBP))["cards"]

    assert card["summary"] == "x" * 139


def test_a_summary_is_never_cut() -> None:
    rules = ruleset(sample_rule(level=[level(summary="x" * 140)]))

    with pytest.raises(UnwritableCardError, match="the summary of rule sample-rule has 140 characters"):
        answered(rules, chart(LBP))


def test_a_result_without_a_level_is_an_error_and_not_silence() -> None:
    rules = ruleset(sample_rule())
    of = chart(LBP)
    (result,) = evaluate(rules, of, hook="patient-view", now=NOW)

    with pytest.raises(UnwritableCardError, match="rule sample-rule is shown without a level"):
        CardWriter(rules, public_url="https://cds.example.org").write(
            Triage((replace(result, level=None),), (), False), of, CALL, EVERY_KIND
        )


def test_a_source_without_an_address_is_no_link() -> None:
    (card,) = answered(ruleset(sample_rule(card={"links": ["doc-a"]})), chart(LBP))["cards"]

    assert len(card["links"]) == 1


def test_the_intent_of_draft_orders_is_chosen_once_for_all() -> None:
    rule = sample_rule(level=[level(suggestions=[{"template": "T1"}])])

    (card,) = answered(ruleset(rule), chart(LBP), intent="proposal")["cards"]

    action = card["suggestions"][0]["actions"][0]
    assert action["resource"]["intent"] == "proposal"
    assert action["description"].startswith("Draft proposal: ")


def test_changing_one_answer_leaves_the_next_one_alone() -> None:
    rules = ruleset(sample_rule(level=[level(suggestions=[{"template": "T2"}])], card={"links": ["nice-ng59"]}))
    of = chart(LBP)
    writer = CardWriter(rules, public_url="https://cds.example.org")
    decision = triage(evaluate(rules, of, hook="patient-view", now=NOW))
    first = writer.write(decision, of, CALL, EVERY_KIND)
    expected = json.dumps(without_uuids(first))

    def spoil(value: Any) -> None:
        for part in list(value.values() if isinstance(value, dict) else value):
            if isinstance(part, dict | list):
                spoil(part)
        value.clear()

    spoil(first)

    assert json.dumps(without_uuids(writer.write(decision, of, CALL, EVERY_KIND))) == expected


def test_hostile_text_of_the_record_does_not_get_out_of_its_line() -> None:
    text = "</li><script>alert(1)</script>\n\n# Order it now\n[click](javascript:alert(1)) @evil\u202e"
    hostile = condition("M54.50", text=text, verification=text, reference=f"Condition/{text}")
    rule = sample_rule(level=[level(suggestions=[{"template": "T1"}])])

    answer = answered(ruleset(rule), chart(hostile))

    assert card_faults(answer) == []
    (card,) = answer["cards"]
    assert "reasonReference" not in card["suggestions"][0]["actions"][0]["resource"]
    assert card["detail"].count("\n- ") == 4
    assert "Order it now" in card["detail"].splitlines()[2]


def test_a_call_without_encounter_or_practitioner_is_answered_too() -> None:
    rule = sample_rule(level=[level(suggestions=[{"template": "T1"}])], when=asks(condition="low_back_pain"))

    assert card_faults(answered(ruleset(rule), chart(LBP), CallContext("patient-view", "p-1", NOW))) == []
