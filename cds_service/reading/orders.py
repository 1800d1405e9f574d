"""Orders: service requests and medications, on file or in the hook's context (knowledge 2.1, 2.8)."""

from __future__ import annotations

from typing import Any

from cds_service.reading.accessors import a_string, a_truth, an_object, objects, reference, said, status_word
from cds_service.reading.coded import Coded, Record, joined, own_words, read_code
from cds_service.reading.dates import first_when, period_end, read_when
from cds_service.reading.references import Referenced, drug_code
from rules.chart import Medication, Order
from rules.codelists import CodeLists


def order_code(request: dict[str, Any], lists: CodeLists) -> Coded:
    """What is ordered: ``code``, or ``code.concept`` of R5."""
    code = request.get("code")
    found = read_code(code, lists)
    return found if found.coded else joined((found, read_code(an_object(code).get("concept"), lists)))


def read_order(record: Record, referenced: Referenced) -> Order:
    """A ServiceRequest. A judged one keeps its own words and its reasons, which one rule reads (R31)."""
    resource = record.resource
    when = period_end(resource, "occurrence") or read_when(resource.get("authoredOn"))
    shared = record.shared(when)
    words, reasons = "", frozenset[str]()
    if record.judged:
        words = said(an_object(resource.get("code")).get("text")) or ""
        reasons = _reasons(resource, record.lists, referenced)
        shared["text"] = shared["text"] or own_words(resource.get("code"))
    return Order(
        **shared,
        priority=status_word(resource.get("priority")),
        do_not_perform=a_truth(resource.get("doNotPerform")) is True,
        draft=record.origin == "context",
        judged=record.judged,
        words=words,
        reasons=reasons,
    )


def medication_code(order: dict[str, Any], lists: CodeLists, referenced: Referenced) -> Coded:
    """What drug an order or a statement is about (knowledge 2.1, medication match).

    Its own code, or the code and the ingredients of the Medication that it contains or refers to. A reference that
    leads nowhere leaves it uncoded. R5 has both in ``medication``.
    """
    medication = an_object(order.get("medication"))
    own = read_code(order.get("medicationCodeableConcept") or medication.get("concept"), lists)
    address = reference(order.get("medicationReference")) or reference(medication.get("reference"))
    if address is None:
        return own
    if not address.startswith("#"):
        return joined((own, referenced.medication(address)))
    contained = (one for one in objects(order.get("contained")) if a_string(one.get("id")) == address[1:])
    return joined((own, *(drug_code(one, lists) for one in contained)))


def read_medication(record: Record) -> Medication:
    """A MedicationRequest or MedicationStatement; its date is its start."""
    resource = record.resource
    start = first_when(
        an_object(resource.get("effectivePeriod")).get("start"),
        resource.get("effectiveDateTime"),
        resource.get("authoredOn"),
        resource.get("dateAsserted"),
    )
    return Medication(
        **record.shared(start),
        priority=status_word(resource.get("priority")),
        intent=status_word(resource.get("intent")),
        do_not_perform=a_truth(resource.get("doNotPerform")) is True,
        draft=record.origin == "context",
        judged=record.judged,
    )


def _reasons(resource: dict[str, Any], lists: CodeLists, referenced: Referenced) -> frozenset[str]:
    """The concepts of the reasons of an order, coded or given as Conditions."""
    codes = [read_code(resource.get("reasonCode"), lists)]
    codes += reason_conditions(resource, referenced)
    return frozenset(match.concept for code in codes for match in code.matches)


def reason_conditions(resource: dict[str, Any], referenced: Referenced) -> list[Coded]:
    """The codes of the Conditions that a resource names as its reason."""
    listed = resource.get("reasonReference")
    addresses = map(reference, listed if isinstance(listed, list) else [listed])
    return [referenced.condition(address) for address in addresses if address is not None]
