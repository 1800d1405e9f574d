"""Whose resource it is: only those of the patient of the call are read (knowledge 2.1, own)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final

from cds_service.gathered import Entry
from cds_service.reading.accessors import a_string, given, objects, reference

_URN: Final = "urn:uuid:"
_SUBJECTS: Final = ("subject", "patient")


class Standing(Enum):
    """Whether a resource is about the patient of the call.

    ``UNNAMED``: it names nobody, which counts as own, since the request is about one patient. ``UNREADABLE``: its
    subject has a JSON type in which no reference can stand.
    """

    OWN = "own"
    UNNAMED = "unnamed"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"


class Ownership:
    """Tells the resources of one patient from those of others.

    ``patient_id`` is the bare id of the context, ``fhir_server`` the base URL of the request if it has one. The
    fullUrl of the entry that holds our Patient counts as a name of the patient too, so that the inner addresses of a
    gateway do not make a whole chart foreign; therefore all entries are looked at before any is read.
    """

    def __init__(self, patient_id: str, fhir_server: str | None, entries: Iterable[Entry]) -> None:
        self._id = patient_id
        self._server = fhir_server.rstrip("/") if fhir_server else None
        patients = [
            (entry.resource, entry.full_url)
            for entry in entries
            if isinstance(entry.resource, dict) and entry.resource.get("resourceType") == "Patient"
        ]
        self._identified = any(self._is_our_id(resource.get("id")) for resource, _ in patients)
        self._aliases = {
            full_url
            for resource, full_url in patients
            if full_url is not None and ":" in full_url and self.patient_standing(resource, full_url) is Standing.OWN
        }
        self._known: dict[str, Standing] = {}

    def patient_standing(self, resource: dict[str, Any], full_url: str | None) -> Standing:
        """Whether a Patient resource is our patient.

        The id may be written ``Patient/x``. One without an id is ours, unless something speaks against it: another
        Patient of the call carries our id, or the fullUrl names somebody else.
        """
        identifier = resource.get("id")
        if given(identifier):
            if not isinstance(identifier, str):
                return Standing.UNREADABLE
            return Standing.OWN if self._is_our_id(identifier) else Standing.FOREIGN
        _, slash, named = _without_version(full_url or "").rpartition("/Patient/")
        contradicted = self._identified or (bool(slash) and named != self._id)
        return Standing.FOREIGN if contradicted else Standing.OWN

    def standing(self, resource: dict[str, Any]) -> Standing:
        """Whether the subject or patient of a resource is our patient."""
        if "patient" not in resource:
            try:
                # Nearly all resources of a call name their subject in the same words.
                return self._known[resource["subject"]["reference"]]
            except (KeyError, TypeError):
                pass
        standings = {self._of(one) for element in _SUBJECTS for one in _listed(resource.get(element))}
        for worst in (Standing.FOREIGN, Standing.UNREADABLE, Standing.OWN):
            if worst in standings:
                return worst
        return Standing.UNNAMED

    def appointment_standing(self, appointment: dict[str, Any]) -> Standing:
        """Whether our patient takes part in an Appointment; participants that are no patients tell nothing."""
        named = [
            address
            for participant in objects(appointment.get("participant"))
            if (address := reference(participant.get("actor"))) is not None
            and ("Patient/" in address or address.startswith(_URN))
        ]
        if not named:
            return Standing.UNNAMED
        return Standing.OWN if any(self._named(address) is Standing.OWN for address in named) else Standing.FOREIGN

    def _is_our_id(self, identifier: object) -> bool:
        return isinstance(identifier, str) and identifier.strip().removeprefix("Patient/") == self._id

    def _of(self, subject: object) -> Standing:
        """What one subject says, given as a Reference or as a plain string."""
        kind = None
        if isinstance(subject, dict):
            kind, subject = a_string(subject.get("type")), subject.get("reference")
        if not given(subject):
            # Only a display or an identifier: no reference at all, unless it says that it is no patient.
            return Standing.UNNAMED if kind in (None, "Patient") else Standing.FOREIGN
        return self._named(subject) if isinstance(subject, str) else Standing.UNREADABLE

    def _named(self, address: str) -> Standing:
        known = self._known.get(address)
        if known is None:
            known = self._known[address] = Standing.OWN if self._is_ours(address.strip()) else Standing.FOREIGN
        return known

    def _is_ours(self, address: str) -> bool:
        """True when a reference is one of the ways to name our patient."""
        bare = _without_version(address)
        if bare in (self._id, f"Patient/{self._id}") or not self._aliases.isdisjoint((address, bare)):
            return True
        if bare[: len(_URN)].lower() == _URN:
            return bare[len(_URN) :].lower() == self._id.lower()
        base, slash, named = bare.rpartition("/Patient/")
        if not slash or named != self._id or "://" not in base:
            return False
        return self._server is None or base.rstrip("/") == self._server


def _listed(value: object) -> Iterator[object]:
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def _without_version(address: str) -> str:
    return address.partition("/_history/")[0]
