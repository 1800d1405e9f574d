"""Who uses what: which rules and definitions read a code list, name a definition, cite a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rules.computed import DifferentialCriterion
from rules.criteria import Criterion, Meets
from rules.knowledge import Item
from rules.measured import AnswerCriterion, AnsweredCriterion, MeasureCriterion
from rules.ruleset import RuleSet
from rules.schema import Rule


@dataclass(frozen=True, slots=True)
class Uses:
    """The users of one thing: rules by number, names of definitions, and statements of source documents."""

    rules: tuple[Rule, ...] = ()
    definitions: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()


NOBODY = Uses()


@dataclass(frozen=True)
class Usage:
    """Everything that is used, by name: concepts (also through definitions), definitions, sources."""

    concepts: Mapping[str, Uses] = field(default_factory=dict)
    definitions: Mapping[str, Uses] = field(default_factory=dict)
    sources: Mapping[str, Uses] = field(default_factory=dict)


def usage(ruleset: RuleSet) -> Usage:
    """Work out who uses what, from the rules themselves."""
    return Usage(_concepts(ruleset), _definitions(ruleset), _sources(ruleset))


def _concepts(ruleset: RuleSet) -> dict[str, Uses]:
    definitions = ruleset.lexicon.definitions
    own = {name: _read(definitions[name].criterion, ruleset) for name in definitions}
    reads = {rule.id: frozenset().union(*(need.concepts for need in ruleset.needs([rule]))) for rule in ruleset.rules}
    return {
        concept: Uses(
            tuple(rule for rule in ruleset.rules if concept in reads[rule.id]),
            tuple(name for name in definitions if concept in own[name]),
        )
        for concept in ruleset.lexicon.codelists.concepts
    }


def _read(criterion: Criterion, ruleset: RuleSet) -> frozenset[str]:
    """The concepts that a criterion reads itself, not through a definition that it names."""
    if isinstance(criterion, Meets):
        return frozenset()
    if criterion.parts():
        return frozenset().union(*(_read(part, ruleset) for part in criterion.parts()))
    return frozenset().union(*(need.concepts for need in criterion.need(ruleset.lexicon)))


def _definitions(ruleset: RuleSet) -> dict[str, Uses]:
    definitions = ruleset.lexicon.definitions
    named = {rule.id: _named(ruleset.criteria(rule)) for rule in ruleset.rules}
    inside = {name: _named([definition.criterion]) for name, definition in definitions.items()}
    return {
        name: Uses(
            tuple(rule for rule in ruleset.rules if name in named[rule.id]),
            tuple(other for other in definitions if name in inside[other]),
        )
        for name in definitions
    }


def _named(criteria: Iterable[Criterion]) -> frozenset[str]:
    parts = (part for criterion in criteria for _, part in criterion.placed(""))
    return frozenset(part.meets for part in parts if isinstance(part, Meets))


def _sources(ruleset: RuleSet) -> dict[str, Uses]:
    cited: dict[str, list[Rule]] = {name: [] for name in ruleset.sources}
    statements: dict[str, set[str]] = {name: set() for name in ruleset.sources}
    for rule in ruleset.rules:
        names = [rule.card.source, *rule.card.links, *(evidence.source for evidence in rule.evidence)]
        for name in dict.fromkeys(names):
            cited[name].append(rule)
        for evidence in rule.evidence:
            statements[evidence.source].update(evidence.statements)
    return {
        name: Uses(tuple(cited[name]), (), tuple(sorted(statements[name], key=lambda one: int(one[1:]))))
        for name in ruleset.sources
    }


def items(rule: Rule, ruleset: RuleSet) -> tuple[Item, ...]:
    """The questions of the questionnaire whose answers the rule reads, in the order of the questionnaire."""
    words = ruleset.lexicon
    asked: set[str] = set()
    waiting, seen = list(ruleset.criteria(rule)), set[str]()
    while waiting:
        for _, part in waiting.pop().placed(""):
            if isinstance(part, Meets) and part.meets not in seen:
                seen.add(part.meets)
                waiting.append(words.definitions[part.meets].criterion)
            elif isinstance(part, AnswerCriterion):
                asked.add(part.answer)
            elif isinstance(part, AnsweredCriterion):
                asked.update(part.answered)
            elif isinstance(part, MeasureCriterion):
                asked.add(words.measures[part.measure].answer or "")
            elif isinstance(part, DifferentialCriterion):
                asked.update(item.id for item in words.items.values() if item.feature)
    return tuple(item for item in words.items.values() if item.id in asked)
