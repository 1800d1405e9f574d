"""The hip or spine score, feature by feature as knowledge 3.1 has it."""

from __future__ import annotations

import pytest

from rules.asking import Evaluation
from rules.chart import Answer, Clock
from rules.differential import Score, score
from tests.lib.sample_rules import KNOWLEDGE, NOW, answer, chart

# Knowledge 3.1: linkId, hip points, spine points.
WEIGHTS = {
    "groin-pain": (2, 0),
    "anterior-thigh-pain": (1, 0),
    "hip-rotation": (3, 0),
    "limp": (2, 0),
    "weight-bearing-worse": (1, 0),
    "shoes-crossing-car": (1, 0),
    "sitting-relief": (1, 0),
    "click-catch": (1, 0),
    "morning-stiffness": (1, 0),
    "lateral-hip-pain": (1, 0),
    "buttock-pain": (0, 0),
    "leg-pain-below-knee": (0, 2),
    "numb-weak": (0, 2),
    "burning-electric": (0, 1),
    "bending-lifting-worse": (0, 1),
    "long-sitting-worse": (0, 1),
    "spine-stiff": (0, 1),
    "slr-positive": (0, 2),
}
KEY_FEATURES = {"groin-pain", "hip-rotation", "limp"}
STATEMENTS = {
    "groin-pain": ("S15", "S35"),
    "anterior-thigh-pain": ("S35",),
    "hip-rotation": ("S38", "S43"),
    "limp": ("S39",),
    "weight-bearing-worse": ("S39", "S41"),
    "shoes-crossing-car": ("S15", "S43", "S44"),
    "sitting-relief": ("S42",),
    "click-catch": ("S15", "S20"),
    "morning-stiffness": ("S15",),
    "lateral-hip-pain": ("S16", "S17"),
    "buttock-pain": ("S37",),
    "leg-pain-below-knee": ("S27", "S36"),
    "numb-weak": ("S28",),
    "burning-electric": ("S27",),
    "bending-lifting-worse": ("S40", "S41"),
    "long-sitting-worse": ("S40", "S41", "S42"),
    "spine-stiff": ("S43",),
    "slr-positive": (),
}


def scored(*answers: Answer, stenosis: bool = False) -> Score:
    return score(Evaluation(chart(*answers), Clock(NOW), KNOWLEDGE.lexicon, urgent=False), stenosis)


def yes(*items: str, days: int = 9) -> list[Answer]:
    return [answer(item, "yes", days) for item in items]


def no(*items: str) -> list[Answer]:
    return [answer(item, "no") for item in items]


def test_the_features_are_those_of_the_knowledge() -> None:
    features = {item.id: item for item in KNOWLEDGE.lexicon.items.values() if item.feature}
    assert set(features) == set(WEIGHTS)
    assert {name for name, item in features.items() if item.key_feature} == KEY_FEATURES
    assert {name: item.statements for name, item in features.items()} == STATEMENTS
    assert {item.within for item in features.values()} == {90}
    assert {item.words for item in features.values()} == {("yes", "no", "unknown")}


@pytest.mark.parametrize(("item", "hip", "spine"), [(item, *points) for item, points in WEIGHTS.items()])
def test_the_points_of_a_feature(item: str, hip: int, spine: int) -> None:
    found = scored(*yes(item))
    assert (found.hip, found.spine) == (hip, spine)
    assert found.key_feature is (item in KEY_FEATURES)
    assert found.answered == (item,)
    assert [(feature.item.id, feature.hip, feature.spine) for feature in found.counted] == [(item, hip, spine)]


def test_no_unknown_and_old_answers_give_no_points() -> None:
    found = scored(*no("hip-rotation"), answer("limp", "unknown"), answer("groin-pain", "yes", 91))
    assert (found.hip, found.spine, found.counted, found.key_feature) == (0, 0, (), False)
    assert found.answered == ("hip-rotation",)


def test_the_last_day_and_a_response_without_a_date_count() -> None:
    assert scored(*yes("limp", days=90)).hip == 2
    assert scored(answer("limp", "yes", None)).hip == 2


