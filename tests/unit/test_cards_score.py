"""The hip or spine score on a card: both sums, every counted feature, what was not recorded, and its limits."""

from __future__ import annotations

import pytest

from cards.score import score_section
from rules.chart import Answer, Fact
from tests.lib.sample_rules import KNOWLEDGE, NOW, answer, chart, condition

FEATURES = [item.title for item in KNOWLEDGE.lexicon.items.values() if item.feature]
CAVEAT = "Each yes adds points. The score is not validated and is not a probability."


def section(*facts: Fact | Answer) -> list[str]:
    written = score_section(chart(*facts), NOW, KNOWLEDGE.lexicon)
    assert written is not None
    return written.splitlines()


def test_there_is_no_score_without_an_answered_feature() -> None:
    assert score_section(chart(), NOW, KNOWLEDGE.lexicon) is None
    assert score_section(chart(answer("bladder-bowel-change")), NOW, KNOWLEDGE.lexicon) is None
    assert score_section(chart(answer("groin-pain", days=91)), NOW, KNOWLEDGE.lexicon) is None


def test_every_counted_feature_stands_with_its_points_and_statements() -> None:
    lines = section(
        *map(answer, ("groin-pain", "hip-rotation", "leg-pain-below-knee", "buttock-pain")), answer("limp", "no")
    )

    assert lines[:5] == [
        f"- Hip 5, spine 2: hip likely. {CAVEAT}",
        "- Deep groin pain: hip 2 (S15, S35)",
        "- Turning the hip inwards is limited or painful: hip 3 (S38, S43)",
        lines[3],
        lines[4],
    ]
    assert any(line.endswith(": no points (S37)") for line in lines)
    assert any(line.endswith(": spine 2 (S27, S36)") for line in lines)
    assert lines[5].startswith("- Not recorded: ")
    assert "limp" not in lines[5].lower().split("; ")


def test_a_result_needs_four_answers() -> None:
    assert section(answer("groin-pain"))[0] == f"- Hip 2, spine 0: too few answers for a result. {CAVEAT}"


@pytest.mark.parametrize("explanation", [condition("M48.061"), answer("leg-pain-below-knee")])
def test_relief_on_sitting_counts_nothing_where_stenosis_may_explain_it(explanation: Fact | Answer) -> None:
    counted = section(answer("sitting-relief"), answer("weight-bearing-worse"))
    explained = section(answer("sitting-relief"), answer("weight-bearing-worse"), explanation)

    assert any("sitting" in line.lower() and ": hip 1" in line for line in counted)
    assert any("no points, because lumbar stenosis may explain it too" in line for line in explained)


def test_nothing_is_listed_as_not_recorded_when_every_feature_was_answered() -> None:
    items = [item.id for item in KNOWLEDGE.lexicon.items.values() if item.feature]

    lines = section(*(answer(item, "no") for item in items))

    assert lines == [f"- Hip 0, spine 0: undetermined. {CAVEAT}"]
    assert len(FEATURES) == len(items) == 18


def test_points_without_a_statement_name_none() -> None:
    assert any(line.endswith("spine 2") for line in section(answer("slr-positive")))
