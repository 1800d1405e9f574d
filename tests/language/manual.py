"""Print the manual of the rule language from its pages.

``python -m tests.language.manual`` writes ``docs/generated/rule-language.md``; with ``--check`` nothing is written,
and the exit status is 1 when the file is not current.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from rules.criteria import All, Any_, Criterion, Meets, Not, NotFound
from rules.logic import Verdict
from rules.schema import Given
from rules.vocabulary import DEFINITION_CRITERIA, RULE_CRITERIA
from tests.language.pages import Chapter, Page, Row, chapters, words

MANUAL = Path(__file__).parents[2] / "docs" / "generated" / "rule-language.md"

COMBINATIONS: tuple[type[Criterion], ...] = (All, Any_, Not, NotFound, Meets)
_KINDS = ("condition", "observation", "procedure", "order", "report", "study", "answer", "medication", "appointment")
_SPOKEN_ELSEWHERE = {*_KINDS, "also_coded", "days_ago", "hours_ago", "date", "undated"}

_INTRODUCTION = """\
# The rule language

Printed from the tests in `tests/language` by `python -m tests.language.manual`; not to be edited. Every verdict, every
sentence and every kind of data on these pages was checked against the engine.

A rule asks a patient's chart for *criteria*: small TOML tables with one word that says what is asked and keys that say
how. Each criterion does three jobs: it has a verdict on a chart, it speaks English, and it names the data it reads.

