"""Read the rule files: one rule a file, each part checked as far as it can be read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from rules.checks import card_faults, level_faults, levels_faults, rule_faults
from rules.criteria import Criterion
from rules.faults import Fault, unknown_word
from rules.ordered import FiresCriterion
from rules.reading import Reading
from rules.ruleset import RuleSet
from rules.schema import Asked, CardText, Level, Rule, Saying, SuggestionUse
from rules.vocabulary import RULE_CRITERIA

_LEVEL = Level.model_construct(indicator="info", when=None, hooks=(), summary="", detail=(), suggestions=())
_CARD = CardText.model_construct(
    detail=(),
    say=(),
    look_for=(),
    recommendation="",
    options=(),
    override_reasons="",
    source="",
    side_of=(),
    links=(),
    pages=(),
)
"""Stand for a level and a card with a fault while the rest of the rule is read; the rule is not used."""


def read_rule_files(reading: Reading, paths: Sequence[Path], shared: RuleSet) -> tuple[Rule, ...]:
    """The rules of ``paths`` by number, without those that have a fault of their own."""
    found = [rule for rule in (_rule(reading, path, shared) for path in paths) if rule is not None]
    found.sort(key=lambda rule: (rule.number, rule.id))
    for before, rule in pairwise(found):
        if before.number == rule.number:
            message = f"rule number {rule.number} is taken by {before.id!r}"
            reading.faults.append(Fault(f"{rule.id}.toml", "number", message))
    for rule in found:
        earlier = [other.id for other in found if other.number < rule.number]
        for place, criterion in rule.criteria().items():
            reading.check(
                unknown_word(f"{rule.id}.toml", f"{where}.fires", "rule with a smaller number", other, earlier)
                for where, part in criterion.placed(place)
                if isinstance(part, FiresCriterion)
                for other in part.fires
                if other not in earlier
            )
    return tuple(found)


def _rule(reading: Reading, path: Path, shared: RuleSet) -> Rule | None:
    file, before = path.name, len(reading.faults)
    raw = reading.file(path)
    if raw is None:
        reading.unread.add(path.stem)
        return None
    rule = reading.validate(Rule, _parts(reading, raw, file, shared), file, "")
    if rule is not None:
        if f"{rule.id}.toml" != file:
            reading.faults.append(Fault(file, "id", f"the file of rule {rule.id!r} is {rule.id}.toml"))
        reading.check(rule_faults(rule, shared, file))
    if len(reading.faults) == before:
        return rule
    reading.unread.add(path.stem)
    return None


def _parts(reading: Reading, raw: dict[str, Any], file: str, shared: RuleSet) -> dict[str, Any]:
    """The rule's table with its criteria, levels and card read."""
    table = dict(raw)
    if "when" in raw:
        table["when"] = _criterion(reading, raw["when"], file, "when")
    table["unless"] = [
        _criterion(reading, part, file, f"unless[{index}]")
        for index, part in enumerate(reading.tables(raw.get("unless"), file, "unless"))
    ]
    table["gate"] = {
        hook: _criterion(reading, part, file, f"gate.{hook}")
        for hook, part in reading.table(raw.get("gate"), file, "gate").items()
    }
    levels = [
        _level(reading, part, file, f"level[{index}]", shared)
        for index, part in enumerate(reading.tables(raw.get("level"), file, "level"))
    ]
    reading.check(levels_faults(levels, file))
    table["level"] = [level or _LEVEL for level in levels]
    if "card" in raw:
        table["card"] = _card(reading, raw["card"], file, shared) or _CARD
    return table


def _criterion(reading: Reading, raw: object, file: str, place: str) -> Criterion:
    return reading.criterion(raw, file, place, RULE_CRITERIA)


def _level(reading: Reading, raw: object, file: str, place: str, shared: RuleSet) -> Level | None:
    table = reading.table(raw, file, place)
    if not isinstance(raw, dict):
        return None
    uses = [
        reading.with_if(SuggestionUse, part, file, f"{place}.suggestions[{index}]", RULE_CRITERIA)
        for index, part in enumerate(reading.tables(table.get("suggestions"), file, f"{place}.suggestions"))
    ]
    table["suggestions"] = [use for use in uses if use is not None]
    level = reading.with_if(Level, table, file, place, RULE_CRITERIA)
    if level is not None:
        reading.check(level_faults(level, shared, file, place))
    return level


def _card(reading: Reading, raw: object, file: str, shared: RuleSet) -> CardText | None:
    table = reading.table(raw, file, "card")
    if not isinstance(raw, dict):
        return None
    for key, model in (("say", Saying), ("look_for", Asked)):
        parts = [
            reading.with_if(model, part, file, f"card.{key}[{index}]", RULE_CRITERIA)
            for index, part in enumerate(reading.tables(table.get(key), file, f"card.{key}"))
        ]
        table[key] = [part for part in parts if part is not None]
    table["side_of"] = [
        _criterion(reading, part, file, f"card.side_of[{index}]")
        for index, part in enumerate(reading.tables(table.get("side_of"), file, "card.side_of"))
    ]
    card = reading.validate(CardText, table, file, "card")
    if card is not None:
        reading.check(card_faults(card, shared, file))
    return card
