"""What a criterion says to a chart that holds nothing it looks at, remembered as long as the knowledge.

Such an outcome depends on nothing but which lists are closed, and nothing of a patient is in it, because nothing was
there. Any one chart holds little of what all the rules look for, so most of a call is looked up here, and the cost of
a call hardly grows with the number of rules (``docs/adr/0020-benchmarks-and-the-hot-path.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rules.logic import Outcome

if TYPE_CHECKING:
    from rules.chart import Mark
    from rules.criteria import Criterion
    from rules.knowledge import Lexicon

MOST_REMEMBERED: Final = 64
"""So many sets of closed lists are remembered: clients differ in few ways, and nobody may fill the memory."""

Demands = tuple["frozenset[Mark]", ...]
"""Sets of marks; a criterion can apply only where the chart holds something of each."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What was found so far while certain lists were closed, by the identity of the criterion; to be added to."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """Outcomes where the chart holds nothing that the criterion looks at."""
    demands: dict[int, Demands] = field(default_factory=dict)


class Silences:
    """What is remembered of the criteria of one knowledge base. Safe with threads.

    Criteria are known by identity: comparing them would cost more than evaluating them. Each is kept, so that no other
    can take its place.
    """

    def __init__(self) -> None:
        self._reads: dict[int, tuple[Criterion, frozenset[Mark]]] = {}
        self._by_closed: dict[frozenset[str], Silence] = {}

    def reads(self, criterion: Criterion, words: Lexicon) -> frozenset[Mark]:
        """What ``criterion`` looks at."""
        known = self._reads.get(id(criterion))
        if known is None:
            known = self._reads[id(criterion)] = (criterion, criterion.reads(words))
        return known[1]

    def of(self, closed: frozenset[str]) -> Silence:
        """What is remembered for charts in which the lists of the kinds ``closed``, and no others, are closed."""
        known = self._by_closed.get(closed)
        if known is None:
            # Two threads at once lose an entry or keep one too many; neither changes an answer.
            if len(self._by_closed) >= MOST_REMEMBERED:
                self._by_closed.clear()
            known = self._by_closed[closed] = Silence()
        return known
