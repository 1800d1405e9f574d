"""All exported resources together: made once, when somebody asks, and found by type, id and address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final

from cds_service.fhir_export.activity_definitions import activity_definitions
from cds_service.fhir_export.code_systems import code_systems
from cds_service.fhir_export.library import library
from cds_service.fhir_export.plan_definitions import plan_definitions
from cds_service.fhir_export.publication import Publication, Resource
from cds_service.fhir_export.questionnaire import questionnaire
from cds_service.fhir_export.value_sets import value_sets

KINDS: Final = ("ActivityDefinition", "CodeSystem", "Library", "PlanDefinition", "Questionnaire", "ValueSet")
"""The types of resource that are exported."""


class Published:
    """The resources of a publication. Nothing is made before it is asked for; safe with threads.

    Two threads that ask first at the same moment make the resources twice, and get equal ones.
    """

    def __init__(self, publication: Publication) -> None:
        self.publication = publication

    @cached_property
    def _by_kind(self) -> Mapping[str, Mapping[str, Resource]]:
        found: dict[str, dict[str, Resource]] = {kind: {} for kind in KINDS}
        for resource in _resources(self.publication):
            found[resource["resourceType"]][resource["id"]] = resource
        return MappingProxyType(found)

    def of_kind(self, kind: str) -> Mapping[str, Resource]:
        """The resources of a type by their id. Raises KeyError for a type that is not in :data:`KINDS`."""
        return self._by_kind[kind]

    def all(self) -> Iterator[Resource]:
        """Every resource, by type, and inside a type in the order of the knowledge."""
        for kind in KINDS:
            yield from self._by_kind[kind].values()

    def collection(self) -> Resource:
        """Every resource in one Bundle. It holds no time, so the same knowledge gives the same Bundle."""
        return {"resourceType": "Bundle", "type": "collection", "entry": [self.entry(found) for found in self.all()]}

    def entry(self, resource: Resource) -> Resource:
        """A resource as the entry of a Bundle, with the address at which it is served."""
        return {"fullUrl": self.publication.url(resource["resourceType"], resource["id"]), "resource": resource}


def _resources(publication: Publication) -> Iterator[Resource]:
    parts = [
        *plan_definitions(publication),
        *activity_definitions(publication),
        questionnaire(publication),
        *value_sets(publication),
        *code_systems(publication),
    ]
    yield library(publication, parts)
    yield from parts
