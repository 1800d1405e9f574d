"""All pages together: what their templates share, and which of them there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Flask, request
from jinja2 import StrictUndefined

from cards.build import CardWriter
from cds_service.evaluation import HipSpineService
from cds_service.pages.absent import answer_absent
from cds_service.pages.clinical import clinical_routes
from cds_service.pages.example_cards import ExampleCards
from cds_service.pages.home import home_routes
from cds_service.pages.markdown import line_to_html, to_html
from cds_service.pages.patients import patient_routes
from cds_service.pages.reference_pages import reference_routes
from cds_service.pages.rule_pages import rule_routes
from cds_service.pages.spoken import draft_words, unmarked
from cds_service.pages.trial import Trials
from cds_service.samples import SAMPLES, grouped
from rules.ruleset import RuleSet

PLACES: Final = (
    ("Home", ""),
    ("Sample patients", "patients"),
    ("Rules", "rules"),
    ("Red flags", "red-flags"),
    ("Hip or spine", "hip-or-spine"),
    ("Statements", "traceability"),
    ("Self-care", "self-care"),
    ("Definitions", "definitions"),
    ("Code lists", "codelists"),
    ("Sources", "sources"),
    ("Discovery", "cds-services"),
    ("Health", "readyz"),
)
"""The places of the navigation: those of them that there are, in this order."""


def add_pages(
    app: Flask, ruleset: RuleSet, cards: CardWriter, public_url: str, *, now: Callable[[], datetime] | None
) -> None:
    """Add the pages that are open to everybody: rules and what they are made of.

    ``now`` None: the pages are printed as files (:mod:`cds_service.pages.static_site`). They then have no form and no
    link to anything that answers only while a service runs.
    """
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined}
    app.jinja_env.filters.update(
        markdown=to_html,
        markdown_line=line_to_html,
        unmarked=unmarked,
        in_words=draft_words,
        json_text=_json_text,
    )

    @app.context_processor
    def shared() -> dict[str, Any]:
        # Links are relative, so the pages work below any path that a proxy serves them under.
        root = "../" * (request.path.count("/") - 1) or "./"

        def own(url: str) -> str:
            """The address relative to this page when it is one of this service."""
            return root + url.removeprefix(f"{public_url}/") if url.startswith(f"{public_url}/") else url

        return {
            "root": root,
            "place": request.path.strip("/").partition("/")[0],
            "places": [(title, path) for title, path in PLACES if path in _paths(app)],
            "exists": _paths(app).__contains__,
            "own": own,
            "printed": now is None,
            "ruleset": ruleset,
            "samples": SAMPLES if "patients" in app.blueprints else (),
            "sample_groups": grouped(),
        }

    answer_absent(app)
    app.register_blueprint(rule_routes(ruleset, ExampleCards(ruleset, cards), now))
    app.register_blueprint(reference_routes(ruleset))
    app.register_blueprint(clinical_routes(ruleset, public_url))


def _paths(app: Flask) -> frozenset[str]:
    return frozenset(rule.rule.strip("/") for rule in app.url_map.iter_rules())


def add_home(app: Flask, public_url: str) -> None:
    """Add the home page."""
    app.register_blueprint(home_routes(public_url))


def add_samples(
    app: Flask, service: HipSpineService, ruleset: RuleSet, public_url: str, now: Callable[[], datetime]
) -> None:
    """Add the sample patients. They go the way of any call, so what the page shows is what an EHR gets."""
    app.register_blueprint(patient_routes(ruleset, Trials(service, now), public_url))


def _json_text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
