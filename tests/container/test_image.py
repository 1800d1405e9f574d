"""The image, run the way it is meant to be run: read-only, without capabilities, not as root.

``bash .ci/build-image.sh`` builds it first. Needs podman.
"""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from cds_service.samples import load_sample

pytestmark = pytest.mark.container

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "localhost/hip-spine-cds:ci"
HARDENED = (
    *("--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp:rw,size=16m,mode=1777"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "512m"),
)
TOLD = (
    "HIPSPINE_PUBLIC_URL=https://cds.example.org",
    "HIPSPINE_ACCEPT_UNREVIEWED_RULES=yes",
    "HIPSPINE_ACCEPT_UNKNOWN_CALLERS=yes",
)
SECONDS_TO_START = 60


def podman(*arguments: str, must_work: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {"CONTAINERS_CONF": str(ROOT / ".ci" / "containers.conf")} | os.environ
    done = subprocess.run(
        ["podman", *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert not must_work or done.returncode == 0, f"podman {' '.join(arguments)}: {done.stderr}"
    return done


@contextmanager
def started(*more: str, settings: tuple[str, ...] = TOLD) -> Iterator[str]:
    """Give the name of a new container; it and its volume are removed afterwards."""
    name = f"hip-spine-{uuid.uuid4()}"
    told = [part for setting in settings for part in ("--env", setting)]
    volume = ("--volume", f"{name}:/var/lib/hip-spine")
    try:
        podman("run", "--detach", "--name", name, *HARDENED, *volume, *told, *more, IMAGE)
        yield name
    finally:
        podman("rm", "--force", "--time", "0", name, must_work=False)
        podman("volume", "rm", "--force", name, must_work=False)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        # No proxy stands between this host and a container on its own loopback.
        opened.trust_env = False
        yield opened


@contextmanager
def alive(session: requests.Session) -> Iterator[tuple[str, str]]:
    """Give the name and the address of a container that answers ``/healthz``."""
    with started("--publish", "127.0.0.1::8000") as name:
        base = f"http://{podman('port', name, '8000/tcp').stdout.strip()}"
        end = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                session.get(f"{base}/healthz", timeout=5).raise_for_status()
                break
            except requests.RequestException as wrong:
                if time.monotonic() > end:
                    pytest.fail(f"{wrong}; it logged: {podman('logs', name).stderr}")
                time.sleep(0.1)
        yield name, base


@pytest.fixture(scope="module")
def running(session: requests.Session) -> Iterator[tuple[str, str]]:
    with alive(session) as name_and_address:
        yield name_and_address


@pytest.fixture
def container(running: tuple[str, str]) -> str:
    return running[0]


@pytest.fixture
def base(running: tuple[str, str]) -> str:
    return running[1]


def answer_to(sample: str, base: str, session: requests.Session) -> dict[str, Any]:
    request = load_sample(sample, datetime.now(UTC))
    answer = session.post(f"{base}/cds-services/hip-spine-{request['hook']}", json=request, timeout=10)
    answer.raise_for_status()
    content: dict[str, Any] = answer.json()
    return content


def test_it_does_not_start_beyond_loopback_without_a_public_address() -> None:
    with started(settings=()) as name:
        status = podman("wait", name).stdout.strip()
        logged = podman("logs", name)
    assert status not in ("", "0")
    assert "HIPSPINE_PUBLIC_URL" in logged.stdout + logged.stderr


def test_discovery_lists_the_services(base: str, session: requests.Session) -> None:
    services = session.get(f"{base}/cds-services", timeout=10).json()["services"]
    assert "hip-spine-patient-view" in {service["id"] for service in services}


@pytest.mark.parametrize(
    ("sample", "rule_ids"),
    [
        ("hip-oa-with-back-pain", ["hip-oa-with-lbp"]),
        ("new-bladder-problem", ["rf-bladder-bowel"]),
        ("hip-examined", []),
    ],
)
def test_a_sample_patient_gets_the_cards_of_these_rules(
    sample: str, rule_ids: list[str], base: str, session: requests.Session
) -> None:
    cards = answer_to(sample, base, session)["cards"]
    assert [card["extension"]["org.hip-spine-cds.rule"]["id"] for card in cards] == rule_ids


def test_cards_link_to_the_public_address(base: str, session: requests.Session) -> None:
    (card,) = answer_to("hip-oa-with-back-pain", base, session)["cards"]
    assert card["source"]["url"].startswith("https://cds.example.org/")


def test_it_runs_as_an_ordinary_user(container: str) -> None:
    assert podman("exec", container, "id", "-u").stdout.strip() == "10001"
    assert podman("exec", container, "id", "-g").stdout.strip() == "10001"


@pytest.mark.parametrize("folder", ["/", "/etc", "/opt/hip-spine", "/run", "/usr/local/bin", "/var/lib", "/var/tmp"])
def test_nothing_can_be_written_outside_the_state_directory(container: str, folder: str) -> None:
    refused = podman("exec", container, "touch", f"{folder}/probe", must_work=False)
    assert refused.returncode != 0
    assert "Read-only file system" in refused.stderr


def test_the_state_directory_can_be_written_to(container: str, base: str, session: requests.Session) -> None:
    podman("exec", container, "touch", "/var/lib/hip-spine/probe")
    assert session.get(f"{base}/readyz", timeout=10).status_code == 200


def test_its_own_health_check_passes(container: str) -> None:
    podman("healthcheck", "run", container)


def test_sigterm_ends_it_with_status_0(session: requests.Session) -> None:
    with alive(session) as (name, _):
        podman("stop", "--time", "40", name)
        assert podman("inspect", "--format", "{{.State.ExitCode}}", name).stdout.strip() == "0"
