"""One call from its request to its answer: gather, read the chart, evaluate, decide what is shown, write the cards.

``cards: []`` comes from here only when every rule of the hook was evaluated, or the patient is deceased. Source: design
of one request; knowledge 2.10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cards.build import CardWriter
from cards.models import CallContext, HookResponse
from cds_service.chart_reader import read_chart
from cds_service.errors import Issue, Refusal, unknown_name
from cds_service.fhir_client import FhirClient
from cds_service.fhir_reading import Fetched, Question
from cds_service.gathered import Entry, Gathered
from cds_service.hook_context import OrderDispatchContext, named
from cds_service.hook_request import HookRequest, read_hook_request
from cds_service.offers import PREFIX, Offer, offers
from cds_service.prefetch import Sorted, sort_prefetch
from rules.chart import Availability, Chart
from rules.engine import REQUIRED, RuleResult, evaluate, firing
from rules.ruleset import RuleSet
from rules.triage import Triage, triage

UNAVAILABLE = (Availability.MISSING, Availability.FAILED)


@dataclass(frozen=True)
class Answered:
    """The answer to a call, and how it came about.

    ``body`` is what goes over the wire, ``triage`` what is shown and withheld, ``fetched`` what the FHIR server was
    asked. ``unusable`` are kinds whose prefetch key held something else.
    """

    body: HookResponse
    triage: Triage
    chart: Chart
    ruleset: RuleSet
    hook: str
    now: datetime
    fetched: Mapping[str, Fetched] = field(default_factory=dict)
    unusable: frozenset[str] = frozenset()

    @cached_property
    def results(self) -> tuple[RuleResult, ...]:
        """Every rule of the hook with its trace, worked out when somebody asks: an EHR does not."""
        return evaluate(self.ruleset, self.chart, hook=self.hook, now=self.now)


class RequiredDataMissing(Refusal):
    """412: the Conditions were not to be had, and no red flag fires without them."""

    def __init__(self, issue: Issue, fetched: Mapping[str, Fetched], unusable: frozenset[str]) -> None:
        super().__init__(412, issue)
        self.fetched = fetched
        self.unusable = unusable


class HipSpineService:
    """All services of one knowledge base. ``fhir_client`` None: nothing is ever fetched. Safe with threads."""

    def __init__(
        self, ruleset: RuleSet, card_writer: CardWriter, fhir_client: FhirClient | None, public_url: str
    ) -> None:
        self._ruleset = ruleset
        self._cards = card_writer
        self._fhir = fhir_client
        self.offers: Mapping[str, Offer] = offers(ruleset, public_url, fetches=fhir_client is not None)

    def offer(self, service_id: str) -> Offer:
        """The service with this id. Raises :class:`Refusal` with 404, the ids that there are and the nearest one."""
        offer = self.offers.get(service_id)
        if offer is None:
            raise Refusal(404, Issue("not-found", unknown_name("service", service_id, self.offers)))
        return offer

    def read(self, offer: Offer, body: object) -> HookRequest:
        """The request in a decoded body. Raises :class:`Refusal` with 400 as :func:`read_hook_request`."""
        return read_hook_request(body, offer.hook, self._ruleset.hooks)

    def answer(self, request: HookRequest, now: datetime) -> Answered:
        """Answer one call as of ``now`` (aware). The same request and moment give the same cards, uuids aside.

        Raises :class:`RequiredDataMissing` when the Conditions were not to be had and no red flag fires on the rest
        (R-21, knowledge 2.10).
        """
        offer = self.offers[f"{PREFIX}{request.hook}"]
        sent = sort_prefetch(request.prefetch, offer.declared, request.context.patient_id)
        fetched = self._fetch(request, offer, sent)
        chart = read_chart(
            _gathered(request, sent, fetched),
            self._ruleset.lexicon.codelists,
            patient_id=request.context.patient_id,
            fhir_server=request.fhir_server,
            symptom_concept=self._ruleset.lexicon.symptom_concept,
        )
        decided = triage(firing(self._ruleset, chart, hook=request.hook, now=now))
        if not chart.patient.deceased and not decided.shown and chart.had(REQUIRED) in UNAVAILABLE:
            issue = self._required(request, offer, chart, fetched)
            raise RequiredDataMissing(issue, fetched, sent.unusable)
        call = CallContext(
            request.hook, request.context.patient_id, now, request.context.encounter_id, request.context.requester
        )
        body = self._cards.write(decided, chart, call, offer.needed)
        return Answered(body, decided, chart, self._ruleset, request.hook, now, fetched, sent.unusable)

    def _fetch(self, request: HookRequest, offer: Offer, sent: Sorted) -> Mapping[str, Fetched]:
        patient_id, server = request.context.patient_id, request.fhir_server
        if self._fhir is None or server is None or self._fhir.obstacle(server, request.access) is not None:
            return {}
        questions = [
            Question(declared.kind, declared.query(patient_id))
            for declared in offer.declared
            if declared.kind in sent.ask
        ]
        questions += [Question(kind, address, further=True) for kind, address in sent.pages.items()]
        return self._fhir.fetch(server, request.access, questions, patient_id) if questions else {}

    def _required(self, request: HookRequest, offer: Offer, chart: Chart, fetched: Mapping[str, Fetched]) -> Issue:
        declared = next(one for one in offer.declared if one.kind == REQUIRED)
        why: str | None
        if REQUIRED in fetched:
            why = "the FHIR server of the request did not give them"
        elif chart.had(REQUIRED) is Availability.FAILED:
            why = "what stands there says that the client's own query failed"
        elif self._fhir is None:
            why = "this service is not set up to ask any FHIR server"
        else:
            why = self._fhir.obstacle(request.fhir_server, request.access)
        text = (
            f"The patient's Conditions are required and were not to be had: prefetch '{declared.key}'"
            f" ({declared.template}) did not bring them, and {why}. No red flag was found in the rest, and nothing was"
            f" advised. Send '{declared.key}' (null or an empty Bundle when there are none)"
            f"{', or an allowed fhirServer with fhirAuthorization' if self._fhir is not None else ''}."
        )
        return Issue("required", text, f"prefetch.{declared.key}")


def _gathered(request: HookRequest, sent: Sorted, fetched: Mapping[str, Fetched]) -> Gathered:
    availability = dict(sent.availability) | dict.fromkeys(request.context.brings, Availability.COMPLETE)
    entries: list[Entry] = [*request.context.entries(), *sent.entries]
    for kind, brought in fetched.items():
        entries += brought.entries
        # What was there before the server failed is still there.
        if brought.availability is not Availability.FAILED or availability[kind] is not Availability.INCOMPLETE:
            availability[kind] = brought.availability
    if isinstance(request.context, OrderDispatchContext):
        dispatched = request.context.dispatched
        entries = [entry._replace(judged=named(entry.resource) in dispatched) for entry in entries]
    return Gathered(tuple(entries), availability)
