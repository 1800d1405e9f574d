"""Faults in knowledge files: each says where, what is wrong, what is allowed and the nearest right word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one knowledge file.

    ``place`` is a path inside the file (``when.all[1].within``) or ``line 12``. ``word`` is the word that was
    not known, ``allowed`` what may stand there, ``nearest`` the allowed word that looks most like it.
    """

    file: str
    place: str
    message: str
    word: str | None = None
    allowed: tuple[str, ...] = ()
    nearest: str | None = None

    def __str__(self) -> str:
        parts = [f"{self.file}: {self.place}: {self.message}" if self.place else f"{self.file}: {self.message}"]
        if self.allowed:
            parts.append("allowed: " + ", ".join(self.allowed))
        if self.nearest:
            parts.append(f"did you mean {self.nearest!r}?")
        return "; ".join(parts)


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word most like ``word``, or None when nothing is close."""
    found = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.6)
    return found[0] if found else None


def unknown_word(file: str, place: str, what: str, word: str, allowed: Iterable[str]) -> Fault:
    """The fault for a word outside a closed list."""
    words = tuple(sorted(allowed))
    return Fault(file, place, f"unknown {what} {word!r}", word, words, nearest(word, words))


class KnowledgeFaults(ValueError):
    """All the faults of the knowledge files, reported together; nothing is served while there is one."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        super().__init__(
            f"{count} fault{'s' if count != 1 else ''} in the knowledge files:\n" + "\n".join(map(str, self.faults))
        )


def model_faults(error: ValidationError, model: type[BaseModel], file: str, place: str) -> list[Fault]:
    """What pydantic found, each as a fault with its place, the words allowed and the nearest one."""
    faults = []
    places = [item["loc"] for item in error.errors()]
    for item in error.errors():
        if item["type"] == "too_short" and any(_inside(place, item["loc"]) for place in places):
            continue  # Only because an entry has a fault of its own.
        steps = [part for part in item["loc"] if part != "[key]"]
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in steps)
        where = f"{place}{path}".lstrip(".")
        word = str(item["loc"][-1]) if item["loc"] else ""
        if item["type"] == "extra_forbidden":
            names = _field_names(model, item["loc"][:-1])
            faults.append(Fault(file, where, f"unknown key {word!r}", word, names, nearest(word, names)))
        elif item["type"] == "literal_error":
            allowed = tuple(
                part.strip().strip("'") for part in item["ctx"]["expected"].replace(" or ", ", ").split(",")
            )
            given = str(item["input"])
            faults.append(Fault(file, where, f"unknown word {given!r}", given, allowed, nearest(given, allowed)))
        else:
            faults.append(Fault(file, where, item["msg"]))
    return faults


def _inside(place: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    return len(place) > len(other) and place[: len(other)] == other


def _field_names(model: type[BaseModel], path: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys that may stand at ``path`` inside ``model``."""
    current: type[BaseModel] = model
    for part in path:
        fields = _fields(current)
        inner = _model_inside(fields[part].annotation) if isinstance(part, str) and part in fields else None
        current = inner or current
    return tuple(sorted(_fields(current)))


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of ``model`` by the key that a file uses."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_inside(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = (_model_inside(argument) for argument in get_args(annotation))
    return next((found for found in inside if found is not None), None)
