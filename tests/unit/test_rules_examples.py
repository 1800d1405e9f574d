"""How an example's chart is read: what each entry becomes, its date, and the words for what a rule shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from rules.chart import (
    Answer,
    Appointment,
    Availability,
    Chart,
    Condition,
    Fact,
    Imaging,
    Medication,
    Observation,
    Order,
    Procedure,
    When,
)
from rules.examples import NOW, Shown, charts, met, show
from rules.schema import Example
from tests.lib.sample_rules import KNOWLEDGE, LISTS, asks, level, ruleset, sample_rule


def example(*given: dict[str, Any], expect: str = "info", **changes: object) -> Example:
    return Example.model_validate({"name": "An example", "given": list(given), "expect": expect, **changes})


def chart(*given: dict[str, Any], **changes: object) -> Chart:
    [found] = charts(Example.model_validate({"name": "One", "given": given, "expect": "info", **changes}), LISTS)
    return found


def only_fact(of: Chart) -> Fact:
    [fact] = {id(fact): fact for facts in of.by_concept.values() for fact in facts}.values()
    return fact


@pytest.mark.parametrize(
    ("entry", "kind", "reference", "status"),
    [
        ({"condition": "icd-10-cm:M54.50"}, Condition, "Condition/1", None),
        ({"observation": "loinc:72514-3", "value": 7}, Observation, "Observation/1", "final"),
        ({"procedure": "sct:783628002"}, Procedure, "Procedure/1", "completed"),
        ({"order": "sct:308447003"}, Order, "ServiceRequest/1", "active"),
        ({"report": "loinc:37721-8"}, Imaging, "DiagnosticReport/1", "final"),
        ({"study": "loinc:37721-8", "status": "available"}, Imaging, "ImagingStudy/1", "available"),
        ({"medication": "rxnorm:8640"}, Medication, "MedicationRequest/1", "active"),
        ({"appointment": "sct:308482002"}, Appointment, "Appointment/1", "proposed"),
    ],
)
def test_what_an_entry_becomes(entry: dict[str, Any], kind: type[Fact], reference: str, status: str | None) -> None:
    fact = only_fact(chart(entry))
    assert type(fact) is kind
    assert fact.reference == reference
    assert fact.reference.startswith(fact.kind)
    assert fact.status == status


def test_a_condition_is_active_and_confirmed_unless_the_example_says_otherwise() -> None:
    usual = only_fact(chart({"condition": "icd-10-cm:M54.50"}))
    assert isinstance(usual, Condition)
    assert (usual.clinical, usual.verification, usual.abated, usual.new) == ("active", "confirmed", False, False)
    other = only_fact(chart({"condition": "icd-10-cm:M54.50", "clinical": "", "abated": True, "new": True}))
    assert isinstance(other, Condition)
    assert (other.clinical, other.abated, other.new) == (None, True, True)


def test_an_order_of_the_hook_is_a_draft_too() -> None:
    entry = {"order": "sct:308447003", "judged": True, "priority": "stat", "words": "hip", "reasons": ["hip_pain"]}
    order = only_fact(chart(entry))
    assert isinstance(order, Order)
    assert (order.judged, order.draft, order.priority) == (True, True, "stat")
    assert (order.words, order.reasons) == ("hip", frozenset({"hip_pain"}))
    drug = only_fact(chart({"medication": "rxnorm:8640", "draft": True, "intent": "plan", "do_not_perform": True}))
    assert isinstance(drug, Medication)
    assert (drug.judged, drug.draft, drug.intent, drug.do_not_perform) == (False, True, "plan", True)


def test_a_finding_is_present_without_a_value_or_with_true() -> None:
    for value, present in ((None, True), ("true", True), ("no", False), (3, False)):
        entry = {"observation": "sct:102570003"} | ({} if value is None else {"value": value})
        assert bool(chart(entry).findings) is present


def test_every_coding_and_every_body_site_is_read() -> None:
    sites = ["24028007", "7771000", "29836001"]
    fact = only_fact(chart({"condition": "sct:239872002", "also_coded": ["icd-10-cm:M54.50"], "body_sites": sites}))
    assert [match.concept for match in fact.matches] == ["hip_osteoarthritis", "low_back_pain"]
    assert fact.body_sites == set(sites)
    assert fact.body_sides == {"left", "right"}
    both = only_fact(chart({"condition": "sct:239872002", "body_sites": ["51440002"]}))
    assert both.body_sides == {"left", "right"}


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ({}, None),
        ({"undated": True}, None),
        ({"days_ago": 0}, When.day(NOW.date())),
        ({"days_ago": 90}, When.day(date(2026, 8, 26))),
        ({"hours_ago": 72}, When.instant(datetime(2026, 11, 21, 15, 0, tzinfo=UTC))),
        ({"date": "2026"}, When.days(date(2026, 1, 1), date(2026, 12, 31))),
        ({"date": "2026-11"}, When.days(date(2026, 11, 1), date(2026, 11, 30))),
        ({"date": "2025-12"}, When.days(date(2025, 12, 1), date(2025, 12, 31))),
        ({"date": "2024-02"}, When.days(date(2024, 2, 1), date(2024, 2, 29))),
        ({"date": "2026-11-24"}, When.day(date(2026, 11, 24))),
    ],
)
def test_the_date_of_an_entry(said: dict[str, Any], when: When | None) -> None:
    assert only_fact(chart({"condition": "icd-10-cm:M54.50", **said})).when == when


def test_answers() -> None:
    [word] = chart({"answer": "limp", "value": "yes", "days_ago": 3}).answers["limp"]
    assert word == Answer(
        reference="QuestionnaireResponse/1", item="limp", word="yes", when=When.day(NOW.date() - timedelta(days=3))
    )
    [number] = chart({"answer": "severity-0-10", "value": 7}).answers["severity-0-10"]
    assert (number.word, number.number) == (None, 7)
    [day] = chart({"answer": "onset-date", "answered_date": 7, "in_group": "history"}).answers["onset-date"]
    assert (day.date, day.groups) == (When.day(NOW.date() - timedelta(days=7)), ("history",))


def test_the_patient() -> None:
    assert chart().patient.ages(NOW.date()) == (60, 60)
    assert chart(age=17).patient.ages(NOW.date()) == (17, 17)
    assert chart(age=None).patient.ages(NOW.date()) is None
    assert chart(birth_date="2008-11").patient.ages(NOW.date()) == (17, 18)
    assert chart(missing=["Patient"]).patient.ages(NOW.date()) is None
    assert chart(deceased=True).patient.deceased


def test_every_kind_is_complete_unless_it_is_missing() -> None:
    of = chart(missing=["Procedure"])
    assert of.had("Procedure") is Availability.MISSING
    assert of.had("Appointment") is Availability.COMPLETE


def test_each_entry_of_each_is_added_in_turn() -> None:
    given = {"condition": "icd-10-cm:M54.50"}
    each = [{"condition": "icd-10-cm:M16.11"}, {"condition": "icd-10-cm:M70.61"}]
    found = [sorted(concept for _, concept in of.by_concept) for of in charts(example(given, each=each), LISTS)]
    assert found == [["hip_osteoarthritis", "low_back_pain"], ["gtps", "low_back_pain"]]


SUMMARY = "Low back pain is on record"
BACK_PAIN = {"condition": "icd-10-cm:M54.50", "days_ago": 40}


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, Shown("info", ("T1 routine right", "T5 stat"), SUMMARY)),
        ({"given": [BACK_PAIN]}, Shown("info", ("T1 routine", "T5 stat"), SUMMARY)),
        (
            {"given": [BACK_PAIN, {"condition": "icd-10-cm:M16.0", "days_ago": 3}]},
            Shown("info", ("T1 routine both", "T5 stat"), SUMMARY),
        ),
        ({"given": []}, Shown("does_not_apply", ())),
        ({"missing": ["Condition"], "given": []}, Shown("unknown", ())),
        ({"each": [{"condition": "sct:77386006"}]}, Shown("excluded", ())),
        ({"deceased": True}, Shown("does_not_apply", ())),
    ],
)
def test_what_a_rule_shows(changes: dict[str, Any], shown: Shown) -> None:
    rule = sample_rule(
        unless=[asks(condition="pregnancy")],
        if_exclusion_unknown="hide",
        level=[level(suggestions=[{"template": "T1"}, {"template": "T5"}])],
        card={"side_of": [asks(meets="hip-oa")]},
    )
    given = changes.pop("given", [BACK_PAIN, {"condition": "icd-10-cm:M16.11", "days_ago": 700}])
    assert show(rule, example(*given, **changes), ruleset(rule)) == (shown,)


def test_what_a_definition_says() -> None:
    both = example({"condition": "icd-10-cm:M16.0", "days_ago": 40}, expect="applies")
    assert met("hip-oa", both, KNOWLEDGE) == (Shown("applies", ("both",)),)
    assert met("hip-oa", example(expect="does_not_apply"), KNOWLEDGE) == (Shown("does_not_apply", ()),)
    undated = {"condition": "icd-10-cm:R50.9", "undated": True}
    assert met("fever", example(undated), KNOWLEDGE)[0].outcome == "does_not_apply"
    assert met("fever", example(undated, urgent=True), KNOWLEDGE)[0].outcome == "applies"
