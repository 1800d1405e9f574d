"""For whoever runs the service: is it alive, and can it do its work."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from flask import Blueprint, Response, jsonify

from rules.ruleset import RuleSet


def health_routes(ruleset: RuleSet, state_dir: Path) -> Blueprint:
    """Return ``/healthz`` and ``/readyz``.

    ``/healthz`` answers 200 as long as the process can answer at all. ``/readyz`` answers 200 when the
    knowledge is loaded and ``state_dir`` can be written to, else 503; its JSON says what was looked at.
    """
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def alive() -> Response:
        return jsonify(status="alive")

    @routes.get("/readyz")
    def ready() -> tuple[Response, int]:
        writable = is_writable(state_dir)
        body = {
            "status": "ready" if writable else "not ready",
            "knowledge": {
                "version": ruleset.version,
                "rules": len(ruleset.active),
                "unreviewed": len(ruleset.unreviewed),
            },
            "state_dir": {"writable": writable},
        }
        return jsonify(body), 200 if writable else 503

    return routes


def is_writable(folder: Path) -> bool:
    """Tell whether a file can be made in ``folder``, which is made first if need be, for its owner alone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            os.write(probe.fileno(), b"ready")
    except OSError:
        return False
    return True
