"""What the README promises is what the service does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds_service.settings import settings_table

if TYPE_CHECKING:
    from flask.testing import FlaskClient

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
CUT = "…"


def differences(told: Any, real: Any, place: str = "answer") -> list[str]:
    """Where the shortened answer of the README is not the real one; identifiers differ from call to call."""
    if told == CUT or place.endswith(".uuid"):
        return []
    if isinstance(told, dict) and isinstance(real, dict):
        missing = [f"{place}.{key} is not there" for key in told if key != CUT and key not in real]
        inside = [differences(part, real[key], f"{place}.{key}") for key, part in told.items() if key in real]
        return missing + [fault for faults in inside for fault in faults]
    if isinstance(told, list) and isinstance(real, list):
        parts = [part for part in told if part != CUT]
        if len(parts) > len(real):
            return [f"{place} has {len(real)} parts"]
        pairs = enumerate(zip(parts, real, strict=False))
        return [fault for at, (part, one) in pairs for fault in differences(part, one, f"{place}[{at}]")]
    if isinstance(told, str) and isinstance(real, str) and told.endswith(CUT):
        return [] if real.startswith(told.removesuffix(CUT)) else [f"{place} is {real!r}"]
    return [] if told == real else [f"{place} is {real!r}"]


def test_the_first_request_gets_the_answer_that_is_printed(client: FlaskClient) -> None:
    paths = re.findall(r"http://127\.0\.0\.1:8000(/(?:samples|cds-services)/\S+)", README)
    block = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert block is not None

    request = client.get(paths[0]).get_json()
    answer = client.post(paths[1], json=request)

    assert answer.status_code == 200
    told = json.loads(block[1])
    assert differences(told, answer.get_json()) == []
    assert len(told["cards"]) == len(answer.get_json()["cards"])
    assert len(told["cards"][0]["suggestions"]) == len(answer.get_json()["cards"][0]["suggestions"])


def test_every_setting_that_it_names_is_one() -> None:
    named = set(re.findall(r"HIPSPINE_[A-Z_]+[A-Z]", README))
    assert named
    assert named <= {row.variable for row in settings_table()}


def test_every_service_is_named(client: FlaskClient) -> None:
    for service in client.get("/cds-services").get_json()["services"]:
        assert f"`{service['hook']}`" in README


def test_every_file_that_it_links_to_is_there() -> None:
    root = Path(__file__).resolve().parents[2]
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (root / target).exists(), target
