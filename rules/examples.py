"""Charts from the examples of the knowledge files, and what they are expected to show.

Examples are data beside the rule, so that a clinician can read and extend them; they are run in the tests,
shown on
the rule's page and used by the mutation check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict

from rules.asking import Evaluation
from rules.chart import (
    KINDS,
    Answer,
    Appointment,
    Availability,
    Chart,
    ChartBuilder,
    Clock,
    Condition,
    Fact,
    Imaging,
    Medication,
    Observation,
    Order,
    Patient,
    Procedure,
    When,
)
from rules.codelists import CodeLists, CodeMatch
from rules.engine import RuleResult, Suggestion, evaluate
from rules.logic import Verdict
from rules.ruleset import RuleSet
from rules.schema import Example, Given, Rule

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""The moment at which examples are read; their days count back from it."""

_SIDES = {
    "24028007": frozenset({"right"}),
    "7771000": frozenset({"left"}),
    "51440002": frozenset({"left", "right"}),
}


class _Shared(TypedDict):
    """What every coded fact has."""

    matches: tuple[CodeMatch, ...]
    when: When | None
    body_sites: frozenset[str]
    body_sides: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a rule showed for one chart of an example: the outcome word and the suggestions as written in
    examples.
    """

    outcome: str
    suggestions: tuple[str, ...]
    summary: str = ""

    def __str__(self) -> str:
        return self.outcome + (f" with {', '.join(self.suggestions)}" if self.suggestions else "")


def charts(example: Example, lists: CodeLists, now: datetime = NOW) -> Iterator[Chart]:
    """The chart of an example, or one for each entry of ``each`` added in turn."""
    if not example.each:
        yield chart(example, example.given, lists, now)
    for entry in example.each:
        yield chart(example, (*example.given, entry), lists, now)


def chart(example: Example, given: tuple[Given, ...], lists: CodeLists, now: datetime = NOW) -> Chart:
    """One chart with the entries ``given``; every kind is complete unless the example says that it is
    missing.
    """
    builder = ChartBuilder()
    for kind in KINDS:
        builder.had(kind, Availability.MISSING if kind in example.missing else Availability.COMPLETE)
    if "Patient" not in example.missing:
        builder.patient = Patient(_birth(example, now.date()), example.deceased)
    for number, entry in enumerate(given, 1):
        _add(builder, entry, number, lists, now)
    return builder.chart()


def _birth(example: Example, today: date) -> When | None:
    if example.birth_date is not None:
        return _partial(example.birth_date)
    return When.day(today.replace(year=today.year - example.age)) if example.age is not None else None


def _partial(text: str) -> When:
    """A year, a month or a day (``2026``, ``2026-11``, ``2026-11-24``)."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return When.days(date(parts[0], 1, 1), date(parts[0], 12, 31))
    if len(parts) == 2:
        after = date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
        return When.days(date(parts[0], parts[1], 1), after - timedelta(days=1))
    return When.day(date(*parts))


def _when(entry: Given, now: datetime) -> When | None:
    if entry.date is not None:
        return _partial(entry.date)
    if entry.hours_ago is not None:
        return When.instant(now - timedelta(hours=entry.hours_ago))
    return When.day(now.date() - timedelta(days=entry.days_ago)) if entry.days_ago is not None else None


def _matches(code: str, lists: CodeLists) -> tuple[CodeMatch, ...]:
    system, _, bare = code.partition(":")
    return lists.match(lists.systems[system].url, bare)


def _add(builder: ChartBuilder, entry: Given, number: int, lists: CodeLists, now: datetime) -> None:
    when = _when(entry, now)
    if entry.answer is not None:
        builder.answer(_answer(entry, entry.answer, number, when, now))
        return
    codes = (entry.condition, entry.observation, entry.procedure, entry.order, entry.report, entry.study)
    code = next((code for code in (*codes, entry.medication, entry.appointment) if code is not None), "")
    matches = tuple(match for text in (code, *entry.also_coded) for match in _matches(text, lists))
    sides = frozenset[str]().union(*(_SIDES.get(site, frozenset()) for site in entry.body_sites))
    shared = _Shared(matches=matches, when=when, body_sites=frozenset(entry.body_sites), body_sides=sides)
    builder.add(_fact(entry, number, shared, lists))


