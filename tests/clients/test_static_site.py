"""The pages as files: complete, linked to each other, the same each time, and the committed copy is current."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cards.build import CardWriter
from cds_service.cli import app
from cds_service.pages.static_site import static_site
from rules.loader import load_rules

COPY = Path(__file__).resolve().parents[2] / "docs" / "generated" / "pages"
PUBLIC = "https://cds.example.org"
RENEW = "run HIPSPINE_PUBLIC_URL=https://cds.example.org hip-spine rules docs --output docs/generated/pages"
RULES = load_rules()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return static_site(RULES, CardWriter(RULES, public_url=PUBLIC), PUBLIC)


def test_every_rule_and_every_code_list_has_its_file(files: dict[str, bytes]) -> None:
    assert {f"rules/{rule.id}.html" for rule in RULES.rules} <= files.keys()
    assert {f"codelists/{name}.html" for name in RULES.lexicon.codelists.concepts} <= files.keys()
    assert {"rules.html", "traceability.html", "self-care.html", "static/style.css"} <= files.keys()


def test_every_link_between_the_files_leads_to_a_place_that_is_there(files: dict[str, bytes]) -> None:
    followed = 0
    for name, content in files.items():
        if not name.endswith(".html"):
            continue
        for target in re.findall(r'\s(?:href|src)="([^"]+)"', content.decode()):
            if target.startswith(("https://", "http://")):
                continue
            path, _, fragment = target.partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            assert there in files, f"{name}: {target}"
            assert not fragment or f'id="{fragment}"' in files[there].decode(), f"{name}: {target}"
            followed += 1
    assert followed > 1000


def test_nothing_in_them_needs_a_service(files: dict[str, bytes]) -> None:
    pages = {name: content.decode() for name, content in files.items() if name.endswith(".html")}
    assert [name for name, text in pages.items() if "<form" in text or "<script" in text] == []


@pytest.mark.current
def test_the_committed_pages_are_current(files: dict[str, bytes]) -> None:
    committed = {str(file.relative_to(COPY)): file.read_bytes() for file in COPY.rglob("*") if file.is_file()}
    assert sorted(committed) == sorted(files), RENEW
    assert [name for name, content in files.items() if committed[name] != content] == [], RENEW


def test_the_command_writes_them_and_removes_what_is_no_more(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "gone.html").write_text("old", encoding="utf-8")
    environment = {"HIPSPINE_PUBLIC_URL": PUBLIC}
    done = CliRunner().invoke(app, ["rules", "docs", "--output", str(tmp_path)], env=environment)
    assert done.exit_code == 0, done.output
    written = {str(file.relative_to(tmp_path)): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert written == files
