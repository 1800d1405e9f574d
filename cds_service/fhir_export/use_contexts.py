"""For whom a resource is meant (``useContext``): the complaint, and the age where a rule excludes the young."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rules.measured import AgeUnder
from rules.schema import Rule

_TYPES: Final = "http://terminology.hl7.org/CodeSystem/usage-context-type"

FOCUS: Final[dict[str, Any]] = {
    "code": {"system": _TYPES, "code": "focus"},
    "valueCodeableConcept": {"text": "Complaints of the hip and the lumbar spine"},
}


def use_contexts(rule: Rule) -> Iterator[dict[str, Any]]:
    """The contexts of a rule. A lower age is one that the rule's own exclusions name."""
    yield FOCUS
    for criterion in rule.unless:
        if isinstance(criterion, AgeUnder):
            years = {"value": criterion.age_under, "unit": "years", "system": "http://unitsofmeasure.org", "code": "a"}
            yield {"code": {"system": _TYPES, "code": "age"}, "valueRange": {"low": years}}
