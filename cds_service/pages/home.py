"""The home page, and the sample patients that it offers while ``try_it`` is on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, jsonify, render_template, request

from cds_service.errors import Issue, Refusal, unknown_name
from cds_service.pages.trial import Trial
from cds_service.samples import SAMPLES, Sample, load_sample

FORM_BYTES: Final = 4096
"""More than the name of a sample takes."""


def home_routes(public_url: str) -> Blueprint:
    """Return ``/``: what the service is and is not, and how to connect to it."""
    routes = Blueprint("home", __name__)

    @routes.get("/")
    def home() -> str:
        return render_template("pages/home.html", public_url=public_url, trial=None)

    return routes


def sample_routes(
    public_url: str, attempt: Callable[[Sample, datetime], Trial], now: Callable[[], datetime]
) -> Blueprint:
    """Return ``/try``, which shows the answer to a sample patient, and ``/samples/<name>.json``.

    ``attempt`` sends a sample through the service. Neither route changes anything, so a form posted from
    elsewhere can do no harm.
    """
    routes = Blueprint("samples", __name__)
    by_name = {sample.name: sample for sample in SAMPLES}

    @routes.post("/try")
    def try_sample() -> Response:
        request.max_content_length = FORM_BYTES
        sample = by_name.get(request.form.get("sample", ""))
        if sample is None:
            raise Refusal(400, _unknown(request.form.get("sample"), by_name))
        page = render_template("pages/home.html", public_url=public_url, trial=attempt(sample, now()))
        return Response(page, headers={"Cache-Control": "no-store"})

    @routes.get("/samples/<name>.json")
    def sample_request(name: str) -> Response:
        if name not in by_name:
            raise Refusal(404, _unknown(name, by_name))
        answer = jsonify(load_sample(name, now()))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return routes


def _unknown(name: object, known: Iterable[str]) -> Issue:
    return Issue("value", unknown_name("sample patient", name, known), "sample")
