"""Why a rule fired, or did not: the outcomes of one :class:`~rules.engine.RuleResult` as a tree in plain English.

A tree says everything that was asked, and marks the steps that *decided*: for an *all* that does not apply the parts
that do not, for an *any* that applies the parts that do, and so on. Who reads the deciding steps alone has the short
answer; the rest is there on demand. Nothing is evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.chart import Answer, Fact
from rules.criteria import All, Any_, Criterion, Meets, Not, NotFound
from rules.engine import REQUIRED, RuleResult, Suggestion
from rules.knowledge import Lexicon, Template
from rules.logic import NOTHING, Outcome, Verdict
from rules.ruleset import RuleSet
from rules.schema import Level, Rule


class Ending(StrEnum):
    """Where the evaluation of a rule ended."""

    FIRES = "fires"
    NOT_RUN = "not-run"
    """The one kind of data was not had without which only red flags run (knowledge 2.10)."""
    GATE = "gate"
    """The rule's gate for this hook was not passed."""
    NOT_MET = "not-met"
    """Its ``when`` does not apply."""
    CANNOT_TELL = "cannot-tell"
    """Its ``when`` could not be answered."""
    EXCLUDED = "excluded"
    """One of its ``unless`` applies."""
    HIDDEN = "hidden"
    """An ``unless`` could not be checked, and the rule is then not shown."""


@dataclass(frozen=True, slots=True)
class Step:
    """One criterion as it was answered.

    ``word`` is its key in a rule file, ``asks`` what it asks for and ``denies`` what is said when that was not found.
    ``verdict`` None: it was not asked, since the answer was settled before. ``facts`` are those of this very criterion,
    not of its parts; ``concepts`` are the code lists that it reads and ``kinds`` the data in which it looks for them,
    ``missing`` the kinds of data that could still turn the verdict. ``parts`` of a named definition (``meets``) is what
    stands behind the name.
    """

    word: str
    asks: str
    denies: str
    verdict: Verdict | None
    decides: bool
    facts: tuple[Fact | Answer, ...] = ()
    concepts: frozenset[str] = NOTHING
    missing: frozenset[str] = NOTHING
    parts: tuple[Step, ...] = ()
    kinds: frozenset[str] = NOTHING

    @property
    def said(self) -> str:
        """What is known, in words."""
        if self.verdict is None:
            return f"not asked: {self.asks}"
        if self.verdict is Verdict.UNKNOWN:
            return f"could not be checked: {self.asks}"
        return self.asks if self.verdict is Verdict.APPLIES else self.denies

    @property
    def found(self) -> tuple[Fact | Answer, ...]:
        """The facts of this step and of the deciding steps inside it, each once."""
        inside = (fact for part in self.parts if part.decides for fact in part.found)
        return tuple(dict.fromkeys((*self.facts, *inside)))

    def shortest(self) -> Iterator[Step]:
        """The short answer: the deciding steps, where a named definition stands for all that is inside it."""
        if self.word in (All.word, Any_.word):
            for part in self.parts:
                if part.decides:
                    yield from part.shortest()
        else:
            yield self


@dataclass(frozen=True, slots=True)
class TriedLevel:
    """A level that was considered. ``step`` None: it has no condition, or (not ``taken``) it is not for this hook."""

    level: Level
    taken: bool
    step: Step | None


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A suggestion that was left out. ``step`` is the rule's own condition, or a reason against it that applies."""

    template: Template
    step: Step
    say: str | None


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """How one rule came to its result.

    ``gate``, ``when`` and ``unless`` hold what was really asked; ``levels`` ends with the level taken and is empty when
    the rule does not fire. ``missing`` are the kinds of data that could still turn the verdict.
    """

    rule: Rule
    ending: Ending
    verdict: Verdict
    missing: frozenset[str]
    gate: Step | None
    when: Step | None
    unless: tuple[Step, ...]
    levels: tuple[TriedLevel, ...]
    offered: tuple[Suggestion, ...]
    not_offered: tuple[NotOffered, ...]

    @property
    def fires(self) -> bool:
        return self.ending is Ending.FIRES

    @property
    def level(self) -> Level | None:
        """The level taken, when the rule fires."""
        return self.levels[-1].level if self.levels else None

    def decided_by(self) -> tuple[Step, ...]:
        """The short answer: the steps without which the ending would have been another."""
        asked = (self.gate, self.when, *self.unless)
        return tuple(step for top in asked if top is not None and top.decides for step in top.shortest())

    def not_ruled_out(self) -> tuple[Step, ...]:
        """The exclusions that could not be (wholly) checked."""
        return tuple(step for step in self.unless if step.missing and step.verdict is not Verdict.APPLIES)

    @property
    def headline(self) -> str:
        """Why, in one sentence without facts of the patient."""
        steps = self.decided_by()
        said = "; ".join(dict.fromkeys(step.said for step in steps))
        asks = "; ".join(dict.fromkeys(step.asks for step in steps))
        if self.levels:
            return f"Fires as {self.levels[-1].level.indicator}: {said}."
        headline = _UNCHECKED if self.ending is Ending.GATE and self.verdict is Verdict.UNKNOWN else self.ending
        return _HEADLINES[headline].format(said=said, asks=asks, required=REQUIRED)


