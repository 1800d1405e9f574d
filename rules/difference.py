"""What changed from one knowledge base to another, for a reviewer: rules, examples, what they share, patients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rules.example_checks import chart_faults
from rules.examples import Shown, met, show
from rules.lines import Line, Said, criteria_lines, table_lines
from rules.mentions import Shared, logic, shared, used, wording
from rules.ruleset import RuleSet
from rules.schema import Example, Rule

KIND_NAMES = {
    "statuses": "recorded statuses",
    "definition": "definition",
    "measure": "measure",
    "item": "question",
    "concept": "code list",
    "system": "code system",
    "text_list": "text list",
    "body_site": "body site",
    "template": "suggestion template",
    "source": "source",
    "set": "override reasons",
    "page": "page",
    "rule": "rule",
}
"""How a reader calls what rules share."""

Outcomes = Mapping[str, Mapping[str, str]]
"""By patient: what each rule said, by rule id; a rule without a card is left out."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One chart to which one rule says something else. ``old`` or ``new`` None: that side cannot be asked."""

    chart: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """One rule that came, went or changed.

    ``criteria``: its logic in English. ``settings``: the rest of its logic. ``wording``: what its card says.
    ``shared``: what it uses from outside its file and that changed, as "code list gtps". ``examples``:
    those of either side to which it says something else.
    """

    id: str
    old: Rule | None
    new: Rule | None
    criteria: tuple[Line, ...] = ()
    settings: tuple[Line, ...] = ()
    wording: tuple[Line, ...] = ()
    shared: tuple[str, ...] = ()
    examples: tuple[Shift, ...] = ()

    @property
    def only_reached(self) -> bool:
        """True when its own file is as it was, and no example answers differently."""
        return (
            self.old is not None
            and self.new is not None
            and not (
                self.criteria or self.settings or self.wording or self.examples or self.old.version != self.new.version
            )
        )

    @property
    def advises(self) -> bool:
        """True when an active rule is concerned, and what it advises or says can be another."""
        active = any(rule is not None and rule.status == "active" for rule in (self.old, self.new))
        whole = self.old is None or self.new is None
        return active and (
            whole or bool(self.criteria or self.settings or self.wording or self.shared or self.examples)
        )


@dataclass(frozen=True, slots=True)
class SharedDifference:
    """Something shared that came, went or changed, and the rules that use it, before or after."""

    kind: str
    name: str
    lines: tuple[Line, ...]
    reaches: tuple[str, ...]
    examples: tuple[Shift, ...] = ()


@dataclass(frozen=True)
class Difference:
    """All that changed from ``old`` to ``new``. ``patients``: cards that changed, by patient, then by rule id."""

    old: RuleSet
    new: RuleSet
    rules: tuple[RuleDifference, ...]
    shared: tuple[SharedDifference, ...]
    patients: Mapping[str, tuple[Shift, ...]]

    @cached_property
    def advising(self) -> tuple[str, ...]:
        """The rules whose advice or words can be another on some chart."""
        return tuple(rule.id for rule in self.rules if rule.advises)

    @property
    def advice_changes(self) -> bool:
        """True when some chart may get another card, level, wording or suggestion."""
        return bool(self.advising or self.patients)


def difference(old: RuleSet, new: RuleSet, before: Outcomes, after: Outcomes) -> Difference:
    """What changed from ``old`` to ``new``; ``before`` and ``after`` are the same patients asked with each."""
    tables = shared(old), shared(new)
    reach = tuple(_reach(ruleset, every) for ruleset, every in zip((old, new), tables, strict=True))
    changed = _changed(*tables)
    found = tuple(
        SharedDifference(
            kind,
            name,
            tuple(_shared_lines(kind, name, old, new, tables)),
            tuple(sorted({rule for side in reach for rule, uses in side.items() if (kind, name) in uses})),
            tuple(_definition_shifts(name, old, new)) if kind == "definition" else (),
        )
        for kind, name in changed
        if kind != "rule"
    )
    rules = tuple(_rules(old, new, set(changed), reach))
    patients = {
        patient: shifts
        for patient in dict.fromkeys((*before, *after))
        if (shifts := tuple(_outcomes(before.get(patient, {}), after.get(patient, {}))))
    }
    return Difference(old, new, rules, found, patients)


_Reach = Mapping[str, frozenset[tuple[str, str]]]


def _reach(ruleset: RuleSet, every: Shared) -> _Reach:
    """By rule: kind and name of everything shared that it uses."""
    return {
        rule.id: frozenset((kind, name) for kind, named in used(rule, ruleset, every).items() for name in named)
        for rule in ruleset.rules
    }


def _changed(old: Shared, new: Shared) -> list[tuple[str, str]]:
    return [
        (kind, name)
        for kind in old
        for name in dict.fromkeys((*old[kind], *new[kind]))
        if old[kind].get(name) != new[kind].get(name)
    ]


