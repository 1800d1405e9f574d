"""The small checks that a check of an answer is made of: texts, lists, codings, addresses, identifiers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

MEMBERS = {
    "answer": {"cards", "extension"},
    "card": {
        *("uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior"),
        *("overrideReasons", "links", "extension"),
    },
    "source": {"label", "url", "icon", "topic"},
    "suggestion": {"label", "uuid", "isRecommended", "actions"},
    "action": {"type", "description", "resource", "resourceId"},
    "link": {"label", "url", "type", "appContext", "autolaunchable"},
    "coding": {"system", "code", "display"},
}


def text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list; whatever else stands there is reported by the check of the list itself."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def empty(value: object, place: str) -> Iterator[str]:
    """G-03 and G-04: never null, an empty string, list or object; only ``cards`` itself may be empty."""
    if value is None:
        yield f"G-03 {place} is null"
    elif value in ("", [], {}) and place != "answer.cards":
        yield f"G-04 {place} is empty"
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from empty(part, f"{place}.{key}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from empty(part, f"{place}[{index}]")


def members(value: dict[str, Any], shape: str, place: str) -> Iterator[str]:
    for name in sorted(value.keys() - MEMBERS[shape]):
        yield f"C-72 {place}.{name} is no member that this product sends"


def address(value: object) -> bool:
    """An absolute address that a browser can open."""
    if not isinstance(value, str) or any(char.isspace() for char in value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def coding(value: object, place: str, row: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{row} {place} is no coding"
        return
    yield from members(value, "coding", place)
    for name, code_row in (("code", "C-60"), ("system", "C-61"), ("display", "C-62")):
        if not text(value.get(name)):
            yield f"{code_row} {place}.{name} is missing"


def filled_list(value: object, place: str, row: str) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield f"{row} {place} is no list with something in it"
    elif not all(isinstance(item, dict) for item in value):
        yield f"{row} {place} holds something else than objects"


def uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value and UUID(value).version == 4
    except ValueError:
        return False
