"""The review of a rule: who signed it, and until when the signature is fresh."""

from __future__ import annotations

from datetime import date

import pytest

from rules.schema import Review

SIGNED = Review(state="reviewed", reviewer="Dr. A", reviewed_on=date(2026, 1, 1), next_review=date(2027, 1, 1))


@pytest.mark.parametrize(
    ("review", "today", "overdue"),
    [
        (Review(state="unreviewed"), date(2099, 1, 1), False),
        (SIGNED, date(2026, 12, 31), False),
        (SIGNED, date(2027, 1, 1), False),
        (SIGNED, date(2027, 1, 2), True),
    ],
)
def test_a_review_is_overdue_from_the_day_after(review: Review, today: date, overdue: bool) -> None:
    assert review.overdue(today) is overdue
