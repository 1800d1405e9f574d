"""The Patient: birth date and death."""

from __future__ import annotations

from typing import Any

from cds_service.reading.accessors import a_truth, given
from cds_service.reading.dates import read_when
from rules.chart import Patient, When


def read_patient(resource: dict[str, Any], known: Patient) -> Patient:
    """The patient by this resource and by what is ``known`` from others.

    Death counts when any of them tells it, a date of death even when it cannot be read. Two birth dates that differ
    leave open which is right: the span covers both.
    """
    died = resource.get("deceasedDateTime")
    deceased = a_truth(resource.get("deceasedBoolean")) is True or (given(died) and died is not False)
    return Patient(_either(known.birth, read_when(resource.get("birthDate"))), deceased or known.deceased)


def _either(one: When | None, other: When | None) -> When | None:
    if one is None or other is None:
        return one or other
    return When(min(one.earliest, other.earliest), max(one.latest, other.latest))
