"""The printed manual says what the pages say, and its check notices when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.manual import MANUAL, main, manual
from tests.language.pages import chapters


@pytest.mark.current
def test_the_committed_manual_is_current() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(), "run python -m tests.language.manual"


def test_every_page_is_printed_with_its_criterion_and_every_verdict() -> None:
    printed = manual()
    pages = [page for chapter in chapters().values() for page in chapter.pages]
    for page in pages:
        assert f"### {page.title}\n" in printed
        assert f"```toml\n{page.criterion}\n```" in printed
    rows = [line for line in printed.splitlines() if line.startswith("| ") and "| **" in line]
    assert len(rows) == sum(len(page.rows) for page in pages)


def test_the_check_passes_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "generated" / "language.md"
    assert main(["--file", str(file)]) == 0
    assert main(["--file", str(file), "--check"]) == 0


@pytest.mark.parametrize("change", ["applies", None])
def test_the_check_notices_an_old_manual_and_a_missing_one(
    change: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "language.md"
    if change is not None:
        file.write_text(manual().replace(change, "may apply", 1), encoding="utf-8")
    assert main(["--file", str(file), "--check"]) == 1
    assert "is not current: run python -m tests.language.manual" in capsys.readouterr().err
