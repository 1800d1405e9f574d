"""Three verdicts and what is lacking: every table, and the laws that hold for any number of parts."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.chart import Answer
from rules.logic import NO_DOUBT, Doubt, Outcome, Verdict, all_of, any_of, not_

APPLIES, NOT, UNKNOWN = Verdict.APPLIES, Verdict.DOES_NOT_APPLY, Verdict.UNKNOWN
YES, NO = Outcome(APPLIES), Outcome(NOT)
PRESUMED_YES, PRESUMED_NO = Outcome(APPLIES, missing=frozenset("p")), Outcome(NOT, missing=frozenset("p"))
OPEN = Outcome(UNKNOWN, missing=frozenset("u"))

# Rows and columns: yes, presumed yes, no, presumed no, unknown. A cell is the verdict and what is lacking.
ORDER = (YES, PRESUMED_YES, NO, PRESUMED_NO, OPEN)
Y, YP, N, NP = (APPLIES, ""), (APPLIES, "p"), (NOT, ""), (NOT, "p")
U, UP = (UNKNOWN, "u"), (UNKNOWN, "pu")
ALL = (
    (Y, YP, N, NP, U),
    (YP, YP, N, NP, UP),
    (N, N, N, N, N),
    (NP, NP, N, NP, NP),
    (U, UP, N, NP, U),
)
ANY = (
    (Y, Y, Y, Y, Y),
    (Y, YP, YP, YP, YP),
    (Y, YP, N, NP, U),
    (Y, YP, NP, NP, UP),
    (Y, YP, U, UP, U),
)


def cell(outcome: Outcome) -> tuple[Verdict, str]:
    return outcome.verdict, "".join(sorted(outcome.missing))


def test_all_of_two_parts() -> None:
    assert tuple(tuple(cell(all_of((row, column))) for column in ORDER) for row in ORDER) == ALL


def test_any_of_two_parts() -> None:
    assert tuple(tuple(cell(any_of((row, column))) for column in ORDER) for row in ORDER) == ANY


def test_not_keeps_what_is_lacking() -> None:
    assert [cell(not_(part)) for part in ORDER] == [N, NP, Y, YP, U]


def test_settled_applies_and_unknown() -> None:
    assert [part.settled for part in ORDER] == [True, False, True, False, False]
    assert [part.applies for part in ORDER] == [True, True, False, False, False]
    assert [part.unknown for part in ORDER] == [False, False, False, False, True]


PARTS = st.lists(
    st.builds(
        lambda verdict, missing: Outcome(verdict, missing=missing or frozenset("xy" if verdict is UNKNOWN else "")),
        st.sampled_from(Verdict),
        st.frozensets(st.sampled_from("abc")),
    ),
    min_size=1,
    max_size=5,
)


@given(PARTS)
def test_not_all_is_any_not(parts: list[Outcome]) -> None:
    assert cell(not_(all_of(parts))) == cell(any_of([not_(part) for part in parts]))
    assert cell(not_(any_of(parts))) == cell(all_of([not_(part) for part in parts]))


@given(PARTS)
def test_the_order_of_the_parts_does_not_matter(parts: list[Outcome]) -> None:
    assert cell(all_of(parts)) == cell(all_of(parts[::-1]))
    assert cell(any_of(parts)) == cell(any_of(parts[::-1]))


@given(PARTS)
def test_unknown_always_lacks_something(parts: list[Outcome]) -> None:
    for whole in (all_of(parts), any_of(parts)):
        assert not (whole.unknown and whole.settled)


@given(PARTS)
def test_a_settled_whole_survives_whatever_the_unsettled_parts_become(parts: list[Outcome]) -> None:
    for combine in (all_of, any_of):
        whole = combine(parts)
        if whole.settled:
            known = [[part] if part.settled else [YES, NO] for part in parts]
            assert {combine(list(choice)).verdict for choice in product(*known)} == {whole.verdict}


def answer(number: int) -> Answer:
    return Answer(reference=f"QuestionnaireResponse/{number}", item="onset")


def test_a_whole_that_applies_keeps_the_facts_sides_and_notes_of_the_parts_that_do() -> None:
    first = Outcome(APPLIES, (answer(1), answer(2)), sides=frozenset({"left"}), notes=("confirm-side",))
    second = Outcome(APPLIES, (answer(2), answer(3)), sides=frozenset({"right"}), notes=("confirm-side",))
    against = Outcome(NOT, (answer(4),), sides=frozenset({"right"}))
    both = all_of((first, second), "asked")
    assert both.facts == (answer(1), answer(2), answer(3))
    assert both.sides == {"left", "right"}
    assert both.notes == ("confirm-side",)
    assert both.asked == "asked"
    assert both.parts == (first, second)
    either = any_of((against, first))
    assert either.facts == first.facts
    assert either.sides == {"left"}
    assert either.parts == (against, first)


def test_a_whole_that_does_not_apply_finds_nothing() -> None:
    found = Outcome(APPLIES, (answer(1),), sides=frozenset({"left"}), notes=("confirm-side",))
    for whole in (all_of((found, NO)), all_of((found, OPEN)), any_of((NO, OPEN)), not_(found)):
        assert (whole.facts, whole.sides, whole.notes) == ((), frozenset(), ())
    assert all_of((found, NO)).parts == (found, NO)
    assert not_(found).parts == (found,)


@pytest.mark.parametrize(
    ("doubt", "concepts", "covers"),
    [
        (NO_DOUBT, {"fai"}, False),
        (Doubt(frozenset({"fai"}), frozenset()), {"fai"}, True),
        (Doubt(frozenset({"fai"}), frozenset()), {"gtps"}, False),
        (Doubt(frozenset(), frozenset({"fai"})), {"fai"}, False),
        (Doubt(frozenset({"fai"}), frozenset({"fai"})), {"fai"}, False),
        (Doubt(frozenset({"fai"}), frozenset({"gtps"})), {"fai", "gtps"}, False),
        (Doubt(frozenset({"fai", "gtps"}), frozenset({"sciatica"})), {"fai", "gtps"}, True),
    ],
)
def test_possible_is_said_when_nothing_of_the_concepts_is_sure(doubt: Doubt, concepts: set[str], covers: bool) -> None:
    assert doubt.covers(frozenset(concepts)) is covers
