"""The whole knowledge base as it is served: rules, shared definitions, templates, sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from rules.criteria import Criterion, DataNeed
from rules.knowledge import Lexicon, OverrideReason, Source, Template
from rules.schema import Example, Rule
from rules.statements import Traceability


@dataclass(frozen=True)
class RuleSet:
    """All rules with what they share. ``version`` is that of the knowledge, apart from the code's."""

    version: str
    rules: tuple[Rule, ...]
    lexicon: Lexicon
    templates: Mapping[str, Template]
    override_reasons: Mapping[str, tuple[OverrideReason, ...]]
    sources: Mapping[str, Source]
    definition_examples: Mapping[str, tuple[Example, ...]]
    traceability: Traceability

    @cached_property
    def _by_hook(self) -> dict[str, tuple[Rule, ...]]:
        found: dict[str, list[Rule]] = defaultdict(list)
        for rule in self.active:
            for hook in rule.hooks:
                found[hook].append(rule)
        return {hook: tuple(rules) for hook, rules in found.items()}

    @cached_property
    def _by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def active(self) -> tuple[Rule, ...]:
        """The rules that are served."""
        return tuple(rule for rule in self.rules if rule.status == "active")

    @property
    def hooks(self) -> tuple[str, ...]:
        """The hooks for which at least one rule is active."""
        return tuple(self._by_hook)

    @property
    def unreviewed(self) -> tuple[Rule, ...]:
        """The active rules that no named clinician has signed."""
        return tuple(rule for rule in self.active if rule.review.state == "unreviewed")

    def for_hook(self, hook: str) -> tuple[Rule, ...]:
        """The active rules of a hook by number; empty for a hook that no rule names."""
        return self._by_hook.get(hook, ())

    def rule(self, rule_id: str) -> Rule:
        """The rule with this id. Raises KeyError."""
        return self._by_id[rule_id]

    def criteria(self, rule: Rule) -> tuple[Criterion, ...]:
        """Every criterion that evaluating the rule and its suggestions may ask."""
        asked = list(rule.criteria().values())
        for level in rule.levels:
            for use in level.suggestions:
                asked += [
                    leave.when
                    for leave in self.templates[use.template].leave_out
                    if not leave.groups or rule.group in leave.groups
                ]
        return tuple(asked)

    def needs(self, rules: Iterable[Rule]) -> tuple[DataNeed, ...]:
        """What these rules read, one need a kind; age, identity and death are input of every rule."""
        merged: dict[str, set[str] | None] = {"Patient": None}
        for rule in rules:
            for criterion in self.criteria(rule):
                for need in criterion.need(self.lexicon):
                    before = merged.get(need.kind, set())
                    merged[need.kind] = before | need.concepts if before is not None and need.concepts else None
        return tuple(DataNeed(kind, frozenset(concepts or ())) for kind, concepts in sorted(merged.items()))
