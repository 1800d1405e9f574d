"""What each hook says beside the patient's record: one model per hook, strict about what the service needs.

Unknown members are ignored (H-22). A member that the hook's definition requires and that the service uses must be
there and have its JSON type; ``userId`` and ``performer`` are not needed for any answer and may be missing. The orders
of a context are there only if the EHR lets the service see unsigned orders, so they may be missing too.
Source: cds-hooks rows H-01 to H-08.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf
from pydantic_core import PydanticCustomError

from cds_service.bundles import read_listing
from cds_service.gathered import Entry

_ID = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._-]{1,256}", re.ASCII)
"""A FHIR id, and the longer ones with underscores that some systems have. Safe in an address and in a reference."""
_USER = re.compile(r"(?:Practitioner|PractitionerRole)/[A-Za-z0-9._-]{1,256}", re.ASCII)

NOT_A_STRING: Final = "is not a string"
NOT_AN_ID: Final = "is not a FHIR id (letters, digits, '-', '.', '_')"


def bare_id(value: object, kind: str) -> str:
    """The id in ``x``, ``Patient/x`` or an absolute address that ends so. Raises ValueError with what is wrong."""
    if not isinstance(value, str):
        raise ValueError("is null" if value is None else NOT_A_STRING)  # noqa: TRY004 - told to the sender by pydantic
    text = value.strip()
    if not text:
        raise ValueError("is empty")
    text = text.split("/_history/", 1)[0]
    if "://" in text:
        text = "/".join(text.rsplit("/", 2)[-2:])
    given, slash, identifier = text.rpartition("/")
    if slash and given != kind:
        raise ValueError(f"names something else than a {kind}")
    if _ID.fullmatch(identifier) is None:
        raise ValueError(NOT_AN_ID)
    return identifier


def _required_id(kind: str) -> BeforeValidator:
    def read(value: object) -> str:
        try:
            return bare_id(value, kind)
        except ValueError as wrong:
            raise PydanticCustomError("value", "{wrong}", {"wrong": str(wrong)}) from None

    return BeforeValidator(read)


def _optional_id(kind: str) -> BeforeValidator:
    def read(value: object) -> str | None:
        try:
            return bare_id(value, kind)
        except ValueError:
            return None

    return BeforeValidator(read)


def _requester(value: object) -> str | None:
    """``Practitioner/x`` or ``PractitionerRole/x``; nobody else can have asked for an order."""
    return value if isinstance(value, str) and _USER.fullmatch(value) else None


def _resources(kind: str) -> BeforeValidator:
    """Resources of ``kind`` in a Bundle, in a list or alone, each read or dropped later by itself."""

    def read(value: object) -> tuple[Entry, ...]:
        if isinstance(value, dict) and not isinstance(value.get("resourceType"), str) and "entry" not in value:
            raise PydanticCustomError("value", "is an object without resourceType and without entry")
        if not isinstance(value, dict | list):
            raise PydanticCustomError("structure", "is null" if value is None else "is not an object")
        return read_listing(value, kind, "context").entries

    return BeforeValidator(read)


def _drafts(value: object) -> tuple[Entry, ...]:
    """Draft orders, of several kinds; an EHR that does not share unsigned orders sends none (ehr-clients 8.1)."""
    if value is not None and not isinstance(value, dict | list):
        raise PydanticCustomError("structure", "is not an object")
    return read_listing(value, None, "context").entries


def _references(value: object) -> frozenset[str]:
    """The references of a list, or the one reference in place of it."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise PydanticCustomError("structure", "is null" if value is None else "is not an array")
    return frozenset(reference for reference in listed if isinstance(reference, str))


PATIENT_ID: Final = "the FHIR id of the patient as a string, such as 1288992"
ENCOUNTER_ID: Final = "the FHIR id of the encounter as a string, such as 89284"
Resources = tuple[InstanceOf[Entry], ...]


class HookContext(BaseModel):
    """What every hook's context has. ``patient_id`` and ``encounter_id`` are bare ids."""

    model_config = ConfigDict(frozen=True)
    brings: ClassVar[frozenset[str]] = frozenset()
    """The kinds of data that come with this hook alone, and come whole."""

    patient_id: Annotated[str, _required_id("Patient"), Field(alias="patientId", description=PATIENT_ID)]
    encounter_id: Annotated[str | None, _optional_id("Encounter"), Field(alias="encounterId")] = None
    requester: Annotated[str | None, BeforeValidator(_requester), Field(alias="userId")] = None

    def entries(self) -> tuple[Entry, ...]:
        """The resources that the hook itself brings, of origin ``context``."""
        return ()


class EncounterContext(HookContext):
    """encounter-start and encounter-discharge: the encounter is required (H-06, H-07)."""

    encounter_id: Annotated[str, _required_id("Encounter"), Field(alias="encounterId", description=ENCOUNTER_ID)]


class ProblemListContext(HookContext):
    """problem-list-item-create: the Conditions that are new (H-08)."""

    conditions: Annotated[Resources, _resources("Condition"), Field(description="a Bundle of the new Conditions")]

    def entries(self) -> tuple[Entry, ...]:
        return self.conditions


class OrderSignContext(HookContext):
    """order-sign: every draft is judged (H-03)."""

    drafts: Annotated[
        Resources, BeforeValidator(_drafts), Field(alias="draftOrders", description="a Bundle of draft orders")
    ] = ()

    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry._replace(judged=True) for entry in self.drafts)


class OrderSelectContext(OrderSignContext):
    """order-select: only the selected drafts are judged, the others are orders on file (H-02)."""

    selections: Annotated[
        frozenset[str],
        BeforeValidator(_references),
        Field(description="an array of references such as ServiceRequest/example"),
    ]

    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry._replace(judged=named(entry.resource) in self.selections) for entry in self.drafts)


class OrderDispatchContext(HookContext):
    """order-dispatch: the orders judged stand in the record; ``order`` is the member's name in version 1.0 (H-04)."""

    dispatched: Annotated[
        frozenset[str],
        BeforeValidator(_references),
        Field(
            validation_alias=AliasChoices("dispatchedOrders", "order"),
            description="an array of references such as ServiceRequest/example",
        ),
    ]


class AppointmentContext(HookContext):
    """appointment-book: the appointments that are proposed (H-05)."""

    brings = frozenset({"Appointment"})
    appointments: Annotated[
        Resources, _resources("Appointment"), Field(description="a Bundle of the proposed Appointments")
    ]

    def entries(self) -> tuple[Entry, ...]:
        return self.appointments


CONTEXTS: Final[Mapping[str, type[HookContext]]] = {
    "patient-view": HookContext,
    "encounter-start": EncounterContext,
    "problem-list-item-create": ProblemListContext,
    "order-select": OrderSelectContext,
    "order-sign": OrderSignContext,
    "order-dispatch": OrderDispatchContext,
    "appointment-book": AppointmentContext,
    "encounter-discharge": EncounterContext,
}
"""The model of each hook that rules may name (:data:`rules.schema.HOOKS`)."""


def named(resource: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """``Type/id`` of a resource that has both, else None."""
    if not isinstance(resource, dict):
        return None
    kind, identifier = resource.get("resourceType"), resource.get("id")
    return f"{kind}/{identifier}" if isinstance(kind, str) and isinstance(identifier, str) else None
