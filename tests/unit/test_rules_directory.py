"""Where a knowledge base stands: the one inside, a copy, and what is said about a directory that is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rules import KnowledgeDirectory, KnowledgeFaults, load_knowledge, read_knowledge
from rules.loader import INSIDE


def test_the_knowledge_inside_is_a_knowledge_directory() -> None:
    assert INSIDE.faults() == ()
    assert INSIDE.versions.parent == INSIDE.root


def test_a_copy_reads_as_the_same_knowledge(tmp_path: Path) -> None:
    copy = KnowledgeDirectory(tmp_path)
    shutil.copytree(INSIDE.rules, copy.rules)
    shutil.copytree(INSIDE.codelists, copy.codelists)

    ruleset = load_knowledge(copy)

    assert [rule.id for rule in ruleset.rules] == [rule.id for rule in load_knowledge().rules]


def test_the_code_lists_are_those_of_the_directory(tmp_path: Path) -> None:
    copy = KnowledgeDirectory(tmp_path)
    shutil.copytree(INSIDE.rules, copy.rules)
    shutil.copytree(INSIDE.codelists, copy.codelists)
    (copy.codelists / "gtps.csv").unlink()

    _, faults = read_knowledge(copy)

    assert "codelists/catalogue.toml: concepts.gtps: there is no file gtps.csv" in map(str, faults)


def test_a_directory_without_the_folders_names_both(tmp_path: Path) -> None:
    ruleset, faults = read_knowledge(KnowledgeDirectory(tmp_path))

    assert ruleset is None
    assert [fault.message.partition(";")[0] for fault in faults] == [
        "has no folder 'hip_spine'",
        "has no folder 'codelists'",
    ]
    assert {fault.nearest for fault in faults} == {None}


def test_a_checkout_in_place_of_its_knowledge_directory_is_told_the_right_one(tmp_path: Path) -> None:
    for folder in ("hip_spine", "codelists"):
        (tmp_path / "rules" / folder).mkdir(parents=True)

    with pytest.raises(KnowledgeFaults) as refused:
        load_knowledge(KnowledgeDirectory(tmp_path))

    assert {fault.nearest for fault in refused.value.faults} == {str(tmp_path / "rules")}
