"""Composed patients that ship with the service, each as the request an EHR would post.

The files hold days relative to the call, ``{{D-30}}`` for thirty days before it and ``{{D+24}}`` for twenty-four after
it, so that they never age. ``catalogue.toml`` says what each one is for; no file holds anything of a real person.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, Final

_DAY = re.compile(r"\{\{D([+-]\d+)\}\}")
_HERE = resources.files(__name__)


@dataclass(frozen=True, slots=True)
class Sample:
    """A shipped request: the name of its file, a title, and where it stands in the list.

    ``story`` is what a colleague would say about the patient, ``shows`` what to look at in the answer, ``hook`` the
    hook that the request names.
    """

    name: str
    title: str
    group: str
    hook: str
    story: str
    shows: str


def _catalogue() -> tuple[Sample, ...]:
    tables = tomllib.loads(_HERE.joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return tuple(Sample(**table) for table in tables["sample"])


SAMPLES: Final = _catalogue()


def grouped() -> Mapping[str, tuple[Sample, ...]]:
    """The samples by group, groups and samples in the order of the catalogue."""
    groups = dict.fromkeys(sample.group for sample in SAMPLES)
    return {group: tuple(sample for sample in SAMPLES if sample.group == group) for group in groups}


def load_sample(name: str, now: datetime) -> dict[str, Any]:
    """Return the request of a shipped sample with its days counted from ``now`` (UTC days).

    Raises KeyError for a name that is not in :data:`SAMPLES`.
    """
    if name not in {sample.name for sample in SAMPLES}:
        raise KeyError(name)
    text = _HERE.joinpath(f"{name}.json").read_text(encoding="utf-8")

    today = now.astimezone(UTC).date()

    def day(match: re.Match[str]) -> str:
        return (today + timedelta(days=int(match[1]))).isoformat()

    request: dict[str, Any] = json.loads(_DAY.sub(day, text))
    return request
