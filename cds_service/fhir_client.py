"""Ask the EHR's FHIR server for what a request lacks: in parallel, page by page, under one deadline for the call.

Only servers that configuration names are asked, over https (or loopback), without redirects, and only inside their
base address. The access token of a call goes into the Authorization header of that call's requests and nowhere else.
What does not come in time, whole and readable is said to be failed or incomplete, never to be empty.
Source: cds-hooks rows F-01 to F-13, P-25.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final
from urllib.parse import urlsplit

from cds_service.cooling import Cooling
from cds_service.fhir_reading import Fetched, Question, Reading, place
from cds_service.fhir_servers import FhirServer, reach_of
from cds_service.hook_request import FhirAccess
from cds_service.outgoing import session, trusted
from cds_service.scopes import Cover, cover
from rules.chart import Availability

CONNECTIONS: Final = 32
"""Requests under way at a time in one process."""


class FhirClient:
    """Reads from the FHIR servers ``servers`` and from no other.

    ``budget_seconds``: the time for all questions of one call. ``without_token``: ask also when a call brings no
    token (open test servers). Safe with threads.
    """

    def __init__(
        self,
        servers: Iterable[FhirServer],
        *,
        budget_seconds: float = 1.2,
        without_token: bool = False,
    ) -> None:
        known = tuple(servers)
        self._bases = {place(urlsplit(server.base)): server.base for server in known}
        self._reach = reach_of(known)
        self._budget = budget_seconds
        self._without_token = without_token
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fhir")
        self._local = threading.local()
        self._context = trusted()
        self._cooling = Cooling()

    def obstacle(self, server: str | None, access: FhirAccess | None) -> str | None:
        """Why ``server`` cannot be asked for a call, as the end of a sentence; None when it can."""
        if server is None:
            return "the request names no FHIR server"
        if self._base(server) is None:
            return "the FHIR server of the request is not one that this service may ask"
        if access is None and not self._without_token:
            return "the request grants no access token for its FHIR server"
        return None

    def fetch(
        self, server: str, access: FhirAccess | None, questions: Sequence[Question], patient_id: str
    ) -> Mapping[str, Fetched]:
        """Ask ``server`` all ``questions`` about the patient; one answer per kind, whatever happens.

        Call it only when there is no :meth:`obstacle`. Returns by the deadline.
        """
        base = self._base(server)
        if base is None:
            raise ValueError("a FHIR server that configuration does not name")
        if self._cooling.rests(base):
            return {question.kind: Fetched(Availability.FAILED, reason="server-resting") for question in questions}
        deadline = time.monotonic() + self._budget
        scope = access.scope if access is not None else None
        readings = []
        for question in questions:
            reach = cover(scope, question.kind)
            if reach is not Cover.NONE:
                readings.append(Reading(question, base, access, patient_id, deadline, reach))
        futures = [self._pool.submit(self._read, reading) for reading in readings]
        done, late = wait(futures, max(deadline - time.monotonic(), 0))
        for future in late:
            future.cancel()
        for future in done:
            future.result()
        answers = {question.kind: Fetched(Availability.FAILED, reason="scope") for question in questions}
        given = {reading.question.kind: reading.answer() for reading in readings}
        if given:
            self._cooling.learn(base, given.values())
        return answers | given

    def _base(self, server: str) -> str | None:
        try:
            return self._bases.get(place(urlsplit(server)))
        except ValueError:
            return None

    def _read(self, reading: Reading) -> None:
        own = getattr(self._local, "session", None)
        if own is None:
            own = self._local.session = session(self._context, self._reach)
        reading.run(own)
