"""One read or search at a FHIR server: sent, tried again where that is safe, its answer bounded in time and size.

Reads and searches change nothing, so they may be repeated: after a lost connection, and when the server says with 429
or 503 when to come back and that is before the deadline of the call. A long search goes by POST to ``_search``, which
FHIR holds equal to GET; servers that do not know it get the GET.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import requests
import urllib3

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of one response, after decompression."""
MOST_TRIES: Final = 3
LONG_ADDRESS: Final = 1900
"""Characters; servers and proxies commonly take 2,000 to 8,000 in an address."""
_PAUSE: Final = 0.05
_CHUNK: Final = 64 * 1024
_BUSY: Final = (429, 503)
_NO_POST: Final = (403, 404, 405, 415, 501)


class Stopped(Exception):
    """Reading ended before the end, for a reason in words."""


class Exchange:
    """The requests of one call to one server, over the connections of ``session``, until ``deadline`` (monotonic)."""

    def __init__(self, session: requests.Session, headers: dict[str, str], deadline: float) -> None:
        self._session = session
        self._headers = headers
        self._deadline = deadline

    def ask(self, address: str, *, search: bool = False) -> tuple[int, bytes]:
        """The status and, for 200, the body. ``search``: a first page, which may be asked for by POST.

        Raises :class:`Stopped` at the deadline, for an answer that is too large, and when the connection is lost again
        and again.
        """
        if search and len(address) > LONG_ADDRESS:
            status, body = self._persist(address, by_post=True)
            if status not in _NO_POST:
                return status, body
        return self._persist(address, by_post=False)

    def _persist(self, address: str, *, by_post: bool) -> tuple[int, bytes]:
        tries = MOST_TRIES
        while True:
            tries -= 1
            try:
                status, body, pause = self._once(address, by_post=by_post)
            except (requests.Timeout, urllib3.exceptions.TimeoutError):
                raise Stopped("timeout") from None
            except (requests.RequestException, urllib3.exceptions.HTTPError):
                if not tries or not self._in_time(_PAUSE):
                    raise Stopped("connection") from None
                pause = _PAUSE
            else:
                if pause is None or not tries or not self._in_time(pause):
                    return status, body
            time.sleep(pause)

    def _in_time(self, pause: float) -> bool:
        return time.monotonic() + pause < self._deadline

    def _once(self, address: str, *, by_post: bool) -> tuple[int, bytes, float | None]:
        """Status, body, and the seconds after which the server wants to be asked again."""
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise Stopped("timeout")
        with self._send(address, remaining, by_post=by_post) as response:
            if response.status_code != 200:
                busy = response.status_code in _BUSY
                return response.status_code, b"", _pause(response.headers.get("Retry-After")) if busy else None
            body = bytearray()
            # read1 returns what is there, so that a server that drips cannot hold the thread past the deadline.
            while piece := response.raw.read1(_CHUNK, decode_content=True):
                body += piece
                if len(body) > MOST_BYTES:
                    raise Stopped("too-large")
                if time.monotonic() > self._deadline:
                    raise Stopped("timeout")
            return 200, bytes(body), None

    def _send(self, address: str, timeout: float, *, by_post: bool) -> requests.Response:
        if not by_post:
            return self._session.get(
                address, headers=self._headers, timeout=timeout, stream=True, allow_redirects=False
            )
        place, _, query = address.partition("?")
        headers = self._headers | {"Content-Type": "application/x-www-form-urlencoded"}
        return self._session.post(
            f"{place}/_search", data=query, headers=headers, timeout=timeout, stream=True, allow_redirects=False
        )


def _pause(retry_after: str | None) -> float | None:
    """The seconds of a Retry-After header, which may be a number or a date; None when it says nothing usable."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    with suppress(ValueError):
        moment = parsedate_to_datetime(retry_after)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
    return None
