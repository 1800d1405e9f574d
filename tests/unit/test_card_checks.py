"""The checker of answers finds every fault that is planted, and nothing in a good answer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from rules.chart import Availability
from tests.lib.card_checks import card_faults
from tests.lib.sample_rules import answered, chart, condition, level, ruleset, sample_rule

Json = Any
RULES = ruleset(
    sample_rule(level=[level(suggestions=[{"template": "T1"}, {"template": "T6"}])], card={"links": ["nice-ng59"]}),
    sample_rule(id="other-rule", number=42),
)
GOOD: Json = answered(
    RULES,
    chart(
        condition("M54.50"),
        had={
            "Procedure": Availability.MISSING,
            "ImagingStudy": Availability.FAILED,
            "Observation": Availability.INCOMPLETE,
        },
        dropped={"Condition": ("foreign", "unreadable", "uncoded")},
    ),
)
for _number, _card in enumerate(GOOD["cards"], 1):
    # The names of the tests hold these, and every process has to make the same ones.
    _card["uuid"] = f"a0000000-0000-4000-8000-00000000000{_number}"
    for _place, _suggestion in enumerate(_card.get("suggestions", ()), 1):
        _suggestion["uuid"] = f"a0000000-0000-4000-8000-0000000000{_number}{_place}"
CARD = ("cards", 0)
SUGGESTION = (*CARD, "suggestions", 0)
ACTION = (*SUGGESTION, "actions", 0)
RESOURCE = (*ACTION, "resource")
LINK = (*CARD, "links", 0)
RULE = (*CARD, "extension", "org.hip-spine-cds.rule")
COMPLETENESS = ("extension", "org.hip-spine-cds.completeness")
GONE = object()
ANOTHER_UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"  # version 1


def with_value(path: tuple[str | int, ...], value: Json) -> Json:
    """A copy of the good answer with another value (or none) at ``path``."""
    answer = copy.deepcopy(GOOD)
    place = answer
    for step in path[:-1]:
        place = place[step]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return answer


def edited(path: tuple[str | int, ...], edit: Callable[[Json], Json]) -> Json:
    value = GOOD
    for step in path:
        value = value[step]
    return with_value(path, edit(copy.deepcopy(value)))


def test_a_good_answer_has_no_faults() -> None:
    assert card_faults(GOOD) == []
    assert card_faults({"cards": []}) == []
    assert len(GOOD["cards"]) == 2


@pytest.mark.parametrize(
    ("row", "path", "value"),
    [
        ("C-01", ("cards",), GONE),
        ("C-01", ("cards",), {}),
        ("C-01", CARD, "a card"),
        ("C-72", ("systemActions",), [{"type": "create"}]),
        ("C-72", (*CARD, "priority"), "high"),
        ("G-03", (*CARD, "detail"), None),
        ("G-04", (*CARD, "detail"), ""),
        ("G-04", (*CARD, "links"), []),
        ("G-04", (*RESOURCE, "note"), []),
        ("G-04", (*RESOURCE, "encounter"), {}),
        ("C-10", (*CARD, "uuid"), GONE),
        ("C-10", (*CARD, "uuid"), "card-1"),
        ("C-10", (*CARD, "uuid"), ANOTHER_UUID),
        ("C-10", (*CARD, "uuid"), GOOD["cards"][0]["uuid"].upper()),
        ("C-10", (*CARD, "uuid"), GOOD["cards"][1]["uuid"]),
        ("C-10", (*SUGGESTION, "uuid"), GOOD["cards"][0]["uuid"]),
        ("C-11", (*CARD, "summary"), GONE),
        ("C-11", (*CARD, "summary"), "x" * 140),
        ("C-11", (*CARD, "summary"), "Two\nlines"),
        ("C-11", (*CARD, "summary"), "Cut here…"),
        ("C-11", (*CARD, "summary"), "[possible: fai] impingement"),
        ("C-11", (*CARD, "summary"), 7),
        ("C-12", (*CARD, "detail"), GONE),
        ("C-13", (*CARD, "indicator"), GONE),
        ("C-13", (*CARD, "indicator"), "hard-stop"),
        ("C-13", (*CARD, "indicator"), "Info"),
        ("C-14", (*CARD, "source"), GONE),
        ("C-72", (*CARD, "source", "name"), "x"),
        ("C-20", (*CARD, "source", "label"), GONE),
        ("C-21", (*CARD, "source", "url"), GONE),
        ("C-21", (*CARD, "source", "url"), "/rules/sample-rule"),
        ("C-21", (*CARD, "source", "url"), "javascript:alert(1)//rules/sample-rule"),
        ("C-21", (*CARD, "source", "url"), "https://[/rules/sample-rule"),
        ("C-21", (*CARD, "source", "url"), "https://cds.example.org/a b/rules/sample-rule"),
        ("C-21", (*CARD, "source", "url"), "https://cds.example.org/rules/other-rule"),
        ("C-22", (*CARD, "source", "icon"), "icon.png"),
        ("C-23", (*CARD, "source", "topic"), GONE),
        ("C-23", (*CARD, "source", "topic", "system"), "http://example.org/topics"),
        ("C-23", (*CARD, "source", "topic", "code"), "sample-rule"),
        ("C-23", (*CARD, "source", "topic", "code"), "S" * 101),
        ("C-23", (*CARD, "source", "topic", "code"), "OtherRule"),
        ("C-62", (*CARD, "source", "topic", "display"), GONE),
        ("C-15", (*CARD, "suggestions"), []),
        ("C-15", (*CARD, "suggestions"), {"label": "x"}),
        ("C-15", (*CARD, "suggestions"), ["x"]),
        ("C-16", (*CARD, "suggestions"), GONE),
        ("C-16", (*CARD, "selectionBehavior"), GONE),
        ("C-16", (*CARD, "selectionBehavior"), "at-most-one"),
        ("C-17", (*CARD, "overrideReasons"), GONE),
        ("C-17", (*CARD, "overrideReasons"), ["data-incorrect"]),
        ("C-62", (*CARD, "overrideReasons", 0, "display"), GONE),
        ("C-61", (*CARD, "overrideReasons", 0, "system"), GONE),
        ("C-60", (*CARD, "overrideReasons", 0, "code"), 7),
        ("C-72", (*CARD, "overrideReasons", 0, "version"), "1"),
        ("C-18", (*CARD, "links"), []),
        ("C-30", (*SUGGESTION, "label"), GONE),
        ("C-31", (*SUGGESTION, "uuid"), GONE),
        ("C-32", (*SUGGESTION, "isRecommended"), False),
        ("C-32", (*SUGGESTION, "isRecommended"), "true"),
        ("C-33", (*SUGGESTION, "actions"), GONE),
        ("C-33", (*SUGGESTION, "actions"), []),
        ("C-72", (*SUGGESTION, "actionSelectionBehavior"), "any"),
        ("C-40", (*ACTION, "type"), "Create"),
        ("C-40", (*ACTION, "type"), "delete"),
        ("C-41", (*ACTION, "description"), GONE),
        ("C-42", (*ACTION, "resource"), GONE),
        ("C-43", (*ACTION, "resourceId"), "ServiceRequest/1"),
        ("C-44", (*ACTION, "resource"), "ServiceRequest/1"),
        ("C-46", (*RESOURCE, "id"), "1"),
        ("C-42", (*RESOURCE, "resourceType"), "MedicationRequest"),
        ("C-42", (*RESOURCE, "status"), "active"),
        ("C-42", (*RESOURCE, "intent"), "plan"),
        ("C-42", (*RESOURCE, "priority"), "soon"),
        ("C-42", (*RESOURCE, "subject"), {"reference": "Group/1"}),
        ("C-42", (*RESOURCE, "subject"), "Patient/1"),
        ("C-42", (*RESOURCE, "authoredOn"), "yesterday"),
        ("C-42", (*RESOURCE, "code"), {"concept": {"text": "as in R5"}}),
        ("C-50", (*LINK, "label"), GONE),
        ("C-51", (*LINK, "url"), "file:///etc/passwd"),
        ("C-51", (*LINK, "url"), "https://"),
        ("C-52", (*LINK, "type"), GONE),
        ("C-52", (*LINK, "type"), "relative"),
        ("C-53", (*LINK, "appContext"), "x"),
        ("C-54", (*LINK, "autolaunchable"), "no"),
        ("X-02", (*CARD, "extension"), [{"url": "x"}]),
        ("X-02", (*CARD, "extension"), GONE),
        ("X-03", (*CARD, "extension", "rule"), {"id": "x"}),
        ("X-02", RULE, GONE),
        ("X-02", (*RULE, "version"), GONE),
        ("X-02", (*RULE, "extra"), "x"),
        ("X-02", (*RULE, "id"), "Sample Rule"),
        ("X-02", (*RULE, "version"), "1"),
        ("X-02", (*RULE, "knowledge"), GONE),
        ("X-02", (*RULE, "knowledge"), "new"),
        ("C-12", (*RULE, "version"), "1.2.4"),
        ("X-02", ("extension",), []),
        ("X-02", COMPLETENESS, GONE),
        ("X-02", (*COMPLETENESS, "missing"), "Procedure"),
        ("X-02", (*COMPLETENESS, "missing"), ["a procedure"]),
        ("X-02", (*COMPLETENESS, "patient"), ["Anna"]),
        ("X-02", (*COMPLETENESS, "dropped"), ["Condition"]),
        ("X-02", (*COMPLETENESS, "dropped", "Condition"), {"wrong": 1}),
        ("X-02", (*COMPLETENESS, "dropped", "Condition"), {"foreign": 0}),
        ("X-02", (*COMPLETENESS, "dropped", "Condition"), {"foreign": True}),
    ],
)
def test_a_planted_fault_is_found_under_its_row(row: str, path: tuple[str | int, ...], value: Json) -> None:
    faults = card_faults(with_value(path, value))

    assert any(fault.startswith(f"{row} ") for fault in faults), faults


@pytest.mark.parametrize(
    "added",
    [
        "<b>bold</b>",
        "\n\n<div>block</div>\n\n",
        "<!-- hidden -->",
        "![x](https://evil.example/x.png)",
        "[x](https://evil.example)",
        "[x](javascript&colon;alert)",
        "\n\n    code\n\n",
        "\n\n```\ncode\n```\n\n",
        "[possible: fai]",
    ],
)
def test_html_links_images_code_and_marks_in_the_detail_are_found(added: str) -> None:
    faults = card_faults(edited((*CARD, "detail"), lambda detail: f"{added} {detail}"))

    assert [fault for fault in faults if fault.startswith("C-12 ")], faults


def test_a_link_that_stands_among_the_links_of_the_card_may_stand_in_the_detail() -> None:
    url = GOOD["cards"][0]["links"][1]["url"]

    assert card_faults(edited((*CARD, "detail"), lambda detail: f"[NICE]({url})\n\n{detail}")) == []


@pytest.mark.parametrize("words", ["For a clinician to weigh", "Rule sample-rule, version 1.2.3"])
def test_a_detail_without_the_words_of_the_contract_is_found(words: str) -> None:
    faults = card_faults(edited((*CARD, "detail"), lambda detail: detail.replace(words, "")))

    assert [fault[:5] for fault in faults] == ["C-12 "]


def test_two_cards_of_one_rule_are_found() -> None:
    faults = card_faults(
        edited(("cards",), lambda cards: [*cards, with_value((*CARD, "uuid"), ANOTHER_UUID)["cards"][0]])
    )

    assert "C-01 rule used twice: sample-rule" in faults


def test_two_actions_in_a_suggestion_are_found() -> None:
    faults = card_faults(edited((*SUGGESTION, "actions"), lambda actions: actions * 2))

    assert [fault[:5] for fault in faults] == ["C-33 "]


@pytest.mark.parametrize("answer", [None, [], "cards", 7])
def test_an_answer_that_is_no_object_is_found(answer: Json) -> None:
    assert card_faults(answer) == ["C-01 the answer is no object"]
