"""All pages together: what their templates share, and which of them there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, request
from jinja2 import StrictUndefined

from cards.completeness import unchecked
from cds_service.evaluation import HipSpineService
from cds_service.pages.home import home_routes, sample_routes
from cds_service.pages.knowledge import knowledge_routes
from cds_service.pages.markdown import to_html
from cds_service.pages.spoken import draft_words, unmarked
from cds_service.pages.trial import Trial, told
from cds_service.samples import SAMPLES, Sample, load_sample
from rules.ruleset import RuleSet


def add_pages(app: Flask, ruleset: RuleSet, public_url: str) -> None:
    """Add the pages that are open to everybody: home, rules, code lists."""
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined}
    app.jinja_env.filters.update(markdown=to_html, unmarked=unmarked, in_words=draft_words, json_text=_json_text)

    @app.context_processor
    def shared() -> dict[str, Any]:
        # Links are relative, so the pages work below any path that a proxy serves them under.
        return {
            "root": "../" * (request.path.count("/") - 1) or "./",
            "place": request.path.strip("/").partition("/")[0],
            "ruleset": ruleset,
            "samples": SAMPLES if "samples" in app.blueprints else (),
        }

    app.register_blueprint(knowledge_routes(ruleset))
    app.register_blueprint(home_routes(public_url))


def add_samples(
    app: Flask, service: HipSpineService, ruleset: RuleSet, public_url: str, now: Callable[[], datetime]
) -> None:
    """Add the sample patients. They go the way of any call, so what the page shows is what an EHR gets."""

    def attempt(sample: Sample, moment: datetime) -> Trial:
        body = load_sample(sample.name, moment)
        offer = service.offer(f"hip-spine-{body['hook']}")
        answered = service.answer(service.read(offer, body), moment)
        asked, held_back = told(answered.results, answered.triage, ruleset.lexicon)
        unused = unchecked(answered.chart, offer.needed)
        return Trial(sample, body, answered.body, unused, tuple(held_back), tuple(asked))

    app.register_blueprint(sample_routes(public_url, attempt, now))


def _json_text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
