"""The cards of the real rules, for every chart of their examples, and the wording of everything they can say."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from rules import Rule
from rules.schema import HOOKS
from tests.lib.card_checks import card_faults
from tests.lib.example_answers import hook_answers, rule_answers
from tests.lib.sample_rules import CALL, KNOWLEDGE, answered, chart, condition

RULES = [pytest.param(rule, id=rule.id) for rule in KNOWLEDGE.rules]
LEVELS = ("critical", "warning", "info")

COMMANDS = re.compile(
    r"\b(must|shall|ought to|have to|has to|do not|don't|need to order|order (it |this )?now|prescribe|immediately"
    r"|stop the|start the|never|(?<!not )always|mandatory|compulsory)\b",
    re.IGNORECASE,
)
OPENINGS = re.compile(
    r"(^|[.!?:;] )(Order|Refer|Prescribe|Stop|Start|Give|Admit|Send|Request|Call|Perform|Obtain|Arrange|Avoid|Ensure"
    r"|Consider|Do|Examine|Book|Cancel)\b"
)


@pytest.mark.parametrize("rule", RULES)
def test_every_example_that_fires_gives_one_card_of_its_level_without_faults(rule: Rule) -> None:
    summaries = {level.indicator for level in rule.levels}

    for example in rule_answers(rule.id):
        assert card_faults(example.answer) == [], example.name
        indicators = [card["indicator"] for card in example.answer["cards"]]
        assert indicators == ([example.expected] if example.expected in LEVELS else []), example.name
        assert set(indicators) <= summaries


def test_every_example_asked_with_all_rules_of_its_hook_gives_an_answer_without_faults() -> None:
    answers = hook_answers()

    assert [(example.rule.id, example.name) for example in answers if card_faults(example.answer)] == []
    assert any(len(example.answer["cards"]) > 1 for example in answers)


@pytest.mark.parametrize("rule", RULES)
def test_every_level_of_a_rule_is_shown_by_an_example(rule: Rule) -> None:
    shown = {card["indicator"] for example in rule_answers(rule.id) for card in example.answer["cards"]}

    assert shown == {level.indicator for level in rule.levels}


def test_the_card_about_an_order_that_was_recognised_by_its_text_quotes_it() -> None:
    rule = KNOWLEDGE.rule("order-regenerative")
    texts = {given.words for example in rule.examples for given in (*example.given, *example.each) if given.words}
    cards = [card for example in rule_answers(rule.id) for card in example.answer["cards"]]

    assert cards
    assert all(any(text in card["detail"].split("\n\n")[1] for text in texts) for card in cards)


@pytest.mark.parametrize("rule", RULES)
def test_every_card_says_why_with_a_code_a_question_or_an_age(rule: Rule) -> None:
    for example in rule_answers(rule.id):
        for card in example.answer["cards"]:
            first = card["detail"].split("\n\n")[1]
            for line in first.splitlines():
                assert re.search(r"\([\w -]*? \S+\)|\([^)]*(ICD|SNOMED|LOINC|RxNorm|ATC)|questionnaire|Age ", line), (
                    example.name,
                    line,
                )


def spoken(rule: Rule) -> Iterator[str]:
    """Every sentence of ours that a card of the rule may hold, the options apart."""
    yield rule.card.recommendation
    yield from rule.card.detail
    yield from (saying.text for saying in rule.card.say)
    yield from (evidence.paraphrase for evidence in rule.evidence)
    for level in rule.levels:
        yield level.summary
        yield from level.detail
        for use in level.suggestions:
            template = KNOWLEDGE.templates[use.template]
            yield from (*use.notes, *template.notes)
            yield from (leave.say for leave in template.leave_out if leave.say is not None)


@pytest.mark.parametrize("rule", RULES)
def test_no_sentence_of_a_card_commands_a_clinician(rule: Rule) -> None:
    sentences = [*spoken(rule), *rule.card.options]

    assert [text for text in sentences if COMMANDS.search(text)] == []
    assert [text for text in spoken(rule) if OPENINGS.search(text)] == []


@pytest.mark.parametrize("text", ["You must order an MRI.", "Prescribe ibuprofen.", "Stop the opioid.", "Order it now"])
def test_a_command_is_recognised(text: str) -> None:
    assert COMMANDS.search(text) or OPENINGS.search(text)


@pytest.mark.parametrize("rule", RULES)
def test_doing_nothing_is_among_the_options(rule: Rule) -> None:
    assert [option for option in rule.card.options if re.search(r"no action|unchanged|as it is|as planned", option)]


@pytest.mark.parametrize("rule", RULES)
def test_the_rules_own_texts_are_markdown_without_html_or_links(rule: Rule) -> None:
    for text in (*spoken(rule), *rule.card.options, rule.title):
        assert not re.search(r"<[A-Za-z/!?]|\]\(|`|https?://|@|\n", text), text


def test_the_core_case_reads_as_a_clinician_expects() -> None:
    facts = [condition("M16.11", 400, number=1), condition("M54.50", 181, number=2)]

    (card,) = answered(KNOWLEDGE, chart(*facts))["cards"]

    assert card["summary"] == (
        "Low back pain with hip osteoarthritis: the hip may contribute, a focused exam can help tell"
    )
    assert card["indicator"] == "info"
    assert card["source"]["topic"]["code"] == "HipOaWithLbp"
    assert [suggestion["label"] for suggestion in card["suggestions"]] == [
        "Focused hip examination, right hip",
        "Hip X-ray, right hip",
        "Physiotherapy referral",
    ]
    assert card["detail"].startswith(
        "**Why you see this**\n\n"
        "- Low back pain (ICD-10-CM M54.50), 2026-05-27; Condition/c-2\n"
        "- Unilateral primary osteoarthritis, right hip (ICD-10-CM M16.11), 2025-10-20; Condition/c-1\n\n"
        "**Looked for and not found**\n\n- No hip examination in the last 6 months, and none ordered"
    )
    assert CALL.hook in HOOKS


def test_the_card_at_discharge_links_to_the_sheet_for_the_patient() -> None:
    cards = [card for example in rule_answers("discharge-education") for card in example.answer["cards"]]

    assert cards
    for card in cards:
        [link] = [link for link in card["links"] if link["label"].startswith("Self-care sheet")]
        assert link["type"] == "absolute"
        assert link["url"] == card["source"]["url"].replace("/rules/discharge-education", "/self-care")
