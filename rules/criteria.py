"""The closed set of criteria: what a rule may ask of a chart.

Each criterion does three jobs: *evaluate* (three verdicts), *say* (its English, for found and for not found) and
*need* (which data it reads). This module holds the base and the combinations. The leaves are in
:mod:`rules.coded` and :mod:`rules.records` (facts of the record), :mod:`rules.measured` (measurements, answers,
age), :mod:`rules.ordered` (orders at hand) and :mod:`rules.computed` (named calculations).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

from rules.chart import Chart, Clock
from rules.faults import Fault, unknown_word
from rules.logic import Outcome, Verdict, all_of, any_of, not_

if TYPE_CHECKING:
    from rules.knowledge import Lexicon


@dataclass(frozen=True, slots=True)
class DataNeed:
    """One kind of data that a criterion reads and the concepts it looks for in it (none = all of the
    kind).
    """

    kind: str
    concepts: frozenset[str] = frozenset()


def no_other_rule(rule_id: str) -> tuple[str | None, frozenset[str]]:
    """What another rule says when there is no other rule: it does not fire."""
    del rule_id
    return None, frozenset()


class Evaluation:
    """One chart being asked: the clock, the reading of dates, and the definitions already answered.

    ``urgent`` is the reading of the red flags (R1-R15): a missing date counts as recent (knowledge 2.1).
    ``result`` tells at which level another rule fires (None: not) and what it could not check.
    """

    __slots__ = ("_met", "chart", "clock", "lexicon", "result", "urgent")

    def __init__(
        self,
        chart: Chart,
        clock: Clock,
        lexicon: Lexicon,
        *,
        urgent: bool,
        result: Callable[[str], tuple[str | None, frozenset[str]]] = no_other_rule,
    ) -> None:
        self.chart = chart
        self.clock = clock
        self.lexicon = lexicon
        self.urgent = urgent
        self.result = result
        self._met: dict[str, Outcome] = {}

    def met(self, name: str) -> Outcome:
        """The outcome of the named definition, worked out once."""
        outcome = self._met.get(name)
        if outcome is None:
            outcome = self._met[name] = self.lexicon.definitions[name].criterion.evaluate(self)
        return outcome

    def absent(self, kinds: frozenset[str], asked: object) -> Outcome:
        """Nothing was found: a closed list means absent, any other means unknown."""
        missing = self.chart.open_kinds(kinds)
        return Outcome(Verdict.UNKNOWN if missing else Verdict.DOES_NOT_APPLY, missing=missing, asked=asked)


class Criterion(BaseModel, ABC):
    """A question to a chart. Immutable; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    word: ClassVar[str]
    """The key that names this criterion in a rule file."""

    @abstractmethod
    def evaluate(self, of: Evaluation) -> Outcome:
        """The verdict, with the facts that decided it."""

    @abstractmethod
    def say(self, words: Lexicon) -> str:
        """What it asks for, as English that follows 'found:' or 'when'."""

    def say_not(self, words: Lexicon) -> str:
        """What is said when it was looked for and not found."""
        return f"no {self.say(words)}"

    @abstractmethod
    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        """The data it reads."""

    def kinds(self, words: Lexicon) -> frozenset[str]:
        """The kinds of data it reads."""
        return frozenset(need.kind for need in self.need(words))

    def parts(self) -> tuple[Criterion, ...]:
        """The criteria inside it."""
        return ()

    def placed(self, place: str) -> Iterator[tuple[str, Criterion]]:
        """The criterion and all inside it, each with its place in the file."""
        yield place, self
        for index, part in enumerate(self.parts()):
            yield from part.placed(f"{place}.{self.word}[{index}]")

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        """Faults of this criterion alone that only the other knowledge files can tell: a concept nobody lists, a
        definition that is not there.
        """
        del words, file, place
        yield from ()


