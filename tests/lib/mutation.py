"""Small changes to the knowledge that at least one example must notice.

A mutant drops a criterion, turns *all* into *any*, moves a window by a day, removes a word from a list, flips a side or
a reading. A mutant that no example notices is a survivor: the rule says something that its examples do not show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rules.criteria import All, Any_, Criterion, Not, NotFound
from rules.examples import Shown, met, show
from rules.knowledge import Definition, Measure, Statuses, Template
from rules.ruleset import RuleSet
from rules.schema import Rule

_LISTS = (
    "condition",
    "procedure",
    "order",
    "imaging",
    "medication",
    "native_side",
    "answered",
    "judged",
    "appointment",
    "fires",
    "at",
    "reason",
    "words",
    "status",
    "status_not",
    "is_",
    "only",
    "without",
)
_NUMBERS = (
    "within",
    "hours",
    "date_within",
    "at_least",
    "at_most",
    "age_under",
    "hip_score",
    "days_ago",
    "age_at_least",
    "longer_than",
)
_FLIPS: dict[str, dict[Any, Any]] = {
    "reading": {"latest": "whole", "whole": "latest"},
    "side": {"known": "both", "both": "known"},
    "pick": {"any": "latest", "latest": "any"},
    "unanswered": {"applies": None},
    "differential": {"hip likely": "any", "spine likely": "any", "mixed": "any"},
    "key_feature": {True: False},
    "hip_leads": {True: False},
    "healing_limit": {True: False},
    "new": {True: False},
    "surely": {True: False},
    "drug": {True: False},
    "elective": {True: False},
    "drafts": {True: False},
    "undated": {"ignored": "recent", "recent": "ignored", "only": "recent"},
    "replaced": {"both": "any", "any": "both"},
}


def criterion_mutants(criterion: Criterion) -> Iterator[tuple[str, Criterion]]:
    """Every small change to a criterion, with a word on what it is."""
    if isinstance(criterion, All | Any_):
        yield from _combination_mutants(criterion)
    elif isinstance(criterion, Not | NotFound):
        inner = criterion.parts()[0]
        yield f"drop {criterion.word}", inner
        for what, part in criterion_mutants(inner):
            yield (
                f"{criterion.word}: {what}",
                Not(not_=part) if isinstance(criterion, Not) else NotFound(not_found=part),
            )
    else:
        yield from _leaf_mutants(criterion)


def _combination_mutants(criterion: All | Any_) -> Iterator[tuple[str, Criterion]]:
    parts, word = criterion.parts(), criterion.word
    again = (lambda new: All(all=new)) if isinstance(criterion, All) else (lambda new: Any_(any=new))
    if len(parts) > 1:
        yield f"{word} into the other", Any_(any=parts) if isinstance(criterion, All) else All(all=parts)
    for index, part in enumerate(parts):
        others = parts[:index] + parts[index + 1 :]
        if others:
            yield f"drop {word}[{index}]", again(others)
        for what, changed in criterion_mutants(part):
            yield f"{word}[{index}]: {what}", again((*parts[:index], changed, *parts[index + 1 :]))


def _leaf_mutants(criterion: Criterion) -> Iterator[tuple[str, Criterion]]:
    fields = type(criterion).model_fields
    for name in _LISTS:
        values = getattr(criterion, name, ()) if name in fields else ()
        if isinstance(values, tuple) and len(values) > 1:
            for value in values:
                fewer = tuple(other for other in values if other != value)
                yield f"{name} without {value}", criterion.model_copy(update={name: fewer})
        elif values == "active":
            yield f"{name} any", criterion.model_copy(update={name: "any"})
        elif values == "any":
            yield f"{name} active", criterion.model_copy(update={name: "active"})
    for name in _NUMBERS:
        value = getattr(criterion, name, None) if name in fields else None
        if value is not None:
            for step in (-1, 1):
                if name != "within" or value + step >= 0:
                    yield (
                        f"{name} {value:g} to {value + step:g}",
                        criterion.model_copy(update={name: value + step}),
                    )
    for name, turns in _FLIPS.items():
        value = getattr(criterion, name, None) if name in fields else None
        if value in turns and _matters(criterion, name):
            yield f"{name} {value} to {turns[value]}", criterion.model_copy(update={name: turns[value]})
    if getattr(criterion, "body_site", None) is not None:
        yield "any body site", criterion.model_copy(update={"body_site": None})


def _matters(criterion: Criterion, name: str) -> bool:
    """A reading means something only where there is a window."""
    return name != "reading" or getattr(criterion, "within", None) is not None


def rule_mutants(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """Every small change to one rule's logic."""
    for what, changed in criterion_mutants(rule.when):
        yield f"when: {what}", rule.model_copy(update={"when": changed})
    for index, criterion in enumerate(rule.unless):
        others = rule.unless[:index] + rule.unless[index + 1 :]
        yield f"drop unless[{index}]", rule.model_copy(update={"unless": others})
        for what, changed in criterion_mutants(criterion):
            unless = (*rule.unless[:index], changed, *rule.unless[index + 1 :])
            yield f"unless[{index}]: {what}", rule.model_copy(update={"unless": unless})
    for index, level in enumerate(rule.levels[:-1]):
        yield f"drop level[{index}]", _with_levels(rule, index, None)
        if level.when is not None:
            for what, changed in criterion_mutants(level.when):
                yield (
                    f"level[{index}]: {what}",
                    _with_levels(rule, index, level.model_copy(update={"when": changed})),
                )
    for index, level in enumerate(rule.levels):
        for place, use in enumerate(level.suggestions):
            for what, changed in criterion_mutants(use.when) if use.when is not None else ():
                uses = (
                    *level.suggestions[:place],
                    use.model_copy(update={"when": changed}),
                    *level.suggestions[place + 1 :],
                )
                yield (
                    f"level[{index}].suggestions[{place}]: {what}",
                    _with_levels(rule, index, level.model_copy(update={"suggestions": uses})),
                )
        for name in {use.template for use in level.suggestions}:
            fewer = tuple(use for use in level.suggestions if use.template != name)
            yield (
                f"level[{index}] without {name}",
                _with_levels(rule, index, level.model_copy(update={"suggestions": fewer})),
            )
    for hook, gate in rule.gates.items():
        yield (
            f"drop gate.{hook}",
            rule.model_copy(update={"gates": {key: value for key, value in rule.gates.items() if key != hook}}),
        )
        for what, changed in criterion_mutants(gate):
            yield f"gate.{hook}: {what}", rule.model_copy(update={"gates": {**rule.gates, hook: changed}})
    if rule.if_exclusion_unknown is not None:
        other = "hide" if rule.if_exclusion_unknown == "show" else "show"
        yield "other if_exclusion_unknown", rule.model_copy(update={"if_exclusion_unknown": other})
    for kind in rule.hide_when_missing:
        kinds = tuple(other for other in rule.hide_when_missing if other != kind)
        yield f"hide_when_missing without {kind}", rule.model_copy(update={"hide_when_missing": kinds})
    for index in range(len(rule.card.side_of)):
        side_of = rule.card.side_of[:index] + rule.card.side_of[index + 1 :]
        yield (
            f"drop side_of[{index}]",
            rule.model_copy(update={"card": rule.card.model_copy(update={"side_of": side_of})}),
        )


