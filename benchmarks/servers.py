"""Server processes to measure: started like in production, one worker, asked over HTTP, ended by their own signal."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SERVICE: Final = ("cds_service", "serve")
FLOOR: Final = ("benchmarks.floor",)
PATIENCE: Final = 60
"""Seconds after which a server that does not answer counts as broken."""

_ROOT: Final = Path(__file__).resolve().parents[1]
_PROC: Final = Path("/proc")


class NotServingError(RuntimeError):
    """A server process ended, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, the process that was started, and how many seconds it took to answer."""

    port: int
    process: int
    started_in: float

    def cpu_seconds(self) -> float | None:
        """The processor time of all its processes so far; None where the system does not tell."""
        ticks = [_cpu_ticks(process) for process in self._processes()]
        known = [tick for tick in ticks if tick is not None]
        return sum(known) / os.sysconf("SC_CLK_TCK") if known else None

    def memory_megabytes(self) -> dict[str, float | None]:
        """Resident memory of the worker, and of all processes together with pages that they share counted once."""
        processes = self._processes()
        resident = [_kilobytes(process, "status", "VmRSS:") for process in processes[1:] or processes]
        proportional = [_kilobytes(process, "smaps_rollup", "Pss:") for process in processes]
        return {"worker_resident": _megabytes(resident), "all_proportional": _megabytes(proportional)}

    def _processes(self) -> list[int]:
        """The started process and its workers."""
        children = _PROC / str(self.process) / "task" / str(self.process) / "children"
        listed = children.read_text().split() if children.exists() else []
        return [self.process, *map(int, listed)]


@contextmanager
def serving(command: tuple[str, ...], **settings: str) -> Iterator[Server]:
    """Run ``python -m`` with ``command`` on a free port until the block ends; ``settings`` are HIPSPINE_ variables.

    Raises :class:`NotServingError` when it does not answer. All settings but the given ones are the defaults; what it
    logs goes to a file, as it would in production.
    """
    port = _free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HIPSPINE_")}
    with tempfile.TemporaryDirectory() as directory, (Path(directory) / "log").open("wb") as log:
        environment = {**inherited, "HIPSPINE_PORT": str(port), "HIPSPINE_STATE_DIR": directory, **settings}
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", *command], cwd=_ROOT, env=environment, stdout=log, stderr=subprocess.DEVNULL
        )
        try:
            _wait_until_ready(process, port)
            yield Server(port, process.pid, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotServingError(f"the server ended with status {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
    raise NotServingError(f"the server did not answer within {PATIENCE} seconds")


def _cpu_ticks(process: int) -> int | None:
    stat = _PROC / str(process) / "stat"
    if not stat.exists():
        return None
    # The name of the program, in brackets, may hold blanks; user and system time are the 12th and 13th after it.
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _kilobytes(process: int, file: str, label: str) -> int | None:
    status = _PROC / str(process) / file
    if not status.exists():
        return None
    lines = (line.split() for line in status.read_text().splitlines())
    return next((int(words[1]) for words in lines if words[0] == label), None)


def _megabytes(kilobytes: list[int | None]) -> float | None:
    known = [value for value in kilobytes if value is not None]
    return round(sum(known) / 1024, 1) if known else None
