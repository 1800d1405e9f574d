"""What must hold for the suggestions of a card (C-15, C-16, C-30 to C-47), draft orders included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import fhirkit

from tests.lib.json_checks import filled_list, members, objects, text, uuid

BEHAVIORS = ("any",)
"""The standard also knows at-most-one; Epic does not, so it is never sent."""
PRIORITIES = ("routine", "urgent", "asap", "stat")


def suggestion_faults(card: dict[str, Any], place: str) -> Iterator[str]:
    if "suggestions" not in card:
        if "selectionBehavior" in card:
            yield f"C-16 {place}.selectionBehavior without suggestions"
        return
    yield from filled_list(card["suggestions"], f"{place}.suggestions", "C-15")
    if card.get("selectionBehavior") not in BEHAVIORS:
        yield f"C-16 {place}.selectionBehavior {card.get('selectionBehavior')!r} is not one of {BEHAVIORS}"
    for index, suggestion in enumerate(objects(card["suggestions"])):
        at = f"{place}.suggestions[{index}]"
        yield from members(suggestion, "suggestion", at)
        if not text(suggestion.get("label")):
            yield f"C-30 {at}.label is missing"
        if not uuid(suggestion.get("uuid")):
            yield f"C-31 {at}.uuid is no version 4 UUID"
        if suggestion.get("isRecommended", True) is not True:
            yield f"C-32 {at}.isRecommended is true or left out"
        yield from filled_list(suggestion.get("actions"), f"{at}.actions", "C-33")
        actions = objects(suggestion.get("actions"))
        if len(actions) > 1:
            yield f"C-33 {at}.actions holds {len(actions)}, Epic takes one"
        for number, action in enumerate(actions):
            yield from _action(action, f"{at}.actions[{number}]")


def _action(action: dict[str, Any], place: str) -> Iterator[str]:
    yield from members(action, "action", place)
    if action.get("type") != "create":
        yield f"C-40 {place}.type {action.get('type')!r}: this product only creates"
    if not text(action.get("description")):
        yield f"C-41 {place}.description is missing"
    if "resourceId" in action:
        yield f"C-43 {place}.resourceId belongs to a delete"
    resource = action.get("resource")
    if isinstance(resource, str):
        yield f"C-44 {place}.resource is a string"
    elif not isinstance(resource, dict):
        yield f"C-42 {place}.resource is missing"
    else:
        yield from _order(resource, f"{place}.resource")


def _order(resource: dict[str, Any], place: str) -> Iterator[str]:
    """A draft ServiceRequest, never a drug, about a patient, valid by a reader of R4 that is not ours."""
    expected: dict[str, tuple[str, ...]] = {
        "resourceType": ("ServiceRequest",),
        "status": ("draft",),
        "intent": ("order", "proposal"),
        "priority": PRIORITIES,
    }
    for name, allowed in expected.items():
        if resource.get(name) not in allowed:
            yield f"C-42 {place}.{name} {resource.get(name)!r} is not one of {allowed}"
    if "id" in resource:
        yield f"C-46 {place}.id: a draft has none"
    subject = resource.get("subject")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    if not isinstance(reference, str) or not re.fullmatch(r"Patient/\S+", reference):
        yield f"C-42 {place}.subject does not name the patient"
    for issue in fhirkit.validate(resource):
        yield f"C-42 {place}: {issue}"
