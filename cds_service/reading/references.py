"""Medications and Conditions that other resources refer to: the drug of an order, the reason of an order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Final

from cds_service.gathered import Entry
from cds_service.reading.accessors import a_string, an_object, objects
from cds_service.reading.coded import NO_CODE, Coded, joined, named, read_code
from cds_service.reading.ownership import Ownership, Standing
from rules.codelists import CodeLists

_KINDS: Final = ("Condition", "Medication")
_OURS: Final = frozenset({Standing.OWN, Standing.UNNAMED})
_MOST_INGREDIENTS: Final = 50


class Referenced:
    """The codes of the resources of one call, by the addresses under which others name them.

    An address is read once, however many orders name it. Nothing is looked at before somebody refers to something.
    """

    def __init__(self, entries: Sequence[Entry], lists: CodeLists, ownership: Ownership) -> None:
        self._entries = entries
        self._lists = lists
        self._ownership = ownership
        self._conditions: dict[str, Coded] = {}
        self._medications: dict[str, Coded] = {}

    def condition(self, address: str) -> Coded:
        """The code of our patient's Condition at ``address``; no code when there is none."""
        if address not in self._conditions:
            own = (one for one in self._at("Condition", address) if self._ownership.standing(one) in _OURS)
            self._conditions[address] = _together(read_code(one.get("code"), self._lists) for one in own)
        return self._conditions[address]

    def medication(self, address: str) -> Coded:
        """The drug at ``address``, with its ingredients; no code when there is none."""
        if address not in self._medications:
            found = self._at("Medication", address)
            self._medications[address] = _together(drug_code(one, self._lists) for one in found)
        return self._medications[address]

    def _at(self, kind: str, address: str) -> list[dict[str, Any]]:
        bare = address.partition("/_history/")[0]
        return self._by_address.get((kind, bare)) or self._by_address.get(
            (kind, "/".join(bare.rsplit("/", 2)[-2:])), []
        )

    @cached_property
    def _by_address(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        found: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for entry in self._entries:
            resource = entry.resource
            kind = resource.get("resourceType") if isinstance(resource, dict) else None
            if not isinstance(resource, dict) or kind not in _KINDS:
                continue
            if a_string(resource.get("id")) is not None:
                found[kind, named(kind, resource)].append(resource)
            if entry.full_url is not None:
                found[kind, entry.full_url].append(resource)
        return dict(found)


def drug_code(medication: dict[str, Any], lists: CodeLists) -> Coded:
    """What a Medication is: its code and its ingredients (R4 and STU3, R5)."""
    parts = [read_code(medication.get("code"), lists)]
    for ingredient in objects(medication.get("ingredient"))[:_MOST_INGREDIENTS]:
        item = ingredient.get("itemCodeableConcept") or an_object(ingredient.get("item")).get("concept")
        parts.append(read_code(item, lists))
    return joined(parts)


def _together(codes: Iterable[Coded]) -> Coded:
    """The same whatever the order in which several versions of a resource came."""
    ordered = sorted(codes, key=lambda code: (code.text or "", [(one.system, one.code) for one in code.matches]))
    return joined(ordered) if ordered else NO_CODE
