"""The service call: ``POST /cds-services/{id}``."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import orjson
from flask import Blueprint, Response, request

from cds_service.access import request_id
from cds_service.body import DEFAULT_LIMIT, read_json
from cds_service.errors import Issue, Refusal
from cds_service.evaluation import Answered, HipSpineService, RequiredDataMissing
from cds_service.fhir_reading import Fetched
from cds_service.hook_request import HookRequest
from cds_service.offers import Offer
from rules.chart import Availability

_log = logging.getLogger("cds_service.call")


def current_time() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def call_routes(
    service: HipSpineService, *, now: Callable[[], datetime] = current_time, max_body_bytes: int = DEFAULT_LIMIT
) -> Blueprint:
    """Return ``/cds-services/<id>``, with and without a slash at the end (R-01, R-20 to R-24).

    ``now`` gives the moment of a call (aware). Query parameters are ignored.
    """
    routes = Blueprint("call", __name__)

    @routes.post("/cds-services/<service_id>")
    @routes.post("/cds-services/<service_id>/")
    def call(service_id: str) -> Response:
        offer = service.offer(service_id)
        told = _Told(offer)
        try:
            hook_request = service.read(offer, read_json(request, max_body_bytes))
            told.ignored(hook_request)
            answered = service.answer(hook_request, now())
            body = orjson.dumps(answered.body)
        except Refusal as refusal:
            told.refused(refusal)
            raise
        except RecursionError:
            # The decoder takes 1,024 levels; comparing two resources that deep is more than Python does.
            too_deep = Refusal(400, Issue("structure", "The body is nested too deeply."))
            told.refused(too_deep)
            raise too_deep from None
        told.answered(answered)
        return Response(body, headers={"Cache-Control": "no-store"}, mimetype="application/json")

    return routes


class _Told:
    """What the log is told of one call: one line how it ended, and one for each thing to look into; no content."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._started = time.perf_counter()
        self._about: dict[str, object] = {"request_id": request_id(), "service": offer.service_id, "hook": offer.hook}

    def ignored(self, hook_request: HookRequest) -> None:
        for reason in hook_request.ignored:
            _log.info("member-ignored", extra=self._about | {"reason": reason})

    def refused(self, refusal: Refusal) -> None:
        if isinstance(refusal, RequiredDataMissing):
            self._gathered(refusal.fetched, refusal.unusable)
        _log.info("refused", extra=self._about | {"status": refusal.status, "reason": refusal.issues[0].code})

    def answered(self, answered: Answered) -> None:
        self._gathered(answered.fetched, answered.unusable)
        had = [answered.chart.had(kind) for kind in self._offer.needed]
        dropped = answered.chart.dropped.values()
        counts: dict[str, object] = {
            "status": 200,
            "ms": round((time.perf_counter() - self._started) * 1000, 1),
            "rules": 0 if answered.chart.patient.deceased else len(self._offer.rules),
            "cards": len(answered.triage.shown),
            "shown": ",".join(result.rule.id for result in answered.triage.shown) or None,
            "withheld": len(answered.triage.withheld),
            "missing": had.count(Availability.MISSING),
            "failed": had.count(Availability.FAILED),
            "incomplete": had.count(Availability.INCOMPLETE),
            "fetched": len(answered.fetched),
            "unreadable": sum(counts.unreadable for counts in dropped),
            "foreign": sum(counts.foreign for counts in dropped),
            "uncoded": sum(counts.uncoded for counts in dropped),
        }
        _log.info("call", extra=self._about | counts)

    def _gathered(self, fetched: Mapping[str, Fetched], unusable: frozenset[str]) -> None:
        for kind in sorted(unusable):
            _log.info("prefetch-unusable", extra=self._about | {"kind": kind})
        for kind, brought in fetched.items():
            if brought.reason is not None:
                _log.warning("fetch-incomplete", extra=self._about | {"kind": kind, "reason": brought.reason})
