"""Statements of the source documents, each followed to where it leads: rules and their cards, questions, decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from rules.knowledge import Item, Source, Template
from rules.ruleset import RuleSet
from rules.schema import Rule
from rules.statements import Decision, Part, Statement

INDICATORS: Final = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Cited:
    """A rule that cites a statement. ``example`` is one whose card shows it; None when no example fires."""

    rule: Rule
    example: str | None


@dataclass(frozen=True, slots=True)
class Followed:
    """One statement with everything that it leads to."""

    name: str
    statement: Statement
    documents: Mapping[str, Source]
    rules: tuple[Cited, ...]
    items: tuple[Item, ...]
    parts: tuple[Part, ...]
    templates: tuple[Template, ...]
    decisions: Mapping[str, Decision]
    grades: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class View:
    """A choice among the statements: its name in the address, its title, and what is chosen."""

    name: str
    title: str
    takes: Callable[[Followed], bool]


def followed(ruleset: RuleSet) -> tuple[Followed, ...]:
    """Every statement in the order of its number."""
    trace, words = ruleset.traceability, ruleset.lexicon
    cited = {rule.id: Cited(rule, _shown(rule)) for rule in ruleset.rules}
    parts = {part.id: part for part in trace.education.parts}
    return tuple(
        Followed(
            name,
            statement,
            {key: ruleset.sources[key] for key in statement.documents},
            tuple(cited[rule_id] for rule_id in statement.rules),
            tuple(words.items[item] for item in statement.items),
            tuple(parts[part] for part in statement.education),
            tuple(ruleset.templates[template] for template in statement.templates),
            {key: trace.decisions[key] for key in statement.decisions},
            {key: ruleset.sources[key] for key in statement.grades},
        )
        for name, statement in trace.statements.items()
    )


def _shown(rule: Rule) -> str | None:
    """The first example of the rule that gives a card: every card names all evidence of its rule."""
    return next((example.name for example in rule.examples if example.expect in INDICATORS), None)


def views(ruleset: RuleSet) -> dict[str, tuple[View, ...]]:
    """The choices by heading: by subject, by source document, by what became of a statement."""
    trace = ruleset.traceability
    stating = {key for statement in trace.statements.values() for key in statement.documents}
    documents = [key for key in ruleset.sources if key in stating]
    return {
        "By subject": tuple(View(key, topic.title, _about(key)) for key, topic in trace.topics.items()),
        "By source document": tuple(View(key, ruleset.sources[key].short, _made_in(key)) for key in documents),
        "By what became of it": (
            View("cited", "Cited by a rule", lambda one: bool(one.rules)),
            View("asked", "Asked in the questionnaire", lambda one: bool(one.items)),
            View("told", "Told to the patient", lambda one: bool(one.parts)),
            View("limited", "Used within limits, or not at all", lambda one: bool(one.decisions)),
            View("without-a-rule", "Without a rule", lambda one: not one.rules),
        ),
    }


def _about(topic: str) -> Callable[[Followed], bool]:
    return lambda one: one.statement.topic == topic


def _made_in(document: str) -> Callable[[Followed], bool]:
    return lambda one: document in one.documents


def statements_of(rule: Rule) -> tuple[str, ...]:
    """The statements that a rule cites, by number."""
    cited = {name for evidence in rule.evidence for name in evidence.statements}
    return tuple(sorted(cited, key=lambda name: int(name[1:])))
