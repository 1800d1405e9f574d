"""The floor: the same server takes the same body, decodes it once and sends a fixed card. Nobody can avoid that much.

It runs on the very server of the service (:func:`cds_service.serving.run`) with the same settings, and loads the same
knowledge without using it, so that the processes are alike in memory. Start it with ``python -m benchmarks.floor``.
"""

from __future__ import annotations

from typing import Final

import orjson
from flask import Flask, Response, request

from benchmarks.bodies import CORE_RULE, SERVICE
from cds_service.serving import run
from cds_service.settings import load_settings
from rules.loader import load_rules

CARD_BYTES: Final = 12_500
"""About the size of the answer to the benchmark request."""


def floor_app() -> Flask:
    """An application that decodes a body and answers with one card that never changes."""
    app = Flask(__name__)
    app.extensions["ruleset"] = load_rules()
    answer = {
        "cards": [
            {
                "summary": "A card that never changes",
                "indicator": "info",
                "detail": "This text is as long as the answer of the service. " * (CARD_BYTES // 51),
                "source": {"label": "The floor of the benchmark"},
                "extension": {"org.hip-spine-cds.rule": {"id": CORE_RULE}},
            }
        ]
    }

    @app.get("/readyz")
    def ready() -> Response:
        return Response("ready")

    @app.post(SERVICE)
    def call() -> Response:
        orjson.loads(request.get_data())
        return Response(orjson.dumps(answer), mimetype="application/json")

    return app


if __name__ == "__main__":
    run(floor_app(), load_settings())
