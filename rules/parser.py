"""Turn TOML tables into criteria, with every fault and its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rules.criteria import All, Any_, Criterion, Meets, Not, NotFound
from rules.faults import Fault, model_faults, unknown_word

_COMBINATIONS = ("all", "any", "not", "not_found", "meets")


class CriterionParser:
    """Turns TOML tables into criteria; ``faults`` collects everything wrong, each with its place."""

    def __init__(self, leaves: Mapping[str, type[Criterion]]) -> None:
        self._leaves: dict[str, type[Criterion]] = {**leaves, Meets.word: Meets}
        self.words = (*_COMBINATIONS, *(word for word in leaves))
        self._keys = {field.alias or key for leaf in leaves.values() for key, field in leaf.model_fields.items()}
        self.faults: list[Fault] = []

    def parse(self, raw: object, file: str, place: str) -> Criterion | None:
        """The criterion of one table, or None when it has a fault."""
        if not isinstance(raw, dict):
            self.faults.append(Fault(file, place, 'a criterion is a table such as { condition = "hip_pain" }'))
            return None
        heads = [word for word in raw if word in self.words]
        if len(heads) != 1:
            self._no_single_head(raw, heads, file, place)
            return None
        head = heads[0]
        if head in ("all", "any"):
            return self._list(head, raw, file, place)
        if head in ("not", "not_found"):
            return self._not(head, raw, file, place)
        return self._leaf(head, raw, file, place)

    def _no_single_head(self, raw: dict[str, Any], heads: list[str], file: str, place: str) -> None:
        if heads:
            self.faults.append(Fault(file, place, f"one criterion a table, found {len(heads)}: {', '.join(heads)}"))
        elif raw:
            mistyped = next((word for word in raw if word not in self._keys), None)
            if mistyped is None:
                message = f"says how, but not what is asked: {', '.join(raw)}"
                self.faults.append(Fault(file, place, message, allowed=tuple(sorted(self.words))))
            else:
                self.faults.append(unknown_word(file, place, "criterion", mistyped, self.words))
        else:
            self.faults.append(Fault(file, place, "an empty criterion", allowed=tuple(sorted(self.words))))

    def _only(self, head: str, raw: dict[str, Any], file: str, place: str) -> bool:
        extra = [word for word in raw if word != head]
        for word in extra:
            self.faults.append(Fault(file, f"{place}.{word}", f"{head!r} takes no other key", word, (head,)))
        return not extra

    def _list(self, head: str, raw: dict[str, Any], file: str, place: str) -> Criterion | None:
        items = raw[head]
        if not isinstance(items, list) or not items:
            self.faults.append(Fault(file, f"{place}.{head}", f"{head!r} takes a list of at least one criterion"))
            return None
        fine = self._only(head, raw, file, place)
        parts = [self.parse(item, file, f"{place}.{head}[{index}]") for index, item in enumerate(items)]
        whole = tuple(part for part in parts if part is not None)
        if not fine or len(whole) != len(parts):
            return None
        return All(all=whole) if head == "all" else Any_(any=whole)

    def _not(self, head: str, raw: dict[str, Any], file: str, place: str) -> Criterion | None:
        fine = self._only(head, raw, file, place)
        part = self.parse(raw[head], file, f"{place}.{head}")
        if part is None or not fine:
            return None
        return Not(not_=part) if head == "not" else NotFound(not_found=part)

    def _leaf(self, head: str, raw: dict[str, Any], file: str, place: str) -> Criterion | None:
        model = self._leaves[head]
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            self.faults.extend(model_faults(error, model, file, place))
            return None
