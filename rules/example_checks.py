"""What may be wrong with an example: a code or item that nobody knows, a date that is none, words without meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from rules.faults import Fault, unknown_word
from rules.knowledge import Lexicon
from rules.schema import HOOKS, Example, Given, Rule

_DATES = frozenset({"days_ago", "hours_ago", "date", "undated"})
_CODED = _DATES | {"also_coded", "body_sites"}
_STATUS = _CODED | {"status"}
_ORDERED = _STATUS | {"do_not_perform", "draft", "judged", "priority"}
KEYS: dict[str, frozenset[str]] = {
    "condition": _CODED | {"clinical", "verification", "abated", "new"},
    "observation": _STATUS | {"value", "unit"},
    "procedure": _STATUS,
    "order": _ORDERED | {"words", "reasons"},
    "report": _STATUS,
    "study": _STATUS,
    "medication": _ORDERED | {"intent"},
    "appointment": _STATUS,
    "answer": _DATES | {"value", "answered_date", "in_group"},
}
"""What may be said about each kind of entry, beside what it is."""

_DATE = re.compile(r"\d{4}(-\d{2}){0,2}")


def rule_example_faults(rule: Rule, words: Lexicon, file: str) -> Iterator[Fault]:
    """The faults of the examples of a rule."""
    levels = dict.fromkeys(level.indicator for level in rule.levels)
    outcomes = (*levels, "does_not_apply", "unknown", *(("excluded",) if rule.unless else ()))
    for index, example in enumerate(rule.examples):
        place = f"example[{index}]"
        if example.hook not in rule.hooks:
            yield unknown_word(file, f"{place}.hook", "hook of this rule", example.hook, rule.hooks)
        if example.expect not in outcomes:
            yield unknown_word(file, f"{place}.expect", "outcome of this rule", example.expect, outcomes)
        yield from chart_faults(example, words, file, place)


def definition_example_faults(name: str, examples: Iterable[Example], words: Lexicon, file: str) -> Iterator[Fault]:
    """The faults of the examples of a definition; its ``suggestions`` are the side found."""
    outcomes = ("applies", "does_not_apply", "unknown")
    for index, example in enumerate(examples):
        place = f"definition.{name}.example[{index}]"
        if example.hook not in HOOKS:
            yield unknown_word(file, f"{place}.hook", "hook", example.hook, HOOKS)
        if example.expect not in outcomes:
            yield unknown_word(file, f"{place}.expect", "outcome of a definition", example.expect, outcomes)
        for side in example.suggestions or ():
            if side not in ("left", "right", "both"):
                yield unknown_word(file, f"{place}.suggestions", "side", side, ("left", "right", "both"))
        yield from chart_faults(example, words, file, place)


def chart_faults(example: Example, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
    """The faults of the chart of an example: without one, the chart can be made with these code lists and items."""
    if example.birth_date is not None and not _is_date(example.birth_date):
        yield _no_date(file, f"{place}.birth_date", example.birth_date)
    for key, entries in (("given", example.given), ("each", example.each)):
        for index, entry in enumerate(entries):
            yield from _entry_faults(entry, words, file, f"{place}.{key}[{index}]")


def _entry_faults(entry: Given, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
    kind = next(kind for kind in KEYS if getattr(entry, kind) is not None)
    for key in sorted(entry.model_fields_set - KEYS[kind] - {kind}):
        yield Fault(file, f"{place}.{key}", f"says nothing about a {kind!r}", key, tuple(sorted(KEYS[kind])))
    dates = sorted(entry.model_fields_set & _DATES)
    if len(dates) > 1:
        yield Fault(file, place, f"an entry has one date, this one has {len(dates)}: {', '.join(dates)}")
    if entry.date is not None and not _is_date(entry.date):
        yield _no_date(file, f"{place}.date", entry.date)
    if entry.answer is not None:
        if entry.answer not in words.items:
            yield unknown_word(file, f"{place}.answer", "item", entry.answer, words.items)
        return
    systems, concepts = words.codelists.systems, words.codelists.concepts
    coded = [(f"{place}.{kind}", getattr(entry, kind))]
    coded += [(f"{place}.also_coded[{index}]", code) for index, code in enumerate(entry.also_coded)]
    for where, code in coded:
        if code.partition(":")[0] not in systems:
            yield unknown_word(file, where, "code system", code.partition(":")[0], systems)
    for reason in entry.reasons:
        if reason not in concepts:
            yield unknown_word(file, f"{place}.reasons", "concept", reason, concepts)


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    year, month, day = [*map(int, text.split("-")), 1, 1][:3]
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _no_date(file: str, place: str, text: str) -> Fault:
    return Fault(file, place, f"{text!r} is no date such as 2026, 2026-11 or 2026-11-24", text)
