"""Browser clients: which web origins may call the CDS Hooks routes (CORS, S-31).

A preflight carries no credentials, so it is answered before anything else looks at the request. Answers to
allowed origins say so whatever their status: without that a browser hides even the error from its page.
Cookies play no part here, so no answer ever allows credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from flask import Flask, Response, request

ROUTES: Final = "/cds-services"
METHODS: Final = "GET, POST, OPTIONS"
HEADERS: Final = "Authorization, Content-Type"
REMEMBER_SECONDS: Final = 600


def allow_origins(app: Flask, origins: Iterable[str]) -> None:
    """Answer preflights for discovery, call and feedback, and mark answers that ``origins`` may read.

    ``origins`` are lower-case, such as ``https://ehr.example.org``; ``*`` stands for every origin; none at
    all leaves browsers from elsewhere locked out.
    """
    allowed = _grant(frozenset(origins))

    @app.before_request
    def preflight() -> Response | None:
        if request.method != "OPTIONS" or not _covered(request.path):
            return None
        return Response(status=204, headers={"Allow": METHODS})

    @app.after_request
    def mark(response: Response) -> Response:
        if not _covered(request.path):
            return response
        response.vary.add("Origin")
        origin = allowed(request.headers.get("Origin"))
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "X-Request-ID"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = METHODS
                response.headers["Access-Control-Allow-Headers"] = HEADERS
                response.headers["Access-Control-Max-Age"] = str(REMEMBER_SECONDS)
        return response


def _covered(path: str) -> bool:
    return path == ROUTES or path.startswith(f"{ROUTES}/")


def _grant(origins: frozenset[str]) -> Callable[[str | None], str | None]:
    """Return what tells the value of Access-Control-Allow-Origin for an Origin, or None."""

    def grant(origin: str | None) -> str | None:
        if origin is None:
            return None
        if "*" in origins:
            return "*"
        return origin if origin.lower() in origins else None

    return grant
