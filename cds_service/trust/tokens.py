"""Check the token by which an EHR proves itself: a JWT in the Authorization header of every call (S-01 to S-20).

In the order of the standard's best practice: issuer, audience, time, tenant, signature, and last that the token was not
seen before. Whatever is wrong, the caller learns nothing but 401; the reason is a word for the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import jwt
from jwt.types import Options

from cds_service.trust.issuers import Issuer
from cds_service.trust.keys import Keys, KeysUnreachable

LONGEST: Final = 8192
"""Characters of a token. Real ones have about a thousand; what is longer is not looked into."""
LEEWAY: Final = 60
"""Seconds by which two clocks may differ."""
LONGEST_NAME: Final = 1000
"""Characters of an id inside a token: of a key, of the token itself, of a tenant."""

# The claims are checked here, with the clock of the call; the library checks the signature.
_UNCHECKED: Final[Options] = {
    "verify_signature": False,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_SIGNATURE_ONLY: Final[Options] = {**_UNCHECKED, "verify_signature": True, "enforce_minimum_key_length": True}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the issuer of the token as configuration names it, and the organisation it calls for."""

    issuer: Issuer
    tenant: str | None = None


class Untrusted(Exception):
    """The caller could not prove itself. ``reason`` is one word, for the log and the operator, never for the caller."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TokenCheck:
    """Checks tokens against the trusted ``issuers``.

    ``keys_of`` gives the place of the keys for an issuer and the ``jku`` of a token (None when the token has none), and
    None when that address is not one that configuration permits. ``spend`` marks a token (issuer, its id, the moment
    until which it has to be remembered, in seconds since the epoch) as used and is False when it was before.
    ``public_url`` is the address under which EHRs reach this service.
    """

    def __init__(
        self,
        issuers: Iterable[Issuer],
        keys_of: Callable[[Issuer, str | None], Keys | None],
        spend: Callable[[str, str, int], bool],
        public_url: str,
    ) -> None:
        self._issuers = {issuer.iss: issuer for issuer in issuers}
        self._keys_of = keys_of
        self._spend = spend
        self._public_url = public_url.rstrip("/")

    def caller(self, authorization: str | None, path: str, now: datetime) -> Caller:
        """Who sent a call to ``path`` (below the public address) at ``now`` with this Authorization header.

        Raises :class:`Untrusted`.
        """
        token = _bearer(authorization)
        header, claims = _unchecked(token)
        issuer = self._issuers.get(_text(claims.get("iss")) or "")
        if issuer is None:
            raise Untrusted("unknown-issuer")
        _check_header(header, issuer)
        if not _meant_for(claims.get("aud"), path.rstrip("/"), self._public_url, issuer.audiences):
            raise Untrusted("other-audience")
        until = _check_times(claims, issuer.life, now.timestamp())
        tenant = _text(claims.get("tenant"))
        if issuer.tenants and tenant not in issuer.tenants:
            raise Untrusted("unknown-tenant")
        token_id = _text(claims.get("jti"))
        if token_id is None:
            raise Untrusted("no-token-id")
        self._check_signature(token, header, issuer)
        if not self._spend(issuer.iss, token_id, until):
            raise Untrusted("seen-before")
        return Caller(issuer, tenant)

    def _check_signature(self, token: str, header: Mapping[str, Any], issuer: Issuer) -> None:
        kid = _text(header.get("kid"))
        if kid is None:
            raise Untrusted("no-key-id")
        keys = self._keys_of(issuer, _text(header.get("jku")))
        if keys is None:
            raise Untrusted("key-address-not-permitted")
        try:
            key = keys.find(kid)
        except KeysUnreachable:
            raise Untrusted("keys-unreachable") from None
        if key is None:
            raise Untrusted("unknown-key")
        if key.get("alg", header["alg"]) != header["alg"]:
            raise Untrusted("other-algorithm-than-key")
        try:
            jwk = jwt.PyJWK(dict(key), algorithm=header["alg"])
            jwt.decode_complete(token, jwk, algorithms=[header["alg"]], options=_SIGNATURE_ONLY)
        except (jwt.PyJWTError, ValueError, TypeError):
            raise Untrusted("bad-signature") from None


def _bearer(authorization: str | None) -> str:
    if authorization is None:
        raise Untrusted("no-token")
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Untrusted("no-bearer-token")
    if len(token) > LONGEST:
        raise Untrusted("token-too-long")
    return token


def _unchecked(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the token says of itself, to find out whose keys it has to be checked with; nothing of it is believed."""
    try:
        found = jwt.decode_complete(token, options=_UNCHECKED)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise Untrusted("not-a-token") from None
    return found["header"], found["payload"]


def _check_header(header: Mapping[str, Any], issuer: Issuer) -> None:
    if header.get("alg") not in issuer.algorithms:
        raise Untrusted("algorithm-not-permitted")
    if header.get("typ") != "JWT":
        raise Untrusted("no-jwt-type")


def _meant_for(audience: object, path: str, public_url: str, aliases: Iterable[str]) -> bool:
    """True when the token names this endpoint (S-09), or an alias of it that somebody typed in by hand and we allow."""
    wanted = {f"{public_url}{path}"}
    for alias in aliases:
        wanted |= {alias, f"{alias}{path}"}
    named = audience if isinstance(audience, list) else [audience]
    return any(isinstance(name, str) and name.rstrip("/") in wanted for name in named)


def _check_times(claims: Mapping[str, Any], life: int, now: float) -> int:
    """The moment until which the token has to be remembered, in seconds since the epoch."""
    expires, issued = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    if expires is None or issued is None:
        raise Untrusted("no-times")
    if expires + LEEWAY <= now:
        raise Untrusted("expired")
    if issued - LEEWAY > now:
        raise Untrusted("issued-in-the-future")
    begins = claims.get("nbf", issued)
    if _seconds(begins) is None or float(begins) - LEEWAY > now:
        raise Untrusted("not-valid-yet")
    if expires - issued > life or expires - now > life + LEEWAY:
        raise Untrusted("life-too-long")
    return int(expires) + LEEWAY + 1


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e11 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_NAME else None
