"""A small sound knowledge folder, and what the loader says when something in it is changed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from rules import Fault, RuleSet, read_rules

SMALL = Path(__file__).with_name("small_knowledge")

KNOWLEDGE, DEFINITIONS, QUESTIONNAIRE = "knowledge.toml", "definitions.toml", "questionnaire.toml"
SUGGESTIONS, REASONS, BIBLIOGRAPHY = "suggestions.toml", "override_reasons.toml", "bibliography.toml"
STATEMENTS, DECISIONS, EDUCATION = "statements.toml", "decisions.toml", "education.toml"
FLAG, HIP = "flag-rule.toml", "hip-rule.toml"


@dataclass(frozen=True)
class Change:
    """One text of one file replaced by another; it must be there exactly once."""

    file: str
    old: str
    new: str


def small_rules() -> RuleSet:
    """The knowledge of the folder as it is: two rules, no fault."""
    ruleset, faults = read_rules(SMALL)
    assert ruleset is not None
    assert faults == ()
    return ruleset


def changed(folder: Path, *changes: Change) -> Path:
    """A copy of the small knowledge in ``folder`` with the changes made."""
    copy = Path(shutil.copytree(SMALL, folder / "knowledge"))
    for change in changes:
        path = copy / change.file
        text = path.read_text(encoding="utf-8")
        assert text.count(change.old) == 1, f"{change.old!r} is {text.count(change.old)} times in {change.file}"
        path.write_text(text.replace(change.old, change.new), encoding="utf-8")
    return copy


def faults_after(folder: Path, *changes: Change) -> tuple[Fault, ...]:
    """All that the loader reports after the changes."""
    return read_rules(changed(folder, *changes))[1]
