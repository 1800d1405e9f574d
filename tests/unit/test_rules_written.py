"""Knowledge as plain values and as the TOML it was written in."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from rules import load_rules
from rules.criteria import Criterion
from rules.parser import CriterionParser
from rules.schema import Change, Review
from rules.vocabulary import DEFINITION_CRITERIA, RULE_CRITERIA
from rules.written import inline, leaves, plain, table

RULESET = load_rules()
CRITERIA = [
    pytest.param(criterion, RULE_CRITERIA, id=f"{rule.id}: {place}")
    for rule in RULESET.rules
    for place, criterion in rule.criteria().items()
] + [
    pytest.param(definition.criterion, DEFINITION_CRITERIA, id=name)
    for name, definition in RULESET.lexicon.definitions.items()
]


@pytest.mark.parametrize(("criterion", "words"), CRITERIA)
def test_a_criterion_shown_as_toml_reads_as_the_same_criterion(
    criterion: Criterion, words: dict[str, type[Criterion]]
) -> None:
    shown = tomllib.loads(f"criterion = {inline(table(criterion))}")["criterion"]

    parser = CriterionParser(words)
    assert parser.parse(shown, "shown", "") == criterion
    assert parser.faults == []


def test_defaults_are_left_out_and_a_choice_of_keys_is_kept() -> None:
    review = Review(state="reviewed", reviewer="A", reviewed_on=date(2026, 11, 24))

    assert table(review) == {"state": "reviewed", "reviewer": "A", "reviewed_on": "2026-11-24"}
    assert table(review, ("reviewer", "next_review")) == {"reviewer": "A"}


def test_plain_values() -> None:
    change = Change(version="1.0.0", on=date(2026, 1, 2), text="First.", advice_changes=True)
    assert plain({"sides": frozenset({"right", "left"}), "change": (change,)}) == {
        "sides": ["left", "right"],
        "change": [{"version": "1.0.0", "on": "2026-01-02", "text": "First.", "advice_changes": True}],
    }


def test_the_leaves_of_a_value_have_their_places() -> None:
    value = {"title": "A", "level": [{"summary": "B", "detail": []}, {"summary": "C", "detail": ["D"]}]}
    assert leaves(value) == {
        "title": "A",
        "level[0].summary": "B",
        "level[1].summary": "C",
        "level[1].detail[0]": "D",
    }
