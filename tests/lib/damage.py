"""What EHRs do to requests: harmless changes of shape, and damage of any kind at any place.

A harmless change takes a request body and a source of chance and changes the body in place. None of them may change
a rule, an indicator or a suggestion of the answer.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

Json = Any
Change = Callable[[Json, random.Random], None]


def _bundles(body: Json) -> Iterator[tuple[str, Json]]:
    for key, value in body["prefetch"].items():
        if isinstance(value, dict) and value.get("resourceType") == "Bundle":
            yield key, value


def _resources(body: Json) -> Iterator[Json]:
    for _, bundle in _bundles(body):
        for entry in bundle.get("entry", []):
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                yield entry["resource"]


def _codings(body: Json) -> Iterator[Json]:
    for resource in _resources(body):
        code = resource.get("code")
        if isinstance(code, dict) and isinstance(code.get("coding"), list):
            yield code["coding"]


def shuffle_entries(body: Json, chance: random.Random) -> None:
    for _, bundle in _bundles(body):
        chance.shuffle(bundle.get("entry", []))


def repeat_entries(body: Json, chance: random.Random) -> None:
    """A client that sends an entry twice."""
    for _, bundle in _bundles(body):
        if bundle.get("entry"):
            bundle["entry"].append(copy.deepcopy(chance.choice(bundle["entry"])))


def split_over_keys(body: Json, chance: random.Random) -> None:
    """Some entries of a declared key stand under another key; the declared one arrived all the same."""
    for key, bundle in list(_bundles(body)):
        entries = bundle.get("entry", [])
        chance.shuffle(entries)
        moved = [entries.pop() for _ in range(chance.randint(0, len(entries)))]
        if moved:
            body["prefetch"][f"more-{key}"] = {"resourceType": "Bundle", "type": "searchset", "entry": moved}


def displays(body: Json, chance: random.Random) -> None:
    """Displays that are there, missing or misleading."""
    for codings in _codings(body):
        for coding in codings:
            coding.pop("display", None)
            if chance.random() < 0.5:
                coding["display"] = chance.choice(("Cauda equina syndrome", "Osteoarthritis of hip", "normal"))


def unknown_codings(body: Json, chance: random.Random) -> None:
    """Codings of systems that nobody here knows, before and after."""
    for codings in _codings(body):
        codings.insert(chance.randint(0, len(codings)), {"system": "https://ehr.example/local", "code": "4711"})


def texts(body: Json, chance: random.Random) -> None:
    """Words beside the codes."""
    for resource in _resources(body):
        if isinstance(resource.get("code"), dict):
            resource["code"]["text"] = chance.choice(("no cauda equina syndrome", "right hip arthritis", "<b>x</b>"))
        resource["text"] = {"status": "generated", "div": "<div>family history of cancer</div>"}
        resource["note"] = [{"text": "rule out fracture"}]


def unknown_members(body: Json, chance: random.Random) -> None:
    """Members that no release has, and extensions."""
    body["workflow"] = {"step": 3}
    body["extension"] = {"com.example.request": {"mode": None}}
    for resource in _resources(body):
        resource["x-vendor"] = chance.choice(([], {}, None, 7))
        resource["meta"] = {"profile": ["https://ehr.example/profile"], "lastUpdated": "2026-11-24T10:00:00Z"}


def no_categories(body: Json, _chance: random.Random) -> None:
    for resource in _resources(body):
        resource.pop("category", None)


def single_objects(body: Json, chance: random.Random) -> None:
    """One object where a list is written."""
    for resource in _resources(body):
        for name in ("category", "bodySite", "procedureCode", "item"):
            part = resource.get(name)
            if isinstance(part, list) and len(part) == 1 and chance.random() < 0.7:
                resource[name] = part[0]
        code = resource.get("code")
        if isinstance(code, dict) and isinstance(code.get("coding"), list) and len(code["coding"]) == 1:
            code["coding"] = code["coding"][0]


def single_entries(body: Json, _chance: random.Random) -> None:
    for _, bundle in _bundles(body):
        if len(bundle.get("entry", [])) == 1:
            bundle["entry"] = bundle["entry"][0]


def plain_references(body: Json, _chance: random.Random) -> None:
    for resource in _resources(body):
        if isinstance(resource.get("subject"), dict):
            resource["subject"] = resource["subject"]["reference"]


def plain_statuses(body: Json, chance: random.Random) -> None:
    """A status as string, as coding or as concept, whatever the release wanted."""
    for resource in _resources(body):
        for name in ("clinicalStatus", "verificationStatus"):
            if isinstance(resource.get(name), dict):
                resource[name] = resource[name]["coding"][0]["code"]
        if isinstance(resource.get("status"), str):
            word = resource["status"]
            resource["status"] = chance.choice((word, {"code": word}, {"coding": [{"code": word}]}))


def wrapped(body: Json, chance: random.Random) -> None:
    """The pre-1.0 wrapper around a prefetch value."""
    for key, value in list(body["prefetch"].items()):
        if isinstance(value, dict) and chance.random() < 0.7:
            body["prefetch"][key] = {"response": {"status": "200 OK"}, "resource": value}


def empty_as_null(body: Json, chance: random.Random) -> None:
    """Nothing found, written in each of the ways that the standard knows."""
    for key, bundle in list(_bundles(body)):
        if "entry" not in bundle:
            body["prefetch"][key] = chance.choice((None, bundle, bundle | {"entry": []}, {"resourceType": "Bundle"}))


def prefixed_patient(body: Json, _chance: random.Random) -> None:
    body["context"]["patientId"] = f"Patient/{body['context']['patientId']}"


def no_user(body: Json, _chance: random.Random) -> None:
    body["context"].pop("userId", None)
    body.pop("hookInstance", None)


def odd_instance(body: Json, chance: random.Random) -> None:
    body["hookInstance"] = chance.choice(("fhir-mcp-instance", "1", "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"))


def full_urls(body: Json, _chance: random.Random) -> None:
    for _, bundle in _bundles(body):
        for number, entry in enumerate(bundle.get("entry", [])):
            if isinstance(entry, dict):
                entry["fullUrl"] = f"urn:uuid:00000000-0000-4000-8000-{number:012}"


def other_resources(body: Json, _chance: random.Random) -> None:
    """Resources of kinds that nobody asked for."""
    for _, bundle in _bundles(body):
        bundle.setdefault("entry", []).append(
            {"resource": {"resourceType": "Provenance", "id": "pr1"}, "search": {"mode": "include"}}
        )


HARMLESS: tuple[Change, ...] = (
    shuffle_entries,
    repeat_entries,
    displays,
    unknown_codings,
    texts,
    unknown_members,
    no_categories,
    empty_as_null,
    other_resources,
    split_over_keys,
    full_urls,
    prefixed_patient,
    no_user,
    odd_instance,
    plain_references,
    plain_statuses,
    single_objects,
    single_entries,
    wrapped,
)
"""In an order in which each finds what the ones before it left."""


def strangers(body: Json, chance: random.Random) -> int:
    """Put resources of another patient beside our own; how many there are now."""
    added = 0
    for _, bundle in list(_bundles(body)):
        for entry in list(bundle.get("entry", [])):
            if isinstance(entry, dict) and "subject" in entry.get("resource", {}) and chance.random() < 0.5:
                other = copy.deepcopy(entry)
                other["resource"] |= {"id": f"x{added}", "subject": {"reference": "Patient/somebody-else"}}
                bundle["entry"].append(other)
                added += 1
    return added


def places(value: Json) -> list[tuple[Any, ...]]:
    """The path of every part of a JSON value, the value itself left out."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for step, part in steps for path in ((step,), *((step, *rest) for rest in places(part)))]


def put(body: Json, path: tuple[Any, ...], value: Json) -> None:
    """Replace the part at ``path``."""
    for step in path[:-1]:
        body = body[step]
    body[path[-1]] = value


def part_at(body: Json, path: tuple[Any, ...]) -> Json:
    """The part at ``path``."""
    for step in path:
        body = body[step]
    return body
