"""The knowledge as FHIR resources: ``/fhir/metadata``, ``/fhir/<type>/<id>``, ``/fhir/<type>?url=...``.

Read-only, open to everybody, nothing of a patient. Every answer is FHIR JSON, errors included.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import orjson
from flask import Blueprint, Response, request
from werkzeug.http import parse_options_header

from cds_service.errors import FHIR_JSON, JSON, Issue, Refusal, name_like, unknown_name
from cds_service.fhir_export.capability import SEARCH_PARAMETERS, capability_statement
from cds_service.fhir_export.publication import BASE_PATH, Publication, Resource
from cds_service.fhir_export.published import KINDS, Published
from rules.faults import nearest
from rules.ruleset import RuleSet

FORMATS: Final = (FHIR_JSON, JSON, "text/json", "json")
"""What ``_format`` may say."""

_ACCEPTED: Final = (FHIR_JSON, JSON, "text/json", "application/*", "*/*")

_ALLOW: Final = "GET, HEAD, OPTIONS"
_WRITING: Final = ("POST", "PUT", "PATCH", "DELETE")
_VERSIONS: Final = ("", "4.0", "4.0.1")


def fhir_routes(ruleset: RuleSet, public_url: str, intent: str) -> Blueprint:
    """Return the routes. The resources are made when the first request wants one, not at the start.

    ``public_url`` is the absolute address of the service, ``intent`` that of its draft orders.
    """
    routes = Blueprint("fhir", __name__, url_prefix=BASE_PATH)
    answers = _Answers(Publication(ruleset, public_url, intent))

    @routes.before_request
    def negotiate() -> None:
        if request.method in ("GET", "HEAD"):
            _check_format()

    @routes.after_request
    def as_fhir(response: Response) -> Response:
        if response.mimetype == JSON:
            response.mimetype = FHIR_JSON
        return response

    @routes.get("/metadata", provide_automatic_options=False)
    def metadata() -> Response:
        return _answered(answers.capabilities)

    @routes.get("/<kind>/<fhir_id>", provide_automatic_options=False)
    def read(kind: str, fhir_id: str) -> Response:
        return _answered(answers.resource(kind, fhir_id))

    @routes.get("/<kind>", provide_automatic_options=False)
    @routes.get("/<kind>/", provide_automatic_options=False)
    def search(kind: str) -> Response:
        return _answered(answers.found(kind))

    _add_refusals(routes)
    return routes


def _add_refusals(routes: Blueprint) -> None:
    """Answer what is not offered: other places, and everything that would write."""

    @routes.get("", provide_automatic_options=False)
    @routes.get("/", provide_automatic_options=False)
    @routes.get("/<path:place>", provide_automatic_options=False)
    def nowhere(place: str = "") -> Response:
        del place
        text = (
            f"There is nothing at this address. {BASE_PATH}/metadata says what there is; a resource is read at "
            f"{BASE_PATH}/<type>/<id>. Histories and operations are not offered."
        )
        raise Refusal(404, Issue("not-found", text))

    @routes.route("", methods=["OPTIONS"])
    @routes.route("/", methods=["OPTIONS"])
    @routes.route("/<path:place>", methods=["OPTIONS"])
    def options(place: str = "") -> Response:
        del place
        return Response(status=204, headers={"Allow": _ALLOW})

    @routes.route("", methods=_WRITING)
    @routes.route("/", methods=_WRITING)
    @routes.route("/<path:place>", methods=_WRITING)
    def read_only(place: str = "") -> Response:
        del place
        text = "These resources are read-only: they are printed from the knowledge files. Allowed: GET, HEAD."
        raise Refusal(405, Issue("not-supported", text), headers={"Allow": _ALLOW})


class _Answers:
    """The bodies of the answers, each written once."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._published = Published(publication)
        self._read: dict[tuple[str, str], bytes] = {}

    @cached_property
    def capabilities(self) -> bytes:
        return orjson.dumps(capability_statement(self._publication))

    def resource(self, kind: str, fhir_id: str) -> bytes:
        """One resource. Raises :class:`Refusal` with 404 and the nearest type or id."""
        body = self._read.get((kind, fhir_id))
        if body is None:
            resources = self._of(kind)
            if fhir_id not in resources:
                raise Refusal(404, Issue("not-found", self._no_such(kind, fhir_id, resources)))
            body = self._read[kind, fhir_id] = orjson.dumps(resources[fhir_id])
        return body

    def found(self, kind: str) -> bytes:
        """The searchset for the parameters of this request. Raises :class:`Refusal` with 404 or 400."""
        resources = self._of(kind)
        asked = _parameters()
        found = [resource for resource in resources.values() if _matches(resource, asked)]
        bundle: Resource = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "link": [{"relation": "self", "url": self._self_link(kind)}],
        }
        if found:
            bundle["entry"] = [self._published.entry(resource) | {"search": {"mode": "match"}} for resource in found]
        return orjson.dumps(bundle)

    def _of(self, kind: str) -> Mapping[str, Resource]:
        if kind not in KINDS:
            raise Refusal(404, Issue("not-supported", unknown_name("resource type here", kind, KINDS)))
        return self._published.of_kind(kind)

    def _no_such(self, kind: str, fhir_id: str, resources: Mapping[str, Resource]) -> str:
        name = name_like(fhir_id)
        close = nearest(name, resources) if name is not None else None
        said = f"There is no {kind} {name!r}." if name is not None else f"There is no such {kind}."
        hint = f" Did you mean {close!r}?" if close is not None else ""
        return f"{said}{hint} All of them: {self._publication.base}/{kind}"

    def _self_link(self, kind: str) -> str:
        query = request.query_string.decode("ascii", "replace")
        return f"{self._publication.base}/{kind}" + (f"?{query}" if query else "")


