"""The elements of the R4B models of fhir.resources, and mistakes in them that the models themselves let pass."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from rules.faults import nearest

MISSING: Final = ("is missing", "it is required")

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


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: its path from the root of the input, what it is, and what is allowed if known."""

    path: str
    message: str
    allowed: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f"; {self.allowed}" if self.allowed else "")


def choice(names: Sequence[str], there: str) -> tuple[str, str]:
    """What is said of elements of which one is allowed, when ``there`` is ``no`` or ``more than one`` of them."""
    return f"has {there} element of a choice", f"allowed: one of {', '.join(names)}"


def quoted(word: str) -> str:
    """A word of the input, short and harmless on a terminal."""
    return repr(word[:40])


def elements(model: Any) -> dict[str, Any]:  # noqa: ANN401 - any model, or None
    """The fields of a model by the names of their elements; none for what is no model."""
    return {field.alias or name: field for name, field in model.model_fields.items()} if model is not None else {}


def model_at(model: Any, steps: Sequence[int | str]) -> Any:  # noqa: ANN401
    """The model of the element at the end of ``steps``; None for a primitive."""
    for step in steps:
        if isinstance(step, str):
            field = elements(model).get(step)
            model = _model_of(field.annotation) if field is not None else None
    return model


def _model_of(annotation: Any) -> Any:  # noqa: ANN401
    """The model of a field's type, whatever Optional and List are around it; None for a primitive."""
    if hasattr(annotation, "get_model_klass"):
        return annotation.get_model_klass()
    return next((found for part in get_args(annotation) if (found := _model_of(part)) is not None), None)


def element_faults(path: str, content: object, model: Any) -> Iterator[Fault]:  # noqa: ANN401
    """Codes outside the list that an element allows, references to types that it does not, and elements that are
    missing: the models let the first two pass, and tell of the last only when all else is right.
    """
    if not isinstance(content, dict) or model is None:
        return
    fields = elements(model)
    yield from _missing(path, content, fields)
    for name in (name for name in content if name in fields):
        value, extra = content[name], fields[name].json_schema_extra or {}
        codes = (_WHOLE_LISTS.get(model.__name__) if name == "status" else None) or extra.get("enum_values") or ()
        for index, one in enumerate(value) if isinstance(value, list) else ((None, value),):
            place = f"{path}.{name}" if index is None else f"{path}.{name}[{index}]"
            yield from _wrong_code(place, one, codes)
            yield from _wrong_target(place, one, extra.get("enum_reference_types") or ())
            yield from element_faults(place, one, _model_of(fields[name].annotation))


def _missing(path: str, content: Mapping[str, object], fields: Mapping[str, Any]) -> Iterator[Fault]:
    choices: dict[str, list[str]] = defaultdict(list)
    for name, field in fields.items():
        extra = field.json_schema_extra or {}
        # An extension may say why a primitive has no value.
        if extra.get("element_required") and name not in content and f"_{name}" not in content:
            yield Fault(f"{path}.{name}", *MISSING)
        if extra.get("one_of_many_required"):
            choices[extra["one_of_many"]].append(name)
    for names in choices.values():
        if not content.keys() & {*names, *(f"_{name}" for name in names)}:
            yield Fault(path, *choice(names, "no"))


def _wrong_code(place: str, value: object, codes: Sequence[str]) -> Iterator[Fault]:
    if codes and codes[-1] not in ("+", "etc.") and isinstance(value, str) and value not in codes:
        close = nearest(value.casefold(), codes)
        hint = f"; did you mean {close!r}?" if close is not None else ""
        yield Fault(place, f"{quoted(value)} is no code of this element", f"allowed: {', '.join(codes)}{hint}")


def _wrong_target(place: str, value: object, allowed: Sequence[str]) -> Iterator[Fault]:
    reference = value.get("reference") if isinstance(value, dict) else None
    named = _REFERENCE.search(reference) if isinstance(reference, str) else None
    if named is not None and allowed and "Resource" not in allowed and named[1] not in allowed:
        yield Fault(f"{place}.reference", f"names a {named[1]}", f"allowed: {', '.join(allowed)}")
