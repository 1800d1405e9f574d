"""JSON Schemas of the knowledge files, so that an editor completes and checks them while they are written.

Generated from the models that read the files, from the criteria that there are, and from the names of one knowledge
base: its code lists, definitions, templates and so on become the words that an editor offers. Draft 7, the newest that
the common TOML language server reads. What only the loader can tell (levels in order, examples that hold, versions that
rise) is told by ``hip-spine rules check``. Why: ``docs/adr/0015-editor-schema-and-knowledge-directory.md``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from rules.codelists import CatalogueEntry, CodeSystem
from rules.criteria import Criterion
from rules.fingerprints import Fingerprints
from rules.knowledge import Item, ItemGroup, Measure, OverrideReason, Source, Statuses, Template
from rules.ruleset import RuleSet
from rules.schema import Rule
from rules.schema_names import Schema, names
from rules.schema_parts import criteria, tables, without
from rules.shared_files import DefinitionTable, NamedLists
from rules.statements import DECISION, STATEMENT, Decision, Education, Statement, Topic
from rules.vocabulary import DEFINITION_CRITERIA, RULE_CRITERIA, TEMPLATE_CRITERIA

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
RULE: Final = "rule"
"""The name of the schema of a rule file; every other schema has the name of its file."""

_VERSION: Final = {"type": "string", "pattern": r"^\d+(\.\d+)*$"}


def editor_schemas(ruleset: RuleSet) -> dict[str, Schema]:
    """The schema of a rule file and of each file that the rules share, by name: ``rule``, ``definitions``..."""
    known = names(ruleset)
    return {
        RULE: _document("A rule", {"$ref": "#/definitions/Rule"}, [Rule], RULE_CRITERIA, known),
        "definitions": _definitions(known),
        "suggestions": _document(
            "Suggestion templates",
            _keys(template=_each(Template)),
            [Template],
            TEMPLATE_CRITERIA,
            known,
        ),
        "questionnaire": _document(
            "The questionnaire", _keys(group=_each(ItemGroup), item=_list(Item)), [ItemGroup, Item], {}, known
        ),
        "override_reasons": _document(
            "Override reasons", _keys(set=_values(_list(OverrideReason))), [OverrideReason], {}, known
        ),
        "bibliography": _document("Sources", _keys(source=_each(Source)), [Source], {}, known),
        "knowledge": _document(
            "The version of the knowledge",
            _keys(version=_VERSION),
            [],
            {},
            known,
        ),
        "statements": _document(
            "Statements of the source documents",
            _keys(topic=_each(Topic), statement=_each(Statement, STATEMENT)),
            [Topic, Statement],
            {},
            known,
        ),
        "decisions": _document(
            "Decisions about statements", _keys(decision=_each(Decision, DECISION)), [Decision], {}, known
        ),
        "education": _document("The self-care sheet", _reference(Education), [Education], {}, known),
        "catalogue": _document(
            "The catalogue of the code lists",
            _keys(systems=_each(CodeSystem), concepts=_each(CatalogueEntry)),
            [CodeSystem, CatalogueEntry],
            {},
            known,
        ),
        "versions": _document("Versions and fingerprints", _reference(Fingerprints), [Fingerprints], {}, known),
    }


def as_text(schema: Schema) -> str:
    """The file of a schema."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _definitions(known: Mapping[str, Schema]) -> Schema:
    """The file of definitions; which concepts demand a body site is said by their names."""
    lists = tables([NamedLists])["NamedLists"]["properties"]
    lists["required_sites"] = {**lists["required_sites"], "propertyNames": {"$ref": "#/definitions/concept"}}
    content = _keys(statuses=_reference(Statuses), measure=_each(Measure), definition=_each(DefinitionTable), **lists)
    return _document("Definitions", content, [Statuses, Measure, DefinitionTable], DEFINITION_CRITERIA, known)


def _document(
    title: str,
    content: Schema,
    models: Iterable[type[BaseModel]],
    leaves: Mapping[str, type[Criterion]],
    known: Mapping[str, Schema],
) -> Schema:
    """A whole schema that holds the definitions that its content reaches, and no other."""
    found = {**known, **tables(models), **(criteria(leaves) if leaves else {})}
    if "Template" in found:
        found["Template"] = without(found["Template"], "id")
    if "Rule" in found:
        gate = found["Rule"]["properties"]["gate"]
        found["Rule"]["properties"]["gate"] = {**gate, "propertyNames": {"$ref": "#/definitions/hook"}}
    reached = _reached(content, found)
    return {
        "$schema": DRAFT,
        "title": title,
        "description": "Written by 'hip-spine rules schema'; not to be edited.",
        **content,
        "definitions": {name: found[name] for name in sorted(reached)},
    }


def _reached(content: Schema, definitions: Mapping[str, Schema]) -> set[str]:
    reached: set[str] = set()
    waiting = list(_references(content))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _references(definitions[name])
    return reached


def _references(value: object) -> Iterator[str]:
    """The names of the definitions that a schema refers to."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key == "$ref":
                yield str(part).rpartition("/")[2]
            else:
                yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _keys(**properties: Any) -> Schema:  # noqa: ANN401 - any schema
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _reference(model: type[BaseModel]) -> Schema:
    return {"$ref": f"#/definitions/{model.__name__}"}


def _each(model: type[BaseModel], pattern: str | None = None) -> Schema:
    """Tables by name, ``[key.name]``; ``pattern`` says what a name looks like."""
    found = _values(_reference(model))
    return found if pattern is None else {**found, "propertyNames": {"pattern": f"^{pattern}$"}}


def _values(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _list(model: type[BaseModel]) -> Schema:
    return {"type": "array", "items": _reference(model)}
