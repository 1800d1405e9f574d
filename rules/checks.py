"""Checks of rules: names that must exist in other files, sentences that must fit, levels that must end."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from rules.coded import in_sentence
from rules.example_checks import rule_example_faults
from rules.faults import Fault, unknown_word
from rules.logic import Doubt
from rules.ruleset import RuleSet
from rules.schema import HOOKS, CardText, Level, Rule
from rules.written import leaves, table

SUMMARY_LIMIT = 140
"""A summary has fewer characters than this (CDS Hooks C-11)."""

TO_FILL_IN = "FILL IN"
"""Marks the texts of a new rule that its author has to write."""

POSSIBLE = re.compile(r"\[possible: ([a-z0-9_, ]+)\] ?")
"""Stands before a diagnosis in a summary; becomes "possible " when it is only suspected."""

_LOOKS_LIKE_A_MARK = re.compile(r"\[\s*possible", re.IGNORECASE)

_AT_START = re.compile("^" + POSSIBLE.pattern + r"(\w+)")


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


def rule_faults(rule: Rule, shared: RuleSet, file: str) -> Iterator[Fault]:
    """The faults of a rule, its levels and its card apart."""
    for index, hook in enumerate(rule.hooks):
        if hook not in HOOKS:
            yield unknown_word(file, f"hooks[{index}]", "hook", hook, HOOKS)
    for hook in rule.gates:
        if hook not in rule.hooks:
            yield unknown_word(file, f"gate.{hook}", "hook of this rule", hook, rule.hooks)
    if rule.red_flag:
        yield from _red_flag(rule, file)
    yield from _exclusions(rule, file)
    yield from _evidence(rule, shared, file)
    if rule.history[-1].version != rule.version:
        yield Fault(file, "history", f"the last entry is {rule.history[-1].version}, the rule says {rule.version}")
    yield from _review(rule, file)
    yield from _unfilled(rule, file)
    yield from rule_example_faults(rule, shared.lexicon, file)


def _review(rule: Rule, file: str) -> Iterator[Fault]:
    """A signature names who, when and until when, and is for the version that is served."""
    review = rule.review
    if review.state == "unreviewed":
        return
    if review.reviewer is None or review.reviewed_on is None or review.next_review is None:
        yield Fault(file, "review", "a reviewed rule names its 'reviewer', 'reviewed_on' and 'next_review'")
        return
    if review.reviewed_on < rule.history[-1].on:
        message = f"signed on {review.reviewed_on}, before version {rule.version} of {rule.history[-1].on}"
        yield Fault(file, "review.reviewed_on", f"{message}: a changed rule is unreviewed until it is signed again")
    if review.next_review <= review.reviewed_on:
        yield Fault(file, "review.next_review", "is not after 'reviewed_on'")


def _unfilled(rule: Rule, file: str) -> Iterator[Fault]:
    """Texts of a new rule's skeleton that its author has not replaced; a draft may have them."""
    if rule.status == "draft":
        return
    for place, text in leaves(table(rule)).items():
        if isinstance(text, str) and TO_FILL_IN in text:
            yield Fault(file, place, f"still says {TO_FILL_IN!r}, which only a rule with status 'draft' may")


def _red_flag(rule: Rule, file: str) -> Iterator[Fault]:
    """Red flags are evaluated on every hook, and nothing removes their cards (knowledge 0, principle 1)."""
    missing = [hook for hook in HOOKS if hook not in rule.hooks]
    if missing:
        yield Fault(file, "hooks", f"a red flag is evaluated on every hook, missing: {', '.join(missing)}")
    for key, said in (("unless", rule.unless), ("gate", rule.gates)):
        if said:
            yield Fault(file, key, f"a red flag has no {key!r}: nothing removes its card")


def _exclusions(rule: Rule, file: str) -> Iterator[Fault]:
    if rule.unless and rule.if_exclusion_unknown is None:
        message = "must be said whenever there is an 'unless'"
        yield Fault(file, "if_exclusion_unknown", message, allowed=("show", "hide"))
    if rule.hide_when_missing and not rule.unless:
        yield Fault(file, "hide_when_missing", "says nothing without an 'unless'")


