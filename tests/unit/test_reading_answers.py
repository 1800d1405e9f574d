"""Answers to the service's own questionnaire."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.gathered import Entry
from cds_service.reading.dates import read_when
from rules.chart import Answer
from tests.lib.chart_reading import dropped, read, resource, response


def answers(*items: Any, **members: Any) -> list[Answer]:
    return [one for listed in read(response(*items, **members)).answers.values() for one in listed]


def item(link: Any = "limp", *values: Any, **members: Any) -> dict[str, Any]:
    return {"linkId": link, "answer": list(values)} | members


def one(value: Any) -> Answer:
    (answer,) = answers(item("limp", value))
    return answer


@pytest.mark.parametrize(
    "canonical",
    [
        "https://cds.example/Questionnaire/hip-spine-screen",
        "https://cds.example/Questionnaire/hip-spine-screen|1.2.0",
        "https://cds.example/Questionnaire/hip-spine-screen/",
        "Questionnaire/hip-spine-screen",
        "hip-spine-screen",
        {"reference": "Questionnaire/hip-spine-screen"},
    ],
)
def test_a_response_is_ours_by_the_last_part_of_its_questionnaire(canonical: Any) -> None:
    assert len(answers(item("limp", {"valueBoolean": True}), questionnaire=canonical)) == 1


@pytest.mark.parametrize(
    "canonical",
    [
        "https://cds.example/Questionnaire/hip-spine-screen-2",
        "https://cds.example/Questionnaire/other|hip-spine-screen",
        "https://cds.example/hip-spine-screen/other",
        "#hip-spine-screen",
        "Hip-Spine-Screen",
    ],
)
def test_any_other_response_is_left_alone(canonical: Any) -> None:
    chart = read(response(item("limp", {"valueBoolean": True}), questionnaire=canonical))
    assert chart.answers == {}
    assert dropped(chart) == {}


@pytest.mark.parametrize("canonical", [None, "", {}, []])
def test_a_response_that_does_not_say_to_which_questions_may_have_held_an_alarm_and_is_counted(canonical: Any) -> None:
    chart = read(response(item("limp", {"valueBoolean": True}), questionnaire=canonical))
    assert chart.answers == {}
    assert dropped(chart) == {"QuestionnaireResponse": {"uncoded": 1}}


@pytest.mark.parametrize(
    "members", [{"questionnaire": 5}, {"questionnaire": {"display": "screen"}}, {"item": "limp"}, {"item": [1, None]}]
)
def test_a_response_in_which_nothing_can_be_found_is_counted(members: Any) -> None:
    chart = read(response() | members)
    assert chart.answers == {}
    assert dropped(chart) == {"QuestionnaireResponse": {"unreadable": 1}}


@pytest.mark.parametrize("status", ["entered-in-error", "stopped", "Entered-In-Error", {"code": "stopped"}])
def test_a_response_that_was_stopped_or_is_an_error_has_no_answers(status: Any) -> None:
    assert answers(item("limp", {"valueBoolean": True}), status=status) == []


@pytest.mark.parametrize("status", ["completed", "amended", "in-progress", "bogus", None, 5])
def test_with_any_other_status_or_none_it_has(status: Any) -> None:
    assert len(answers(item("limp", {"valueBoolean": True}), status=status)) == 1


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({"valueBoolean": True}, "yes"),
        ({"valueBoolean": False}, "no"),
        ({"valueBoolean": "true"}, "yes"),
        ({"valueCoding": {"code": " Yes "}}, "yes"),
        ({"valueCoding": [{"code": "no"}]}, "no"),
        ({"valueCoding": "Sudden"}, "sudden"),
        ({"valueString": " Sudden "}, "sudden"),
        ({"valueString": "x" * 9999}, "x" * 200),
    ],
)
def test_words(value: Any, word: str) -> None:
    assert one(value).word == word


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ({"valueInteger": 7}, 7.0),
        ({"valueDecimal": 7.5}, 7.5),
        ({"valueQuantity": {"value": 20}}, 20.0),
        ({"valueString": " 7 "}, 7.0),
        ({"valueString": "7.50"}, 7.5),
        ({"valueString": "-3"}, -3.0),
        ({"valueString": "1e1"}, 10.0),
    ],
)
def test_numbers(value: Any, number: float) -> None:
    assert one(value).number == number


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-Infinity", "1_0", "0x10", "7/10", "7,5", "1e999", "\u0667", "seven", "1e"]
)
def test_a_text_that_is_no_finite_number_is_a_word_only(text: str) -> None:
    answer = one({"valueString": text})
    assert (answer.word, answer.number) == (text.lower(), None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"valueDate": "2026-11-20"}, "2026-11-20"),
        ({"valueDate": "2026-11"}, "2026-11"),
        ({"valueDateTime": "2026-11-20T10:00:00Z"}, "2026-11-20T10:00:00Z"),
        ({"valueString": "2026-11-20"}, "2026-11-20"),
    ],
)
def test_dates(value: Any, text: str) -> None:
    assert one(value).date == read_when(text)


def test_a_string_may_be_a_word_a_number_and_a_date() -> None:
    answer = one({"valueString": "2026"})
    assert (answer.word, answer.number, answer.date) == ("2026", 2026.0, read_when("2026"))


@pytest.mark.parametrize(
    "value",
    [
        *({}, None, 7, "yes", {"valueInteger": True}, {"valueDecimal": "7"}, {"valueQuantity": {"value": None}}),
        *({"valueBoolean": 1}, {"valueCoding": {"display": "Yes"}}, {"valueCoding": {"code": 1}}, {"valueDate": 2026}),
        *({"valueString": " "}, {"valueReference": {"reference": "Patient/p1"}}, {"valueDate": "2026-02-30"}),
    ],
)
def test_what_is_no_answer_is_left_out(value: Any) -> None:
    assert answers(item("limp", value)) == []


def test_several_answers_to_one_item_are_all_read() -> None:
    found = answers(item("site", {"valueCoding": {"code": "left"}}, {"valueCoding": {"code": "right"}}))
    assert [answer.word for answer in found] == ["left", "right"]


def test_one_object_in_place_of_each_list() -> None:
    chart = read(response() | {"item": {"linkId": "limp", "answer": {"valueBoolean": True}}})
    assert [answer.word for answer in chart.answers["limp"]] == ["yes"]


def test_nested_items_know_the_items_around_them() -> None:
    yes = {"valueBoolean": True}
    chart = read(
        response(
            {
                "linkId": "hip-examination",
                "item": [item("limp", yes | {"item": [item("since", {"valueDate": "2026-11"})]}), item("slr", yes)],
            },
            {"item": [{"linkId": "side", "item": {"item": {"linkId": "deep", "answer": yes}}}]},
            item("limp", {"valueBoolean": False}),
        )
    )
    assert {name: [answer.groups for answer in found] for name, found in chart.answers.items()} == {
        "limp": [("hip-examination",), ()],
        "since": [("hip-examination", "limp")],
        "slr": [("hip-examination",)],
        "deep": [("side",)],
    }


def test_answers_are_read_in_the_order_of_the_response() -> None:
    words = [{"valueCoding": {"code": code}} for code in "abcd"]
    nested = words[0] | {"item": [item("limp", words[1])]}
    found = answers(item("limp", nested, item=[item("limp", words[2])]), item("limp", words[3]))
    assert [answer.word for answer in found] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("link", [None, "", 5, ["limp"]])
def test_an_item_without_a_link_id_has_no_answer_but_its_items_have(link: Any) -> None:
    yes = {"valueBoolean": True}
    found = answers({"linkId": link, "answer": [yes], "item": [item("limp", yes)]})
    assert [(answer.item, answer.groups) for answer in found] == [("limp", ())]


def test_no_depth_is_too_deep() -> None:
    nested = item("limp", {"valueBoolean": True})
    for _ in range(3000):
        nested = {"linkId": "group", "item": [nested]}
    (answer,) = answers(nested)
    assert len(answer.groups) == 3000


@pytest.mark.parametrize(("authored", "text"), [("2026-11-20", "2026-11-20"), ("soon", None), (None, None), (7, None)])
def test_the_date_is_that_of_the_response(authored: Any, text: str | None) -> None:
    (answer,) = answers(item("limp", {"valueBoolean": True}), authored=authored)
    assert answer.when == read_when(text)


def test_an_answer_says_where_it_is_from() -> None:
    (answer,) = read(Entry(response(item("limp", {"valueBoolean": True}), id="q9"), "fhirServer")).answers["limp"]
    assert (answer.reference, answer.origin) == ("QuestionnaireResponse/q9", "fhirServer")
    (nameless,) = answers(item("limp", {"valueBoolean": True}), id=None)
    assert nameless.reference == "QuestionnaireResponse"


def test_the_response_of_another_patient_is_counted_and_not_read() -> None:
    chart = read(response(item("limp", {"valueBoolean": True}), subject="Patient/p2"))
    assert chart.answers == {}
    assert dropped(chart) == {"QuestionnaireResponse": {"foreign": 1}}


def test_an_answer_that_came_twice_counts_once_and_a_changed_one_beside_it() -> None:
    first = response(item("limp", {"valueBoolean": True}))
    again = first | {"meta": {"versionId": "2"}}
    changed = response(item("limp", {"valueBoolean": False}))
    chart = read(first, changed, Entry(again, "fhirServer"), changed)
    assert [answer.word for answer in chart.answers["limp"]] == ["yes", "no"]


def test_the_same_answer_in_two_responses_is_two_answers() -> None:
    chart = read(*(response(item("limp", {"valueBoolean": True}), id=name) for name in ("a", "b")))
    assert len(chart.answers["limp"]) == 2


def test_items_of_other_resources_are_no_answers() -> None:
    assert read(resource("Questionnaire", item=[item("limp", {"valueBoolean": True})])).answers == {}
