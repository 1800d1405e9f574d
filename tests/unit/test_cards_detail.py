"""The detail of a card: every section of its contract, in its order, and what stands in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from cards.build import CallContext
from rules.chart import Answer, Availability, Chart, Fact, When
from rules.knowledge import LeaveOut
from rules.ruleset import RuleSet
from rules.schema import Rule
from tests.lib.sample_rules import (
    CALL,
    KNOWLEDGE,
    NOW,
    answer,
    answered,
    asks,
    chart,
    condition,
    evidence,
    level,
    ruleset,
    sample_rule,
)

LBP = condition("M54.50")
WARNING = {"indicator": "warning", "summary": "A warning"}


def detail(
    rule: Rule | RuleSet, *facts: Fact | Answer, of: Chart | None = None, call: CallContext = CALL
) -> dict[str, str]:
    """The sections of the first card by their headings; the last paragraph stands under "end"."""
    rules = ruleset(rule) if isinstance(rule, Rule) else rule
    card = answered(rules, of or chart(LBP, *facts), call)["cards"][0]
    *paragraphs, end = card["detail"].split("\n\n")
    sections: dict[str, str] = {}
    heading = ""
    for paragraph in paragraphs:
        if paragraph.startswith("**"):
            heading = paragraph.replace("*", "")
            sections[heading] = ""
        else:
            sections[heading] = f"{sections[heading]}\n\n{paragraph}".strip()
    return sections | {"end": end}


def advice(rule: Rule | RuleSet, *facts: Fact | Answer, **more: Any) -> list[str]:
    (paragraphs,) = (text for name, text in detail(rule, *facts, **more).items() if name.startswith("Advice"))
    return paragraphs.split("\n\n")


def test_the_sections_stand_in_the_order_of_the_contract() -> None:
    rule = sample_rule(
        when=asks(all=[{"condition": "low_back_pain"}, {"not": {"meets": "spine-dx"}}]),
        unless=[asks(condition="pregnancy")],
        if_exclusion_unknown="show",
        card={"look_for": [{"title": "hip pain", "if": asks(condition="hip_pain")}]},
    )

    assert list(detail(rule, of=chart(LBP, condition("M25.551"), birth=None))) == [
        "Why you see this",
        "Looked for and not found",
        "Also found",
        "Could not be checked",
        "Advice (strength: moderate)",
        "Options",
        "Evidence",
        "end",
    ]


def test_sections_without_anything_to_say_are_left_out() -> None:
    assert list(detail(sample_rule())) == [
        "Why you see this",
        "Advice (strength: moderate)",
        "Options",
        "Evidence",
        "end",
    ]


def test_the_facts_that_decided_the_level_come_first() -> None:
    rule = sample_rule(level=[WARNING | {"if": asks(condition="hip_pain")}, level()])

    why = detail(rule, condition("M25.551", 50, number=2))["Why you see this"]

    assert [line[-1] for line in why.splitlines()] == ["2", "1"]


@pytest.mark.parametrize(("group", "references"), [("red-flag", ["0", "1"]), ("routine", ["1", "0"])])
def test_undated_facts_come_first_in_red_flags_only(group: str, references: list[str]) -> None:
    why = detail(sample_rule(group=group), condition("M54.50", None, number=0))["Why you see this"]

    assert [line[-1] for line in why.splitlines()] == references


def test_a_rule_that_fires_on_what_is_absent_says_what_it_asks() -> None:
    rule = sample_rule(when=asks(none={"condition": "hip_pain"}))

    assert detail(rule)["Why you see this"].startswith("- No active ")


@pytest.mark.parametrize(
    ("birth", "words"),
    [
        (When.day(date(1960, 11, 24)), "- Age 66; Patient/p-1"),
        (When.day(date(1960, 11, 25)), "- Age 65; Patient/p-1"),
        (
            When.days(date(1960, 1, 1), date(1960, 12, 31)),
            "- Age 65 or 66 (birth date recorded only in part); Patient/p-1",
        ),
        (None, "- Age not available"),
    ],
)
def test_an_age_that_counts_is_among_the_reasons(birth: When | None, words: str) -> None:
    rule = sample_rule(when=asks(all=[{"condition": "low_back_pain"}, {"age_at_least": 65}]))

    assert detail(rule, of=chart(LBP, birth=birth))["Why you see this"].splitlines()[1:] == [words]


def test_an_age_that_only_a_level_asks_for_is_among_the_reasons() -> None:
    rule = sample_rule(level=[WARNING | {"if": asks(age_under=30)}, level()])

    assert detail(rule)["Why you see this"].splitlines()[1:] == ["- Age 66; Patient/p-1"]


def test_the_age_is_counted_in_utc_days() -> None:
    rule = sample_rule(when=asks(all=[{"condition": "low_back_pain"}, {"age_at_least": 65}]))
    late = replace(CALL, now=datetime(2026, 11, 24, 23, 30, tzinfo=timezone(timedelta(hours=-2))))

    why = detail(rule, of=chart(LBP, birth=When.day(date(1960, 11, 25))), call=late)["Why you see this"]

    assert why.splitlines()[1] == "- Age 66; Patient/p-1"
    assert late.now.astimezone(UTC).day == 25


def test_a_patient_id_is_disarmed_too() -> None:
    rule = sample_rule(when=asks(age_at_least=65))
    call = replace(CALL, patient_id="<b>_1_</b>")

    assert detail(rule, call=call)["Why you see this"] == r"- Age 66; Patient/&lt;b&gt;\_1\_&lt;/b&gt;"


def test_exclusions_that_were_looked_for_and_not_found_are_listed() -> None:
    rule = sample_rule(
        unless=[asks(age_under=18), asks(condition="pregnancy"), asks(meets="spine-dx")], if_exclusion_unknown="show"
    )

    lines = detail(rule)["Looked for and not found"].splitlines()

    assert lines == ["- No active pregnancy", "- No active lumbar radiculopathy, disc herniation or stenosis"]


def test_an_exclusion_that_could_not_be_checked_is_not_called_absent() -> None:
    rule = sample_rule(unless=[asks(procedure="hip_replacement_procedure")], if_exclusion_unknown="show")

    sections = detail(rule, of=chart(LBP, had={"Procedure": Availability.MISSING}))

    assert "Looked for and not found" not in sections
    first, second = sections["Could not be checked"].splitlines()
    assert first == "- Procedures not available (not sent)"
    assert second.startswith("- Not ruled out: completed ")
    assert second.endswith("(procedures)")


def test_an_unknown_age_is_said_once() -> None:
    rule = sample_rule(unless=[asks(age_under=18)], if_exclusion_unknown="show")

    assert detail(rule, of=chart(LBP, birth=None))["Could not be checked"] == (
        "- Age not available (no readable birth date)"
    )


LOOK_FOR = {"look_for": [{"title": "Saddle numbness", "if": asks(condition="saddle_anaesthesia")}]}


def test_what_a_reader_wants_to_know_is_said_as_not_found() -> None:
    assert detail(sample_rule(card=LOOK_FOR))["Looked for and not found"] == "- Saddle numbness: nothing on record"


def test_what_a_reader_wants_to_know_is_said_as_found_with_its_facts() -> None:
    rule = sample_rule(card={"look_for": [{"title": "hip pain", "if": asks(condition="hip_pain")}]})
    found = [condition("M25.551", days, number=days) for days in (2, 3, 4, 5)]

    (line,) = detail(rule, *found)["Also found"].splitlines()

    assert line.startswith("- Hip pain: Pain in right hip (ICD-10-CM M25.551), 2026-11-22; Condition/c-2; ")
    assert line.count("Condition/c-") == 3


def test_facts_that_stand_above_are_not_repeated_below() -> None:
    rule = sample_rule(card={"look_for": [{"title": "back pain", "if": asks(condition="low_back_pain")}]})

    assert "Also found" not in detail(rule)


def test_what_holds_without_any_entry_of_the_record_is_said_by_its_name() -> None:
    rule = sample_rule(card={"look_for": [{"title": "age of 18 or more", "if": asks(age_at_least=18)}]})

    assert detail(rule)["Also found"] == "- Age of 18 or more"


def test_what_a_reader_wants_to_know_is_said_as_not_checked() -> None:
    sections = detail(sample_rule(card=LOOK_FOR), of=chart(LBP, had={"Observation": Availability.FAILED}))

    assert "Looked for and not found" not in sections
    assert sections["Could not be checked"].splitlines() == [
        "- Observations not available (could not be looked up)",
        "- Saddle numbness (observations)",
    ]


def test_the_advice_holds_everything_in_its_order() -> None:
    template = KNOWLEDGE.templates["T1"]
    left_out = template.model_copy(
        update={
            "id": "X1",
            "leave_out": (LeaveOut.model_validate({"if": asks(condition="low_back_pain"), "say": "Left out."}),),
        }
    )
    silent = left_out.model_copy(
        update={"id": "X2", "leave_out": (LeaveOut.model_validate({"if": asks(condition="low_back_pain")}),)}
    )
    rule = sample_rule(
        level=[level(detail=["Of the level."], suggestions=[{"template": name} for name in ("X1", "X2")])],
        card={
            "say": [
                {"if": asks(condition="low_back_pain"), "text": "Said."},
                {"if": asks(condition="fever"), "text": "Unsaid."},
            ]
        },
    )
    rules = replace(ruleset(rule), templates={"X1": left_out, "X2": silent})

    assert advice(rules) == [
        "A focused examination can help.",
        "A paragraph about it.",
        "Of the level.",
        "Said.",
        "Left out.",
    ]


def test_the_strength_of_the_advice_is_said() -> None:
    weak, strong = evidence(strength="weak"), evidence(strength="strong")

    assert "Advice (strength: strong)" in detail(sample_rule(evidence=[weak, strong]))
    assert "Advice (strength: weak)" in detail(sample_rule(evidence=[weak]))


@pytest.mark.parametrize(
    ("hook", "indicator", "said"),
    [
        ("appointment-book", "critical", True),
        ("appointment-book", "warning", False),
        ("patient-view", "critical", False),
    ],
)
def test_a_booked_slot_is_called_too_late_on_critical_cards(hook: str, indicator: str, said: bool) -> None:
    rule = sample_rule(group="red-flag", level=[level(indicator)])

    paragraphs = advice(rule, call=replace(CALL, hook=hook))

    assert ("The booked slot is too late for this problem." in paragraphs) is said


@pytest.mark.parametrize(("verification", "word"), [("confirmed", "Arthritis"), ("provisional", "Possible arthritis")])
def test_a_suspected_diagnosis_is_called_possible_in_the_detail_too(verification: str, word: str) -> None:
    rule = sample_rule(card={"detail": ["[possible: low_back_pain] Arthritis of the hip."]})

    assert advice(rule, of=chart(condition("M54.50", verification=verification)))[1] == f"{word} of the hip."


def test_suggestions_that_could_not_be_checked_are_named_with_what_was_missing() -> None:
    rule = sample_rule(level=[level(suggestions=[{"template": name} for name in ("T1", "T2", "T3")])])
    of = chart(LBP, had={"Procedure": Availability.MISSING})

    assert advice(rule, of=of)[-1] == (
        "Hip X-ray, Physiotherapy referral: offered although procedures were not wholly available."
    )


def test_a_side_that_the_record_leaves_open_is_to_be_confirmed() -> None:
    rule = sample_rule(
        when=asks(meets="hip-oa"),
        level=[level(suggestions=[{"template": "T1"}])],
        card={"side_of": [asks(meets="hip-oa")]},
    )

    said = "The record does not settle which side is concerned: confirming it first is advised."
    assert said in advice(rule, condition("M16.9"))
    assert said not in advice(rule, condition("M16.11"))


def test_the_options_are_listed() -> None:
    assert detail(sample_rule())["Options"] == "- Examine the hip.\n- Take no action."


def test_the_evidence_says_honestly_how_far_it_was_read() -> None:
    rule = sample_rule(
        evidence=[
            evidence(statements=["S1", "S2"], locator="1.1.1"),
            evidence(certainty="very-low", state="partly-verified", paraphrase="Half read"),
            evidence(state="unverified", source="doc-a"),
        ]
    )

    assert detail(rule)["Evidence"].splitlines() == [
        (
            "- NICE NG226: Examining first is reasonable "
            "(strength moderate; certainty low; S1, S2; 1.1.1; checked in the original)."
        ),
        "- NICE NG226: Half read (strength moderate; certainty very low; only partly re-read in the original).",
        (
            "- Source document A: Examining first is reasonable "
            "(strength moderate; certainty low; not re-read in the original)."
        ),
    ]


def test_the_end_names_rule_versions_review_and_the_moment_of_the_data() -> None:
    assert detail(sample_rule())["end"] == (
        f"Rule sample-rule, version 1.2.3, knowledge {KNOWLEDGE.version}, not yet reviewed by a clinician. "
        "Data as of 2026-11-24 10:15 UTC. For a clinician to weigh; nothing is ordered automatically."
    )


def test_a_reviewed_rule_names_its_reviewer() -> None:
    review = {"state": "reviewed", "reviewer": "Dr A. Example", "reviewed_on": "2026-11-01"}

    assert "reviewed by Dr A. Example on 2026-11-01" in detail(sample_rule(review=review))["end"]


def test_a_rule_that_reads_the_score_shows_it() -> None:
    rule = sample_rule(when=asks(any=[{"condition": "low_back_pain"}, {"meets": "hip-likely"}]))

    sections = detail(rule, answer("groin-pain"))

    assert list(sections)[:2] == ["Why you see this", "Hip or spine score"]
    assert sections["Hip or spine score"].startswith("- Hip 2, spine 0: ")
    assert "Hip or spine score" not in detail(rule)
    assert "Hip or spine score" not in detail(sample_rule(), answer("groin-pain"))


def test_the_moment_of_the_data_is_that_of_the_call() -> None:
    assert (
        "Data as of 2026-11-24 11:15 UTC."
        in detail(sample_rule(), call=replace(CALL, now=NOW + timedelta(hours=1)))["end"]
    )
