"""The hip or spine score as a card shows it: every counted feature, so that a reader can add up by hand.

Source: knowledge 3.1. The score is not validated and not a probability, and the card says so.
"""

from __future__ import annotations

from datetime import datetime

from cards.text import bullets, within
from rules.asking import Evaluation
from rules.chart import Chart, Clock
from rules.coded import ConditionCriterion
from rules.differential import STENOSIS, Counted, score
from rules.knowledge import Lexicon

_STENOSIS = ConditionCriterion(condition=(STENOSIS,))
_RESULTS = {"not enough": "too few answers for a result"}
_CAVEAT = "Each yes adds points. The score is not validated and is not a probability."


def score_section(chart: Chart, now: datetime, lexicon: Lexicon) -> str | None:
    """The score with its features, in Markdown; None when no feature was answered."""
    of = Evaluation(chart, Clock(now), lexicon, urgent=False)
    found = score(of, of.ask(_STENOSIS).applies)
    if not found.answered:
        return None
    result = _RESULTS.get(found.result, found.result)
    lines = [f"Hip {found.hip}, spine {found.spine}: {result}. {_CAVEAT}"]
    lines += [f"{feature.item.title}: {_points(feature)}" for feature in found.counted]
    silent = [item.title for item in lexicon.items.values() if item.feature and item.id not in found.answered]
    if silent:
        lines.append(f"Not recorded: {'; '.join(map(within, silent))}")
    return bullets(lines)


def _points(feature: Counted) -> str:
    points = [f"{side} {count}" for side, count in (("hip", feature.hip), ("spine", feature.spine)) if count]
    if not points:
        explained = "no points, because lumbar stenosis may explain it too"
        points = [explained if feature.item.hip or feature.item.spine else "no points"]
    statements = f" ({', '.join(feature.item.statements)})" if feature.item.statements else ""
    return ", ".join(points) + statements
