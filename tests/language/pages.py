"""The specification of the rule language: pages of sentences, criteria and charts, read from the TOML beside this.

A file is a chapter, a ``[[page]]`` one criterion in TOML with its English, a ``[[page.row]]`` one chart and the
verdict. A new word needs a page and nothing else: the tests and the printed manual read whatever pages there are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from rules import read_rules
from rules.asking import Evaluation, OtherRules
from rules.chart import Availability, Chart, Clock
from rules.criteria import Criterion
from rules.examples import NOW, charts
from rules.knowledge import Lexicon, Table
from rules.logic import Outcome, Verdict
from rules.parser import CriterionParser
from rules.reading import criterion_faults
from rules.schema import Example, Given, Indicator, Kind
from rules.vocabulary import DEFINITION_CRITERIA, RULE_CRITERIA

FOLDER = Path(__file__).parent


class _Cards(OtherRules):
    """Other rules that say what a row tells."""

    def __init__(self, cards: Mapping[str, Indicator], unread: Mapping[str, tuple[Kind, ...]]) -> None:
        self._cards = cards
        self._unread = unread

    def indicator(self, rule_id: str) -> str | None:
        return self._cards.get(rule_id)

    def unchecked(self, rule_id: str) -> frozenset[str]:
        return frozenset(self._unread.get(rule_id, ()))


class Row(Table):
    """A chart, or one for each entry of ``each`` added to it in turn, and what the criterion says to it.

    ``missing``, ``failed`` and ``incomplete`` are the kinds that could not wholly be had; every other kind is
    complete. ``urgent`` asks in the reading of the red flags. ``cards`` are the levels at which other rules fire,
    ``unread`` what other rules could not check. ``could_not_check`` are the kinds that the answer names, ``found``
    the entries that decided (counted from 1).
    """

    note: str
    given: tuple[Given, ...] = ()
    each: tuple[Given, ...] = ()
    age: int = 60
    birth_date: str | None = None
    missing: tuple[Kind, ...] = ()
    failed: tuple[Kind, ...] = ()
    incomplete: tuple[Kind, ...] = ()
    urgent: bool = False
    cards: dict[str, Indicator] = Field(default_factory=dict)
    unread: dict[str, tuple[Kind, ...]] = Field(default_factory=dict)
    verdict: Verdict
    could_not_check: tuple[Kind, ...] = ()
    found: tuple[int, ...] | None = None
    sides: tuple[Literal["left", "right"], ...] | None = None
    notes: tuple[str, ...] = ()

    def charts(self, words: Lexicon) -> Iterator[Chart]:
        """The chart of the row, or one for each entry of ``each``."""
        example = Example(
            name=self.note,
            age=self.age,
            birth_date=self.birth_date,
            given=self.given,
            each=self.each,
            missing=self.missing,
            expect="applies",
        )
        had: dict[str, Availability] = dict.fromkeys(self.failed, Availability.FAILED)
        had |= dict.fromkeys(self.incomplete, Availability.INCOMPLETE)
        for chart in charts(example, words.codelists):
            yield replace(chart, availability={**chart.availability, **had})

    def outcomes(self, criterion: Criterion, words: Lexicon) -> list[Outcome]:
        """What the criterion says to each chart of the row."""
        cards = _Cards(self.cards, self.unread)
        return [
            criterion.evaluate(Evaluation(chart, Clock(NOW), words, urgent=self.urgent, other_rules=cards))
            for chart in self.charts(words)
        ]


class Page(Table):
    """One criterion: a sentence about it, its TOML, its English, the data it reads, and its charts.

    ``needs`` maps each kind to the concepts looked for in it, none for all of the kind. ``only_in``: the
    criterion may not stand anywhere, but only in a rule or in a definition.
    """

    title: str
    text: str
    criterion: str
    only_in: Literal["rule", "definition"] | None = None
    say: str
    say_not: str
    needs: dict[Kind, tuple[str, ...]]
    rows: Annotated[tuple[Row, ...], Field(alias="row", min_length=2)]

    def table(self) -> dict[str, Any]:
        """The criterion as the TOML table it is written as."""
        table: dict[str, Any] = tomllib.loads(f"criterion = {self.criterion}")["criterion"]
        return table

    def parsed(self) -> Criterion:
        """The criterion. Raises ValueError with the faults of its text."""
        parser = CriterionParser({**RULE_CRITERIA, **DEFINITION_CRITERIA})
        criterion = parser.parse(self.table(), "page", "criterion")
        faults = list(parser.faults)
        if criterion is not None:
            faults += criterion_faults(criterion, words(), "page", "criterion")
        if criterion is None or faults:
            raise ValueError("; ".join(map(str, faults)))
        return criterion

    def may_stand_in(self) -> set[str]:
        """Where the parser takes the criterion: in a rule, in a definition."""
        places = set()
        for place, leaves in (("rule", RULE_CRITERIA), ("definition", DEFINITION_CRITERIA)):
            parser = CriterionParser(leaves)
            if parser.parse(self.table(), "page", "criterion") is not None:
                places.add(place)
        return places


class Chapter(Table):
    """One file of pages. ``never_unknown``: missing data leave no criterion of the chapter open."""

    title: str
    text: str
    order: int
    never_unknown: bool = False
    pages: Annotated[tuple[Page, ...], Field(alias="page", min_length=1)]


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read once: the words of the real knowledge, and the chapters in their order."""

    words: Lexicon
    chapters: Mapping[str, Chapter]


def _read() -> _Read:
    ruleset, faults = read_rules()
    if ruleset is None:
        raise ValueError("; ".join(map(str, faults)))
    files = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.toml")}
    found = {name: Chapter.model_validate(table) for name, table in files.items()}
    return _Read(ruleset.lexicon, dict(sorted(found.items(), key=lambda item: item[1].order)))


_READ = _read()


def words() -> Lexicon:
    """The concepts, definitions, measures and items of the real knowledge."""
    return _READ.words


def chapters() -> Mapping[str, Chapter]:
    """The chapters by file name, in their order."""
    return _READ.chapters