def _with_levels(rule: Rule, index: int, level: Any) -> Rule:
    kept = () if level is None else (level,)
    return rule.model_copy(update={"levels": (*rule.levels[:index], *kept, *rule.levels[index + 1 :])})


def definition_mutants(ruleset: RuleSet) -> Iterator[tuple[str, RuleSet]]:
    """Every small change to a shared definition, measure or list of statuses."""
    lexicon = ruleset.lexicon
    for name, definition in lexicon.definitions.items():
        for what, changed in criterion_mutants(definition.criterion):
            new = Definition(name, definition.title, definition.not_found, changed)
            yield (
                f"{name}: {what}",
                replace(ruleset, lexicon=replace(lexicon, definitions={**lexicon.definitions, name: new})),
            )
    for field in ("active", "not_usable", "finding_not_usable"):
        words: frozenset[str] = getattr(lexicon.statuses, field)
        for word in sorted(words):
            statuses = Statuses.model_validate(lexicon.statuses.model_dump() | {field: words - {word} or {"none"}})
            yield (
                f"statuses.{field} without {word}",
                replace(ruleset, lexicon=replace(lexicon, statuses=statuses)),
            )
    for name, measure in lexicon.measures.items():
        for what, other in _measure_mutants(measure):
            yield (
                f"measure {name}: {what}",
                replace(ruleset, lexicon=replace(lexicon, measures={**lexicon.measures, name: other})),
            )


