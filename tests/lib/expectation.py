"""What a case expects, in the notation of the gold cases, and how an answer is compared with it.

``R16(i): T1, T2 right, T3; R3(w): T6 urgent`` reads: two cards in this order, the first at info with three
suggestions for the right hip, the second a warning with an urgent lumbar MRI. ``none`` is an empty card list,
``412`` the refusal for missing Conditions. A phrase in brackets, ``R1(c) [possible cauda equina]``, must stand in the
summary, which is the written sentence with "possible" put in; without brackets the summary is exactly the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.lib.resources import LOINC, PATIENT, SNOMED

Json = Any

TEMPLATES: Mapping[str, frozenset[str]] = {
    "T1": frozenset({"363215001"}),
    "T2": frozenset({"38771-2", "36631-0", "30767-8"}),
    "T3": frozenset({"308447003", "444831000124102"}),
    "T4": frozenset({"308481009"}),
    "T5": frozenset({"183866009", "306254002"}),
    "T6": frozenset({"24968-0"}),
    "T7": frozenset({"36013-1", "36020-6", "36022-2"}),
    "T8": frozenset({"408289007"}),
    "T9": frozenset({"30638-1"}),
    "T10": frozenset({"304507003"}),
    "T11": frozenset({"24972-2"}),
}
COMPANION_CODES = {"T2": "783628002", "T6": "433141005", "T11": "840361000"}
"""The SNOMED CT code that stands beside the LOINC code of a template."""

SIDE_CODES = {"right": "24028007", "left": "7771000", "both": "51440002"}
SIDED_CODES = {
    "T2": {"right": "38771-2", "left": "36631-0", "both": "30767-8", "unknown": "30767-8"},
    "T7": {"right": "36022-2", "left": "36020-6", "both": "36013-1", "unknown": "36013-1"},
}
HIP_REGION = "29836001"
INDICATORS = {"i": "info", "w": "warning", "c": "critical"}
RECOMMENDED = ("T5", "T6")
"""The only templates that may be marked as recommended."""


@dataclass(frozen=True)
class RuleText:
    """What a rule's card always says: its number, its topic, its sentence per level."""

    number: str
    id: str
    summaries: Mapping[str, str]

    @property
    def topic(self) -> str:
        """The code by which an EHR remembers an override."""
        return "".join(word.capitalize() for word in self.id.split("-"))


@dataclass(frozen=True)
class Wanted:
    """One suggestion that is expected; ``side`` or ``priority`` None: whatever the rule's default is."""

    template: str
    side: str | None = None
    priority: str | None = None


@dataclass(frozen=True)
class WantedCard:
    """One card that is expected."""

    rule: str
    level: str
    suggestions: tuple[Wanted, ...] = ()
    phrase: str | None = None


@dataclass(frozen=True)
class Expectation:
    """The expected answer: a status and the cards in order."""

    status: int
    cards: tuple[WantedCard, ...] = ()
    words: str = field(default="", compare=False)


def read_expectation(words: str) -> Expectation:
    """Read the notation. Raises ValueError when it cannot be read."""
    if words == "412":
        return Expectation(412, words=words)
    if words == "none":
        return Expectation(200, words=words)
    return Expectation(200, tuple(_card(part.strip()) for part in words.split(";")), words)


def _card(words: str) -> WantedCard:
    found = re.fullmatch(r"(R\d+)\(([iwc])\)(?: \[([^]]+)\])?(?:: (.+))?", words)
    if found is None:
        raise ValueError(f"not a card: {words!r}")
    rule, level, phrase, offers = found.groups()
    wanted = tuple(_wanted(part.strip()) for part in offers.split(",")) if offers else ()
    side = next((each.side for each in wanted if each.side is not None), None)
    if side is not None:
        # One side for the hip examination, the X-ray and the MRI of a card (knowledge 2.2).
        wanted = tuple(
            Wanted(each.template, side if each.template in ("T1", "T2", "T7") else None, each.priority)
            for each in wanted
        )
    return WantedCard(rule, INDICATORS[level], wanted, phrase)


def _wanted(words: str) -> Wanted:
    template, *rest = words.split()
    if template not in TEMPLATES:
        raise ValueError(f"no such template: {template!r}")
    side = priority = None
    for word in rest:
        if word in (*SIDE_CODES, "unknown"):
            side = word
        elif word in ("stat", "urgent", "routine"):
            priority = word
        elif word not in ("side", "sides"):
            raise ValueError(f"neither a side nor a priority: {word!r}")
    return Wanted(template, side, priority)


def default_priority(rule: str, template: str) -> str:
    """The priority of a suggestion when nothing is said (knowledge 2.2)."""
    if template == "T5" or (template, rule) == ("T7", "R13"):
        return "stat"
    if template in ("T7", "T11"):
        return "urgent"
    return "routine"


