"""What must hold for every answer of a hook: ``card_faults`` lists everything that does not.

Written from the rows of the CDS Hooks standard (C-01 and so on) and from the product's contract of a card, not
from the code that writes cards. Every suite that gets an answer runs it; ``test_card_checks.py`` plants each
fault once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt

from tests.lib.json_checks import address, coding, empty, filled_list, members, objects, text, uuid
from tests.lib.suggestion_checks import suggestion_faults

INDICATORS = ("info", "warning", "critical")
NAMESPACED = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+){2,}")
RULE = "org.hip-spine-cds.rule"
COMPLETENESS = "org.hip-spine-cds.completeness"
TOPIC_SYSTEM = "urn:hip-spine-cds:topic"
CLOSING = "For a clinician to weigh"
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def card_faults(answer: object) -> list[str]:
    """Everything wrong with a whole answer of a hook call, each with the row that it breaks and its place."""
    if not isinstance(answer, dict):
        return ["C-01 the answer is no object"]
    faults = list(empty(answer, "answer"))
    faults += members(answer, "answer", "answer")
    cards = answer.get("cards")
    if not isinstance(cards, list):
        return [*faults, "C-01 answer.cards is no list"]
    for index, card in enumerate(cards):
        faults += _card(card, f"cards[{index}]")
    faults += _unique(cards)
    if "extension" in answer:
        faults += _extension(answer["extension"], "answer")
        faults += _completeness(answer["extension"])
    return faults


def _card(card: object, place: str) -> Iterator[str]:
    if not isinstance(card, dict):
        yield f"C-01 {place} is no object"
        return
    yield from members(card, "card", place)
    if not uuid(card.get("uuid")):
        yield f"C-10 {place}.uuid is no version 4 UUID"
    yield from _summary(card.get("summary"), place)
    yield from _detail(card, place)
    if card.get("indicator") not in INDICATORS:
        yield f"C-13 {place}.indicator {card.get('indicator')!r} is not one of {INDICATORS}"
    yield from _source(card.get("source"), f"{place}.source")
    yield from suggestion_faults(card, place)
    yield from filled_list(card.get("overrideReasons"), f"{place}.overrideReasons", "C-17")
    for index, reason in enumerate(objects(card.get("overrideReasons"))):
        yield from coding(reason, f"{place}.overrideReasons[{index}]", "C-17")
    yield from filled_list(card.get("links"), f"{place}.links", "C-18")
    for index, link in enumerate(objects(card.get("links"))):
        yield from _link(link, f"{place}.links[{index}]")
    yield from _extension(card.get("extension"), place)
    yield from _rule(card, place)


def _summary(summary: object, place: str) -> Iterator[str]:
    if not text(summary):
        yield f"C-11 {place}.summary is missing"
        return
    assert isinstance(summary, str)
    if len(summary) >= 140:
        yield f"C-11 {place}.summary has {len(summary)} characters, fewer than 140 are allowed"
    if not summary.isprintable() or "…" in summary or "[possible" in summary:
        yield f"C-11 {place}.summary is no whole sentence on one line: {summary!r}"


def _detail(card: dict[str, Any], place: str) -> Iterator[str]:
    detail = card.get("detail")
    if not text(detail):
        yield f"C-12 {place}.detail is missing"
        return
    assert isinstance(detail, str)
    tokens = [token for block in MARKDOWN.parse(detail) for token in (block, *(block.children or ()))]
    if any(token.type.startswith("html") for token in tokens):
        yield f"C-12 {place}.detail holds raw HTML"
    if any(token.type in ("image", "code_block", "fence") for token in tokens):
        yield f"C-12 {place}.detail holds an image or code"
    # The parser leaves out what it finds unsafe (javascript:), other clients may not: so look at the text too.
    targets = {str(token.attrs["href"]) for token in tokens if token.type == "link_open"}
    targets.update(re.findall(r"(?<!\\)\]\(([^)\s]*)", detail))
    for target in sorted(targets - {link.get("url") for link in objects(card.get("links"))}):
        yield f"C-12 {place}.detail links to {target}, which is not among the card's links"
    if "[possible" in detail:
        yield f"C-12 {place}.detail holds a mark that was not filled in"
    if CLOSING not in detail:
        yield f"C-12 {place}.detail does not say {CLOSING!r}"


def _source(source: object, place: str) -> Iterator[str]:
    if not isinstance(source, dict):
        yield f"C-14 {place} is missing"
        return
    yield from members(source, "source", place)
    if not text(source.get("label")):
        yield f"C-20 {place}.label is missing"
    if not address(source.get("url")):
        yield f"C-21 {place}.url is no absolute address"
    if "icon" in source and not address(source["icon"]):
        yield f"C-22 {place}.icon is no absolute address"
    yield from coding(source.get("topic"), f"{place}.topic", "C-23")
    topic = source["topic"] if isinstance(source.get("topic"), dict) else {}
    if topic.get("system") != TOPIC_SYSTEM:
        yield f"C-23 {place}.topic.system is not {TOPIC_SYSTEM}"
    if not re.fullmatch(r"[A-Za-z0-9]{1,100}", str(topic.get("code"))):
        yield f"C-23 {place}.topic.code is not of letters and digits, 100 at most"


def _link(link: dict[str, Any], place: str) -> Iterator[str]:
    yield from members(link, "link", place)
    if not text(link.get("label")):
        yield f"C-50 {place}.label is missing"
    if not address(link.get("url")):
        yield f"C-51 {place}.url is no http or https address with a host"
    if link.get("type") not in ("absolute", "smart"):
        yield f"C-52 {place}.type {link.get('type')!r} is not absolute or smart"
    if "appContext" in link and (link.get("type") != "smart" or not isinstance(link["appContext"], str)):
        yield f"C-53 {place}.appContext is a string and only for smart links"
    if not isinstance(link.get("autolaunchable", True), bool):
        yield f"C-54 {place}.autolaunchable is no boolean"


def _extension(extension: object, place: str) -> Iterator[str]:
    if not isinstance(extension, dict):
        yield f"X-02 {place}.extension is no object"
        return
    for name in extension:
        if not NAMESPACED.fullmatch(name):
            yield f"X-03 {place}.extension.{name} is no reverse domain name"


def _rule(card: dict[str, Any], place: str) -> Iterator[str]:
    """The product's own contract: which rule wrote the card, the same everywhere on it."""
    extension = card.get("extension")
    rule = extension.get(RULE) if isinstance(extension, dict) else None
    if not isinstance(rule, dict) or rule.keys() != {"id", "version", "knowledge"}:
        yield f"X-02 {place}.extension.{RULE} is not of id, version and knowledge"
        return
    name, version = rule["id"], rule["version"]
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(name)):
        yield f"X-02 {place}: {name!r} is no rule id"
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(version)):
        yield f"X-02 {place}: {version!r} is no version"
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(rule["knowledge"])):
        yield f"X-02 {place}: {rule['knowledge']!r} is no version of the knowledge"
    source = card["source"] if isinstance(card.get("source"), dict) else {}
    if not str(source.get("url")).endswith(f"/rules/{name}"):
        yield f"C-21 {place}.source.url is not the page of rule {name}"
    topic = source["topic"] if isinstance(source.get("topic"), dict) else {}
    if topic.get("code") != "".join(part[:1].upper() + part[1:] for part in str(name).split("-")):
        yield f"C-23 {place}.source.topic.code is not the rule id in CamelCase"
    if f"Rule {name}, version {version}" not in str(card.get("detail")):
        yield f"C-12 {place}.detail does not name the rule and its version"


