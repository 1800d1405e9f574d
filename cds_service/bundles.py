"""What a value says that should hold resources: Bundles as real systems send them, single resources, outcomes.

Used for prefetch values, for the answers of a FHIR server and for the Bundles of a hook's context. Nothing here
raises on any JSON. Source: cds-hooks rows P-21 to P-29.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cds_service.gathered import Entry
from cds_service.reading.accessors import a_string, an_object, codings, objects, status_word
from rules.chart import KINDS, Availability

OUTCOME: Final = "OperationOutcome"
DEEPEST: Final = 4
"""Bundles in Bundles and wrappers around values are opened so many times."""

_HARMLESS_SEVERITIES = frozenset({"information", "warning", "success"})
_NOT_FOUND = frozenset({"not-found", "4101"})
"""Epic tells an empty search by an OperationOutcome entry with code 4101."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one value holds.

    ``availability`` says how the value answers the question for a kind: complete, incomplete (pages or parts are
    not there), failed (the asked system could not answer), missing (it is no answer to that question at all).
    ``troubled``: something is not there that further pages would not bring: an OperationOutcome among the entries says
    so, or a Bundle inside goes on elsewhere. ``next_page`` is the address of the page that follows (empty: there is
    one, without address), ``self_link`` what the server says it searched for, ``total`` the number of its matches.
    """

    availability: Availability
    entries: tuple[Entry, ...] = ()
    troubled: bool = False
    next_page: str | None = None
    self_link: str | None = None
    total: int | None = None


def read_listing(value: object, kind: str | None, origin: str) -> Listing:
    """Read ``value``, the answer to a question for resources of ``kind`` (None: nobody asked for it)."""
    value, failed = _unwrapped(value)
    if failed:
        return Listing(Availability.FAILED)
    if value is None:
        return Listing(Availability.COMPLETE)
    if isinstance(value, list):
        return _list(value, kind, origin)
    if not isinstance(value, dict):
        return Listing(Availability.MISSING)
    given = value.get("resourceType")
    if given == OUTCOME:
        return Listing(Availability.FAILED)
    if given == "Bundle" or (given is None and "entry" in value):
        return _bundle(value, kind, origin)
    if not isinstance(given, str):
        return Listing(Availability.MISSING)
    fits = Availability.COMPLETE if given == kind else Availability.MISSING
    return Listing(fits, (Entry(value, origin, expected=kind),))


def _unwrapped(value: object) -> tuple[object, bool]:
    """The value out of the wrapper ``{response, resource}`` of the time before 1.0; True when that tells a failure."""
    for _ in range(DEEPEST):
        if not isinstance(value, dict) or "resource" not in value or isinstance(value.get("resourceType"), str):
            break
        status = an_object(value.get("response")).get("status")
        if str(status).strip()[:1] in ("4", "5"):
            return None, True
        value = value["resource"]
    return value, False


def _list(value: list[Any], kind: str | None, origin: str) -> Listing:
    """A list where a Bundle belongs: its resources count; without one of the kind it is no answer."""
    opened = _Opened(kind, origin)
    opened.take_all(value, 0)
    had = opened.availability() if opened.fits() else Availability.MISSING
    return Listing(had, tuple(opened.entries), opened.troubled)


def _bundle(bundle: dict[str, Any], kind: str | None, origin: str) -> Listing:
    if not isinstance(bundle.get("entry"), list | dict | None):
        return Listing(Availability.MISSING)
    opened = _Opened(kind, origin)
    opened.open(bundle, 0)
    total = bundle.get("total")
    return Listing(
        opened.availability(),
        tuple(opened.entries),
        opened.troubled,
        _link(bundle, "next"),
        _link(bundle, "self"),
        total if isinstance(total, int) and not isinstance(total, bool) else None,
    )


def _link(bundle: dict[str, Any], relation: str) -> str | None:
    """The address of a Bundle's link; empty for a link without one, None when there is no such link."""
    for link in objects(bundle.get("link")):
        if link.get("relation") == relation:
            return a_string(link.get("url")) or ""
    return None