def test_only_the_newest_answer_counts() -> None:
    assert scored(answer("limp", "yes", 20), answer("limp", "no", 3)).hip == 0
    assert scored(answer("limp", "yes", 20), answer("limp", "unknown", 3)).hip == 2


def test_the_greatest_sums_are_14_and_10() -> None:
    everything = scored(*yes(*WEIGHTS))
    # Leg pain below the knee with worse on weight-bearing takes the point of relief on sitting away.
    assert (everything.hip, everything.spine) == (13, 10)
    hip_only = [item for item, (hip, _) in WEIGHTS.items() if hip]
    assert scored(*yes(*hip_only)).hip == 14


@pytest.mark.parametrize(
    ("answers", "stenosis", "points"),
    [
        ([], False, 1),
        ([], True, 0),
        (yes("leg-pain-below-knee", "weight-bearing-worse"), False, 0),
        (yes("leg-pain-below-knee", "weight-bearing-worse"), True, 0),
        (yes("leg-pain-below-knee"), False, 1),
        (yes("weight-bearing-worse"), False, 1),
        ([*yes("leg-pain-below-knee"), *no("weight-bearing-worse")], False, 1),
        ([*no("leg-pain-below-knee"), *yes("weight-bearing-worse")], False, 1),
        ([*yes("leg-pain-below-knee", days=91), *yes("weight-bearing-worse")], False, 1),
    ],
)
def test_relief_on_sitting_counts_unless_stenosis_explains_it(
    answers: list[Answer], stenosis: bool, points: int
) -> None:
    found = scored(*yes("sitting-relief"), *answers, stenosis=stenosis)
    [relief] = [feature for feature in found.counted if feature.item.id == "sitting-relief"]
    assert relief.hip == points
    assert found.hip == points + sum(WEIGHTS[feature.item.id][0] for feature in found.counted if feature is not relief)


@pytest.mark.parametrize(
    ("hip", "spine", "result"),
    [
        # hip likely: 4 or more, and 2 more than spine
        (["groin-pain", "limp"], [], "hip likely"),
        (["groin-pain", "limp"], ["numb-weak"], "hip likely"),
        (["groin-pain", "limp"], ["numb-weak", "spine-stiff"], "mixed"),
        (["hip-rotation"], [], "undetermined"),
        (["hip-rotation"], ["spine-stiff"], "undetermined"),
        (["hip-rotation", "limp"], ["numb-weak", "spine-stiff"], "hip likely"),
        (["hip-rotation", "limp", "groin-pain"], ["numb-weak", "slr-positive"], "hip likely"),
        # spine likely: the other way round
        ([], ["numb-weak", "slr-positive"], "spine likely"),
        (["limp"], ["numb-weak", "slr-positive"], "spine likely"),
        (["hip-rotation"], ["numb-weak", "slr-positive"], "mixed"),
        ([], ["numb-weak", "spine-stiff"], "undetermined"),
        (["hip-rotation"], ["numb-weak", "slr-positive", "spine-stiff"], "spine likely"),
        # mixed: both 3 or more, 1 apart at most
        (["hip-rotation"], ["numb-weak", "spine-stiff"], "mixed"),
        (["limp"], ["numb-weak", "spine-stiff"], "undetermined"),
        (["hip-rotation"], ["numb-weak"], "undetermined"),
        (["hip-rotation", "limp"], ["numb-weak", "slr-positive"], "mixed"),
        ([], [], "undetermined"),
    ],
)
def test_the_result_at_its_thresholds(hip: list[str], spine: list[str], result: str) -> None:
    filling = no("click-catch", "morning-stiffness", "buttock-pain", "lateral-hip-pain")
    assert scored(*yes(*hip, *spine), *filling).result == result


def test_fewer_than_four_answers_are_not_enough() -> None:
    three = yes("hip-rotation", "limp", "groin-pain")
    assert scored(*three).result == "not enough"
    assert scored(*three, answer("click-catch", "unknown")).result == "not enough"
    assert scored(*three, answer("click-catch", "no", 91)).result == "not enough"
    assert scored(*three, answer("onset", "sudden", 3)).result == "not enough"
    assert scored(*three, *no("click-catch")).result == "hip likely"
    assert scored().result == "not enough"
