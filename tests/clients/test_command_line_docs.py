"""The examples of docs/command-line.md, run as they stand there."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [
    (command, printed)
    for block in BLOCKS
    for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 8
    assert sum(len(printed.splitlines()) + 1 for _, printed in EXAMPLES) == sum(len(b.splitlines()) for b in BLOCKS)


@pytest.mark.parametrize(("command", "printed"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_an_example_prints_what_the_page_says(command: str, printed: str, tmp_path: Path) -> None:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HIPSPINE_")}
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1; {command}"],
        cwd=tmp_path,
        env=clean | {"PATH": programs, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    matches = doctest.OutputChecker().check_output(printed, done.stdout, doctest.ELLIPSIS)
    assert matches, f"{command} printed:\n{done.stdout}"
