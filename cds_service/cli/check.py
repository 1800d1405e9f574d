"""``hip-spine rules check``: everything that can be told about a knowledge directory before it is served."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cds_service.cli.directories import DirectoryArgument, chosen, counted, show_faults, to_write

if TYPE_CHECKING:
    from rules.directory import KnowledgeDirectory
    from rules.faults import Fault
    from rules.ruleset import RuleSet

Accept = Annotated[
    bool,
    typer.Option("--accept", help="Renew versions.toml when nothing is wrong and every version rose that had to."),
]


def check(directory: DirectoryArgument = None, accept: Accept = False) -> None:
    """Check rules, code lists, examples, versions and review dates. Status 0: nothing is wrong. 1: something is."""
    from rules.loader import read_knowledge

    knowledge = to_write(directory) if accept else chosen(directory)
    ruleset, faults = read_knowledge(knowledge)
    if ruleset is None or faults:
        _end(faults, "Examples and versions are looked at when the files have no fault.")
    else:
        _check_sound(knowledge, ruleset, accept=accept)


def _check_sound(knowledge: KnowledgeDirectory, ruleset: RuleSet, *, accept: bool) -> None:
    faults = [*_order_faults(ruleset), *_example_faults(ruleset)]
    versions = _version_faults(knowledge, ruleset, accept=accept and not faults)
    _show_warnings(ruleset)
    if faults or versions:
        _end((*faults, *versions), "")
    examples = sum(len(rule.examples) for rule in ruleset.rules) + sum(map(len, ruleset.definition_examples.values()))
    drafts = sum(rule.status == "draft" for rule in ruleset.rules)
    typer.echo(
        f"Knowledge {ruleset.version}: {counted(len(ruleset.rules), 'rule')} ({counted(drafts, 'draft')}), "
        f"{counted(examples, 'example')}, {counted(len(ruleset.lexicon.codelists.concepts), 'code list')}: no fault."
    )


def _end(faults: tuple[Fault, ...], note: str) -> None:
    """Show what is wrong and leave with status 1."""
    show_faults(faults)
    typer.echo(f"\n{counted(len(faults), 'fault')}. {note}".rstrip())
    raise typer.Exit(1)


def _order_faults(ruleset: RuleSet) -> tuple[Fault, ...]:
    """What the service would refuse at its start: draft orders that are no sound FHIR."""
    from cards.build import CardWriter
    from rules.faults import KnowledgeFaults

    try:
        CardWriter(ruleset, public_url="https://cds.example.org")
    except KnowledgeFaults as wrong:
        return wrong.faults
    return ()


def _example_faults(ruleset: RuleSet) -> Iterator[Fault]:
    from rules.example_results import failed_examples
    from rules.faults import Fault

    for failed in failed_examples(ruleset):
        entry = f" with entry {failed.entry} of 'each'" if failed.entry is not None else ""
        yield Fault(
            failed.file,
            failed.place,
            f"{failed.name!r}{entry} expects {failed.expected}, and it is {failed.shown}. {failed.because}",
        )


def _version_faults(knowledge: KnowledgeDirectory, ruleset: RuleSet, *, accept: bool) -> tuple[Fault, ...]:
    """Versions that did not rise, or a file of fingerprints that is not current; ``accept`` renews it."""
    from rules.faults import Fault
    from rules.fingerprints import fingerprints
    from rules.versions import ACCEPT, as_text, read_fingerprints, version_faults

    before, unreadable = read_fingerprints(knowledge.versions)
    faults = unreadable if before is None else version_faults(ruleset, before)
    # A file that is missing or spoilt holds nothing to compare with: it is written anew.
    may_renew = accept and (before is None or not faults)
    now = fingerprints(ruleset)
    if may_renew:
        knowledge.versions.write_text(as_text(now), encoding="utf-8")
        typer.echo(f"Written: {knowledge.versions}")
        return ()
    if not faults and before != now:
        return (
            Fault(
                knowledge.versions.name,
                "",
                f"is not current; when the change is as it should be: {ACCEPT} {knowledge.root}",
            ),
        )
    return faults


def _show_warnings(ruleset: RuleSet) -> None:
    warnings = list(_warnings(ruleset, datetime.now(UTC).date()))
    for warning in warnings:
        typer.echo(f"Warning: {warning}")


def _warnings(ruleset: RuleSet, today: date) -> Iterator[str]:
    """What deserves a look and keeps nothing from being served."""
    from rules.checks import TO_FILL_IN
    from rules.example_results import not_shown

    for rule in ruleset.rules:
        if rule.review.overdue(today):
            yield f"{rule.id}.toml: review: the next review was due on {rule.review.next_review}"
        missing = not_shown(rule)
        if missing:
            yield f"{rule.id}.toml: example: no example expects {', '.join(missing)}"
    sheet = ruleset.traceability.education.review
    if sheet.overdue(today):
        yield f"education.toml: review: the next review was due on {sheet.next_review}"
    for name, concept in ruleset.lexicon.codelists.concepts.items():
        texts = (concept.focus, concept.scope, concept.includes, concept.excludes)
        if any(TO_FILL_IN in text for text in texts):
            yield f"codelists/catalogue.toml: concepts.{name}: still says {TO_FILL_IN!r}"
