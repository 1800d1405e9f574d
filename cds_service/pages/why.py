"""Why a rule did or did not fire for one patient: its trace with the entries of the record behind every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cards.facts import FactWords
from rules.chart import Answer, Chart, Fact
from rules.criteria import All, Any_, Meets
from rules.knowledge import Lexicon
from rules.logic import Verdict
from rules.ordered import JudgedTextCriterion
from rules.trace import NotOffered, RuleTrace, Step

JOINTS: Final = {All.word: "all of", Any_.word: "at least one of"}
ANSWERS: Final = {
    Verdict.APPLIES: "yes",
    Verdict.DOES_NOT_APPLY: "no",
    Verdict.UNKNOWN: "cannot be told",
    None: "not asked",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact in the words of a card (Markdown), and the reference of its entry when the request holds it."""

    words: str
    entry: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """One step of a trace, for display.

    ``text`` is what it asks, or the word that joins its parts. ``passed_over`` are entries whose code is right and that
    did not count all the same: too old, resolved, refuted.
    """

    text: str
    answer: str
    decides: bool
    joint: bool
    named: bool
    missing: tuple[str, ...]
    facts: tuple[Seen, ...]
    passed_over: tuple[Seen, ...]
    parts: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """The trace of one rule for display, and the entries that it speaks of, by reference."""

    gate: Told | None
    when: Told | None
    unless: tuple[Told, ...]
    levels: tuple[tuple[str, bool, Told | None], ...]
    not_offered: tuple[tuple[str, Told], ...]
    entries: Mapping[str, Mapping[str, Any]]


def why(found: RuleTrace, chart: Chart, request: Mapping[str, Any], lexicon: Lexicon) -> Why:
    """Join a trace with the chart and the request that it came from."""
    telling = _Telling(chart, dict(_resources([request.get("context"), request.get("prefetch")])), lexicon)
    return Why(
        telling.step(found.gate),
        telling.step(found.when),
        tuple(told for step in found.unless if (told := telling.step(step)) is not None),
        tuple((tried.level.indicator, tried.taken, telling.step(tried.step)) for tried in found.levels),
        tuple(telling.left_out(left) for left in found.not_offered),
        telling.used,
    )


class _Telling:
    def __init__(self, chart: Chart, resources: Mapping[str, Mapping[str, Any]], lexicon: Lexicon) -> None:
        self._chart = chart
        self._resources = resources
        self._lexicon = lexicon
        self.used: dict[str, Mapping[str, Any]] = {}

    def step(self, step: Step | None) -> Told | None:
        return self._told(step) if step is not None else None

    def left_out(self, left: NotOffered) -> tuple[str, Told]:
        return left.template.label, self._told(left.step)

    def _told(self, step: Step) -> Told:
        words = FactWords(self._lexicon, step.concepts, own_text=step.word == JudgedTextCriterion.word)
        found = step.verdict is Verdict.APPLIES
        return Told(
            JOINTS.get(step.word, step.asks),
            ANSWERS[step.verdict],
            step.decides,
            step.word in JOINTS,
            step.word == Meets.word,
            tuple(sorted(step.missing)) if step.verdict is Verdict.UNKNOWN else (),
            tuple(self._seen(fact, words) for fact in step.facts),
            () if found or step.verdict is None else tuple(self._seen(fact, words) for fact in self._others(step)),
            tuple(self._told(part) for part in step.parts),
        )

    def _others(self, step: Step) -> Iterator[Fact]:
        for kind in sorted(step.kinds):
            yield from (fact for fact in self._chart.facts(kind, sorted(step.concepts)) if fact not in step.facts)

    def _seen(self, fact: Fact | Answer, words: FactWords) -> Seen:
        [line] = words.lines([fact], (), undated_first=True)
        resource = self._resources.get(fact.reference)
        if resource is None:
            return Seen(line, None)
        self.used.setdefault(fact.reference, resource)
        return Seen(line, fact.reference)


def _resources(value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The resources of a request by their reference, those inside Bundles included."""
    if isinstance(value, list):
        for item in value:
            yield from _resources(item)
    elif isinstance(value, dict):
        kind, name = value.get("resourceType"), value.get("id")
        if isinstance(kind, str) and isinstance(name, str) and kind != "Bundle":
            yield f"{kind}/{name}", value
        else:
            for item in value.values():
                yield from _resources(item)