def _shared_lines(kind: str, name: str, old: RuleSet, new: RuleSet, tables: tuple[Shared, Shared]) -> Iterator[Line]:
    before, after = (every[kind].get(name) for every in tables)
    if kind == "concept":
        yield from _concept_lines(before or {}, after or {})
        return
    yield from table_lines(_as_table(before), _as_table(after))
    yield from criteria_lines(_criteria_of(kind, name, old), _criteria_of(kind, name, new))


def _as_table(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON value
    if value is None:
        return {}
    return value if isinstance(value, Mapping) else {"value": value}


def _criteria_of(kind: str, name: str, ruleset: RuleSet) -> dict[str, Said]:
    words = ruleset.lexicon
    if kind == "definition" and name in words.definitions:
        return {"is": Said(words.definitions[name].criterion, words)}
    if kind == "template" and name in ruleset.templates:
        leaves = ruleset.templates[name].leave_out
        return {f"leave_out[{index}].if": Said(leave.when, words) for index, leave in enumerate(leaves)}
    return {}


def _concept_lines(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Line]:
    rows = [list(map(_row, side.get("rows", ()))) for side in (old, new)]
    yield from table_lines(
        {key: value for key, value in old.items() if key != "rows"},
        {key: value for key, value in new.items() if key != "rows"},
    )
    yield from (Line("row", row, None) for row in rows[0] if row not in rows[1])
    yield from (Line("row", None, row) for row in rows[1] if row not in rows[0])


def _row(row: Mapping[str, Any]) -> str:
    remarks = [word for word, said in (("with descendants", row["descendants"]), ("wide", row["wide"])) if said]
    remarks += [" and ".join(row["sides"])] if row["sides"] else []
    return f"{row['system']} {row['code']} {row['display']}" + (f" ({', '.join(remarks)})" if remarks else "")


def _rules(
    old: RuleSet, new: RuleSet, changed: set[tuple[str, str]], reach: tuple[_Reach, ...]
) -> Iterator[RuleDifference]:
    before, after = ({rule.id: rule for rule in ruleset.rules} for ruleset in (old, new))
    for rule_id in dict.fromkeys((*before, *after)):
        one, other = before.get(rule_id), after.get(rule_id)
        if one is None or other is None:
            yield RuleDifference(rule_id, one, other)
            continue
        uses = frozenset[tuple[str, str]]().union(*(side[rule_id] for side in reach))
        found = RuleDifference(
            rule_id,
            one,
            other,
            tuple(criteria_lines(_said(one, old), _said(other, new))),
            tuple(table_lines(logic(one), logic(other))),
            tuple(table_lines(wording(one), wording(other))),
            tuple(f"{KIND_NAMES[kind]} {name}" for kind, name in sorted(uses & changed)),
            tuple(_example_shifts(one, other, old, new)),
        )
        if found.advises or one.version != other.version or found.criteria or found.settings or found.wording:
            yield found


def _said(rule: Rule, ruleset: RuleSet) -> dict[str, Said]:
    return {place: Said(criterion, ruleset.lexicon) for place, criterion in rule.criteria().items()}


def _example_shifts(one: Rule, other: Rule, old: RuleSet, new: RuleSet) -> Iterator[Shift]:
    for example in _all_examples(one.examples, other.examples):
        before = show(one, example, old) if _readable(example, old) else None
        after = show(other, example, new) if _readable(example, new) else None
        yield from _shifts(example, before, after)


def _definition_shifts(name: str, old: RuleSet, new: RuleSet) -> Iterator[Shift]:
    examples = [side.definition_examples.get(name, ()) for side in (old, new)]
    for example in _all_examples(*examples):
        asked = [
            met(name, example, side) if name in side.lexicon.definitions and _readable(example, side) else None
            for side in (old, new)
        ]
        yield from _shifts(example, *asked)


def _all_examples(old: tuple[Example, ...], new: tuple[Example, ...]) -> tuple[Example, ...]:
    """The examples of both sides, each chart once, whatever the sides expect of it."""
    charts = {
        example.model_copy(update={"name": "", "expect": "unknown", "suggestions": None}): example
        for example in (*new, *old)
    }
    return tuple(charts.values())


def _readable(example: Example, ruleset: RuleSet) -> bool:
    """False when the chart names a code system, item or code list that this side does not have."""
    return not any(chart_faults(example, ruleset.lexicon, "", ""))


def _shifts(example: Example, old: tuple[Shown, ...] | None, new: tuple[Shown, ...] | None) -> Iterator[Shift]:
    for index in range(max(len(old or ()), len(new or ()))):
        before = str(old[index]) if old is not None else None
        after = str(new[index]) if new is not None else None
        if before != after:
            entry = f", entry {index + 1} of 'each'" if example.each else ""
            yield Shift(f"{example.name}{entry}", before, after)


def _outcomes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Shift]:
    for rule_id in sorted(before.keys() | after.keys()):
        if before.get(rule_id) != after.get(rule_id):
            yield Shift(rule_id, before.get(rule_id), after.get(rule_id))
