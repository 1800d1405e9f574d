"""What the service says to whoever runs it."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from cds_service.app import create_app
from cds_service.settings import load_settings
from rules.loader import load_rules

if TYPE_CHECKING:
    from flask.testing import FlaskClient


def with_state_in(folder: Path) -> FlaskClient:
    return create_app(load_settings(state_dir=folder)).test_client()


def test_alive_needs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the directory should be")

    answer = with_state_in(tmp_path / "taken").get("/healthz")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "alive"})


def test_ready_tells_the_knowledge_and_what_of_it_is_unreviewed(tmp_path: Path) -> None:
    ruleset = load_rules()

    answer = with_state_in(tmp_path).get("/readyz")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ready",
        "knowledge": {
            "version": ruleset.version,
            "rules": len(ruleset.active),
            "unreviewed": len(ruleset.unreviewed),
        },
        "state_dir": {"writable": True},
    }


def test_not_ready_when_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the directory should be")

    answer = with_state_in(tmp_path / "taken").get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["status"] == "not ready"
    assert answer.get_json()["state_dir"] == {"writable": False}


def test_the_state_directory_is_made_on_demand_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "state"

    with_state_in(folder).get("/readyz")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == []


def test_health_is_asked_for_not_told(tmp_path: Path) -> None:
    client = with_state_in(tmp_path)

    for path in ("/healthz", "/readyz"):
        assert client.post(path).status_code == 405
        assert client.head(path).status_code == 200
