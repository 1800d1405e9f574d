"""What the rule pages say about missing data, against what the engine does with the rules' own examples."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cds_service.pages.missing_data import (
    CANNOT_FIRE,
    CANNOT_FIRE_REFUSED,
    NOT_RUN,
    SILENCED,
    STILL_FIRES,
    when_missing,
)
from rules.examples import show
from rules.loader import load_rules
from rules.schema import Example, Given, Rule

RULESET = load_rules()
EXCLUSION_OPEN = (
    "Whether an exclusion holds can stay open (a hip examination in the last 6 months, or one ordered in the last "
    "30 days): the card is shown and says that this could not be checked."
)
LEVELS = ("critical", "warning", "info")


KINDS = {
    "condition": "Condition",
    "observation": "Observation",
    "procedure": "Procedure",
    "order": "ServiceRequest",
    "report": "DiagnosticReport",
    "study": "ImagingStudy",
    "answer": "QuestionnaireResponse",
    "medication": "MedicationRequest",
    "appointment": "Appointment",
}


def without(example: Example, kind: str) -> Example:
    """The example when nothing of the kind came."""

    def left(entries: tuple[Given, ...]) -> tuple[Given, ...]:
        return tuple(entry for entry in entries if not any(getattr(entry, key) for key in KINDS if KINDS[key] == kind))

    changed = {"missing": (*example.missing, kind), "given": left(example.given), "each": left(example.each)}
    return example.model_copy(update=changed)


def silenced() -> Iterator[tuple[Rule, str]]:
    """Each rule with each kind without which its page says that it cannot fire."""
    for rule in RULESET.rules:
        for row in when_missing(rule, RULESET):
            if row.effects[0] in SILENCED:
                yield rule, row.kind


@pytest.mark.parametrize(("rule", "kind"), tuple(silenced()), ids=lambda value: getattr(value, "id", value))
def test_no_example_fires_without_the_data_that_the_page_calls_indispensable(rule: Rule, kind: str) -> None:
    fired = [example for example in rule.examples if example.expect in LEVELS]

    assert fired
    for example in fired:
        outcomes = {shown.outcome for shown in show(rule, without(example, kind), RULESET)}
        assert outcomes.isdisjoint(LEVELS), example.name


@pytest.mark.parametrize("rule", RULESET.rules, ids=lambda rule: str(rule.id))
def test_an_example_that_fires_without_a_kind_of_data_is_not_contradicted(rule: Rule) -> None:
    rows = {row.kind: row for row in when_missing(rule, RULESET)}
    for example in rule.examples:
        if example.expect in LEVELS:
            for kind in set(example.missing) & set(rows):
                assert rows[kind].effects[0] not in SILENCED, (example.name, kind)


@pytest.mark.parametrize("rule", RULESET.rules, ids=lambda rule: str(rule.id))
def test_a_level_that_is_said_to_be_out_of_reach_is_not_reached(rule: Rule) -> None:
    for row in when_missing(rule, RULESET):
        for level in rule.levels[:-1]:
            said = f"The level {level.indicator} ({level.when.say(RULESET.lexicon)})" if level.when else None
            if said is not None and any(effect.startswith(said) for effect in row.effects):
                for example in rule.examples:
                    summaries = {shown.summary for shown in show(rule, without(example, row.kind), RULESET)}
                    assert level.summary not in summaries, (example.name, row.kind)


def test_red_flags_run_without_conditions_and_the_others_do_not() -> None:
    for rule in RULESET.rules:
        effects = {row.kind: row.effects for row in when_missing(rule, RULESET)}.get("Condition", ())
        assert (NOT_RUN in effects) == (not rule.red_flag), rule.id


@pytest.mark.parametrize(
    ("rule_id", "kind", "effect"),
    [
        ("rf-cauda-equina", "Condition", CANNOT_FIRE_REFUSED),
        ("rf-bladder-bowel", "QuestionnaireResponse", STILL_FIRES),
        ("rf-child-hip-back", "Patient", CANNOT_FIRE),
        ("hip-oa-with-lbp", "Condition", NOT_RUN),
        (
            "hip-oa-with-lbp",
            "Procedure",
            EXCLUSION_OPEN,
        ),
    ],
)
def test_the_consequences_are_said(rule_id: str, kind: str, effect: str) -> None:
    rows = {row.kind: row.effects for row in when_missing(RULESET.rule(rule_id), RULESET)}

    assert effect in rows[kind]


def test_a_rule_that_hides_says_so() -> None:
    rows = {row.kind: row.effects for row in when_missing(RULESET.rule("pt-referral"), RULESET)}

    assert any("the card is left out" in effect for effect in rows["ServiceRequest"])
    assert not any("the card is left out" in effect for effect in rows["Patient"])
