"""The closed set of criteria: what a rule may ask of a chart.

Each criterion does three jobs: *evaluate* (three verdicts), *say* (its English, for found and for not found) and
*need* (which data it reads). This module holds the base and the combinations. The leaves are in
:mod:`rules.coded` and :mod:`rules.records` (facts of the record), :mod:`rules.measured` (measurements, answers,
age), :mod:`rules.ordered` (orders at hand) and :mod:`rules.computed` (named calculations).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

from rules.chart import ALWAYS, Mark
from rules.faults import Fault, unknown_word
from rules.logic import Outcome, Verdict, all_of, any_of, not_

if TYPE_CHECKING:
    from rules.asking import Evaluation
    from rules.knowledge import Lexicon


@dataclass(frozen=True, slots=True)
class DataNeed:
    """One kind of data that a criterion reads and the concepts it looks for in it (none = all of the
    kind).
    """

    kind: str
    concepts: frozenset[str] = frozenset()


class Criterion(BaseModel, ABC):
    """A question to a chart. Immutable; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    word: ClassVar[str]
    """The key that names this criterion in a rule file."""

    @abstractmethod
    def evaluate(self, of: Evaluation) -> Outcome:
        """The verdict, with the facts that decided it."""

    def applies(self, of: Evaluation) -> bool:
        """Whether the outcome will be that it applies; combinations tell without working out all of it."""
        return of.ask(self).applies

    @abstractmethod
    def say(self, words: Lexicon) -> str:
        """What it asks for, as English that follows 'found:' or 'when'."""

    def say_not(self, words: Lexicon) -> str:
        """What is said when it was looked for and not found."""
        return f"no {self.say(words)}"

    @abstractmethod
    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        """The data it reads."""

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        """What a chart must hold for the outcome to depend on more than which lists are closed.

        That is what it needs, and beside that what the hook itself brings. Where it does not say, it is always asked.
        """
        parts = self.parts()
        if parts:
            return frozenset().union(*(part.reads(words) for part in parts))
        needs = self.need(words)
        marks = {(need.kind, concept) for need in needs for concept in need.concepts}
        if not needs or not all(need.concepts for need in needs):
            marks.add(ALWAYS)
        return frozenset(marks)

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
            outcome = of.ask(part)
            outcomes.append(outcome)
            if outcome.verdict is Verdict.DOES_NOT_APPLY and outcome.settled:
                break
        return all_of(outcomes, self)

    def applies(self, of: Evaluation) -> bool:
        return all(map(of.applies, self.all))

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
        return any_of([of.ask(part) for part in self.any], self)

    def applies(self, of: Evaluation) -> bool:
        return any(map(of.applies, self.any))

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
        return not_(of.ask(self.not_), self)

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
        part = of.ask(self.not_found)
        verdict = Verdict.DOES_NOT_APPLY if part.applies else Verdict.APPLIES
        return Outcome(verdict, (), part.missing, asked=self, parts=(part,))

    def applies(self, of: Evaluation) -> bool:
        return not of.applies(self.not_found)

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
        return of.ask(of.lexicon.definitions[self.meets].criterion)

    def applies(self, of: Evaluation) -> bool:
        return of.applies(of.lexicon.definitions[self.meets].criterion)

    def say(self, words: Lexicon) -> str:
        return words.definitions[self.meets].title

    def say_not(self, words: Lexicon) -> str:
        return words.definitions[self.meets].not_found

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return words.definitions[self.meets].criterion.need(words)

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        return words.definitions[self.meets].criterion.reads(words)

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        if self.meets not in words.definitions:
            yield unknown_word(file, f"{place}.meets", "definition", self.meets, words.definitions)


def asks(criterion: Criterion, kind: type[Criterion], words: Lexicon) -> bool:
    """True when ``criterion``, a part of it or a definition that it names is of this kind."""
    if isinstance(criterion, Meets):
        criterion = words.definitions[criterion.meets].criterion
    return isinstance(criterion, kind) or any(asks(part, kind, words) for part in criterion.parts())


def _bracketed(part: Criterion, words: Lexicon, other: type[Criterion]) -> str:
    said = part.say(words)
    return f"({said})" if isinstance(part, other) else said
