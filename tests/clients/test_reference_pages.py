"""The pages of what rules are made of: code lists, definitions, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rules.loader import load_rules
from tests.lib.html_page import page

if TYPE_CHECKING:
    from flask.testing import FlaskClient

RULESET = load_rules()
CODELISTS = RULESET.lexicon.codelists
WITH_UNVERIFIED = [concept for concept in CODELISTS.concepts.values() if concept.unverified]


def test_a_code_list_page_has_its_codes_with_evidence_and_its_readers(client: FlaskClient) -> None:
    found = page(client, "/codelists/hip_osteoarthritis")

    for row in CODELISTS.codes("hip_osteoarthritis"):
        assert row.code in found.text
        assert " ".join(row.verified_by.split()) in found.text
    targets = found.links("/codelists/hip_osteoarthritis")
    assert "/rules/hip-oa-with-lbp" in targets
    assert "/definitions#hip-oa" in targets


@pytest.mark.parametrize("concept", CODELISTS.concepts.values(), ids=lambda concept: str(concept.name))
def test_a_code_list_page_says_what_it_means_and_under_which_licence(client: FlaskClient, concept: Any) -> None:
    text = page(client, f"/codelists/{concept.name}").text

    wanted = [concept.title, concept.focus, concept.scope, concept.includes, concept.excludes]
    wanted += [CODELISTS.systems[row.system].notice for row in concept.rows]
    assert [words for words in wanted if " ".join(words.split()) not in text] == []
    assert ("No named clinician has signed this list." in text) is not concept.reviewed


def test_codes_that_nobody_could_verify_are_shown_as_not_active(client: FlaskClient) -> None:
    assert WITH_UNVERIFIED
    for concept in WITH_UNVERIFIED:
        text = page(client, f"/codelists/{concept.name}").text
        apart = text[text.index("Not active") :]
        for row in concept.unverified:
            assert row.code in apart
            assert " ".join(row.verified_by.split()) in apart


def test_a_concept_that_no_rule_reads_says_so(client: FlaskClient) -> None:
    text = page(client, "/codelists/knee_osteoarthritis_negative_control").text

    assert "Rules that read it none" in text
    assert "Must fire nothing" in text


def test_every_definition_is_said_with_those_who_name_it(client: FlaskClient) -> None:
    found = page(client, "/definitions")

    for name, definition in RULESET.lexicon.definitions.items():
        assert name in found.ids
        assert definition.not_found in found.text
        assert all(example.name in found.text for example in RULESET.definition_examples.get(name, ()))
    assert "/rules/hip-oa-with-lbp" in found.links("/definitions")


def test_every_source_has_its_state_its_link_and_its_users(client: FlaskClient) -> None:
    found = page(client, "/sources")

    hrefs = {attributes["href"] for attributes in found.all("a")}
    states = {"verified": "Checked in the original.", "partly-verified": "Only partly re-read in the original."}
    for name, source in RULESET.sources.items():
        assert name in found.ids
        own = found.text[found.text.index(source.title) :]
        own = own[: own.index("Used by")]
        assert states.get(source.state, "Not re-read in the original.") in own
        assert source.url is None or source.url in hrefs
    for rule in RULESET.rules:
        assert f"/rules/{rule.id}" in found.links("/sources")
    assert "S49" in found.text
