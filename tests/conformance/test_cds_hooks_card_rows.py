"""CDS Hooks, what we send: one test for each row C-01 to C-62, G-03 to G-05, X-02 and X-03 that concerns an answer.

The answers are those of every example of every rule at its hook, and one that says how much of the record was had.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import fhirkit
import pytest
from markdown_it import MarkdownIt

from rules.chart import Availability
from tests.lib.example_answers import hook_answers
from tests.lib.sample_rules import KNOWLEDGE, answered, chart, condition

Json = Any
DRAFT = {"status": "draft", "resourceType": "ServiceRequest"}


@pytest.fixture(scope="module")
def answers() -> list[Json]:
    partial = chart(
        condition("M16.11"),
        condition("M54.50"),
        had={"Procedure": Availability.MISSING, "ImagingStudy": Availability.FAILED},
        dropped={"Condition": ("foreign", "uncoded")},
    )
    # Through JSON, as they go out: what cannot be encoded fails here.
    return [
        json.loads(json.dumps(answer, allow_nan=False))
        for answer in (answered(KNOWLEDGE, partial), *(example.answer for example in hook_answers()))
    ]


@pytest.fixture(scope="module")
def cards(answers: list[Json]) -> list[Json]:
    found = [card for answer in answers for card in answer["cards"]]
    assert {card["indicator"] for card in found} == {"info", "warning", "critical"}
    return found


@pytest.fixture(scope="module")
def suggestions(cards: list[Json]) -> list[Json]:
    return some([suggestion for card in cards for suggestion in card.get("suggestions", ())])


@pytest.fixture(scope="module")
def actions(suggestions: list[Json]) -> list[Json]:
    return some([action for suggestion in suggestions for action in suggestion["actions"]])


@pytest.fixture(scope="module")
def links(cards: list[Json]) -> list[Json]:
    return some([link for card in cards for link in card["links"]])


@pytest.fixture(scope="module")
def codings(cards: list[Json]) -> list[Json]:
    return some([coding for card in cards for coding in (card["source"]["topic"], *card["overrideReasons"])])


def some(found: list[Json]) -> list[Json]:
    """The list, which must not be empty: a test over nothing cannot fail."""
    assert found
    return found


def values(value: Json) -> Iterator[tuple[str, Json]]:
    """Every value of a JSON document with the name it stands under."""
    parts = value.items() if isinstance(value, dict) else (("", part) for part in value)
    for name, part in parts:
        yield name, part
        if isinstance(part, dict | list):
            yield from values(part)


def objects_with(answers: list[Json], member: str) -> list[Json]:
    """Every object of the answers that has ``member``."""
    inside = [part for answer in answers for _, part in values(answer) if isinstance(part, dict)]
    return some([part for part in [*answers, *inside] if member in part])


def text(value: Json) -> bool:
    return isinstance(value, str) and value.strip() == value != ""


def web_address(value: Json) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).hostname)


def is_uuid(value: Json) -> bool:
    return isinstance(value, str) and str(UUID(value)) == value


def test_g_03_no_member_is_null(answers: list[Json]) -> None:
    assert [name for answer in answers for name, part in values(answer) if part is None] == []


def test_g_04_nothing_is_empty_but_the_list_of_cards(answers: list[Json]) -> None:
    empty = {name for answer in answers for name, part in values(answer) if part in ("", [], {})}

    assert empty == {"cards"}


def test_g_05_an_optional_member_without_a_value_is_left_out() -> None:
    whole, without = (
        answered(KNOWLEDGE, chart(*facts))["cards"][0]
        for facts in (
            (condition("M16.11"), condition("M54.50")),
            (condition("M54.50"), condition("R63.4")),
        )
    )

    assert {"suggestions", "selectionBehavior"} <= whole.keys()
    assert not {"suggestions", "selectionBehavior"} & without.keys()


def test_c_01_an_answer_is_an_object_with_a_list_of_cards(answers: list[Json]) -> None:
    assert all(isinstance(answer, dict) and isinstance(answer["cards"], list) for answer in answers)
    assert all(isinstance(card, dict) for answer in answers for card in answer["cards"])


def test_c_02_nothing_to_say_is_an_empty_list_of_cards() -> None:
    assert answered(KNOWLEDGE, chart()) == {"cards": []}


def test_c_03_there_are_no_system_actions(answers: list[Json]) -> None:
    assert all(answer.keys() <= {"cards", "extension"} for answer in answers)


def test_c_04_extensions_stand_on_the_answer_and_on_every_card(answers: list[Json], cards: list[Json]) -> None:
    assert "extension" in answers[0]
    assert all("extension" in card for card in cards)


def test_c_10_every_card_has_a_uuid_of_its_own(cards: list[Json]) -> None:
    found = [card["uuid"] for card in cards]

    assert all(map(is_uuid, found))
    assert len(set(found)) == len(found)


def test_c_11_the_summary_is_one_sentence_of_fewer_than_140_characters(cards: list[Json]) -> None:
    summaries = {card["summary"] for card in cards}

    assert [summary for summary in summaries if not text(summary) or len(summary) >= 140] == []
    assert [summary for summary in summaries if "\n" in summary or ". " in summary] == []


def test_c_12_the_detail_is_markdown_without_html(cards: list[Json]) -> None:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    for detail in {card["detail"] for card in cards}:
        tokens = [token for block in parser.parse(detail) for token in (block, *(block.children or ()))]
        assert {token.type for token in tokens} <= {
            *("paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close"),
            *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
        }


def test_c_13_the_indicator_is_one_of_three_words(cards: list[Json]) -> None:
    assert {card["indicator"] for card in cards} <= {"info", "warning", "critical"}


def test_c_14_every_card_names_its_source(cards: list[Json]) -> None:
    assert all(isinstance(card["source"], dict) for card in cards)


def test_c_15_suggestions_are_a_list_with_something_in_it(cards: list[Json]) -> None:
    found = some([card["suggestions"] for card in cards if "suggestions" in card])

    assert all(isinstance(offers, list) and offers for offers in found)


def test_c_16_the_selection_behavior_is_any_exactly_where_there_are_suggestions(cards: list[Json]) -> None:
    assert {("suggestions" in card, card.get("selectionBehavior")) for card in cards} == {(True, "any"), (False, None)}


def test_c_17_override_reasons_are_codings_with_a_display(cards: list[Json]) -> None:
    for card in cards:
        assert card["overrideReasons"]
        assert all(text(reason[name]) for reason in card["overrideReasons"] for name in ("code", "system", "display"))


def test_c_18_links_are_a_list_with_something_in_it(cards: list[Json]) -> None:
    assert all(isinstance(card["links"], list) and card["links"] for card in cards)


def test_c_20_the_source_has_a_short_label(cards: list[Json]) -> None:
    labels = {card["source"]["label"] for card in cards}

    assert [label for label in labels if not re.fullmatch(r"Hip-Spine CDS \(.+\)", label) or len(label) > 80] == []


def test_c_21_the_source_is_the_page_of_the_rule_and_not_of_the_case(cards: list[Json]) -> None:
    assert all(web_address(card["source"]["url"]) for card in cards)
    assert {card["source"]["url"] for card in cards} <= {
        f"https://cds.example.org/rules/{rule.id}" for rule in KNOWLEDGE.rules
    }


def test_c_22_an_icon_would_be_an_absolute_address(cards: list[Json]) -> None:
    assert all(web_address(card["source"].get("icon", "https://cds.example.org/icon.png")) for card in cards)


def test_c_23_the_topic_is_a_coding_fixed_with_the_rule(cards: list[Json]) -> None:
    topics = {(card["source"]["url"].rpartition("/")[2], card["source"]["topic"]["code"]) for card in cards}

    assert {card["source"]["topic"]["system"] for card in cards} == {"urn:hip-spine-cds:topic"}
    assert [code for _, code in topics if not re.fullmatch(r"[A-Za-z0-9]{1,100}", code)] == []
    assert all(code.lower() == rule.replace("-", "") for rule, code in topics)
    assert len({code for _, code in topics}) == len(topics)


def test_c_30_every_suggestion_has_a_label(suggestions: list[Json]) -> None:
    assert all(text(suggestion["label"]) for suggestion in suggestions)


def test_c_31_every_suggestion_has_a_uuid_of_its_own(cards: list[Json], suggestions: list[Json]) -> None:
    found = [offer["uuid"] for offer in (*cards, *suggestions)]

    assert all(map(is_uuid, found))
    assert len(set(found)) == len(found)


def test_c_32_recommended_is_true_or_left_out_and_only_the_urgent_ones_are(suggestions: list[Json]) -> None:
    recommended = {offer["label"] for offer in suggestions if offer.get("isRecommended", False)}

    assert {offer.get("isRecommended", True) for offer in suggestions} == {True}
    assert recommended == {"Emergency referral", "Lumbar MRI"}


def test_c_33_every_suggestion_is_one_action(suggestions: list[Json]) -> None:
    assert {len(suggestion["actions"]) for suggestion in suggestions} == {1}


def test_c_34_no_client_is_asked_for_the_behavior_of_actions(answers: list[Json]) -> None:
    assert "actionSelectionBehavior" not in {name for answer in answers for name, _ in values(answer)}


def test_c_40_every_action_creates(actions: list[Json]) -> None:
    assert {action["type"] for action in actions} == {"create"}


def test_c_41_every_action_is_described_in_a_sentence_that_stands_alone(actions: list[Json]) -> None:
    described = {action["description"] for action in actions}

    assert [words for words in described if not re.fullmatch(r"Draft order: .+ \(\w+\)\. .+\.", words)] == []
    assert all("Nothing is ordered until a clinician signs it." in words for words in described)


def test_c_42_every_action_brings_a_new_draft_that_an_independent_reader_of_r4_accepts(actions: list[Json]) -> None:
    for action in actions:
        resource = action["resource"]
        assert DRAFT.items() <= resource.items()
        assert [str(issue) for issue in fhirkit.validate(resource)] == []


def test_c_43_nothing_is_deleted(actions: list[Json]) -> None:
    assert [action for action in actions if "resourceId" in action] == []


def test_c_44_a_resource_is_an_object_and_never_a_string(actions: list[Json]) -> None:
    assert {type(action["resource"]) for action in actions} == {dict}


def test_c_45_nothing_is_applied_without_a_clinician(answers: list[Json]) -> None:
    assert "systemActions" not in {name for answer in answers for name, _ in values(answer)}


def test_c_46_a_new_resource_has_no_id(actions: list[Json]) -> None:
    assert [action for action in actions if "id" in action["resource"]] == []


def test_c_47_nothing_that_exists_is_changed(actions: list[Json]) -> None:
    assert [action for action in actions if action["type"] in ("update", "delete")] == []


def test_c_50_every_link_has_a_label(links: list[Json]) -> None:
    assert all(text(link["label"]) for link in links)


def test_c_51_every_link_is_a_web_address(links: list[Json]) -> None:
    assert all(web_address(link["url"]) for link in links)


def test_c_52_every_link_is_opened_as_it_is(links: list[Json]) -> None:
    assert {link["type"] for link in links} == {"absolute"}


def test_c_53_an_absolute_link_carries_no_app_context(links: list[Json]) -> None:
    assert [link for link in links if "appContext" in link] == []


def test_c_54_no_link_opens_by_itself(links: list[Json]) -> None:
    assert [link for link in links if "autolaunchable" in link] == []


def test_c_60_every_coding_has_a_code(codings: list[Json]) -> None:
    assert all(text(coding["code"]) for coding in codings)


def test_c_61_every_coding_has_a_system(codings: list[Json]) -> None:
    assert all(text(coding["system"]) for coding in codings)


def test_c_62_every_coding_has_a_display(codings: list[Json]) -> None:
    assert all(text(coding["display"]) for coding in codings)


def test_x_02_every_extension_is_an_object(answers: list[Json]) -> None:
    assert all(isinstance(part["extension"], dict) and part["extension"] for part in objects_with(answers, "extension"))


def test_x_03_every_extension_has_a_name_in_reverse_domain_form(answers: list[Json]) -> None:
    names = {name for part in objects_with(answers, "extension") for name in part["extension"]}

    assert names == {"org.hip-spine-cds.rule", "org.hip-spine-cds.completeness"}
