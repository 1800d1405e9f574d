"""Strict checks of FHIR resources against the R4B models of fhir.resources, for whoever prepares a chart.

The service itself does not read with these models: one real request in five holds a resource that they refuse
(docs/adr/0007-inbound-fhir-is-read-with-accessors.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from rules.faults import nearest


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: its path from the root of the input, what it is, and what is allowed if known."""

    path: str
    message: str
    allowed: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f"; {self.allowed}" if self.allowed else "")


def resources(value: object, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every FHIR resource in any JSON, Bundles before their entries, with its path."""
    if isinstance(value, dict):
        kind = value.get("resourceType")
        if isinstance(kind, str):
            yield place or kind, value
        if kind is None or kind == "Bundle":
            for name, part in value.items():
                yield from resources(part, f"{place}.{name}" if place else (f"{kind}.{name}" if kind else name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from resources(part, f"{place}[{index}]")


def faults(place: str, resource: Mapping[str, Any]) -> Iterator[Fault]:
    """Everything that the R4B model of ``resource`` finds wrong with it. A Bundle is checked without its entries'
    resources, which :func:`resources` gives one by one.
    """
    kind = str(resource["resourceType"])
    try:
        model = get_fhir_model_class(kind)
    except (KeyError, ValueError):
        yield Fault(f"{place}.resourceType", f"{kind[:40]!r} is no resource type of FHIR R4B")
        return
    content = _shell(resource) if kind == "Bundle" else dict(resource)
    try:
        model.model_validate(content)
    except ValidationError as wrong:
        for details in wrong.errors(include_url=False, include_input=False):
            yield _fault(place, details, model)
    except (TypeError, ValueError, AttributeError, KeyError) as wrong:
        # The models fail themselves on some shapes instead of saying what is wrong with them.
        yield Fault(place, f"its shape cannot be checked ({type(wrong).__name__})")


def _shell(bundle: Mapping[str, Any]) -> dict[str, Any]:
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        return dict(bundle)
    bare = [
        {name: part for name, part in entry.items() if name != "resource"} if isinstance(entry, dict) else entry
        for entry in entries
    ]
    return {**bundle, "entry": [entry for entry in bare if entry != {}]}


def _fault(place: str, details: Mapping[str, Any], model: Any) -> Fault:  # noqa: ANN401 - any of its models
    path = place
    for step in details["loc"]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    if details["type"] == "extra_forbidden" and len(details["loc"]) == 1:
        names = sorted({field.alias or name for name, field in model.model_fields.items()})
        close = nearest(str(details["loc"][0]), names)
        return Fault(path, "there is no such element", f"did you mean {close!r}?" if close else None)
    return Fault(path, str(details["msg"]).removeprefix("Value error, "))
