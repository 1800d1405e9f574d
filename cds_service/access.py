"""Each call gets an id and leaves one line in the log: what was called, how it ended and how long it took."""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import Final

from flask import Flask, Response, g, request

REQUEST_ID: Final = "X-Request-ID"
METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_log = logging.getLogger(__name__)


def request_id() -> str:
    """Return the id of the call that is being answered: for its log lines and for an error's reference."""
    return str(g.request_id)


def watch_requests(app: Flask) -> None:
    """Give every call an id, echo it as ``X-Request-ID``, and log the call when it is answered.

    A client's own id is taken when it is a UUID; any other text could say something about a patient. For the
    same reason the log has the template of the route, never the path.
    """

    @app.before_request
    def begin() -> None:
        given = request.headers.get(REQUEST_ID, "")
        g.request_id = given.lower() if _UUID.fullmatch(given) else str(uuid.uuid4())
        g.started = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[REQUEST_ID] = g.request_id
        _log.info(
            "request",
            extra={
                "request_id": g.request_id,
                "method": request.method if request.method in METHODS else "OTHER",
                "route": request.url_rule.rule if request.url_rule is not None else "(none)",
                "status": response.status_code,
                "ms": round((time.perf_counter() - g.started) * 1000, 1),
            },
        )
        return response
