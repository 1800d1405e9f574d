"""What criteria about coded facts share (window, codes, body site, side), and the criterion about conditions.

Source of the definitions: knowledge 2.1 (active, history, finding as Observation, side, windows, partial dates).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from rules.chart import Condition, Fact, Observation, When
from rules.codelists import CodeMatch
from rules.criteria import Criterion, DataNeed
from rules.faults import Fault, nearest, unknown_word
from rules.logic import Outcome, Verdict

if TYPE_CHECKING:
    from rules.asking import Evaluation
    from rules.knowledge import Lexicon

FINDING_DAYS = 90
"""An Observation that states a finding counts as active for this long (knowledge 2.1, finding as
Observation)."""

BOTH = frozenset({"left", "right"})
_CONDITIONS = frozenset({"Condition"})
_WITH_FINDINGS = frozenset({"Condition", "Observation"})


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
"""One name or a list of names."""


class Dated(Criterion):
    """A criterion with a window. ``within`` counts calendar days, ``hours`` hours back from the call.

    ``reading``: how a partial date is read. ``latest`` takes the latest day it can mean (the urgent reading);
    ``whole`` demands that the whole period lies inside the window, for tests that remove a card or a
    suggestion.
    ``undated``: whether a missing date counts as recent; when not said, it does for red flags only. ``only``
    takes nothing but facts without a date, and so goes with no window.
    """

    within: int | None = Field(default=None, ge=0)
    hours: int | None = Field(default=None, ge=1)
    reading: Literal["latest", "whole"] = "latest"
    undated: Literal["recent", "ignored", "only"] | None = None

    @model_validator(mode="after")
    def _only_without_window(self) -> Self:
        if self.undated == "only" and (self.within is not None or self.hours is not None):
            raise ValueError("undated = 'only' takes no window ('within' or 'hours')")
        return self

    def in_window(self, when: When | None, of: Evaluation, within: int | None) -> bool:
        """True when ``when`` lies in the window of ``within`` days and of ``hours``; no window takes any
        date.
        """
        if self.undated == "only":
            return when is None
        if within is None and self.hours is None:
            return True
        if when is None:
            recent = "recent" if of.urgent and self.reading == "latest" else "ignored"
            return (self.undated or recent) == "recent"
        if self.hours is not None and not of.clock.within_hours(when, self.hours):
            return False
        if within is None:
            return True
        days = of.clock.days_since_latest if self.reading == "latest" else of.clock.days_since_earliest
        return days(when) <= within

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        yield from super().check(words, file, place)
        if self.within is not None and self.hours is not None:
            yield Fault(file, f"{place}.hours", "a window is said in days ('within') or in hours, not in both")
        if self.within is None and self.hours is None and not self.has_window(words):
            for key in sorted({"reading", "undated"} & self.model_fields_set):
                if getattr(self, key) != "only":
                    yield Fault(file, f"{place}.{key}", "says nothing without a window ('within' or 'hours')")

    def has_window(self, words: Lexicon) -> bool:
        """True when there is a window even where none is said."""
        del words
        return False

    def window_words(self) -> str:
        """The window as English, with a blank before it; empty without a window."""
        if self.undated == "only":
            return " without a date"
        if self.hours is not None:
            return f" in the last {self.hours} hours"
        if self.within is None:
            return ""
        return f" in the last {span(self.within)}" if self.within else " today"


_SPANS = {14: "14 days", 42: "6 weeks", 84: "12 weeks", 183: "6 months", 365: "12 months"}


def span(days: int) -> str:
    """A number of days as people say it."""
    return _SPANS.get(days, f"{days} day{'s' if days != 1 else ''}")


class Coded(Criterion):
    """A criterion about facts that are in a code list.

    ``only`` keeps to some codes of the lists (``icd-10:N39.4``, children included), ``without`` takes some away.
    ``body_site`` demands a body site (SNOMED CT code); some concepts demand one by themselves
    (definitions.toml). ``side``: ``known`` takes facts that name a side, ``both`` demands that the
    facts together name right and left.
    """

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    body_site: str | None = None
    side: Literal["known", "both"] | None = None

    @abstractmethod
    def concepts(self) -> frozenset[str]:
        """The code lists it asks for."""

    def right_matches(self, fact: Fact, of: Evaluation) -> tuple[CodeMatch, ...]:
        """The matches of the fact that this criterion takes; none when its body site is not the one asked for."""
        if self.body_site is not None and self.body_site not in fact.body_sites:
            return ()
        words = of.lexicon
        concepts = self.concepts()
        found = fact.matched(concepts)
        if not (self.only or self.without) and words.required_sites.keys().isdisjoint(concepts):
            return found
        return tuple(
            match
            for match in found
            if words.required_sites.get(match.concept, None) in (None, *fact.body_sites)
            and (not self.only or any(_names(code, match, words) for code in self.only))
            and not any(_names(code, match, words) for code in self.without)
        )

    def outcome(self, facts: list[Fact], of: Evaluation, kinds: frozenset[str]) -> Outcome:
        """The verdict on the facts that counted."""
        concepts = self.concepts()
        if self.side is not None:
            facts = [fact for fact in facts if fact.sides(concepts)]
        sides = frozenset[str]().union(*[fact.sides(concepts) for fact in facts])
        if not facts or (self.side == "both" and sides != BOTH):
            return of.absent(kinds, self)
        return Outcome(Verdict.APPLIES, tuple(facts), sides=sides, asked=self)

    def _said(self, words: Lexicon, names: tuple[str, ...]) -> str:
        titles = [in_sentence(words.codelists.concepts[name].title) for name in names]
        said = titles[0] if len(titles) == 1 else ", ".join(titles[:-1]) + " or " + titles[-1]
        if self.only:
            said += " (only " + ", ".join(self.only) + ")"
        if self.without:
            said += " (without " + ", ".join(self.without) + ")"
        if self.side is not None:
            said += " on both sides" if self.side == "both" else " with a known side"
        if self.body_site is not None:
            said += f" of the {words.body_sites.get(self.body_site, self.body_site)}"
        return said

    def check(self, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        yield from super().check(words, file, place)
        for name in sorted(self.concepts()):
            if name not in words.codelists.concepts:
                yield unknown_word(file, f"{place}.{self.word}", "concept", name, words.codelists.concepts)
        if self.body_site is not None and self.body_site not in words.body_sites:
            yield unknown_word(file, f"{place}.body_site", "body site", self.body_site, words.body_sites)
        for key, codes in (("only", self.only), ("without", self.without)):
            for index, code in enumerate(codes):
                yield from self._code_faults(code, words, file, f"{place}.{key}[{index}]")

    def _code_faults(self, code: str, words: Lexicon, file: str, place: str) -> Iterator[Fault]:
        short, _, wanted = code.partition(":")
        systems, concepts = words.codelists.systems, words.codelists.concepts
        if short not in systems:
            yield unknown_word(file, place, "code system", short, systems)
            return
        wanted = systems[short].comparable(wanted)
        rows = [row for name in self.concepts() if name in concepts for row in concepts[name].rows]
        codes = [systems[short].comparable(row.code) for row in rows if row.system == short]
        if systems[short].match == "exact":
            found = wanted in codes
        else:
            found = any(wanted.startswith(listed) or listed.startswith(wanted) for listed in codes)
        if not found:
            yield Fault(file, place, f"no code list asked for here has {code!r}", code, nearest=nearest(code, codes))


def in_sentence(title: str) -> str:
    """A title inside a sentence: its first word loses the capital, unless it is an abbreviation."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def _names(code: str, match: CodeMatch, words: Lexicon) -> bool:
    """True when ``code`` (``system:code``) names the coding that matched, or an ancestor where prefixes
    count.
    """
    short, _, wanted = code.partition(":")
    if short != match.system:
        return False
    system = words.codelists.systems[short]
    found, wanted = system.comparable(match.code), system.comparable(wanted)
    return found.startswith(wanted) if system.match == "prefix" else found == wanted


