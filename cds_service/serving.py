"""Run the service on gunicorn, the production server, inside this very process.

Why gunicorn, with threads: ``docs/adr/0009-production-server.md``.
"""

from __future__ import annotations

import gc
import logging
import os
import socket
import sys
from pathlib import Path
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from cds_service.log import start_log
from cds_service.samples import SAMPLES
from cds_service.settings import Settings
from rules.ruleset import RuleSet

DRAIN_SECONDS: Final = 25
"""How long calls under way may take to end after SIGTERM; orchestrators commonly kill after 30."""
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the 60 seconds after which balancers commonly drop idle connections: they close first."""
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - no guessable file name, but a place without a disk

_log = logging.getLogger(__name__)


class PortTakenError(OSError):
    """The address of the settings cannot be listened on."""


def run(app: Flask, settings: Settings) -> None:
    """Serve ``app`` until SIGTERM or SIGINT, then leave the process with status 0.

    SIGTERM drains: the calls under way are answered first. Raises :class:`PortTakenError` when the address
    cannot be listened on.
    """
    check_address(settings.host, settings.port)
    start_log(settings.log_level)
    _log.info("serving", extra={"port": settings.port, "workers": settings.workers, "threads": settings.threads})
    # The knowledge lives as long as the process: without this, each full garbage collection walks all of it,
    # and worker processes copy its pages only to mark them.
    gc.collect()
    gc.freeze()
    _Server(app, settings).run()


def check_address(host: str, port: int) -> None:
    """Raise :class:`PortTakenError`, which says what to do, unless the address can be listened on."""
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as wrong:
        reason = wrong.strerror or type(wrong).__name__
        raise PortTakenError(
            f"cannot listen on {host}, port {port}: {reason}. Another port: --port 8001 or HIPSPINE_PORT=8001"
        ) from wrong


class _ServerLog(Logger):  # type: ignore[misc]
    """What gunicorn has to say, in the service's own log. Its access log, full of addresses, is off."""

    EVENTS: Final = {
        "Handling signal: %s": "signal",
        "Booting worker with pid: %s": "worker-started",
        "Worker exiting (pid: %s)": "worker-stopped",
        "Autorestarting worker after current request.": "worker-renewed",
        "WORKER TIMEOUT (pid:%s)": "worker-timeout",
    }

    def setup(self, cfg: Any) -> None:  # noqa: ANN401 - gunicorn has no types
        """Leave formatting and target to the root logger."""
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True

    def info(self, msg: str, *_args: object, **_more: object) -> None:
        """Tell the few things that an operator wants to know."""
        if msg in self.EVENTS:
            _log.info(self.EVENTS[msg])

    def critical(self, msg: str, *args: object, **more: object) -> None:
        """Tell of a worker that hung; anything else as a library's line."""
        if msg in self.EVENTS:
            _log.error(self.EVENTS[msg])
        else:
            self._library(logging.CRITICAL, msg, *args, **more)

    def error(self, msg: str, *args: object, **more: object) -> None:
        """Pass on with the place in gunicorn that said it."""
        self._library(logging.ERROR, msg, *args, **more)

    def warning(self, msg: str, *args: object, **more: object) -> None:
        """Pass on with the place in gunicorn that said it."""
        self._library(logging.WARNING, msg, *args, **more)

    def exception(self, msg: str, *args: object, **more: object) -> None:
        """Pass on with the place in gunicorn that said it and the exception's places."""
        self._library(logging.ERROR, msg, *args, **{"exc_info": True, **more})

    def _library(self, level: int, msg: str, *args: object, **more: Any) -> None:  # noqa: ANN401
        self.error_log.log(level, msg, *args, stacklevel=3, **more)


class _Worker(ThreadWorker):  # type: ignore[misc]
    """A worker that, once it is told to stop, no longer holds the door open.

    gunicorn's own keeps its listening sockets until its last call is answered: whoever connects meanwhile is let
    in and never served. A refused connection is tried elsewhere at once.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with the service's settings and nothing from its own files, variables or command line."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        chosen = {
            "bind": f"{host}:{self._settings.port}",
            "workers": self._settings.workers,
            "worker_class": _Worker,
            "threads": self._settings.threads,
            "preload_app": True,
            "graceful_timeout": DRAIN_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "logger_class": _ServerLog,
            "when_ready": lambda _: say_where(self._settings, self._app.extensions["ruleset"]),
            "control_socket_disable": True,
            "worker_tmp_dir": str(SHARED_MEMORY) if os.access(SHARED_MEMORY, os.W_OK) else None,
            "umask": 0o077,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def say_where(settings: Settings, ruleset: RuleSet) -> None:
    """Tell a person at a terminal where to look, on standard error: standard output is the log's."""
    unreviewed = len(ruleset.unreviewed)
    lines = [
        f"Hip-Spine CDS, knowledge {ruleset.version}: {len(ruleset.active)} active rules"
        + (f", {unreviewed} of them not reviewed by a clinician" if unreviewed else ""),
        f"  Home       {settings.public_url}/",
        f"  Discovery  {settings.public_url}/cds-services",
        f"  Health     {settings.public_url}/readyz",
        *(f"  Note       {warning}" for warning in settings.warnings()),
    ]
    if settings.try_it:
        call = f"{settings.public_url}/cds-services/hip-spine-patient-view"
        lines += [
            "A first request, from another terminal:",
            f"  curl -s {settings.public_url}/samples/{SAMPLES[0].name}.json |",
            f"  curl -s -H 'Content-Type: application/json' -d @- {call}",
        ]
    lines.append("Ctrl-C ends it.")
    print(*lines, sep="\n", file=sys.stderr, flush=True)  # noqa: T201