def _fact(entry: Given, number: int, shared: _Shared, lists: CodeLists) -> Fact:
    status = entry.status
    if entry.condition is not None:
        return Condition(
            kind="Condition",
            reference=f"Condition/{number}",
            clinical=entry.clinical or None,
            verification=entry.verification,
            abated=entry.abated,
            new=entry.new,
            **shared,
        )
    if entry.observation is not None:
        return _observation(entry, number, shared, lists)
    if entry.procedure is not None:
        return Procedure(kind="Procedure", reference=f"Procedure/{number}", status=status or "completed", **shared)
    if entry.order is not None:
        return Order(
            kind="ServiceRequest",
            reference=f"ServiceRequest/{number}",
            status=status or "active",
            priority=entry.priority,
            do_not_perform=entry.do_not_perform,
            draft=entry.draft or entry.judged,
            judged=entry.judged,
            words=entry.words,
            reasons=frozenset(entry.reasons),
            **shared,
        )
    if entry.medication is not None:
        return Medication(
            kind="MedicationRequest",
            reference=f"MedicationRequest/{number}",
            status=status or "active",
            priority=entry.priority,
            intent=entry.intent,
            do_not_perform=entry.do_not_perform,
            draft=entry.draft or entry.judged,
            judged=entry.judged,
            **shared,
        )
    if entry.appointment is not None:
        return Appointment(kind="Appointment", reference=f"Appointment/{number}", status=status or "proposed", **shared)
    kind = "DiagnosticReport" if entry.report is not None else "ImagingStudy"
    return Imaging(kind=kind, reference=f"{kind}/{number}", status=status or "final", **shared)


def _observation(entry: Given, number: int, shared: _Shared, lists: CodeLists) -> Observation:
    """An Observation with a number, or a finding that is present (no value, or ``true``)."""
    matches = tuple(match for match in _matches(entry.observation or "", lists))
    present = entry.value is None or entry.value == "true"
    findings = tuple(match for match in matches if present and lists.concepts[match.concept].finding)
    return Observation(
        kind="Observation",
        reference=f"Observation/{number}",
        status=entry.status or "final",
        number=entry.value if isinstance(entry.value, float) else None,
        unit=entry.unit,
        finding_matches=findings,
        **shared,
    )


def _answer(entry: Given, item: str, number: int, when: When | None, now: datetime) -> Answer:
    return Answer(
        reference=f"QuestionnaireResponse/{number}",
        item=item,
        word=entry.value if isinstance(entry.value, str) else None,
        number=entry.value if isinstance(entry.value, float) else None,
        date=When.day(now.date() - timedelta(days=entry.answered_date)) if entry.answered_date is not None else None,
        when=when,
        groups=(entry.in_group,) if entry.in_group else (),
    )


def show(rule: Rule, example: Example, ruleset: RuleSet, now: datetime = NOW) -> tuple[Shown, ...]:
    """What the rule shows for each chart of the example."""
    return tuple(
        _shown(evaluate(ruleset, chart, hook=example.hook, now=now, rules=(rule,)))
        for chart in charts(example, ruleset.lexicon.codelists, now)
    )


def _shown(results: tuple[RuleResult, ...]) -> Shown:
    return shown(results[0]) if results else Shown("does_not_apply", ())


def shown(result: RuleResult) -> Shown:
    """What one result shows, in the words of the examples."""
    if result.fires and result.level is not None:
        return Shown(result.level.indicator, tuple(map(_suggestion, result.suggestions)), result.level.summary)
    if result.when.applies and any(outcome.applies for outcome in result.unless):
        return Shown("excluded", ())
    return Shown("unknown" if result.verdict is Verdict.UNKNOWN else "does_not_apply", ())


def _suggestion(offer: Suggestion) -> str:
    side = "both" if len(offer.sides) == 2 else "".join(offer.sides)
    return " ".join(part for part in (offer.template.id, offer.priority, side) if part)


def met(name: str, example: Example, ruleset: RuleSet, now: datetime = NOW) -> tuple[Shown, ...]:
    """What a definition says to each chart of its example; red-flag reading when the example is
    ``urgent``.
    """
    shown = []
    for one in charts(example, ruleset.lexicon.codelists, now):
        outcome = Evaluation(one, Clock(now), ruleset.lexicon, urgent=example.urgent).ask(
            ruleset.lexicon.definitions[name].criterion
        )
        side = "both" if len(outcome.sides) == 2 else "".join(outcome.sides)
        shown.append(Shown(outcome.verdict.value, (side,) if side else ()))
    return tuple(shown)