def _parameters() -> list[tuple[str, list[str]]]:
    """The search parameters of the request, each with the values of which one must fit.

    Raises :class:`Refusal` with 400 for every parameter that is not known or says nothing: leaving one out would
    answer another question than was asked.
    """
    asked, issues = [], []
    for name, value in request.args.items(multi=True):
        if name == "_format":
            continue
        if name not in SEARCH_PARAMETERS:
            issues.append(Issue("not-supported", unknown_name("search parameter", name, SEARCH_PARAMETERS), name))
        elif not value:
            issues.append(Issue("value", f"The search parameter {name} has no value.", name))
        else:
            asked.append((name, value.split(",")))
    if issues:
        raise Refusal(400, *issues)
    return asked


def _matches(resource: Resource, asked: list[tuple[str, list[str]]]) -> bool:
    return all(resource[name.removeprefix("_")] in values for name, values in asked)


def _check_format() -> None:
    """Raise :class:`Refusal` with 406 when the client takes no JSON of R4."""
    wanted = request.args.get("_format")
    if wanted is not None:
        fits = _fits(wanted, FORMATS)
    else:
        accepted = request.accept_mimetypes
        fits = not accepted or any(_fits(value, _ACCEPTED) for value, quality in accepted if quality > 0)
    if not fits:
        raise Refusal(406, Issue("not-supported", f"Only FHIR R4 (4.0.1) as JSON is offered: {', '.join(FORMATS)}."))


def _fits(value: str, allowed: tuple[str, ...]) -> bool:
    # A plus sign that was not escaped in a query arrives as a blank.
    kind, options = parse_options_header(value.replace(" json", "+json"))
    return kind.lower() in allowed and options.get("fhirversion", "") in _VERSIONS


def _answered(body: bytes) -> Response:
    """The body with an ETag, or 304 when the client has it already."""
    response = Response(body, mimetype=FHIR_JSON, headers={"Cache-Control": "no-cache"})
    response.add_etag()
    response.vary.add("Accept")
    response.make_conditional(request)
    return response
