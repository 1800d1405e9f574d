"""Build the CDS Hooks request that an EHR would send for a patient written in short notation.

Everything the service asks for in its discovery answer is delivered, as a Bundle per search and an empty one when
the patient has nothing of the kind. A fact such as ``Condition: missing`` changes the delivery of one kind:

===================  ==========================================================================================
``missing``          the declared key is left out
``null``             the declared key holds null
``outcome``          the declared key holds an OperationOutcome: the EHR's own query failed
``next``             the Bundle is the first page of more
``under=thing``      the Bundle stands under another key, the declared key is left out
``wrapped``          pre-1.0 shape: ``{response, resource}``
``bare``             the resource itself where a Bundle is expected
``list``             a JSON list of resources where a Bundle is expected
``in-bundle=URL``    (Patient) a Bundle whose entry has this fullUrl
``with-outcome``     the Bundle holds an OperationOutcome entry of severity error
``with-notice``      the Bundle holds an OperationOutcome entry that only informs (nothing found)
``with-null``        the Bundle holds an entry that is null
``foreign``          (Patient) the resource is another patient's
===================  ==========================================================================================
"""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.lib.notation import Notes, read_facts
from tests.lib.resources import PATIENT, Resource

Json = Any


@dataclass(frozen=True)
class Offer:
    """What discovery says about the service of one hook: its id and its prefetch templates by key."""

    service: str
    hook: str
    prefetch: Mapping[str, str]

    def key_of(self, kind: str) -> str | None:
        """The first declared key that asks for this resource type."""
        return next((key for key, template in self.prefetch.items() if asked_type(template) == kind), None)


def offers(discovery: Json) -> dict[str, Offer]:
    """The services of a discovery answer, by hook."""
    return {
        entry["hook"]: Offer(entry["id"], entry["hook"], entry.get("prefetch", {})) for entry in discovery["services"]
    }


def asked_type(template: str) -> str:
    """The resource type that a prefetch template asks for."""
    return re.split(r"[/?]", template, maxsplit=1)[0]


def returned_by(template: str, resource: Resource) -> bool:
    """Tell whether a FHIR server would return the resource for the template's ``code`` filter."""
    asked = re.search(r"[?&]code=([^&]*)", template)
    if asked is None:
        return True
    codes = {word.rpartition("|")[2] for word in asked[1].split(",")}
    codings = resource.get("code", {}).get("coding", [])
    return any(coding.get("code") in codes for coding in codings)


def bundle(resources: Sequence[Resource]) -> Resource:
    """A searchset with these entries; none is written as FHIR does, without ``entry``."""
    found: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(resources)}
    if resources:
        found["entry"] = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return found


_APPOINTMENT: Resource = {
    "resourceType": "Appointment",
    "id": "a1",
    "status": "proposed",
    "start": "2026-12-15T09:00:00Z",
    "end": "2026-12-15T09:30:00Z",
    "participant": [{"actor": {"reference": f"Patient/{PATIENT}"}, "status": "needs-action"}],
}


def request_for(facts: str, offer: Offer) -> Resource:
    """The request body for a patient in short notation, as of the fixed clock."""
    return build_request(read_facts(facts), offer)


def build_request(notes: Notes, offer: Offer) -> Resource:
    """The request body for notes that were read (and perhaps changed) before."""
    body: Resource = {
        "hook": offer.hook,
        "hookInstance": str(uuid.UUID(int=1, version=4)),
        "context": _context(notes, offer.hook),
        "prefetch": _prefetch(notes, offer),
    }
    if notes.fhir_server is not None:
        body["fhirServer"] = notes.fhir_server
    return copy.deepcopy(body)


def _context(notes: Notes, hook: str) -> Resource:
    context: Resource = {"userId": "Practitioner/dr1", "patientId": PATIENT, "encounterId": "e1"}
    if hook == "problem-list-item-create":
        context["conditions"] = bundle(notes.new)
    if hook in ("order-select", "order-sign"):
        context["draftOrders"] = bundle(notes.drafts)
    if hook == "order-select":
        context["selections"] = notes.selected
    if hook == "order-dispatch":
        sent = [f"{found['resourceType']}/dispatched" for found in notes.resources if found["id"] == "dispatched"]
        context["dispatchedOrders"] = sent or ["ServiceRequest/dispatched"]
        context["performer"] = "Organization/o1"
    if hook == "appointment-book":
        context["appointments"] = bundle([_APPOINTMENT])
    return context


def _prefetch(notes: Notes, offer: Offer) -> Resource:
    prefetch: Resource = {}
    for key, template in offer.prefetch.items():
        kind = asked_type(template)
        delivery = notes.delivery.get(kind, "")
        if kind == "Patient":
            resources = [notes.patient]
        elif key == offer.key_of(kind):
            resources = [
                found for found in notes.resources if found["resourceType"] == kind and returned_by(template, found)
            ]
        else:
            resources = []
        _deliver(prefetch, key, delivery, resources, single=kind == "Patient")
    unasked = [found for found in notes.resources if offer.key_of(found["resourceType"]) is None]
    if unasked:
        # An EHR may send what nobody asked for; family history is the example of the gold cases.
        prefetch["unasked"] = bundle(unasked)
    return prefetch


def _deliver(prefetch: Resource, key: str, delivery: str, resources: list[Resource], *, single: bool) -> None:
    word, _, argument = delivery.partition("=")
    usual: Json = resources[0] if single else bundle(resources)
    if word == "":
        prefetch[key] = usual
    elif word == "under":
        prefetch[argument] = usual
    elif word == "in-bundle":
        prefetch[key] = bundle(resources) | {"entry": [{"fullUrl": argument, "resource": resources[0]}]}
    elif word != "missing":
        prefetch[key] = _DELIVERIES[word](usual, resources)


def _outcome(severity: str, code: str, epic: str | None = None) -> Resource:
    issue: Resource = {"severity": severity, "code": code}
    if epic is not None:
        issue["details"] = {"coding": [{"system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369", "code": epic}]}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _with_entry(usual: Resource, resource: Resource) -> Resource:
    entry = {"resource": resource, "search": {"mode": "outcome"}}
    return usual | {"entry": [*usual.get("entry", []), entry]}


def _next_page(usual: Resource) -> Resource:
    return usual | {"link": [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]}


_DELIVERIES: dict[str, Callable[[Json, list[Resource]], Json]] = {
    "null": lambda _usual, _resources: None,
    "outcome": lambda _usual, _resources: _outcome("error", "timeout"),
    "next": lambda usual, _resources: _next_page(usual),
    "wrapped": lambda usual, _resources: {"response": {"status": "200 OK"}, "resource": usual},
    "bare": lambda _usual, resources: resources[0],
    "list": lambda _usual, resources: resources,
    "with-outcome": lambda usual, _resources: _with_entry(usual, _outcome("error", "exception")),
    "with-notice": lambda usual, _resources: _with_entry(usual, _outcome("warning", "not-found", "4101")),
    "with-null": lambda usual, _resources: usual | {"entry": [*usual.get("entry", []), None]},
    "foreign": lambda usual, _resources: usual | {"id": "somebody-else"},
}
