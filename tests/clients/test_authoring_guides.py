"""The guides for authors and reviewers, followed to the letter: every command typed, every file written."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_service.app import create_app
from cds_service.settings import load_settings
from rules import KnowledgeDirectory, load_knowledge
from tests.lib.guide import Follower, blocks
from tests.lib.mutation import Baseline, rule_mutants

GUIDES = Path(__file__).parents[2] / "docs" / "authoring"
RULE = "stiff-hip-with-lbp"


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Follower:
    """Somebody who has followed the first guide to its end."""
    follower = Follower(tmp_path_factory.mktemp("desk"))
    follower.follow(GUIDES / "add-a-rule.md")
    return follower


@pytest.fixture(scope="module")
def changed(added: Follower, tmp_path_factory: pytest.TempPathFactory) -> Follower:
    """Somebody who went on with the second guide."""
    follower = Follower(Path(shutil.copytree(added.folder, tmp_path_factory.mktemp("review") / "desk")))
    follower.follow(GUIDES / "change-a-rule.md")
    return follower


def test_the_new_rule_gives_its_card_over_http(added: Follower) -> None:
    settings = load_settings(knowledge_dir=added.folder / "my-knowledge", state_dir=added.folder / "state")
    client = create_app(settings, now=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC)).test_client()
    (call,) = [block.text for block in blocks(GUIDES / "add-a-rule.md") if block.about == "call"]
    address = call.split()[-1].removeprefix("http://127.0.0.1:8000")

    answer = client.post(address, json=json.loads((added.folder / "patient.json").read_text(encoding="utf-8")))

    assert answer.status_code == 200
    (card,) = answer.get_json()["cards"]
    assert card["summary"] == "Stiff hip with back pain: examining the hip together with the back can help"
    assert card["extension"]["org.hip-spine-cds.rule"]["id"] == RULE
    assert client.get(f"/rules/{RULE}").status_code == 200
    assert client.get("/codelists").status_code == 200


def test_a_reviewer_changes_and_signs_it(changed: Follower) -> None:
    rule = load_knowledge(KnowledgeDirectory(changed.folder / "my-knowledge")).rule(RULE)

    assert rule.version == "1.1.0"
    assert rule.review.state == "reviewed"
    assert any("rules diff" in command for command in changed.done)


def test_no_small_change_to_the_rule_of_the_guide_goes_unnoticed(changed: Follower) -> None:
    """What the guides teach passes the check that every rule of the project passes."""
    ruleset = load_knowledge(KnowledgeDirectory(changed.folder / "my-knowledge"))
    baseline = Baseline(ruleset)
    mutants = list(rule_mutants(ruleset.rule(RULE)))

    assert len(mutants) > 10
    assert [what for what, mutant in mutants if not baseline.notices_rule(mutant)] == []
