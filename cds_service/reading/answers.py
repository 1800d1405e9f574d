"""Answers to the service's own questionnaire, at any depth (knowledge 2.1, symptom answers; 3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from cds_service.reading.accessors import a_string, a_truth, an_object, given, number, objects, reference, status_word
from cds_service.reading.coded import named
from cds_service.reading.dates import first_when, read_when
from rules.chart import Answer

QUESTIONNAIRE: Final = "hip-spine-screen"
IGNORED: Final = frozenset({"entered-in-error", "stopped"})
"""Responses with one of these statuses have no answers."""

_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST_WORD: Final = 200

_Answered = tuple[str, tuple[str, ...], dict[str, Any]]


def is_ours(response: dict[str, Any]) -> bool:
    """True for a response to hip-spine-screen: the last path segment of its canonical, before any ``|version``."""
    canonical = reference(response.get("questionnaire"))
    return canonical is not None and canonical.partition("|")[0].rstrip("/").rpartition("/")[2] == QUESTIONNAIRE


def names_its_questions(response: dict[str, Any]) -> bool:
    """True when a response says which questionnaire it answers."""
    return given(response.get("questionnaire"))


def is_readable(response: dict[str, Any]) -> bool:
    """False when the questionnaire, or the items under our own, have a JSON type in which none can stand."""
    items = response.get("item")
    if names_its_questions(response) and reference(response["questionnaire"]) is None:
        return False
    return not is_ours(response) or not given(items) or bool(objects(items))


def read_answers(response: dict[str, Any], origin: str) -> Iterator[Answer]:
    """Every answer of a response; one that was stopped or entered in error has none.

    An answer may be read in several ways: the string ``2026-11`` is a word and a date, ``7`` a word and a number.
    """
    if status_word(response.get("status")) in IGNORED:
        return
    when = read_when(response.get("authored"))
    name = named("QuestionnaireResponse", response)
    for item, groups, answer in _answered(response):
        word, value = _word(answer), _number(answer)
        date = first_when(answer.get("valueDate"), answer.get("valueDateTime"), answer.get("valueString"))
        if word is not None or value is not None or date is not None:
            yield Answer(
                reference=name,
                item=item,
                word=word,
                number=value,
                date=date,
                when=when,
                groups=groups,
                origin=origin,
            )


def _answered(response: dict[str, Any]) -> Iterator[_Answered]:
    """Each answer with its linkId and those of the items around it, in the order of the response.

    Without recursion, so that no depth of nesting is too deep.
    """
    waiting: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        (item, ()) for item in reversed(objects(response.get("item")))
    ]
    while waiting:
        item, groups = waiting.pop()
        link = a_string(item.get("linkId"))
        answers = objects(item.get("answer"))
        if link is not None:
            yield from ((link, groups, answer) for answer in answers)
        inner = groups if link is None else (*groups, link)
        nested = [child for holder in (*answers, item) for child in objects(holder.get("item"))]
        waiting.extend((child, inner) for child in reversed(nested))


def _word(answer: dict[str, Any]) -> str | None:
    """A boolean as yes or no, a code or a string in lower case."""
    truth = a_truth(answer.get("valueBoolean"))
    if truth is not None:
        return "yes" if truth else "no"
    coding = answer.get("valueCoding")
    word = a_string(coding) or a_string(an_object(coding).get("code")) or a_string(answer.get("valueString"))
    return word[:_LONGEST_WORD].lower() if word is not None else None


def _number(answer: dict[str, Any]) -> float | None:
    """A finite number, also one written as a string."""
    quantity = an_object(answer.get("valueQuantity"))
    for value in (answer.get("valueInteger"), answer.get("valueDecimal"), quantity.get("value")):
        found = number(value)
        if found is not None:
            return found
    text = a_string(answer.get("valueString"))
    return number(float(text)) if text is not None and _NUMBER.fullmatch(text) else None
