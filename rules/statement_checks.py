"""Checks of statements, decisions and the self-care sheet: every statement leads somewhere, and nothing dangles.

A reference is said at both of its ends: a rule that cites S47 stands at S47, and each rule at S47 cites it. So a reader
can follow it either way, and a rule that is changed cannot leave a statement behind unseen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from rules.faults import Fault, unknown_word
from rules.ruleset import RuleSet
from rules.schema import Review, Rule
from rules.statement_files import DECISIONS, EDUCATION, STATEMENTS
from rules.statements import Education, Statement

SOURCE_DOCUMENT: Final = "source-document"

Words = Mapping[str, Iterable[str]]
"""By key of a table: the words that may stand there."""


def reference_faults(ruleset: RuleSet) -> Iterator[Fault]:
    """Words that nothing else in the knowledge has, statements that lead nowhere, an unsafe order of the sheet."""
    trace = ruleset.traceability
    words = _words(ruleset)
    ends = ["documents", "rules", "items", "templates", "decisions", "grades"]
    if trace.education.parts:  # Without a part the sheet itself has a fault.
        ends.append("education")
    for name, statement in trace.statements.items():
        place = f"statement.{name}"
        yield from _unknown(statement, ends, words, STATEMENTS, place)
        if statement.topic not in trace.topics:
            yield unknown_word(STATEMENTS, f"{place}.topic", "topic", statement.topic, trace.topics)
        yield from _leads_nowhere(statement, place)
    used = {statement.topic for statement in trace.statements.values()}
    for name in trace.topics:
        if name not in used:
            yield Fault(STATEMENTS, f"topic.{name}", "no statement stands under it")
    for name, decision in trace.decisions.items():
        keys = ("statements", "rules", "items", "templates", "sources")
        yield from _unknown(decision, keys, words, DECISIONS, f"decision.{name}")
    yield from _sheet(trace.education, words)


_WHAT: Final = {
    "documents": "source document",
    "rules": "rule",
    "items": "item",
    "templates": "template",
    "education": "part of the self-care sheet",
    "decisions": "decision",
    "grades": "source document",
    "statements": "statement",
    "sources": "source",
}


def _words(ruleset: RuleSet) -> dict[str, list[str]]:
    trace = ruleset.traceability
    documents = [name for name, source in ruleset.sources.items() if source.kind == SOURCE_DOCUMENT]
    return {
        "documents": documents,
        "rules": [rule.id for rule in ruleset.rules],
        "items": list(ruleset.lexicon.items),
        "templates": list(ruleset.templates),
        "education": [part.id for part in trace.education.parts],
        "decisions": list(trace.decisions),
        "grades": documents,
        "statements": list(trace.statements),
        "sources": list(ruleset.sources),
    }


def _unknown(table: object, keys: Iterable[str], words: Words, file: str, place: str) -> Iterator[Fault]:
    for key in keys:
        for word in getattr(table, key):
            if word not in words[key]:
                yield unknown_word(file, f"{place}.{key}", _WHAT[key], word, words[key])


def _leads_nowhere(statement: Statement, place: str) -> Iterator[Fault]:
    ends = (statement.rules, statement.items, statement.education, statement.decisions, statement.grades)
    if not any(ends):
        message = "leads nowhere: a statement names rules, items, education, decisions or grades"
        yield Fault(STATEMENTS, place, message)
    elif not statement.rules and statement.reason is None:
        yield Fault(STATEMENTS, place, "says no 'reason' although no rule rests on it")


def _sheet(education: Education, words: Words) -> Iterator[Fault]:
    """The faults of the self-care sheet. Its safety net stands first, for a reader who stops early."""
    seen: set[str] = set()
    for index, part in enumerate(education.parts):
        place = f"part[{index}]"
        if part.id in seen:
            yield Fault(EDUCATION, f"{place}.id", f"part {part.id!r} is there twice", part.id)
        seen.add(part.id)
        for number, line in enumerate(part.lines):
            where = f"{place}.line[{number}]"
            yield from _unknown(line, ("statements", "rules"), words, EDUCATION, where)
            if not line.statements and not line.rules:
                yield Fault(EDUCATION, where, "rests on nothing: a line names statements or rules")
    kinds = [part.kind for part in education.parts]
    if kinds and "safety-net" not in kinds:
        yield Fault(EDUCATION, "part", "no part is a safety net")
    if kinds != sorted(kinds, key=lambda kind: kind != "safety-net"):
        yield Fault(EDUCATION, "part", "the safety net stands before all other parts")
    if kinds:
        yield from _signature(education.review)


def _signature(review: Review) -> Iterator[Fault]:
    if review.state == "reviewed" and None in (review.reviewer, review.reviewed_on, review.next_review):
        yield Fault(EDUCATION, "review", "a reviewed sheet names its 'reviewer', 'reviewed_on' and 'next_review'")


def crossing_faults(ruleset: RuleSet) -> Iterator[Fault]:
    """References that only one end knows, suggestions that nobody offers, evidence stronger than its source.

    Asked of knowledge without any other fault. A draft may cite what does not list it yet.
    """
    trace = ruleset.traceability
    rules = {rule.id: rule for rule in ruleset.rules}
    cited = {name: _cited(rule) for name, rule in rules.items()}
    drafts = {name for name, rule in rules.items() if rule.status == "draft"}
    ends: dict[str, Mapping[str, frozenset[str]]] = {
        "rules": cited,
        "items": {item.id: frozenset(item.statements) for item in ruleset.lexicon.items.values()},
        "education": {part.id: part.statements for part in trace.education.parts},
        "decisions": {name: frozenset(decision.statements) for name, decision in trace.decisions.items()},
    }
    for name, statement in trace.statements.items():
        for key, naming in ends.items():
            yield from _both_ways(name, key, getattr(statement, key), naming, drafts)
        yield from _offered(name, statement, [rules[rule_id] for rule_id in statement.rules])
        if statement.immediate_care and not any(name in part.statements for part in trace.education.safety_net):
            yield Fault(STATEMENTS, f"statement.{name}", "needs immediate care, and no safety net names it")
    for rule in ruleset.rules:
        yield from _evidence(rule, ruleset)
    yield from _watched(trace.education, rules)


def _cited(rule: Rule) -> frozenset[str]:
    return frozenset(name for evidence in rule.evidence for name in evidence.statements)


def _both_ways(
    name: str, key: str, listed: Iterable[str], naming: Mapping[str, frozenset[str]], drafts: Collection[str]
) -> Iterator[Fault]:
    place = f"statement.{name}.{key}"
    names = {other for other, statements in naming.items() if name in statements}
    for other in listed:
        if other not in names:
            yield Fault(STATEMENTS, place, f"{other!r} does not name {name}", other)
    for other in sorted(names.difference(listed, drafts)):
        yield Fault(STATEMENTS, place, f"{other!r} names {name} and is not listed", other)


def _offered(name: str, statement: Statement, rules: Iterable[Rule]) -> Iterator[Fault]:
    offered = {use.template for rule in rules for level in rule.levels for use in level.suggestions}
    for template in statement.templates:
        if template not in offered:
            message = f"{template!r} is offered by none of the statement's rules"
            yield Fault(STATEMENTS, f"statement.{name}.templates", message, template)


def _evidence(rule: Rule, ruleset: RuleSet) -> Iterator[Fault]:
    """A statement is cited from a document that makes it, and what stands only there is weak (S84)."""
    statements = ruleset.traceability.statements
    for index, evidence in enumerate(rule.evidence):
        place = f"evidence[{index}]"
        for name in evidence.statements:
            documents = statements[name].documents
            if evidence.source not in documents:
                message = f"{name} does not stand in {evidence.source!r}"
                yield Fault(f"{rule.id}.toml", f"{place}.statements", message, name, allowed=documents)
        document = ruleset.sources[evidence.source].kind == SOURCE_DOCUMENT
        urgent = bool(evidence.statements) and all(statements[name].immediate_care for name in evidence.statements)
        if document and evidence.strength != "weak" and not urgent:
            message = "what stands only in a source document is weak, unless it is a sign that needs immediate care"
            yield Fault(f"{rule.id}.toml", f"{place}.strength", message, evidence.strength, allowed=("weak",))


def _watched(education: Education, rules: Mapping[str, Rule]) -> Iterator[Fault]:
    """Each sign of the safety net is one for which a red flag can be critical."""
    for index, part in enumerate(education.parts):
        for number, line in enumerate(part.lines):
            place = f"part[{index}].line[{number}].rules"
            if part.kind == "safety-net" and not line.rules:
                yield Fault(EDUCATION, place, "a sign of the safety net names the red flags that watch for it")
            for name in line.rules:
                rule = rules[name]
                if not rule.red_flag or all(level.indicator != "critical" for level in rule.levels):
                    yield Fault(EDUCATION, place, f"{name!r} is no red flag that can be critical", name)
