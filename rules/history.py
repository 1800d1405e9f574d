"""What was shown before for this patient, and for how long it keeps a card from being shown again.

Pure, like the triage that asks it: no clock, no storage. Red flags are never asked about here: nothing that happened
before withholds one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

INDICATORS: Final = ("critical", "warning", "info")
"""From the most to the least urgent."""
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
NEVER: Final = timedelta(0)
"""A policy of this length withholds nothing."""


@dataclass(frozen=True, slots=True)
class EarlierCard:
    """A card that was shown for this patient, and what became of it.

    ``context`` is opaque: the same text for calls about one patient, encounter and user within a short time.
    ``user`` is opaque as well. ``outcome`` and ``reason`` (the code of an override reason) are what feedback said.
    """

    rule_id: str
    indicator: Literal["critical", "warning", "info"]
    shown: datetime
    context: str = ""
    user: str = ""
    outcome: Literal["none", "accepted", "overridden"] = "none"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The earlier cards, and the call for which they are asked: its moment (aware), context and user."""

    cards: tuple[EarlierCard, ...] = ()
    now: datetime = LONG_AGO
    context: str = ""
    user: str = ""


NO_HISTORY: Final = History()
"""Nothing is known of before: nothing is withheld because of it."""


@dataclass(frozen=True, slots=True)
class Snooze:
    """How long an override with one reason keeps the card away, and for whom."""

    length: timedelta
    whom: Literal["patient", "user"] = "patient"
    """``patient``: for everybody who sees this patient. ``user``: for whoever overrode it, with this patient."""


@dataclass(frozen=True, slots=True)
class Policy:
    """For how long a card of R16-R40 stays away. Without any, history changes nothing.

    ``repeat``: after it was shown; ``accepted``: after one of its suggestions was taken up; ``snooze``: after it was
    overridden, by the code of the reason.
    """

    repeat: timedelta = NEVER
    accepted: timedelta = NEVER
    snooze: Mapping[str, Snooze] = field(default_factory=dict)


SHOW_AGAIN: Final = Policy()
"""The policy that withholds nothing."""


def quiet(rule_id: str, indicator: str, history: History, policy: Policy) -> str | None:
    """Why a card of this rule at this level is withheld because of what was before; None when it is not.

    The reasons: ``accepted``, ``snoozed``, ``repeat-window``. A card that became more urgent is always shown. That it
    was shown in this very context is no reason: clients replace older cards by the newest answer.
    """
    for card in sorted(history.cards, key=lambda card: card.shown, reverse=True):
        if card.rule_id == rule_id and INDICATORS.index(card.indicator) <= INDICATORS.index(indicator):
            reason = _reason(card, history, policy)
            if reason is not None:
                return reason
    return None


def _reason(card: EarlierCard, history: History, policy: Policy) -> str | None:
    age = history.now - card.shown
    if card.outcome == "accepted" and age < policy.accepted:
        return "accepted"
    snooze = policy.snooze.get(card.reason or "") if card.outcome == "overridden" else None
    if snooze is not None and age < snooze.length and (snooze.whom == "patient" or card.user == history.user):
        return "snoozed"
    if card.context != history.context and age < policy.repeat:
        return "repeat-window"
    return None
