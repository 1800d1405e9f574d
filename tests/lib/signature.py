"""What an answer says, apart from what may differ between equal answers: uuids, and the order of equal facts."""

from __future__ import annotations

from typing import Any

from tests.lib.card_checks import COMPLETENESS
from tests.lib.expectation import codes_of, order_of, rule_id, side_of

Json = Any


def advice(body: Json) -> list[tuple[Any, ...]]:
    """Per card in order: the rule, the indicator, the summary and what it suggests."""
    return [
        (
            rule_id(card),
            card["indicator"],
            card["summary"],
            [_offer(offer) for offer in card.get("suggestions", [])],
        )
        for card in body["cards"]
    ]


def _offer(offer: Json) -> tuple[Any, ...]:
    order = order_of(offer)
    return sorted(codes_of(order)), side_of(order), order.get("priority"), offer.get("isRecommended", False)


def completeness(body: Json) -> Json:
    """The completeness extension, or None."""
    return body.get("extension", {}).get(COMPLETENESS)


def without_uuids(value: Json) -> Json:
    """The answer without the ids that are new in every answer."""
    if isinstance(value, dict):
        return {name: without_uuids(part) for name, part in value.items() if name != "uuid"}
    return [without_uuids(part) for part in value] if isinstance(value, list) else value


def sorted_lines(body: Json) -> list[list[str]]:
    """The lines of each card's detail in alphabetical order: equal facts may come in any order."""
    return [sorted(card["detail"].splitlines()) for card in body["cards"]]
