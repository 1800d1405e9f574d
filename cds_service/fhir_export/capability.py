"""What the routes under ``/fhir`` really do, as a FHIR R4 CapabilityStatement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cards.models import PRODUCT
from cds_service.fhir_export.narrative import Narrative
from cds_service.fhir_export.publication import SIGNED, Publication, Resource
from cds_service.fhir_export.published import KINDS

SEARCH_PARAMETERS: Final[Mapping[str, tuple[str, str]]] = {
    "_id": ("token", "The id of a resource."),
    "url": ("uri", "The canonical address, without a version."),
    "version": ("token", "The version of the resource."),
}
"""The search parameters of every type: the FHIR type of their value, and what they compare."""

_ABOUT: Final = (
    f"The knowledge of {PRODUCT}, read-only and open to everybody. There is nothing of any patient here; patients are "
    "asked about through CDS Hooks."
)


def capability_statement(publication: Publication) -> Resource:
    """The CapabilityStatement of this instance, dated with the newest change of the knowledge."""
    resource = publication.described(
        "CapabilityStatement",
        "metadata",
        name="HipSpineCdsKnowledge",
        title=f"{PRODUCT}: the knowledge as FHIR resources",
        standing=SIGNED,
        narrative=Narrative(_ABOUT).listed("Can be read and searched", KINDS),
        url=f"{publication.base}/metadata",
    )
    return resource | {
        "date": publication.changed_on.isoformat(),
        "description": _ABOUT,
        "kind": "instance",
        "software": {"name": PRODUCT},
        "implementation": {"description": _ABOUT, "url": publication.base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{"mode": "server", "documentation": _ABOUT, "resource": [_resource(kind) for kind in KINDS]}],
    }


def _resource(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "readHistory": False,
        "searchParam": [
            {"name": name, "type": value, "documentation": said} for name, (value, said) in SEARCH_PARAMETERS.items()
        ],
    }
