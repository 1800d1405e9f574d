"""The comparison of the case tables notices each kind of difference, and the notation says what it means."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.lib.casebook import rule_texts
from tests.lib.clock import NOW, written
from tests.lib.expectation import COMPANION_CODES, SIDED_CODES, differences, read_expectation
from tests.lib.notation import read_facts
from tests.lib.resources import LOINC, SNOMED
from tests.lib.vignette import Offer, request_for

TEXTS = rule_texts()
EXPECTED = read_expectation("R2(w): T6 urgent; R16(i): T1, T2 right, T3")


def _offer(priority: str | None, *codings: tuple[str, str], site: str | None = None) -> dict[str, Any]:
    order: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": system, "code": code} for system, code in codings]},
    }
    if priority is not None:
        order["priority"] = priority
    if site is not None:
        order["bodySite"] = [{"coding": [{"system": SNOMED, "code": code}]} for code in ("29836001", site)]
    return {"actions": [{"type": "create", "resource": order}]}


def _card(number: str, indicator: str, *offers: dict[str, Any]) -> dict[str, Any]:
    text = TEXTS[number]
    return {
        "summary": text.summaries[indicator],
        "indicator": indicator,
        "source": {"topic": {"system": "urn:hip-spine-cds:topic", "code": text.topic}},
        "extension": {"org.hip-spine-cds.rule": {"id": text.id}},
        "selectionBehavior": "any",
        "suggestions": list(offers),
    }


def _answer() -> dict[str, Any]:
    mri = _offer("urgent", (LOINC, "24968-0"), (SNOMED, COMPANION_CODES["T6"]))
    exam = _offer(None, (SNOMED, "363215001"), site="24028007")
    image = _offer("routine", (LOINC, SIDED_CODES["T2"]["right"]), (SNOMED, COMPANION_CODES["T2"]))
    physiotherapy = _offer(None, (SNOMED, "308447003"))
    return {"cards": [_card("R2", "warning", mri), _card("R16", "info", exam, image, physiotherapy)]}


def _order(answer: dict[str, Any], card: int, offer: int) -> dict[str, Any]:
    found: dict[str, Any] = answer["cards"][card]["suggestions"][offer]["actions"][0]["resource"]
    return found


FAULTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a card too few": lambda answer: answer["cards"].pop(),
    "a card too many": lambda answer: answer["cards"].append(copy.deepcopy(answer["cards"][0])),
    "the order of the cards": lambda answer: answer["cards"].reverse(),
    "the indicator": lambda answer: answer["cards"][1].update(indicator="warning"),
    "the summary": lambda answer: answer["cards"][1].update(summary="Low back pain with hip osteoarthritis"),
    "possible where all is sure": lambda answer: answer["cards"][1].update(
        summary=answer["cards"][1]["summary"].replace("hip osteo", "possible hip osteo")
    ),
    "the topic": lambda answer: answer["cards"][0]["source"]["topic"].update(code="BladderBowel"),
    "the selection": lambda answer: answer["cards"][0].update(selectionBehavior="at-most-one"),
    "a suggestion too few": lambda answer: answer["cards"][1]["suggestions"].pop(),
    "the order of suggestions": lambda answer: answer["cards"][1]["suggestions"].reverse(),
    "a recommendation": lambda answer: answer["cards"][1]["suggestions"][0].update(isRecommended=True),
    "an order that is not a draft": lambda answer: _order(answer, 1, 0).update(status="active"),
    "another patient's order": lambda answer: _order(answer, 1, 0)["subject"].update(reference="Patient/p2"),
    "the priority": lambda answer: _order(answer, 0, 0).update(priority="stat"),
    "a routine order made urgent": lambda answer: _order(answer, 1, 2).update(priority="urgent"),
    "the side of the examination": lambda answer: _order(answer, 1, 0)["bodySite"].pop(),
    "the site of the examination": lambda answer: _order(answer, 1, 0)["bodySite"].pop(0),
    "the side of the X-ray": lambda answer: _order(answer, 1, 1)["code"]["coding"][0].update(code="36631-0"),
    "the second code": lambda answer: _order(answer, 1, 1)["code"]["coding"].pop(),
}


def test_the_expected_answer_has_no_difference() -> None:
    assert differences(EXPECTED, 200, _answer(), TEXTS, TEXTS.keys()) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_noticed(fault: str) -> None:
    answer = _answer()
    FAULTS[fault](answer)
    assert differences(EXPECTED, 200, answer, TEXTS, TEXTS.keys())


def test_cards_of_other_rules_are_left_aside_only_when_asked() -> None:
    expected = read_expectation("R16(i): T1, T2 right, T3")
    assert differences(expected, 200, _answer(), TEXTS, {"R16"}) == []
    assert differences(expected, 200, _answer(), TEXTS, TEXTS.keys())


def test_possible_is_asked_for_where_a_diagnosis_is_suspected() -> None:
    expected = read_expectation("R2(w): T6 urgent; R16(i) [possible hip osteoarthritis]: T1, T2 right, T3")
    answer = _answer()
    assert differences(expected, 200, answer, TEXTS, TEXTS.keys())
    summary = answer["cards"][1]["summary"].replace("hip osteo", "possible hip osteo")
    answer["cards"][1]["summary"] = summary
    assert differences(expected, 200, answer, TEXTS, TEXTS.keys()) == []


def test_a_refusal_is_not_an_empty_answer() -> None:
    assert differences(read_expectation("412"), 200, {"cards": []}, TEXTS, TEXTS.keys())
    assert differences(read_expectation("none"), 412, {}, TEXTS, TEXTS.keys())
    assert differences(read_expectation("none"), 200, {"cards": []}, TEXTS, TEXTS.keys()) == []


@pytest.mark.parametrize("words", ["R16", "R16(x)", "R16(i): T99", "R16(i): T2 upwards"])
def test_an_expectation_that_cannot_be_read_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"R16|T99|upwards"):
        read_expectation(words)


def test_dates_are_relative_to_the_call() -> None:
    assert (NOW.isoformat(), written("D0"), written("D-24")) == (
        "2026-11-24T15:00:00+00:00",
        "2026-11-24",
        "2026-10-31",
    )
    assert written("T-24h1s") == "2026-11-23T14:59:59Z"
    assert written("2026-08") == "2026-08"


def test_facts_become_resources() -> None:
    notes = read_facts("55 M, M16.12 onset=D-3 site=7771000, 72514-3=9 D0, Q D-9: limp=yes, new I10, Procedure: null")
    condition, observation, response = notes.resources
    assert (notes.patient["gender"], notes.patient["birthDate"]) == ("male", "1971-08-16")
    assert condition["code"]["coding"] == [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M16.12"}]
    assert condition["onsetDateTime"] == "2026-11-21"
    assert observation["valueQuantity"] == {"value": 9}
    assert response["item"][0]["answer"] == [
        {"valueCoding": {"system": f"{response['questionnaire']}/answers", "code": "yes"}}
    ]
    assert [new["id"] for new in notes.new] == ["f5"]
    assert notes.delivery == {"Procedure": "null"}


@pytest.mark.parametrize("fact", ["M16.11 sideways", "M16.11 colour=red", "M16.11 onset"])
def test_a_word_that_the_notation_does_not_have_is_refused(fact: str) -> None:
    with pytest.raises(ValueError, match="the notation has no word"):
        read_facts(fact)


def test_an_ehr_sends_what_was_asked_for_and_no_more() -> None:
    offer = Offer(
        "hip-spine-patient-view",
        "patient-view",
        {
            "patient": "Patient/{{context.patientId}}",
            "conditions": "Condition?patient={{context.patientId}}",
            "observations": "Observation?patient={{context.patientId}}&code=http://loinc.org|72514-3",
        },
    )
    body = request_for("LBP, 72514-3=9 D0, 8310-5=38 Cel D0, Observation: next", offer)
    assert body["prefetch"]["patient"]["id"] == "p1"
    assert [entry["resource"]["id"] for entry in body["prefetch"]["conditions"]["entry"]] == ["f1"]
    assert [entry["resource"]["id"] for entry in body["prefetch"]["observations"]["entry"]] == ["f2"]
    assert body["prefetch"]["observations"]["link"][0]["relation"] == "next"
    assert "conditions" not in request_for("LBP, Condition: missing", offer)["prefetch"]
    assert request_for("Condition: null", offer)["prefetch"]["conditions"] is None
