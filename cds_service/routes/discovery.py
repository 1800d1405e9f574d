"""Discovery: ``GET /cds-services``."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response

from cds_service.evaluation import HipSpineService


def discovery_routes(service: HipSpineService) -> Blueprint:
    """Return ``/cds-services``, with and without a slash at the end and never a redirect (D-01 to D-19).

    The answer is written once: it does not depend on the request, whose query parameters are ignored.
    """
    routes = Blueprint("discovery", __name__)
    body = orjson.dumps({"services": [offer.entry for offer in service.offers.values()]})

    @routes.get("/cds-services")
    @routes.get("/cds-services/")
    def discovery() -> Response:
        return Response(body, mimetype="application/json")

    return routes
