"""Criteria about measurements, questionnaire answers and age.

Source of the definitions: knowledge 2.1 (symptom answers, measurements, adult, partial dates) and 3.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rules.chart import Answer, Fact, Mark
from rules.coded import Dated, Names, span
from rules.criteria import Criterion, DataNeed
from rules.faults import Fault, unknown_word
from rules.logic import Outcome, Verdict

if TYPE_CHECKING:
    from rules.asking import Evaluation
    from rules.knowledge import Item, Lexicon

ANSWERS = frozenset({"QuestionnaireResponse"})
PATIENT = frozenset({"Patient"})
_OBSERVATIONS = frozenset({"Observation"})
_WITH_ANSWERS = _OBSERVATIONS | ANSWERS


def item_marks(items: Iterable[str]) -> frozenset[Mark]:
    """The marks of answers to these items."""
    return frozenset(("QuestionnaireResponse", item) for item in items)


def newest_answers(item: Item, within: int, of: Evaluation) -> tuple[Answer, ...]:
    """The newest answers to ``item`` inside the window.

    A skipped item, ``unknown`` or a value outside the item's list does not replace an older answer. Several
    only when they were given at the same moment: the order of the record must not decide.
    """
    dated: list[tuple[datetime, Answer]] = []
    for answer in of.chart.answers.get(item.id, ()):
        if not item.answers(answer):
            continue
        if answer.when is None:
            dated.append((of.clock.now, answer))
        elif of.clock.days_since_latest(answer.when) <= within:
            dated.append((min(answer.when.latest, of.clock.now), answer))
    if not dated:
        return ()
    newest = max(moment for moment, _ in dated)
    return tuple(answer for moment, answer in dated if moment == newest)


class AnswerCriterion(Criterion):
    """The newest answer to an item of the questionnaire is one of ``is``, or names a date ``date_within``
    days.

    The window is the item's own unless ``within`` is said. ``unanswered = "applies"`` lets a question that
    was
    not answered pass (R4: the onset date, *if* answered).
    """

    word: ClassVar[str] = "answer"
    answer: str
    is_: tuple[str, ...] = Field(default=(), alias="is")
    date_within: int | None = Field(default=None, ge=0)
    within: int | None = Field(default=None, ge=0)
    unanswered: Literal["applies"] | None = None

    def evaluate(self, of: Evaluation) -> Outcome:
        item = of.lexicon.items[self.answer]
        answers = newest_answers(item, self._window(item), of)
        met = tuple(answer for answer in answers if self._fits(answer, of))
        if met:
            # A list that is not closed may hold a newer answer.
            return Outcome(Verdict.APPLIES, met, missing=of.chart.open_kinds(ANSWERS), asked=self)
        if not answers and self.unanswered:
            return Outcome(Verdict.APPLIES, missing=of.chart.open_kinds(ANSWERS), asked=self)
        return of.absent(ANSWERS, self)

    def _window(self, item: Item) -> int:
        return item.within if self.within is None else self.within

    def _fits(self, answer: Answer, of: Evaluation) -> bool:
        if self.date_within is not None:
            return answer.date is not None and of.clock.days_since_latest(answer.date) <= self.date_within
        return answer.word in self.is_

    def say(self, words: Lexicon) -> str:
        item = words.items[self.answer]
        wanted = " or ".join(self.is_) or f"within {self.date_within} days"
        unanswered = " (if answered)" if self.unanswered else ""
        return f"answer to '{item.title}': {wanted}{unanswered} (last {span(self._window(item))})"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset({DataNeed("QuestionnaireResponse")})

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        return item_marks((self.answer,))

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        if self.answer not in words.items:
            yield unknown_word(file, f"{place}.answer", "item", self.answer, words.items)
            return
        item = words.items[self.answer]
        if bool(self.is_) == (self.date_within is not None):
            yield Fault(file, place, "an answer criterion says either 'is' or 'date_within'")
        elif self.is_ and item.type != "choice":
            yield Fault(file, f"{place}.is", f"item {self.answer!r} is answered with a {item.type}, not with a word")
        elif self.is_:
            countable = [word for word in item.words if word != "unknown"]
            for word in self.is_:
                if word not in countable:
                    yield unknown_word(file, f"{place}.is", "answer", word, countable)
        elif item.type != "date":
            yield Fault(file, f"{place}.date_within", f"item {self.answer!r} is not answered with a date")


class AnsweredCriterion(Dated):
    """One of some items inside a group of the questionnaire was answered: a number, yes or no.

    A response without a readable date never counts here (knowledge 2.1, hip-exam-recent).
    """

    word: ClassVar[str] = "answered"
    answered: Names
    in_group: str

    def evaluate(self, of: Evaluation) -> Outcome:
        met = tuple(
            answer
            for name in self.answered
            for answer in of.chart.answers.get(name, ())
            if answer.when is not None
            and self.in_group in answer.groups
            and of.lexicon.items[name].answers(answer)
            and self.in_window(answer.when, of, self.within)
        )
        return Outcome(Verdict.APPLIES, met, asked=self) if met else of.absent(ANSWERS, self)

    def say(self, words: Lexicon) -> str:
        return f"answer in the group '{self.in_group}' of the questionnaire{self.window_words()}"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset({DataNeed("QuestionnaireResponse")})

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        return item_marks(self.answered)

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        yield from super().check(words, file, place)
        if "undated" in self.model_fields_set:
            yield Fault(file, f"{place}.undated", "says nothing here: a response without a date never counts")
        for name in self.answered:
            if name not in words.items:
                yield unknown_word(file, f"{place}.answered", "item", name, words.items)
            elif words.items[name].group != self.in_group:
                yield Fault(file, f"{place}.in_group", f"item {name!r} stands in group {words.items[name].group!r}")


class MeasureCriterion(Dated):
    """A measurement (Observation, or answer that records the same) reaches a limit.

    ``pick``: ``any`` value in the window, or only the ``latest`` one.
    """

    word: ClassVar[str] = "measure"
    measure: str
    at_least: float | None = None
    at_most: float | None = None
    pick: Literal["any", "latest"]

    def evaluate(self, of: Evaluation) -> Outcome:
        dated = self._values(of)
        if self.pick == "latest" and dated:
            newest = max(moment for moment, _, _ in dated)
            dated = [entry for entry in dated if entry[0] == newest]
        met = tuple(fact for _, value, fact in dated if self._reaches(value))
        if met:
            missing = of.chart.open_kinds(self._kinds(of)) if self.pick == "latest" else frozenset[str]()
            return Outcome(Verdict.APPLIES, met, missing=missing, asked=self)
        return of.absent(self._kinds(of), self)

    def _kinds(self, of: Evaluation) -> frozenset[str]:
        return _WITH_ANSWERS if of.lexicon.measures[self.measure].answer else _OBSERVATIONS

    def _values(self, of: Evaluation) -> list[tuple[datetime, float, Fact | Answer]]:
        measure = of.lexicon.measures[self.measure]
        found: list[tuple[datetime, float, Fact | Answer]] = []
        for fact in of.chart.facts("Observation", (measure.concept,)):
            value = measure.value(fact)
            if value is not None and self.in_window(fact.when, of, self.within):
                found.append((of.clock.now if fact.when is None else min(fact.when.latest, of.clock.now), value, fact))
        for answer in of.chart.answers.get(measure.answer, ()) if measure.answer else ():
            number = answer.number
            # A response without a readable date counts as of today (knowledge 2.1, which date).
            if (
                number is not None
                and measure.in_range(number)
                and (answer.when is None or self.in_window(answer.when, of, self.within))
            ):
                found.append(
                    (
                        of.clock.now if answer.when is None else min(answer.when.latest, of.clock.now),
                        number,
                        answer,
                    )
                )
        return found

    def _reaches(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def say(self, words: Lexicon) -> str:
        limits = [f"{self.at_least:g} or more"] if self.at_least is not None else []
        limits += [f"{self.at_most:g} or less"] if self.at_most is not None else []
        latest = "latest " if self.pick == "latest" else ""
        return f"{latest}{words.measures[self.measure].title} of {' and '.join(limits)}{self.window_words()}"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        measure = words.measures[self.measure]
        needs = {DataNeed("Observation", frozenset({measure.concept}))}
        if measure.answer:
            needs.add(DataNeed("QuestionnaireResponse"))
        return frozenset(needs)

    def reads(self, words: Lexicon) -> frozenset[Mark]:
        measure = words.measures[self.measure]
        answers = item_marks((measure.answer,)) if measure.answer else frozenset[Mark]()
        return answers | {("Observation", measure.concept)}

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        yield from super().check(words, file, place)
        if self.at_least is None and self.at_most is None:
            yield Fault(file, place, "a measure criterion says 'at_least' or 'at_most'")
        if self.measure not in words.measures:
            yield unknown_word(file, f"{place}.measure", "measure", self.measure, words.measures)
            return
        measure = words.measures[self.measure]
        for key, limit in (("at_least", self.at_least), ("at_most", self.at_most)):
            if limit is not None and not measure.in_range(limit):
                yield Fault(file, f"{place}.{key}", f"lies outside the valid values of {self.measure!r}")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            yield Fault(file, f"{place}.at_most", "is smaller than 'at_least', so that no value reaches both")


class AgeUnder(Criterion):
    """The patient is possibly under ``age_under`` years, or certainly (``surely``).

    Partial birth dates are read so that the more careful card results; a missing or unreadable birth date
    leaves the age unknown (knowledge 2.1, adult).
    """

    word: ClassVar[str] = "age_under"
    age_under: int = Field(ge=1)
    surely: bool = False

    def evaluate(self, of: Evaluation) -> Outcome:
        ages = of.chart.patient.ages(of.clock.today)
        if ages is None:
            return Outcome(Verdict.UNKNOWN, missing=PATIENT, asked=self)
        youngest, oldest = ages
        under = oldest if self.surely else youngest
        return Outcome(Verdict.APPLIES if under < self.age_under else Verdict.DOES_NOT_APPLY, asked=self)

    def say(self, words: Lexicon) -> str:
        return f"age under {self.age_under}" + ("" if self.surely else " (also when the birth date leaves it open)")

    def say_not(self, words: Lexicon) -> str:
        return f"age {self.age_under} or over"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset({DataNeed("Patient")})


class AgeAtLeast(Criterion):
    """The patient is possibly ``age_at_least`` years old; an unknown age counts as old (knowledge 2.1, adult)."""

    word: ClassVar[str] = "age_at_least"
    age_at_least: int = Field(ge=1)

    def evaluate(self, of: Evaluation) -> Outcome:
        ages = of.chart.patient.ages(of.clock.today)
        if ages is None:
            return Outcome(Verdict.APPLIES, missing=PATIENT, asked=self)
        return Outcome(Verdict.APPLIES if ages[1] >= self.age_at_least else Verdict.DOES_NOT_APPLY, asked=self)

    def say(self, words: Lexicon) -> str:
        return f"age {self.age_at_least} or over (also when it is unknown)"

    def say_not(self, words: Lexicon) -> str:
        return f"age under {self.age_at_least}"

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        return frozenset({DataNeed("Patient")})
