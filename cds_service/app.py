"""The one place where the parts are joined: :func:`create_app`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from flask import Flask, Response

import cards
import cds_service
import rules
from cards.build import CardWriter
from cds_service.access import watch_requests
from cds_service.cross_origin import allow_origins
from cds_service.errors import register_errors
from cds_service.evaluation import HipSpineService
from cds_service.fhir_client import FhirClient
from cds_service.fhir_servers import read_fhir_server
from cds_service.pages.site import add_home, add_pages, add_samples
from cds_service.routes.call import call_routes, current_time
from cds_service.routes.discovery import discovery_routes
from cds_service.routes.fhir import fhir_routes
from cds_service.routes.health import health_routes
from cds_service.settings import PREFIX, Settings, load_settings
from cds_service.trust.issuers import Issuer, TrustFaults, read_issuers
from rules.loader import load_knowledge
from rules.ruleset import RuleSet

CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class StartRefusedError(RuntimeError):
    """The service could start but must not, and the message says what would make it fit to."""


def create_app(settings: Settings | None = None, *, now: Callable[[], datetime] = current_time) -> Flask:
    """Build the service: knowledge, cards, routes, pages.

    ``settings``: those of the environment when None. ``now`` gives the moment of a call (aware). Raises
    :class:`~cds_service.settings.SettingsError`, :class:`~rules.faults.KnowledgeFaults` or
    :class:`StartRefusedError`; an app that is returned can be served as it is.
    """
    settings = settings if settings is not None else load_settings()
    _check_one_place()
    ruleset = load_knowledge(settings.knowledge)
    _check_reviewed(settings, ruleset)
    issuers = _trusted(settings)
    card_writer = CardWriter(ruleset, public_url=settings.public_url, intent=settings.intent)
    service = HipSpineService(ruleset, card_writer, _fhir_client(settings), settings.public_url)

    app = Flask(__name__, template_folder="pages/templates", static_folder="pages/static")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    watch_requests(app)
    allow_origins(app, settings.cors_origins)
    if issuers:
        _guard(app, issuers, settings, now)
    _protect(app)
    register_errors(app)
    app.extensions["ruleset"] = ruleset
    app.register_blueprint(discovery_routes(service))
    app.register_blueprint(call_routes(service, now=now, max_body_bytes=settings.max_body_bytes))
    app.register_blueprint(health_routes(ruleset, settings.state_dir))
    app.register_blueprint(fhir_routes(ruleset, settings.public_url, settings.intent))
    add_home(app, settings.public_url)
    add_pages(app, ruleset, card_writer, settings.public_url, now=now)
    if settings.try_it:
        add_samples(app, service, ruleset, settings.public_url, now)
    return app


def _check_one_place() -> None:
    """Refuse to mix packages: ``rules`` and ``cards`` are ordinary names that another project may use too."""
    places = {Path(str(package.__file__)).resolve().parents[1] for package in (rules, cards, cds_service)}
    if len(places) > 1:
        found = ", ".join(sorted(map(str, places)))
        raise StartRefusedError(
            f"the packages rules, cards and cds_service come from different places: {found}. "
            "Remove the packages of that name that do not belong to Hip-Spine CDS."
        )


def _check_reviewed(settings: Settings, ruleset: RuleSet) -> None:
    """Keep advice that nobody signed on this machine, unless somebody takes responsibility for it."""
    unreviewed = ruleset.unreviewed
    if unreviewed and not settings.on_loopback and not settings.accept_unreviewed_rules:
        ids = ", ".join(rule.id for rule in unreviewed[:3]) + (", ..." if len(unreviewed) > 3 else "")
        raise StartRefusedError(
            f"{len(unreviewed)} of {len(ruleset.active)} active rules are signed by no named clinician ({ids}), and "
            f"{settings.host} can be reached from other machines. To serve them knowingly set "
            f"{PREFIX}ACCEPT_UNREVIEWED_RULES=yes; their cards, pages and discovery go on saying that they are "
            "unreviewed."
        )


def _trusted(settings: Settings) -> tuple[Issuer, ...]:
    """Read who may call. Beyond this machine somebody has to be named, unless it is said that anybody may."""
    if settings.trust_file is not None:
        try:
            return read_issuers(settings.trust_file)
        except TrustFaults as wrong:
            raise StartRefusedError(str(wrong)) from wrong
    if not settings.on_loopback and not settings.accept_unknown_callers:
        raise StartRefusedError(
            f"nobody is named who may call, and {settings.host} can be reached from other machines. Name the systems "
            f"in a file and set {PREFIX}TRUST_FILE to it (docs/operate/trust.md); or, where something in front of the "
            f"service checks its callers, set {PREFIX}ACCEPT_UNKNOWN_CALLERS=yes."
        )
    return ()


def _guard(app: Flask, issuers: tuple[Issuer, ...], settings: Settings, now: Callable[[], datetime]) -> None:
    # Imported here: a service without trusted issuers needs no database, and starts sooner without one.
    from cds_service.store.engine import Store, StoreFault, store_url
    from cds_service.trust.guard import guard
    from cds_service.trust.keys import KeysUnreachable
    from cds_service.trust.replay import SpentTokens

    store = Store(store_url(settings.store_url.get_secret_value(), settings.state_dir))
    try:
        store.bring_up_to_date()
        guard(app, issuers, SpentTokens(store).spend, settings.public_url, now)
    except (OSError, KeysUnreachable, StoreFault) as wrong:
        raise StartRefusedError(f"callers cannot be checked: {wrong}") from wrong


def _fhir_client(settings: Settings) -> FhirClient | None:
    if not settings.fhir_servers:
        return None
    return FhirClient(
        [read_fhir_server(one, allow_http_loopback=settings.fhir_allow_http_loopback) for one in settings.fhir_servers],
        budget_seconds=settings.fhir_budget_seconds,
        without_token=settings.fhir_open,
    )


def _protect(app: Flask) -> None:
    """Add the headers that keep a browser from doing more with an answer than was meant."""

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response
