"""The services that this product offers: one per hook with active rules, as discovery describes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cds_service.prefetch import Declared, declare
from rules.engine import REQUIRED
from rules.ruleset import RuleSet
from rules.schema import Rule

PREFIX: Final = "hip-spine-"

_MOMENTS: Final = {
    "patient-view": "when a chart is opened",
    "encounter-start": "when an encounter starts",
    "problem-list-item-create": "when a problem is added to the list",
    "order-select": "when an order is chosen",
    "order-sign": "when orders are signed",
    "order-dispatch": "when an order is sent to whoever performs it",
    "appointment-book": "when an appointment is booked",
    "encounter-discharge": "when an encounter ends",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """The service of one hook: its id, what its rules need, and the prefetch that it declares."""

    service_id: str
    hook: str
    rules: tuple[Rule, ...]
    needed: frozenset[str]
    declared: tuple[Declared, ...]
    entry: dict[str, Any]
    """Its entry in the discovery answer (D-04 to D-09)."""


def offers(ruleset: RuleSet, public_url: str, *, fetches: bool) -> dict[str, Offer]:
    """The services by id; ``fetches`` tells whether the service may ask FHIR servers itself."""
    made = (_offer(ruleset, hook, public_url.rstrip("/"), fetches) for hook in ruleset.hooks)
    return {offer.service_id: offer for offer in made}


def _offer(ruleset: RuleSet, hook: str, public_url: str, fetches: bool) -> Offer:
    rules = ruleset.for_hook(hook)
    needs = ruleset.needs(rules)
    declared = declare(needs, ruleset.lexicon.codelists, public_url)
    service_id = f"{PREFIX}{hook}"
    entry = {
        "id": service_id,
        "hook": hook,
        "title": f"Hip and lumbar spine {_MOMENTS[hook]}",
        "description": _description(rules, ruleset.version, public_url),
        "prefetch": {one.key: one.template for one in declared},
        "usageRequirements": _requirements(declared, fetches),
    }
    return Offer(service_id, hook, rules, frozenset(need.kind for need in needs), declared, entry)


def _description(rules: Sequence[Rule], version: str, public_url: str) -> str:
    red_flags = sum(rule.red_flag for rule in rules)
    unreviewed = sum(rule.review.state == "unreviewed" for rule in rules)
    review = "Every rule was reviewed and signed by a named clinician."
    if unreviewed:
        which = "No rule has" if unreviewed == len(rules) else f"{unreviewed} of {len(rules)} rules have not"
        review = f"{which} been reviewed and signed by a named clinician yet: not for clinical use."
    return (
        f"Reads one patient's chart for hip and lumbar spine ({len(rules)} rules, {red_flags} of them for red flags;"
        f" knowledge version {version})"
        " and answers with cards for a clinician to weigh: what was found and why, what was missing, and draft orders"
        f" to choose from. It is silent when there is nothing to say. {review} Each rule can be read at"
        f" {public_url}/rules"
    )


def _requirements(declared: Sequence[Declared], fetches: bool) -> str:
    keys = {one.kind: one.key for one in declared}
    others = ", ".join(key for kind, key in keys.items() if kind != REQUIRED)
    absent = (
        "A key that is not sent is looked up at the FHIR server of the request when it is one that this service may ask"
        " and an access token comes along."
        if fetches
        else "This service asks no FHIR server itself: what is not sent is missing."
    )
    return (
        f"FHIR R4. Prefetch '{keys[REQUIRED]}' is required, with Conditions in all statuses; without it only red flags"
        f" are looked for, and the answer is 412 when none is found. Wanted too: {others}. {absent}"
        " What could not be checked is said on the cards."
    )
