"""Read all knowledge files and report every fault at once; hand out a :class:`RuleSet` only when there is
none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rules.checks import cross_checks
from rules.coded import ConditionCriterion
from rules.codelist_files import load_codelists
from rules.codelists import CodeLists
from rules.computed import DifferentialCriterion, NativeSide, ReplacedCriterion
from rules.criteria import Criterion, Meets
from rules.faults import Fault, KnowledgeFaults, model_faults
from rules.knowledge import (
    Definition,
    Item,
    LeaveOut,
    Lexicon,
    Measure,
    OverrideReason,
    Source,
    Statuses,
    Template,
)
from rules.measured import AgeAtLeast, AgeUnder, AnswerCriterion, AnsweredCriterion, MeasureCriterion
from rules.ordered import (
    AppointmentCriterion,
    FiresCriterion,
    JudgedCriterion,
    JudgedTextCriterion,
    MedicationCriterion,
)
from rules.parser import CriterionParser
from rules.records import ImagingCriterion, OrderCriterion, ProcedureCriterion
from rules.ruleset import RuleSet
from rules.schema import Asked, CardText, Example, Level, Rule, Saying, SuggestionUse

KNOWLEDGE = Path(__file__).parent / "hip_spine"
SHARED_FILES = (
    "knowledge.toml",
    "definitions.toml",
    "questionnaire.toml",
    "suggestions.toml",
    "override_reasons.toml",
    "bibliography.toml",
)

RULE_CRITERIA: dict[str, type[Criterion]] = {
    model.word: model
    for model in (
        ConditionCriterion,
        ProcedureCriterion,
        OrderCriterion,
        ImagingCriterion,
        AnswerCriterion,
        AnsweredCriterion,
        MeasureCriterion,
        AgeUnder,
        AgeAtLeast,
        MedicationCriterion,
        JudgedCriterion,
        JudgedTextCriterion,
        AppointmentCriterion,
        FiresCriterion,
    )
}
"""The leaves that a rule may use; a definition may also use the named calculations."""

DEFINITION_CRITERIA: dict[str, type[Criterion]] = {
    **RULE_CRITERIA,
    NativeSide.word: NativeSide,
    ReplacedCriterion.word: ReplacedCriterion,
    DifferentialCriterion.word: DifferentialCriterion,
}

_UNREADABLE = Meets(meets="unreadable")
"""Stands for a criterion with a fault while the rest of its file is checked; never evaluated."""

Model = TypeVar("Model", bound=BaseModel)


def load_rules(folder: Path = KNOWLEDGE, codelists: Path | None = None) -> RuleSet:
    """The knowledge base of ``folder``. Raises :class:`KnowledgeFaults` with every fault of every file."""
    ruleset, faults = read_rules(folder, codelists)
    if faults or ruleset is None:
        raise KnowledgeFaults(faults)
    return ruleset


def read_rules(folder: Path = KNOWLEDGE, codelists: Path | None = None) -> tuple[RuleSet | None, tuple[Fault, ...]]:
    """The knowledge base as far as it can be read, and all faults; no rule set when files cannot be read at
    all.
    """
    reading = _Reading(folder)
    lists, faults = load_codelists(codelists)
    reading.faults.extend(faults)
    tables = {name: reading.toml(folder / name) for name in SHARED_FILES}
    lexicon = reading.lexicon(lists, tables)
    if lexicon is None:
        return None, tuple(reading.faults)
    rules = reading.rules(sorted(path for path in folder.glob("*.toml") if path.name not in SHARED_FILES))
    ruleset = RuleSet(
        version=str(tables["knowledge.toml"].get("version", "")),
        rules=tuple(sorted(rules, key=lambda rule: rule.number)),
        lexicon=lexicon,
        templates=reading.templates(tables["suggestions.toml"]),
        override_reasons=reading.override_reasons(tables["override_reasons.toml"]),
        sources=reading.named(tables["bibliography.toml"], "source", Source, "bibliography.toml"),
        definition_examples=reading.definition_examples,
    )
    if not ruleset.version:
        reading.faults.append(Fault("knowledge.toml", "version", "the knowledge needs a version"))
    reading.faults.extend(cross_checks(ruleset))
    return ruleset, tuple(reading.faults)


class _Reading:
    """One reading of a knowledge folder; ``faults`` collects everything wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []
        self.definition_examples: dict[str, tuple[Example, ...]] = {}
        self._rules = CriterionParser(RULE_CRITERIA)
        self._definitions = CriterionParser(DEFINITION_CRITERIA)

    def toml(self, path: Path) -> dict[str, Any]:
        """The tables of one file; a file that is not there or not TOML is a fault and reads as empty."""
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.faults.append(Fault(path.name, "", "the file is missing"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.faults.append(Fault(path.name, "", f"not readable as TOML: {error}"))
        return {}

    def validate(self, model: type[Model], raw: object, file: str, place: str) -> Model | None:
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            self.faults.extend(model_faults(error, model, file, place))
            return None

    def named(self, tables: Mapping[str, Any], key: str, model: type[Model], file: str) -> dict[str, Model]:
        """The tables ``[key.name]`` of a file, each as ``model``."""
        found = {}
        for name, raw in _mapping(tables.get(key)).items():
            table = self.validate(model, raw, file, f"{key}.{name}")
            if table is not None:
                found[name] = table
        return found

    def criterion(self, raw: object, file: str, place: str, parser: CriterionParser | None = None) -> Criterion:
        parser = parser or self._rules
        criterion = parser.parse(raw, file, place)
        self.faults.extend(parser.faults)
        parser.faults.clear()
        return criterion if criterion is not None else _UNREADABLE

    def lexicon(self, lists: CodeLists, tables: Mapping[str, dict[str, Any]]) -> Lexicon | None:
        file = "definitions.toml"
        statuses = self.validate(Statuses, tables[file].get("statuses"), file, "statuses")
        definitions = {}
        for name, raw in _mapping(tables[file].get("definition")).items():
            place = f"definition.{name}"
            table = dict(_mapping(raw))
            examples = [
                self.validate(Example, example, file, f"{place}.example[{index}]")
                for index, example in enumerate(table.pop("example", []))
            ]
            self.definition_examples[name] = tuple(example for example in examples if example is not None)
            texts = {key: table.pop(key, None) for key in ("title", "not_found")}
            for key, text in texts.items():
                if not isinstance(text, str) or not text:
                    self.faults.append(Fault(file, f"{place}.{key}", "a definition needs this text"))
            criterion = self.criterion(table.pop("is", None), file, f"{place}.is", self._definitions)
            for key in table:
                self.faults.append(
                    Fault(
                        file,
                        f"{place}.{key}",
                        f"unknown key {key!r}",
                        key,
                        ("example", "is", "not_found", "title"),
                    )
                )
            definitions[name] = Definition(name, str(texts["title"]), str(texts["not_found"]), criterion)
        items = [
            self.validate(Item, raw, "questionnaire.toml", f"item[{index}]")
            for index, raw in enumerate(tables["questionnaire.toml"].get("item", []))
        ]
        if statuses is None:
            return None
        return Lexicon(
            codelists=lists,
            statuses=statuses,
            definitions=definitions,
            measures=self.named(tables[file], "measure", Measure, file),
            items={item.id: item for item in items if item is not None},
            body_sites=_words(tables[file].get("body_sites")),
            required_sites=_words(tables[file].get("required_sites")),
            text_lists={
                name: tuple(map(str, _sequence(words)))
                for name, words in _mapping(tables[file].get("text_list")).items()
            },
        )

    def templates(self, tables: Mapping[str, Any]) -> dict[str, Template]:
        file = "suggestions.toml"
        found = {}
        for name, raw in _mapping(tables.get("template")).items():
            table = dict(_mapping(raw))
            table["id"] = name
            table["leave_out"] = [
                self._with_if(LeaveOut, leave, file, f"template.{name}.leave_out[{index}]")
                for index, leave in enumerate(table.get("leave_out", []))
            ]
            template = self.validate(Template, table, file, f"template.{name}")
            if template is not None:
                found[name] = template
        return found

    def override_reasons(self, tables: Mapping[str, Any]) -> dict[str, tuple[OverrideReason, ...]]:
        file = "override_reasons.toml"
        found = {}
        for name, raw in _mapping(tables.get("set")).items():
            reasons = [
                self.validate(OverrideReason, reason, file, f"set.{name}[{index}]") for index, reason in enumerate(raw)
            ]
            found[name] = tuple(reason for reason in reasons if reason is not None)
        return found

    def rules(self, paths: list[Path]) -> list[Rule]:
        found = [rule for rule in (self._rule(path) for path in paths) if rule is not None]
        for rule in found:
            twins = [other.id for other in found if other.number == rule.number and other.id < rule.id]
            for twin in twins:
                self.faults.append(
                    Fault(f"{rule.id}.toml", "number", f"rule number {rule.number} is taken by {twin!r}")
                )
        return found

    def _rule(self, path: Path) -> Rule | None:
        file = path.name
        before = len(self.faults)
        raw = self.toml(path)
        if len(self.faults) > before:
            return None
        table = dict(raw)
        table["when"] = self.criterion(raw.get("when"), file, "when")
        table["unless"] = tuple(
            self.criterion(part, file, f"unless[{index}]") for index, part in enumerate(_sequence(raw.get("unless")))
        )
        table["level"] = tuple(
            self._level(part, file, f"level[{index}]") for index, part in enumerate(_sequence(raw.get("level")))
        )
        table["gate"] = {
            hook: self.criterion(part, file, f"gate.{hook}") for hook, part in _mapping(raw.get("gate")).items()
        }
        table["card"] = self._card(_mapping(raw.get("card")), file)
        rule = self.validate(Rule, table, file, "")
        if rule is not None and f"{rule.id}.toml" != file:
            self.faults.append(Fault(file, "id", f"the file of rule {rule.id!r} is {rule.id}.toml"))
        return rule

    def _level(self, raw: object, file: str, place: str) -> object:
        table = dict(_mapping(raw))
        table["suggestions"] = tuple(
            self._with_if(SuggestionUse, part, file, f"{place}.suggestions[{index}]")
            for index, part in enumerate(_sequence(table.get("suggestions")))
        )
        return self._with_if(Level, table, file, place)

    def _card(self, raw: dict[str, Any], file: str) -> object:
        table = dict(raw)
        for key, model in (("say", Saying), ("look_for", Asked)):
            table[key] = tuple(
                self._with_if(model, part, file, f"card.{key}[{index}]")
                for index, part in enumerate(_sequence(raw.get(key)))
            )
        table["side_of"] = tuple(
            self.criterion(part, file, f"card.side_of[{index}]")
            for index, part in enumerate(_sequence(raw.get("side_of")))
        )
        card = self.validate(CardText, table, file, "card")
        return card if card is not None else table

    def _with_if(self, model: type[Model], raw: object, file: str, place: str) -> object:
        """A table whose ``if`` is a criterion."""
        table = dict(_mapping(raw))
        if "if" in table:
            table["if"] = self.criterion(table["if"], file, f"{place}.if")
        checked = self.validate(model, table, file, place)
        return checked if checked is not None else table


def _mapping(raw: object) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _words(raw: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in _mapping(raw).items()}


def _sequence(raw: object) -> list[Any]:
    return raw if isinstance(raw, list) else []
