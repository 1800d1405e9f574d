"""``hip-spine rules diff``: what another knowledge directory advises that this one does not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cds_service.cli.directories import counted, sound

if TYPE_CHECKING:
    from rules.difference import Difference, RuleDifference, Shift
    from rules.lines import Line
    from rules.ruleset import RuleSet

SAME: Final = 0
ADVICE_CHANGES: Final = 1
CANNOT_COMPARE: Final = 2
NOW: Final = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""The moment of the sample patients' calls, so that the same two directories always give the same difference."""

Old = Annotated[Path, typer.Argument(help="The knowledge directory before.", show_default=False)]
New = Annotated[Path, typer.Argument(help="The knowledge directory after.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def diff(old: Old, new: New, as_json: AsJson = False) -> None:
    """Compare two knowledge directories: rules, wording, code lists, examples and the sample patients.

    Status 0: no advice changes. 1: some chart may get another card, level, wording or suggestion. 2: a directory has
    a fault and cannot be compared.
    """
    from rules.difference import difference
    from rules.directory import KnowledgeDirectory

    before, after = (sound(KnowledgeDirectory(root), CANNOT_COMPARE) for root in (old, new))
    found = difference(before, after, _patients(before), _patients(after))
    if as_json:
        typer.echo(json.dumps(_as_json(found), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_text(found)))
    raise typer.Exit(ADVICE_CHANGES if found.advice_changes else SAME)


def _patients(ruleset: RuleSet) -> dict[str, dict[str, str]]:
    """What each sample patient gets: the level and suggestions of each rule's card, shown or withheld."""
    from cards.build import CardWriter
    from cds_service.evaluation import HipSpineService, RequiredDataMissing
    from cds_service.offers import PREFIX
    from cds_service.samples import SAMPLES, load_sample
    from rules.examples import shown

    address = "https://cds.example.org"
    service = HipSpineService(ruleset, CardWriter(ruleset, public_url=address), None, address)
    found: dict[str, dict[str, str]] = {}
    for sample in SAMPLES:
        offer = service.offers.get(f"{PREFIX}{sample.hook}")
        if offer is None:
            found[sample.name] = {"": "no service for this hook"}
            continue
        try:
            answered = service.answer(service.read(offer, load_sample(sample.name, NOW)), NOW)
        except RequiredDataMissing:
            found[sample.name] = {"": "412, the conditions were not to be had"}
            continue
        cards = {result.rule.id: str(shown(result)) for result in answered.triage.shown}
        held = {one.result.rule.id: f"withheld ({one.reason})" for one in answered.triage.withheld}
        found[sample.name] = cards | held
    return found


def _text(found: Difference) -> Iterator[str]:
    from rules.difference import KIND_NAMES

    yield f"Knowledge {found.old.version} -> {found.new.version}"
    for rule in found.rules:
        if not rule.only_reached:
            yield ""
            yield from _rule(rule)
    reached = [rule.id for rule in found.rules if rule.only_reached]
    if reached:
        yield ""
        yield f"reached by what is shared, without an example that answers differently: {', '.join(reached)}"
    for one in found.shared:
        yield ""
        yield f"{KIND_NAMES[one.kind]} {one.name}, used by {', '.join(one.reaches) or 'no rule'}"
        yield from _lines(one.lines)
        yield from _shifts("example", one.examples)
    if found.patients:
        yield ""
        yield "Sample patients"
        for patient, shifts in found.patients.items():
            yield f"  {patient}"
            for shift in shifts:
                yield f"    {shift.chart or 'answer'}: {shift.old or 'no card'} -> {shift.new or 'no card'}"
    yield ""
    if not found.advice_changes:
        yield "Advice changes: no."
    else:
        named = ", ".join(found.advising) or "see the sample patients"
        yield f"Advice changes: yes, of {counted(len(found.advising), 'rule')}: {named}."


def _rule(rule: RuleDifference) -> Iterator[str]:
    if rule.old is None or rule.new is None:
        one, what = (rule.new, "new") if rule.new is not None else (rule.old, "gone")
        assert one is not None  # noqa: S101 - a difference has a side
        yield f"{what}: {rule.id} {one.version} ({one.status}), {one.title}"
        return
    same = rule.old.version == rule.new.version
    version = f"{rule.new.version}, not raised" if same else f"{rule.old.version} -> {rule.new.version}"
    yield f"changed: {rule.id} {version}"
    yield from _lines((*rule.criteria, *rule.settings, *rule.wording))
    if rule.shared:
        yield f"  changed outside its file: {', '.join(rule.shared)}"
    yield from _shifts("example", rule.examples)


def _lines(lines: Iterable[Line]) -> Iterator[str]:
    for line in lines:
        yield f"  {line.place}"
        if line.old is not None:
            yield f"    - {line.old}"
        if line.new is not None:
            yield f"    + {line.new}"


def _shifts(noun: str, shifts: Iterable[Shift]) -> Iterator[str]:
    for shift in shifts:
        yield f"  {noun}: {shift.chart}"
        yield f"    - {shift.old or 'cannot be asked'}"
        yield f"    + {shift.new or 'cannot be asked'}"


def _as_json(found: Difference) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "knowledge": {"old": found.old.version, "new": found.new.version},
        "advice_changes": found.advice_changes,
        "rules_with_other_advice": list(found.advising),
        "rules": [
            {
                "id": rule.id,
                "old_version": rule.old.version if rule.old is not None else None,
                "new_version": rule.new.version if rule.new is not None else None,
                "advice_changes": rule.advises,
                "criteria": [asdict(line) for line in rule.criteria],
                "settings": [asdict(line) for line in rule.settings],
                "wording": [asdict(line) for line in rule.wording],
                "shared": list(rule.shared),
                "examples": [asdict(shift) for shift in rule.examples],
            }
            for rule in found.rules
        ],
        "shared": [
            {
                "kind": one.kind,
                "name": one.name,
                "used_by": list(one.reaches),
                "lines": [asdict(line) for line in one.lines],
                "examples": [asdict(shift) for shift in one.examples],
            }
            for one in found.shared
        ],
        "patients": {
            patient: [{"rule": shift.chart, "old": shift.old, "new": shift.new} for shift in shifts]
            for patient, shifts in found.patients.items()
        },
    }
