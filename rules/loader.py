"""Read all knowledge files and report every fault at once; hand out a :class:`RuleSet` only when there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rules.checks import missing_kind_faults
from rules.codelist_files import load_codelists
from rules.directory import KnowledgeDirectory
from rules.faults import Fault, KnowledgeFaults
from rules.reading import Reading
from rules.rule_files import read_rule_files
from rules.ruleset import RuleSet
from rules.shared_files import SHARED_FILES, read_shared
from rules.statement_checks import crossing_faults, reference_faults

INSIDE = KnowledgeDirectory(Path(__file__).parent)
"""The knowledge that ships with the service."""

KNOWLEDGE = INSIDE.rules


def load_rules(folder: Path = KNOWLEDGE, codelists: Path | None = None) -> RuleSet:
    """The knowledge base of ``folder``. Raises :class:`KnowledgeFaults` with every fault of every file."""
    ruleset, faults = read_rules(folder, codelists)
    if faults or ruleset is None:
        raise KnowledgeFaults(faults)
    return ruleset


def load_knowledge(directory: KnowledgeDirectory = INSIDE) -> RuleSet:
    """The knowledge base of a directory. Raises :class:`KnowledgeFaults` with every fault of every file."""
    ruleset, faults = read_knowledge(directory)
    if faults or ruleset is None:
        raise KnowledgeFaults(faults)
    return ruleset


def read_knowledge(directory: KnowledgeDirectory = INSIDE) -> tuple[RuleSet | None, tuple[Fault, ...]]:
    """The knowledge base of a directory as far as it can be read, and all faults (see :func:`read_rules`)."""
    wrong = directory.faults()
    return (None, wrong) if wrong else read_rules(directory.rules, directory.codelists)


def read_rules(folder: Path = KNOWLEDGE, codelists: Path | None = None) -> tuple[RuleSet | None, tuple[Fault, ...]]:
    """The knowledge base as far as it can be read, and all faults.

    There is no rule set when a file that the rules share cannot be read at all: every mention of what it holds
    would be reported as unknown.
    """
    lists, faults = load_codelists(codelists)
    reading = Reading(faults)
    found = {name: reading.file(folder / name) for name in SHARED_FILES}
    tables = {name: content for name, content in found.items() if content is not None}
    if len(tables) < len(SHARED_FILES):
        return None, tuple(reading.faults)
    shared = read_shared(reading, lists, tables)
    paths = sorted(path for path in folder.glob("*.toml") if path.name not in SHARED_FILES)
    ruleset = replace(shared, rules=read_rule_files(reading, paths, shared))
    reading.check(reference_faults(ruleset))
    if not reading.faults:
        reading.faults.extend((*missing_kind_faults(ruleset), *crossing_faults(ruleset)))
    return ruleset, tuple(reading.faults)
