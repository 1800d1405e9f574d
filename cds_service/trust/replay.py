"""Each token is good once (S-12): used ones are remembered, in the store that all workers and replicas share.

While the store is out of reach, each worker goes on by what it has seen itself, and the log says so: a call about a
patient is answered, and a stolen token can at most be used once in each of the other workers until the store is back.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from cds_service.store.engine import Store
from cds_service.store.tables import SPENT_TOKENS

TIDY_SECONDS: Final = 300
MOST: Final = 200_000
"""Tokens that one worker remembers by itself; the oldest go first."""

_log = logging.getLogger(__name__)


class SpentTokens:
    """The tokens that were used. ``clock`` gives seconds since the epoch. Safe with threads."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._own: dict[str, int] = {}
        self._tidied = clock()

    def spend(self, issuer: str, token_id: str, until: int) -> bool:
        """Mark a token as used; False when it was before. ``until``: how long it must be remembered."""
        digest = hashlib.sha256(f"{len(issuer)} {issuer} {token_id}".encode(errors="surrogatepass")).hexdigest()
        with self._lock:
            if digest in self._own:
                return False
            while len(self._own) >= MOST:
                del self._own[next(iter(self._own))]
            self._own[digest] = until
            tidy = self._clock() - self._tidied >= TIDY_SECONDS
            if tidy:
                self._tidied = self._clock()
                self._own = {known: end for known, end in self._own.items() if end > self._clock()}
        try:
            with self._store.engine.begin() as connection:
                connection.execute(insert(SPENT_TOKENS).values(digest=digest, until=until))
                if tidy:
                    connection.execute(delete(SPENT_TOKENS).where(SPENT_TOKENS.c.until < int(self._clock())))
        except IntegrityError:
            return False
        except SQLAlchemyError:
            _log.warning("replay-store-away")
        return True
