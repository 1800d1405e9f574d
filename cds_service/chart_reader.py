"""Turn the FHIR resources of a call into a Chart, entry by entry, never raising on any JSON.

Nothing is validated against models here: one request in five holds a resource that strict models refuse, and a rule
reads few fields (docs/adr/0007-inbound-fhir-is-read-with-accessors.md). Which date, which status, whose resource:
knowledge 2.1. What cannot be used is dropped and counted under its type:

- *unreadable*: the entry is no object with a string ``resourceType`` (counted under the kind that its key promised);
  or its subject, or the element with its code (of a QuestionnaireResponse: its questionnaire and items), has a JSON
  type in which nothing of the sort can stand, such as a number or a list without objects;
- *foreign*: it names another patient, a group or a contained resource;
- *uncoded*: it has no coding with a system and a code, its medication reference leads nowhere, or it answers an
  unnamed questionnaire. An ImagingStudy need not have a code and an Appointment is not part of the record: they are
  not counted.

Null and the empties that FHIR forbids count as absent. Other types are ignored. A resource that came several times, by
type and id, counts once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from cds_service.gathered import Entry, Gathered
from cds_service.reading.accessors import a_string
from cds_service.reading.answers import is_ours, is_readable, names_its_questions, read_answers
from cds_service.reading.appointments import appointment_code, read_appointment
from cds_service.reading.coded import Coded, Record, read_code
from cds_service.reading.conditions import read_condition
from cds_service.reading.events import read_imaging, read_procedure, study_code
from cds_service.reading.observations import read_observation
from cds_service.reading.orders import medication_code, order_code, read_medication, read_order
from cds_service.reading.ownership import Ownership, Standing
from cds_service.reading.patients import read_patient
from cds_service.reading.references import Referenced
from rules.chart import Answer, Chart, ChartBuilder, Condition, Fact, Medication, Order
from rules.codelists import CodeLists

_log = logging.getLogger(__name__)

_ORIGINS: Final = {"context": 0, "prefetch": 1, "fhirServer": 2}
"""Of a resource that came from several places, what the hook brings counts first."""


def read_chart(
    gathered: Gathered,
    codelists: CodeLists,
    *,
    patient_id: str,
    fhir_server: str | None,
    symptom_concept: str = "obs_symptom",
) -> Chart:
    """The chart of the patient ``patient_id`` (bare id).

    ``fhir_server`` is the base URL of the request, if any; ``symptom_concept`` the concept of the question codes whose
    coded value is the finding. The order of the entries, repeated entries and how they are spread over keys and pages
    make no difference to what the chart says.
    """
    reader = _Reader(gathered, codelists, patient_id, fhir_server, symptom_concept)
    entries: Sequence[Entry] = gathered.entries
    if any(entry.origin != "prefetch" or entry.judged for entry in entries):
        entries = sorted(entries, key=_rank)
    for entry in entries:
        reader.read(entry)
    return reader.chart()


def dropped(
    gathered: Gathered, codelists: CodeLists, *, patient_id: str, fhir_server: str | None
) -> Iterator[tuple[Entry, str]]:
    """The entries that :func:`read_chart` drops, each with why: ``unreadable``, ``foreign`` or ``uncoded``."""
    reader = _Reader(gathered, codelists, patient_id, fhir_server, "")
    for entry in gathered.entries:
        before = len(reader.reasons)
        reader.read(entry)
        yield from ((entry, why) for why in reader.reasons[before:])


def _rank(entry: Entry) -> tuple[int, bool]:
    return _ORIGINS.get(entry.origin, len(_ORIGINS)), not entry.judged


@dataclass(frozen=True, slots=True)
class _Family:
    """How one type of coded resource is read: where its code stands, what fact it becomes."""

    code: Callable[[dict[str, Any], CodeLists], Coded]
    fact: Callable[[Record], Fact]
    counted: bool = True
    """Whether a resource without any usable coding is counted."""


def _code(resource: dict[str, Any], lists: CodeLists) -> Coded:
    return read_code(resource.get("code"), lists)


class _Reader:
    """One reading of one call's entries."""

    def __init__(
        self,
        gathered: Gathered,
        lists: CodeLists,
        patient_id: str,
        fhir_server: str | None,
        symptom_concept: str,
    ) -> None:
        self._builder = ChartBuilder()
        for kind, availability in gathered.availability.items():
            self._builder.had(kind, availability)
        self._lists = lists
        self._ownership = Ownership(patient_id, fhir_server, gathered.entries)
        referenced = Referenced(gathered.entries, lists, self._ownership)
        drug = _Family(partial(medication_code, referenced=referenced), read_medication)
        families = {
            "Condition": _Family(_code, read_condition),
            "Observation": _Family(_code, partial(read_observation, symptom_concept=symptom_concept)),
            "Procedure": _Family(_code, read_procedure),
            "ServiceRequest": _Family(order_code, partial(read_order, referenced=referenced)),
            "DiagnosticReport": _Family(_code, read_imaging),
            "ImagingStudy": _Family(study_code, read_imaging, counted=False),
            "MedicationRequest": drug,
            "MedicationStatement": drug,
            "Appointment": _Family(partial(appointment_code, referenced=referenced), read_appointment, counted=False),
        }
        self._readings: dict[str, Callable[[str, dict[str, Any], Entry], None]] = {
            **{kind: partial(self._coded, family) for kind, family in families.items()},
            "QuestionnaireResponse": self._response,
            "Patient": self._patient,
        }
        self._said: dict[str, Fact | Answer] = {}
        self._said_again: dict[str, set[Fact | Answer]] = {}
        self._dropped: set[tuple[str, str, str]] = set()
        self.reasons: list[str] = []
        """Why entries were dropped, in the order in which they came."""
        self._without_subject: set[str] = set()

    def read(self, entry: Entry) -> None:
        """Read one entry, or drop and count it."""
        resource = entry.resource
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if not isinstance(resource, dict) or not isinstance(kind, str) or not kind:
            self._count(entry.expected or "Resource", "unreadable")
            return
        reading = self._readings.get(kind)
        if reading is None:
            return
        standing = self._standing(kind, resource, entry.full_url)
        if standing is not Standing.OWN:
            if standing is not Standing.UNNAMED:
                self._drop(kind, resource, standing.value)
                return
            self._without_subject.add(kind)
        reading(kind, resource, entry)

    def chart(self) -> Chart:
        """What was read. Types of which a resource had no subject are logged: they were taken for our patient's."""
        for kind in sorted(self._without_subject):
            _log.info("subject-missing", extra={"kind": kind})
        return self._builder.chart()

    def _standing(self, kind: str, resource: dict[str, Any], full_url: str | None) -> Standing:
        if kind == "Patient":
            return self._ownership.patient_standing(resource, full_url)
        if kind == "Appointment":
            return self._ownership.appointment_standing(resource)
        return self._ownership.standing(resource)

    def _patient(self, kind: str, resource: dict[str, Any], entry: Entry) -> None:
        self._builder.patient = read_patient(resource, self._builder.patient)

    def _coded(self, family: _Family, kind: str, resource: dict[str, Any], entry: Entry) -> None:
        code = family.code(resource, self._lists)
        if not code.readable:
            self._drop(kind, resource, "unreadable")
            return
        if not code.coded and family.counted:
            self._drop(kind, resource, "uncoded")
        # An order that the hook is about stays, whatever its code: one rule reads its words (R31).
        if code.matches or entry.judged:
            record = Record(kind, resource, entry.origin, entry.judged, code, self._lists)
            fact = family.fact(record)
            if self._is_new(fact):
                self._builder.add(fact)

    def _response(self, kind: str, response: dict[str, Any], entry: Entry) -> None:
        if not is_readable(response):
            self._drop(kind, response, "unreadable")
        elif not names_its_questions(response):
            # Nothing tells which questions were answered; it may have held an alarm, so it is named (knowledge 2.10).
            self._drop(kind, response, "uncoded")
        elif is_ours(response):
            for answer in read_answers(response, entry.origin):
                if self._is_new(answer):
                    self._builder.answer(answer)

    def _is_new(self, said: Fact | Answer) -> bool:
        """False for what a resource of the same type and id has said already."""
        first = self._said.setdefault(said.reference, said)
        if first is said:
            return True
        # Most resources come once: only now is it worth the work of telling what they say apart.
        again = self._said_again.setdefault(said.reference, set())
        if not again:
            again.add(_as_recorded(first))
        this = _as_recorded(said)
        if this in again:
            return False
        again.add(this)
        return True

    def _drop(self, kind: str, resource: dict[str, Any], why: str) -> None:
        """Count a resource that is not used; one that came several times only once."""
        identifier = a_string(resource.get("id"))
        if identifier is not None:
            if (kind, identifier, why) in self._dropped:
                return
            self._dropped.add((kind, identifier, why))
        self._count(kind, why)

    def _count(self, kind: str, why: str) -> None:
        self.reasons.append(why)
        self._builder.drop(kind, why)


def _as_recorded(said: Fact | Answer) -> Fact | Answer:
    """A fact or answer without the way in which it came: two that are equal then are one."""
    if isinstance(said, Condition):
        return replace(said, origin="", new=False)
    if isinstance(said, Order | Medication):
        return replace(said, origin="", draft=False, judged=False)
    return replace(said, origin="")
