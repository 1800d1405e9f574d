"""One chart being asked by the criteria of the rules: :class:`Evaluation`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rules.chart import Availability, Chart, Clock, Mark
from rules.criteria import All, Criterion, Meets
from rules.logic import NOTHING, Outcome, Verdict

if TYPE_CHECKING:
    from rules.knowledge import Lexicon
    from rules.silence import Demands


class OtherRules:
    """What the other rules say of the same chart. This one knows none: nothing fires."""

    def indicator(self, rule_id: str) -> str | None:
        """At which level the rule fires; None when it does not."""
        del rule_id
        return None

    def unchecked(self, rule_id: str) -> frozenset[str]:
        """The kinds of data that the rule could not check."""
        del rule_id
        return NOTHING


class Evaluation:
    """One chart being asked: the clock, the reading of dates, and what was answered already.

    ``urgent`` is the reading of the red flags (R1-R15): a missing date counts as recent (knowledge 2.1).
    """

    __slots__ = ("_applies", "_asked", "_silence", "chart", "clock", "lexicon", "other_rules", "urgent")

    def __init__(
        self,
        chart: Chart,
        clock: Clock,
        lexicon: Lexicon,
        *,
        urgent: bool,
        other_rules: OtherRules | None = None,
    ) -> None:
        self.chart = chart
        self.clock = clock
        self.lexicon = lexicon
        self.urgent = urgent
        self.other_rules = other_rules or OtherRules()
        self._asked: dict[int, Outcome] = {}
        self._applies: dict[int, bool] = {}
        self._silence = lexicon.silences.of(chart.closed)

    def ask(self, criterion: Criterion) -> Outcome:
        """The outcome of ``criterion``, worked out once; remembered where the chart holds nothing that it looks at."""
        key = id(criterion)
        outcome = self._asked.get(key)
        if outcome is None:
            if self._finds(criterion):
                outcome = criterion.evaluate(self)
            else:
                outcome = self._silence.outcomes.get(key)
                if outcome is None:
                    outcome = self._silence.outcomes[key] = criterion.evaluate(self)
            self._asked[key] = outcome
        return outcome

    def applies(self, criterion: Criterion) -> bool:
        """Whether ``criterion`` applies: as :meth:`ask` says, without what led to it and so in less time."""
        key = id(criterion)
        known = self._applies.get(key)
        if known is None:
            demands = self._silence.demands.get(key)
            if demands is None:
                demands = self._demands(criterion)
            holds = self.chart.holds
            for demand in demands:
                if demand.isdisjoint(holds):
                    known = False
                    break
            else:
                known = criterion.applies(self)
            self._applies[key] = known
        return known

    def absent(self, kinds: frozenset[str], asked: object) -> Outcome:
        """Nothing was found: a closed list means absent, any other means unknown."""
        missing = self.chart.open_kinds(kinds)
        return Outcome(Verdict.UNKNOWN if missing else Verdict.DOES_NOT_APPLY, missing=missing, asked=asked)

    def _finds(self, criterion: Criterion) -> bool:
        """True when the chart holds something that the criterion looks at."""
        return not self.lexicon.silences.reads(criterion, self.lexicon).isdisjoint(self.chart.holds)

    def _demands(self, criterion: Criterion) -> Demands:
        """What a chart has to hold for ``criterion`` to apply, worked out once for all with the same closed lists."""
        closed = Chart(availability=dict.fromkeys(self.chart.closed, Availability.COMPLETE))
        nothing = Evaluation(closed, self.clock, self.lexicon, urgent=self.urgent)
        demands = self._silence.demands[id(criterion)] = tuple(dict.fromkeys(nothing._lacks(criterion)))
        return demands

    def _lacks(self, criterion: Criterion) -> Iterator[frozenset[Mark]]:
        """Of a chart without any entry: what ``criterion`` misses in it."""
        if self.ask(criterion).applies:
            return
        yield self.lexicon.silences.reads(criterion, self.lexicon)
        if isinstance(criterion, Meets):
            yield from self._lacks(self.lexicon.definitions[criterion.meets].criterion)
        elif isinstance(criterion, All):
            for part in criterion.all:
                yield from self._lacks(part)
