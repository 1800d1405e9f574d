"""Criteria about the orders that a hook is about, medications, appointments, and what other rules say.

Source of the definitions: knowledge 2.1 (judged order, elective order, long-term steroid, medication match), 2.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rules.chart import Appointment, Fact, Mark, Medication, Order
from rules.coded import Coded, Names, span
from rules.criteria import Criterion, DataNeed
from rules.faults import Fault, unknown_word
from rules.logic import NOTHING, Outcome, Verdict
from rules.records import RecordCriterion

if TYPE_CHECKING:
    from rules.asking import Evaluation
    from rules.knowledge import Lexicon

ENDED = frozenset({"revoked", "stopped", "cancelled", "completed", "entered-in-error"})
"""An order with one of these statuses is no longer an order to judge."""
PRESSING = frozenset({"stat", "asap", "urgent"})
NO_ORDER_INTENTS = frozenset({"proposal", "option"})
AT_HAND: frozenset[Mark] = frozenset(
    {(kind, "") for kind in ("ServiceRequest", "MedicationRequest", "MedicationStatement")}
)
"""Any order that the hook is about."""


def is_judged(fact: Fact) -> bool:
    """True for an order of the hook that still stands."""
    return (
        isinstance(fact, Order | Medication)
        and fact.judged
        and not fact.do_not_perform
        and fact.status not in ENDED
        and not (isinstance(fact, Medication) and fact.intent in NO_ORDER_INTENTS)
    )


class JudgedCriterion(Coded):
    """An order of the hook itself is in a code list: a service request, or a drug where ``drug`` is said.

    ``elective``: its priority is not stat, asap or urgent. Orders stand in the hook's context, so nothing is
    ever unknown here.
    """

    word: ClassVar[str] = "judged"
    judged: Names
    drug: bool = False
    elective: bool = False

    def concepts(self) -> frozenset[str]:
        return frozenset(self.judged)

    def evaluate(self, of: Evaluation) -> Outcome:
        kind = Medication if self.drug else Order
        facts: list[Fact] = [
            fact
            for fact in of.chart.judged
            if isinstance(fact, kind) and is_judged(fact) and self._elective(fact) and self.right_matches(fact, of)
        ]
        return self.outcome(facts, of, NOTHING)

    def _elective(self, fact: Order | Medication) -> bool:
        return not self.elective or fact.priority not in PRESSING

    def say(self, words: Lexicon) -> str:
        return f"{'elective ' if self.elective else ''}order at hand: {self._said(words, self.judged)}"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset()

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        return AT_HAND


def _plain(text: str) -> str:
    """Text as phrases are looked for in it: lower case, hyphens read as blanks (knowledge R31)."""
    return " ".join(text.lower().replace("-", " ").split())


class JudgedTextCriterion(Criterion):
    """An order of the hook names one of the phrases of a list in its own words, and concerns the site asked for.

    The site: ``body_site``, a reason in one of the ``reason`` concepts, or one of ``words`` in the same text. The
    only criterion that reads free text (knowledge R31).
    """

    word: ClassVar[str] = "judged_text"
    judged_text: str
    body_site: str
    reason: Names
    words: Names

    def evaluate(self, of: Evaluation) -> Outcome:
        phrases = of.lexicon.text_lists[self.judged_text]
        facts = tuple(
            fact
            for fact in of.chart.judged
            if isinstance(fact, Order)
            and is_judged(fact)
            and any(phrase in _plain(fact.words) for phrase in phrases)
            and self._concerns(fact)
        )
        return Outcome(Verdict.APPLIES if facts else Verdict.DOES_NOT_APPLY, facts, asked=self)

    def _concerns(self, fact: Order) -> bool:
        if self.body_site in fact.body_sites or fact.reasons & frozenset(self.reason):
            return True
        return any(re.search(rf"\b{re.escape(word)}\b", _plain(fact.words)) for word in self.words)

    def say(self, words: Lexicon) -> str:
        phrases = " or ".join(f"'{phrase}'" for phrase in words.text_lists[self.judged_text])
        return f"order at hand whose own words name {phrases} for the {words.body_sites[self.body_site]}"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset()

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        return AT_HAND

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        if self.judged_text not in words.text_lists:
            yield unknown_word(file, f"{place}.judged_text", "text list", self.judged_text, words.text_lists)
        if self.body_site not in words.body_sites:
            yield unknown_word(file, f"{place}.body_site", "body site", self.body_site, words.body_sites)
        for name in self.reason:
            if name not in words.codelists.concepts:
                yield unknown_word(file, f"{place}.reason", "concept", name, words.codelists.concepts)


class MedicationCriterion(RecordCriterion):
    """A medication on file in one of ``status`` whose start lies more than ``longer_than`` days back.

    A partial start is read as the earliest day that it can mean, the more urgent reading; without a start the
    duration is unknown and the medication does not count (knowledge 2.1, long-term steroid).
    """

    word: ClassVar[str] = "medication"
    record_kinds: ClassVar[tuple[str, ...]] = ("MedicationRequest", "MedicationStatement")
    medication: Names
    status: tuple[str, ...] = ("active",)
    longer_than: int = Field(ge=1)

    def concepts(self) -> frozenset[str]:
        return frozenset(self.medication)

    def evaluate(self, of: Evaluation) -> Outcome:
        facts = [
            fact
            for kind in self.record_kinds
            for fact in of.chart.facts(kind, self.concepts())
            if self._counts(fact) and self.right_matches(fact, of) and self._long(fact, of)
        ]
        return self.outcome(facts, of, frozenset(self.record_kinds))

    def _counts(self, fact: Fact) -> bool:
        return isinstance(fact, Medication) and not fact.do_not_perform and super()._counts(fact)

    def _long(self, fact: Fact, of: Evaluation) -> bool:
        return fact.when is not None and of.clock.days_since_earliest(fact.when) > self.longer_than

    def say(self, words: Lexicon) -> str:
        return f"{self._status_words()}{self._said(words, self.medication)}, for more than {span(self.longer_than)}"


class AppointmentCriterion(RecordCriterion):
    """An appointment of the hook whose service, specialty or reason is in a code list."""

    word: ClassVar[str] = "appointment"
    record_kinds: ClassVar[tuple[str, ...]] = ("Appointment",)
    appointment: Names

    def concepts(self) -> frozenset[str]:
        return frozenset(self.appointment)

    def evaluate(self, of: Evaluation) -> Outcome:
        facts: list[Fact] = [
            fact
            for fact in of.chart.facts("Appointment", self.concepts())
            if isinstance(fact, Appointment) and self._counts(fact)
        ]
        return self.outcome(facts, of, NOTHING)

    def say(self, words: Lexicon) -> str:
        return f"appointment at hand for {self._said(words, self.appointment)}"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset()

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        return frozenset(("Appointment", name) for name in self.appointment)


class FiresCriterion(Criterion):
    """Another rule fires on the same chart, at one of the levels ``at`` (any when not said).

    ``named``: what a card calls these rules together, where a list of ids would tell a reader nothing.
    """

    word: ClassVar[str] = "fires"
    fires: Names
    named: str | None = None
    at: tuple[Literal["critical", "warning", "info"], ...] = ()

    def evaluate(self, of: Evaluation) -> Outcome:
        if self.applies(of):
            return Outcome(Verdict.APPLIES, asked=self)
        missing = NOTHING.union(*(of.other_rules.unchecked(rule_id) for rule_id in self.fires))
        return Outcome(Verdict.UNKNOWN if missing else Verdict.DOES_NOT_APPLY, missing=missing, asked=self)

    def applies(self, of: Evaluation) -> bool:
        found = filter(None, map(of.other_rules.indicator, self.fires))
        return any(not self.at or indicator in self.at for indicator in found)

    def say(self, words: Lexicon) -> str:
        at = f" as {' or '.join(self.at)}" if self.at else ""
        return f"{self.named or 'card of ' + ' or '.join(self.fires)}{at}"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset()
