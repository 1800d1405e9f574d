"""Strict checks of FHIR resources against the R4B models of fhir.resources, for whoever prepares a chart.

The service itself does not read with these models: one real request in five holds a resource that they refuse
(docs/adr/0007-inbound-fhir-is-read-with-accessors.md). :func:`not_used` tells what it makes of the same resources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, get_args

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds_service.bundles import resource_type
from cds_service.chart_reader import dropped
from cds_service.gathered import Entry, Gathered
from rules.codelists import CodeLists
from rules.faults import nearest

_TIMES: Final = {
    "DateTime": "2026, 2026-11, 2026-11-24 or 2026-11-24T12:30:00+01:00",
    "Date": "2026, 2026-11 or 2026-11-24",
    "Instant": "2026-11-24T12:30:00+01:00",
    "Time": "12:30:00",
}
_NAMES: Final = re.compile(r"'(\w+)'")
_WHOLE_LISTS: Final = {
    "Observation": (
        "registered",
        "preliminary",
        "final",
        "amended",
        "corrected",
        "cancelled",
        "entered-in-error",
        "unknown",
    ),
    "DiagnosticReport": (
        *("registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled"),
        *("entered-in-error", "unknown"),
    ),
}
"""Codes of ``status`` where the models know only the first ones (hl7.org/fhir/R4B, observation-status and
diagnostic-report-status); any other list that goes on (``+``, ``etc.``) is not checked.
"""
_REFERENCE: Final = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64}(?:/_history/.*)?$")
_WHY: Final = {
    "unreadable": "it has no resourceType, or its subject, code or questions cannot be read",
    "foreign": "it is about somebody else",
    "uncoded": "it has no coding with a system and a code",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: its path from the root of the input, what it is, and what is allowed if known."""

    path: str
    message: str
    allowed: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f"; {self.allowed}" if self.allowed else "")


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
        yield Fault(f"{path}.resourceType", f"{_quoted(kind)} is no resource type of FHIR R4B")
        return
    content = _shell(resource) if kind == "Bundle" else dict(resource)
    try:
        model.model_validate(content)
    except ValidationError as wrong:
        for details in wrong.errors(include_url=False, include_input=False):
            yield _fault(path, details, model)
    except (TypeError, ValueError, AttributeError, KeyError) as wrong:
        # The models fail themselves on some shapes instead of saying what is wrong with them.
        yield Fault(path, f"its shape cannot be checked ({type(wrong).__name__})")
    yield from _closed_lists(path, content, model)


def _shell(bundle: Mapping[str, Any]) -> dict[str, Any]:
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        return dict(bundle)
    bare = [
        {name: part for name, part in entry.items() if name != "resource"} if isinstance(entry, dict) else entry
        for entry in entries
    ]
    return {**bundle, "entry": [entry for entry in bare if entry != {}]}


def _fault(path: str, details: Mapping[str, Any], model: Any) -> Fault:  # noqa: ANN401 - any of its models
    place = path
    for step in details["loc"]:
        place += f"[{step}]" if isinstance(step, int) else f".{step}"
    if details["type"] == "extra_forbidden":
        names = sorted(_elements(_model_at(model, details["loc"][:-1])))
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
    if said.endswith("is required."):
        return "is missing", "it is required"
    if said.startswith(("Any of one field value", "Expect any of field value")):
        several = said.endswith("multiple!")
        message = "has more than one element of a choice" if several else "has no element of a choice"
        return message, f"allowed: one of {', '.join(_NAMES.findall(said))}"
    if said.endswith("does not match spec regex."):
        form = _TIMES.get(said.partition(" ")[0])
        return "is not written as FHIR writes it", f"allowed: {form}" if form is not None else None
    return said, None


def _elements(model: Any) -> dict[str, Any]:  # noqa: ANN401
    """The fields of a model by the names of their elements; none for what is no model."""
    return {field.alias or name: field for name, field in model.model_fields.items()} if model is not None else {}


def _model_at(model: Any, steps: Sequence[int | str]) -> Any:  # noqa: ANN401
    """The model of the element at the end of ``steps``."""
    for step in steps:
        if isinstance(step, str):
            field = _elements(model).get(step)
            model = _model_of(field.annotation) if field is not None else None
    return model


def _model_of(annotation: Any) -> Any:  # noqa: ANN401
    """The model of a field's type, whatever Optional and List are around it; None for a primitive."""
    if hasattr(annotation, "get_model_klass"):
        return annotation.get_model_klass()
    return next((found for part in get_args(annotation) if (found := _model_of(part)) is not None), None)


def _closed_lists(path: str, content: object, model: Any) -> Iterator[Fault]:  # noqa: ANN401
    """Codes outside the list that the element allows, and references to types that it does not: the models let
    them pass.
    """
    if not isinstance(content, dict) or model is None:
        return
    fields = _elements(model)
    for name, value in content.items():
        if name not in fields:
            continue
        extra = fields[name].json_schema_extra or {}
        within = _model_of(fields[name].annotation)
        for index, one in enumerate(value) if isinstance(value, list) else ((None, value),):
            place = f"{path}.{name}" if index is None else f"{path}.{name}[{index}]"
            codes = _WHOLE_LISTS.get(model.__name__) if name == "status" else None
            codes = codes or extra.get("enum_values") or ()
            if codes and codes[-1] not in ("+", "etc.") and isinstance(one, str) and one not in codes:
                close = nearest(one.casefold(), codes)
                hint = f"; did you mean {close!r}?" if close is not None else ""
                yield Fault(place, f"{_quoted(one)} is no code of this element", f"allowed: {', '.join(codes)}{hint}")
            yield from _wrong_target(place, one, extra.get("enum_reference_types"))
            yield from _closed_lists(place, one, within)


def _wrong_target(place: str, value: object, allowed: Sequence[str] | None) -> Iterator[Fault]:
    reference = value.get("reference") if isinstance(value, dict) else None
    named = _REFERENCE.search(reference) if isinstance(reference, str) else None
    if named is not None and allowed and "Resource" not in allowed and named[1] not in allowed:
        yield Fault(f"{place}.reference", f"names a {named[1]}", f"allowed: {', '.join(allowed)}")


def _quoted(word: str) -> str:
    """A word of the input, short and harmless on a terminal."""
    return repr(word[:40])
