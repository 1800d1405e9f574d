"""What a rule does when a kind of data could not be had, worked out from the rule and said in plain words.

Nothing of this is written in a rule file: it follows from where a criterion stands and from the three verdicts
(knowledge 2.10).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cards.text import listed, plural
from rules.criteria import All, Any_, Criterion, Meets, Not, NotFound
from rules.engine import REQUIRED
from rules.measured import AnswerCriterion
from rules.ordered import FiresCriterion
from rules.ruleset import RuleSet
from rules.schema import Rule

NOT_RUN: Final = (
    "The rule is not run. Without them only red flags are, and when none fires the call is refused with status 412."
)
CANNOT_FIRE: Final = "The rule cannot fire. It stays silent, and the answer says what is missing."
CANNOT_FIRE_REFUSED: Final = "The rule cannot fire. When no other red flag does, the call is refused with status 412."
SILENCED: Final = frozenset({NOT_RUN, CANNOT_FIRE, CANNOT_FIRE_REFUSED})
"""The sentences that say that no card can come."""
STILL_FIRES: Final = "The rule can still fire on the rest of the chart."


@dataclass(frozen=True, slots=True)
class WhenMissing:
    """What happens when one kind of data was not had: the kind, its name in words, and each consequence."""

    kind: str
    title: str
    effects: tuple[str, ...]


def when_missing(rule: Rule, ruleset: RuleSet) -> tuple[WhenMissing, ...]:
    """The kinds of data whose absence the rule notices, each with all that follows from it."""
    rows = []
    for need in ruleset.needs([rule]):
        effects = tuple(_effects(rule, need.kind, ruleset))
        if effects:
            rows.append(WhenMissing(need.kind, plural(need.kind), effects))
    return tuple(rows)


def can_apply(criterion: Criterion, kind: str, ruleset: RuleSet) -> bool:
    """True when ``criterion`` can apply to some chart although nothing of ``kind`` was had."""
    return _can(criterion, kind, ruleset, applying=True)


def _can(criterion: Criterion, kind: str, ruleset: RuleSet, *, applying: bool) -> bool:
    """True when the criterion can apply (or, not ``applying``, can be settled as not applying) without ``kind``."""
    if isinstance(criterion, Meets):
        return _can(ruleset.lexicon.definitions[criterion.meets].criterion, kind, ruleset, applying=applying)
    if isinstance(criterion, All | Any_):
        each = (_can(part, kind, ruleset, applying=applying) for part in criterion.parts())
        return all(each) if isinstance(criterion, All) is applying else any(each)
    if isinstance(criterion, Not):
        return _can(criterion.not_, kind, ruleset, applying=not applying)
    if isinstance(criterion, NotFound):
        # A presumption: what could not be looked for counts as not found.
        return applying or _can(criterion.not_found, kind, ruleset, applying=True)
    if isinstance(criterion, FiresCriterion) and applying:
        return any(can_apply(ruleset.rule(name).when, kind, ruleset) for name in criterion.fires)
    if isinstance(criterion, AnswerCriterion) and criterion.unanswered and applying:
        return True
    kinds = criterion.kinds(ruleset.lexicon)
    # One kind is enough to find something; to rule it out it takes every list.
    return kinds != {kind} if applying else kind not in kinds


def _effects(rule: Rule, kind: str, ruleset: RuleSet) -> Iterator[str]:
    words = ruleset.lexicon
    if kind == REQUIRED and not rule.red_flag:
        yield NOT_RUN
        return
    if kind in rule.when.kinds(words):
        if not can_apply(rule.when, kind, ruleset):
            yield CANNOT_FIRE_REFUSED if kind == REQUIRED else CANNOT_FIRE
            return
        yield STILL_FIRES
    open_exclusions = [criterion.say(words) for criterion in rule.unless if kind in criterion.kinds(words)]
    if open_exclusions:
        hidden = rule.if_exclusion_unknown == "hide" or kind in rule.hide_when_missing
        then = "the card is left out" if hidden else "the card is shown and says that this could not be checked"
        yield f"Whether an exclusion holds can stay open ({'; '.join(open_exclusions)}): {then}."
    yield from _levels(rule, kind, ruleset)
    yield from _suggestions(rule, kind, ruleset)
    reported = [asked.title for asked in rule.card.look_for if kind in asked.when.kinds(words)]
    if reported:
        yield f"Reported as not checked unless found elsewhere: {'; '.join(reported)}."


def _levels(rule: Rule, kind: str, ruleset: RuleSet) -> Iterator[str]:
    for level in rule.levels[:-1]:
        if level.when is not None and not can_apply(level.when, kind, ruleset):
            yield f"The level {level.indicator} ({level.when.say(ruleset.lexicon)}) cannot be reached."


def _suggestions(rule: Rule, kind: str, ruleset: RuleSet) -> Iterator[str]:
    offered, not_offered = set(), set()
    for use in (use for level in rule.levels for use in level.suggestions):
        template = ruleset.templates[use.template]
        if use.when is not None and not can_apply(use.when, kind, ruleset):
            not_offered.add(template.label)
        against = [leave.when for leave in template.leave_out if not leave.groups or rule.group in leave.groups]
        if any(kind in criterion.kinds(ruleset.lexicon) for criterion in against):
            offered.add(template.label)
    if offered - not_offered:
        yield f"Offered all the same, and the card says so: {listed(sorted(offered - not_offered))}."
    if not_offered:
        yield f"Not offered: {listed(sorted(not_offered))}."
