"""Conditions: diagnoses and problems (knowledge 2.1: which date, active, suspected)."""

from __future__ import annotations

from typing import Any, Final

from cds_service.reading.accessors import an_object, given, status_word
from cds_service.reading.coded import Record
from cds_service.reading.dates import first_when
from rules.chart import Condition

CLINICAL: Final = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"})
"""The clinical statuses that are recognised; any other counts as not recorded."""
VERIFICATION: Final = frozenset(
    {"unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"}
)
ABATEMENT: Final = frozenset(
    {
        "abatementDateTime",
        "abatementAge",
        "abatementPeriod",
        "abatementRange",
        "abatementString",
        "abatementBoolean",
        "abatement",
    }
)


def read_condition(record: Record) -> Condition:
    """A Condition as R4, STU3 (``assertedDate``, statuses as strings) or DSTU2 (``dateRecorded``) write it.

    A Condition of the hook's context is ``new``. ``abatementBoolean`` false, which older releases have, says that
    nothing abated.
    """
    resource = record.resource
    clinical = status_word(resource.get("clinicalStatus"), CLINICAL)
    when = first_when(
        resource.get("onsetDateTime"),
        an_object(resource.get("onsetPeriod")).get("start"),
        resource.get("recordedDate"),
        resource.get("assertedDate"),
        resource.get("dateRecorded"),
    )
    return Condition(
        **record.shared(when),
        clinical=clinical if clinical in CLINICAL else None,
        verification=status_word(resource.get("verificationStatus"), VERIFICATION),
        abated=not ABATEMENT.isdisjoint(resource) and _is_abated(resource),
        new=record.origin == "context",
    )


def _is_abated(resource: dict[str, Any]) -> bool:
    return any(given(value) and value is not False for value in map(resource.get, ABATEMENT))
