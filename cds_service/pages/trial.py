"""One sample patient through the service, with everything that a person wants to see of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cards.completeness import unchecked
from cards.models import HookResponse
from cds_service.errors import Refusal
from cds_service.evaluation import Answered, HipSpineService
from cds_service.offers import PREFIX
from cds_service.pages.spoken import fact_words
from cds_service.pages.why import Why, why
from cds_service.samples import Sample, load_sample
from rules.ruleset import RuleSet
from rules.schema import Rule
from rules.trace import Ending, RuleTrace, trace
from rules.triage import CARD_CAP

WITHHELD: Final = {
    "red-flag-focus": "Withheld while a critical card is shown, so that nothing distracts from it.",
    "card-cap": f"Withheld because {CARD_CAP} routine cards are shown already.",
}
MOST_FACTS: Final = 3
"""So many facts stand beside the reason for which a card was held back."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one rule: shown, withheld or silent, in one line, and its trace.

    ``facts`` are what an exclusion rests on, in words. ``held_back``: the rule's question was answered with yes, and no
    card came of it.
    """

    trace: RuleTrace
    outcome: str
    why: str
    facts: tuple[str, ...]
    held_back: bool

    @property
    def rule(self) -> Rule:
        return self.trace.rule


@dataclass(frozen=True, slots=True)
class Trial:
    """A sample patient, the answer, and what became of each rule of the hook.

    ``refusal`` stands in place of what was answered when the service refused the call; no rule was asked then.
    """

    sample: Sample
    request: Mapping[str, Any]
    answered: Answered | None = None
    refusal: Refusal | None = None
    unused: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()

    @property
    def hook(self) -> str:
        return str(self.request["hook"])

    @property
    def answer(self) -> HookResponse | None:
        """What goes over the wire; None after a refusal."""
        return self.answered.body if self.answered is not None else None

    @property
    def held_back(self) -> tuple[Told, ...]:
        """The rules that had something to say and did not: withheld or excluded."""
        return tuple(told for told in self.told if told.held_back)

    def why(self, rule_id: str) -> Why | None:
        """The whole reasoning of one rule; None when it was not asked."""
        told = self.of(rule_id)
        if told is None or self.answered is None:
            return None
        return why(told.trace, self.answered.chart, self.request, self.answered.ruleset.lexicon)

    def of(self, rule_id: str) -> Told | None:
        """What became of one rule; None when it was not asked."""
        return next((told for told in self.told if told.rule.id == rule_id), None)


class Trials:
    """Sends sample patients the way of any call. ``now`` is the moment of the call (aware)."""

    def __init__(self, service: HipSpineService, ruleset: RuleSet, now: Callable[[], datetime]) -> None:
        self._service = service
        self._ruleset = ruleset
        self._now = now

    def request(self, sample: Sample) -> dict[str, Any]:
        """The request of a sample, dated back from now."""
        return load_sample(sample.name, self._now())

    def attempt(self, sample: Sample) -> Trial:
        """The answer to a sample and everything behind it."""
        body = self.request(sample)
        offer = self._service.offer(f"{PREFIX}{body['hook']}")
        try:
            answered = self._service.answer(self._service.read(offer, body), self._now())
        except Refusal as refusal:
            return Trial(sample, body, refusal=refusal)
        unused = unchecked(answered.chart, offer.needed)
        return Trial(sample, body, answered, None, unused, self._told(answered))

    def _told(self, answered: Answered) -> tuple[Told, ...]:
        shown = {result.rule.id for result in answered.triage.shown}
        withheld = {one.result.rule.id: WITHHELD[one.reason] for one in answered.triage.withheld}
        return tuple(
            _tell(trace(result, self._ruleset, answered.hook), shown, withheld, self._ruleset)
            for result in answered.results
        )


def _tell(found: RuleTrace, shown: set[str], withheld: Mapping[str, str], ruleset: RuleSet) -> Told:
    rule = found.rule
    kept = found.ending in (Ending.EXCLUDED, Ending.HIDDEN)
    steps = found.decided_by() if kept else ()
    facts = tuple(dict.fromkeys(fact_words(fact, ruleset.lexicon) for step in steps for fact in step.found))
    if rule.id in withheld:
        return Told(found, "withheld", f"{withheld[rule.id]} {found.headline}", (), held_back=True)
    outcome = "shown" if rule.id in shown else "silent"
    return Told(found, outcome, found.headline, facts[:MOST_FACTS], held_back=kept)
