"""What is kept of a run: one JSON file per benchmark with the facts of its surroundings, and one table for a reader."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE / "results"
BASELINE: Final = HERE / "baseline"
_PACKAGES: Final = ("flask", "gunicorn", "orjson", "pydantic", "fhir.resources")


def surroundings() -> dict[str, Any]:
    """What a figure depends on beside the code; no name and no path of the machine."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "processor": _processor(),
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _commit() -> str | None:
    """The commit that was measured, with ``+`` when files were changed since; None outside a checkout."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--exclude", "*", "--dirty=+"],  # noqa: S607
            cwd=HERE,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return described.stdout.strip() or None


def _processor() -> str | None:
    listed = Path("/proc/cpuinfo")
    if not listed.exists():
        return platform.processor() or None
    names = (
        line.partition(":")[2].strip() for line in listed.read_text().splitlines() if line.startswith("model name")
    )
    return next(names, None)


def keep(name: str, found: Mapping[str, Any], around: Mapping[str, Any], directory: Path = RESULTS) -> Path:
    """Write one result; returns its file."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{name}.json"
    file.write_bytes(orjson.dumps({**found, "surroundings": around}, option=orjson.OPT_INDENT_2) + b"\n")
    return file


def committed(name: str) -> dict[str, Any] | None:
    """The committed result of a benchmark, or None."""
    file = BASELINE / f"{name}.json"
    return orjson.loads(file.read_bytes()) if file.exists() else None


def figure(found: Mapping[str, Any] | None, path: str) -> float | None:
    """The figure at a dotted ``path`` of a result; None when it is not there."""
    value: Any = found
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, int | float) else None


def table(rows: Iterable[tuple[str, float | None, float | None]]) -> str:
    """Rows of title, figure and committed figure as text in columns."""
    cells = [("", "now", "committed"), *((title, _told(now), _told(before)) for title, now, before in rows)]
    wide = [max(len(row[column]) for row in cells) for column in range(3)]
    return "\n".join(f"{row[0]:<{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]:>{wide[2]}}" for row in cells)


def _told(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if value < 10 else f"{value:,.1f}"