class _Opened:
    """The entries of a Bundle and of the Bundles inside it."""

    def __init__(self, kind: str | None, origin: str) -> None:
        self._kind = kind
        self._origin = origin
        self._fits = False
        self._strange = False
        self._partial = False
        self.troubled = False
        self.entries: list[Entry] = []

    def open(self, bundle: dict[str, Any], depth: int) -> None:
        """Take the entries of one Bundle; one object may stand in place of the list."""
        if depth == 0:
            self._partial = _link(bundle, "next") is not None
        elif depth > DEEPEST or _link(bundle, "next") is not None:
            self.troubled = True
        listed = bundle.get("entry")
        if isinstance(listed, dict):
            listed = [listed]
        if listed is not None and depth <= DEEPEST:
            self.take_all(listed if isinstance(listed, list) else [None], depth)

    def take_all(self, listed: list[Any], depth: int) -> None:
        """Take the members of a list: Bundle entries, or resources without an entry around them."""
        for entry in listed:
            self._take(entry, depth)

    def _take(self, entry: object, depth: int) -> None:
        if isinstance(entry, dict):
            resource = entry.get("resource")
            if isinstance(resource, dict) and self._kind is not None and resource.get("resourceType") == self._kind:
                # As nearly all are: an entry with a resource of the kind that was asked for.
                self._fits = True
                self.entries.append(Entry(resource, self._origin, a_string(entry.get("fullUrl")), self._kind))
                return
        self._take_other(entry, depth)

    def _take_other(self, entry: object, depth: int) -> None:
        full_url, mode, resource = None, None, entry
        if isinstance(entry, dict) and ("resource" in entry or not isinstance(entry.get("resourceType"), str)):
            full_url = a_string(entry.get("fullUrl"))
            mode = an_object(entry.get("search")).get("mode")
            resource = entry.get("resource")
        given = resource_type(resource)
        if given == OUTCOME and isinstance(resource, dict):
            self.troubled = self.troubled or tells_failure(resource)
        elif given == "Bundle" and isinstance(resource, dict):
            self.open(resource, depth + 1)
        else:
            self._fits = self._fits or given == self._kind
            self._strange = self._strange or (given in KINDS and given != self._kind and mode != "include")
            self.entries.append(Entry(resource, self._origin, full_url, self._kind))

    def fits(self) -> bool:
        """True when there is a resource of the kind."""
        return self._fits

    def availability(self) -> Availability:
        """How a Bundle with these entries answers the question for the kind.

        Entries of other kinds alone, not sent along by ``_include``, are the answer to another question: prefetch is
        typed in by hand, and a swapped key must not close a list.
        """
        if self.troubled:
            return Availability.INCOMPLETE if self.entries else Availability.FAILED
        if self._strange and not self.fits():
            return Availability.MISSING
        return Availability.INCOMPLETE if self._partial else Availability.COMPLETE


def tells_failure(outcome: dict[str, Any]) -> bool:
    """True when an OperationOutcome among other entries says that something is not there (P-24).

    Information and warnings do not, nor does "nothing found".
    """
    issues = objects(outcome.get("issue"))
    return not issues or any(_severe(issue) for issue in issues)


def _severe(issue: dict[str, Any]) -> bool:
    if status_word(issue.get("severity")) in _HARMLESS_SEVERITIES:
        return False
    return _NOT_FOUND.isdisjoint(_issue_codes(issue))


def _issue_codes(issue: dict[str, Any]) -> Iterator[str]:
    code = status_word(issue.get("code"))
    if code is not None:
        yield code
    for coding in codings(issue.get("details")):
        if (detail := a_string(coding.get("code"))) is not None:
            yield detail


def resource_type(resource: object) -> str | None:
    """The ``resourceType`` of a resource, or None for anything that has none."""
    given = resource.get("resourceType") if isinstance(resource, dict) else None
    return given if isinstance(given, str) else None
