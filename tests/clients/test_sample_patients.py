"""The answer to every sample patient: the cards of its story, and together every level of every rule."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import fhirkit
import pytest
from fhir.resources.R4B import get_fhir_model_class

from cards.build import CardWriter
from cds_service.evaluation import Answered, HipSpineService
from cds_service.offers import PREFIX
from cds_service.samples import SAMPLES, load_sample
from rules.loader import load_rules
from tests.lib.card_checks import card_faults
from tests.lib.clock import NOW

RULESET = load_rules()
NAMES = [sample.name for sample in SAMPLES]
EXPECTED = tomllib.loads((Path(__file__).parent / "sample_answers.toml").read_text(encoding="utf-8"))
URL = "http://127.0.0.1:8000"
SERVICE = HipSpineService(RULESET, CardWriter(RULESET, public_url=URL), None, URL)


Retold = Callable[[Any], None]
"""A change of a request in place."""


def answer(request: dict[str, Any]) -> Answered:
    offer = SERVICE.offer(f"{PREFIX}{request['hook']}")
    return SERVICE.answer(SERVICE.read(offer, request), NOW)


@cache
def answered(name: str) -> Answered:
    return answer(load_sample(name, NOW))


def fired(told: Answered) -> set[str]:
    return {result.rule.id for result in told.results if result.fires}


def drafts(name: str) -> list[Any]:
    """The resources of all suggestions of an answer."""
    return [
        action["resource"]
        for card in answered(name).body["cards"]
        for suggestion in card.get("suggestions", ())
        for action in suggestion["actions"]
    ]


def test_every_sample_has_its_answer_and_no_other() -> None:
    assert list(EXPECTED) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_cards_are_those_of_the_story(name: str) -> None:
    cards = answered(name).body["cards"]
    shown = [f"{card['indicator']} {card['extension']['org.hip-spine-cds.rule']['id']}" for card in cards]
    withheld = [f"{one.result.rule.id} {one.reason}" for one in answered(name).triage.withheld]

    assert {"cards": shown, "withheld": withheld} == {"withheld": [], **EXPECTED[name]}


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_keeps_the_contract(name: str) -> None:
    assert card_faults(answered(name).body) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_draft_is_valid_for_two_readers_of_fhir(name: str) -> None:
    for resource in drafts(name):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        assert fhirkit.validate(resource) == []


def test_every_level_of_every_rule_is_reached_and_every_rule_shown_to_some_patient() -> None:
    reached = {
        (result.rule.id, result.level.indicator)
        for name in NAMES
        for result in answered(name).results
        if result.fires and result.level is not None
    }
    shown = {result.rule.id for name in NAMES for result in answered(name).triage.shown}

    assert reached == {(rule.id, level.indicator) for rule in RULESET.active for level in rule.levels}
    assert shown == {rule.id for rule in RULESET.active}


def test_every_suggestion_template_is_offered_to_some_patient() -> None:
    offered = {
        offer.template.id for name in NAMES for result in answered(name).triage.shown for offer in result.suggestions
    }

    assert offered == set(RULESET.templates)


def test_every_hook_has_a_patient() -> None:
    assert {sample.hook for sample in SAMPLES} == set(RULESET.hooks)


def without(*ids: str) -> Retold:
    """The same request without the resources of these ids."""

    def retell(request: Any) -> None:
        for bundle in request["prefetch"].values():
            if isinstance(bundle, dict) and "entry" in bundle:
                bundle["entry"] = [entry for entry in bundle["entry"] if entry["resource"].get("id") not in ids]

    return retell


def active_again(request: Any) -> None:
    """The resolved arthritis is active."""
    [hip] = [
        entry["resource"]
        for entry in request["prefetch"]["conditions"]["entry"]
        if entry["resource"]["id"] == "v-hip-oa"
    ]
    del hip["abatementDateTime"]
    hip["clinicalStatus"]["coding"][0]["code"] = "active"


@pytest.mark.parametrize(
    ("name", "retell"),
    [
        ("hip-examined", without("c-hip-examination")),
        ("back-pain-after-hip-replacement", without("u-prosthesis", "u-replacement")),
        ("hip-oa-resolved", active_again),
    ],
)
def test_one_fact_keeps_the_core_rule_away(name: str, retell: Retold) -> None:
    """Examined, replaced, resolved: the rule is silent, and speaks as soon as that one fact is gone."""
    request = load_sample(name, NOW)
    retell(request)

    assert "hip-oa-with-lbp" not in fired(answered(name))
    assert "hip-oa-with-lbp" in fired(answer(request))
