"""The exported FHIR resources say what the knowledge says: nothing added, nothing left out, nothing made stronger."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import fhirkit
import pytest
from fhir.resources.R4B import get_fhir_model_class

from cards.models import OVERRIDE_REASON_SYSTEM, TOPIC_SYSTEM
from cds_service.fhir_export.activity_definitions import activity_definition
from cds_service.fhir_export.narrative import Narrative
from cds_service.fhir_export.plan_definitions import plan_definition
from cds_service.fhir_export.publication import Publication
from cds_service.fhir_export.published import KINDS, Published
from cds_service.fhir_export.value_sets import value_set
from rules.codelists import Concept
from rules.ruleset import RuleSet
from rules.schema import Review, Rule
from tests.lib.form_filler import every_item
from tests.lib.sample_rules import KNOWLEDGE

BASE = "https://cds.example.org/fhir"
PUBLICATION = Publication(KNOWLEDGE, "https://cds.example.org/")
PUBLISHED = Published(PUBLICATION)
RESOURCES = list(PUBLISHED.all())
SIGNED = Review(
    state="reviewed", reviewer="Dr A. Example", reviewed_on=date(2026, 11, 1), next_review=date(2027, 11, 1)
)

Json = dict[str, Any]


def name_of(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def inside(value: object) -> Iterator[Json]:
    """Every object inside a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from inside(part)


def signed(rule: Rule) -> Rule:
    return rule.model_copy(update={"review": SIGNED})


def all_signed() -> RuleSet:
    return replace(KNOWLEDGE, rules=tuple(map(signed, KNOWLEDGE.rules)))


@pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
def test_two_readers_that_are_not_ours_take_every_resource_as_r4(resource: Json) -> None:
    assert fhirkit.validate(resource) == []
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)


@pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
def test_every_resource_says_who_where_and_how_far_it_may_be_trusted(resource: Json) -> None:
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", resource["id"])
    assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", resource["name"])
    assert resource["publisher"] == "Hip-Spine CDS"
    assert "Apache License 2.0" in resource["copyright"]
    assert (resource["status"], resource["experimental"]) == ("draft", True)
    story = ET.fromstring(resource["text"]["div"])  # noqa: S314 - our own text
    assert story.tag == "{http://www.w3.org/1999/xhtml}div"
    assert resource["title"] in "".join(story.itertext())
    assert json.dumps(resource).count("null") == 0
    assert all(part not in ("", [], {}) for found in inside(resource) for part in found.values())


def test_there_is_one_resource_for_each_thing_of_the_knowledge() -> None:
    assert Counter(resource["resourceType"] for resource in RESOURCES) == {
        "ActivityDefinition": len(KNOWLEDGE.templates),
        "CodeSystem": 3,
        "Library": 1,
        "PlanDefinition": len(KNOWLEDGE.rules),
        "Questionnaire": 1,
        "ValueSet": len(KNOWLEDGE.lexicon.codelists.concepts),
    }
    assert len({resource["url"] for resource in RESOURCES}) == len({name_of(found) for found in RESOURCES})


def test_every_canonical_reference_finds_its_resource_in_its_version() -> None:
    there = {f"{resource['url']}|{resource['version']}" for resource in RESOURCES}
    named = {
        part[key]
        for resource in RESOURCES
        for part in inside(resource)
        for key in ("definitionCanonical", "resource")
        if isinstance(part.get(key), str)
    }

    assert named
    assert named <= there


def test_the_library_is_composed_of_everything_else() -> None:
    [library] = PUBLISHED.of_kind("Library").values()

    assert library["version"] == KNOWLEDGE.version
    assert library["type"]["coding"][0]["code"] == "asset-collection"
    composed = [part["resource"] for part in library["relatedArtifact"] if part["type"] == "composed-of"]
    others = [found for found in RESOURCES if found is not library]
    assert sorted(composed) == sorted(f"{found['url']}|{found['version']}" for found in others)


def test_the_same_knowledge_gives_the_same_bundle() -> None:
    bundle = PUBLISHED.collection()

    assert fhirkit.validate(bundle) == []
    assert bundle == Published(PUBLICATION).collection()
    assert [entry["resource"] for entry in bundle["entry"]] == RESOURCES
    assert len({entry["fullUrl"] for entry in bundle["entry"]}) == len(RESOURCES)


