"""One sample patient through the service, with everything that a person wants to see of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from cards.completeness import unchecked
from cards.models import HookResponse
from cds_service.errors import Refusal
from cds_service.evaluation import Answered, HipSpineService
from cds_service.offers import PREFIX
from cds_service.pages.spoken import fact_words
from cds_service.pages.why import Why, why
from cds_service.samples import Sample, load_sample
from rules.engine import RuleResult
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


@dataclass(frozen=True)
class Trial:
    """A sample patient, the answer, and what became of each rule of the hook.

    ``refusal`` stands in place of what was answered when the service refused the call; no rule was asked then.
    """

    sample: Sample
    request: Mapping[str, Any]
    answered: Answered | None = None
    refusal: Refusal | None = None
    unused: tuple[str, ...] = ()

    @property
    def hook(self) -> str:
        return str(self.request["hook"])

    @property
    def answer(self) -> HookResponse | None:
        """What goes over the wire; None after a refusal."""
        return self.answered.body if self.answered is not None else None

    @cached_property
    def told(self) -> tuple[Told, ...]:
        """What became of every rule of the hook; empty when none was asked."""
        results = self.answered.results if self.answered is not None else ()
        return tuple(told for result in results if (told := self.of(result.rule.id)) is not None)

    @property
    def held_back(self) -> tuple[Told, ...]:
        """The rules that had something to say and did not: withheld or excluded."""
        return tuple(told for told in self.told if told.held_back)

    def of(self, rule_id: str) -> Told | None:
        """What became of one rule; None when it was not asked."""
        if self.answered is None:
            return None
        result = next((result for result in self.answered.results if result.rule.id == rule_id), None)
        return _tell(result, self.answered) if result is not None else None

    def why(self, rule_id: str) -> Why | None:
        """The whole reasoning of one rule; None when it was not asked."""
        told = self.of(rule_id)
        if told is None or self.answered is None:
            return None
        return why(told.trace, self.answered.chart, self.request, self.answered.ruleset.lexicon)


class Trials:
    """Sends sample patients the way of any call. ``now`` is the moment of the call (aware)."""

    def __init__(self, service: HipSpineService, now: Callable[[], datetime]) -> None:
        self._service = service
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
        return Trial(sample, body, answered, unused=unchecked(answered.chart, offer.needed))


def _tell(result: RuleResult, answered: Answered) -> Told:
    rule = result.rule
    found = trace(result, answered.ruleset, answered.hook)
    withheld = next((one for one in answered.triage.withheld if one.result.rule.id == rule.id), None)
    if withheld is not None:
        return Told(found, "withheld", f"{WITHHELD[withheld.reason]} {found.headline}", (), held_back=True)
    kept = found.ending in (Ending.EXCLUDED, Ending.HIDDEN)
    steps = found.decided_by() if kept else ()
    words = answered.ruleset.lexicon
    facts = tuple(dict.fromkeys(fact_words(fact, words) for step in steps for fact in step.found))
    outcome = "shown" if result.fires else "silent"
    return Told(found, outcome, found.headline, facts[:MOST_FACTS], held_back=kept)
