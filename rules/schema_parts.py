"""The parts of the editor's schemas: the tables of the models, made plain, and the criteria."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, BeforeValidator
from pydantic.json_schema import models_json_schema

from rules.criteria import All, Any_, Criterion, Meets, Not, NotFound
from rules.example_checks import KEYS
from rules.schema_names import EVERYWHERE, PLACES, Schema

CRITERION: Final[Mapping[str, Any]] = {"$ref": "#/definitions/Criterion"}
CRITERIA: Final[Mapping[str, Any]] = {"type": "array", "items": CRITERION, "minItems": 1}
_REFERENCE: Final = "#/definitions/{model}"
_INNER: Final = ("items", "additionalProperties")
"""Where the schema of a list's entries, or of a table's values, stands."""
_MAY_BE_EMPTY: Final = ("Given", "Example")
"""Tables in which an empty text means that nothing is recorded."""


def tables(models: Iterable[type[BaseModel]]) -> dict[str, Schema]:
    """The tables of ``models`` and of all inside them, by the name of the class."""
    chosen = list(models)
    _, found = models_json_schema([(model, "validation") for model in chosen], ref_template=_REFERENCE)
    return {name: _table(name, schema) for name, schema in found.get("$defs", {}).items()}


def criteria(leaves: Mapping[str, type[Criterion]]) -> dict[str, Schema]:
    """The criterion, and one table for each word that may head one.

    An editor completes from the union of all keys; which of them go together with a word is checked by the table of
    that word.
    """
    models: dict[str, type[Criterion]] = {**leaves, Meets.word: Meets}
    found = tables(models.values())
    by_word = {word: _leaf(word, model, found[model.__name__]) for word, model in models.items()}
    by_word |= {kind.word: _combination(kind, CRITERIA) for kind in (All, Any_)}
    by_word |= {kind.word: _combination(kind, CRITERION) for kind in (Not, NotFound)}
    criterion: Schema = {
        "type": "object",
        "properties": _union(by_word.values()),
        "additionalProperties": False,
        "oneOf": [{"required": [word]} for word in by_word],
        "allOf": [{"if": {"required": [word]}, "then": {"$ref": _of_word(word)}} for word in by_word],
    }
    return {"Criterion": criterion, **{_of_word(word).rpartition("/")[2]: schema for word, schema in by_word.items()}}


def without(schema: Schema, key: str) -> Schema:
    """A table that has no such key, since the file says it otherwise."""
    properties = {name: part for name, part in schema["properties"].items() if name != key}
    return {**schema, "properties": properties, "required": [name for name in schema["required"] if name != key]}


def named(schema: Mapping[str, Any], kind: str) -> Schema:
    """A schema in which every text names something of ``kind``."""
    if schema.get("type") == "string":
        return {"$ref": f"#/definitions/{kind}"}
    inner = {key: named(schema[key], kind) for key in _INNER if key in schema}
    return {**schema, **inner}


def _of_word(word: str) -> str:
    return f"#/definitions/{word}_criterion"


def _table(name: str, schema: Schema) -> Schema:
    properties = {key: _named_at(name, key, _plain(part)) for key, part in schema.get("properties", {}).items()}
    if name not in _MAY_BE_EMPTY:
        properties = {key: _not_empty(part) for key, part in properties.items()}
    found: Schema = {
        "type": "object",
        "description": _first_paragraph(schema["description"]),
        "properties": properties,
        "additionalProperties": False,
        "required": schema.get("required", []),
    }
    return found | (_one_entry() if name == "Given" else {})


def _plain(schema: Schema) -> Schema:
    """Without the titles that only repeat the key, and without null, which TOML does not have."""
    kept = {key: part for key, part in schema.items() if key not in ("title", "default")}
    choices = [_plain(part) for part in kept.pop("anyOf", ()) if part.get("type") != "null"]
    for key in _INNER:
        if isinstance(kept.get(key), dict):
            kept[key] = _plain(kept[key])
    if len(choices) == 1:
        return kept | choices[0]
    return kept | {"anyOf": choices} if choices else kept


def _named_at(table: str, key: str, schema: Schema) -> Schema:
    kind = PLACES.get(f"{table}.{key}") or (EVERYWHERE.get(key) if table.endswith("Criterion") else None)
    return named(schema, kind) if kind is not None else schema


def _not_empty(schema: Schema) -> Schema:
    """An empty text is a fault: it stands for a sentence that somebody forgot."""
    inner = {
        key: _not_empty(schema[key]) for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)
    }
    free = schema.get("type") == "string" and not schema.keys() & {"enum", "const", "pattern", "format"}
    return {**schema, **inner} | ({"minLength": 1} if free else {})


def _one_entry() -> Schema:
    """An entry of a chart says one thing, and only what can be said about it."""
    return {
        "oneOf": [{"required": [kind]} for kind in KEYS],
        "allOf": [
            {"if": {"required": [kind]}, "then": {"propertyNames": {"enum": [kind, *sorted(keys)]}}}
            for kind, keys in KEYS.items()
        ],
    }


def _leaf(word: str, model: type[Criterion], schema: Schema) -> Schema:
    """The table of one criterion; where a list of names may stand, one name may stand alone."""
    properties = dict(schema["properties"])
    for key, field in model.model_fields.items():
        if any(isinstance(part, BeforeValidator) for part in field.metadata):
            properties[key] = {"anyOf": [properties[key]["items"], properties[key]]}
    properties[word] = {"description": _first_paragraph(inspect.getdoc(model) or ""), "allOf": [properties[word]]}
    return {**schema, "properties": properties, "required": sorted({word, *schema["required"]})}


def _combination(kind: type[Criterion], value: Mapping[str, Any]) -> Schema:
    described = {"description": _first_paragraph(inspect.getdoc(kind) or ""), "allOf": [value]}
    return {
        "type": "object",
        "properties": {kind.word: described},
        "additionalProperties": False,
        "required": [kind.word],
    }


def _union(parts: Iterable[Schema]) -> Schema:
    """Every key of the parts; where they differ, any of what it may be."""
    found: dict[str, list[Schema]] = {}
    for part in parts:
        for key, schema in part["properties"].items():
            if schema not in found.setdefault(key, []):
                found[key].append(schema)
    return {key: some[0] if len(some) == 1 else {"anyOf": some} for key, some in sorted(found.items())}


def _first_paragraph(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].replace("``", "").split())
