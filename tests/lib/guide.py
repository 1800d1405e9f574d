"""A guide in Markdown as something to follow: its fenced blocks, done one after the other in a directory.

What a block is stands in its info string. ``sh`` is typed; ``sh status 1`` ends with that status. ``text`` must be in
the output of the command before it, numbers aside. ``diff FILE`` is edited into a file; any other language with a
``FILE`` is the content of that file, or, with a third word, of one table or key of it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WRITTEN = re.compile(r"knowledge\.toml version: .*? set version = \"([\d.]+)\"")


@dataclass(frozen=True)
class Block:
    """One fenced block: language, the rest of the info string, content."""

    language: str
    about: str
    text: str


def blocks(guide: Path) -> list[Block]:
    """The fenced blocks of a guide."""
    found = _FENCE.findall(guide.read_text(encoding="utf-8"))
    return [Block(language, about, text) for language, about, text in found]


@dataclass
class Follower:
    """Somebody who follows guides in ``folder`` to the letter."""

    folder: Path
    output: str = ""
    done: list[str] = field(default_factory=list)

    def follow(self, guide: Path) -> None:
        """Do every block. Raises AssertionError at the first that does not do what the guide says."""
        for block in blocks(guide):
            if block.language == "sh":
                self._type(block)
            elif block.language == "text":
                self._expect(block.text)
            elif block.language == "diff":
                self._edit(self.folder / block.about, block.text)
            else:
                self._write(block)

    def _type(self, block: Block) -> None:
        if block.about in ("serve", "call"):
            return
        status = int(block.about.removeprefix("status ")) if block.about else 0
        bin_folder = str(Path(sys.executable).parent)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HIPSPINE_")}
        environment["PATH"] = f"{bin_folder}{os.pathsep}{environment['PATH']}"
        done = subprocess.run(
            ["bash", "-c", block.text], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        self.output = done.stdout
        self.done.append(block.text)
        assert done.returncode == status, f"{block.text}{done.stdout}{done.stderr}"

    def _expect(self, text: str) -> None:
        printed = _without_numbers(self.output)
        for line in text.splitlines():
            assert _without_numbers(line) in printed, f"{line!r} is not printed:\n{self.output}"

    def _edit(self, path: Path, text: str) -> None:
        lines = [line if line else " " for line in text.splitlines()]
        old = "\n".join(line[1:] for line in lines if line[0] in " -")
        new = "\n".join(line[1:] for line in lines if line[0] in " +")
        content = path.read_text(encoding="utf-8")
        assert content.count(old) == 1, f"{content.count(old)} times in {path.name}:\n{old}"
        path.write_text(content.replace(old, new), encoding="utf-8")

    def _write(self, block: Block) -> None:
        name, _, part = block.about.partition(" ")
        path = self.folder / name
        if part == "version":
            self._set_version(path)
        elif part:
            before, _, _ = path.read_text(encoding="utf-8").partition(part)
            path.write_text(before + block.text, encoding="utf-8")
        else:
            path.write_text(block.text, encoding="utf-8")

    def _set_version(self, path: Path) -> None:
        """The version that the check before named; the number in the guide is an example."""
        named = _WRITTEN.search(" ".join(self.output.split()))
        assert named is not None, self.output
        content = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r'^version = ".*"$', f'version = "{named[1]}"', content, flags=re.MULTILINE), "utf-8")


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+(\.\d+)*", "0", " ".join(text.split()))
