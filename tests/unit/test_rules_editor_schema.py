"""The schemas for editors, by an independent validator: sound files pass, planted faults are found."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from cds_service.cli import app
from cds_service.cli.editor import CONFIGURATION, SUFFIX, configuration, schema_texts
from rules.coded import ConditionCriterion
from rules.criteria import Meets
from rules.editor_schema import RULE, editor_schemas
from rules.knowledge import Item, ItemGroup, Measure, Statuses, Template
from rules.loader import INSIDE, load_rules
from rules.schema import Rule
from rules.schema_names import EVERYWHERE, PLACES, names
from rules.schema_parts import tables
from rules.shared_files import NamedLists
from rules.statements import Decision, Education, Statement
from rules.vocabulary import DEFINITION_CRITERIA, RULE_CRITERIA
from tests.lib.broken_knowledge import SMALL, small_rules

CHECKOUT = Path(__file__).parents[2]
RULESET = load_rules()
SCHEMAS = editor_schemas(RULESET)
FILES = [*sorted(INSIDE.rules.glob("*.toml")), INSIDE.codelists / "catalogue.toml", INSIDE.versions]


def schema_of(path: Path) -> str:
    return path.stem if path.stem in SCHEMAS else RULE


def content(text: str) -> Any:
    """TOML as the JSON that a validator sees: dates are texts."""
    return json.loads(json.dumps(tomllib.loads(text), default=date.isoformat))


def faults(schema: dict[str, Any], text: str) -> list[str]:
    found = Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER).iter_errors(content(text))
    return [f"{error.json_path}: {error.message}" for error in found]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shipped_file_is_sound(path: Path) -> None:
    assert faults(SCHEMAS[schema_of(path)], path.read_text(encoding="utf-8")) == []


def test_the_words_are_those_of_the_knowledge_at_hand() -> None:
    small = editor_schemas(small_rules())
    for path in sorted(SMALL.glob("*.toml")):
        name = path.stem if path.stem in small else RULE
        assert faults(small[name], path.read_text(encoding="utf-8")) == [], path.name
    assert small[RULE]["definitions"]["definition"]["enum"] == list(small_rules().lexicon.definitions)


GTPS = "gtps-with-lbp.toml"


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        (GTPS, 'title = "Greater', 'titel = "Greater', "$: Additional properties"),
        (GTPS, 'status = "active"', 'status = "actve"', "$.status: 'actve' is not one of"),
        (GTPS, 'version = "1.0.0"\nstatus', 'version = "1.0"\nstatus', "$.version: '1.0' does not match"),
        (GTPS, 'title = "Greater trochanteric pain with low back pain"', 'title = ""', "$.title: "),
        (GTPS, '"encounter-start", "problem', '"encounter-begin", "problem', "$.hooks[1]: 'encounter-begin'"),
        (GTPS, "[gate.problem-list-item-create]", "[gate.problem-list-create]", "$.gate: 'problem-list-create'"),
        (GTPS, '[{ condition = "gtps" }, { meets', '[{ condition = "gtpss" }, { meets', "$.when.all[0].condition: "),
        (GTPS, '[{ condition = "gtps" }, { meets', '[{ conditon = "gtps" }, { meets', "$.when.all[0]: "),
        (GTPS, '[{ condition = "gtps" }, { meets', '[{ condition = "gtps", withn = 3 }, { meets', "$.when.all[0]: "),
        (GTPS, '[{ condition = "gtps" }, { meets', '[{ condition = "gtps", within = -3 }, { meets', "$.when.all[0].w"),
        (GTPS, '{ meets = "low-back-pain" }]', '{ meets = "low-bak-pain" }]', "$.when.all[1].meets: 'low-bak-pain'"),
        (GTPS, '{ meets = "low-back-pain" }]', '{ replaced = "any" }]', "$.when.all[1]: "),
        (GTPS, "{ age_under = 18 }", "{ age_under = 18, within = 3 }", "$.unless[1]: "),
        (GTPS, "{ age_under = 18 }", '{ age_under = 18, meets = "pt-active" }', "$.unless[1]: "),
        (GTPS, "{ age_under = 18 }", "{ not = [] }", "$.unless[1].not: "),
        (GTPS, '{ template = "T3" }', '{ template = "T99" }', "$.level[0].suggestions[1].template: 'T99'"),
        (GTPS, 'override_reasons = "OR-GEN"', 'override_reasons = "OR-GNE"', "$.card.override_reasons: 'OR-GNE'"),
        (GTPS, 'source = "doc-a"\nside_of', 'source = "doc-z"\nside_of', "$.card.source: 'doc-z'"),
        (GTPS, '"S16"', '"S160"', "$.evidence[0].statements[1]: 'S160'"),
        (GTPS, 'state = "unreviewed"', 'state = "signed"', "$.review.state: 'signed'"),
        (GTPS, "on = 2026-11-24", 'on = "today"', "$.history[0].on: 'today' is not a 'date'"),
        (GTPS, "age = 17", 'age = "17"', "$.example[4].age: '17' is not"),
        (GTPS, 'expect = "unknown"', 'expect = "unkown"', "$.example[9].expect: 'unkown'"),
        (GTPS, '{ condition = "icd-10-cm:M70.62", days_ago = 0, new = true }', '{ condition = "icd10:M1" }', "$.ex"),
        (GTPS, 'body_sites = ["29836001"], days_ago', 'unit = "cm", days_ago', "$.example[7].given[2]: "),
        ("definitions.toml", "is = { condition =", "is = { conditions =", "$.definition"),
        ("definitions.toml", 'concept = "obs_bmi"', 'concept = "bmi"', "$.measure['body-mass-index'].concept: 'bmi'"),
        ("definitions.toml", "leg_muscle_weakness_with_site =", "leg_weakness =", "$.required_sites: 'leg_weakness'"),
        ("suggestions.toml", "[template.T1]\nlabel = ", "[template.T1]\nlable = ", "$.template.T1: "),
        ("suggestions.toml", 'code = "363215001"', "code = 363215001", "$.template.T1.codes[0].code: "),
        ("questionnaire.toml", 'id = "groin-pain"', 'id = "groin-pain"\nhips = 3', "$.item[0]: "),
        ("override_reasons.toml", 'code = "goals-of-care", ', "", "$.set['OR-RF'][2]: 'code' is a required property"),
        ("bibliography.toml", "[source.doc-a]\ntitle", '[source.doc-a]\nyear = "x"\ntitle', "$.source['doc-a'].year: "),
        ("knowledge.toml", "version = ", "verson = ", "$: Additional properties"),
        ("statements.toml", "[statement.S1]", "[statement.X1]", "$.statement: 'X1' does not match"),
        ("catalogue.toml", "[concepts.gtps]\ntitle", "[concepts.gtps]\nuses = 1\ntitle", "$.concepts.gtps: "),
        ("versions.toml", "[rule]", "[rules]", "$: "),
    ],
)
def test_a_planted_fault_is_found_at_its_place(file: str, old: str, new: str, place: str) -> None:
    (path,) = [path for path in FILES if path.name == file]
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    found = faults(SCHEMAS[schema_of(path)], text.replace(old, new, 1))
    assert any(fault.startswith(place) for fault in found), found


@pytest.mark.current
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schema_is_current(name: str) -> None:
    """Fails after a new name or word; `hip-spine rules schema --output docs/generated` writes the schemas anew."""
    committed = (CHECKOUT / "docs" / "generated" / f"{name}{SUFFIX}").read_text(encoding="utf-8")
    assert committed == schema_texts(RULESET)[f"{name}{SUFFIX}"]


@pytest.mark.current
def test_the_committed_configuration_of_the_language_server_is_current() -> None:
    text = (CHECKOUT / CONFIGURATION).read_text(encoding="utf-8")
    assert text == configuration("rules/", "docs/generated/")
    associated = tomllib.loads(text)["rule"]
    for rule in associated:
        assert (CHECKOUT / rule["schema"]["path"]).is_file()
    covered = {file for rule in associated for file in CHECKOUT.glob(rule["include"][0])}
    assert covered >= set(FILES)


def test_every_place_of_a_name_is_a_key_that_there_is() -> None:
    """A renamed key or class would otherwise lose its words without a sound."""
    known = editor_tables()
    for place in PLACES:
        table, _, key = place.partition(".")
        assert key in known[table]["properties"], place
    for key in EVERYWHERE:
        assert key in known[ConditionCriterion.__name__]["properties"]


def editor_tables() -> dict[str, Any]:
    leaves = {**RULE_CRITERIA, **DEFINITION_CRITERIA}.values()
    shared = (Rule, Item, ItemGroup, Measure, Statuses, Template, NamedLists, Decision, Education, Statement, Meets)
    return tables([*shared, *leaves])


def test_a_kind_without_names_takes_any_text() -> None:
    assert names(replace(RULESET, templates={}))["template"] == {"type": "string"}
    assert names(RULESET)["template"] == {"enum": list(RULESET.templates)}


def test_schemas_are_written_and_checked_by_a_command(tmp_path: Path) -> None:
    run = CliRunner().invoke
    arguments = ["rules", "schema", "--directory", str(INSIDE.root), "--output", str(tmp_path / "schema")]

    assert run(app, [*arguments, "--check"]).exit_code == 1
    assert run(app, arguments).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "schema").iterdir()) == sorted(
        f"{name}{SUFFIX}" for name in SCHEMAS
    )
    assert run(app, [*arguments, "--check"]).exit_code == 0
    (tmp_path / "schema" / f"rule{SUFFIX}").write_text("{}", encoding="utf-8")
    stale = run(app, [*arguments, "--check"])
    assert stale.exit_code == 1
    assert f"rule{SUFFIX};" in stale.output


def test_a_copy_of_the_knowledge_brings_its_schemas(tmp_path: Path) -> None:
    target = tmp_path / "site"
    assert CliRunner().invoke(app, ["rules", "copy", str(target), "--directory", str(INSIDE.root)]).exit_code == 0
    for rule in tomllib.loads((target / CONFIGURATION).read_text(encoding="utf-8"))["rule"]:
        assert (target / rule["schema"]["path"]).is_file()
        assert list(target.glob(rule["include"][0]))
