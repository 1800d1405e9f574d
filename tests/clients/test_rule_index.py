"""The index of the rules: found by words and filters, and a wrong filter is answered, not guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from rules.loader import load_rules
from tests.lib.html_page import Page, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from rules.schema import Rule

RULESET = load_rules()


def listed(found: Page) -> set[str]:
    targets = (target for target in found.links("/rules") if target.startswith("/rules/"))
    return {target.removeprefix("/rules/") for target in targets}


def reads(concept: str) -> Callable[[Rule], bool]:
    return lambda rule: any(concept in need.concepts for need in RULESET.needs([rule]))


def test_without_a_filter_all_rules_are_listed(client: FlaskClient) -> None:
    assert listed(page(client, "/rules")) == {rule.id for rule in RULESET.rules}


@pytest.mark.parametrize(
    ("asked", "passes"),
    [
        ({"hook": "order-sign"}, lambda rule: "order-sign" in rule.hooks),
        ({"group": "red-flag"}, lambda rule: rule.red_flag),
        ({"indicator": "critical"}, lambda rule: any(level.indicator == "critical" for level in rule.levels)),
        ({"concept": "hip_osteoarthritis"}, reads("hip_osteoarthritis")),
        ({"statement": "S49"}, lambda rule: any("S49" in evidence.statements for evidence in rule.evidence)),
        ({"review": "unreviewed"}, lambda rule: rule.review.state == "unreviewed"),
        ({"q": "R16"}, lambda rule: rule.number == 16),
        ({"group": "routine", "hook": "order-sign"}, lambda rule: not rule.red_flag and "order-sign" in rule.hooks),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "rule",
)
def test_a_filter_lists_those_and_only_those(
    client: FlaskClient, asked: dict[str, str], passes: Callable[[Rule], bool]
) -> None:
    found = page(client, f"/rules?{urlencode(asked)}")

    assert listed(found) == {rule.id for rule in RULESET.rules if passes(rule)}
    assert listed(found)
    assert f"{len(listed(found))} of {len(RULESET.rules)} rules" in found.text


def test_a_search_wants_every_word_in_any_order_and_case(client: FlaskClient) -> None:
    both = listed(page(client, "/rules?q=%20SADDLE%20numbness"))

    assert "rf-saddle-anaesthesia" in both
    assert both == listed(page(client, "/rules?q=numbness+saddle"))
    assert both == listed(page(client, "/rules?q=saddle")) & listed(page(client, "/rules?q=numbness"))
    assert both < listed(page(client, "/rules?q=numbness"))


def test_the_form_shows_the_filters_that_are_set(client: FlaskClient) -> None:
    found = page(client, "/rules?q=groin&hook=order-sign")

    [search] = found.all("input")
    assert search["value"] == "groin"
    chosen = [attributes["value"] for attributes in found.all("option") if "selected" in attributes]
    assert chosen == ["order-sign"]


def test_a_search_that_finds_nothing_says_so(client: FlaskClient) -> None:
    found = page(client, "/rules?q=cardiology")

    assert f"0 of {len(RULESET.rules)} rules have the words “cardiology”" in found.text
    assert listed(found) == set()


@pytest.mark.parametrize(
    ("query", "words", "link"),
    [
        ("hook=order-sgin", "Hook: there is no 'order-sgin'.", "/rules?hook=order-sign"),
        ("hok=order-sign", "There is no filter 'hok'.", "/rules?hook=order-sign"),
        ("group=Red-Flag", "Group: there is no 'Red-Flag'.", "/rules?group=red-flag"),
        ("concept=hip-pain", "Reads the code list: there is no 'hip-pain'.", "/rules?concept=hip_pain"),
        ("statement=S999", "Rests on statement: there is no 'S999'.", None),
        ("hook=order-sign&hook=order-select", "The filter 'hook' is given 2 times; it takes one value.", None),
        ("hook=%3Cscript%3E", "Hook: there is no such value.", None),
        (f"q={'x' * 201}", "The search is longer than 200 characters.", None),
    ],
)
def test_a_wrong_filter_is_answered_clearly(client: FlaskClient, query: str, words: str, link: Any) -> None:
    found = page(client, f"/rules?{query}", 400)

    assert words in found.text
    assert listed(found) == set()
    assert link is None or link in found.links("/rules")
    assert "<script" not in client.get(f"/rules?{query}").text


def test_every_value_of_every_filter_finds_something_or_says_nothing_is_there(client: FlaskClient) -> None:
    values = [
        (attributes["name"], option["value"])
        for attributes, options in selects(client.get("/rules").text)
        for option in options
        if option["value"]
    ]

    assert len(values) > len(RULESET.hooks)
    for name, value in values:
        found = page(client, f"/rules?{urlencode({str(name): str(value)})}")
        assert f"of {len(RULESET.rules)} rules" in found.text
        assert listed(found) or name == "review", (name, value)


def selects(html: str) -> list[tuple[dict[str, str | None], list[dict[str, str | None]]]]:
    found: list[tuple[dict[str, str | None], list[dict[str, str | None]]]] = []
    for tag, attributes in Page(html).elements:
        if tag == "select":
            found.append((attributes, []))
        elif tag == "option":
            found[-1][1].append(attributes)
    return found
