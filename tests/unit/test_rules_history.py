"""What was shown before keeps routine cards away for a while, and never a red flag."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.history import NO_HISTORY, EarlierCard, History, Policy, Snooze, quiet
from rules.triage import CARD_CAP, triage
from tests.unit.test_rules_triage import flag, result

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = Policy(
    repeat=7 * DAY,
    accepted=30 * DAY,
    snooze={"hip-already-assessed": Snooze(90 * DAY), "not-relevant-now": Snooze(14 * DAY, "user")},
)


def before(days: float, **said: Any) -> EarlierCard:
    return EarlierCard(**{"rule_id": "r16", "indicator": "info", "shown": NOW - days * DAY, "context": "old"} | said)


def history(*cards: EarlierCard, user: str = "") -> History:
    return History(cards, NOW, "new", user)


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (before(6.9), "repeat-window"),
        (before(7), None),
        (before(1, context="new"), None),
        (before(1, rule_id="r17"), None),
        (before(29, outcome="accepted"), "accepted"),
        (before(30, outcome="accepted"), None),
        (before(89, outcome="overridden", reason="hip-already-assessed"), "snoozed"),
        (before(90, outcome="overridden", reason="hip-already-assessed"), None),
        (before(13, outcome="overridden", reason="not-relevant-now", user="anna"), "snoozed"),
        (before(13, outcome="overridden", reason="not-relevant-now", user="ben"), None),
        (before(6, outcome="overridden", reason="not-relevant-now", user="ben"), "repeat-window"),
        (before(30, outcome="overridden", reason="data-incorrect"), None),
        (before(30, outcome="overridden"), None),
        (before(30, reason="hip-already-assessed"), None),
        (before(1, context="new", outcome="accepted"), "accepted"),
    ],
)
def test_how_long_a_card_stays_away(card: EarlierCard, reason: str | None) -> None:
    assert quiet("r16", "info", history(card, user="anna"), POLICY) == reason


def test_a_card_that_became_more_urgent_is_shown() -> None:
    assert quiet("r16", "warning", history(before(1)), POLICY) is None
    assert quiet("r16", "info", history(before(1, indicator="warning")), POLICY) == "repeat-window"
    assert quiet("r16", "warning", history(before(1, indicator="warning")), POLICY) == "repeat-window"


def test_the_newest_card_names_the_reason() -> None:
    cards = (before(5), before(1, outcome="accepted"), before(3))
    assert quiet("r16", "info", history(*cards), POLICY) == "accepted"
    assert quiet("r16", "info", history(*reversed(cards)), POLICY) == "accepted"


def test_the_triage_withholds_with_the_reason_and_frees_the_place() -> None:
    results = [result(number, "info") for number in range(16, 16 + CARD_CAP + 1)]
    decided = triage(results, history(before(1)), POLICY)
    assert [(one.result.rule.id, one.reason) for one in decided.withheld] == [("r16", "repeat-window")]
    assert len(decided.shown) == CARD_CAP


def test_without_history_or_without_a_policy_nothing_is_withheld() -> None:
    results = [result(16, "info"), flag(2, "warning")]
    assert triage(results, NO_HISTORY, POLICY) == triage(results)
    assert triage(results, history(before(0))) == triage(results)


CARDS = st.builds(
    before,
    st.floats(0, 400),
    rule_id=st.sampled_from([f"r{number}" for number in (2, 9, 16, 17, 30)]),
    indicator=st.sampled_from(["critical", "warning", "info"]),
    outcome=st.sampled_from(["none", "accepted", "overridden"]),
    reason=st.sampled_from([None, *POLICY.snooze]),
)
INDICATOR = st.sampled_from(["critical", "warning", "info"])


@given(st.lists(CARDS, max_size=8), INDICATOR, INDICATOR, INDICATOR)
def test_no_history_takes_a_red_flag_away_or_changes_the_order(
    cards: list[EarlierCard], first: str, second: str, routine: str
) -> None:
    results = [flag(2, first), flag(9, second), result(16, routine), result(17, "info")]
    known = history(*cards)
    decided, plain = triage(results, known, POLICY), triage(results)
    assert [one for one in decided.shown if one.rule.red_flag] == [one for one in plain.shown if one.rule.red_flag]
    assert [one for one in plain.shown if one in decided.shown] == list(decided.shown)
    assert {one.rule.id for one in decided.shown} | {one.result.rule.id for one in decided.withheld} == {
        one.rule.id for one in results
    }
    assert triage(results, replace(known, cards=tuple(reversed(cards))), POLICY).shown == decided.shown
