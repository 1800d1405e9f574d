"""One question to a FHIR server, read page by page until its end, its first failure or the deadline of the call.

Source: cds-hooks rows F-01 to F-13, P-25; what servers really answer: ehr-clients section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit

import orjson
import requests

from cds_service.bundles import read_listing, resource_type
from cds_service.fhir_exchange import Exchange, Stopped
from cds_service.gathered import Entry
from cds_service.hook_context import named
from cds_service.hook_request import FhirAccess
from cds_service.scopes import Cover
from rules.chart import Availability

MOST_PAGES: Final = 20
MOST_ENTRIES: Final = 10_000
_PAGE_SIZE: Final = 500
_ACCEPT: Final = "application/fhir+json, application/json;q=0.9"
_GONE: Final = (404, 410)


@dataclass(frozen=True, slots=True)
class Question:
    """One query for resources of ``kind``: an address relative to the server's base, or that of a further page."""

    kind: str
    address: str
    further: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a question brought; ``reason`` says in words, for the log, why it is not complete."""

    availability: Availability
    entries: tuple[Entry, ...] = ()
    reason: str | None = None


class Reading:
    """One question being answered. The pages read so far count even when the deadline cuts the rest off."""

    def __init__(
        self, question: Question, base: str, access: FhirAccess | None, patient_id: str, deadline: float, reach: Cover
    ) -> None:
        self.question = question
        self._base = base
        self._headers = {"Accept": _ACCEPT}
        if access is not None:
            self._headers["Authorization"] = f"Bearer {access.token}"
        self._patient_id = patient_id
        self._deadline = deadline
        self._stopped: str | None = "timeout"
        self._doubt = "scope-filter" if reach is Cover.PART else None
        self._pages = 0
        self._matches = 0
        self._entries: list[Entry] = []

    def answer(self) -> Fetched:
        """What has come by now."""
        if self._stopped is not None and not self._pages:
            return Fetched(Availability.FAILED, reason=self._stopped)
        why = self._stopped or self._doubt
        return Fetched(Availability.INCOMPLETE if why is not None else Availability.COMPLETE, tuple(self._entries), why)

    def run(self, session: requests.Session) -> None:
        """Read until the last page, the first failure or the deadline."""
        address: str | None = urljoin(f"{self._base}/", self.question.address)
        if "?" in self.question.address and not self.question.further:
            address = f"{address}&_count={_PAGE_SIZE}"
        exchange = Exchange(session, self._headers, self._deadline)
        try:
            while address is not None:
                address = self._page(exchange, address)
            self._stopped = None
        except Stopped as stopped:
            self._stopped = str(stopped)

    def _page(self, exchange: Exchange, address: str) -> str | None:
        """Read one page; the address of the next one, or None after the last."""
        if not inside(address, self._base):
            raise Stopped("address-outside-server")
        if self._pages == MOST_PAGES or len(self._entries) > MOST_ENTRIES:
            raise Stopped("too-many")
        body = self._get(exchange, address)
        if body is None:
            return None
        try:
            resource: object = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise Stopped("not-json") from None
        if self.question.kind == "Patient":
            self._patient(resource)
            return None
        return self._bundle(resource, address)

    def _get(self, exchange: Exchange, address: str) -> bytes | None:
        """The body of a 200; None when what was to be read does not exist."""
        first = self._pages == 0 and not self.question.further and "?" in address
        status, body = exchange.ask(address, search=first)
        if status in _GONE and self.question.kind == "Patient":
            return None
        if status != 200:
            raise Stopped(_said(status))
        return body

    def _patient(self, resource: object) -> None:
        if resource_type(resource) != "Patient" or named(resource) != f"Patient/{self._patient_id}":
            raise Stopped("not-the-patient")
        self._entries.append(Entry(resource, "fhirServer", None, "Patient"))
        self._pages += 1

    def _bundle(self, resource: object, address: str) -> str | None:
        kind = self.question.kind
        if resource_type(resource) != "Bundle":
            raise Stopped("not-a-bundle")
        listing = read_listing(resource, kind, "fhirServer")
        if listing.availability in (Availability.FAILED, Availability.MISSING):
            raise Stopped("no-answer")
        self._entries += listing.entries
        self._matches += sum(resource_type(entry.resource) in (kind, None) for entry in listing.entries)
        self._pages += 1
        if listing.troubled:
            self._doubt = "partly-failed"
        if self._pages == 1 and not self.question.further and not _asks_for(listing.self_link, self._patient_id):
            self._doubt = "search-not-by-patient"
        if listing.next_page:
            return urljoin(address, listing.next_page)
        if listing.availability is Availability.INCOMPLETE and not listing.troubled:
            self._doubt = "page-without-address"
        if listing.total is not None and listing.total > self._matches and not self.question.further:
            self._doubt = "fewer-than-total"
        return None


def _said(status: int) -> str:
    if status in (401, 403):
        return "not-allowed"
    if status in (429, 503):
        return "server-busy"
    return {3: "redirect", 4: "client-error", 5: "server-error"}.get(status // 100, "other-status")


def _asks_for(self_link: str | None, patient_id: str) -> bool:
    """False when the server says that it searched for something else than our patient: it ignored the parameter."""
    if self_link is None:
        return True
    try:
        asked = parse_qsl(urlsplit(self_link).query)
    except ValueError:
        return False
    return any(
        name.partition(":")[0].partition(".")[0] in ("patient", "subject") and value.rpartition("/")[2] == patient_id
        for name, value in asked
    )


Place = tuple[str, str, int, str]
"""Scheme, host, port and path of an address, without a slash at the end."""


def place(address: SplitResult) -> Place:
    """Where ``address`` points, the same for two spellings of one address. Raises ValueError for an odd port."""
    port = address.port or (443 if address.scheme == "https" else 80)
    return address.scheme, (address.hostname or "").rstrip("."), port, address.path.rstrip("/")


def inside(address: str, base: str) -> bool:
    """True when ``address`` is at the server ``base``, at its path or below it."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts, allowed = urlsplit(address), urlsplit(base)
        here, there = place(parts), place(allowed)
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or here[:3] != there[:3]:
        return False
    path = unquote(here[3])
    steps = path.split("/")
    if "\\" in address or "\\" in path or "." in steps or ".." in steps:
        return False
    return path == there[3] or path.startswith(f"{there[3]}/")
