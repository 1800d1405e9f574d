"""Observations: measurements, and findings that are stated as present (knowledge 2.1, finding as Observation)."""

from __future__ import annotations

from typing import Any, Final

from cds_service.reading.accessors import a_string, a_truth, an_object, codings, given, number
from cds_service.reading.coded import SNOMED, Coded, Record, read_code
from cds_service.reading.dates import first_when
from rules.chart import Observation
from rules.codelists import CodeLists, CodeMatch

PRESENT: Final = frozenset({(SNOMED, "52101004"), (SNOMED, "373066001"), ("loinc", "LA33-6")})
"""Coded values that state presence: present, yes (SNOMED CT), yes (LOINC answer)."""


def read_observation(record: Record, symptom_concept: str) -> Observation:
    """An Observation with its number and unit, and with the findings that it states.

    The number is ``valueQuantity.value`` or ``valueInteger``; a number written as text is none.
    """
    resource = record.resource
    when = first_when(
        resource.get("effectiveDateTime"),
        an_object(resource.get("effectivePeriod")).get("start"),
        resource.get("effectiveInstant"),
        resource.get("issued"),
    )
    shared = record.shared(when)
    findings = _by_own_code(resource, record.code, record.lists)
    named = _by_value(resource, record.code, record.lists, symptom_concept)
    if named.matches:
        # "Symptom" is not what the record calls the finding.
        shared["text"] = named.text
    quantity = an_object(resource.get("valueQuantity"))
    value = number(quantity.get("value"))
    return Observation(
        **shared,
        number=value if value is not None else number(resource.get("valueInteger")),
        unit=a_string(quantity.get("code")) or a_string(quantity.get("unit")),
        finding_matches=tuple(dict.fromkeys((*findings, *named.matches))),
    )


def _by_own_code(resource: dict[str, Any], code: Coded, lists: CodeLists) -> tuple[CodeMatch, ...]:
    """The findings in the code, when the value is absent, ``true`` or a coded yes."""
    found = _findings(code, lists)
    return found if found and _states_presence(resource, lists) else ()


def _by_value(resource: dict[str, Any], code: Coded, lists: CodeLists, symptom_concept: str) -> Coded:
    """The findings in the coded value, when the code only says that this is a symptom."""
    if given(resource.get("dataAbsentReason")) or all(match.concept != symptom_concept for match in code.matches):
        return Coded()
    value = read_code(resource.get("valueCodeableConcept"), lists)
    return Coded(_findings(value, lists), value.text)


def _findings(code: Coded, lists: CodeLists) -> tuple[CodeMatch, ...]:
    return tuple(match for match in code.matches if match.concept in lists.findings)


def _states_presence(resource: dict[str, Any], lists: CodeLists) -> bool:
    if given(resource.get("dataAbsentReason")):
        return False
    values = {key: value for key, value in resource.items() if key.startswith("value") and given(value)}
    if not values or a_truth(values.get("valueBoolean")):
        return True
    return any(
        (lists.system(coding.get("system")), a_string(coding.get("code"))) in PRESENT
        for coding in codings(values.get("valueCodeableConcept"))
    )
