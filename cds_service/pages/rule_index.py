"""The index of the rules: search and filters that live in the address, and a clear answer to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cds_service.errors import name_like
from rules.faults import nearest
from rules.ruleset import RuleSet
from rules.schema import HOOKS, Rule

SEARCH: Final = "q"
LONGEST_SEARCH: Final = 200
MOST_LISTED: Final = 12
"""So many values of a filter are named in an answer; more are left to its list."""
GROUPS: Final = {"red-flag": "red flags", "routine": "recognition, orders, follow-up"}
INDICATORS: Final = ("critical", "warning", "info")
REVIEWS: Final = {"reviewed": "signed by a named clinician", "unreviewed": "signed by nobody yet"}


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of the index: its name in the address, its label, and its values with their words."""

    name: str
    title: str
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WrongFilter:
    """Something in the address that no filter understands; ``close`` is what was meant, as name and value."""

    text: str
    close: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the index shows: the filters as set, the rules that pass all of them, and what was not understood."""

    chosen: Mapping[str, str]
    rules: tuple[Rule, ...]
    wrong: tuple[WrongFilter, ...]


class RuleIndex:
    """All rules with what they can be found by."""

    def __init__(self, ruleset: RuleSet) -> None:
        self._rules = ruleset.rules
        self._by_filter: dict[str, dict[str, frozenset[str]]] = {
            rule.id: _filterable(rule, ruleset) for rule in ruleset.rules
        }
        self._words = {rule.id: _words(rule, ruleset) for rule in ruleset.rules}
        concepts = ruleset.lexicon.codelists.concepts
        read = self._values("concept")
        statements = sorted(self._values("statement"), key=lambda statement: int(statement[1:]))
        self.filters: tuple[Filter, ...] = (
            Filter("group", "Group", GROUPS),
            Filter("hook", "Hook", {hook: hook for hook in HOOKS if hook in self._values("hook")}),
            Filter("indicator", "Indicator", {name: name for name in INDICATORS}),
            Filter("concept", "Reads the code list", {name: concepts[name].title for name in concepts if name in read}),
            Filter("statement", "Rests on statement", {statement: statement for statement in statements}),
            Filter("review", "Review", REVIEWS),
        )

    def find(self, asked: Mapping[str, Sequence[str]]) -> Found:
        """The rules for the parameters of an address, each with all its values. Nothing is guessed: with anything
        wrong in it no rule is listed.
        """
        given = {name: [value.strip() for value in values if value.strip()] for name, values in asked.items()}
        wrong = tuple(fault for name, values in given.items() for fault in self._faults(name, values))
        chosen = {name: values[0] for name, values in given.items() if values}
        if wrong:
            return Found({name: value for name, value in chosen.items() if not self._faults(name, [value])}, (), wrong)
        return Found(chosen, tuple(rule for rule in self._rules if self._passes(rule, chosen)), ())

    def _values(self, name: str) -> frozenset[str]:
        return frozenset().union(*(filterable[name] for filterable in self._by_filter.values()))

    def _passes(self, rule: Rule, chosen: Mapping[str, str]) -> bool:
        return all(
            all(word in self._words[rule.id] for word in value.casefold().split())
            if name == SEARCH
            else value in self._by_filter[rule.id][name]
            for name, value in chosen.items()
        )

    def _faults(self, name: str, values: Sequence[str]) -> Iterable[WrongFilter]:
        known = {one.name: one for one in self.filters}
        if name != SEARCH and name not in known:
            names = (SEARCH, *known)
            close = nearest(name.casefold(), names)
            said = f"There is no filter {name_like(name)!r}." if name_like(name) else "There is no such filter."
            value = values[0] if values else ""
            right = close is not None and (close == SEARCH or value in known[close].choices)
            yield WrongFilter(
                f"{said} The filters are: {', '.join(names)}.", (close, value) if close is not None and right else None
            )
        elif len(values) > 1:
            yield WrongFilter(f"The filter {name!r} is given {len(values)} times; it takes one value.")
        elif name == SEARCH:
            if any(len(value) > LONGEST_SEARCH for value in values):
                yield WrongFilter(f"The search is longer than {LONGEST_SEARCH} characters.")
        else:
            for value in values:
                if value not in known[name].choices:
                    yield _unknown(known[name], value)


def _unknown(filter_: Filter, value: str) -> WrongFilter:
    name = name_like(value)
    said = f"{filter_.title}: there is no {repr(name) if name is not None else 'such value'}."
    folded = {choice.casefold(): choice for choice in filter_.choices}
    close = folded.get(nearest(value.casefold(), folded) or "") if name is not None else None
    few = len(filter_.choices) <= MOST_LISTED
    hint = f" The values are: {', '.join(filter_.choices)}." if few else " The list below has all values."
    return WrongFilter(said + hint, (filter_.name, close) if close is not None else None)


def _filterable(rule: Rule, ruleset: RuleSet) -> dict[str, frozenset[str]]:
    return {
        "group": frozenset({rule.group}),
        "hook": frozenset(rule.hooks),
        "indicator": frozenset(level.indicator for level in rule.levels),
        "concept": frozenset().union(*(need.concepts for need in ruleset.needs([rule]))),
        "statement": frozenset().union(*(evidence.statements for evidence in rule.evidence)),
        "review": frozenset({rule.review.state}),
    }


def _words(rule: Rule, ruleset: RuleSet) -> str:
    """Everything that a search looks through, in small letters."""
    concepts = ruleset.lexicon.codelists.concepts
    read = sorted(frozenset().union(*(need.concepts for need in ruleset.needs([rule]))))
    texts = [f"r{rule.number} {rule.id} {rule.title}", rule.card.recommendation, *rule.card.detail, *rule.card.options]
    texts += [level.summary for level in rule.levels]
    texts += [criterion.say(ruleset.lexicon) for criterion in (rule.when, *rule.unless)]
    texts += [evidence.paraphrase for evidence in rule.evidence]
    texts += [f"{ruleset.sources[evidence.source].title} {' '.join(evidence.statements)}" for evidence in rule.evidence]
    texts += [concepts[name].title for name in read if name in concepts]
    return "\n".join(texts).casefold()