def _completeness(extension: object) -> Iterator[str]:
    said = extension.get(COMPLETENESS) if isinstance(extension, dict) else None
    if not isinstance(said, dict):
        yield f"X-02 answer.extension.{COMPLETENESS} is no object"
        return
    for name, value in said.items():
        if name in ("missing", "failed", "incomplete"):
            if not isinstance(value, list) or not all(re.fullmatch(r"[A-Z][A-Za-z]+", str(kind)) for kind in value):
                yield f"X-02 {COMPLETENESS}.{name} is no list of resource types"
        elif name == "dropped":
            yield from _dropped(value)
        else:
            yield f"X-02 {COMPLETENESS}.{name} is no member of it"


def _dropped(dropped: object) -> Iterator[str]:
    counts = list(dropped.values()) if isinstance(dropped, dict) else [None]
    for kind in counts:
        if not isinstance(kind, dict) or not kind.keys() <= {"unreadable", "foreign", "uncoded"}:
            yield f"X-02 {COMPLETENESS}.dropped is not of unreadable, foreign and uncoded"
        elif not all(type(count) is int and count > 0 for count in kind.values()):
            yield f"X-02 {COMPLETENESS}.dropped holds something else than counts above 0"


def _unique(cards: list[Any]) -> Iterator[str]:
    """C-10, C-31: no uuid twice in an answer, and one card a rule."""
    uuids: list[object] = []
    rules: list[object] = []
    for card in objects(cards):
        uuids.append(card.get("uuid"))
        uuids += [suggestion.get("uuid") for suggestion in objects(card.get("suggestions"))]
        extension = card.get("extension")
        rule = extension.get(RULE) if isinstance(extension, dict) else None
        rules.append(rule.get("id") if isinstance(rule, dict) else None)
    for what, row, values in (("uuid", "C-10", uuids), ("rule", "C-01", rules)):
        twice = sorted({str(value) for value in values if values.count(value) > 1})
        if twice:
            yield f"{row} {what} used twice: {', '.join(twice)}"
