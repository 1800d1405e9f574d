"""The public keys of an issuer: from a file, or from its key set address with a cache that follows its rotation.

A key is found by its ``kid`` (S-20). An unknown one makes the set be got again, at most once in :data:`AGAIN_SECONDS`,
so that made-up ids cannot turn this service against the issuer's. While the address cannot be reached, the keys got
last go on being used, for at most :data:`STALE_SECONDS`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import jwt
import orjson

FRESH_SECONDS: Final = 15 * 60
AGAIN_SECONDS: Final = 30
STALE_SECONDS: Final = 24 * 3600
MOST_KEYS: Final = 100

Fetch = Callable[[str], bytes]
"""Gets what stands at an address that configuration names. Raises :class:`KeysUnreachable`."""


class KeysUnreachable(Exception):
    """The key set cannot be had; the message is a word for the log."""


class Keys(Protocol):
    """Where the keys of an issuer are looked up."""

    def find(self, kid: str) -> Mapping[str, Any] | None:
        """The key with this id as a JWK, or None. Raises :class:`KeysUnreachable` when no key set can be had."""


def read_key_set(content: bytes) -> dict[str, Mapping[str, Any]]:
    """The usable public keys of a JWK Set by their ids (S-18).

    Left out: keys without an id, symmetric ones (S-16), those for encryption, those that cannot be read. An id that
    stands there twice is ambiguous and left out as well. Raises :class:`KeysUnreachable` for anything but a key set.
    """
    try:
        decoded = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise KeysUnreachable("not-json") from None
    listed = decoded.get("keys") if isinstance(decoded, dict) else None
    if not isinstance(listed, list):
        raise KeysUnreachable("no-key-set")
    found: dict[str, Mapping[str, Any]] = {}
    twice = set()
    for key in listed[:MOST_KEYS]:
        kid = key.get("kid") if isinstance(key, dict) else None
        if not isinstance(kid, str) or not _usable(key):
            continue
        if kid in found:
            twice.add(kid)
        found[kid] = key
    return {kid: key for kid, key in found.items() if kid not in twice}


def _usable(key: Mapping[str, Any]) -> bool:
    if key.get("kty") not in ("EC", "RSA") or key.get("use", "sig") != "sig" or "d" in key:
        return False
    try:
        jwt.PyJWK(dict(key))
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return False
    return True


class FileKeys:
    """A key set that was handed over by hand. Read once; raises :class:`KeysUnreachable` or OSError at the start."""

    def __init__(self, file: Path) -> None:
        self._keys = read_key_set(file.read_bytes())
        if not self._keys:
            raise KeysUnreachable("no-usable-key")

    def find(self, kid: str) -> Mapping[str, Any] | None:
        return self._keys.get(kid)


@dataclass(frozen=True, slots=True)
class _Got:
    keys: Mapping[str, Mapping[str, Any]]
    at: float


class AddressKeys:
    """The key set at ``address``. Safe with threads; one of them gets it, the others go on with what is there."""

    def __init__(self, address: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = address
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._got: _Got | None = None
        self._asked = -float(STALE_SECONDS)
        self._trouble = "not-asked"

    def find(self, kid: str) -> Mapping[str, Any] | None:
        now = self._clock()
        got = self._got
        if got is not None and now - got.at < FRESH_SECONDS and kid in got.keys:
            return got.keys[kid]
        with self._lock:
            if self._clock() - self._asked >= AGAIN_SECONDS:
                self._ask()
            got = self._got
        if got is None or self._clock() - got.at > STALE_SECONDS:
            raise KeysUnreachable(self._trouble)
        return got.keys.get(kid)

    def _ask(self) -> None:
        self._asked = self._clock()
        try:
            self._got = _Got(read_key_set(self._fetch(self._address)), self._clock())
        except KeysUnreachable as wrong:
            self._trouble = str(wrong)
