"""Criteria about entries of the record that have a status: procedures, orders on file, imaging."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rules.chart import Fact, Mark, Order, When
from rules.coded import Coded, Dated, Names, span
from rules.criteria import DataNeed
from rules.logic import Outcome, Verdict

if TYPE_CHECKING:
    from rules.asking import Evaluation
    from rules.knowledge import Lexicon


class RecordCriterion(Coded):
    """An entry of the record in a code list, with one of ``status`` or with none of ``status_not``."""

    record_kinds: ClassVar[tuple[str, ...]]
    status: tuple[str, ...] = ()
    status_not: tuple[str, ...] = ()

    def _counts(self, fact: Fact) -> bool:
        if self.status and fact.status not in self.status:
            return False
        return fact.status not in self.status_not

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset(DataNeed(kind, self.concepts()) for kind in self.record_kinds)

    def _status_words(self) -> str:
        return f"{' or '.join(self.status)} " if self.status else ""


class DatedRecord(RecordCriterion, Dated):
    """An entry of the record with a window."""

    def evaluate(self, of: Evaluation) -> Outcome:
        concepts = self.concepts()
        facts = [
            fact
            for kind in self.record_kinds
            for fact in of.chart.facts(kind, concepts)
            if self._counts(fact) and self.right_matches(fact, of) and self.in_window(fact.when, of, self.within)
        ]
        return self.outcome(facts, of, frozenset(self.record_kinds))


class ProcedureCriterion(DatedRecord):
    """A procedure, ``completed`` when no status is said."""

    word: ClassVar[str] = "procedure"
    record_kinds: ClassVar[tuple[str, ...]] = ("Procedure",)
    procedure: Names
    status: tuple[str, ...] = ("completed",)

    def concepts(self) -> frozenset[str]:
        return frozenset(self.procedure)

    def say(self, words: Lexicon) -> str:
        return f"{self._status_words()}{self._said(words, self.procedure)} among the procedures{self.window_words()}"


class OrderCriterion(DatedRecord):
    """A service request on file or among the drafts, in one of ``status``; ``doNotPerform`` is never an order.

    ``days_ago``: certainly dated so many days ago or more. ``drafts``: only those of the hook's context.
    """

    word: ClassVar[str] = "order"
    record_kinds: ClassVar[tuple[str, ...]] = ("ServiceRequest",)
    order: Names
    days_ago: int | None = Field(default=None, ge=1)
    drafts: bool = False

    def concepts(self) -> frozenset[str]:
        return frozenset(self.order)

    def _counts(self, fact: Fact) -> bool:
        return (
            isinstance(fact, Order)
            and not fact.do_not_perform
            and (fact.draft or not self.drafts)
            and super()._counts(fact)
        )

    def in_window(self, when: When | None, of: Evaluation, within: int | None) -> bool:
        if self.days_ago is not None and (when is None or of.clock.days_since_latest(when) < self.days_ago):
            return False
        return super().in_window(when, of, within)

    def say(self, words: Lexicon) -> str:
        before = f" dated {span(self.days_ago)} ago or more" if self.days_ago is not None else ""
        draft = "draft " if self.drafts else ""
        return f"{self._status_words()}{draft}order: {self._said(words, self.order)}{self.window_words()}{before}"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset() if self.drafts else super().need(words)

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        return frozenset(("ServiceRequest", name) for name in self.order)

    def evaluate(self, of: Evaluation) -> Outcome:
        outcome = super().evaluate(of)
        if self.drafts and not outcome.applies:
            return Outcome(Verdict.DOES_NOT_APPLY, asked=self)
        return outcome


class ImagingCriterion(DatedRecord):
    """A report or study of images. Images have no side: an image of either hip counts."""

    word: ClassVar[str] = "imaging"
    record_kinds: ClassVar[tuple[str, ...]] = ("DiagnosticReport", "ImagingStudy")
    imaging: Names

    def concepts(self) -> frozenset[str]:
        return frozenset(self.imaging)

    def say(self, words: Lexicon) -> str:
        return f"{self._said(words, self.imaging)} among the reports and imaging studies{self.window_words()}"
