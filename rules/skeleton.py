"""What a new rule or code list starts from: text that loads at once, with every place marked that its author fills in.

The texts themselves are the files in ``rules/skeletons``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from importlib import resources
from string import Template
from typing import Any, Final

from rules.checks import TO_FILL_IN
from rules.codelists import COLUMNS
from rules.examples import NOW
from rules.ruleset import RuleSet
from rules.schema import Group

RULE_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CONCEPT_NAME: Final = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")

_WINDOW: Final = 90
"""Days of the window that shows how one is written."""


class UncopyableRuleError(ValueError):
    """The file of a rule is laid out in a way that cannot be copied line by line."""


def next_number(ruleset: RuleSet) -> int:
    """The number after the highest that is taken."""
    return max((rule.number for rule in ruleset.rules), default=0) + 1


def new_rule(rule_id: str, group: Group, concept: str, ruleset: RuleSet, today: date) -> str:
    """The file of a new rule that asks for one concept: a draft without a fault, whose examples hold.

    ``concept`` is one of the rule set's; a source and a set of override reasons are there to choose from.
    """
    known = ruleset.lexicon.codelists.concepts[concept]
    row = next((row for row in known.rows if not row.wide), known.rows[0])
    usual = "OR-RF" if group == "red-flag" else "OR-GEN"
    return Template(_text(f"{group}.toml")).substitute(
        fill=TO_FILL_IN,
        id=rule_id,
        number=next_number(ruleset),
        concept=concept,
        title=known.title,
        code=f"{row.system}:{row.code}",
        recent=_WINDOW,
        over=_WINDOW + 1,
        month=f"{NOW.date() - timedelta(days=_WINDOW):%Y-%m}",
        reasons=usual if usual in ruleset.override_reasons else next(iter(ruleset.override_reasons)),
        all_reasons=", ".join(ruleset.override_reasons),
        source=next(iter(ruleset.sources)),
        today=today.isoformat(),
    )


def like_rule(rule_id: str, text: str, ruleset: RuleSet, today: date) -> str:
    """The file of a new rule with the logic, words and examples of another, whose file is ``text``.

    It is a draft with a number, a version, a review and a history of its own. Raises :class:`UncopyableRuleError`.
    """
    own: dict[str, str | int] = {"id": rule_id, "number": next_number(ruleset), "version": "1.0.0", "status": "draft"}
    unsigned = Template(_text("unsigned.toml")).substitute(today=today.isoformat())
    copy: list[str] = []
    for header, block in _blocks(text):
        if header == "[[example]]" and unsigned not in copy:
            copy.append(unsigned)
        if header == "":
            copy += [_with_own(line, own) for line in block]
        elif header not in ("[review]", "[[history]]"):
            copy += block
    found = "".join(copy)
    if not _same(found, {**tomllib.loads(text), **own, **tomllib.loads(unsigned)}):
        raise UncopyableRuleError("its keys and tables are not each at the start of a line")
    return found


def new_concept(name: str, title: str) -> str:
    """The entry of a new code list for the end of the catalogue."""
    return Template(_text("concept.toml")).substitute(fill=TO_FILL_IN, name=name, title=title.replace('"', "'"))


def new_codelist() -> str:
    """The file of a new code list: the header; a row each is what its author brings."""
    return ",".join(COLUMNS) + "\n"


_HEADER: Final = re.compile(r"\[\[?[^\[\]]+\]\]?")


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """The tables of a file as they are written, each with its header; the keys before the first have none."""
    header, block = "", list[str]()
    for line in text.splitlines(keepends=True):
        if _HEADER.fullmatch(line.strip()) and line.startswith("["):
            yield header, block
            header, block = line.strip(), []
        block.append(line)
    yield header, block


def _with_own(line: str, own: Mapping[str, str | int]) -> str:
    key, _, _ = line.partition(" =")
    if key not in own:
        return line
    value = own[key]
    return f"{key} = {value}\n" if isinstance(value, int) else f'{key} = "{value}"\n'


def _same(text: str, tables: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == tables
    except tomllib.TOMLDecodeError:
        return False


def _text(name: str) -> str:
    return resources.files("rules").joinpath("skeletons", name).read_text(encoding="utf-8")
