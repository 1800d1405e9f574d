"""Criteria as trees: what stands anywhere inside one."""

from __future__ import annotations

import pytest

from rules.computed import DifferentialCriterion
from rules.criteria import Criterion, asks
from rules.ordered import JudgedTextCriterion
from tests.lib.sample_rules import KNOWLEDGE


@pytest.mark.parametrize(
    ("rule", "kind", "found"),
    [
        ("hip-pain-with-lbp", DifferentialCriterion, True),
        ("rf-cauda-equina", DifferentialCriterion, False),
        ("order-regenerative", JudgedTextCriterion, True),
        ("order-hip-injection", JudgedTextCriterion, False),
    ],
)
def test_a_rule_is_known_to_ask_something_however_deep_it_asks(rule: str, kind: type[Criterion], found: bool) -> None:
    asked = KNOWLEDGE.rule(rule).criteria().values()

    assert any(asks(criterion, kind, KNOWLEDGE.lexicon) for criterion in asked) is found