def _evidence(rule: Rule, shared: RuleSet, file: str) -> Iterator[Fault]:
    statements = shared.traceability.statements
    for index, evidence in enumerate(rule.evidence):
        if evidence.source not in shared.sources:
            yield unknown_word(file, f"evidence[{index}].source", "source", evidence.source, shared.sources)
        for statement in evidence.statements:
            if statement not in statements:
                yield unknown_word(file, f"evidence[{index}].statements", "statement", statement, statements)


def levels_faults(levels: Sequence[Level | None], file: str) -> Iterator[Fault]:
    """The faults of the order of the levels; None stands for one that could not be read."""
    for index, level in enumerate(levels):
        last = index == len(levels) - 1
        if level is None:
            continue
        if last and (level.when is not None or level.hooks):
            key = "if" if level.when is not None else "hooks"
            yield Fault(file, f"level[{index}].{key}", f"the last level has no {key!r}: it takes what is left")
        if not last and level.when is None and not level.hooks:
            yield Fault(
                file, f"level[{index}]", "has neither 'if' nor 'hooks', so that the levels after it are never used"
            )


def level_faults(level: Level, shared: RuleSet, file: str, place: str) -> Iterator[Fault]:
    """The faults of one level by itself."""
    concepts = shared.lexicon.codelists.concepts
    longest = with_possible(level.summary, Doubt(frozenset(concepts), frozenset()))
    if len(longest) >= SUMMARY_LIMIT:
        message = f"{len(longest)} characters at its longest, fewer than {SUMMARY_LIMIT} are allowed"
        yield Fault(file, f"{place}.summary", message)
    yield from _marks(level.summary, concepts, file, f"{place}.summary")
    for index, paragraph in enumerate(level.detail):
        yield from _marks(paragraph, concepts, file, f"{place}.detail[{index}]")
    for index, hook in enumerate(level.hooks):
        if hook not in HOOKS:
            yield unknown_word(file, f"{place}.hooks[{index}]", "hook", hook, HOOKS)
    for index, use in enumerate(level.suggestions):
        if use.template not in shared.templates:
            where = f"{place}.suggestions[{index}].template"
            yield unknown_word(file, where, "template", use.template, shared.templates)


def card_faults(card: CardText, shared: RuleSet, file: str) -> Iterator[Fault]:
    """The faults of what a card says at every level."""
    reasons = shared.override_reasons
    if card.override_reasons not in reasons:
        yield unknown_word(file, "card.override_reasons", "set of reasons", card.override_reasons, reasons)
    if card.source not in shared.sources:
        yield unknown_word(file, "card.source", "source", card.source, shared.sources)
    for index, link in enumerate(card.links):
        if link not in shared.sources:
            yield unknown_word(file, f"card.links[{index}]", "source", link, shared.sources)
        elif not shared.sources[link].url:
            yield Fault(file, f"card.links[{index}]", f"source {link!r} has no url to link to", link)
    for index, paragraph in enumerate(card.detail):
        yield from _marks(paragraph, shared.lexicon.codelists.concepts, file, f"card.detail[{index}]")


def _marks(text: str, concepts: Collection[str], file: str, place: str) -> Iterator[Fault]:
    for name in sorted(marked(text) - set(concepts)):
        yield unknown_word(file, place, "concept", name, concepts)
    if _LOOKS_LIKE_A_MARK.search(POSSIBLE.sub("", text)):
        yield Fault(file, place, "a mark is written [possible: concept], or [possible: concept, concept]")


def missing_kind_faults(ruleset: RuleSet) -> Iterator[Fault]:
    """Kinds that hide a card and that none of its exclusions reads; asked of knowledge without any other fault."""
    for rule in ruleset.rules:
        read = sorted(frozenset[str]().union(*(part.kinds(ruleset.lexicon) for part in rule.unless)))
        for kind in rule.hide_when_missing:
            if kind not in read:
                yield unknown_word(f"{rule.id}.toml", "hide_when_missing", "kind read by an exclusion", kind, read)
