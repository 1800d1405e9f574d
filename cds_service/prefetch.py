"""Prefetch: which FHIR queries a service declares, and what came of them.

The templates are computed from what the rules of the hook read, so the two cannot drift. They are plain enough to be
typed in by hand: no date filter, no repeated parameter, no token but the patient's id (T-01 to T-29, knowledge 2.8).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.bundles import Listing, read_listing, resource_type
from cds_service.gathered import Entry
from cds_service.reading.answers import QUESTIONNAIRE
from rules.chart import Availability
from rules.codelists import CodeLists
from rules.criteria import DataNeed

PATIENT: Final = "{{context.patientId}}"

KEYS: Final[Mapping[str, str]] = {
    "Patient": "patient",
    "Condition": "conditions",
    "Observation": "observations",
    "QuestionnaireResponse": "questionnaireResponses",
    "Procedure": "procedures",
    "ServiceRequest": "serviceRequests",
    "DiagnosticReport": "diagnosticReports",
    "ImagingStudy": "imagingStudies",
    "MedicationRequest": "medicationRequests",
    "MedicationStatement": "medicationStatements",
}
"""The prefetch key of each kind that is asked for, in the order of discovery. A Medication comes with its order, an
Appointment with the hook."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One prefetch key of a service: the kind of resource it is for, and the FHIR query as a template."""

    key: str
    kind: str
    template: str

    def query(self, patient_id: str) -> str:
        """The query for one patient, relative to the FHIR server's base."""
        return self.template.replace(PATIENT, patient_id)


def declare(needs: Iterable[DataNeed], codelists: CodeLists, public_url: str) -> tuple[Declared, ...]:
    """The prefetch keys for what rules need; ``public_url`` is the base of the questionnaire's canonical address."""
    by_kind = {need.kind: need for need in needs}
    return tuple(
        Declared(key, kind, _template(by_kind[kind], codelists, public_url))
        for kind, key in KEYS.items()
        if kind in by_kind
    )


def _template(need: DataNeed, codelists: CodeLists, public_url: str) -> str:
    kind = need.kind
    if kind == "Patient":
        return f"Patient/{PATIENT}"
    search = f"{kind}?patient={PATIENT}"
    if kind == "Observation" and need.concepts:
        # Bare codes: with its system each would be several times as long, and the query has to be typed in.
        codes = {row.code for concept in need.concepts for row in codelists.codes(concept)}
        return f"{search}&code={','.join(sorted(codes))}"
    if kind == "QuestionnaireResponse":
        return f"{search}&questionnaire={public_url.rstrip('/')}/Questionnaire/{QUESTIONNAIRE}"
    if kind in ("MedicationRequest", "MedicationStatement"):
        return f"{search}&status=active"
    return search


@dataclass(frozen=True, slots=True)
class Sorted:
    """What came with the request.

    ``availability`` has every declared kind. ``ask`` are the kinds whose query the FHIR server may still be asked:
    not those that the client tried and failed at (P-23). ``pages`` are the addresses of pages that follow what came
    (P-25). ``unusable`` are the kinds whose key held something that is no answer to its query (P-27).
    """

    entries: tuple[Entry, ...]
    availability: Mapping[str, Availability]
    ask: frozenset[str]
    pages: Mapping[str, str]
    unusable: frozenset[str]


def sort_prefetch(prefetch: Mapping[str, object], declared: Iterable[Declared], patient_id: str) -> Sorted:
    """Sort ``prefetch`` by the decision table P-20 to P-29.

    A declared key is read by key and can close the list of its kind. Resources under any other key count by their
    type and never close a list; that nothing or a failure stands there tells nothing
    (``docs/adr/0004-closed-lists-and-undeclared-keys.md``).
    """
    keys = {one.key: one.kind for one in declared}
    listings = {kind: read_listing(prefetch[key], kind, "prefetch") for key, kind in keys.items() if key in prefetch}
    entries = [entry for listing in listings.values() for entry in listing.entries]
    for key, value in prefetch.items():
        if key not in keys:
            entries += _undeclared(value)
    came = Counter([resource_type(entry.resource) for entry in entries])
    availability = {kind: _availability(listings.get(kind), came[kind]) for kind in keys.values()}
    if "Patient" in availability:
        patients = [entry.resource for entry in entries if resource_type(entry.resource) == "Patient"]
        availability["Patient"] = _patient(listings.get("Patient"), patients, patient_id)
    ask = {
        kind for kind, had in availability.items() if had is not Availability.COMPLETE and _unanswered(kind, listings)
    }
    pages = {
        kind: listing.next_page
        for kind, listing in listings.items()
        if listing.next_page and not listing.troubled and kind not in ask
    }
    unusable = frozenset(kind for kind, listing in listings.items() if listing.availability is Availability.MISSING)
    return Sorted(tuple(entries), availability, frozenset(ask), pages, unusable)


def _undeclared(value: object) -> Iterable[Entry]:
    """The resources under a key that nobody declared; a plain list there may hold anything."""
    found = read_listing(value, None, "prefetch").entries
    if isinstance(value, list):
        return [entry for entry in found if resource_type(entry.resource) is not None]
    return found


def _had(listing: Listing | None) -> Availability:
    return listing.availability if listing is not None else Availability.MISSING


def _availability(listing: Listing | None, came: int) -> Availability:
    """How well a kind was had, of which ``came`` resources stand under any key."""
    if came and _had(listing) in (Availability.MISSING, Availability.FAILED):
        return Availability.INCOMPLETE
    if listing is not None and listing.availability is Availability.COMPLETE and _says_there_is_more(listing, came):
        return Availability.INCOMPLETE
    return _had(listing)


def _says_there_is_more(listing: Listing, came: int) -> bool:
    """True when a Bundle counts more matches than it and all other keys hold; only a total of 0 is "no data" (P-22)."""
    return listing.total is not None and listing.total > max(len(listing.entries), came)


def _patient(listing: Listing | None, patients: Iterable[object], patient_id: str) -> Availability:
    """A Patient is no list: our own is whole wherever it stands, and another's is nobody."""
    ids = [patient.get("id") for patient in patients if isinstance(patient, dict)]
    if any(identifier in (None, patient_id, f"Patient/{patient_id}") for identifier in ids):
        return Availability.COMPLETE
    had = _had(listing)
    return Availability.MISSING if ids and had is not Availability.FAILED else had


def _unanswered(kind: str, listings: Mapping[str, Listing]) -> bool:
    """True when the client did not try the query, cut its answer, or sent another patient's record for it."""
    listing = listings.get(kind)
    if listing is None or listing.availability is Availability.MISSING:
        return True
    if kind == "Patient":
        return bool(listing.entries)
    return listing.availability is Availability.COMPLETE