@pytest.mark.parametrize("concept", KNOWLEDGE.lexicon.codelists.concepts.values(), ids=lambda concept: concept.name)
def test_a_value_set_holds_the_codes_that_match_and_no_other(concept: Concept) -> None:
    resource = value_set(PUBLICATION, concept)

    systems = KNOWLEDGE.lexicon.codelists.systems
    held = [
        (include["system"], found["code"], found["display"])
        for include in resource["compose"]["include"]
        for found in include["concept"]
    ]
    assert sorted(held) == sorted((systems[row.system].url, row.code, row.display) for row in concept.rows)
    assert len({include["system"] for include in resource["compose"]["include"]}) == len(resource["compose"]["include"])
    for row in concept.unverified:
        assert f"{row.code} {row.display}" in resource["description"].partition("Left out and never matched")[2]
    for row in concept.rows:
        assert systems[row.system].notice in resource["copyright"]


def test_a_value_set_says_what_a_list_of_codes_cannot() -> None:
    description = PUBLISHED.of_kind("ValueSet")["hip-pain"]["description"]

    assert "every longer ICD-10-CM code that begins with M25.55 (dots left out)" in description
    assert "SNOMED CT codes match themselves only" in description
    assert "because nobody could verify them: M25.55 Pain in joint" in description
    assert "Known gap: The WHO site subdivision M25.55 is unverified and not loaded." in description
    assert "Checked with: ICD-10-CM (April 2026 release)" in description
    wide = PUBLISHED.of_kind("ValueSet")["fai"]["description"]
    assert "These codes mean more than the concept, so a card that rests on them says possible: M25.85" in wide


def test_a_signed_code_list_is_active() -> None:
    concept = KNOWLEDGE.lexicon.codelists.concepts["fall"].model_copy(update={"reviewed": True})

    resource = value_set(PUBLICATION, concept)

    assert (resource["status"], resource["experimental"]) == ("active", False)
    assert resource["purpose"] == "Read by rules. A named clinician has signed this."


@pytest.mark.parametrize("rule", KNOWLEDGE.rules, ids=lambda rule: rule.id)
def test_a_rule_keeps_its_events_levels_suggestions_and_evidence(rule: Rule) -> None:
    resource = plan_definition(PUBLICATION, rule)

    assert resource["version"] == rule.version
    assert resource["identifier"] == [{"system": TOPIC_SYSTEM, "value": rule.topic}]
    assert resource["type"]["coding"][0]["code"] == "eca-rule"
    assert resource["date"] == max(change.on for change in rule.history).isoformat()
    [action] = resource["action"]
    assert [trigger["name"] for trigger in action["trigger"]] == list(rule.hooks)
    assert {trigger["type"] for trigger in action["trigger"]} == {"named-event"}
    assert len(action["condition"]) == 1 + len(rule.unless) + len(rule.gates)
    assert action["condition"][0]["expression"]["expression"] == rule.when.say(KNOWLEDGE.lexicon)
    assert {part["type"] for part in action["input"]} == {need.kind for need in KNOWLEDGE.needs([rule])}
    assert len(action["action"]) == len(rule.levels)
    for level, card in zip(rule.levels, action["action"], strict=True):
        assert card["code"][0]["coding"][0]["code"] == level.indicator
        assert "[" not in card["title"]
        offered = [(part["definitionCanonical"].partition("|")[0], part["priority"]) for part in card.get("action", ())]
        assert offered == [
            (
                f"{BASE}/ActivityDefinition/{use.template}",
                use.priority or KNOWLEDGE.templates[use.template].default_priority,
            )
            for use in level.suggestions
        ]
    cited = [part for part in resource["relatedArtifact"] if part["type"] == "citation"]
    for evidence, citation in zip(rule.evidence, cited, strict=True):
        assert citation["citation"].startswith(evidence.paraphrase)
        assert f"strength of the advice: {evidence.strength}" in citation["citation"]
        assert citation.get("url") == KNOWLEDGE.sources[evidence.source].url


def test_every_condition_is_plain_english_for_people() -> None:
    conditions = [
        part
        for resource in PUBLISHED.of_kind("PlanDefinition").values()
        for part in inside(resource)
        if part.get("kind") == "applicability"
    ]

    assert {condition["expression"]["language"] for condition in conditions} == {"text/plain"}
    assert all(re.search(r"[a-z]{2}", condition["expression"]["expression"]) for condition in conditions)