def differences(
    expected: Expectation, status: int, answer: Json, texts: Mapping[str, RuleText], rules: Collection[str]
) -> list[str]:
    """Every way in which the answer departs from what is expected; only cards of ``rules`` are looked at."""
    if status != expected.status:
        return [f"status {status} instead of {expected.status}: {answer}"]
    if status != 200:
        return []
    by_id = {text.id: text for text in texts.values()}
    cards = [card for card in answer["cards"] if by_id[rule_id(card)].number in rules]
    got = [(by_id[rule_id(card)].number, card["indicator"]) for card in cards]
    wanted = [(card.rule, card.level) for card in expected.cards]
    if got != wanted:
        return [f"cards {_shown(got)} instead of {_shown(wanted)}"]
    return [
        difference
        for card, want in zip(cards, expected.cards, strict=True)
        for difference in _card_differences(card, want, texts[want.rule])
    ]


def rule_id(card: Json) -> str:
    """The rule that a card comes from."""
    found: str = card["extension"]["org.hip-spine-cds.rule"]["id"]
    return found


def _shown(cards: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{rule}({level[0]})" for rule, level in cards) or "none"


def _card_differences(card: Json, want: WantedCard, text: RuleText) -> Iterable[str]:
    sentence = text.summaries[want.level]
    if want.phrase is None:
        if card["summary"] != sentence:
            yield f"{want.rule}: summary {card['summary']!r} instead of {sentence!r}"
    elif want.phrase.casefold() not in card["summary"].casefold():
        yield f"{want.rule}: summary {card['summary']!r} does not say {want.phrase!r}"
    elif _without_possible(card["summary"]) != _without_possible(sentence):
        yield f"{want.rule}: summary {card['summary']!r} is not {sentence!r} with 'possible' put in"
    topic = card["source"]["topic"]
    if (topic["system"], topic["code"]) != ("urn:hip-spine-cds:topic", text.topic):
        yield f"{want.rule}: topic {topic}"
    offers = card.get("suggestions", [])
    if offers and card.get("selectionBehavior") != "any":
        yield f"{want.rule}: selectionBehavior {card.get('selectionBehavior')!r} instead of 'any'"
    names = [template_of(offer) for offer in offers]
    if names != [each.template for each in want.suggestions]:
        wanted = ", ".join(each.template for each in want.suggestions) or "none"
        yield f"{want.rule}: suggestions {', '.join(names) or 'none'} instead of {wanted}"
        return
    for offer, each in zip(offers, want.suggestions, strict=True):
        yield from _offer_differences(offer, each, want.rule)


def _without_possible(sentence: str) -> str:
    return re.sub(r"\bpossible ", "", sentence.casefold())


def order_of(offer: Json) -> Json:
    """The one resource that a suggestion creates."""
    (action,) = offer["actions"]
    assert action["type"] == "create"
    return action["resource"]


def codes_of(order: Json) -> set[str]:
    """The codes of a suggested order."""
    return {coding["code"] for coding in order["code"]["coding"]}


def template_of(offer: Json) -> str:
    """The template that a suggestion was made from, told by its codes."""
    codes = codes_of(order_of(offer))
    names = [name for name, own in TEMPLATES.items() if own & codes]
    return names[0] if len(names) == 1 else f"unknown {sorted(codes)}"


def side_of(order: Json) -> str:
    """The side that a suggested order names by its body sites."""
    codes = {coding["code"] for site in order.get("bodySite", []) for coding in site["coding"]}
    named = {side for side, code in SIDE_CODES.items() if code in codes}
    if "both" in named or named == {"left", "right"}:
        return "both"
    return named.pop() if named else "unknown"


def _offer_differences(offer: Json, want: Wanted, rule: str) -> Iterable[str]:
    order = order_of(offer)
    name = f"{rule} {want.template}"
    fixed = (order["resourceType"], order["status"], order["intent"], order["subject"]["reference"])
    if fixed != ("ServiceRequest", "draft", "order", f"Patient/{PATIENT}"):
        yield f"{name}: {fixed} instead of a draft order for the patient"
    if offer.get("isRecommended") and want.template not in RECOMMENDED:
        yield f"{name}: is marked as recommended"
    priority = want.priority or default_priority(rule, want.template)
    if order.get("priority", "routine") != priority:
        yield f"{name}: priority {order.get('priority')!r} instead of {priority!r}"
    codings = {(coding["system"], coding["code"]) for coding in order["code"]["coding"]}
    companion = COMPANION_CODES.get(want.template)
    if companion is not None and (SNOMED, companion) not in codings:
        yield f"{name}: SNOMED CT {companion} is missing beside the LOINC code"
    if want.side is not None:
        yield from _side_differences(order, want, name, codings)


def _side_differences(order: Json, want: Wanted, name: str, codings: set[tuple[str, str]]) -> Iterable[str]:
    if want.template == "T1":
        sites = {coding["code"] for site in order["bodySite"] for coding in site["coding"]}
        if HIP_REGION not in sites:
            yield f"{name}: the body site is not the hip region"
    if (want.template == "T1" or "bodySite" in order) and side_of(order) != want.side:
        yield f"{name}: side {side_of(order)} instead of {want.side}"
    code = SIDED_CODES.get(want.template, {}).get(str(want.side))
    if code is not None and (LOINC, code) not in codings:
        yield f"{name}: codes {sorted(codings)} instead of LOINC {code} for side {want.side}"
