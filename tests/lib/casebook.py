"""Read the tables of cases in ``tests/golden``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from rules import load_rules
from tests.lib.expectation import Expectation, RuleText, read_expectation

GOLDEN = Path(__file__).parent.parent / "golden"
VIGNETTES = ("red_flags.toml", "recognition.toml", "chart_reading.toml", "orders.toml")
"""The tables of vignettes beside the gold cases."""

Demands = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One vignette: where it is called, what the chart holds, what is expected.

    ``needs`` are the rules that must be active for the case to mean anything; ``demands`` are checks beyond
    the cards: ``detail`` and ``not_detail`` (phrases), ``completeness`` (the extension, or ``"any"``).
    """

    id: str
    point: str
    hook: str
    facts: str
    expected: Expectation
    needs: frozenset[str]
    rules: frozenset[str]
    demands: Demands = field(default_factory=dict)


def rule_texts() -> dict[str, RuleText]:
    """The sentences and ids of the rules, by number."""
    table = tomllib.loads((GOLDEN / "summaries.toml").read_text("utf-8"))
    return {
        number: RuleText(number, row["id"], {level: row[level] for level in row.keys() - {"id"}})
        for number, row in table.items()
    }


def active_rules() -> frozenset[str]:
    """The numbers of the rules that are served."""
    numbers = {text.id: number for number, text in rule_texts().items()}
    return frozenset(numbers[rule.id] for rule in load_rules().active)


def gold_cases() -> tuple[Case, ...]:
    """The gold cases: every rule that is not expected must be silent."""
    table = tomllib.loads((GOLDEN / "cases.toml").read_text("utf-8"))
    every_rule = frozenset(rule_texts())
    return tuple(
        Case(
            row["id"],
            row["point"],
            row["hook"],
            row["facts"],
            read_expectation(row["fires"]),
            frozenset(row["needs"]),
            every_rule,
            {name: row[name] for name in ("detail", "not_detail", "completeness") if name in row},
        )
        for row in table["case"]
    )


def waiting_cases() -> tuple[Case, ...]:
    """The cases that need a rule that is not served."""
    active = active_rules()
    own = (case for name in VIGNETTES for case in vignettes(name))
    return tuple(case for case in (*gold_cases(), *own) if case.needs - active)


def vignettes(name: str) -> Iterator[Case]:
    """The cases of one table of vignettes; cards of rules that the table does not name are left aside."""
    table = tomllib.loads((GOLDEN / name).read_text("utf-8"))
    rules = frozenset(table["rules"])
    for group, block in table["group"].items():
        hooks = block.get("hooks", ["patient-view"])
        for hook, (ident, point, facts, fires, *demands) in product(hooks, block["cases"]):
            yield Case(
                f"{group}-{ident}" + (f"@{hook}" if len(hooks) > 1 else ""),
                point,
                hook,
                ", ".join(filter(None, (block.get("always", ""), facts))),
                read_expectation(fires),
                frozenset(block["needs"]),
                rules,
                {**block.get("demands", {}), **(demands[0] if demands else {})},
            )