The charts are written as in the examples of a rule file. A chart holds nothing but what is listed; every kind of data
arrived whole unless the row says otherwise, the patient is 60 years old, and dates count back from 2026-11-24, 15:00
UTC. Rows are read as in a routine rule unless they say *red flag*. "One of" lists charts that all have the verdict.
"""


def manual() -> str:
    """The whole manual as Markdown."""
    found = chapters()
    parts = [_INTRODUCTION, _contents(found.values()), _vocabulary()]
    parts += [_chapter(number, chapter) for number, chapter in enumerate(found.values(), 1)]
    return "\n".join(parts)


def _contents(found: Iterable[Chapter]) -> str:
    lines = ["## Chapters", ""]
    for number, chapter in enumerate(found, 1):
        title = f"{number}. {chapter.title}"
        lines.append(f"- [{title}](#{_anchor(title)})")
    return "\n".join([*lines, ""])


def _anchor(title: str) -> str:
    return "".join(letter for letter in title.lower().replace(" ", "-") if letter.isalnum() or letter in "-_")


def _vocabulary() -> str:
    lines = ["## Words and keys", "", "| word | where | keys |", "|---|---|---|"]
    leaves = {**RULE_CRITERIA, **DEFINITION_CRITERIA}.values()
    lines += [f"| `{model.word}` | {_place(model.word)} | {_keys(model)} |" for model in leaves]
    lines += [f"| `{model.word}` | anywhere | |" for model in COMBINATIONS]
    return "\n".join([*lines, ""])


def _place(word: str) -> str:
    if word not in DEFINITION_CRITERIA:
        return "rules"
    return "anywhere" if word in RULE_CRITERIA else "definitions"


def _keys(model: type[Criterion]) -> str:
    """The keys beside the word itself, each with its choices."""
    named = {field.alias or key: field for key, field in model.model_fields.items()}
    keys = [f"`{key}`{_choices(field)}" for key, field in named.items() if key.rstrip("_") != model.word]
    own = _choices(named[model.word]) if model.word in named else ""
    return ", ".join([*([f"`{model.word}`{own}"] if own else []), *keys])


def _choices(field: FieldInfo) -> str:
    for annotation in (field.annotation, *get_args(field.annotation)):
        if get_origin(annotation) is Literal:
            return f" ({', '.join(get_args(annotation))})"
    return ""


def _chapter(number: int, chapter: Chapter) -> str:
    return "\n".join([f"## {number}. {chapter.title}", "", chapter.text.strip(), "", *map(_page, chapter.pages)])


def _page(page: Page) -> str:
    place = [f"Only in a {page.only_in}.", ""] if page.only_in is not None else []
    return "\n".join(
        [
            f"### {page.title}",
            "",
            page.text.strip(),
            "",
            *place,
            "```toml",
            page.criterion,
            "```",
            "",
            f"- Found: {page.say}.",
            f"- Not found: {page.say_not}.",
            f"- Reads: {_needs(page)}.",
            "",
            "| chart | verdict | why |",
            "|---|---|---|",
            *(f"| {_cell(_row(row))} | {_verdict(row)} | {_cell(row.note)} |" for row in page.rows),
            "",
        ]
    )


def _needs(page: Page) -> str:
    needs = [f"{kind} ({', '.join(concepts)})" if concepts else kind for kind, concepts in page.needs.items()]
    return "; ".join(needs) or "nothing that has to be fetched"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _verdict(row: Row) -> str:
    lacking = ", ".join(row.could_not_check)
    said = row.verdict.value.replace("_", " ")
    if row.verdict is Verdict.UNKNOWN:
        said += f" ({lacking})"
    elif lacking:
        said += f", presumed ({lacking} lacking)"
    if row.sides:
        said += f"; {' and '.join(row.sides)}"
    return "; ".join([f"**{said}**", *row.notes])


def _row(row: Row) -> str:
    """The chart in words."""
    return "; ".join(_clauses(row)) or "nothing"


def _clauses(row: Row) -> Iterator[str]:
    if "age" in row.model_fields_set:
        yield f"age {row.age}"
    if row.birth_date is not None:
        yield f"born {row.birth_date}"
    yield from map(_entry, row.given)
    if row.each:
        yield "one of: " + "; ".join(f"({letter}) {_entry(entry)}" for letter, entry in zip(_LETTERS, row.each))  # noqa: B905 - as many letters as entries
    for kinds, what in ((row.missing, "did not arrive"), (row.failed, "failed"), (row.incomplete, "incomplete")):
        if kinds:
            yield f"{', '.join(kinds)} {what}"
    for rule, indicator in row.cards.items():
        yield f"{rule} fires as {indicator}"
    for rule, kinds in row.unread.items():
        yield f"{rule} could not check {', '.join(kinds)}"
    if row.urgent:
        yield "*red flag*"


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _entry(entry: Given) -> str:
    kind = next(kind for kind in _KINDS if getattr(entry, kind) is not None)
    codes = [getattr(entry, kind), *entry.also_coded]
    said = [f"{kind} {codes[0]}" if kind == "answer" else f"{kind} {' and '.join(map(_code, codes))}"]
    said += [f"{key.replace('_', ' ')} {_value(getattr(entry, key))}".strip() for key in _other_keys(entry)]
    return ", ".join([*said, *_when(entry)])


def _code(code: str) -> str:
    lists = words().codelists
    system, _, bare = code.partition(":")
    concepts = [lists.concepts[match.concept].title for match in lists.match(lists.systems[system].url, bare)]
    return f"{code} ({', '.join(concepts) or 'in no list'})"


def _other_keys(entry: Given) -> list[str]:
    return [key for key in type(entry).model_fields if key in entry.model_fields_set - _SPOKEN_ELSEWHERE]


def _value(value: object) -> str:
    if value is True:
        return ""
    if value == "":
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _when(entry: Given) -> list[str]:
    if entry.days_ago is not None:
        return [_ago(entry.days_ago, "day")]
    if entry.hours_ago is not None:
        return [_ago(entry.hours_ago, "hour")]
    return ["without a date"] if entry.date is None else [f"dated {entry.date}"]


def _ago(number: int, unit: str) -> str:
    if number == 0:
        return "today"
    units = unit if abs(number) == 1 else f"{unit}s"
    return f"{number} {units} ago" if number > 0 else f"{-number} {units} from now"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the manual, or check it. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.language.manual", description="Print the rule language.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file is not current")
    parser.add_argument("--file", type=Path, default=MANUAL, help="the file to write or to check")
    chosen = parser.parse_args(arguments)
    current = manual()
    if chosen.check:
        if chosen.file.is_file() and chosen.file.read_text(encoding="utf-8") == current:
            return 0
        sys.stderr.write(f"{chosen.file} is not current: run python -m tests.language.manual\n")
        return 1
    chosen.file.parent.mkdir(parents=True, exist_ok=True)
    chosen.file.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
