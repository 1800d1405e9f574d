"""Stand at the door of the CDS Hooks routes: discovery, calls and feedback need a token that is right (S-01).

A caller that cannot prove itself gets a 401 that is always the same; why, is for the log and the operator alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from flask import Flask, request

from cds_service.access import request_id
from cds_service.errors import Issue, Refusal
from cds_service.trust.fetch import KeySetFetcher
from cds_service.trust.issuers import Issuer, key_reach
from cds_service.trust.keys import AddressKeys, Fetch, FileKeys, Keys
from cds_service.trust.tokens import TokenCheck, Untrusted

PROTECTED: Final = "/cds-services"

_log = logging.getLogger(__name__)


class KeyRing:
    """The keys of all issuers, each from the one place that configuration names."""

    def __init__(self, issuers: Iterable[Issuer], fetch: Fetch) -> None:
        self._by_issuer: dict[str, Mapping[str | None, Keys]] = {}
        shared: dict[str, AddressKeys] = {}

        def at(address: str) -> AddressKeys:
            return shared.setdefault(address, AddressKeys(address, fetch))

        for issuer in issuers:
            if issuer.keys_file is not None:
                self._by_issuer[issuer.iss] = {None: FileKeys(issuer.keys_file)}
            elif issuer.keys is not None:
                self._by_issuer[issuer.iss] = {None: at(issuer.keys)}
            else:
                self._by_issuer[issuer.iss] = {address: at(address) for address in issuer.jku}

    def of(self, issuer: Issuer, jku: str | None) -> Keys | None:
        """The keys for a token of ``issuer`` that names the key set address ``jku``, or None when it may not.

        An issuer whose keys we know from elsewhere may name any address: it is not looked at, never asked.
        """
        places = self._by_issuer[issuer.iss]
        return places.get(None) or places.get(jku)


def guard(
    app: Flask,
    issuers: Iterable[Issuer],
    spend: Callable[[str, str, int], bool],
    public_url: str,
    now: Callable[[], datetime],
    fetch: Fetch | None = None,
) -> None:
    """Let nobody but ``issuers`` reach the CDS Hooks routes of ``app``.

    Raises OSError or :class:`~cds_service.trust.keys.KeysUnreachable` when a key file cannot be used.
    """
    known = tuple(issuers)
    check = TokenCheck(known, KeyRing(known, fetch or KeySetFetcher(key_reach(known))).of, spend, public_url)

    @app.before_request
    def prove() -> None:
        # A browser's preflight (OPTIONS) has no token; it was answered before it comes here (cross_origin.py).
        if not is_protected(request.path):
            return
        try:
            check.caller(request.headers.get("Authorization"), request.path, now())
        except Untrusted as refusal:
            _log.warning("untrusted", extra={"request_id": request_id(), "reason": refusal.reason})
            raise Refusal(
                401, Issue("login", "The caller could not be authenticated."), headers={"WWW-Authenticate": "Bearer"}
            ) from None


def is_protected(path: str) -> bool:
    """True for discovery and everything below it."""
    return path == PROTECTED or path.startswith(f"{PROTECTED}/")
