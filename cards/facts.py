"""The facts behind a card, each with its words, code, date and where it is from.

Entries that say the same (same words, code and date) are one line. The order depends on what the facts say,
never on the order of the record, so the same chart gives the same card.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from cards.text import display_words, escaped, listed, number, point, side_words, within
from rules.chart import Answer, Appointment, Condition, Fact, Medication, Observation, Order, When
from rules.codelists import CodeMatch
from rules.knowledge import Lexicon

MOST_LINES = 10
"""So many facts are listed, then only counted."""
MOST_REFERENCES = 3

_UNITS = {"Cel": "°C", "[degF]": "°F", "kg/m2": "kg/m²", "{score}": "", "1": ""}
"""Units of UCUM as people write them."""

_NAMES_SIDE = re.compile(r"\b(left|right|both|bilateral)\b", re.IGNORECASE)


class Line(NamedTuple):
    """One line: what the fact says, without where it is from.

    ``topic`` is the concept or questionnaire item that it stands for, ``minute`` the last minute that its date can
    mean, counted from 1970, None without a date. Facts that say the same have the same topic and minute.
    """

    said: str
    topic: str
    minute: int | None


class FactWords:
    """Says the facts of one rule's results.

    ``concepts``: the concepts that the rule reads. ``own_text``: it reads the own text of orders as well, which is then
    quoted (knowledge R31).
    """

    def __init__(self, lexicon: Lexicon, concepts: AbstractSet[str], *, own_text: bool = False) -> None:
        self._lexicon = lexicon
        self._concepts = concepts
        self._own_text = own_text

    def lines(self, first: Iterable[Fact | Answer], then: Iterable[Fact | Answer], *, undated_first: bool) -> list[str]:
        """The facts as lines, those of ``first`` before those of ``then``, in each the newest first.

        ``undated_first``: a fact without date counts as recent (red flags). At most :data:`MOST_LINES` are
        listed and the rest is counted; the newest fact of every concept goes before a second one of any.
        """
        places: dict[str, tuple[int, Line]] = {}
        sources: dict[str, set[str]] = defaultdict(set)
        for place, facts in enumerate((first, then)):
            for fact in facts:
                line = self._line(fact)
                places.setdefault(line.said, (place, line))
                sources[line.said].add(_source(fact))
        undated = float("inf") if undated_first else float("-inf")

        def order(placed: tuple[int, Line]) -> tuple[int, float, str]:
            place, line = placed
            return place, -(undated if line.minute is None else line.minute), line.said

        ordered = [line for _, line in sorted(places.values(), key=order)]
        shown = _spread(ordered)
        lines = [f"{line.said}; {_joined(sources[line.said])}" for line in shown]
        if len(ordered) > len(shown):
            lines.append(f"and {len(ordered) - len(shown)} more")
        return lines

    def _line(self, fact: Fact | Answer) -> Line:
        if isinstance(fact, Answer):
            return self._answer(fact)
        matches = self._matches(fact)
        topic = matches[0].concept if matches else fact.kind
        said = self._words(fact, matches) + _date(fact.when) + _remarks(fact, matches)
        return Line(said, topic, _minute(fact.when))

    def _answer(self, answer: Answer) -> Line:
        values = (
            escaped(answer.word) if answer.word is not None else None,
            number(answer.number) if answer.number is not None else None,
            point(answer.date) if answer.date is not None else None,
        )
        value = next(filter(None, values), "answered")
        given = (
            f"questionnaire answer of {point(answer.when)}"
            if answer.when is not None
            else "questionnaire answer without a date, read as of today"
        )
        return Line(f"{self._lexicon.items[answer.item].title}: {value} ({given})", answer.item, _minute(answer.when))

    def _matches(self, fact: Fact) -> Sequence[CodeMatch]:
        """The codes to show, each once, exact ones first: those that the rule reads when there are any."""
        found = fact.matches
        if isinstance(fact, Observation) and fact.number is None:
            found = fact.finding_matches or found
        read = [match for match in found if match.concept in self._concepts] or found
        if len(read) < 2:
            return read
        ordered = sorted(read, key=lambda match: (match.wide, match.system, match.code, match.concept))
        return list({(match.system, match.code): match for match in reversed(ordered)}.values())[::-1]

    def _words(self, fact: Fact, matches: Sequence[CodeMatch]) -> str:
        own = fact.words if self._own_text and isinstance(fact, Order) else ""
        text = own or fact.text
        recorded = escaped(text) if text else ""
        if not matches:
            return recorded or "entry without a known code"
        words = display_words(matches[0].display)
        suspected = isinstance(fact, Condition) and fact.verification in self._lexicon.statuses.suspected
        if matches[0].wide:
            title = self._lexicon.codelists.concepts[matches[0].concept].title
            words = f"possible {within(title)}, by the wider code “{words}”"
        elif suspected:
            words = f"possible {within(words)}"
        systems = self._lexicon.codelists.systems
        details = [listed([f"{systems[match.system].title} {escaped(match.code)}" for match in matches])]
        if recorded and recorded.casefold() != display_words(matches[0].display).casefold():
            details.append(f"recorded as “{recorded}”")
        return f"{words}{_value(fact)} ({', '.join(details)})"


def _minute(when: When | None) -> int | None:
    return int(when.latest.timestamp() // 60) if when is not None else None


def _value(fact: Fact) -> str:
    if not isinstance(fact, Observation) or fact.number is None:
        return ""
    unit = _UNITS.get(fact.unit or "", fact.unit or "")
    return f": {number(fact.number)}" + (f" {escaped(unit)}" if unit else "")


def _date(when: When | None) -> str:
    return f", {point(when)}" if when is not None else ", no date recorded"


def _remarks(fact: Fact, matches: Sequence[CodeMatch]) -> str:
    """What else decides how the fact is read: its status, and the side where the words do not name it."""
    remarks = []
    if isinstance(fact, Condition):
        if fact.clinical is None:
            remarks.append("status not recorded")
        elif fact.clinical != "active":
            remarks.append(escaped(fact.clinical))
        if fact.verification not in (None, "confirmed"):
            remarks.append(escaped(fact.verification))
    elif fact.status and fact.status != "final":
        remarks.append(escaped(fact.status))
    if isinstance(fact, Order | Medication) and fact.priority:
        remarks.append(f"priority {escaped(fact.priority)}")
    sides = frozenset().union(*(match.sides for match in matches)) or fact.body_sides
    if sides and not (matches and _NAMES_SIDE.search(matches[0].display)):
        remarks.append(side_words(sides))
    return "".join(f", {remark}" for remark in remarks)


def _source(fact: Fact | Answer) -> str:
    reference = escaped(fact.reference) + ("" if "/" in fact.reference else " without id")
    if isinstance(fact, Order | Medication):
        if fact.judged:
            return f"the order that this is about ({reference})"
        return f"another draft of this call ({reference})" if fact.draft else reference
    if isinstance(fact, Appointment):
        return f"the appointment that this is about ({reference})"
    return f"new in this encounter ({reference})" if fact.origin == "context" else reference


def _joined(sources: AbstractSet[str]) -> str:
    shown = sorted(sources)[:MOST_REFERENCES]
    return ", ".join(shown) + (f" and {len(sources) - len(shown)} more" if len(sources) > len(shown) else "")


def _spread(ordered: Sequence[Line]) -> list[Line]:
    """At most :data:`MOST_LINES` lines in their order, one of each topic before a second one of any."""
    if len(ordered) <= MOST_LINES:
        return list(ordered)
    newest: dict[str, int] = {}
    for index, line in enumerate(ordered):
        newest.setdefault(line.topic, index)
    chosen = list(dict.fromkeys((*newest.values(), *range(len(ordered)))))[:MOST_LINES]
    return [ordered[index] for index in sorted(chosen)]
