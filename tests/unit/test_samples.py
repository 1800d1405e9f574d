"""The shipped sample patients: dated from the call, valid FHIR, and nobody's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from importlib import resources
from typing import Any

import fhirkit
import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds_service.samples import SAMPLES, Sample, grouped, load_sample

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAMES = [sample.name for sample in SAMPLES]
BROKEN = "incomplete-chart"
"""The sample that holds on purpose what no reader of FHIR accepts."""


def resources_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every resource of a request, Bundles and what they hold, in prefetch and context alike."""
    if isinstance(value, dict):
        if "resourceType" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from resources_in(part)


def faults(resource: dict[str, Any]) -> list[str]:
    """What two independent readers of FHIR R4 have against a resource."""
    found = [str(issue) for issue in fhirkit.validate(resource)]
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError as refused:
        found.append(str(refused))
    return found


def test_every_file_is_offered_and_every_offer_has_its_file() -> None:
    folder = resources.files("cds_service.samples")

    assert sorted(path.name for path in folder.iterdir() if path.name.endswith(".json")) == sorted(
        f"{name}.json" for name in NAMES
    )


def test_the_companion_readme_says_that_all_are_composed_and_which_is_broken() -> None:
    readme = resources.files("cds_service.samples").joinpath("README.md").read_text(encoding="utf-8")

    assert "composed" in readme
    assert f"`{BROKEN}.json`" in readme


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_an_offer_tells_the_patient_in_few_words_and_what_to_look_at(sample: Sample) -> None:
    """A list that is read on the way: one line of title, two or three sentences of story."""
    assert len(sample.title) <= 60
    assert 1 <= len(re.findall(r"[.;](?: |$)", sample.story)) <= 3
    assert sample.shows.endswith(".")
    assert ("broken on purpose" in sample.shows) == (sample.name == BROKEN)


def test_groups_hold_every_sample_once_and_keep_together() -> None:
    together = [sample for members in grouped().values() for sample in members]

    assert tuple(together) == SAMPLES
    assert all(len(members) > 1 for members in grouped().values())


@pytest.mark.parametrize("name", NAMES)
def test_days_are_counted_back_from_the_call(name: str) -> None:
    text = resources.files("cds_service.samples").joinpath(f"{name}.json").read_text(encoding="utf-8")
    written = [int(days) for days in re.findall(r"\{\{D([+-]\d+)\}\}", text)]

    loaded = json.dumps(load_sample(name, NOW))

    assert "{{" not in loaded
    assert written
    for days in written:
        assert (date(2026, 3, 1) + timedelta(days=days)).isoformat() in loaded


def test_a_day_is_a_utc_day() -> None:
    evening = datetime(2026, 2, 28, 22, 30, tzinfo=timezone(timedelta(hours=-5)))

    assert load_sample(NAMES[0], evening) == load_sample(NAMES[0], NOW)


def test_an_unknown_sample_is_refused() -> None:
    with pytest.raises(KeyError):
        load_sample("../settings", NOW)


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_a_sample_is_a_request_of_one_patient(sample: Sample) -> None:
    request = load_sample(sample.name, NOW)

    assert request["hook"] == sample.hook
    assert request["context"]["patientId"] == request["prefetch"]["patient"]["id"]
    assert "composed" in request["context"]["patientId"]


def test_every_request_is_another_and_every_patient_unless_the_title_says_the_same() -> None:
    requests = {sample.title: load_sample(sample.name, NOW) for sample in SAMPLES}
    others = [
        request["context"]["patientId"]
        for title, request in requests.items()
        if not title.startswith("The same patient")
    ]

    assert len({request["hookInstance"] for request in requests.values()}) == len(SAMPLES)
    assert len(set(others)) == len(others)


@pytest.mark.parametrize("name", [name for name in NAMES if name != BROKEN])
def test_every_resource_of_a_whole_chart_is_valid(name: str) -> None:
    found = list(resources_in(load_sample(name, NOW)))

    assert [fault for resource in found for fault in faults(resource)] == []
    identified = [(resource["resourceType"], resource["id"]) for resource in found if "id" in resource]
    assert len(set(identified)) == len(identified)


def test_the_broken_chart_is_broken() -> None:
    assert [
        resource["id"] for resource in resources_in(load_sample(BROKEN, NOW)) if "id" in resource and faults(resource)
    ]


def test_the_core_sample_is_as_noisy_as_a_real_chart() -> None:
    found = [
        resource
        for resource in resources_in(load_sample("hip-oa-with-back-pain", NOW))
        if resource["resourceType"] != "Bundle"
    ]
    conditions = [resource for resource in found if resource["resourceType"] == "Condition"]

    assert len(found) >= 20
    assert {"resolved", "inactive", "active"} == {
        coding["code"] for condition in conditions for coding in condition["clinicalStatus"]["coding"]
    }
    for condition in conditions:
        assert len(condition["code"]["coding"]) >= 2


def test_a_woman_of_62_stays_62() -> None:
    for now in (NOW, NOW + timedelta(days=4000)):
        born = date.fromisoformat(load_sample("hip-oa-with-back-pain", now)["prefetch"]["patient"]["birthDate"])
        age = now.year - born.year - ((now.month, now.day) < (born.month, born.day))
        assert age == 62
