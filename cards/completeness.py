"""What of the record could not be used: for machines in the answer's extension, for readers on every card.

Source: knowledge 2.10, "What must be said"; kinds and counts, no content.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from cards.models import Completeness
from cards.text import counted, listed, plural
from rules.chart import Availability, Chart

RED_FLAG_KINDS = frozenset({"Condition", "Observation", "QuestionnaireResponse", "MedicationRequest"})
"""A dropped entry of these is said on every card, whatever the hook's rules read."""

_WORDS = {
    Availability.MISSING: "not available ({0}not sent)",
    Availability.FAILED: "not available ({0}could not be looked up)",
    Availability.INCOMPLETE: "not wholly available ({0}only partly had)",
}
IMAGING_KINDS = frozenset({"DiagnosticReport", "ImagingStudy"})


def completeness(chart: Chart, needed: AbstractSet[str]) -> Completeness | None:
    """What the answer says about the record it was written from; None when everything was had and read.

    ``needed``: the kinds that the rules of the hook read. Dropped entries are counted for every kind.
    """
    said: Completeness = {}
    if missing := _had(chart, needed, Availability.MISSING):
        said["missing"] = missing
    if failed := _had(chart, needed, Availability.FAILED):
        said["failed"] = failed
    if incomplete := _had(chart, needed, Availability.INCOMPLETE):
        said["incomplete"] = incomplete
    dropped = {kind: counts for kind in sorted(chart.dropped) if (counts := _counts(chart, kind))}
    if dropped:
        said["dropped"] = dropped
    return said or None


def unchecked(chart: Chart, needed: AbstractSet[str]) -> tuple[str, ...]:
    """The lines of "Could not be checked" that stand on every card of an answer."""
    lines = []
    open_kinds = sorted(needed - chart.closed)
    if open_kinds:
        lines.append("; ".join(dict.fromkeys(_not_had(kind, chart, open_kinds) for kind in open_kinds)))
    if chart.patient.birth is None:
        lines.append("age not available (no readable birth date)")
    spoken = sorted(kind for kind in chart.dropped if kind in RED_FLAG_KINDS or kind in needed)
    if unreadable := [counted(n, kind) for kind in spoken if (n := chart.dropped[kind].unreadable)]:
        lines.append(f"{listed(unreadable)} could not be read")
    if foreign := [counted(n, kind) for kind in spoken if (n := chart.dropped[kind].foreign)]:
        lines.append(f"{listed(foreign)} of another patient, ignored")
    if uncoded := [counted(n, kind) for kind in spoken if (n := chart.dropped[kind].uncoded)]:
        lines.append(f"{listed(uncoded)} without a usable code, not matched")
    return tuple(lines)


def _not_had(kind: str, chart: Chart, open_kinds: list[str]) -> str:
    """How a kind that was not wholly had is spoken of; the kinds of imaging are one history, said once."""
    words = _WORDS[chart.had(kind)]
    if kind not in IMAGING_KINDS:
        return f"{plural(kind)} {words.format('')}"
    alike = [plural(other) for other in open_kinds if other in IMAGING_KINDS and chart.had(other) is chart.had(kind)]
    return f"imaging history {words.format(listed(alike) + ' ')}"


def _had(chart: Chart, needed: AbstractSet[str], availability: Availability) -> list[str]:
    return sorted([kind for kind in needed - chart.closed if chart.had(kind) is availability])


def _counts(chart: Chart, kind: str) -> dict[str, int]:
    dropped = chart.dropped[kind]
    counts = {"unreadable": dropped.unreadable, "foreign": dropped.foreign, "uncoded": dropped.uncoded}
    return {why: count for why, count in counts.items() if count}
