"""A suggestion template as a FHIR R4 ActivityDefinition: the draft order that a rule may offer, never a drug."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cds_service.fhir_export.narrative import Narrative
from cds_service.fhir_export.publication import (
    LICENCE,
    SIGNED,
    UNSIGNED,
    Publication,
    Resource,
    Standing,
    computer_name,
    fhir_id,
    paragraphs,
)
from cds_service.fhir_export.use_contexts import FOCUS
from rules.knowledge import Coding, Template
from rules.ruleset import RuleSet

KIND: Final = "ActivityDefinition"
_DRAFT: Final = "Offered as a draft that a clinician takes up, changes or ignores; nothing is ordered by it."


def activity_definitions(publication: Publication) -> Iterator[Resource]:
    """One ActivityDefinition for each template, in their order."""
    for template in publication.ruleset.templates.values():
        yield activity_definition(publication, template)


def activity_definition(publication: Publication, template: Template) -> Resource:
    """The ActivityDefinition of a template.

    It makes a ServiceRequest with the code for an unknown side; the codes for a known side are said in words. Its
    priority is that of a rule that says none.
    """
    words = publication.ruleset.lexicon
    sides = [
        f"Code for the {side} side: {coding.code} {coding.display}." for side, coding in template.side_codes.items()
    ]
    if template.sided:
        sides.append("Where the rule knows the side, it stands beside the body site.")
    left_out = [
        f"Left out {'' if not leave.groups else f'of {_groups(leave.groups)} '}when there is: {leave.when.say(words)}."
        for leave in template.leave_out
    ]
    resource = publication.described(
        KIND,
        fhir_id(template.id),
        name=computer_name(f"{template.id}-{template.label.title()}"),
        title=template.label,
        standing=template_standing(publication.ruleset, template),
        narrative=Narrative(_DRAFT, *template.notes, *sides, *left_out),
    )
    resource |= {
        "description": paragraphs(f"{template.text}. {_DRAFT}", *template.notes),
        "useContext": [FOCUS],
        "copyright": LICENCE,
        "kind": "ServiceRequest",
        "code": {"coding": [_coding(publication, coding) for coding in template.codes], "text": template.text},
        "intent": publication.intent,
        "priority": template.default_priority,
    }
    if sides or left_out:
        resource["usage"] = paragraphs(*sides, *left_out)
    if template.body_site is not None:
        resource["bodySite"] = [{"coding": [_coding(publication, template.body_site)]}]
    return resource


def template_standing(ruleset: RuleSet, template: Template) -> Standing:
    """Active when every active rule that offers the template is signed, and at least one does."""
    offered = [
        rule.review.state == "reviewed"
        for rule in ruleset.active
        if any(use.template == template.id for level in rule.levels for use in level.suggestions)
    ]
    return SIGNED if offered and all(offered) else UNSIGNED


def _groups(groups: tuple[str, ...]) -> str:
    return " and ".join({"red-flag": "red flags", "routine": "routine cards"}[group] for group in groups)


def _coding(publication: Publication, coding: Coding) -> dict[str, Any]:
    system = publication.ruleset.lexicon.codelists.systems[coding.system]
    return {"system": system.url, "code": coding.code, "display": coding.display}
