"""Checks across knowledge files: names that must exist elsewhere, sentences that must fit, levels that must
end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.coded import in_sentence
from rules.criteria import Criterion
from rules.faults import Fault, unknown_word
from rules.knowledge import Template
from rules.logic import Doubt
from rules.ordered import FiresCriterion
from rules.ruleset import RuleSet
from rules.schema import HOOKS, Rule

SUMMARY_LIMIT = 140
"""A summary has fewer characters than this (CDS Hooks C-11)."""

POSSIBLE = re.compile(r"\[possible: ([a-z0-9_, ]+)\] ?")
"""Stands before a diagnosis in a summary; becomes "possible " when it is only suspected."""

_AT_START = re.compile("^" + POSSIBLE.pattern + r"(\w+)")

STATEMENTS = frozenset(f"S{number}" for number in range(1, 85))
"""The statements of the four source documents."""


def with_possible(sentence: str, doubt: Doubt) -> str:
    """The sentence with each mark replaced by "possible " or by nothing; a sentence start keeps its
    capital.
    """

    def replaced(match: re.Match[str]) -> str:
        return "possible " if doubt.covers(_names(match.group(1))) else ""

    def start(match: re.Match[str]) -> str:
        first = match.group(2)
        return f"Possible {in_sentence(first)}" if doubt.covers(_names(match.group(1))) else first

    return POSSIBLE.sub(replaced, _AT_START.sub(start, sentence))


def _names(group: str) -> frozenset[str]:
    return frozenset(name.strip() for name in group.split(","))


def marked(sentence: str) -> frozenset[str]:
    """The concepts named in the marks of a sentence."""
    return frozenset[str]().union(*(_names(group) for group in POSSIBLE.findall(sentence)))


def cross_checks(ruleset: RuleSet) -> Iterator[Fault]:
    """Every fault that one file alone cannot show."""
    words = ruleset.lexicon
    for name, definition in words.definitions.items():
        yield from definition.criterion.check(words, "definitions.toml", f"definition.{name}.is")
    for name, measure in words.measures.items():
        if measure.concept not in words.codelists.concepts:
            yield unknown_word(
                "definitions.toml",
                f"measure.{name}.concept",
                "concept",
                measure.concept,
                words.codelists.concepts,
            )
        elif measure.codes:
            known = {f"{row.system}:{row.code}" for row in words.codelists.codes(measure.concept)}
            for code in sorted(measure.codes - known):
                yield unknown_word("definitions.toml", f"measure.{name}.codes", "code of the concept", code, known)
        if measure.answer is not None and measure.answer not in words.items:
            yield unknown_word("definitions.toml", f"measure.{name}.answer", "item", measure.answer, words.items)
    for template in ruleset.templates.values():
        yield from _template(template, ruleset)
    for rule in ruleset.rules:
        yield from _rule(rule, ruleset)


def _template(template: Template, ruleset: RuleSet) -> Iterator[Fault]:
    file, place = "suggestions.toml", f"template.{template.id}"
    for index, leave in enumerate(template.leave_out):
        yield from leave.when.check(ruleset.lexicon, file, f"{place}.leave_out[{index}].if")
    systems = ruleset.lexicon.codelists.systems
    codes = [
        *template.codes,
        *template.side_codes.values(),
        *([template.body_site] if template.body_site else []),
    ]
    for coding in codes:
        if coding.system not in systems:
            yield unknown_word(file, f"{place}.codes", "code system", coding.system, systems)


def _rule(rule: Rule, ruleset: RuleSet) -> Iterator[Fault]:
    file = f"{rule.id}.toml"
    yield from _criteria(rule, ruleset)
    for index, hook in enumerate(rule.hooks):
        if hook not in HOOKS:
            yield unknown_word(file, f"hooks[{index}]", "hook", hook, HOOKS)
    for hook in rule.gates:
        if hook not in rule.hooks:
            yield unknown_word(file, f"gate.{hook}", "hook of this rule", hook, rule.hooks)
    if rule.unless and rule.if_exclusion_unknown is None:
        yield Fault(
            file, "if_exclusion_unknown", "must be said whenever there is an 'unless'", allowed=("show", "hide")
        )
    yield from _levels(rule, ruleset)
    yield from _sources(rule, ruleset)
    if rule.history[-1].version != rule.version:
        yield Fault(file, "history", f"the last entry is {rule.history[-1].version}, the rule says {rule.version}")
    if rule.review.state == "reviewed" and (not rule.review.reviewer or rule.review.reviewed_on is None):
        yield Fault(file, "review", "a reviewed rule names its reviewer and the date")


def _criteria(rule: Rule, ruleset: RuleSet) -> Iterator[Fault]:
    file = f"{rule.id}.toml"
    earlier = [known.id for known in ruleset.rules if known.number < rule.number]
    for place, criterion in rule.criteria().items():
        yield from criterion.check(ruleset.lexicon, file, place)
        for other in _rules_named(criterion):
            if other not in earlier:
                yield unknown_word(file, f"{place}.fires", "rule with a smaller number", other, earlier)


def _rules_named(criterion: Criterion) -> Iterator[str]:
    if isinstance(criterion, FiresCriterion):
        yield from criterion.fires
    for part in criterion.parts():
        yield from _rules_named(part)


def _levels(rule: Rule, ruleset: RuleSet) -> Iterator[Fault]:
    file, concepts = f"{rule.id}.toml", ruleset.lexicon.codelists.concepts
    if rule.levels[-1].when is not None:
        yield Fault(file, f"level[{len(rule.levels) - 1}].if", "the last level has no 'if': it takes what is left")
    for index, level in enumerate(rule.levels):
        place = f"level[{index}]"
        longest = with_possible(level.summary, Doubt(frozenset(concepts), frozenset()))
        if len(longest) >= SUMMARY_LIMIT:
            yield Fault(
                file,
                f"{place}.summary",
                f"{len(longest)} characters at its longest, fewer than {SUMMARY_LIMIT} are allowed",
            )
        for name in sorted(marked(level.summary) - set(concepts)):
            yield unknown_word(file, f"{place}.summary", "concept", name, concepts)
        for use in level.suggestions:
            if use.template not in ruleset.templates:
                yield unknown_word(file, f"{place}.suggestions", "template", use.template, ruleset.templates)


def _sources(rule: Rule, ruleset: RuleSet) -> Iterator[Fault]:
    file = f"{rule.id}.toml"
    if rule.card.override_reasons not in ruleset.override_reasons:
        yield unknown_word(
            file,
            "card.override_reasons",
            "set of reasons",
            rule.card.override_reasons,
            ruleset.override_reasons,
        )
    named = [("card.source", rule.card.source), *(("card.links", link) for link in rule.card.links)]
    named += [(f"evidence[{index}].source", evidence.source) for index, evidence in enumerate(rule.evidence)]
    for place, source in named:
        if source not in ruleset.sources:
            yield unknown_word(file, place, "source", source, ruleset.sources)
    for link in rule.card.links:
        if link in ruleset.sources and not ruleset.sources[link].url:
            yield Fault(file, "card.links", f"source {link!r} has no url to link to")
    for index, evidence in enumerate(rule.evidence):
        for statement in evidence.statements:
            if statement not in STATEMENTS:
                yield unknown_word(file, f"evidence[{index}].statements", "statement", statement, STATEMENTS)
