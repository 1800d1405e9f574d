"""What holds for every request: no input costs the call, and only what matters changes the advice."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Answer, Ask
from tests.lib.card_checks import card_faults
from tests.lib.casebook import active_rules, rule_texts
from tests.lib.damage import HARMLESS, Change, part_at, places, put, strangers
from tests.lib.json_checks import empty
from tests.lib.signature import advice, completeness, sorted_lines, without_uuids
from tests.lib.vignette import Offer, request_for

FACTS = (
    "62 F, M16.11, LBP, BMI 27 D-30, 72514-3=8 D-3",
    "M16.11, M16.12, Z96.642, LBP, 279039007, Procedure 52734007 site=7771000 D-800",
    "M16.9, Z96.641, LBP, DiagnosticReport 37721-8 D-90, ServiceRequest 308447003",
    "M16.11 ver=provisional, LBP, R32 onset=D-30, Observation 165232002=true D-40",
    "LBP, M25.551, M25.552, M48.061 clinical=resolved, ImagingStudy 24762-7 D-400",
    "LBP, M25.551, M54.16, Q D-9: groin-pain=yes hip-rotation=yes limp=no buttock-pain=no",
    "LBP, Q D-1: onset=sudden bladder-bowel-change=no, 72514-3=9 D-1, 72514-3=3 D0",
    "M54.31, M54.32 onset=D-91, M54.42 onset=D-300, G83.4 onset=2025, Q D-3: leg-pain-side=left",
    "G83.4, 192970008 onset=D-200, R32, LBP, M16.0, 75325-1=267064002 D-3",
    "M16.11, LBP, Procedure 363215001 site=29836001 D-55",
    "LBP, M16.12, Q D-9: hip-examination/internal-rotation-left=20 severity-0-10=8",
    "M16.0, LBP, ServiceRequest 363215001 site=29836001 D-40, ServiceRequest 24762-7 status=draft, Z33.1",
)
"""Charts that differ in which rules fire, at which level and by which kinds of data."""

REQUIRED_RULES = frozenset({"R1", "R2", "R3", "R4", "R16", "R17"})

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=12),
        st.sampled_from(("", "Patient/p1", "p1", "2026-11-24", "Bundle", "active", "http://snomed.info/sct", "M16.11")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.text(max_size=8),
                st.sampled_from(
                    ("resourceType", "entry", "resource", "code", "coding", "system", "subject", "reference")
                ),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.data_too_large)
HOOKS = st.sampled_from(("patient-view", "encounter-start", "problem-list-item-create"))
CHANCE = st.integers(0, 2**32).map(random.Random)


def _sane(answer: Answer) -> None:
    """200 with a whole answer, or a refusal as OperationOutcome; never a fault of ours."""
    assert answer.status in (200, 400, 412), answer
    if answer.status == 200:
        assert card_faults(answer.body) == []
    else:
        assert answer.body["resourceType"] == "OperationOutcome"
        assert answer.body["issue"]
        assert not list(empty(answer.body, "outcome"))


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(hook=HOOKS, body=JSON)
def test_any_json_gets_an_answer(ask: Ask, hook: str, body: Any) -> None:
    _sane(ask(hook, body))


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(hook=HOOKS, data=st.data())
def test_any_json_as_prefetch_gets_an_answer(
    ask: Ask, services: dict[str, Offer], hook: str, data: st.DataObject
) -> None:
    body = request_for("M16.11, LBP", services[hook])
    keys = st.sampled_from((*services[hook].prefetch, "other"))
    body["prefetch"] |= data.draw(st.dictionaries(keys, JSON, max_size=4))
    _sane(ask(hook, body))


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(hook=HOOKS, context=JSON, prefetch=JSON)
def test_any_json_as_context_gets_an_answer(
    ask: Ask, services: dict[str, Offer], hook: str, context: Any, prefetch: Any
) -> None:
    body = request_for("M16.11, LBP", services[hook])
    _sane(ask(hook, body | {"context": context}))
    _sane(ask(hook, body | {"prefetch": prefetch}))


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(hook=HOOKS, facts=st.sampled_from(FACTS), data=st.data())
def test_damage_at_any_place_gets_an_answer(
    ask: Ask, services: dict[str, Offer], hook: str, facts: str, data: st.DataObject
) -> None:
    body = request_for(facts, services[hook])
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(places(body)))
        old = part_at(body, path)
        put(body, path, data.draw(st.one_of(JSON, st.just([old]), st.just([old, old]), st.just({"resource": old}))))
    _sane(ask(hook, body))


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(hook=HOOKS, facts=st.sampled_from(FACTS), data=st.data())
def test_a_part_that_is_missing_gets_an_answer(
    ask: Ask, services: dict[str, Offer], hook: str, facts: str, data: st.DataObject
) -> None:
    body = request_for(facts, services[hook])
    path = data.draw(st.sampled_from(places(body)))
    del part_at(body, path[:-1])[path[-1]]
    _sane(ask(hook, body))


@pytest.mark.parametrize("change", HARMLESS, ids=lambda change: change.__name__)
@settings(max_examples=15, deadline=None)
@given(facts=st.sampled_from(FACTS), chance=CHANCE)
def test_a_harmless_change_leaves_the_advice(
    ask: Ask, services: dict[str, Offer], change: Change, facts: str, chance: random.Random
) -> None:
    offer = services["patient-view"]
    plain = ask("patient-view", request_for(facts, offer))
    body = request_for(facts, offer)
    change(body, chance)
    changed = ask("patient-view", body)
    assert (changed.status, plain.status) == (200, 200)
    assert advice(changed.body) == advice(plain.body)
    assert completeness(changed.body) == completeness(plain.body)


@settings(max_examples=100, deadline=None)
@given(facts=st.sampled_from(FACTS), chance=CHANCE, changes=st.sets(st.sampled_from(HARMLESS), min_size=2, max_size=8))
def test_harmless_changes_together_leave_the_advice(
    ask: Ask, services: dict[str, Offer], facts: str, chance: random.Random, changes: set[Change]
) -> None:
    offer = services["patient-view"]
    plain = ask("patient-view", request_for(facts, offer))
    body = request_for(facts, offer)
    for change in HARMLESS:
        if change in changes:
            change(body, chance)
    changed = ask("patient-view", body)
    assert changed.status == 200
    assert advice(changed.body) == advice(plain.body)
    assert completeness(changed.body) == completeness(plain.body)


@settings(max_examples=40, deadline=None)
@given(facts=st.sampled_from(FACTS), chance=CHANCE)
def test_the_order_of_entries_changes_no_word(
    ask: Ask, services: dict[str, Offer], facts: str, chance: random.Random
) -> None:
    offer = services["patient-view"]
    body = request_for(facts, offer)
    for value in body["prefetch"].values():
        if isinstance(value, dict):
            chance.shuffle(value.get("entry", []))
    plain = ask("patient-view", request_for(facts, offer))
    assert sorted_lines(ask("patient-view", body).body) == sorted_lines(plain.body)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(facts=st.sampled_from(FACTS), broken=JSON, chance=CHANCE)
def test_one_broken_entry_costs_no_card(
    ask: Ask, services: dict[str, Offer], facts: str, broken: Any, chance: random.Random
) -> None:
    offer = services["patient-view"]
    plain = ask("patient-view", request_for(facts, offer))
    body = request_for(facts, offer)
    bundle = body["prefetch"][chance.choice([key for key in offer.prefetch if key != offer.key_of("Patient")])]
    entries = bundle.setdefault("entry", [])
    entries.insert(chance.randint(0, len(entries)), broken)
    changed = ask("patient-view", body)
    assert changed.status == 200
    assert advice(changed.body) == advice(plain.body)


@settings(max_examples=40, deadline=None)
@given(facts=st.sampled_from(FACTS), chance=CHANCE)
def test_another_patients_resources_change_no_card_and_are_counted(
    ask: Ask, services: dict[str, Offer], facts: str, chance: random.Random
) -> None:
    offer = services["patient-view"]
    plain = ask("patient-view", request_for(facts, offer))
    body = request_for(facts, offer)
    added = strangers(body, chance)
    mixed = ask("patient-view", body)
    assert advice(mixed.body) == advice(plain.body)
    dropped = (completeness(mixed.body) or {}).get("dropped", {})
    assert sum(counts.get("foreign", 0) for counts in dropped.values()) == added
    assert "somebody-else" not in str(mixed.body)


@pytest.mark.parametrize("facts", FACTS)
def test_the_same_call_gets_the_same_answer_under_new_uuids(call: Callable[[str, str], Answer], facts: str) -> None:
    first, second = call("patient-view", facts), call("patient-view", facts)
    assert without_uuids(second.body) == without_uuids(first.body)
    first_ids = {card["uuid"] for card in first.body["cards"]}
    assert first_ids.isdisjoint(card["uuid"] for card in second.body["cards"])


_MORE = (
    *(
        "M16.11",
        "M16.12 clinical=resolved",
        "M25.552",
        "LBP",
        "M54.31 onset=D-200",
        "M48.061",
        "I10",
        "Z51.5",
        "M17.11",
    ),
    *(
        "Z85.46 clinical=inactive",
        "M16.11+Z82.61",
        "R32 onset=D-400",
        "G83.4 ver=refuted",
        "M54.32 clinical=none abated=D-2",
    ),
    *(
        "Procedure 363215001 site=29836001 D-5",
        "ServiceRequest 308447003",
        "DiagnosticReport 37721-8 D-5",
        "BMI 40 D-1",
    ),
)
_RED_FLAGS = ("G83.4", "G83.4 onset=D-91", "M54.31, M54.32", "LBP, R32 onset=D-20", "LBP, 274663001, 72514-3=9")


@settings(max_examples=60, deadline=None)
@given(flag=st.sampled_from(_RED_FLAGS), more=st.lists(st.sampled_from(_MORE), max_size=6))
def test_nothing_beside_it_removes_or_lowers_a_red_flag(
    call: Callable[[str, str], Answer], flag: str, more: list[str]
) -> None:
    levels = ("info", "warning", "critical")
    alone = {card[0]: levels.index(card[1]) for card in advice(call("patient-view", flag).body)}
    beside = {card[0]: levels.index(card[1]) for card in advice(call("patient-view", ", ".join((flag, *more))).body)}
    flags = {rule: level for rule, level in alone.items() if rule.startswith("rf-")}
    assert flags
    assert all(beside.get(rule, -1) >= level for rule, level in flags.items())


def test_a_chart_of_five_thousand_conditions_is_read_to_the_last(ask: Ask, services: dict[str, Offer]) -> None:
    offer = services["patient-view"]
    body = request_for("I10, LBP, M16.11", offer)
    bundle = body["prefetch"][offer.key_of("Condition")]
    filler, *wanted = bundle["entry"]
    bundle["entry"] = [copy.deepcopy(filler) for _ in range(5000)] + wanted
    answer = ask("patient-view", body)
    assert [card[0] for card in advice(answer.body)] == ["hip-oa-with-lbp"]


def test_the_charts_of_these_properties_fire_every_rule_that_they_are_about(
    call: Callable[[str, str], Answer],
) -> None:
    numbers = {text.id: number for number, text in rule_texts().items()}
    fired = {numbers[card[0]] for facts in FACTS for card in advice(call("patient-view", facts).body)}
    assert fired >= REQUIRED_RULES & active_rules()
