"""Get a key set from its address: briefly, a bounded piece, without redirects and without credentials."""

from __future__ import annotations

import time
from typing import Final

import requests
import urllib3

from cds_service.outgoing import session, trusted
from cds_service.reach import Reach
from cds_service.trust.keys import KeysUnreachable

SECONDS: Final = 3.0
"""For the whole answer; a call waits for it when its key is new."""
MOST_BYTES: Final = 256 * 1024
_CHUNK: Final = 16 * 1024


class KeySetFetcher:
    """Gets key sets within ``reach``; the file of trusted issuers says where from."""

    def __init__(self, reach: Reach, seconds: float = SECONDS) -> None:
        self._reach = reach
        self._seconds = seconds
        self._context = trusted()

    def __call__(self, address: str) -> bytes:
        """What stands at ``address``. Raises :class:`KeysUnreachable`."""
        deadline = time.monotonic() + self._seconds
        try:
            with (
                session(self._context, self._reach) as connection,
                connection.get(address, timeout=self._seconds, stream=True, allow_redirects=False) as response,
            ):
                if response.status_code != 200:
                    raise KeysUnreachable("redirect" if response.is_redirect else "other-status")
                body = bytearray()
                while piece := response.raw.read1(_CHUNK, decode_content=True):
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise KeysUnreachable("too-large")
                    if time.monotonic() > deadline:
                        raise KeysUnreachable("timeout")
                return bytes(body)
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise KeysUnreachable("timeout") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            raise KeysUnreachable("connection") from None
