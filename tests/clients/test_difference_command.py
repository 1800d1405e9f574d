"""``hip-spine rules diff`` as it is typed: what it prints, and the status that says whether advice changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cds_service.cli import app
from cds_service.samples import SAMPLES
from rules import KnowledgeDirectory
from tests.lib.knowledge_copy import edit, knowledge_copy


def run(old: KnowledgeDirectory, new: KnowledgeDirectory, *options: str) -> Result:
    return CliRunner().invoke(app, ["rules", "diff", str(old.root), str(new.root), *options])


@pytest.fixture
def old(tmp_path: Path) -> KnowledgeDirectory:
    return knowledge_copy(tmp_path / "old")


@pytest.fixture
def new(tmp_path: Path) -> KnowledgeDirectory:
    return knowledge_copy(tmp_path / "new")


def test_the_same_knowledge_gives_status_0(old: KnowledgeDirectory, new: KnowledgeDirectory) -> None:
    result = run(old, new)
    assert result.exit_code == 0
    assert result.output.endswith("\n\nAdvice changes: no.\n")


def test_a_comment_and_a_signature_change_no_advice(old: KnowledgeDirectory, new: KnowledgeDirectory) -> None:
    edit(
        new.rules / "gtps-with-lbp.toml",
        'state = "unreviewed"',
        '# Signed.\nstate = "reviewed"\nreviewer = "A"\nreviewed_on = 2026-11-30\nnext_review = 2027-11-30',
    )
    assert run(old, new).exit_code == 0


def test_a_window_is_told_with_examples_and_sample_patients(old: KnowledgeDirectory, new: KnowledgeDirectory) -> None:
    edit(
        new.rules / "gtps-with-lbp.toml",
        'all = [{ condition = "gtps" }',
        'all = [{ condition = "gtps", within = 30 }',
    )

    result = run(old, new)

    assert result.exit_code == 1
    assert (
        "  when.all\n"
        "    - active greater trochanteric pain syndrome\n"
        "    + active greater trochanteric pain syndrome in the last 30 days\n"
    ) in result.output
    assert (
        "  example: Right trochanteric pain and low back pain\n"
        "    - info with T1 routine right, T3 routine\n"
        "    + does_not_apply\n"
    ) in result.output
    assert result.output.endswith("Advice changes: yes, of 1 rule: gtps-with-lbp.\n")


def test_a_code_list_names_its_rows_and_the_rules_that_use_it(old: KnowledgeDirectory, new: KnowledgeDirectory) -> None:
    path = new.codelists / "fai.csv"
    first, gone, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([first, *rest]), encoding="utf-8")

    result = run(old, new)

    assert result.exit_code == 1
    assert "\ncode list fai, used by " in result.output
    assert f"\n    - icd-10-cm {gone.split(',')[1]} " in result.output


def test_a_new_rule_a_gone_rule_and_the_patients_that_notice(old: KnowledgeDirectory, new: KnowledgeDirectory) -> None:
    (new.rules / "hip-oa-with-lbp.toml").rename(new.rules / "another.toml")
    for path in new.rules.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"hip-oa-with-lbp"', '"another"'), encoding="utf-8")

    result = run(old, new)

    assert result.exit_code == 1
    assert "\nnew: another " in result.output
    assert "\ngone: hip-oa-with-lbp " in result.output
    assert "\n  hip-oa-with-back-pain\n    another: no card -> " in result.output


def test_json_holds_the_same(old: KnowledgeDirectory, new: KnowledgeDirectory) -> None:
    edit(
        new.rules / "hip-oa-with-lbp.toml",
        'if_exclusion_unknown = "show"',
        'if_exclusion_unknown = "hide"',
    )

    result = run(old, new, "--json")

    assert result.exit_code == 1
    found = json.loads(result.output)
    assert found["advice_changes"] is True
    assert found["rules_with_other_advice"] == ["hip-oa-with-lbp"]
    (rule,) = [rule for rule in found["rules"] if rule["settings"]]
    assert rule["id"] == "hip-oa-with-lbp"
    assert rule["settings"] == [{"place": "if_exclusion_unknown", "old": "show", "new": "hide"}]
    assert set(found["patients"]) <= {sample.name for sample in SAMPLES}


def test_a_directory_with_a_fault_cannot_be_compared(old: KnowledgeDirectory, new: KnowledgeDirectory) -> None:
    shutil.rmtree(new.codelists)
    result = run(old, new)
    assert result.exit_code == 2
    assert "has no folder 'codelists'" in " ".join(result.output.split())


def test_a_hook_without_a_rule_is_told(old: KnowledgeDirectory, new: KnowledgeDirectory) -> None:
    """Without any rule for a hook there is no service for it, and its sample patients get no answer at all."""
    for path in new.rules.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('\nstatus = "active"\n', '\nstatus = "retired"\n'), encoding="utf-8")
    result = run(old, new)
    assert result.exit_code == 1
    assert "    answer: no card -> no service for this hook\n" in result.output
