"""Old and new lines of two versions of a criterion or of a table, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeVar

from rules.criteria import All, Any_, Criterion, Not, NotFound
from rules.knowledge import Lexicon
from rules.written import inline, leaves, table

_CRITERIA = ("when", "if", "is", "unless", "gate", "side_of")
"""Keys under which criteria stand; their lines are in English and come from :func:`criteria_lines`."""

_INDEX = re.compile(r"\[\d+\]$")

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Line:
    """What stands at ``place``: ``old`` None where it is new, ``new`` None where it is gone."""

    place: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A criterion with the words of its own knowledge."""

    criterion: Criterion
    words: Lexicon

    def parts(self) -> list[Said]:
        return [Said(part, self.words) for part in self.criterion.parts()]

    @property
    def english(self) -> str:
        return self.criterion.say(self.words)

    @property
    def toml(self) -> str:
        return inline(table(self.criterion))


def criteria_lines(old: Mapping[str, Said], new: Mapping[str, Said]) -> Iterator[Line]:
    """The lines of criteria by place; of one that changed only the smallest part that tells the difference."""
    for place in dict.fromkeys((*old, *new)):
        yield from _criterion(place, old.get(place), new.get(place))


def table_lines(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of two tables as plain values, without the criteria in them."""
    before, after = _by_list(old), _by_list(new)
    for place in dict.fromkeys((*before, *after)):
        for gone, came in _paired(before.get(place, []), after.get(place, [])):
            yield Line(place, _shown(gone), _shown(came))


def _criterion(place: str, old: Said | None, new: Said | None) -> Iterator[Line]:
    if old is None or new is None or type(old.criterion) is not type(new.criterion):
        yield from _whole(place, old, new)
    elif old.criterion == new.criterion:
        return
    elif isinstance(old.criterion, All | Any_):
        yield from _parts(f"{place}.{old.criterion.word}", old, new)
    elif isinstance(old.criterion, Not | NotFound):
        yield from _criterion(f"{place}.{old.criterion.word}", old.parts()[0], new.parts()[0])
    else:
        yield from _whole(place, old, new)


def _parts(place: str, old: Said, new: Said) -> Iterator[Line]:
    gone = [part for part in old.parts() if part.criterion not in new.criterion.parts()]
    came = [part for part in new.parts() if part.criterion not in old.criterion.parts()]
    if len(gone) == len(came) == 1:
        yield from _criterion(place, gone[0], came[0])
    elif gone or came:
        yield from (Line(place, part.english, None) for part in gone)
        yield from (Line(place, None, part.english) for part in came)
    else:
        yield from _whole(place, old, new)


def _whole(place: str, old: Said | None, new: Said | None) -> Iterator[Line]:
    """Both in English; as they are written where English does not tell them apart."""
    if old is not None and new is not None and old.english == new.english:
        yield Line(place, old.toml, new.toml)
    else:
        yield Line(place, old.english if old else None, new.english if new else None)


def _by_list(tables: Mapping[str, Any]) -> dict[str, list[object]]:
    """The single values of tables, those of one list together under the place of the list."""
    found: dict[str, list[object]] = {}
    for place, value in leaves(_without_criteria(tables)).items():
        found.setdefault(_INDEX.sub("", place), []).append(value)
    return found


def _without_criteria(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return {key: _without_criteria(part) for key, part in value.items() if key not in _CRITERIA}
    return [_without_criteria(part) for part in value] if isinstance(value, list) else value


def _paired(old: Sequence[_Value], new: Sequence[_Value]) -> Iterator[tuple[_Value | None, _Value | None]]:
    """The entries in which two lists differ, side by side where one took the place of the other."""
    for tag, start, end, began, ended in SequenceMatcher(
        None, list(map(repr, old)), list(map(repr, new))
    ).get_opcodes():
        if tag == "equal":
            continue
        gone, came = list(old[start:end]), list(new[began:ended])
        for index in range(max(len(gone), len(came))):
            yield gone[index] if index < len(gone) else None, came[index] if index < len(came) else None


def _shown(value: object) -> str | None:
    return value if isinstance(value, str) or value is None else inline(value)