_UNCHECKED = "gate unchecked"
_HEADLINES: dict[str, str] = {
    Ending.NOT_RUN: "Not run: no list of kind {required} could be had, and without it only red flags run.",
    Ending.GATE: "Not for this call: {said}.",
    _UNCHECKED: "Not for this call, because this could not be checked: {asks}.",
    Ending.NOT_MET: "Does not apply: {said}.",
    Ending.CANNOT_TELL: "Cannot tell, because this could not be checked: {asks}.",
    Ending.EXCLUDED: "Does not apply, because of an exclusion: {said}.",
    Ending.HIDDEN: "Not shown, because this could not be ruled out: {asks}.",
}


def trace(result: RuleResult, ruleset: RuleSet, hook: str) -> RuleTrace:
    """The tree of ``result``, which ``ruleset`` gave at ``hook``."""
    rule, words, ending = result.rule, ruleset.lexicon, _ending(result)
    gate = when = None
    if result.gate is not None:
        gate = _step(rule.gates[hook], result.gate, words, decides=ending is Ending.GATE)
    if ending not in (Ending.GATE, Ending.NOT_RUN):
        decides = ending in (Ending.FIRES, Ending.NOT_MET, Ending.CANNOT_TELL)
        when = _step(rule.when, result.when, words, decides=decides)
    return RuleTrace(
        rule,
        ending,
        result.verdict,
        result.could_not_check,
        gate,
        when,
        tuple(
            _step(criterion, outcome, words, decides=_ends(outcome, ending))
            for criterion, outcome in zip(rule.unless, result.unless, strict=False)
        ),
        tuple(_levels(result, words)),
        result.suggestions,
        tuple(
            NotOffered(left.template, _step(left.criterion, left.because, words, decides=True), left.say)
            for left in result.left_out
        ),
    )


def _ending(result: RuleResult) -> Ending:
    if result.fires:
        return Ending.FIRES
    if result.not_run is not None:
        return Ending.GATE if result.gate is not None else Ending.NOT_RUN
    if result.when.verdict is Verdict.DOES_NOT_APPLY:
        return Ending.NOT_MET
    if any(outcome.applies for outcome in result.unless):
        return Ending.EXCLUDED
    return Ending.CANNOT_TELL if result.when.unknown else Ending.HIDDEN


def _ends(outcome: Outcome, ending: Ending) -> bool:
    """True when this exclusion is what ended the evaluation."""
    if ending is Ending.EXCLUDED:
        return outcome.applies
    return ending is Ending.HIDDEN and not outcome.settled


def _levels(result: RuleResult, words: Lexicon) -> Iterator[TriedLevel]:
    for tried in result.not_taken:
        yield TriedLevel(tried.level, False, _level_step(tried.level, tried.outcome, words))
    if result.level is not None:
        yield TriedLevel(result.level, True, _level_step(result.level, result.level_outcome, words))


def _level_step(level: Level, outcome: Outcome | None, words: Lexicon) -> Step | None:
    if level.when is None or outcome is None:
        return None
    return _step(level.when, outcome, words, decides=True)


def _step(criterion: Criterion, outcome: Outcome, words: Lexicon, *, decides: bool) -> Step:
    inside = _inside(criterion, outcome, words)
    chosen = _deciding(criterion, outcome)
    parts = tuple(
        _unasked(part, words)
        if answered is None
        else _step(part, answered, words, decides=decides and (chosen is None or answered in chosen))
        for part, answered in inside
    )
    concepts = NOTHING if parts else NOTHING.union(*(need.concepts for need in criterion.need(words)))
    return Step(
        criterion.word,
        criterion.say(words),
        criterion.say_not(words),
        outcome.verdict,
        decides,
        () if parts else outcome.facts,
        concepts,
        outcome.missing,
        parts,
        NOTHING if parts else criterion.kinds(words),
    )


def _inside(criterion: Criterion, outcome: Outcome, words: Lexicon) -> list[tuple[Criterion, Outcome | None]]:
    """The parts with their outcomes; None for those that were not asked any more."""
    if isinstance(criterion, Meets):
        return [(words.definitions[criterion.meets].criterion, outcome)]
    if not isinstance(criterion, All | Any_ | Not | NotFound):
        return []
    parts = criterion.parts()
    unasked = [None] * (len(parts) - len(outcome.parts))
    return list(zip(parts, (*outcome.parts, *unasked), strict=True))


def _deciding(criterion: Criterion, outcome: Outcome) -> list[Outcome] | None:
    """The outcomes of the parts that decided; None for all of them."""
    if not isinstance(criterion, All | Any_) or outcome.verdict is _TOGETHER[type(criterion)]:
        return None
    same = [part for part in outcome.parts if part.verdict is outcome.verdict]
    # One settled answer is enough; the presumptions beside it then decide nothing.
    return [part for part in same if part.settled] or same if isinstance(criterion, All) else same


_TOGETHER: dict[type[Criterion], Verdict] = {All: Verdict.APPLIES, Any_: Verdict.DOES_NOT_APPLY}
"""The verdict that it takes every part to reach."""


def _unasked(criterion: Criterion, words: Lexicon) -> Step:
    return Step(criterion.word, criterion.say(words), criterion.say_not(words), None, False)
