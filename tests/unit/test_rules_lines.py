"""Old and new lines of a criterion or a table: the smallest part that tells the difference, in English where it can."""

from __future__ import annotations

from typing import Any

import pytest

from rules import load_rules
from rules.lines import Line, Said, criteria_lines, table_lines
from rules.parser import CriterionParser
from rules.vocabulary import RULE_CRITERIA

WORDS = load_rules().lexicon
HIP, BACK, GTPS = {"condition": "hip_pain"}, {"condition": "low_back_pain"}, {"condition": "gtps"}
HIP_SAID, BACK_SAID, GTPS_SAID = (
    "active hip pain",
    "active low back pain",
    "active greater trochanteric pain syndrome",
)


def said(raw: dict[str, Any] | None) -> dict[str, Said]:
    if raw is None:
        return {}
    criterion = CriterionParser(RULE_CRITERIA).parse(raw, "", "")
    assert criterion is not None
    return {"when": Said(criterion, WORDS)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (HIP, HIP, []),
        (HIP, BACK, [Line("when", HIP_SAID, BACK_SAID)]),
        (None, HIP, [Line("when", None, HIP_SAID)]),
        (HIP, None, [Line("when", HIP_SAID, None)]),
        (HIP, {"age_under": 18}, [Line("when", HIP_SAID, "age under 18 (also when the birth date leaves it open)")]),
        ({"all": [HIP, BACK]}, {"all": [HIP, GTPS]}, [Line("when.all", BACK_SAID, GTPS_SAID)]),
        ({"all": [HIP]}, {"all": [HIP, GTPS]}, [Line("when.all", None, GTPS_SAID)]),
        (
            {"any": [HIP, GTPS, BACK]},
            {"any": [BACK]},
            [Line("when.any", HIP_SAID, None), Line("when.any", GTPS_SAID, None)],
        ),
        (
            {"all": [HIP, {"any": [BACK, {**GTPS, "within": 90}]}]},
            {"all": [HIP, {"any": [BACK, {**GTPS, "within": 84}]}]},
            [Line("when.all.any", f"{GTPS_SAID} in the last 90 days", f"{GTPS_SAID} in the last 12 weeks")],
        ),
        ({"not": HIP}, {"not": BACK}, [Line("when.not", HIP_SAID, BACK_SAID)]),
        ({"not_found": HIP}, {"not_found": BACK}, [Line("when.not_found", HIP_SAID, BACK_SAID)]),
        (
            {"all": [HIP, BACK]},
            {"all": [BACK, HIP]},
            [Line("when.all", f"{HIP_SAID} and {BACK_SAID}", f"{BACK_SAID} and {HIP_SAID}")],
        ),
        (
            {**HIP, "within": 30, "reading": "whole"},
            {**HIP, "within": 30},
            [
                Line(
                    "when",
                    '{ within = 30, reading = "whole", condition = ["hip_pain"] }',
                    '{ within = 30, condition = ["hip_pain"] }',
                )
            ],
        ),
    ],
)
def test_criteria(old: dict[str, Any] | None, new: dict[str, Any] | None, expected: list[Line]) -> None:
    assert list(criteria_lines(said(old), said(new))) == expected


def test_a_table_is_compared_value_by_value_and_a_list_entry_by_entry() -> None:
    old = {"title": "A", "detail": ["one", "two", "three"], "year": 2020, "level": [{"summary": "S", "if": {"x": "y"}}]}
    new = {"title": "B", "detail": ["one", "three", "four"], "level": [{"summary": "S", "if": {"x": "z"}}]}
    assert list(table_lines(old, new)) == [
        Line("title", "A", "B"),
        Line("detail", "two", None),
        Line("detail", None, "four"),
        Line("year", "2020", None),
    ]