class ConditionCriterion(Coded, Dated):
    """A diagnosis, problem or (for the sets that allow it) a finding recorded as Observation.

    ``status``: ``active`` as defined in knowledge 2.1; ``any`` takes every usable Condition (history).
    ``healing_limit``: codes of a healing fracture count only with a date inside the window. ``new``: only
    Conditions that the hook's context brings.
    """

    word: ClassVar[str] = "condition"
    condition: Names
    status: Literal["active", "any"] = "active"
    healing_limit: bool = False
    new: bool = False

    def concepts(self) -> frozenset[str]:
        return frozenset(self.condition)

    def has_window(self, words: Lexicon) -> bool:
        concepts = words.codelists.concepts
        return any(concepts[name].finding for name in self.condition if name in concepts)

    def _findings(self, words: Lexicon) -> list[str]:
        if self.status != "active" or self.new:
            return []
        return [name for name in self.condition if name in words.codelists.findings]

    def evaluate(self, of: Evaluation) -> Outcome:
        facts: list[Fact] = [
            fact
            for fact in of.chart.facts("Condition", self.condition)
            if isinstance(fact, Condition) and self._counts(fact, of)
        ]
        findings = self._findings(of.lexicon)
        for name in findings:
            facts.extend(found for found in of.chart.findings.get(name, ()) if self._found(found, of))
        return self.outcome(list(dict.fromkeys(facts)), of, _WITH_FINDINGS if findings else _CONDITIONS)

    def _counts(self, fact: Condition, of: Evaluation) -> bool:
        statuses = of.lexicon.statuses
        if fact.verification in statuses.not_usable:
            return False
        for match in fact.matches:
            if match.concept in statuses.never_match:
                return False
        if self.status == "active" and not (
            fact.clinical in statuses.active or (fact.clinical is None and not fact.abated)
        ):
            return False
        matches = self.right_matches(fact, of)
        if not matches or (self.new and not fact.new):
            return False
        if fact.when is None and self.healing_limit and all(match.healing for match in matches):
            return False
        return self.in_window(fact.when, of, self.within)

    def _found(self, finding: Observation, of: Evaluation) -> bool:
        if finding.status in of.lexicon.statuses.finding_not_usable or not self.right_matches(finding, of):
            return False
        within = FINDING_DAYS if self.within is None else min(self.within, FINDING_DAYS)
        return self.in_window(finding.when, of, within)

    def say(self, words: Lexicon) -> str:
        return ("a " if self.status == "any" else "") + self._kind_words(words)

    def say_not(self, words: Lexicon) -> str:
        return f"no {self._kind_words(words)}"

    def _kind_words(self, words: Lexicon) -> str:
        new = "newly recorded " if self.new else ""
        status = "active " if self.status == "active" else "record (any status) of "
        return new + status + self._said(words, self.condition) + self.window_words()

    def need(self, words: Lexicon) -> frozenset[DataNeed]:
        needs = {DataNeed("Condition", self.concepts())}
        findings = self._findings(words)
        if findings:
            needs.add(DataNeed("Observation", frozenset(findings) | {words.symptom_concept}))
        return frozenset(needs)
