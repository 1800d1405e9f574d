"""Read what the rules share: definitions, questionnaire, suggestion templates, override reasons, bibliography,
statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from rules.codelists import CodeLists
from rules.criteria import Criterion
from rules.example_checks import definition_example_faults
from rules.faults import Fault
from rules.knowledge import (
    Definition,
    Item,
    ItemGroup,
    LeaveOut,
    Lexicon,
    Measure,
    OverrideReason,
    Source,
    Statuses,
    Table,
    Template,
)
from rules.reading import UNREADABLE, Reading, criterion_faults
from rules.ruleset import RuleSet
from rules.schema import Example, Logical
from rules.shared_checks import (
    DEFINITIONS,
    QUESTIONNAIRE,
    SUGGESTIONS,
    definition_cycles,
    lexicon_faults,
    template_faults,
)
from rules.statement_files import TRACEABILITY_FILES, read_traceability
from rules.vocabulary import DEFINITION_CRITERIA, TEMPLATE_CRITERIA

KNOWLEDGE, REASONS, BIBLIOGRAPHY = "knowledge.toml", "override_reasons.toml", "bibliography.toml"
SHARED_FILES: dict[str, tuple[str, ...]] = {
    KNOWLEDGE: ("version",),
    DEFINITIONS: ("statuses", "body_sites", "required_sites", "text_list", "measure", "definition"),
    QUESTIONNAIRE: ("group", "item"),
    SUGGESTIONS: ("template",),
    REASONS: ("set",),
    BIBLIOGRAPHY: ("source",),
    **TRACEABILITY_FILES,
}
"""The files that the rules share, each with the keys it may hold."""

Tables = Mapping[str, Mapping[str, Any]]


class DefinitionTable(Logical):
    """A definition as it is written."""

    title: str
    not_found: str
    criterion: Criterion = Field(alias="is")
    examples: tuple[Example, ...] = Field(default=(), alias="example")


class NamedLists(Table):
    """Body sites, the concepts that demand one, and lists of phrases, as they are written."""

    body_sites: dict[str, str] = Field(default_factory=dict)
    required_sites: dict[str, str] = Field(default_factory=dict)
    text_list: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(default_factory=dict)


def read_shared(reading: Reading, lists: CodeLists, tables: Tables) -> RuleSet:
    """The knowledge without its rules, as far as it can be read."""
    for file, allowed in SHARED_FILES.items():
        reading.only(tables[file], allowed, file)
    statuses = reading.validate(Statuses, tables[DEFINITIONS].get("statuses"), DEFINITIONS, "statuses")
    definitions = _definitions(reading, tables[DEFINITIONS])
    lexicon = _lexicon(reading, lists, tables, statuses or _NO_STATUSES, definitions)
    reading.words = lexicon
    reading.check(lexicon_faults(lexicon))
    reading.check(definition_cycles(lexicon.definitions))
    for name, definition in lexicon.definitions.items():
        place = f"definition.{name}.is"
        reading.check(criterion_faults(definition.criterion, lexicon, DEFINITIONS, place))
        reading.check(definition_example_faults(name, definitions[name].examples, lexicon, DEFINITIONS))
    templates = _templates(reading, tables[SUGGESTIONS])
    reading.check(fault for template in templates.values() for fault in template_faults(template, lexicon))
    version = tables[KNOWLEDGE].get("version")
    if not isinstance(version, str):
        reading.faults.append(Fault(KNOWLEDGE, "version", "the knowledge needs a version, as a text"))
    return RuleSet(
        version=str(version),
        rules=(),
        lexicon=lexicon,
        templates=templates,
        override_reasons=_override_reasons(reading, tables[REASONS]),
        sources=reading.named(tables[BIBLIOGRAPHY], "source", Source, BIBLIOGRAPHY),
        definition_examples={name: definition.examples for name, definition in definitions.items()},
        traceability=read_traceability(reading, tables),
    )


_NO_STATUSES = Statuses.model_construct(
    active=frozenset(),
    not_usable=frozenset(),
    finding_not_usable=frozenset(),
    never_match=frozenset(),
    suspected=frozenset(),
)
"""Stands for statuses with a fault while everything else is read; nothing is evaluated with it."""


def _definitions(reading: Reading, tables: Mapping[str, Any]) -> dict[str, DefinitionTable]:
    found = {}
    for name, raw in reading.table(tables.get("definition"), DEFINITIONS, "definition").items():
        place = f"definition.{name}"
        table = reading.table(raw, DEFINITIONS, place)
        if not isinstance(raw, dict):
            continue
        if "is" in table:
            table["is"] = reading.criterion(table["is"], DEFINITIONS, f"{place}.is", DEFINITION_CRITERIA)
        definition = reading.validate(DefinitionTable, table, DEFINITIONS, place)
        if definition is not None:
            found[name] = definition
        if definition is None or definition.criterion is UNREADABLE:
            reading.unread.add(name)
    return found


def _lexicon(
    reading: Reading, lists: CodeLists, tables: Tables, statuses: Statuses, definitions: Mapping[str, DefinitionTable]
) -> Lexicon:
    raw = {key: tables[DEFINITIONS][key] for key in NamedLists.model_fields if key in tables[DEFINITIONS]}
    named = reading.validate(NamedLists, raw, DEFINITIONS, "") or NamedLists()
    return Lexicon(
        codelists=lists,
        statuses=statuses,
        definitions={
            name: Definition(name, definition.title, definition.not_found, definition.criterion)
            for name, definition in definitions.items()
        },
        measures=reading.named(tables[DEFINITIONS], "measure", Measure, DEFINITIONS),
        items=_items(reading, tables[QUESTIONNAIRE]),
        item_groups=reading.named(tables[QUESTIONNAIRE], "group", ItemGroup, QUESTIONNAIRE),
        body_sites=named.body_sites,
        required_sites=named.required_sites,
        text_lists=named.text_list,
    )


def _items(reading: Reading, tables: Mapping[str, Any]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for index, raw in enumerate(reading.tables(tables.get("item"), QUESTIONNAIRE, "item")):
        item = reading.validate(Item, raw, QUESTIONNAIRE, f"item[{index}]")
        if item is None:
            reading.unread.add(str(raw.get("id")) if isinstance(raw, dict) else "")
        elif item.id in found:
            reading.faults.append(
                Fault(QUESTIONNAIRE, f"item[{index}].id", f"item {item.id!r} is there twice", item.id)
            )
        else:
            found[item.id] = item
    return found


def _templates(reading: Reading, tables: Mapping[str, Any]) -> dict[str, Template]:
    found = {}
    for name, raw in reading.table(tables.get("template"), SUGGESTIONS, "template").items():
        place = f"template.{name}"
        table = reading.table(raw, SUGGESTIONS, place)
        if not isinstance(raw, dict):
            continue
        leaves = [
            reading.with_if(LeaveOut, leave, SUGGESTIONS, f"{place}.leave_out[{index}]", TEMPLATE_CRITERIA)
            for index, leave in enumerate(reading.tables(table.get("leave_out"), SUGGESTIONS, f"{place}.leave_out"))
        ]
        table |= {"id": name, "leave_out": [leave for leave in leaves if leave is not None]}
        template = reading.validate(Template, table, SUGGESTIONS, place)
        if template is None:
            reading.unread.add(name)
        else:
            found[name] = template
    return found


def _override_reasons(reading: Reading, tables: Mapping[str, Any]) -> dict[str, tuple[OverrideReason, ...]]:
    found = {}
    for name, raw in reading.table(tables.get("set"), REASONS, "set").items():
        reasons = [
            reading.validate(OverrideReason, reason, REASONS, f"set.{name}[{index}]")
            for index, reason in enumerate(reading.tables(raw, REASONS, f"set.{name}"))
        ]
        found[name] = tuple(reason for reason in reasons if reason is not None)
    return found
