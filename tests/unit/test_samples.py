"""The shipped sample patients: dated from the call, valid FHIR, and nobody's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from importlib import resources
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_service.samples import SAMPLES, load_sample

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAMES = [sample.name for sample in SAMPLES]


def entries(request: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in request["prefetch"].items():
        if isinstance(value, dict) and value["resourceType"] == "Bundle":
            for entry in value.get("entry", ()):
                yield key, entry["resource"]
        elif value is not None:
            yield key, value


def test_every_file_is_offered_and_every_offer_has_its_file() -> None:
    folder = resources.files("cds_service.samples")

    assert sorted(path.name for path in folder.iterdir() if path.name.endswith(".json")) == sorted(
        f"{name}.json" for name in NAMES
    )


def test_the_companion_readme_describes_every_file() -> None:
    readme = resources.files("cds_service.samples").joinpath("README.md").read_text(encoding="utf-8")

    assert "composed" in readme
    for name in NAMES:
        assert f"`{name}.json`" in readme


@pytest.mark.parametrize("name", NAMES)
def test_days_are_counted_back_from_the_call(name: str) -> None:
    text = resources.files("cds_service.samples").joinpath(f"{name}.json").read_text(encoding="utf-8")
    written = [int(days) for days in re.findall(r"\{\{D-(\d+)\}\}", text)]

    loaded = json.dumps(load_sample(name, NOW))

    assert "{{" not in loaded
    assert written
    for days in written:
        assert (date(2026, 3, 1) - timedelta(days=days)).isoformat() in loaded


def test_a_day_is_a_utc_day() -> None:
    evening = datetime(2026, 2, 28, 22, 30, tzinfo=timezone(timedelta(hours=-5)))

    assert load_sample(NAMES[0], evening) == load_sample(NAMES[0], NOW)


def test_an_unknown_sample_is_refused() -> None:
    with pytest.raises(KeyError):
        load_sample("../settings", NOW)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_a_request_of_one_patient(name: str) -> None:
    request = load_sample(name, NOW)

    assert request["hook"] == "patient-view"
    assert request["context"]["patientId"] == request["prefetch"]["patient"]["id"]
    assert "composed" in request["context"]["patientId"]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "incomplete-chart"])
def test_every_resource_of_a_whole_chart_is_valid(name: str) -> None:
    found = list(entries(load_sample(name, NOW)))

    for _, resource in found:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert len({resource.get("id") for _, resource in found}) == len(found)


def test_the_core_sample_is_as_noisy_as_a_real_chart() -> None:
    found = [resource for _, resource in entries(load_sample("hip-oa-with-back-pain", NOW))]
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
