"""Debian's Chromium, driven from outside by the scripts beside this file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
INSTALL = "bash .ci/browser.sh installs them"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 240
"""Seconds after which a script counts as hung."""


class BrowserMissing(Exception):
    """What has to be installed before a browser can be driven."""


def drive(script: str, order: object) -> Any:
    """Give ``script`` its order and return its report, both JSON.

    ``CHROMIUM`` in the environment names another browser than the one on the path. Raises BrowserMissing when
    something is not installed, AssertionError with the words of the script when that failed.
    """
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None or shutil.which("node") is None or not (HERE / "node_modules").is_dir():
        raise BrowserMissing(f"Chromium, node or the packages of tests/browser are missing: {INSTALL}")
    done = subprocess.run(
        ["node", HERE / script],
        input=json.dumps(order),
        env={**os.environ, "CHROMIUM": chromium},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{script}: {done.stderr[-4000:]}"
    return json.loads(done.stdout)
