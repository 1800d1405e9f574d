"""What a rule says itself, and what it uses of the knowledge that rules share, all as plain values.

Only what decides a verdict, a level or a suggestion, or stands on a card, is taken: never comments, review states,
examples, or texts for other readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rules.coded import Coded
from rules.codelists import CodeRow
from rules.computed import DifferentialCriterion
from rules.criteria import Criterion, Meets
from rules.knowledge import Coding, Lexicon, Template
from rules.measured import AnswerCriterion, AnsweredCriterion, MeasureCriterion
from rules.ordered import FiresCriterion, JudgedTextCriterion
from rules.ruleset import RuleSet
from rules.schema import Rule
from rules.statements import Education
from rules.written import plain, table

Shared = dict[str, dict[str, Any]]
"""By kind (``definition``, ``concept``...) and name: the content of what is shared."""

_LOGIC = (
    "number",
    "status",
    "group",
    "hooks",
    "when",
    "unless",
    "if_exclusion_unknown",
    "hide_when_missing",
    "gates",
    "in_focus",
)
_CARD = ("detail", "say", "look_for", "recommendation", "options", "override_reasons", "source", "links", "pages")
_EVIDENCE = ("source", "statements", "locator", "paraphrase", "strength", "certainty", "state")
_ITEM = ("id", "title", "type", "words", "least", "most", "within", "group", "feature", "hip", "spine", "key_feature")
_SOURCE = ("title", "short", "year", "url")
_SYSTEM = ("title", "url", "aliases", "match", "ignore")


def logic(rule: Rule) -> dict[str, Any]:
    """What of the rule's own file decides whether a card shows, at which level, and what it suggests."""
    found = table(rule, _LOGIC)
    found["level"] = [table(level, ("indicator", "when", "hooks", "suggestions")) for level in rule.levels]
    found["card"] = table(rule.card, ("side_of",))
    return found


def wording(rule: Rule) -> dict[str, Any]:
    """What of the rule's own file a reader of its card sees."""
    found = table(rule, ("title",))
    found["level"] = [table(level, ("summary", "detail")) for level in rule.levels]
    found["card"] = table(rule.card, _CARD)
    found["evidence"] = [table(evidence, _EVIDENCE) for evidence in rule.evidence]
    return found


def shared(ruleset: RuleSet) -> Shared:
    """All that the rules may use, used or not."""
    words = ruleset.lexicon
    return {
        "statuses": {"statuses": plain(words.statuses)},
        "definition": {
            name: {"title": one.title, "not_found": one.not_found, "is": table(one.criterion)}
            for name, one in words.definitions.items()
        },
        "measure": {name: table(measure) for name, measure in words.measures.items()},
        "item": {name: table(item, _ITEM) for name, item in words.items.items()},
        "concept": {name: _concept(name, words) for name in words.codelists.concepts},
        "system": {name: table(system, _SYSTEM) for name, system in words.codelists.systems.items()},
        "text_list": {name: plain(phrases) for name, phrases in words.text_lists.items()},
        "body_site": dict(words.body_sites),
        "template": {name: table(template) for name, template in ruleset.templates.items()},
        "source": {name: table(source, _SOURCE) for name, source in ruleset.sources.items()},
        "set": {name: plain(reasons) for name, reasons in ruleset.override_reasons.items()},
        "page": {"self-care": _sheet(ruleset.traceability.education)},
        "rule": {rule.id: logic(rule) for rule in ruleset.rules},
    }


def used(rule: Rule, ruleset: RuleSet, every: Shared) -> Shared:
    """Of ``every`` (see :func:`shared`) what the rule uses, directly or through something else that it uses."""
    mentioned = set(_mentions(ruleset.criteria(rule), ruleset))
    templates = [ruleset.templates[use.template] for level in rule.levels for use in level.suggestions]
    mentioned |= {("template", template.id) for template in templates}
    mentioned |= {("system", coding.system) for template in templates for coding in _codings(template)}
    mentioned |= {("source", name) for name in (rule.card.source, *rule.card.links)}
    mentioned |= {("source", evidence.source) for evidence in rule.evidence}
    mentioned |= {("page", name) for name in rule.card.pages}
    mentioned |= {("set", rule.card.override_reasons), ("statuses", "statuses")}
    found: Shared = {}
    for kind, name in sorted(mentioned):
        found.setdefault(kind, {})[name] = every[kind][name]
    return found


def row_columns(row: CodeRow) -> dict[str, Any]:
    """What of a row of a code list decides a match or stands on a card."""
    return {
        "system": row.system,
        "code": row.code,
        "display": row.display,
        "descendants": row.descendants,
        "sides": sorted(row.sides),
        "wide": row.wide,
    }


def _codings(template: Template) -> Iterator[Coding]:
    yield from template.codes
    yield from template.side_codes.values()
    yield from (site for site in (template.body_site,) if site is not None)


def _sheet(education: Education) -> dict[str, Any]:
    """What a patient reads on the self-care sheet."""
    found = table(education, ("title", "lead", "for_whom", "certainty"))
    found["part"] = [[part.kind, part.title, *(line.text for line in part.lines)] for part in education.parts]
    return found


def _concept(name: str, words: Lexicon) -> dict[str, Any]:
    concept = words.codelists.concepts[name]
    return {
        "title": concept.title,
        "findings_as_observation": concept.findings_as_observation,
        "required_site": words.required_sites.get(name),
        "rows": sorted((row_columns(row) for row in concept.rows), key=lambda row: (row["system"], row["code"])),
    }


def _mentions(criteria: Iterable[Criterion], ruleset: RuleSet) -> set[tuple[str, str]]:
    """Kind and name of everything that the criteria mention, followed to the end."""
    words = ruleset.lexicon
    found: set[tuple[str, str]] = set()
    waiting = list(criteria)
    while waiting:
        for _, part in waiting.pop().placed(""):
            for kind, name in set(_named(part, words)) - found:
                found.add((kind, name))
                if kind == "definition":
                    waiting.append(words.definitions[name].criterion)
                elif kind == "rule":
                    waiting.extend(ruleset.criteria(ruleset.rule(name)))
    concepts = [words.codelists.concepts[name] for kind, name in found if kind == "concept"]
    return found | {("system", row.system) for concept in concepts for row in concept.rows}


def _named(part: Criterion, words: Lexicon) -> Iterator[tuple[str, str]]:
    """Kind and name of what one criterion names itself."""
    match part:
        case Meets():
            yield "definition", part.meets
            return
        case FiresCriterion():
            yield from (("rule", name) for name in part.fires)
        case MeasureCriterion():
            yield "measure", part.measure
            answer = words.measures[part.measure].answer
            yield from (("item", name) for name in (answer,) if name is not None)
        case AnswerCriterion():
            yield "item", part.answer
        case AnsweredCriterion():
            yield from (("item", name) for name in part.answered)
        case DifferentialCriterion():
            yield from (("item", item.id) for item in words.items.values() if item.feature)
        case JudgedTextCriterion():
            yield "text_list", part.judged_text
            yield "body_site", part.body_site
            yield from (("concept", name) for name in part.reason)
        case Coded():
            yield from (("concept", name) for name in part.concepts())
            yield from (("body_site", site) for site in (part.body_site,) if site is not None)
    if not part.parts():
        yield from (("concept", name) for need in part.need(words) for name in need.concepts)
