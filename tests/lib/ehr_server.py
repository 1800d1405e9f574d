"""A small FHIR server on a real socket: reads, searches by patient, pages, and a token that it really demands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Json = Any
Answer = Callable[[Request], Response]


def fhir(body: Json, status: int = 200, **headers: str) -> Response:
    """A FHIR answer."""
    return Response(json.dumps(body), status, headers, content_type="application/fhir+json")


def searchset(*resources: Json, next_page: str | None = None, **more: Json) -> Json:
    """A searchset Bundle."""
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources], **more}
    if next_page is not None:
        bundle["link"] = [*bundle.get("link", []), {"relation": "next", "url": next_page}]
    return bundle


def outcome(severity: str, code: str) -> Json:
    """An OperationOutcome with one issue."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


@dataclass
class EhrServer:
    """The server of one test.

    ``resources`` are what it has; ``token`` what it demands; ``page_size`` how much stands on a page. ``answers``
    replaces what it says about a kind. ``asked`` has every request that arrived.
    """

    server: HTTPServer
    resources: list[Json] = field(default_factory=list)
    token: str | None = None
    page_size: int = 1000
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.clear()
        self.server.expect_request(re.compile("/.*")).respond_with_handler(self.answer)

    @property
    def base(self) -> str:
        return self.server.url_for("/fhir")

    def asked_for(self, kind: str) -> list[Request]:
        """The requests about one kind."""
        return [request for request in self.asked if kind_of(request) == kind]

    def answer(self, request: Request) -> Response:
        self.asked.append(request)
        if self.token is not None and request.headers.get("Authorization") != f"Bearer {self.token}":
            return fhir(outcome("error", "login"), 401)
        kind = kind_of(request)
        if kind in self.answers:
            return self.answers[kind](request)
        identifier = request.path.removeprefix("/fhir/").partition("/")[2]
        if identifier:
            return self._read(kind, identifier)
        return self._search(kind, request)

    def _read(self, kind: str, identifier: str) -> Response:
        for resource in self.resources:
            if resource["resourceType"] == kind and resource["id"] == identifier:
                return fhir(resource)
        return fhir(outcome("error", "not-found"), 404)

    def _search(self, kind: str, request: Request) -> Response:
        codes = set(filter(None, request.args.get("code", "").split(",")))
        found = [one for one in self.resources if one["resourceType"] == kind and _matches(one, codes)]
        start = int(request.args.get("_offset", 0))
        page = found[start : start + self.page_size]
        links = [{"relation": "self", "url": request.url}]
        if start + self.page_size < len(found):
            further = re.sub(r"&_offset=\d+", "", request.url)
            links.append({"relation": "next", "url": f"{further}&_offset={start + self.page_size}"})
        return fhir(searchset(*page, link=links, total=len(found)))


def kind_of(request: Request) -> str:
    """The resource type that a request asks for."""
    return request.path.removeprefix("/fhir/").partition("/")[0]


def _matches(resource: Mapping[str, Json], codes: set[str]) -> bool:
    codings = resource.get("code", {}).get("coding", [])
    return not codes or any(coding.get("code") in codes for coding in codings)


@contextmanager
def http_server() -> Iterator[HTTPServer]:
    """A server that answers several requests at a time, on a free port of this machine."""
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        yield server
