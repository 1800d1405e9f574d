"""Accessors that never raise: a list or one object both give a list, wrong types give nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

MAX_TEXT: Final = 200
"""Characters that are kept of the record's own words."""

_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")


def given(value: object) -> bool:
    """True when an element is there: neither null nor one of the empties that FHIR forbids (``""``, ``{}``, ``[]``)."""
    if isinstance(value, str):
        return bool(value.strip())
    return bool(value) if isinstance(value, dict | list) else value is not None


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list, or the one object; empty for anything else."""
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return value
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def an_object(value: object) -> dict[str, Any]:
    """The object, or the first of a list; empty when there is none."""
    if isinstance(value, dict):
        return value
    found = objects(value)
    return found[0] if found else {}


def a_string(value: object) -> str | None:
    """A non-empty string without blanks around it, or None."""
    if not isinstance(value, str):
        return None
    return value.strip() or None


def a_truth(value: object) -> bool | None:
    """A boolean, also one written as a string; None for anything else."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def codings(concept: object) -> Iterator[dict[str, Any]]:
    """The codings of one CodeableConcept or of several."""
    for one in objects(concept):
        yield from objects(one.get("coding"))


def status_words(value: object) -> Iterator[str]:
    """Every word of a status given as a string, a Coding or a CodeableConcept, codes first.

    In lower case, with hyphens where people write blanks (``Entered in Error`` is ``entered-in-error``).
    """
    for one in value if isinstance(value, list) else (value,):
        if isinstance(one, str):
            yield from _word(one)
        elif isinstance(one, dict):
            parts = objects(one.get("coding"))
            for text in (*(part.get("code") for part in parts), one.get("code"), one.get("text")):
                yield from _word(text)
            for part in (*parts, one):
                yield from _word(part.get("display"))


def status_word(value: object, known: Collection[str] = ()) -> str | None:
    """The first word of a status that is ``known``, else its first word, else None."""
    if isinstance(value, str):
        # A plain string is the first and the only word, known or not.
        return next(_word(value), None)
    if value is None:
        return None
    try:
        # As most are: a CodeableConcept whose first code is one of those that are known.
        code: str = value["coding"][0]["code"]  # type: ignore[index]
        if code in known:
            return code
    except (IndexError, KeyError, TypeError):
        pass
    first = None
    for word in status_words(value):
        if not known or word in known:
            return word
        first = first or word
    return first


def _word(value: object) -> Iterator[str]:
    if isinstance(value, str):
        word = "-".join(value[:MAX_TEXT].lower().replace("_", " ").split())
        if word:
            yield word


def reference(value: object) -> str | None:
    """The address of a Reference given as an object or as a plain string."""
    if isinstance(value, str):
        return value.strip() or None
    return a_string(an_object(value).get("reference"))


def number(value: object) -> float | None:
    """A finite number; a boolean or a text is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def said(value: object) -> str | None:
    """The record's own words on one line, without control characters and cut to :data:`MAX_TEXT` characters."""
    if not isinstance(value, str):
        return None
    # Cut before cleaning too: the work must not grow with a text that nobody will see.
    text = value[: 10 * MAX_TEXT]
    text = " ".join((text if text.isprintable() else _NOT_PRINTED.sub(" ", text)).split())
    return text[:MAX_TEXT].rstrip() or None
