"""A copy of the shipped knowledge that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

from rules import KnowledgeDirectory
from rules.fingerprints import fingerprints
from rules.loader import INSIDE, load_rules
from rules.versions import as_text


def knowledge_copy(root: Path) -> KnowledgeDirectory:
    """The shipped rules and code lists in ``root``, with fingerprints that are current."""
    copy = KnowledgeDirectory(root)
    shutil.copytree(INSIDE.rules, copy.rules)
    shutil.copytree(INSIDE.codelists, copy.codelists)
    copy.versions.write_text(as_text(fingerprints(load_rules())), encoding="utf-8")
    return copy


def edit(path: Path, old: str, new: str) -> None:
    """Replace one text of a file; it must be there exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")
