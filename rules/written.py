"""Knowledge as plain values and as the TOML it was written in: what can be compared, digested and shown again.

What is at its default is left out: writing a default in a file, or adding an optional key to the language, changes no
meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from rules.criteria import Criterion


def table(model: BaseModel, fields: tuple[str, ...] | None = None) -> dict[str, Any]:
    """A table of a knowledge file as plain values, with the keys that a file uses; ``fields`` keeps to some.

    A criterion within it is the table it was written as.
    """
    if isinstance(model, Criterion) and model.parts():
        parts = [table(part) for part in model.parts()]
        return {model.word: parts if model.word in ("all", "any") else parts[0]}
    found = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if (fields is None or name in fields) and value != field.get_default(call_default_factory=True):
            found[field.alias or name] = plain(value)
    return found


def plain(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """A value of a table as JSON has it; a set in order, a date as text."""
    if isinstance(value, BaseModel):
        return table(value)
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(part) for part in value)
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


def inline(value: object) -> str:
    """A plain value as inline TOML: ``{ condition = ["gtps"], within = 90 }``."""
    if isinstance(value, Mapping):
        pairs = (f"{key} = {inline(part)}" for key, part in value.items())
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def leaves(value: object, place: str = "") -> dict[str, object]:
    """The single values of a plain value by place (``card.options[1]``); an empty list or table has none."""
    if isinstance(value, Mapping):
        parts = [(f"{place}.{key}".lstrip("."), part) for key, part in value.items()]
    elif isinstance(value, list | tuple):
        parts = [(f"{place}[{index}]", part) for index, part in enumerate(value)]
    else:
        return {place: value}
    return {where: leaf for inner, part in parts for where, leaf in leaves(part, inner).items()}