class All(Criterion):
    """Every part applies."""

    word: ClassVar[str] = "all"
    all: tuple[Criterion, ...]

    def evaluate(self, of: Evaluation) -> Outcome:
        outcomes = []
        for part in self.all:
            outcome = part.evaluate(of)
            outcomes.append(outcome)
            if outcome.verdict is Verdict.DOES_NOT_APPLY and outcome.settled:
                break
        return all_of(outcomes, self)

    def say(self, words: Lexicon) -> str:
        return " and ".join(_bracketed(part, words, Any_) for part in self.all)

    def say_not(self, words: Lexicon) -> str:
        return "not together: " + self.say(words)

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset().union(*(part.need(words) for part in self.all))

    def parts(self) -> tuple[Criterion, ...]:
        return self.all


class Any_(Criterion):  # noqa: N801 - the rule language calls it "any"
    """At least one part applies. All parts are asked, so that a card can list everything that was found."""

    word: ClassVar[str] = "any"
    any: tuple[Criterion, ...]

    def evaluate(self, of: Evaluation) -> Outcome:
        return any_of([part.evaluate(of) for part in self.any], self)

    def say(self, words: Lexicon) -> str:
        return ", or ".join(_bracketed(part, words, All) for part in self.any)

    def say_not(self, words: Lexicon) -> str:
        return "; ".join(part.say_not(words) for part in self.any)

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset().union(*(part.need(words) for part in self.any))

    def parts(self) -> tuple[Criterion, ...]:
        return self.any


class Not(Criterion):
    """The part does not apply. Unknown stays unknown."""

    word: ClassVar[str] = "not"
    not_: Criterion

    def evaluate(self, of: Evaluation) -> Outcome:
        return not_(self.not_.evaluate(of), self)

    def say(self, words: Lexicon) -> str:
        return self.not_.say_not(words)

    def say_not(self, words: Lexicon) -> str:
        return self.not_.say(words)

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return self.not_.need(words)

    def parts(self) -> tuple[Criterion, ...]:
        return (self.not_,)

    def placed(self, place: str) -> Iterator[tuple[str, Criterion]]:
        yield place, self
        yield from self.not_.placed(f"{place}.{self.word}")


class NotFound(Criterion):
    """The part was looked for and not found, or could not be looked for: missing data do not establish it.

    A presumption where data are missing (knowledge 2.10: imaging not to be had counts as not recent).
    """

    word: ClassVar[str] = "not_found"
    not_found: Criterion

    def evaluate(self, of: Evaluation) -> Outcome:
        part = self.not_found.evaluate(of)
        verdict = Verdict.DOES_NOT_APPLY if part.applies else Verdict.APPLIES
        return Outcome(verdict, (), part.missing, asked=self, parts=(part,))

    def say(self, words: Lexicon) -> str:
        return self.not_found.say_not(words)

    def say_not(self, words: Lexicon) -> str:
        return self.not_found.say(words)

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return self.not_found.need(words)

    def parts(self) -> tuple[Criterion, ...]:
        return (self.not_found,)

    def placed(self, place: str) -> Iterator[tuple[str, Criterion]]:
        yield place, self
        yield from self.not_found.placed(f"{place}.{self.word}")


class Meets(Criterion):
    """A named definition applies (definitions.toml)."""

    word: ClassVar[str] = "meets"
    meets: str

    def evaluate(self, of: Evaluation) -> Outcome:
        return of.met(self.meets)

    def say(self, words: Lexicon) -> str:
        return words.definitions[self.meets].title

    def say_not(self, words: Lexicon) -> str:
        return words.definitions[self.meets].not_found

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return words.definitions[self.meets].criterion.need(words)

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        if self.meets not in words.definitions:
            yield unknown_word(file, f"{place}.meets", "definition", self.meets, words.definitions)


def _bracketed(part: Criterion, words: Lexicon, other: type[Criterion]) -> str:
    said = part.say(words)
    return f"({said})" if isinstance(part, other) else said
