"""Where a key of the knowledge files holds the name of something: the words that an editor offers there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rules.ruleset import RuleSet
from rules.schema import HOOKS

Schema = dict[str, Any]

PLACES: Final[Mapping[str, str]] = {
    "Rule.hooks": "hook",
    "Level.hooks": "hook",
    "Example.hook": "hook",
    "SuggestionUse.template": "template",
    "CardText.override_reasons": "set",
    "CardText.source": "source",
    "CardText.links": "source",
    "Evidence.source": "source",
    "Evidence.statements": "statement",
    "Given.condition": "code",
    "Given.observation": "code",
    "Given.procedure": "code",
    "Given.order": "code",
    "Given.report": "code",
    "Given.study": "code",
    "Given.medication": "code",
    "Given.appointment": "code",
    "Given.also_coded": "code",
    "Given.answer": "item",
    "Given.reasons": "concept",
    "Statuses.never_match": "concept",
    "Measure.concept": "concept",
    "Measure.answer": "item",
    "Measure.codes": "code",
    "NamedLists.required_sites": "body_site",
    "Item.group": "item_group",
    "Item.statements": "statement",
    "ItemGroup.inside": "item_group",
    "AskIf.item": "item",
    "Coding.system": "system",
    "Statement.documents": "source",
    "Statement.topic": "topic",
    "Statement.rules": "rule",
    "Statement.items": "item",
    "Statement.templates": "template",
    "Statement.decisions": "decision",
    "Statement.grades": "source",
    "Decision.statements": "statement",
    "Decision.rules": "rule",
    "Decision.items": "item",
    "Decision.templates": "template",
    "Decision.sources": "source",
    "Line.statements": "statement",
    "Line.rules": "rule",
    "Meets.meets": "definition",
    "ConditionCriterion.condition": "concept",
    "ProcedureCriterion.procedure": "concept",
    "OrderCriterion.order": "concept",
    "ImagingCriterion.imaging": "concept",
    "MedicationCriterion.medication": "concept",
    "JudgedCriterion.judged": "concept",
    "AppointmentCriterion.appointment": "concept",
    "NativeSide.native_side": "concept",
    "JudgedTextCriterion.judged_text": "text_list",
    "JudgedTextCriterion.body_site": "body_site",
    "JudgedTextCriterion.reason": "concept",
    "MeasureCriterion.measure": "measure",
    "AnswerCriterion.answer": "item",
    "AnsweredCriterion.answered": "item",
    "FiresCriterion.fires": "rule",
}
"""By table and key: what it names. Keys that any criterion may have are in :data:`EVERYWHERE`."""

EVERYWHERE: Final[Mapping[str, str]] = {"only": "code", "without": "code", "body_site": "body_site"}
"""Keys that name the same wherever a criterion has them."""


def names(ruleset: RuleSet) -> dict[str, Schema]:
    """By what is named: the schema of a name. An empty list of names takes any text."""
    words = ruleset.lexicon
    said = ruleset.traceability
    known: dict[str, Iterable[str]] = {
        "hook": HOOKS,
        "statement": said.statements,
        "concept": words.codelists.concepts,
        "system": words.codelists.systems,
        "definition": words.definitions,
        "measure": words.measures,
        "item": words.items,
        "item_group": words.item_groups,
        "body_site": words.body_sites,
        "text_list": words.text_lists,
        "rule": [rule.id for rule in ruleset.rules],
        "template": ruleset.templates,
        "source": ruleset.sources,
        "set": ruleset.override_reasons,
        "topic": said.topics,
        "decision": said.decisions,
    }
    found = {kind: {"enum": list(listed)} if listed else {"type": "string"} for kind, listed in known.items()}
    systems = "|".join(words.codelists.systems)
    found["code"] = {"type": "string", "pattern": rf"^({systems}):\S", "description": "system:code, icd-10-cm:M16.11"}
    return found
