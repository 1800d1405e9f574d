"""What an EHR may do to the chart of a sample patient without changing a card: shapes, broken entries, strangers."""

from __future__ import annotations

import random
from typing import Any

import pytest

from cds_service.samples import SAMPLES, Sample, load_sample
from tests.conftest import Ask
from tests.lib.clock import NOW
from tests.lib.damage import HARMLESS, Change, strangers
from tests.lib.signature import advice, completeness, sorted_lines

CHARTS = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
BROKEN: tuple[Any, ...] = (
    None,
    17,
    "see scanned letter",
    [],
    {"resource": None},
    {"resource": {"resourceType": "Condition", "code": 7}},
    {"resource": {"resourceType": ["Observation"]}},
)
"""Entries of Bundles that cannot be read."""


def request_of(sample: Sample) -> dict[str, Any]:
    return load_sample(sample.name, NOW)


def chance_of(sample: Sample) -> random.Random:
    """A source of chance per sample, the same in every run."""
    return random.Random(sample.name)


def answered(ask: Ask, sample: Sample, body: dict[str, Any]) -> Any:
    answer = ask(sample.hook, body)
    assert answer.status == 200, answer.body
    return answer.body


@CHARTS
@pytest.mark.parametrize("change", HARMLESS, ids=lambda change: change.__name__)
def test_a_harmless_change_leaves_the_answer_to_a_sample(ask: Ask, sample: Sample, change: Change) -> None:
    plain = answered(ask, sample, request_of(sample))
    body = request_of(sample)
    change(body, chance_of(sample))
    changed = answered(ask, sample, body)

    assert advice(changed) == advice(plain)
    assert completeness(changed) == completeness(plain)


@CHARTS
def test_all_harmless_changes_together_leave_the_answer_to_a_sample(ask: Ask, sample: Sample) -> None:
    plain = answered(ask, sample, request_of(sample))
    body, chance = request_of(sample), chance_of(sample)
    for change in HARMLESS:
        change(body, chance)

    assert advice(answered(ask, sample, body)) == advice(plain)


@CHARTS
def test_the_order_of_entries_changes_no_word_to_a_sample(ask: Ask, sample: Sample) -> None:
    plain = answered(ask, sample, request_of(sample))
    body = request_of(sample)
    for value in body["prefetch"].values():
        if isinstance(value, dict) and "entry" in value:
            value["entry"].reverse()

    assert sorted_lines(answered(ask, sample, body)) == sorted_lines(plain)


@CHARTS
def test_broken_entries_cost_a_sample_no_card_and_are_counted(ask: Ask, sample: Sample) -> None:
    plain = answered(ask, sample, request_of(sample))
    body, chance = request_of(sample), chance_of(sample)
    bundle = body["prefetch"]["observations"]
    for broken in BROKEN:
        entries = bundle.setdefault("entry", [])
        entries.insert(chance.randint(0, len(entries)), broken)
    changed = answered(ask, sample, body)

    assert advice(changed) == advice(plain)
    assert completeness(changed) != completeness(plain)


@CHARTS
def test_another_patients_resources_cost_a_sample_no_card_and_are_counted(ask: Ask, sample: Sample) -> None:
    plain = answered(ask, sample, request_of(sample))
    body = request_of(sample)
    added = strangers(body, chance_of(sample))
    changed = answered(ask, sample, body)

    assert advice(changed) == advice(plain)
    counted = [kinds.get("foreign", 0) for kinds in completeness(changed)["dropped"].values()]
    before = [kinds.get("foreign", 0) for kinds in (completeness(plain) or {}).get("dropped", {}).values()]
    assert sum(counted) == sum(before) + added
