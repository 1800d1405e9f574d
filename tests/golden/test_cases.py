"""Every gold case and every vignette of the tables beside this file, through the app.

A case is collected when all rules that it needs are served; the summary of the run says how many wait for rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import Answer
from tests.lib.card_checks import COMPLETENESS, card_faults
from tests.lib.casebook import VIGNETTES, Case, active_rules, gold_cases, rule_texts, vignettes
from tests.lib.expectation import differences

TEXTS = rule_texts()
ACTIVE = active_rules()
GOLD = gold_cases()
OWN = tuple(case for name in VIGNETTES for case in vignettes(name))
SERVED = tuple(case for case in (*GOLD, *OWN) if case.needs <= ACTIVE)


@pytest.mark.parametrize("case", SERVED, ids=lambda case: case.id)
def test_the_cards_of_a_vignette(case: Case, call: Callable[[str, str], Answer]) -> None:
    answer = call(case.hook, case.facts)
    faults = differences(case.expected, answer.status, answer.body, TEXTS, case.rules)
    if answer.status == case.expected.status:
        faults += card_faults(answer.body) if answer.status == 200 else _refusal_faults(answer.body)
        faults += _demand_faults(case, answer.body)
    assert not faults, f"{case.point} [{case.hook}: {case.facts}]\n  " + "\n  ".join(faults)


def test_every_rule_of_the_tables_has_a_sentence() -> None:
    named = {card.rule for case in (*GOLD, *OWN) for card in case.expected.cards}
    needed = {rule for case in (*GOLD, *OWN) for rule in (*case.needs, *case.rules)}
    unknown = (named | needed) - TEXTS.keys()
    assert not unknown


def test_no_two_cases_share_a_name() -> None:
    names = [case.id for case in (*GOLD, *OWN)]
    assert len(names) == len(set(names))


def test_all_gold_cases_are_there() -> None:
    numbered = [case.id for case in GOLD if case.id[-1].isdigit()]
    assert numbered == [f"C-{number:02}" for number in range(1, 37)]


def _refusal_faults(body: Any) -> Iterator[str]:
    """412 names what is missing in an OperationOutcome."""
    if body.get("resourceType") != "OperationOutcome":
        yield f"the refusal is no OperationOutcome: {body}"
    elif "Condition" not in json.dumps(body):
        yield f"the refusal does not name Conditions: {body}"


def _demand_faults(case: Case, body: Any) -> Iterator[str]:
    if case.expected.status != 200:
        return
    details = "\n\n".join(card["detail"] for card in body["cards"])
    for phrase in case.demands.get("detail", ()):
        if not re.search(phrase, details, re.IGNORECASE):
            yield f"no detail says {phrase!r}; about data they say: {_about_data(details)}"
    for phrase in case.demands.get("not_detail", ()):
        if re.search(phrase, details, re.IGNORECASE):
            yield f"a detail says {phrase!r}"
    wanted = case.demands.get("completeness")
    if wanted != "any":
        got = _in_order(body.get("extension", {}).get(COMPLETENESS))
        if got != _in_order(wanted):
            yield f"completeness {got} instead of {wanted}"


def _about_data(details: str) -> list[str]:
    return [line for line in details.splitlines() if re.search(r"available|be checked|confirm|missing", line)]


def _in_order(completeness: Any) -> Any:
    if completeness is None:
        return None
    return {name: sorted(part) if isinstance(part, list) else part for name, part in completeness.items()}
