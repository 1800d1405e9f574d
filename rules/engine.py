"""Evaluate rules on a chart: one :class:`RuleResult` per rule, with its trace.

Nothing is decided here that a rule file does not say. Deceased patients get no result at all (knowledge 2.1); a
routine rule is not run when Conditions could not be had (knowledge 2.10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rules.asking import Evaluation, OtherRules
from rules.chart import Answer, Availability, Chart, Clock, Condition, Fact
from rules.criteria import Criterion
from rules.knowledge import Lexicon, Template
from rules.logic import NO_DOUBT, Doubt, Outcome, Verdict
from rules.measured import PATIENT
from rules.ruleset import RuleSet
from rules.schema import Level, Rule, SuggestionUse

REQUIRED = "Condition"
"""The one kind of data without which only red flags run (knowledge 2.10)."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A template that a result offers, filled as far as the rules can: priority, sides, notes."""

    template: Template
    priority: str
    sides: frozenset[str]
    notes: tuple[str, ...] = ()
    not_checked: frozenset[str] = frozenset()
    """Kinds that could not be had and might have left the suggestion out."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A suggestion that was not offered: the criterion that the rule asks for did not hold, or one against it did."""

    template: Template
    criterion: Criterion
    because: Outcome
    say: str | None


@dataclass(frozen=True, slots=True)
class Looked:
    """Something the card reports as looked for."""

    title: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A level before the one taken: its condition did not hold, or (outcome None) it is not for this hook."""

    level: Level
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule says to one chart.

    ``verdict`` is strict: unknown when an exclusion could not be checked. ``fires`` follows the rule's policy
    for
    that case. ``level`` is set when it fires. ``because`` are the facts, ``not_found`` the exclusions that
    were
    looked for and are absent, ``could_not_check`` the kinds of data that were not (wholly) had. ``gate`` is the
    outcome of the hook's gate, None without one; ``not_taken`` the levels tried before ``level``.
    """

    rule: Rule
    verdict: Verdict
    fires: bool
    when: Outcome
    unless: tuple[Outcome, ...] = ()
    not_run: str | None = None
    level: Level | None = None
    level_outcome: Outcome | None = None
    not_taken: tuple[NotTaken, ...] = ()
    because: tuple[Fact | Answer, ...] = ()
    possible: Doubt = NO_DOUBT
    not_found: tuple[Criterion, ...] = ()
    looked: tuple[Looked, ...] = ()
    said: tuple[str, ...] = ()
    could_not_check: frozenset[str] = frozenset()
    suggestions: tuple[Suggestion, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    gate: Outcome | None = None

    @property
    def settled(self) -> bool:
        """True when no further data can change the verdict."""
        return self.verdict is not Verdict.UNKNOWN and not self.could_not_check


def evaluate(
    ruleset: RuleSet, chart: Chart, *, hook: str, now: datetime, rules: Iterable[Rule] | None = None
) -> tuple[RuleResult, ...]:
    """Evaluate the rules of ``hook`` (or ``rules``) on ``chart`` as of ``now`` (aware).

    Returns one result per rule in the order of their numbers; empty for a deceased patient.
    """
    if chart.patient.deceased:
        return ()
    call = _Call(ruleset, chart, hook, now)
    chosen = ruleset.for_hook(hook) if rules is None else tuple(rules)
    return tuple(call.result(rule) for rule in chosen)


def firing(ruleset: RuleSet, chart: Chart, *, hook: str, now: datetime) -> tuple[RuleResult, ...]:
    """The results that fire, exactly those of :func:`evaluate`; why the others do not is not worked out."""
    if chart.patient.deceased:
        return ()
    call = _Call(ruleset, chart, hook, now)
    results = [call.result(rule) for rule in ruleset.for_hook(hook) if call.may_fire(rule)]
    return tuple(result for result in results if result.fires)


class _Call(OtherRules):
    """One chart at one hook; each rule is worked out once, also when another rule asks for it."""

    def __init__(self, ruleset: RuleSet, chart: Chart, hook: str, now: datetime) -> None:
        self.ruleset = ruleset
        self.chart = chart
        self.hook = hook
        self._results: dict[str, RuleResult] = {}
        clock = Clock(now.astimezone(UTC))
        self._readings = {
            urgent: Evaluation(chart, clock, ruleset.lexicon, urgent=urgent, other_rules=self)
            for urgent in (True, False)
        }
        self._runs_routine = chart.had(REQUIRED) not in (Availability.MISSING, Availability.FAILED)

    def result(self, rule: Rule) -> RuleResult:
        """The result of one rule."""
        found = self._results.get(rule.id)
        if found is None:
            found = self._results[rule.id] = self._evaluate(rule, self._readings[rule.red_flag])
        return found

    def may_fire(self, rule: Rule) -> bool:
        """False when the rule certainly does not fire; most often that is all that anyone wants to know of it."""
        if not (rule.red_flag or self._runs_routine):
            return False
        of = self._readings[rule.red_flag]
        gate = rule.gates.get(self.hook)
        return (gate is None or of.applies(gate)) and of.applies(rule.when) and not any(map(of.applies, rule.unless))

    def indicator(self, rule_id: str) -> str | None:
        rule = self.ruleset.rule(rule_id)
        level = self.result(rule).level if self.may_fire(rule) else None
        return level.indicator if level is not None else None

    def unchecked(self, rule_id: str) -> frozenset[str]:
        return self.result(self.ruleset.rule(rule_id)).could_not_check

    def _evaluate(self, rule: Rule, of: Evaluation) -> RuleResult:
        if not (rule.red_flag or self._runs_routine):
            missing = frozenset({REQUIRED})
            outcome = Outcome(Verdict.UNKNOWN, missing=missing)
            return RuleResult(rule, Verdict.UNKNOWN, False, outcome, not_run=REQUIRED, could_not_check=missing)
        gate = rule.gates.get(self.hook)
        if gate is None:
            return self._run(rule, of)
        outcome = of.ask(gate)
        if outcome.applies:
            return replace(self._run(rule, of), gate=outcome)
        return RuleResult(
            rule, outcome.verdict, False, outcome, not_run="gate", could_not_check=outcome.missing, gate=outcome
        )

    def _run(self, rule: Rule, of: Evaluation) -> RuleResult:
        when = of.ask(rule.when)
        if when.verdict is Verdict.DOES_NOT_APPLY:
            return RuleResult(rule, when.verdict, False, when, could_not_check=when.missing)
        unless = tuple(of.ask(criterion) for criterion in rule.unless)
        excluded = [outcome for outcome in unless if outcome.applies]
        if excluded:
            doubt = min((outcome.missing for outcome in excluded), key=lambda kinds: (len(kinds), sorted(kinds)))
            return RuleResult(rule, Verdict.DOES_NOT_APPLY, False, when, unless, could_not_check=doubt)
        if when.unknown:
            return RuleResult(rule, when.verdict, False, when, unless, could_not_check=when.missing)
        unknown = frozenset[str]().union(*(outcome.missing for outcome in unless))
        verdict = Verdict.UNKNOWN if unknown else Verdict.APPLIES
        hidden = unknown and (rule.if_exclusion_unknown == "hide" or unknown & frozenset(rule.hide_when_missing))
        could_not_check = when.missing | unknown
        if hidden:
            return RuleResult(rule, verdict, False, when, unless, could_not_check=could_not_check)
        return self._fired(rule, verdict, when, unless, could_not_check, of)

    def _fired(
        self,
        rule: Rule,
        verdict: Verdict,
        when: Outcome,
        unless: tuple[Outcome, ...],
        could_not_check: frozenset[str],
        of: Evaluation,
    ) -> RuleResult:
        level, level_outcome, not_taken = self._level(rule, of)
        because = when.facts
        if level_outcome is not None:
            because = tuple(dict.fromkeys((*level_outcome.facts, *because)))
        side_of = next((found for found in (of.ask(part) for part in rule.card.side_of) if found.applies), None)
        sides = side_of.sides if side_of is not None else frozenset[str]()
        suggestions, left_out = self._suggestions(rule, level, of, sides)
        sided = any(suggestion.template.sided for suggestion in suggestions)
        return RuleResult(
            rule,
            verdict,
            True,
            when,
            unless,
            could_not_check=could_not_check,
            level=level,
            level_outcome=level_outcome,
            not_taken=not_taken,
            because=because,
            possible=_possible(because, of.lexicon),
            not_found=tuple(
                criterion
                for criterion, outcome in zip(rule.unless, unless, strict=True)
                if outcome.verdict is Verdict.DOES_NOT_APPLY
                and outcome.settled
                and criterion.kinds(of.lexicon) != PATIENT
            ),
            looked=tuple(Looked(asked.title, of.ask(asked.when)) for asked in rule.card.look_for),
            said=tuple(saying.text for saying in rule.card.say if of.ask(saying.when).applies),
            suggestions=suggestions,
            left_out=left_out,
            notes=side_of.notes if side_of is not None and sided else (),
        )

    def _level(self, rule: Rule, of: Evaluation) -> tuple[Level, Outcome | None, tuple[NotTaken, ...]]:
        not_taken: list[NotTaken] = []
        for level in rule.levels[:-1]:
            if level.hooks and self.hook not in level.hooks:
                not_taken.append(NotTaken(level, None))
                continue
            if level.when is None:
                return level, None, tuple(not_taken)
            outcome = of.ask(level.when)
            if outcome.applies:
                return level, outcome, tuple(not_taken)
            not_taken.append(NotTaken(level, outcome))
        return rule.levels[-1], None, tuple(not_taken)

    def _suggestions(
        self, rule: Rule, level: Level, of: Evaluation, sides: frozenset[str]
    ) -> tuple[tuple[Suggestion, ...], tuple[LeftOut, ...]]:
        offered: list[Suggestion] = []
        left_out: list[LeftOut] = []
        for use in level.suggestions:
            template = self.ruleset.templates[use.template]
            if use.when is not None:
                wanted = of.ask(use.when)
                if not wanted.applies:
                    left_out.append(LeftOut(template, use.when, wanted, None))
                    continue
            outcomes = [
                (leave, of.ask(leave.when))
                for leave in template.leave_out
                if not leave.groups or rule.group in leave.groups
            ]
            against = next(((leave, outcome) for leave, outcome in outcomes if outcome.applies), None)
            if against is not None:
                left_out.append(LeftOut(template, against[0].when, against[1], against[0].say))
                continue
            doubt = frozenset[str]().union(*(outcome.missing for _, outcome in outcomes))
            offered.append(_filled(use, template, sides, doubt))
        return tuple(offered), tuple(left_out)


def _filled(use: SuggestionUse, template: Template, sides: frozenset[str], doubt: frozenset[str]) -> Suggestion:
    return Suggestion(
        template,
        use.priority or template.default_priority,
        sides if template.sided else frozenset(),
        (*template.notes, *use.notes),
        doubt,
    )


def _possible(facts: Sequence[Fact | Answer], lexicon: Lexicon) -> Doubt:
    """Which concepts the facts stand for surely, and which only as suspected diagnosis or by a wider code."""
    sure: set[str] = set()
    doubtful: set[str] = set()
    for fact in facts:
        if isinstance(fact, Answer):
            continue
        suspected = isinstance(fact, Condition) and fact.verification in lexicon.statuses.suspected
        for match in fact.said_by:
            (doubtful if suspected or match.wide else sure).add(match.concept)
    return Doubt(frozenset(doubtful), frozenset(sure))
