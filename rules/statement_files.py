"""Read the statements of the source documents, the decisions about them and the self-care sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from rules.faults import Fault
from rules.knowledge import Table
from rules.reading import Reading
from rules.schema import Review
from rules.statements import DECISION, STATEMENT, Decision, Education, Statement, Topic, Traceability

STATEMENTS, DECISIONS, EDUCATION = "statements.toml", "decisions.toml", "education.toml"
TRACEABILITY_FILES: Final[dict[str, tuple[str, ...]]] = {
    STATEMENTS: ("topic", "statement"),
    DECISIONS: ("decision",),
    EDUCATION: ("title", "lead", "for_whom", "certainty", "review", "part"),
}
"""The files, each with the keys it may hold."""

_NO_EDUCATION: Final = Education.model_construct(
    title="", lead="", for_whom=(), certainty="", review=Review(state="unreviewed"), parts=()
)
"""Stands for a sheet with a fault while everything else is read; nothing is served with it."""

_Named = TypeVar("_Named", bound=Table)


def read_traceability(reading: Reading, tables: Mapping[str, Mapping[str, Any]]) -> Traceability:
    """Statements, decisions and the self-care sheet, as far as they can be read."""
    said, decided = tables[STATEMENTS], tables[DECISIONS]
    known = TRACEABILITY_FILES[EDUCATION]
    sheet = {key: value for key, value in tables[EDUCATION].items() if key in known}
    return Traceability(
        topics=reading.named(said, "topic", Topic, STATEMENTS),
        statements=_numbered(reading, said, "statement", Statement, STATEMENTS, STATEMENT),
        decisions=_numbered(reading, decided, "decision", Decision, DECISIONS, DECISION),
        education=reading.validate(Education, sheet, EDUCATION, "") or _NO_EDUCATION,
    )


def _numbered(
    reading: Reading, tables: Mapping[str, Any], key: str, model: type[_Named], file: str, pattern: str
) -> dict[str, _Named]:
    """The tables ``[key.S1]`` of a file in the order of their numbers."""
    found = reading.named(tables, key, model, file)
    wrong = [name for name in found if re.fullmatch(pattern, name) is None]
    letter = pattern[0]
    reading.faults.extend(
        Fault(file, f"{key}.{name}", f"a {key} is named {letter} and a number, such as {letter}1", name)
        for name in wrong
    )
    right = sorted((name for name in found if name not in wrong), key=lambda name: int(name[1:]))
    return {name: found[name] for name in right}
