"""Which of the results that fire are shown, in which order, and why the others are withheld (knowledge 2.9).

Pure: results, history and policy in, decision out. Red flags (R1-R15) are never capped, merged, snoozed or
otherwise withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rules.engine import RuleResult, Suggestion
from rules.history import INDICATORS, NO_HISTORY, SHOW_AGAIN, History, Policy, quiet

CARD_CAP = 5
"""At most this many cards of R16-R40 in one answer."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A result that fires and is not shown; the reason goes to the record, never to the EHR."""

    result: RuleResult
    reason: str


@dataclass(frozen=True, slots=True)
class Triage:
    """The decision: what is shown, in order, and what is withheld."""

    shown: tuple[RuleResult, ...]
    withheld: tuple[Withheld, ...]
    focus: bool
    """True while a critical card is present (knowledge 2.9, point 2)."""


def triage(
    results: Sequence[RuleResult], history: History = NO_HISTORY, policy: Policy = SHOW_AGAIN, *, cap: int = CARD_CAP
) -> Triage:
    """Order the results that fire, apply the focus of a critical card, then what was shown before, then the cap.

    What ``history`` withholds takes up no place under the cap.
    """
    firing = sorted((result for result in results if result.fires), key=_place)
    focus = any(result.level is not None and result.level.indicator == "critical" for result in firing)
    shown: list[RuleResult] = []
    withheld: list[Withheld] = []
    routine = 0
    for result in firing:
        rule = result.rule
        if rule.red_flag or (focus and rule.in_focus):
            shown.append(result)
        elif focus:
            withheld.append(Withheld(result, "red-flag-focus"))
        elif (before := _before(result, history, policy)) is not None:
            withheld.append(Withheld(result, before))
        elif routine >= cap:
            withheld.append(Withheld(result, "card-cap"))
        else:
            routine += 1
            shown.append(result)
    if focus:
        shown = [_focused(result) for result in shown]
    return Triage(tuple(shown), tuple(withheld), focus)


def _before(result: RuleResult, history: History, policy: Policy) -> str | None:
    indicator = result.level.indicator if result.level is not None else INDICATORS[-1]
    return quiet(result.rule.id, indicator, history, policy)


def _place(result: RuleResult) -> tuple[bool, int, int]:
    indicator = result.level.indicator if result.level is not None else "info"
    return (not result.rule.red_flag, INDICATORS.index(indicator), result.rule.number)


def _focused(result: RuleResult) -> RuleResult:
    """The result without the suggestions that would distract while a critical card is present."""
    return replace(result, suggestions=tuple(offer for offer in result.suggestions if _stays(offer)))


def _stays(offer: Suggestion) -> bool:
    focus = offer.template.focus
    return focus == "always" or (focus == "urgent-only" and offer.priority != "routine")
