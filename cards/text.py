"""Words: text of the record made harmless for display, dates, counts and kinds of data in plain English."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from rules.chart import When

LONGEST_TEXT = 120
"""Longer text of the record is cut on a card: a reader needs to recognise the entry, not to read it all."""

_HARMLESS = re.compile(
    r"[A-Za-z0-9 ,;/%']*"
    r"(?:(?<=[A-Za-z0-9])-[A-Za-z0-9][A-Za-z0-9 ,;/%']*|(?<=[0-9])\.[0-9][A-Za-z0-9 ,;/%']*)*"
)
"""What most codes, references and words look like: nothing in it needs escaping."""
_SPECIAL = re.compile(
    r"(?<![0-9])\.|\.(?![0-9])"  # a dot makes a link (www.) or a list, except inside a number
    r"|(?<![A-Za-z0-9])[-+]|[-+](?![A-Za-z0-9])"  # a hyphen or plus makes a list, except inside a word
    r'|[\\`*_{}\[\]()#!|~:=^$"?@&<>]'
)
_SEMANTIC_TAG = re.compile(r" \((disorder|event|finding|procedure|regime/therapy|situation)\)$")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": r"\(at\)"}

KIND_WORDS = {
    "Patient": ("patient record", "patient record"),
    "Condition": ("condition", "conditions"),
    "Observation": ("observation", "observations"),
    "QuestionnaireResponse": ("questionnaire response", "questionnaire responses"),
    "Procedure": ("procedure", "procedures"),
    "ServiceRequest": ("order", "orders"),
    "DiagnosticReport": ("diagnostic report", "diagnostic reports"),
    "ImagingStudy": ("imaging study", "imaging studies"),
    "MedicationRequest": ("medication order", "medication orders"),
    "MedicationStatement": ("medication statement", "medication statements"),
    "Medication": ("medication", "medications"),
    "Appointment": ("appointment", "appointments"),
}
"""One and many of each kind of data that a rule may read."""


def escaped(text: str, limit: int = LONGEST_TEXT) -> str:
    """Text of the record as inert Markdown of one line, at most ``limit`` characters before escaping.

    Markdown and HTML in it are shown, not obeyed: some clients render raw HTML in a card, so an escaped text
    is one run of text and never a tag, link, list or heading. Control, zero-width and bidirectional
    characters and lone surrogates are taken out, since they can make a text read as another one. ``@``
    becomes ``(at)``: GitHub Markdown makes a link of a mail address however it is escaped.
    """
    if len(text) <= limit and _HARMLESS.fullmatch(text) and "  " not in text and text == text.strip():
        return text
    text = text[: 8 * limit]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)
    text = " ".join(text.split())
    if len(text) > limit:
        text = text[: limit - 1].rstrip() + "…"
    if _HARMLESS.fullmatch(text):
        return text
    return _SPECIAL.sub(lambda match: _ENTITIES.get(match[0], "\\" + match[0]), text)


@lru_cache(maxsize=4096)
def display_words(display: str) -> str:
    """The display of a code list's row without the type that SNOMED CT adds, made harmless like text of the record.

    Displays are no data of a patient, so they are remembered.
    """
    return escaped(_SEMANTIC_TAG.sub("", display), 4 * LONGEST_TEXT)


def point(when: When) -> str:
    """A date in the precision in which it was recorded: 2026, 2026-05, 2026-05-20, or with minutes in UTC."""
    if when.earliest == when.latest:
        return minute(when.earliest)
    first, last = when.earliest.date(), when.latest.date()
    if first == last:
        return first.isoformat()
    whole_months = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
    if whole_months and (first.year, first.month) == (last.year, last.month):
        return first.isoformat()[:7]
    if whole_months and first.year == last.year and (first.month, last.month) == (1, 12):
        return first.isoformat()[:4]
    return f"{first.isoformat()} to {last.isoformat()}"


def minute(moment: datetime) -> str:
    """A moment as a UTC minute, such as 2026-11-24 10:15 UTC."""
    return moment.astimezone(UTC).isoformat(" ", "minutes")[:16] + " UTC"


def number(value: float) -> str:
    """A number without needless digits."""
    return f"{value:.10g}"


_SIDES = {
    frozenset({"left"}): "left side",
    frozenset({"right"}): "right side",
    frozenset({"left", "right"}): "both sides",
}


def side_words(sides: frozenset[str]) -> str:
    """One or both sides of the body in words."""
    return _SIDES[sides]


def plural(kind: str) -> str:
    """The kind of data in plain words, many of it."""
    return KIND_WORDS[kind][1]


def counted(count: int, kind: str) -> str:
    """A number of entries of one kind, such as "1 condition"."""
    return f"{count} {KIND_WORDS[kind][count != 1]}"


def listed(words: Sequence[str]) -> str:
    """Words as people list them: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def within(text: str) -> str:
    """A label as it reads inside a sentence: a first word that is no abbreviation loses its capital."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def bullets(lines: Sequence[str]) -> str:
    """Lines as a Markdown list, each with a capital at its start."""
    return "\n".join(f"- {line[:1].upper()}{line[1:]}" for line in lines)
