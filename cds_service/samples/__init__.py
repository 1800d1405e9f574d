"""Composed patients that ship with the service, each as the request an EHR would post.

The files hold days relative to the call, ``{{D-30}}`` for thirty days before it, so that they never age.
``README.md`` beside them says what each one is for; no file holds anything of a real person.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, Final

_DAY = re.compile(r"\{\{D-(\d+)\}\}")


@dataclass(frozen=True, slots=True)
class Sample:
    """A shipped request: the name of its file, a title, and what it shows."""

    name: str
    title: str
    shows: str


SAMPLES: Final = (
    Sample(
        "hip-oa-with-back-pain",
        "Hip osteoarthritis and low back pain",
        "A woman of 62 with right hip osteoarthritis and months of low back pain among the usual noise of a "
        "chart. One card asks whether the hip takes part in the back pain.",
    ),
    Sample(
        "new-bladder-problem",
        "The same patient with a new bladder problem",
        "Urinary incontinence was recorded three days ago. One red flag; the routine card is held back.",
    ),
    Sample(
        "hip-examined",
        "The same patient after a hip examination",
        "The hip was examined three weeks ago and physiotherapy is under way. The service stays silent.",
    ),
    Sample(
        "incomplete-chart",
        "A chart with gaps",
        "Procedures, imaging and answers did not come, the orders could not be read, and some entries belong "
        "to somebody else or make no sense. The card says what could not be checked.",
    ),
    Sample(
        "hip-pain-undiagnosed",
        "Hip pain and low back pain without a diagnosis",
        "A man of 54 with right hip pain and low back pain; nobody has looked for the source yet.",
    ),
)


def load_sample(name: str, now: datetime) -> dict[str, Any]:
    """Return the request of a shipped sample with its days counted back from ``now`` (UTC days).

    Raises KeyError for a name that is not in :data:`SAMPLES`.
    """
    if name not in {sample.name for sample in SAMPLES}:
        raise KeyError(name)
    text = resources.files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")

    today = now.astimezone(UTC).date()

    def day(match: re.Match[str]) -> str:
        return (today - timedelta(days=int(match[1]))).isoformat()

    request: dict[str, Any] = json.loads(_DAY.sub(day, text))
    return request
