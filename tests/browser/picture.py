"""Take the pictures of cards in the documentation anew: ``python -m tests.browser.picture [FOLDER]``.

The service is started, Chromium opens the page of a sample patient, and the card that stands there is the picture.
The charts are dated back from the day on which that is done, so the dates on a card are those of that day. Needs what
``bash .ci/browser.sh`` installs, and Debian's ``pngquant``. FOLDER is ``docs/images`` unless another is named.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.browser.chromium import BrowserMissing, drive
from tests.lib.running_service import ROOT, serving

COLOURS: Final = "64"
"""As many as a picture of text needs."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The first card of a sample patient, down to a heading or whole."""

    file: str
    sample: str
    until: str | None = None


PICTURES: Final = (
    Picture("card.png", "hip-oa-with-back-pain", until="Advice"),
    Picture("card-red-flag.png", "new-bladder-problem", until="Advice"),
)


def take(pictures: tuple[Picture, ...], folder: Path) -> list[Path]:
    """Write the pictures into ``folder`` and return their files.

    Raises BrowserMissing when Chromium, its driver or pngquant is not installed, AssertionError when no such card is
    shown.
    """
    if shutil.which("pngquant") is None:
        raise BrowserMissing("pngquant is missing: apt-get install pngquant installs it")
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with TemporaryDirectory() as state, serving(Path(state)) as (_, port):
        for picture in pictures:
            file = folder / picture.file
            address = f"http://127.0.0.1:{port}/patients/{picture.sample}"
            drive("picture.mjs", {"address": address, "until": picture.until, "file": str(file)})
            # Text has few colours: a palette of them takes a third of the bytes and looks the same.
            subprocess.run(["pngquant", "--force", "--nofs", "--strip", "--output", file, COLOURS, file], check=True)
            files.append(file)
    return files


if __name__ == "__main__":
    for taken in take(PICTURES, Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"):
        sys.stdout.write(f"{taken}: {taken.stat().st_size} bytes\n")
