"""The page of a rule: all that a clinician needs to judge it, and nothing that is not so."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from cards.build import CardWriter
from cds_service.pages.site import add_pages
from rules.checks import with_possible
from rules.loader import load_rules
from rules.logic import NO_DOUBT, Doubt
from rules.schema import Review
from tests.lib.clock import now
from tests.lib.html_page import Page, page

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from rules.ruleset import RuleSet

RULESET = load_rules()
PUBLIC_URL = "https://cds.example.org"


def served(ruleset: RuleSet) -> FlaskClient:
    """The pages alone, of a knowledge base of the test's own."""
    app = Flask("cds_service", template_folder="pages/templates", static_folder="pages/static")
    add_pages(app, ruleset, CardWriter(ruleset, public_url=PUBLIC_URL), PUBLIC_URL, now=now)
    return app.test_client()


def reviewed(rule_id: str, review: Review) -> Page:
    """The page of a rule when it has been reviewed so."""
    rules = tuple(rule.model_copy(update={"review": review}) if rule.id == rule_id else rule for rule in RULESET.rules)
    changed = type(RULESET)(**{**vars_of(RULESET), "rules": rules})
    return page(served(changed), f"/rules/{rule_id}")


def vars_of(ruleset: RuleSet) -> dict[str, Any]:
    return {name: getattr(ruleset, name) for name in type(ruleset).__dataclass_fields__}


@pytest.mark.parametrize("rule", RULESET.rules, ids=lambda rule: str(rule.id))
def test_a_rule_page_has_all_that_a_reviewer_needs(client: FlaskClient, rule: Any) -> None:
    text = page(client, f"/rules/{rule.id}").text

    wanted = [rule.title, rule.version, rule.card.recommendation, *rule.hooks, *rule.card.options]
    wanted += [criterion.say(RULESET.lexicon) for criterion in rule.unless if not criterion.parts()]
    wanted += [evidence.paraphrase for evidence in rule.evidence]
    wanted += [RULESET.sources[evidence.source].short for evidence in rule.evidence]
    wanted += [statement for evidence in rule.evidence for statement in evidence.statements]
    wanted += [example.name for example in rule.examples]
    wanted += [change.text for change in rule.history]
    wanted += [reason.display for reason in RULESET.override_reasons[rule.card.override_reasons]]
    wanted += [asked.title for asked in rule.card.look_for]
    for level in rule.levels:
        wanted += [RULESET.templates[use.template].label for use in level.suggestions]
    missing = [words for words in wanted if " ".join(words.split()) not in text]
    assert missing == []
    assert ("No named clinician has reviewed this rule" in text) == (rule.review.state == "unreviewed")


@pytest.mark.parametrize("rule", RULESET.rules, ids=lambda rule: str(rule.id))
def test_every_level_is_shown_as_a_card_that_the_service_wrote(client: FlaskClient, rule: Any) -> None:
    found = page(client, f"/rules/{rule.id}")

    everything = frozenset(RULESET.lexicon.codelists.concepts)
    assert len(found.all("article")) >= len(rule.levels)
    for level in rule.levels:
        sure, doubtful = with_possible(level.summary, NO_DOUBT), with_possible(level.summary, Doubt(everything))
        assert sure in found.text or doubtful in found.text, level.summary
    assert f"Rule {rule.id}, version {rule.version}, knowledge {RULESET.version}" in found.text
    assert "Why you see this" in found.text
    assert "No example reaches this level" not in found.text


def test_the_cards_of_a_page_show_doubt_and_missing_data_where_examples_do(client: FlaskClient) -> None:
    text = page(client, "/rules/spine-source-hip-pain").text

    assert "When the record says it only as suspected, or by a wider code" in text
    assert "When data could not be had" in text
    assert "Questionnaire responses not available" in text[text.index("When data could not be had") :]


def test_the_codes_of_a_rule_are_counted_and_linked(client: FlaskClient) -> None:
    found = page(client, "/rules/hip-oa-with-lbp")

    count = len(RULESET.lexicon.codelists.concepts["hip_osteoarthritis"].rows)
    assert f"({count} codes, unreviewed)" in found.text
    assert "/codelists/hip_osteoarthritis" in found.links("/rules/hip-oa-with-lbp")
    assert "/sources#nice-ng226" in found.links("/rules/hip-oa-with-lbp")


def test_a_definition_unfolds_without_a_script(client: FlaskClient) -> None:
    html = client.get("/rules/hip-oa-with-lbp").text

    unfolded = html.split("<summary>active low back pain</summary>", 1)[1].split("</details>", 1)[0]
    assert "low back pain" in unfolded


def test_the_verification_of_evidence_is_said_as_it_is(client: FlaskClient) -> None:
    states = {"verified": "checked in the original", "unverified": "not re-read in the original"}
    for rule in RULESET.rules:
        text = page(client, f"/rules/{rule.id}").text
        for state, words in states.items():
            if any(evidence.state == state for evidence in rule.evidence):
                assert words in text[text.index("Verification") :], rule.id


def test_a_review_that_is_overdue_is_noticed() -> None:
    signed = Review(
        state="reviewed", reviewer="Dr A. Example", reviewed_on=date(2025, 1, 1), next_review=date(2026, 11, 23)
    )
    text = reviewed("hip-oa-with-lbp", signed).text

    assert "Reviewed by Dr A. Example on 2025-01-01; next review due 2026-11-23." in text
    assert "The review is overdue." in text
    assert "No named clinician" not in text


def test_a_review_is_not_overdue_on_the_day_it_is_due() -> None:
    signed = Review(
        state="reviewed", reviewer="Dr A. Example", reviewed_on=date(2025, 1, 1), next_review=date(2026, 11, 24)
    )

    assert "overdue" not in reviewed("hip-oa-with-lbp", signed).text
