"""Accessors never raise, and take the shapes that records have."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.reading.accessors import (
    MAX_TEXT,
    a_string,
    a_truth,
    an_object,
    codings,
    given,
    number,
    objects,
    reference,
    said,
    status_word,
    status_words,
)

ONE = {"code": "x"}


@pytest.mark.parametrize(
    ("value", "found"),
    [(ONE, [ONE]), ([ONE, ONE], [ONE, ONE]), ([None, 5, ONE, "x", [ONE]], [ONE]), ("x", []), (7, []), (None, [])],
)
def test_a_list_or_one_object_both_give_a_list(value: Any, found: list[Any]) -> None:
    assert objects(value) == found
    assert an_object(value) == (found[0] if found else {})


@pytest.mark.parametrize("value", ["", "  ", {}, [], None])
def test_null_and_forbidden_empties_are_not_there(value: Any) -> None:
    assert not given(value)


@pytest.mark.parametrize("value", ["x", {"a": None}, [None], 0, False, True, 1.5])
def test_anything_else_is_there(value: Any) -> None:
    assert given(value)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (True, True),
        (False, False),
        ("true", True),
        (" False ", False),
        ("yes", None),
        (1, None),
        (0, None),
        (None, None),
    ],
)
def test_a_boolean_may_be_written_as_a_string_but_a_number_is_none(value: Any, found: bool | None) -> None:
    assert a_truth(value) is found


@pytest.mark.parametrize(("value", "found"), [(" M16 ", "M16"), ("", None), ("  ", None), (5, None), (["x"], None)])
def test_a_string_is_trimmed(value: Any, found: str | None) -> None:
    assert a_string(value) == found


@pytest.mark.parametrize(
    ("concept", "found"),
    [
        ({"coding": [ONE, ONE]}, [ONE, ONE]),
        ({"coding": ONE}, [ONE]),
        ([{"coding": [ONE]}, {"coding": ONE}, {"text": "x"}], [ONE, ONE]),
        ({"coding": "x"}, []),
        ({"coding": [None, "x"]}, []),
        ("x", []),
    ],
)
def test_the_codings_of_one_concept_or_of_several(concept: Any, found: list[Any]) -> None:
    assert list(codings(concept)) == found


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("active", "active"),
        (" Active ", "active"),
        ({"code": "ACTIVE"}, "active"),
        ({"coding": [{"code": "active"}]}, "active"),
        ({"coding": {"code": "active"}}, "active"),
        ([{"coding": [{"code": "active"}]}], "active"),
        (["active"], "active"),
        ({"text": "Entered in Error"}, "entered-in-error"),
        ("on_hold", "on-hold"),
        ({"coding": [{"display": "Resolved"}]}, "resolved"),
        ({"coding": [{"display": "Resolved", "code": "413322009"}], "text": "gone"}, "413322009"),
        ({"coding": [{"code": 5}], "text": ["x"]}, None),
        ("", None),
        (True, None),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_strings_codings_and_concepts_give_a_status(value: Any, word: str | None) -> None:
    assert status_word(value) == word


def test_of_several_status_words_the_known_one_is_taken_and_else_the_first() -> None:
    status = {"coding": [{"system": "urn:local", "code": "A"}, {"code": "Resolved"}], "text": "gone"}
    assert list(status_words(status)) == ["a", "resolved", "gone"]
    assert status_word(status, {"resolved"}) == "resolved"
    assert status_word(status, {"active"}) == "a"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ({"reference": "Patient/p1"}, "Patient/p1"),
        ("Patient/p1", "Patient/p1"),
        ([{"reference": "Patient/p1"}], "Patient/p1"),
        ({"display": "somebody"}, None),
        ({"reference": 5}, None),
        ("", None),
        (7, None),
    ],
)
def test_a_reference_may_be_a_plain_string_or_an_object(value: Any, address: str | None) -> None:
    assert reference(value) == address


@pytest.mark.parametrize(
    ("value", "found"),
    [
        *((7, 7.0), (7.5, 7.5), (-1, -1.0), (True, None), ("7", None), (None, None), ([7], None)),
        *((float("nan"), None), (float("inf"), None), (float("-inf"), None), (10**400, None)),
    ],
)
def test_only_finite_numbers_are_numbers(value: Any, found: float | None) -> None:
    assert number(value) == found


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Pain  of\n hip", "Pain of hip"),
        ("\x00\u202eleft\u200b \x1b[31m", "left [31m"),
        (" " * 500 + "hip", "hip"),
        ("\t \n", None),
        ("", None),
        (5, None),
        ({"x": 1}, None),
    ],
)
def test_the_records_words_are_one_line_without_control_characters(value: Any, words: str | None) -> None:
    assert said(value) == words


def test_the_records_words_are_cut() -> None:
    assert said("ab" * 5000) == "ab" * (MAX_TEXT // 2)
    assert said("x" * (MAX_TEXT - 1) + " yz") == "x" * (MAX_TEXT - 1)
