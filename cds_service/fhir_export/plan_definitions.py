"""A rule as a FHIR R4 PlanDefinition of type eca-rule, for people and repositories to read.

Conditions are plain English, so no engine can run it: the rules stay the one thing that is evaluated. Events are
named as CDS Hooks names its hooks. Actions inside actions: the rule, its levels (cards), their suggestions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cards.models import TOPIC_SYSTEM
from cds_service.fhir_export.activity_definitions import KIND as ACTIVITY
from cds_service.fhir_export.narrative import Narrative
from cds_service.fhir_export.publication import (
    LICENCE,
    Publication,
    Resource,
    fhir_id,
    paragraphs,
    review_words,
    rule_standing,
)
from cds_service.fhir_export.questionnaire import KIND as QUESTIONNAIRE_KIND
from cds_service.fhir_export.use_contexts import use_contexts
from cds_service.fhir_export.value_sets import KIND as VALUE_SET
from cds_service.offers import PREFIX
from cds_service.pages.spoken import unmarked
from cds_service.reading.answers import QUESTIONNAIRE
from rules.knowledge import Source
from rules.ruleset import RuleSet
from rules.schema import Evidence, Level, Rule, SuggestionUse

KIND: Final = "PlanDefinition"
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem/"
_INDICATORS: Final = "http://cds-hooks.hl7.org/CodeSystem/indicator"
_STATES: Final = {
    "verified": "read in the source",
    "partly-verified": "only partly read in the source",
    "unverified": "not read in the source",
}
_GROUPS: Final = {"red-flag": "Red flag", "routine": "Routine advice"}
_UNKNOWN: Final = {
    "show": "When the data for an exclusion could not be had, the card is shown and says so.",
    "hide": "When the data for an exclusion could not be had, the card is not shown.",
}
_SERVED: Final = {
    "draft": "Not served: a draft.",
    "shadow": "Not shown to anybody: evaluated beside the active rules.",
    "retired": "No longer served.",
}


def plan_definitions(publication: Publication) -> Iterator[Resource]:
    """One PlanDefinition for each rule, by number, those that are not served included."""
    for rule in publication.ruleset.rules:
        yield plan_definition(publication, rule)


def plan_definition(publication: Publication, rule: Rule) -> Resource:
    """The PlanDefinition of a rule."""
    ruleset = publication.ruleset
    words = ruleset.lexicon
    narrative = Narrative(f"{review_words(rule)} {_served(rule)}", f"When: {rule.when.say(words)}.")
    narrative.listed("Not when", (criterion.say(words) for criterion in rule.unless))
    narrative.listed("Cards", (f"{level.indicator}: {unmarked(level.summary)}" for level in rule.levels))
    narrative.say(rule.card.recommendation)
    narrative.listed("Options", rule.card.options)
    narrative.listed("Evidence", (_citation(evidence, ruleset.sources[evidence.source]) for evidence in rule.evidence))
    resource = publication.described(
        KIND,
        rule.id,
        name=rule.topic,
        title=rule.title,
        standing=rule_standing(rule),
        narrative=narrative,
        version=rule.version,
    )
    resource |= {
        "identifier": [{"system": TOPIC_SYSTEM, "value": rule.topic}],
        "type": {"coding": [{"system": f"{_TERMINOLOGY}plan-definition-type", "code": "eca-rule"}]},
        "date": max(change.on for change in rule.history).isoformat(),
        "description": paragraphs(*rule.card.detail, _options(rule)),
        "useContext": list(use_contexts(rule)),
        "purpose": rule.card.recommendation,
        "usage": " ".join(_usage(rule)),
        "copyright": LICENCE,
        "topic": [{"text": _GROUPS[rule.group]}],
    }
    if rule.review.state == "reviewed" and rule.review.reviewed_on is not None:
        resource["approvalDate"] = resource["lastReviewDate"] = rule.review.reviewed_on.isoformat()
    if rule.review.reviewer is not None:
        resource["reviewer"] = [{"name": rule.review.reviewer}]
    resource["relatedArtifact"] = [*_evidence(rule, ruleset), *_depends_on(rule, publication)]
    resource["action"] = [_rule_action(rule, publication)]
    return resource


def _usage(rule: Rule) -> Iterator[str]:
    yield review_words(rule)
    yield _served(rule)
    if rule.if_exclusion_unknown is not None:
        yield _UNKNOWN[rule.if_exclusion_unknown]
    if rule.hide_when_missing:
        yield f"It is not shown either when these could not be had: {', '.join(rule.hide_when_missing)}."
    yield "For a clinician to weigh; nothing is ordered automatically."


def _served(rule: Rule) -> str:
    if rule.status == "active":
        return f"Served by the CDS Hooks services {', '.join(PREFIX + hook for hook in rule.hooks)}."
    return _SERVED[rule.status]


def _options(rule: Rule) -> str:
    return "Options:\n\n" + "\n".join(f"- {option}" for option in rule.card.options)


def _citation(evidence: Evidence, source: Source) -> str:
    said = [source.title if evidence.locator is None else f"{source.title}, {evidence.locator}"]
    if evidence.statements:
        said.append(f"statement{'s'[: len(evidence.statements) > 1]} {', '.join(evidence.statements)}")
    said.append(f"strength of the advice: {evidence.strength}")
    said.append(f"certainty: {evidence.certainty.replace('-', ' ')}")
    said.append(_STATES[evidence.state])
    return f"{evidence.paraphrase} ({'; '.join(said)})"


def _evidence(rule: Rule, ruleset: RuleSet) -> Iterator[Resource]:
    for evidence in rule.evidence:
        source = ruleset.sources[evidence.source]
        cited: Resource = {
            "type": "citation",
            "label": source.short,
            "display": source.title,
            "citation": _citation(evidence, source),
        }
        if source.url is not None:
            cited["url"] = source.url
        yield cited


def _depends_on(rule: Rule, publication: Publication) -> Iterator[Resource]:
    needs = publication.ruleset.needs([rule])
    for concept in sorted({concept for need in needs for concept in need.concepts}):
        yield {"type": "depends-on", "resource": publication.canonical(VALUE_SET, fhir_id(concept))}
    if any(need.kind == "QuestionnaireResponse" for need in needs):
        yield {"type": "depends-on", "resource": publication.canonical(QUESTIONNAIRE_KIND, QUESTIONNAIRE)}


def _rule_action(rule: Rule, publication: Publication) -> Resource:
    words = publication.ruleset.lexicon
    conditions = [_applies(rule.when.say(words))]
    conditions += [_applies(f"not: {criterion.say(words)}") for criterion in rule.unless]
    conditions += [
        _applies(f"on {hook} only when there is also: {criterion.say(words)}") for hook, criterion in rule.gates.items()
    ]
    return {
        "title": rule.title,
        "description": rule.card.recommendation,
        "documentation": [{"type": "documentation", "display": rule.title, "url": publication.rule_page(rule)}],
        "trigger": [{"type": "named-event", "name": hook} for hook in rule.hooks],
        "condition": conditions,
        "input": [{"type": need.kind} for need in publication.ruleset.needs([rule])],
        "action": [_level_action(rule, index, level, publication) for index, level in enumerate(rule.levels)],
    }


def _level_action(rule: Rule, index: int, level: Level, publication: Publication) -> Resource:
    source = publication.ruleset.sources[rule.card.source]
    about: Resource = {"type": "citation", "label": source.short, "display": source.title}
    if source.url is not None:
        about["url"] = source.url
    action: Resource = {
        "title": unmarked(level.summary),
        "description": paragraphs(*rule.card.detail, *level.detail),
        "code": [{"coding": [{"system": _INDICATORS, "code": level.indicator}]}],
        "documentation": [about],
    }
    conditions = list(_level_conditions(index, level, publication))
    if conditions:
        action["condition"] = [_applies(condition) for condition in conditions]
    if level.suggestions:
        action["selectionBehavior"] = "any"
        action["action"] = [_suggestion_action(use, rule, publication) for use in level.suggestions]
    return action


def _level_conditions(index: int, level: Level, publication: Publication) -> Iterator[str]:
    """When a card has this level; the first level whose own condition holds is taken."""
    if index:
        yield "no level above this one applies"
    if level.when is not None:
        yield level.when.say(publication.ruleset.lexicon)
    if level.hooks:
        yield f"on {' or '.join(level.hooks)}"


def _suggestion_action(use: SuggestionUse, rule: Rule, publication: Publication) -> Resource:
    ruleset = publication.ruleset
    template = ruleset.templates[use.template]
    action: Resource = {
        "title": template.label,
        "description": paragraphs(template.text, *template.notes, *use.notes),
        "priority": use.priority or template.default_priority,
        "type": {"coding": [{"system": f"{_TERMINOLOGY}action-type", "code": "create"}]},
        "requiredBehavior": "could",
        "definitionCanonical": publication.canonical(ACTIVITY, fhir_id(template.id)),
    }
    conditions = [] if use.when is None else [_applies(use.when.say(ruleset.lexicon))]
    conditions += [
        _applies(f"not: {leave.when.say(ruleset.lexicon)}")
        for leave in template.leave_out
        if not leave.groups or rule.group in leave.groups
    ]
    if conditions:
        action["condition"] = conditions
    return action


def _applies(text: str) -> dict[str, Any]:
    return {"kind": "applicability", "expression": {"language": "text/plain", "expression": text}}
