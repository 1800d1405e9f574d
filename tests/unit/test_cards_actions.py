"""Draft orders: every template, side and priority gives a valid draft ServiceRequest, filled by the call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any

import fhirkit
import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from cards.actions import INTENTS, MOST_REASONS, PRIORITIES, Draft, DraftOrders, faults_of, reason_references
from cards.models import CallContext
from rules.check_digits import loinc_fault, sctid_fault
from rules.engine import RuleResult, Suggestion
from rules.faults import KnowledgeFaults
from rules.knowledge import Coding, Template
from rules.logic import Outcome, Verdict
from rules.ruleset import RuleSet
from tests.lib.sample_rules import CALL, KNOWLEDGE, NOW, condition, observation, sample_rule

LEFT, RIGHT, NONE = frozenset({"left"}), frozenset({"right"}), frozenset[str]()
BOTH = LEFT | RIGHT
RULE = sample_rule()
ORDERS = DraftOrders(KNOWLEDGE)
VARIANTS = [
    (template.id, sides, priority, intent)
    for template in KNOWLEDGE.templates.values()
    for sides in ((NONE, LEFT, RIGHT, BOTH) if template.sided else (NONE,))
    for priority, intent in product(PRIORITIES, INTENTS)
]


def draft(
    template: str,
    sides: frozenset[str] = NONE,
    priority: str = "routine",
    *,
    orders: DraftOrders = ORDERS,
    reasons: tuple[str, ...] = ("Condition/c-1",),
    call: CallContext = CALL,
    **more: Any,
) -> Draft:
    offer = Suggestion(KNOWLEDGE.templates[template], priority, sides, **more)
    return orders.draft(offer, RULE, reasons, call)


def with_template(**changes: object) -> RuleSet:
    """The real knowledge, with one template more."""
    broken = Template.model_validate(KNOWLEDGE.templates["T1"].model_dump() | {"leave_out": ()} | changes)
    return replace(KNOWLEDGE, templates={**KNOWLEDGE.templates, broken.id: broken})


def codes(resource: dict[str, Any]) -> list[str]:
    return [coding["code"] for coding in resource["code"]["coding"]]


def sites(resource: dict[str, Any]) -> list[str]:
    return [site["coding"][0]["code"] for site in resource["bodySite"]]


@pytest.mark.parametrize(("template", "sides", "priority", "intent"), VARIANTS)
def test_two_independent_readers_of_fhir_accept_every_draft(
    template: str, sides: frozenset[str], priority: str, intent: str
) -> None:
    made = draft(template, sides, priority, orders=DraftOrders(KNOWLEDGE, intent), notes=("A note.",)).resource

    assert [str(issue) for issue in fhirkit.validate(made)] == []
    assert ServiceRequest.model_validate(made).model_dump(exclude_none=True)["resourceType"] == "ServiceRequest"
    assert (made["status"], made["intent"], made["priority"]) == ("draft", intent, priority)


@pytest.mark.parametrize("template", list(KNOWLEDGE.templates))
def test_no_template_is_a_drug(template: str) -> None:
    resource = draft(template).resource

    assert resource["resourceType"] == "ServiceRequest"
    assert {coding["system"] for coding in resource["code"]["coding"]} <= {
        "http://snomed.info/sct",
        "http://loinc.org",
    }


@pytest.mark.parametrize("template", KNOWLEDGE.templates.values(), ids=lambda template: template.id)
def test_the_codes_of_every_template_pass_their_check_digits(template: Template) -> None:
    coded = [*template.codes, *template.side_codes.values(), *filter(None, [template.body_site])]

    assert [
        coding.code for coding in coded if {"sct": sctid_fault, "loinc": loinc_fault}[coding.system](coding.code)
    ] == []


def test_a_draft_is_filled_with_everything_that_the_call_brings() -> None:
    made = draft("T1", RIGHT, "urgent", reasons=("Condition/c-1", "Condition/c-2"), notes=("Gait first.",))

    assert made.label == "Focused hip examination, right hip"
    assert made.description == (
        "Draft order: focused hip examination, right hip (urgent). Nothing is ordered until a clinician signs it."
    )
    assert made.resource == {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "category": [{"text": "Examination"}],
        "priority": "urgent",
        "code": {
            "coding": [
                {
                    "system": "http://snomed.info/sct",
                    "code": "363215001",
                    "display": "Musculoskeletal system physical examination",
                }
            ],
            "text": "Focused hip examination, right hip",
        },
        "bodySite": [
            {"coding": [{"system": "http://snomed.info/sct", "code": "29836001", "display": "Hip region structure"}]},
            {
                "coding": [
                    {"system": "http://snomed.info/sct", "code": "24028007", "display": "Right (qualifier value)"}
                ]
            },
        ],
        "subject": {"reference": "Patient/p-1"},
        "encounter": {"reference": "Encounter/e-1"},
        "authoredOn": "2026-11-24T10:15:30Z",
        "requester": {"reference": "Practitioner/d-1"},
        "reasonCode": [{"text": "A sample of a rule"}],
        "reasonReference": [{"reference": "Condition/c-1"}, {"reference": "Condition/c-2"}],
        "note": [
            {"text": "Gait first."},
            {"text": "Drafted by Hip-Spine CDS, rule sample-rule, version 1.2.3."},
        ],
    }


def test_what_the_call_does_not_bring_is_left_out() -> None:
    made = draft("T3", reasons=(), call=CallContext("patient-view", "p-1", NOW)).resource

    assert not made.keys() & {"encounter", "requester", "reasonReference", "bodySite"}


def test_the_moment_of_a_draft_is_written_in_utc() -> None:
    call = replace(CALL, now=datetime(2026, 11, 24, 1, 0, 0, 999, tzinfo=timezone(timedelta(hours=2))))

    assert draft("T1", call=call).resource["authoredOn"] == "2026-11-23T23:00:00Z"


@pytest.mark.parametrize(
    ("sides", "label", "code", "qualifiers"),
    [
        (NONE, "Hip X-ray", "30767-8", []),
        (LEFT, "Hip X-ray, left hip", "36631-0", ["7771000"]),
        (RIGHT, "Hip X-ray, right hip", "38771-2", ["24028007"]),
        (BOTH, "Hip X-ray, both hips", "30767-8", ["51440002"]),
    ],
)
def test_the_side_chooses_code_body_site_and_words(
    sides: frozenset[str], label: str, code: str, qualifiers: list[str]
) -> None:
    made = draft("T2", sides)

    assert made.label == label
    assert codes(made.resource) == [code, "783628002"]
    assert sites(made.resource) == ["29836001", *qualifiers]
    assert made.resource["code"]["text"] == label.replace("Hip X-ray", "X-ray of pelvis and hip")


def test_a_code_for_both_sides_is_used_where_there_is_one() -> None:
    both = Coding(system="loinc", code="26400-2", display="XR Hip - bilateral Views")
    rules = with_template(id="X1", side_codes={"both": both})
    offer = Suggestion(rules.templates["X1"], "routine", BOTH)

    assert codes(DraftOrders(rules).draft(offer, RULE, (), CALL).resource) == ["26400-2"]


def test_a_side_without_a_body_site_is_a_body_site_of_its_own() -> None:
    rules = with_template(id="X1", body_site=None)
    offer = Suggestion(rules.templates["X1"], "routine", LEFT)

    assert sites(DraftOrders(rules).draft(offer, RULE, (), CALL).resource) == ["7771000"]


def test_what_could_not_be_checked_is_said_on_the_action_and_in_the_order() -> None:
    made = draft("T2", RIGHT, not_checked=frozenset({"ServiceRequest", "Procedure"}))

    assert made.description.endswith(" Not checked, because not wholly available: procedures and orders.")
    assert made.resource["note"][-1] == {"text": "Not checked, because not wholly available: procedures and orders."}


def test_filling_one_draft_leaves_the_next_one_alone() -> None:
    first = draft("T2", RIGHT).resource
    first["code"]["coding"][0]["code"] = "spoilt"
    first["category"].clear()

    second = draft("T2", RIGHT, call=CallContext("patient-view", "other", NOW)).resource

    assert second["subject"] == {"reference": "Patient/other"}
    assert codes(second)[0] == "38771-2"
    assert second["category"] == [{"text": "Imaging"}]


def result(*facts: Any) -> RuleResult:
    return RuleResult(RULE, Verdict.APPLIES, True, Outcome(Verdict.APPLIES), because=facts)


def test_the_reason_of_an_order_are_the_conditions_that_made_the_rule_fire() -> None:
    found = result(
        condition("M54.50", number=2), observation("8310-5"), condition("M54.50", number=1), condition("M54.50")
    )

    assert reason_references(found) == ["Condition/c-1", "Condition/c-2"]


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "context"},
        {"reference": "Condition"},
        {"reference": "Condition/"},
        {"reference": "Condition/a b"},
        {"reference": "Condition/x/_history/1"},
        {"reference": "https://ehr.example/Condition/1"},
    ],
)
def test_a_condition_that_an_order_cannot_point_to_is_left_out(changes: dict[str, Any]) -> None:
    assert reason_references(result(condition("M54.50", **changes))) == []


def test_a_condition_of_the_call_that_is_on_record_too_is_a_reason() -> None:
    found = result(condition("M54.50", origin="context", new=True), condition("M54.50"))

    assert reason_references(found) == ["Condition/c-1"]


def test_an_order_points_to_ten_conditions_at_most() -> None:
    found = result(*(condition("M54.50", number=number) for number in range(100, 130)))

    assert reason_references(found) == [f"Condition/c-{number}" for number in range(100, 100 + MOST_REASONS)]


def test_an_intent_that_is_not_allowed_stops_the_start() -> None:
    with pytest.raises(ValueError, match="intent 'plan' is not one of order, proposal"):
        DraftOrders(KNOWLEDGE, "plan")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": "Look at the knee"}, "only a template about the hip can have a side"),
        ({"codes": [{"system": "sct", "code": " 1", "display": "A blank before"}]}, "code.coding.0.code: "),
        ({"codes": [{"system": "sct", "code": "1", "display": ""}]}, "code.coding.0.display: "),
    ],
)
def test_a_template_that_gives_no_valid_order_stops_the_start_and_is_named(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(KnowledgeFaults) as caught:
        DraftOrders(with_template(id="X1", **changes))

    assert [(fault.file, fault.place.startswith("template.X1")) for fault in caught.value.faults] == [
        ("suggestions.toml", True)
    ]
    assert message in str(caught.value)


def test_all_bad_templates_are_reported_together() -> None:
    bad = [{"system": "sct", "code": "1", "display": ""}]
    rules = with_template(id="X1", codes=bad)
    rules = replace(rules, templates={**rules.templates, **with_template(id="X2", codes=bad).templates})

    with pytest.raises(KnowledgeFaults) as caught:
        DraftOrders(rules)

    assert [fault.place for fault in caught.value.faults] == ["template.X1", "template.X2"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"resourceType": "MedicationRequest"}, "resourceType 'MedicationRequest' is not allowed"),
        ({"status": "active"}, "status 'active' is not allowed"),
        ({"intent": "plan"}, "intent 'plan' is not allowed"),
        ({"priority": "soon"}, "priority 'soon' is not allowed"),
        ({"priority": None}, "priority None is not allowed"),
    ],
)
def test_words_that_the_models_do_not_look_at_are_checked_too(change: dict[str, Any], fault: str) -> None:
    made = draft("T1").resource

    assert faults_of(made) == []
    assert fault in faults_of(made | change)