def test_a_rule_reads_like_its_file() -> None:
    rule = PUBLISHED.of_kind("PlanDefinition")["hip-oa-with-lbp"]

    [action] = rule["action"]
    said = [condition["expression"]["expression"] for condition in action["condition"]]
    assert said == [
        "active osteoarthritis of a hip that was not replaced and active low back pain",
        "not: age under 18 (also when the birth date leaves it open)",
        "not: a hip examination in the last 6 months, or one ordered in the last 30 days",
        "not: active palliative or hospice care",
        "on problem-list-item-create only when there is also: "
        + KNOWLEDGE.rule("hip-oa-with-lbp").gates["problem-list-item-create"].say(KNOWLEDGE.lexicon),
    ]
    warning, info = action["action"]
    assert [condition["expression"]["expression"] for condition in warning["condition"]] == [
        "severe pain (the latest score of the last 90 days is 7 or more)"
    ]
    assert [condition["expression"]["expression"] for condition in info["condition"]] == [
        "no level above this one applies"
    ]
    assert "the card is shown and says so" in rule["usage"]
    assert "hip-spine-problem-list-item-create" in rule["usage"]
    ages = [context["valueRange"] for context in rule["useContext"] if context["code"]["code"] == "age"]
    assert [age["low"]["value"] for age in ages] == [18]


def test_a_red_flag_is_meant_for_every_age() -> None:
    contexts = PUBLISHED.of_kind("PlanDefinition")["rf-child-hip-back"]["useContext"]

    assert [context["code"]["code"] for context in contexts] == ["focus"]


@pytest.mark.parametrize(
    ("status", "reviewed", "expected"),
    [
        ("active", True, ("active", False)),
        ("active", False, ("draft", True)),
        ("shadow", True, ("draft", True)),
        ("draft", True, ("draft", True)),
        ("retired", True, ("retired", False)),
        ("retired", False, ("retired", True)),
    ],
)
def test_only_a_rule_that_is_served_and_signed_is_active(
    status: str, reviewed: bool, expected: tuple[str, bool]
) -> None:
    rule = KNOWLEDGE.rules[0].model_copy(update={"status": status})

    resource = plan_definition(PUBLICATION, signed(rule) if reviewed else rule)

    assert (resource["status"], resource["experimental"]) == expected
    assert ("Served by" in resource["usage"]) == (status == "active")
    assert fhirkit.validate(resource) == []


def test_a_signature_goes_with_the_rule() -> None:
    resource = plan_definition(PUBLICATION, signed(KNOWLEDGE.rules[0]))

    assert resource["reviewer"] == [{"name": "Dr A. Example"}]
    assert (resource["approvalDate"], resource["lastReviewDate"]) == ("2026-11-01", "2026-11-01")
    assert resource["usage"].startswith("Signed by Dr A. Example on 2026-11-01; the next review is due on 2027-11-01.")


def test_what_has_no_signature_of_its_own_is_active_when_every_active_rule_is_signed() -> None:
    one_left = replace(KNOWLEDGE, rules=(KNOWLEDGE.rules[0], *map(signed, KNOWLEDGE.rules[1:])))

    def standing(ruleset: RuleSet) -> set[tuple[str, str]]:
        published = Published(Publication(ruleset, "https://cds.example.org"))
        return {
            (kind, resource["status"])
            for kind in ("CodeSystem", "Library", "Questionnaire")
            for resource in published.of_kind(kind).values()
        }

    assert standing(all_signed()) == {(kind, "active") for kind in ("CodeSystem", "Library", "Questionnaire")}
    assert standing(one_left) == {(kind, "draft") for kind in ("CodeSystem", "Library", "Questionnaire")}


def test_a_draft_order_is_active_when_every_rule_that_offers_it_is_signed() -> None:
    [unsigned] = [rule for rule in KNOWLEDGE.rules if rule.id == "dual-pathology"]
    others = tuple(rule if rule is unsigned else signed(rule) for rule in KNOWLEDGE.rules)
    publication = Publication(replace(KNOWLEDGE, rules=others), "https://cds.example.org")
    offered = {use.template for level in unsigned.levels for use in level.suggestions}

    for template in KNOWLEDGE.templates.values():
        status = activity_definition(publication, template)["status"]
        assert status == ("draft" if template.id in offered else "active"), template.id


def test_a_template_that_nobody_offers_is_a_draft() -> None:
    nobody = Publication(replace(all_signed(), rules=()), "https://cds.example.org")

    assert activity_definition(nobody, KNOWLEDGE.templates["T1"])["status"] == "draft"