def _measure_mutants(measure: Measure) -> Iterator[tuple[str, Measure]]:
    for field in ("status", "status_not"):
        words: frozenset[str] = getattr(measure, field)
        for word in sorted(words):
            if field == "status_not" or len(words) > 1:
                yield f"{field} without {word}", measure.model_copy(update={field: words - {word}})
    if measure.codes:
        yield "any code", measure.model_copy(update={"codes": frozenset()})
    for unit in measure.units:
        units = {key: value for key, value in measure.units.items() if key != unit}
        yield f"without unit {unit}", measure.model_copy(update={"units": units or {"none": "as-is"}})
    if measure.least is not None:
        yield "least lower", measure.model_copy(update={"least": measure.least - 1})
    if measure.most is not None:
        yield "most higher", measure.model_copy(update={"most": measure.most + 1})
    if measure.answer is not None:
        yield "without its answer", measure.model_copy(update={"answer": None})


def template_mutants(ruleset: RuleSet) -> Iterator[tuple[str, RuleSet]]:
    """Every small change to what leaves a suggestion out."""
    for name, template in ruleset.templates.items():
        for index, leave in enumerate(template.leave_out):
            others = template.leave_out[:index] + template.leave_out[index + 1 :]
            yield f"{name}: drop leave_out[{index}]", _with_template(ruleset, template, others)
            for what, changed in criterion_mutants(leave.when):
                new = leave.model_copy(update={"when": changed})
                leaves = (*template.leave_out[:index], new, *template.leave_out[index + 1 :])
                yield f"{name}: leave_out[{index}]: {what}", _with_template(ruleset, template, leaves)


def _with_template(ruleset: RuleSet, template: Template, leaves: tuple[Any, ...]) -> RuleSet:
    changed = template.model_copy(update={"leave_out": leaves})
    return replace(ruleset, templates={**ruleset.templates, template.id: changed})


class Baseline:
    """What every example shows today, and whether a changed rule or rule set shows something else."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self._rules: dict[str, list[tuple[Shown, ...]]] = {
            rule.id: [show(rule, example, ruleset) for example in rule.examples] for rule in ruleset.rules
        }
        self._definitions = {
            name: [met(name, example, ruleset) for example in examples]
            for name, examples in ruleset.definition_examples.items()
        }

    def notices_rule(self, rule: Rule) -> bool:
        """True when an example of the rule shows something else for the changed rule."""
        return any(
            show(rule, example, self.ruleset) != shown
            for example, shown in zip(rule.examples, self._rules[rule.id], strict=True)
        )

    def notices(self, ruleset: RuleSet) -> bool:
        """True when any example of any definition or rule shows something else in the changed rule set."""
        for name, examples in ruleset.definition_examples.items():
            for example, shown in zip(examples, self._definitions[name], strict=True):
                if met(name, example, ruleset) != shown:
                    return True
        return any(
            show(rule, example, ruleset) != shown
            for rule in ruleset.rules
            for example, shown in zip(rule.examples, self._rules[rule.id], strict=True)
        )


def survivors(ruleset: RuleSet) -> list[str]:
    """The mutants that no example notices; must be empty."""
    baseline = Baseline(ruleset)
    found = [
        f"{rule.id}: {what}"
        for rule in ruleset.rules
        for what, mutant in rule_mutants(rule)
        if not baseline.notices_rule(mutant)
    ]
    for what, changed in (*definition_mutants(ruleset), *template_mutants(ruleset)):
        if not baseline.notices(changed):
            found.append(what)
    return found
