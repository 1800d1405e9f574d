"""A bare FHIR Bundle as the request of an EHR that knows nothing else: for trying the service on any chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cds_service.bundles import resource_type
from cds_service.offers import Offer

HOOK: Final = "patient-view"
"""The one hook that brings no data of its own, so that a Bundle says all there is."""
_ALONG: Final = {"MedicationRequest": "Medication", "MedicationStatement": "Medication"}
"""Resources that the entries of a kind refer to."""


class NoPatientError(ValueError):
    """The Bundle does not say whose chart it is; the message says what would."""


def request_of(bundle: Mapping[str, Any], offer: Offer, patient: str | None) -> dict[str, Any]:
    """The request of ``offer`` (of :data:`HOOK`) with the Bundle's resources under the prefetch keys that it declares.

    ``patient``: the id of the Patient in question, None for the only one. The Bundle counts as the whole record: a kind
    that it does not hold is absent, not missing. Raises :class:`NoPatientError`.
    """
    entries = bundle.get("entry")
    listed = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    by_kind: dict[str | None, list[dict[str, Any]]] = {}
    for entry in listed:
        by_kind.setdefault(resource_type(entry.get("resource")), []).append(entry)
    patient_id = _chosen([entry["resource"].get("id") for entry in by_kind.get("Patient", [])], patient)
    return {
        "hook": HOOK,
        "hookInstance": "00000000-0000-4000-8000-000000000000",
        "context": {"userId": "Practitioner/example", "patientId": patient_id},
        "prefetch": {
            declared.key: {
                "resourceType": "Bundle",
                "type": "searchset",
                "entry": [*by_kind.get(declared.kind, []), *by_kind.get(_ALONG.get(declared.kind, ""), [])],
            }
            for declared in offer.declared
        },
    }


def _chosen(ids: list[object], patient: str | None) -> str:
    """The patient's id, checked against those in the Bundle."""
    named = [name for name in ids if isinstance(name, str)]
    if patient is None:
        if len(named) == 1:
            return named[0]
        raise NoPatientError(
            f"The Bundle holds {len(named)} Patients with an id; name the one in question: --patient ID"
        )
    if patient not in named:
        raise NoPatientError(f"The Bundle holds no Patient with the id {patient!r}")
    return patient
