"""``hip-spine rules export``: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cds_service.cli import app
from cds_service.fhir_export.publication import Publication
from cds_service.fhir_export.published import Published
from rules.loader import load_rules

URL = "https://cds.example.org"


def run(*arguments: str, url: str = URL) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["rules", "export", *arguments], env={"HIPSPINE_PUBLIC_URL": url})
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def published() -> Published:
    return Published(Publication(load_rules(), URL))


@pytest.mark.parametrize("arguments", [(), ("--bundle",)])
def test_one_bundle_is_printed(arguments: tuple[str, ...], published: Published) -> None:
    status, out, err = run(*arguments)

    assert (status, err) == (0, "")
    assert json.loads(out) == published.collection()


def test_one_file_a_resource_is_written(tmp_path: Path, published: Published) -> None:
    folder = tmp_path / "made" / "for it"

    status, out, _ = run("--output", str(folder))

    resources = list(published.all())
    assert (status, out) == (0, f"{len(resources)} resources written to {folder}\n")
    written = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir()}
    assert written == {f"{found['resourceType']}-{found['id']}.json": found for found in resources}


def test_a_bundle_and_files_together_are_refused(tmp_path: Path) -> None:
    status, out, err = run("--bundle", "--output", str(tmp_path / "out"))

    assert (status, out) == (2, "")
    assert "not both" in err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    status, _, err = run("--output", str(tmp_path / "taken" / "out"))

    assert status == 1
    assert "Nothing more is written" in err


def test_wrong_settings_are_said() -> None:
    status, out, err = run(url="cds.example.org")

    assert (status, out) == (1, "")
    assert "HIPSPINE_PUBLIC_URL" in err


def test_addresses_that_only_this_machine_reaches_are_pointed_out() -> None:
    status, out, err = run(url="http://127.0.0.1:8000")

    assert status == 0
    assert json.loads(out)["entry"][0]["fullUrl"].startswith("http://127.0.0.1:8000/fhir/")
    assert "begin with http://127.0.0.1:8000, which only this machine reaches" in err
