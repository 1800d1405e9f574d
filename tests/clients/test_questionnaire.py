"""The questionnaire there and back: fetched as an EHR would, filled in by a form filler, sent with a call, read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import fhirkit
import pytest

from tests.conftest import Answer, Ask
from tests.lib.clock import TODAY, written
from tests.lib.form_filler import every_item, filled
from tests.lib.resources import PATIENT
from tests.lib.vignette import Offer, bundle, request_for

if TYPE_CHECKING:
    from flask.testing import FlaskClient

Json = dict[str, Any]
Filled = Callable[..., Answer]

YES_HIP = {"groin-pain": "yes", "hip-rotation": "yes", "limp": "yes", "leg-pain-below-knee": "no"}
YES_SPINE = {"leg-pain-below-knee": "yes", "numb-weak": "yes", "slr-positive": "yes", "groin-pain": "no"}


@pytest.fixture(scope="module")
def form(client: FlaskClient) -> Json:
    answer = client.get("/fhir/Questionnaire/hip-spine-screen")
    assert answer.status_code == 200
    body: Json = answer.get_json()
    return body


@pytest.fixture
def called(form: Json, ask: Ask, services: dict[str, Offer]) -> Filled:
    """Call patient-view about a patient who has filled in the form; ``change`` may alter the response."""

    def call(
        facts: str,
        answers: Mapping[str, object],
        *,
        on: str = "D-2",
        change: Callable[[Json], None] | None = None,
    ) -> Answer:
        response = filled(form, answers, patient=PATIENT, authored=written(on))
        if change is not None:
            change(response)
        assert fhirkit.validate(response) == []
        offer = services["patient-view"]
        body = request_for(facts, offer)
        key = offer.key_of("QuestionnaireResponse")
        assert key is not None
        body["prefetch"][key] = bundle([response])
        return ask("patient-view", body)

    return call


def fired(answer: Answer) -> dict[str, str]:
    assert answer.status == 200
    return {card["extension"]["org.hip-spine-cds.rule"]["id"]: card["indicator"] for card in answer.body["cards"]}


def detail(answer: Answer, rule: str) -> str:
    [found] = [
        card["detail"] for card in answer.body["cards"] if card["extension"]["org.hip-spine-cds.rule"]["id"] == rule
    ]
    return str(found)


@pytest.mark.parametrize(
    ("answers", "rule", "indicator"),
    [
        ({"bladder-bowel-change": "yes"}, "rf-bladder-bowel", "critical"),
        ({"leg-pain-side": "both"}, "rf-bilateral-leg-pain", "critical"),
        ({"saddle-numbness": "yes"}, "rf-saddle-anaesthesia", "critical"),
        ({"leg-weakness": "progressive"}, "rf-motor-deficit", "critical"),
        ({"major-trauma": "yes"}, "rf-major-trauma", "warning"),
        ({"onset": "sudden", "severity-0-10": 7}, "rf-sudden-severe-pain", "critical"),
        (
            {"onset": "sudden", "onset-date": TODAY - timedelta(days=7), "severity-0-10": 7},
            "rf-sudden-severe-pain",
            "critical",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_alarming_answer_raises_its_red_flag(
    called: Filled, answers: Mapping[str, object], rule: str, indicator: str
) -> None:
    assert fired(called("LBP", answers))[rule] == indicator


@pytest.mark.parametrize(
    "answers",
    [
        {"bladder-bowel-change": "no", "saddle-numbness": "unknown", "leg-pain-side": "left", "leg-weakness": "stable"},
        {"can-bear-weight": "yes", "major-trauma": "no", "fever-7-days": "no"},
        {"onset": "gradual", "severity-0-10": 10},
        {"onset": "sudden", "severity-0-10": 6},
        {"onset": "sudden", "onset-date": TODAY - timedelta(days=8), "severity-0-10": 10},
    ],
)
def test_an_answer_that_alarms_nobody_raises_none(called: Filled, answers: Mapping[str, object]) -> None:
    assert fired(called("LBP", answers)) == {}


def test_a_no_to_bearing_weight_after_a_fall_raises_the_hip_fracture_flag(called: Filled) -> None:
    assert fired(called("80 F, M25.551, W19 D-1", {"can-bear-weight": "yes"})).get("rf-hip-fracture") != "critical"
    assert fired(called("80 F, M25.551, W19 D-1", {"can-bear-weight": "no"}))["rf-hip-fracture"] == "critical"


def test_hip_features_are_added_up_as_the_card_says(called: Filled) -> None:
    answer = called("LBP", YES_HIP | {"burning-electric": "yes"})

    assert fired(answer) == {"lbp-hip-features": "info"}
    assert "Hip 7, spine 1: hip likely" in detail(answer, "lbp-hip-features")


def test_spine_features_question_the_hip_as_the_source(called: Filled) -> None:
    answer = called("M25.551, M51.16", YES_SPINE)

    assert fired(answer)["spine-source-hip-pain"] == "info"
    assert "Hip 0, spine 6: spine likely" in detail(answer, "spine-source-hip-pain")


def test_unknown_is_an_answer_that_adds_nothing(called: Filled) -> None:
    assert fired(called("LBP", dict.fromkeys(YES_HIP, "unknown"))) == {}


@pytest.mark.parametrize(
    "examined",
    [
        {"internal-rotation-right": 35},
        {"internal-rotation-left": 0},
        {"internal-rotation-right-painful": "no"},
        {"internal-rotation-left-painful": "yes"},
    ],
    ids=lambda examined: next(iter(examined)),
)
def test_an_answer_in_the_nested_examination_group_counts_as_a_hip_examination(
    called: Filled, examined: Mapping[str, object]
) -> None:
    assert "hip-oa-with-lbp" in fired(called("LBP, M16.11", {"limp": "no"}))
    assert "hip-oa-with-lbp" not in fired(called("LBP, M16.11", {"limp": "no"} | dict(examined)))


def test_the_other_questions_of_the_examination_are_no_hip_examination(called: Filled) -> None:
    assert "hip-oa-with-lbp" in fired(called("LBP, M16.11", {"hip-rotation": "yes", "slr-positive": "no"}))


@pytest.mark.parametrize(
    "written_as",
    [{"valueBoolean": True}, {"valueString": "yes"}, {"valueCoding": {"code": "yes"}}],
    ids=lambda value: next(iter(value)),
)
def test_an_ehr_that_stores_a_choice_in_its_own_way_is_read_too(called: Filled, written_as: Json) -> None:
    def change(response: Json) -> None:
        for item in every_item(response):
            if "answer" in item:
                item["answer"] = [written_as]

    assert fired(called("LBP", {"saddle-numbness": "no"}, change=change)) == {"rf-saddle-anaesthesia": "critical"}


def test_a_response_without_its_groups_is_read_too_except_for_the_examination(called: Filled) -> None:
    def flatten(response: Json) -> None:
        response["item"] = [item for item in every_item(response) if "answer" in item]

    answers = YES_HIP | {"internal-rotation-right": 20}

    assert fired(called("LBP", answers)) == {}
    assert fired(called("LBP", answers, change=flatten)) == {"lbp-hip-features": "info"}


def test_the_form_takes_no_answer_that_the_service_would_not_read(form: Json) -> None:
    for answers in (
        {"severity-0-10": 11},
        {"severity-0-10": -1},
        {"limp": "often"},
        {"onset": "gradual", "onset-date": TODAY},
        {"onset-date": TODAY},
        {"aches": "yes"},
    ):
        with pytest.raises(ValueError, match=re.compile("answered with|not ask")):
            filled(form, answers, patient=PATIENT, authored=written("D0"))


def test_every_answer_that_the_form_offers_can_be_entered_and_read(form: Json, called: Filled) -> None:
    for item in every_item(form):
        for option in item.get("answerOption", ()):
            answer = called("LBP", {item["linkId"]: option["valueCoding"]["code"]})
            assert answer.status == 200
            assert "extension" not in answer.body, f"{item['linkId']}: {answer.body['extension']}"
