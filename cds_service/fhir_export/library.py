"""The whole knowledge base as one FHIR R4 Library: which resources in which versions belong together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cards.models import PRODUCT
from cds_service.fhir_export.narrative import Narrative
from cds_service.fhir_export.publication import (
    LICENCE,
    Publication,
    Resource,
    shared_standing,
)
from cds_service.fhir_export.use_contexts import FOCUS

KIND: Final = "Library"
LIBRARY: Final = "hip-spine-cds"
_TYPES: Final = "http://terminology.hl7.org/CodeSystem/library-type"


def library(publication: Publication, resources: Iterable[Resource]) -> Resource:
    """An asset collection of ``resources``, each named with its version."""
    parts = list(resources)
    ruleset = publication.ruleset
    standing = shared_standing(ruleset)
    kinds = {kind: sum(part["resourceType"] == kind for part in parts) for kind in {p["resourceType"] for p in parts}}
    about = (
        f"The rules of {PRODUCT} with the code lists, the questionnaire and the draft orders that they use, version "
        f"{publication.version} of the knowledge."
    )
    signed = f"{len(ruleset.active) - len(ruleset.unreviewed)} of {len(ruleset.active)} active rules are signed."
    resource = publication.described(
        KIND,
        LIBRARY,
        name="HipSpineCds",
        title=f"{PRODUCT}: the knowledge",
        standing=standing,
        narrative=Narrative(about, signed).table(
            ("Resource", "How many"), ((kind, str(count)) for kind, count in sorted(kinds.items()))
        ),
    )
    return resource | {
        "type": {"coding": [{"system": _TYPES, "code": "asset-collection"}]},
        "date": publication.changed_on.isoformat(),
        "description": f"{about} {signed}",
        "useContext": [FOCUS],
        "copyright": LICENCE,
        "relatedArtifact": [
            {"type": "composed-of", "display": part["title"], "resource": f"{part['url']}|{part['version']}"}
            for part in parts
        ],
    }
