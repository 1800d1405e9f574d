"""What a new rule or code list starts from."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date

import pytest

from rules.checks import TO_FILL_IN
from rules.codelists import CatalogueEntry
from rules.loader import INSIDE, load_rules
from rules.skeleton import UncopyableRuleError, like_rule, new_codelist, new_concept, new_rule, next_number
from tests.lib.broken_knowledge import small_rules

RULESET = load_rules()
TODAY = date(2026, 11, 24)


def test_the_next_number_follows_the_highest() -> None:
    assert next_number(RULESET) == max(rule.number for rule in RULESET.rules) + 1
    assert next_number(replace(RULESET, rules=())) == 1


def test_a_skeleton_takes_what_the_knowledge_has() -> None:
    """The small knowledge has neither OR-GEN nor the usual sources."""
    table = tomllib.loads(new_rule("a", "routine", "hip_pain", small_rules(), TODAY))
    assert table["card"]["override_reasons"] == "OR"
    assert table["card"]["source"] == "guideline"
    assert table["history"][0]["on"] == TODAY


def test_the_examples_of_a_skeleton_use_a_code_that_means_no_more_than_the_list() -> None:
    wide = next(
        name
        for name, concept in RULESET.lexicon.codelists.concepts.items()
        if concept.rows[0].wide and not all(row.wide for row in concept.rows)
    )
    rows = RULESET.lexicon.codelists.concepts[wide].rows
    table = tomllib.loads(new_rule("a", "routine", wide, RULESET, TODAY))
    code = table["example"][0]["given"][0]["condition"]
    assert code in {f"{row.system}:{row.code}" for row in rows if not row.wide}


@pytest.mark.parametrize("rule_id", [rule.id for rule in RULESET.rules])
def test_every_shipped_rule_can_be_copied(rule_id: str) -> None:
    text = (INSIDE.rules / f"{rule_id}.toml").read_text(encoding="utf-8")
    copy, model = tomllib.loads(like_rule("a-copy", text, RULESET, TODAY)), tomllib.loads(text)

    own = {"id": "a-copy", "number": next_number(RULESET), "version": "1.0.0", "status": "draft"}
    assert {key: copy[key] for key in own} == own
    assert copy["review"] == {"state": "unreviewed"}
    assert [change["version"] for change in copy["history"]] == ["1.0.0"]
    for key in model.keys() - own.keys() - {"review", "history"}:
        assert copy[key] == model[key]


@pytest.mark.parametrize(("old", "new"), [("number = ", "number="), ("[review]", "  [review]")])
def test_a_file_that_is_laid_out_otherwise_is_not_copied(old: str, new: str) -> None:
    text = (INSIDE.rules / "gtps-with-lbp.toml").read_text(encoding="utf-8").replace(old, new)
    with pytest.raises(UncopyableRuleError, match="at the start of a line"):
        like_rule("a-copy", text, RULESET, TODAY)


def test_a_new_code_list_has_the_columns_and_a_whole_entry() -> None:
    assert new_codelist() == "system,code,display,descendants,side,wide,status,verified_by,note\n"
    entry = tomllib.loads(new_concept("stiff_hip", 'The "stiff" hip'))["concepts"]["stiff_hip"]
    assert CatalogueEntry.model_validate(entry).title == "The 'stiff' hip"
    assert TO_FILL_IN in entry["focus"]
