"""Every page of the rule language holds: each verdict, the English, the data read; and every word has a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest

from rules.chart import KINDS
from rules.criteria import All, Any_, Criterion, Meets, Not, NotFound
from rules.logic import Outcome, Verdict
from rules.schema import Kind
from rules.vocabulary import DEFINITION_CRITERIA, RULE_CRITERIA
from tests.language.pages import Chapter, Page, Row, chapters, words
from tests.lib.mutation import criterion_mutants

WORDS: dict[str, type[Criterion]] = {
    **{model.word: model for model in (All, Any_, Not, NotFound, Meets)},
    **RULE_CRITERIA,
    **DEFINITION_CRITERIA,
}

PAGES = [
    pytest.param(page, id=f"{name}: {page.title}") for name, chapter in chapters().items() for page in chapter.pages
]
ROWS = [
    pytest.param(page, row, id=f"{name}: {page.title}: {row.note}")
    for name, chapter in chapters().items()
    for page in chapter.pages
    for row in page.rows
]
CHAPTERS = [pytest.param(chapter, id=name) for name, chapter in chapters().items()]


@pytest.mark.parametrize(("page", "row"), ROWS)
def test_row(page: Page, row: Row) -> None:
    for outcome in row.outcomes(page.parsed(), words()):
        assert outcome.verdict is row.verdict
        assert outcome.missing == frozenset(row.could_not_check)
        assert outcome.notes == row.notes
        if row.found is not None:
            assert tuple(int(fact.reference.rpartition("/")[2]) for fact in outcome.facts) == row.found
        if row.sides is not None:
            assert outcome.sides == frozenset(row.sides)


@pytest.mark.parametrize("page", PAGES)
def test_english_and_data_read(page: Page) -> None:
    criterion = page.parsed()
    assert criterion.say(words()) == page.say
    assert criterion.say_not(words()) == page.say_not
    needs = criterion.need(words())
    assert {need.kind for need in needs} == set(page.needs) == criterion.kinds(words())
    for kind, concepts in page.needs.items():
        read = [need.concepts for need in needs if need.kind == kind]
        assert (frozenset[str]().union(*read) if all(read) else frozenset()) == frozenset(concepts)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_where_its_criterion_may_stand(page: Page) -> None:
    assert page.may_stand_in() == ({"rule", "definition"} if page.only_in is None else {page.only_in})


@pytest.mark.parametrize("page", PAGES)
def test_the_charts_of_a_page_notice_every_small_change_to_its_criterion(page: Page) -> None:
    criterion = page.parsed()
    shown = _shown(page, criterion)
    assert [what for what, mutant in criterion_mutants(criterion) if _shown(page, mutant) == shown] == []


def _shown(page: Page, criterion: Criterion) -> list[tuple[Any, ...]]:
    return [
        (outcome.verdict, outcome.facts, outcome.missing, outcome.sides, outcome.notes)
        for row in page.rows
        for outcome in row.outcomes(criterion, words())
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_when_the_criterion_applies_and_when_it_does_not(page: Page) -> None:
    assert {Verdict.APPLIES, Verdict.DOES_NOT_APPLY} <= {row.verdict for row in page.rows}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_shows_what_missing_data_do(chapter: Chapter) -> None:
    shown = {row.verdict for page in chapter.pages for row in page.rows}
    assert (Verdict.UNKNOWN in shown) is not chapter.never_unknown
    if chapter.never_unknown:
        nothing = Row(note="nothing could be had", missing=_every_kind(), verdict=Verdict.APPLIES)
        said = [outcome for page in chapter.pages for outcome in nothing.outcomes(page.parsed(), words())]
        assert [outcome for outcome in said if outcome.unknown] == list[Outcome]()


def _every_kind() -> tuple[Kind, ...]:
    assert get_args(Kind) == KINDS
    return get_args(Kind)


def _inside(criterion: Criterion) -> Iterator[Criterion]:
    yield criterion
    for part in criterion.parts():
        yield from _inside(part)


def _on_pages() -> list[Criterion]:
    return [part for chapter in chapters().values() for page in chapter.pages for part in _inside(page.parsed())]


@pytest.mark.parametrize("word", WORDS)
def test_every_word_has_a_page(word: str) -> None:
    assert any(part.word == word for part in _on_pages())


def _declared_by(model: type[Criterion], key: str) -> type[Any]:
    return next(base for base in model.__mro__ if key in vars(base).get("__annotations__", {}))


KEYS = sorted(
    {(_declared_by(model, key).__name__, key) for model in WORDS.values() for key in model.model_fields},
)


@pytest.mark.parametrize(("owner", "key"), KEYS)
def test_every_key_has_a_page(owner: str, key: str) -> None:
    assert any(
        key in part.model_fields_set and _declared_by(type(part), key).__name__ == owner for part in _on_pages()
    ), f"no page uses {key!r} of {owner}"


CHOICES = sorted(
    {
        (model.word, key, str(choice))
        for model in WORDS.values()
        for key, field in model.model_fields.items()
        for annotation in (field.annotation, *get_args(field.annotation))
        if get_origin(annotation) is Literal
        for choice in get_args(annotation)
    }
)


@pytest.mark.parametrize(("word", "key", "choice"), CHOICES)
def test_every_choice_of_a_key_has_a_page(word: str, key: str, choice: str) -> None:
    """Keys that several criteria share need a page with only one of them."""
    owner = _declared_by(WORDS[word], key)
    assert any(
        key in type(part).model_fields
        and _declared_by(type(part), key) is owner
        and choice in (getattr(part, key), *_listed(getattr(part, key)))
        for part in _on_pages()
    )


def _listed(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def test_chapters_have_an_order_without_twins() -> None:
    orders = [chapter.order for chapter in chapters().values()]
    assert orders == sorted(set(orders))


def test_a_definition_asks_no_rule_and_a_rule_reaches_a_calculation_by_name() -> None:
    assert set(RULE_CRITERIA) - set(DEFINITION_CRITERIA) == {"fires"}
    assert set(DEFINITION_CRITERIA) - set(RULE_CRITERIA) == {"native_side", "replaced", "differential"}
