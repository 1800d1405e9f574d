"""The request bodies of the benchmarks: the benchmark request dated to today, and larger charts made from it.

``patient-view-61.json`` is composed: one patient, 30 conditions, 30 observations, nobody's record. It was written for
the day :data:`WRITTEN`; all its dates are moved by the days since, so that the same rules fire on every day.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

WRITTEN: Final = date(2026, 11, 24)
CORE_RULE: Final = "hip-oa-with-lbp"
"""The rule that has to fire on the benchmark request; a benchmark of silence would measure nothing."""
SERVICE: Final = "/cds-services/hip-spine-patient-view"
LARGE: Final = 2465
"""The resources of the large chart, as many as a long-lived record exported whole can hold."""
LARGE_BYTES: Final = 4_400_000

_REQUEST: Final = Path(__file__).with_name("patient-view-61.json")
_DATE = re.compile(r'(?<=")\d{4}-\d{2}-\d{2}(?=["T])')
_NARRATIVE: Final = (
    "Composed narrative of the entry, as systems generate it from the coded elements: code, status, category, dates,"
    " the encounter and who recorded it. No rule reads it. "
)


def benchmark_request(today: date | None = None) -> dict[str, Any]:
    """The benchmark request with its dates moved to ``today`` (UTC when None)."""
    moved = (today or datetime.now(UTC).date()) - WRITTEN
    text = _DATE.sub(lambda found: _later(found[0], moved), _REQUEST.read_text("utf-8"))
    request: dict[str, Any] = json.loads(text)
    return request


def benchmark_body(today: date | None = None) -> bytes:
    """The benchmark request as it goes over the wire."""
    return orjson.dumps(benchmark_request(today))


def body_of(resources: int, today: date | None = None) -> bytes:
    """A request with so many resources: the Patient, and those of the benchmark request as often as it takes.

    Repeated entries get ids of their own. The order mixes what rules read with what they do not, so that every size
    holds its share of both.
    """
    return orjson.dumps(_sized(resources, today))


def large_body(today: date | None = None) -> bytes:
    """A request of :data:`LARGE` resources, each with a narrative as real ones have: :data:`LARGE_BYTES` or so."""
    request = _sized(LARGE, today)
    missing = LARGE_BYTES - len(orjson.dumps(request))
    each = max(missing // LARGE - 64, 0)
    narrative = (_NARRATIVE * (each // len(_NARRATIVE) + 1))[:each]
    for key in ("conditions", "observations"):
        for entry in request["prefetch"][key]["entry"]:
            entry["resource"]["text"] = {"status": "generated", "div": narrative}
    return orjson.dumps(request)


def _sized(resources: int, today: date | None) -> dict[str, Any]:
    request = benchmark_request(today)
    prefetch = request["prefetch"]
    pairs = zip(prefetch["conditions"]["entry"], prefetch["observations"]["entry"], strict=True)
    mixed = [entry for pair in pairs for entry in pair]
    chosen = [_copy(mixed[index % len(mixed)], index) for index in range(resources - 1)]
    for key, kind in (("conditions", "Condition"), ("observations", "Observation")):
        entries = [entry for entry in chosen if entry["resource"]["resourceType"] == kind]
        prefetch[key]["entry"] = entries
        prefetch[key]["total"] = len(entries)
    return request


def _copy(entry: dict[str, Any], index: int) -> dict[str, Any]:
    resource = entry["resource"]
    identifier = f"{resource['id']}-{index}"
    return {**entry, "fullUrl": f"{entry['fullUrl']}-{index}", "resource": {**resource, "id": identifier}}


def _later(text: str, moved: timedelta) -> str:
    return (date.fromisoformat(text) + moved).isoformat()
