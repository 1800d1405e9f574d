"""Appointments that the hook proposes (appointment-book)."""

from __future__ import annotations

from typing import Any, Final

from cds_service.reading.accessors import status_word
from cds_service.reading.coded import NO_CODE, Coded, Record, joined, read_code
from cds_service.reading.dates import first_when
from cds_service.reading.orders import reason_conditions
from cds_service.reading.references import Referenced
from rules.chart import Appointment
from rules.codelists import CodeLists

GONE: Final = frozenset({"cancelled", "noshow", "entered-in-error"})
_CODED: Final = ("serviceType", "specialty", "reasonCode")


def appointment_code(appointment: dict[str, Any], lists: CodeLists, referenced: Referenced) -> Coded:
    """What an appointment is for: service, specialty, reasons. One that will not take place is for nothing."""
    if status_word(appointment.get("status")) in GONE:
        return NO_CODE
    codes = [read_code(appointment.get(element), lists) for element in _CODED]
    return joined((*codes, *reason_conditions(appointment, referenced)))


def read_appointment(record: Record) -> Appointment:
    """An Appointment; its date is its start."""
    when = first_when(record.resource.get("start"), record.resource.get("created"))
    return Appointment(**record.shared(when))
