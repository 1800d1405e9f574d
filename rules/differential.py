"""Hip or spine: the transparent score (knowledge 3.1). Not a probability, not validated, and cards say so.

Two separate sums over the newest answers of the last 90 days. Only *yes* adds points. Relief on sitting
counts
nothing where lumbar stenosis explains it too (K4): with stenosis on record, or when leg pain below the knee and
worse on weight-bearing are both answered yes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.measured import newest_answers

if TYPE_CHECKING:
    from rules.asking import Evaluation
    from rules.chart import Answer
    from rules.knowledge import Item

STENOSIS = "lumbar_spinal_stenosis"
SITTING_RELIEF = "sitting-relief"
CLAUDICATION = ("leg-pain-below-knee", "weight-bearing-worse")
ENOUGH_ANSWERS = 4
LIKELY, LEAD = 4, 2
"""A side is likely with so many points, and so many more than the other."""
BOTH, CLOSE = 3, 1
"""The picture is mixed with so many points on both sides, and a difference of no more than this."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One feature answered yes: its item, the answers, and the points it really got."""

    item: Item
    answers: tuple[Answer, ...]
    hip: int
    spine: int


@dataclass(frozen=True, slots=True)
class Score:
    """Both sums, every counted feature, the features answered at all, and the result in words."""

    counted: tuple[Counted, ...]
    answered: tuple[str, ...]

    @property
    def hip(self) -> int:
        return sum(feature.hip for feature in self.counted)

    @property
    def spine(self) -> int:
        return sum(feature.spine for feature in self.counted)

    @property
    def key_feature(self) -> bool:
        """True when groin pain, a painful or limited hip rotation or a limp was answered yes."""
        return any(feature.item.key_feature for feature in self.counted)

    @property
    def result(self) -> str:
        """``hip likely``, ``spine likely``, ``mixed``, ``undetermined`` or ``not enough`` (answers)."""
        if len(self.answered) < ENOUGH_ANSWERS:
            return "not enough"
        lead = self.hip - self.spine
        if self.hip >= LIKELY and lead >= LEAD:
            return "hip likely"
        if self.spine >= LIKELY and lead <= -LEAD:
            return "spine likely"
        if min(self.hip, self.spine) >= BOTH and abs(lead) <= CLOSE:
            return "mixed"
        return "undetermined"


def score(of: Evaluation, stenosis: bool) -> Score:
    """The score of one chart; ``stenosis`` says whether lumbar spinal stenosis is active."""
    features = [item for item in of.lexicon.items.values() if item.feature]
    newest = {item.id: newest_answers(item, item.within, of) for item in features}
    yes = {name: tuple(answer for answer in answers if answer.word == "yes") for name, answers in newest.items()}
    explained = stenosis or all(yes[name] for name in CLAUDICATION)
    counted = []
    for item in features:
        if yes[item.id]:
            hip = 0 if item.id == SITTING_RELIEF and explained else item.hip
            counted.append(Counted(item, yes[item.id], hip, item.spine))
    return Score(tuple(counted), tuple(name for name, answers in newest.items() if answers))