def test_an_order_template_makes_the_order_that_cards_draft() -> None:
    xray = PUBLISHED.of_kind("ActivityDefinition")["T2"]

    assert (xray["kind"], xray["intent"], xray["priority"]) == ("ServiceRequest", "order", "routine")
    assert [coding["code"] for coding in xray["code"]["coding"]] == ["30767-8", "783628002"]
    assert xray["bodySite"][0]["coding"][0]["code"] == "29836001"
    assert "Code for the right side: 38771-2" in xray["usage"]
    assert "Left out when there is: active pregnancy." in xray["usage"]
    assert "Left out of routine cards when there is: an X-ray or MRI of a hip on order." in xray["usage"]
    for resource in PUBLISHED.of_kind("ActivityDefinition").values():
        assert not {"productReference", "productCodeableConcept", "dosage"} & resource.keys()


def test_our_own_codes_are_published_whole() -> None:
    systems = {resource["url"]: resource for resource in PUBLISHED.of_kind("CodeSystem").values()}

    def codes(url: str) -> set[str]:
        return {concept["code"] for concept in systems[url]["concept"]}

    assert codes(TOPIC_SYSTEM) == {rule.topic for rule in KNOWLEDGE.rules}
    reasons = {reason.code for reasons in KNOWLEDGE.override_reasons.values() for reason in reasons}
    assert codes(OVERRIDE_REASON_SYSTEM) == reasons
    for resource in systems.values():
        assert resource["content"] == "complete"
        assert resource["count"] == len(resource["concept"])
    [form] = PUBLISHED.of_kind("Questionnaire").values()
    offered = {
        (option["valueCoding"]["system"], option["valueCoding"]["code"])
        for item in every_item(form)
        for option in item.get("answerOption", ())
    }
    assert {system for system, _ in offered} == {"urn:hip-spine-cds:answer"}
    assert codes("urn:hip-spine-cds:answer") == {code for _, code in offered}


def test_the_questionnaire_asks_every_item_once_in_its_group() -> None:
    [form] = PUBLISHED.of_kind("Questionnaire").values()

    asked = {item["linkId"]: item for item in every_item(form)}
    assert len(asked) == len(list(every_item(form)))
    assert asked.keys() == KNOWLEDGE.lexicon.items.keys() | KNOWLEDGE.lexicon.item_groups.keys()
    assert [group["linkId"] for group in form["item"]] == ["alarm", "pain", "place", "course", "examination"]
    nested = [item["linkId"] for item in asked["examination"]["item"]]
    assert nested == ["hip-rotation", "slr-positive", "hip-examination"]
    for name, item in KNOWLEDGE.lexicon.items.items():
        assert asked[name]["text"].endswith("?")
        assert [option["valueCoding"]["code"] for option in asked[name].get("answerOption", ())] == list(item.words)
        assert item.group is not None
        assert asked[name] in asked[item.group]["item"]


def test_the_questionnaire_gives_numbers_their_limits_their_unit_and_their_code() -> None:
    asked = {item["linkId"]: item for item in every_item(PUBLISHED.of_kind("Questionnaire")["hip-spine-screen"])}
    standard = "http://hl7.org/fhir/StructureDefinition/"

    assert asked["severity-0-10"]["type"] == "integer"
    assert asked["severity-0-10"]["extension"] == [
        {"url": f"{standard}minValue", "valueInteger": 0},
        {"url": f"{standard}maxValue", "valueInteger": 10},
    ]
    assert asked["severity-0-10"]["code"][0]["code"] == "72514-3"
    [unit] = asked["internal-rotation-left"]["extension"]
    assert unit["valueCoding"] == {"system": "http://unitsofmeasure.org", "code": "deg"}
    assert asked["onset-date"]["enableWhen"] == [
        {
            "question": "onset",
            "operator": "=",
            "answerCoding": {"system": "urn:hip-spine-cds:answer", "code": "sudden"},
        }
    ]


def test_text_of_the_knowledge_cannot_break_out_of_a_narrative() -> None:
    story = Narrative("a < b & c", None).listed("<i>", ["</div>"]).listed("none", []).table(("<",), [("\"'>",)])

    div = story.text("<script>")["div"]

    assert ET.fromstring(div).tag.endswith("div")  # noqa: S314 - our own text
    assert not re.search(r"<(script|i)>", div)
    assert "none" not in div
    assert Narrative().table(("head",), []).text("t")["div"] == Narrative().text("t")["div"]


def test_the_kinds_are_in_the_order_of_the_bundle() -> None:
    assert list(dict.fromkeys(resource["resourceType"] for resource in RESOURCES)) == list(KINDS)
