"""The detail of a card in GitHub Markdown without HTML: why, what was not found or checked, advice, evidence.

Source: knowledge 2.1, "Contract of every card". What never changes for a rule is put together once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from cards.facts import FactWords
from cards.models import CallContext
from cards.score import score_section
from cards.text import bullets, escaped, listed, minute, plural, within
from rules.chart import Chart
from rules.checks import POSSIBLE, with_possible
from rules.computed import CONFIRM_SIDE, DifferentialCriterion
from rules.criteria import Criterion, asks
from rules.engine import Looked, RuleResult
from rules.logic import Verdict
from rules.ordered import JudgedTextCriterion
from rules.ruleset import RuleSet
from rules.schema import Evidence, Level, Review, Rule

_MOST_FOUND = 3
"""So many facts are given for each thing that was also found."""

_STATES = {
    "verified": "checked in the original",
    "partly-verified": "only partly re-read in the original",
    "unverified": "not re-read in the original",
}
_NOTES = {CONFIRM_SIDE: "The record does not settle which side is concerned: confirming it first is advised."}
_TOO_LATE = "The booked slot is too late for this problem."
_CLOSING = "For a clinician to weigh; nothing is ordered automatically."


@dataclass(frozen=True, slots=True)
class Answer:
    """What all cards of one answer share: the chart, the call and the lines that could not be checked."""

    chart: Chart
    call: CallContext
    unchecked: tuple[str, ...]


class RuleDetail:
    """Writes the detail of one rule's cards."""

    def __init__(self, rule: Rule, ruleset: RuleSet) -> None:
        self._lexicon = ruleset.lexicon
        concepts = frozenset[str]().union(*(need.concepts for need in ruleset.needs([rule])))
        self._facts = FactWords(ruleset.lexicon, concepts, own_text=self._asks(rule, JudgedTextCriterion))
        firing = [rule.when, *(level.when for level in rule.levels if level.when is not None)]
        self._asks_age = any("Patient" in part.kinds(ruleset.lexicon) for part in firing)
        self._asks_score = self._asks(rule, DifferentialCriterion)
        self._strength = f"**Advice** (strength: {rule.strength})"
        evidence = bullets([_evidence(item, ruleset) for item in rule.evidence])
        self._end = (
            f"**Options**\n\n{bullets(rule.card.options)}\n\n**Evidence**\n\n{evidence}\n\n"
            f"Rule {rule.id}, version {rule.version}, knowledge {ruleset.version}, {_review(rule.review)}. "
            "Data as of "
        )

    def _asks(self, rule: Rule, kind: type[Criterion]) -> bool:
        return any(asks(part, kind, self._lexicon) for part in rule.criteria().values())

    def write(self, result: RuleResult, level: Level, answer: Answer) -> str:
        """The whole detail of the card of ``result`` at ``level``."""
        not_found, found, unchecked = self._looked(result, answer)
        sections = [f"**Why you see this**\n\n{bullets(self._because(result, answer))}"]
        if self._asks_score:
            score = score_section(answer.chart, answer.call.now, self._lexicon)
            if score is not None:
                sections.append(f"**Hip or spine score**\n\n{score}")
        for heading, lines in (
            ("Looked for and not found", not_found),
            ("Also found", found),
            ("Could not be checked", unchecked),
        ):
            if lines:
                sections.append(f"**{heading}**\n\n{bullets(lines)}")
        sections.append(self._strength)
        sections.extend(_advice(result, level, answer.call.hook))
        sections.append(f"{self._end}{minute(answer.call.now)}. {_CLOSING}")
        return "\n\n".join(sections)

    def _because(self, result: RuleResult, answer: Answer) -> list[str]:
        deciding = result.level_outcome.facts if result.level_outcome is not None else ()
        lines = self._facts.lines(deciding, result.because, undated_first=result.rule.red_flag)
        if self._asks_age:
            lines.append(_age(answer))
        return lines or [result.rule.when.say(self._lexicon)]

    def _looked(self, result: RuleResult, answer: Answer) -> tuple[list[str], list[str], list[str]]:
        """What was looked for: not found, also found, and not to be checked."""
        not_found = [criterion.say_not(self._lexicon) for criterion in result.not_found]
        found: list[str] = []
        unchecked = list(answer.unchecked)
        for criterion, outcome in zip(result.rule.unless, result.unless, strict=True):
            if outcome.missing and outcome.missing != {"Patient"}:
                unchecked.append(f"not ruled out: {criterion.say(self._lexicon)} ({_kinds(outcome.missing)})")
        for looked in result.looked:
            if looked.outcome.applies:
                found += self._found(looked, result)
            elif looked.outcome.verdict is Verdict.DOES_NOT_APPLY and looked.outcome.settled:
                not_found.append(f"{within(looked.title)}: nothing on record")
            else:
                unchecked.append(f"{within(looked.title)} ({_kinds(looked.outcome.missing)})")
        return not_found, found, unchecked

    def _found(self, looked: Looked, result: RuleResult) -> list[str]:
        """The line about it; none when all of it stands under "Why you see this" already."""
        facts = [fact for fact in looked.outcome.facts if fact not in result.because]
        if looked.outcome.facts and not facts:
            return []
        lines = self._facts.lines(facts, (), undated_first=result.rule.red_flag)[:_MOST_FOUND]
        return [f"{looked.title}: {'; '.join(lines)}" if lines else looked.title]


def _age(answer: Answer) -> str:
    ages = answer.chart.patient.ages(answer.call.now.astimezone(UTC).date())
    if ages is None:
        return "age not available"
    youngest, oldest = ages
    partly = f" or {oldest} (birth date recorded only in part)" if oldest != youngest else ""
    return f"age {youngest}{partly}; Patient/{escaped(answer.call.patient_id)}"


def _advice(result: RuleResult, level: Level, hook: str) -> Iterator[str]:
    card = result.rule.card
    yield card.recommendation
    if hook == "appointment-book" and level.indicator == "critical":
        yield _TOO_LATE
    for paragraph in (*card.detail, *level.detail, *result.said):
        yield with_possible(paragraph, result.possible) if POSSIBLE.search(paragraph) else paragraph
    yield from dict.fromkeys(left.say for left in result.left_out if left.say is not None)
    offered: dict[frozenset[str], list[str]] = defaultdict(list)
    for offer in result.suggestions:
        if offer.not_checked:
            offered[offer.not_checked].append(offer.template.label)
    for kinds, labels in offered.items():
        yield f"{', '.join(labels)}: offered although {_kinds(kinds)} were not wholly available."
    for note in result.notes:
        yield _NOTES[note]


def _kinds(kinds: frozenset[str]) -> str:
    return listed([plural(kind) for kind in sorted(kinds)])


def _evidence(evidence: Evidence, ruleset: RuleSet) -> str:
    source = ruleset.sources[evidence.source]
    remarks = [f"strength {evidence.strength}", f"certainty {evidence.certainty.replace('-', ' ')}"]
    if evidence.statements:
        remarks.append(", ".join(evidence.statements))
    if evidence.locator is not None:
        remarks.append(evidence.locator)
    remarks.append(_STATES[evidence.state])
    return f"{source.short}: {evidence.paraphrase.rstrip('.')} ({'; '.join(remarks)})."


def _review(review: Review) -> str:
    if review.state == "unreviewed":
        return "not yet reviewed by a clinician"
    return f"reviewed by {review.reviewer} on {review.reviewed_on}"
