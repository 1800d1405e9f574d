"""Read knowledge files into models; everything wrong is kept as a fault with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rules.criteria import All, Criterion
from rules.faults import Fault, model_faults, unknown_word
from rules.knowledge import Lexicon
from rules.parser import CriterionParser

UNREADABLE = All(all=())
"""Stands for a criterion with a fault while the rest of its file is read; never evaluated."""

Model = TypeVar("Model", bound=BaseModel)


class Reading:
    """One reading of a knowledge folder.

    ``faults`` collects everything wrong, ``unread`` the names whose own table has a fault: a mention of one is not
    reported as unknown. ``words``, once known, checks each criterion as it is read.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = list(faults)
        self.unread: set[str] = set()
        self.words: Lexicon | None = None

    def file(self, path: Path) -> dict[str, Any] | None:
        """The tables of one file, or None when it is not there or not TOML."""
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.faults.append(Fault(path.name, "", "the file is missing"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.faults.append(Fault(path.name, "", f"not readable as TOML: {error}"))
        else:
            self.faults.extend(Fault(path.name, place, "an empty text") for place in _empty_texts(tables, ""))
            return tables
        return None

    def only(self, tables: Mapping[str, Any], allowed: tuple[str, ...], file: str) -> None:
        """Report the keys of a whole file that are not in ``allowed``."""
        self.faults.extend(unknown_word(file, key, "key", key, allowed) for key in tables if key not in allowed)

    def validate(self, model: type[Model], raw: object, file: str, place: str) -> Model | None:
        """The table as ``model``, or None when it has a fault."""
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            self.faults.extend(model_faults(error, model, file, place))
            return None

    def table(self, raw: object, file: str, place: str) -> dict[str, Any]:
        """``raw`` as a table; nothing is an empty one."""
        if isinstance(raw, dict):
            return dict(raw)
        if raw is not None:
            self.faults.append(Fault(file, place, "must be a table"))
        return {}

    def tables(self, raw: object, file: str, place: str) -> list[Any]:
        """``raw`` as a list; nothing is an empty one."""
        if isinstance(raw, list):
            return raw
        if raw is not None:
            self.faults.append(Fault(file, place, f"must be a list: [ ... ], or one [[{place}]] for each"))
        return []

    def named(self, tables: Mapping[str, Any], key: str, model: type[Model], file: str) -> dict[str, Model]:
        """The tables ``[key.name]`` of a file, each as ``model``."""
        found = {}
        for name, raw in self.table(tables.get(key), file, key).items():
            table = self.validate(model, raw, file, f"{key}.{name}")
            if table is None:
                self.unread.add(name)
            else:
                found[name] = table
        return found

    def criterion(self, raw: object, file: str, place: str, leaves: Mapping[str, type[Criterion]]) -> Criterion:
        """The criterion of a table; :data:`UNREADABLE` when it has a fault."""
        parser = CriterionParser(leaves)
        criterion = parser.parse(raw, file, place)
        self.faults.extend(parser.faults)
        if criterion is None:
            return UNREADABLE
        if self.words is not None:
            self.check(criterion_faults(criterion, self.words, file, place))
        return criterion

    def with_if(
        self, model: type[Model], raw: object, file: str, place: str, leaves: Mapping[str, type[Criterion]]
    ) -> Model | None:
        """A table whose ``if`` is a criterion, as ``model``, or None when it has a fault."""
        before = len(self.faults)
        table = self.table(raw, file, place)
        if len(self.faults) > before:
            return None
        if "if" in table:
            table["if"] = self.criterion(table["if"], file, f"{place}.if", leaves)
        return self.validate(model, table, file, place)

    def check(self, faults: Iterable[Fault]) -> None:
        """Keep faults found across tables, but not those about a name whose own table has a fault."""
        self.faults.extend(fault for fault in faults if fault.word not in self.unread)


def criterion_faults(criterion: Criterion, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
    """What a criterion and all inside it ask for and nothing offers."""
    for where, part in criterion.placed(place):
        yield from part.check(words, file, where)


def _empty_texts(raw: object, place: str) -> Iterator[str]:
    """The places of empty texts; in an example an empty text means that nothing is recorded."""
    if raw == "":
        yield place
    elif isinstance(raw, dict):
        for key, value in raw.items():
            if key != "example":
                yield from _empty_texts(value, f"{place}.{key}".lstrip("."))
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from _empty_texts(value, f"{place}[{index}]")
