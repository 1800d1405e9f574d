"""Three-valued logic over what a chart tells: applies, does not apply, unknown.

Python's ``and``, ``or`` and ``not`` are not used for this: ``not None`` is true, and a fact that could not be
looked up would turn into "the patient does not have it".

An :class:`Outcome` also carries ``missing``: the kinds of data that were not (wholly) had and that could
still
change it. Unknown always has some. "Applies" with something missing is a *presumption*: it holds on what is
known because missing data never establish an exclusion (knowledge 2.10), and it is not *settled*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rules.chart import Answer, Fact

NOTHING: frozenset[str] = frozenset()


class Verdict(StrEnum):
    """What is known about one question."""

    APPLIES = "applies"
    DOES_NOT_APPLY = "does_not_apply"
    UNKNOWN = "unknown"


class Outcome(NamedTuple):
    """The answer to one criterion, with what decided it.

    ``facts`` are the chart's facts that made it apply (also kept when a combination around it failed),
    ``sides`` the sides they concern, ``notes`` what a card has to add (``confirm-side``), ``asked`` the
    criterion, and ``parts`` the outcomes of its parts: together the trace.
    """

    verdict: Verdict
    facts: tuple[Fact | Answer, ...] = ()
    missing: frozenset[str] = NOTHING
    sides: frozenset[str] = NOTHING
    notes: tuple[str, ...] = ()
    asked: object = None
    parts: tuple[Outcome, ...] = ()

    @property
    def applies(self) -> bool:
        return self.verdict is Verdict.APPLIES

    @property
    def unknown(self) -> bool:
        return self.verdict is Verdict.UNKNOWN

    @property
    def settled(self) -> bool:
        """True when no further data can change the verdict."""
        return not self.missing


def _joined(
    parts: Sequence[Outcome],
    missing: frozenset[str],
    asked: object,
    trace: Sequence[Outcome],
) -> Outcome:
    """It applies, because all of ``parts`` do."""
    return Outcome(
        Verdict.APPLIES,
        tuple(dict.fromkeys([fact for part in parts for fact in part.facts])),
        missing,
        NOTHING.union(*[part.sides for part in parts]),
        tuple(dict.fromkeys([note for part in parts for note in part.notes])),
        asked,
        tuple(trace),
    )


def _missing(parts: Sequence[Outcome]) -> frozenset[str]:
    return NOTHING.union(*[part.missing for part in parts])


def _least_missing(parts: Sequence[Outcome]) -> frozenset[str]:
    """The smallest doubt of parts each of which settles the whole."""
    if len(parts) == 1:
        return parts[0].missing
    return min((part.missing for part in parts), key=lambda kinds: (len(kinds), sorted(kinds)))


def all_of(parts: Sequence[Outcome], asked: object = None) -> Outcome:
    """Applies when every part applies; does not apply as soon as one does not; otherwise unknown."""
    verdicts = [part.verdict for part in parts]
    if Verdict.DOES_NOT_APPLY in verdicts:
        # One settled "no" settles the whole; otherwise the smallest doubt among the noes remains.
        missing = _least_missing([part for part in parts if part.verdict is Verdict.DOES_NOT_APPLY])
        return Outcome(Verdict.DOES_NOT_APPLY, (), missing, asked=asked, parts=tuple(parts))
    if Verdict.UNKNOWN in verdicts:
        return Outcome(Verdict.UNKNOWN, (), _missing(parts), asked=asked, parts=tuple(parts))
    return _joined(parts, _missing(parts), asked, parts)


def any_of(parts: Sequence[Outcome], asked: object = None) -> Outcome:
    """Applies as soon as one part applies; does not apply when none does; otherwise unknown."""
    for_it = [part for part in parts if part.verdict is Verdict.APPLIES]
    if for_it:
        return _joined(for_it, _least_missing(for_it), asked, parts)
    verdict = Verdict.UNKNOWN if any(part.unknown for part in parts) else Verdict.DOES_NOT_APPLY
    return Outcome(verdict, (), _missing(parts), asked=asked, parts=tuple(parts))


def not_(part: Outcome, asked: object = None) -> Outcome:
    """The opposite; unknown stays unknown."""
    verdict = {
        Verdict.APPLIES: Verdict.DOES_NOT_APPLY,
        Verdict.DOES_NOT_APPLY: Verdict.APPLIES,
        Verdict.UNKNOWN: Verdict.UNKNOWN,
    }[part.verdict]
    return Outcome(verdict, (), part.missing, asked=asked, parts=(part,))


@dataclass(frozen=True, slots=True)
class Doubt:
    """How sure the codes of a finding are: concepts seen in suspected or wider codes, and concepts seen
    surely.
    """

    doubtful: frozenset[str] = NOTHING
    sure: frozenset[str] = NOTHING

    def covers(self, concepts: frozenset[str]) -> bool:
        """True when of ``concepts`` something was found and nothing of it is sure: then a card says
        "possible".
        """
        return bool(concepts & self.doubtful) and not concepts & self.sure


NO_DOUBT = Doubt()
