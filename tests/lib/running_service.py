"""The service as a process of its own, on a free port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(
    state_dir: Path, *arguments: str, log: int | IO[str] = subprocess.PIPE, **settings: str
) -> Iterator[subprocess.Popen[str]]:
    """Start the service with nothing but ``settings`` from the environment's ``HIPSPINE_`` names.

    A pipe holds some hundred lines of its log and then blocks it: give ``log`` a file for more than a few requests.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HIPSPINE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_service", "serve", *arguments],
        cwd=ROOT,
        env={**inherited, "HIPSPINE_STATE_DIR": str(state_dir), **settings},
        stdout=log,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def serving(
    state_dir: Path, *, log: int | IO[str] = subprocess.PIPE, **settings: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port, once it answers."""
    port = free_port()
    with started(state_dir, "--port", str(port), log=log, **settings) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("Ctrl-C"):
                break
        else:
            raise AssertionError(f"The service did not start: {''.join(said)}")
        yield process, port
