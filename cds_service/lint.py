"""Strict checks of FHIR resources against the R4B models of fhir.resources, for whoever prepares a chart.

The service itself does not read with these models: one real request in five holds a resource that they refuse
(docs/adr/0007-inbound-fhir-is-read-with-accessors.md). :func:`not_used` tells what it makes of the same resources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds_service.bundles import resource_type
from cds_service.chart_reader import dropped
from cds_service.gathered import Entry, Gathered
from cds_service.strict_elements import MISSING, Fault, choice, element_faults, elements, model_at, quoted
from rules.codelists import CodeLists
from rules.faults import nearest

_TIMES: Final = {
    "DateTime": "2026, 2026-11, 2026-11-24 or 2026-11-24T12:30:00+01:00",
    "Date": "2026, 2026-11 or 2026-11-24",
    "Instant": "2026-11-24T12:30:00+01:00",
    "Time": "12:30:00",
}
_NAMES: Final = re.compile(r"'(\w+)'")
_WHY: Final = {
    "unreadable": "it has no resourceType, or its subject, code or questions cannot be read",
    "foreign": "it is about somebody else",
    "uncoded": "it has no coding with a system and a code",
}


class Found(NamedTuple):
    """What stands in the input where a resource belongs: its path, the value, the fullUrl of its Bundle entry."""

    path: str
    resource: object
    full_url: str | None = None


def resources(value: object, path: str = "", full_url: str | None = None) -> Iterator[Found]:
    """Every FHIR resource in any JSON, Bundles before their entries."""
    kind = resource_type(value)
    if kind is not None or path.endswith(".resource"):
        yield Found(path or str(kind), value, full_url)
    if isinstance(value, dict):
        if kind is None or kind == "Bundle":
            given = value.get("fullUrl")
            inside = path or kind
            for name, part in value.items():
                at = f"{inside}.{name}" if inside else name
                yield from resources(part, at, given if isinstance(given, str) else None)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from resources(part, f"{path}[{index}]")


def not_used(value: object, found: Sequence[Found], lists: CodeLists) -> Iterator[Fault]:
    """The resources that the service would drop and count, each with why.

    The patient is the one of the request's context, or the only Patient; when there is neither, nobody's resource is
    taken for somebody else's.
    """
    patient_id = _patient_id(value, found)
    entries = tuple(Entry(one.resource, "prefetch", one.full_url) for one in found)
    paths = {id(entry): one.path for entry, one in zip(entries, found, strict=True)}
    for entry, why in dropped(Gathered(entries, {}), lists, patient_id=patient_id or "", fhir_server=_server(value)):
        if why != "foreign" or patient_id is not None:
            yield Fault(paths[id(entry)], f"{why}: {_WHY[why]}")


def _patient_id(value: object, found: Sequence[Found]) -> str | None:
    context = value.get("context") if isinstance(value, dict) else None
    named = context.get("patientId") if isinstance(context, dict) else None
    patients = (one.resource for one in found if resource_type(one.resource) == "Patient")
    ids = {patient.get("id") for patient in patients if isinstance(patient, dict)}
    only = named if named is not None else ids.pop() if len(ids) == 1 else None
    return only.removeprefix("Patient/") if isinstance(only, str) else None


def _server(value: object) -> str | None:
    server = value.get("fhirServer") if isinstance(value, dict) else None
    return server if isinstance(server, str) else None


def faults(path: str, resource: object) -> Iterator[Fault]:
    """Everything that the R4B model of ``resource`` finds wrong with it, and codes outside their closed lists.

    A Bundle is checked without its entries' resources, which :func:`resources` gives one by one.
    """
    kind = resource_type(resource)
    if not isinstance(resource, dict):
        yield Fault(path, "is no object", "a FHIR resource belongs here")
        return
    if kind is None:
        yield Fault(f"{path}.resourceType", "is missing", "it names the type of the resource, such as 'Condition'")
        return
    try:
        model = get_fhir_model_class(kind)
    except (KeyError, ValueError):
        yield Fault(f"{path}.resourceType", f"{quoted(kind)} is no resource type of FHIR R4B")
        return
    content = _shell(resource) if kind == "Bundle" else dict(resource)
    yield from dict.fromkeys((*_of_the_model(path, content, model), *element_faults(path, content, model)))


def _of_the_model(path: str, content: dict[str, Any], model: Any) -> Iterator[Fault]:  # noqa: ANN401
    try:
        model.model_validate(content)
    except ValidationError as wrong:
        for details in wrong.errors(include_url=False, include_input=False):
            yield _fault(path, details, model)
    except (TypeError, ValueError, AttributeError, KeyError) as wrong:
        # The models fail themselves on some shapes instead of saying what is wrong with them.
        yield Fault(path, f"its shape cannot be checked ({type(wrong).__name__})")


def _shell(bundle: Mapping[str, Any]) -> dict[str, Any]:
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        return dict(bundle)
    bare = [
        {name: part for name, part in entry.items() if name != "resource"} if isinstance(entry, dict) else entry
        for entry in entries
    ]
    return {**bundle, "entry": bare}


def _fault(path: str, details: Mapping[str, Any], model: Any) -> Fault:  # noqa: ANN401 - any of its models
    place = path
    for step in details["loc"]:
        place += f"[{step}]" if isinstance(step, int) else f".{step}"
    if details["type"] == "extra_forbidden":
        names = sorted(elements(model_at(model, details["loc"][:-1])))
        close = nearest(str(details["loc"][-1]), names)
        return Fault(place, "there is no such element", f"did you mean {close!r}?" if close else None)
    message, allowed = _worded(details)
    return Fault(place.removesuffix(".root"), message, allowed)


_SHAPES: Final = {
    "json_invalid": ("is a string", "allowed: an object"),
    "model_validation_format": ("is no object", "allowed: an object"),
    "list_type": ("is no list", "allowed: a list"),
    "string_type": ("is no string", "allowed: a string"),
    "bool_type": ("is no boolean", "allowed: true, false"),
}


def _worded(details: Mapping[str, Any]) -> tuple[str, str | None]:
    """What a model found, in plain words, and what is allowed there."""
    if details["type"] in _SHAPES:
        return _SHAPES[details["type"]]
    said = str(details["msg"]).removeprefix("Value error, ")
    if details["type"] == "missing" or said.endswith("is required."):
        return MISSING
    if said.startswith(("Any of one field value", "Expect any of field value")):
        names = _NAMES.findall(said)
        return choice(names, "more than one" if said.endswith("multiple!") else "no")
    if said.endswith("does not match spec regex."):
        form = _TIMES.get(said.partition(" ")[0])
        return "is not written as FHIR writes it", f"allowed: {form}" if form is not None else None
    return said, None
