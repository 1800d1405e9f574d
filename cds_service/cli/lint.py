"""``hip-spine lint``: hold FHIR resources against the strict R4B models, and tell what the service makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cds_service.cli.opening import (
    FAULTS,
    WRONG_USE,
    moment,
    open_knowledge,
    open_settings,
    printable,
    read_input,
    stop,
)

if TYPE_CHECKING:
    from cds_service.strict_elements import Fault

EXAMPLES: Final = """\b
Examples:
  hip-spine lint chart.json
  hip-spine lint sample:incomplete-chart --json
  curl -s "$FHIR/Patient/p1/\\$everything" | hip-spine lint -
Status: 0 no fault, 1 faults, 2 wrong use."""

Given = Annotated[
    str,
    typer.Argument(
        metavar="BUNDLE",
        help="A FHIR resource, a Bundle or a CDS Hooks request: a file, - for standard input, or sample:NAME.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def lint(given: Given, as_json: AsJson = False) -> None:
    """Check FHIR resources strictly against R4B.

    Every fault is told at once, each with its path and what is allowed. The service itself reads leniently: a fault
    here costs a card only where a rule needs what is wrong. What it would not use at all is told too.
    """
    from cds_service.cli.trace_json import print_json
    from cds_service.lint import faults, not_used, resources

    body = read_input(given, moment(None))
    found = list(resources(body))
    if not found:
        stop("There is no FHIR resource in it: nothing has a resourceType.", WRONG_USE)
    lists = open_knowledge(open_settings()).lexicon.codelists
    wrong = [fault for one in found for fault in faults(one.path, one.resource)]
    unused = list(not_used(body, found, lists))
    if as_json:
        print_json({"resources": len(found), "faults": _rows(wrong), "not_used": _rows(unused)})
    else:
        typer.echo(printable("\n".join(_lines(len(found), wrong, unused))))
    if wrong:
        raise typer.Exit(FAULTS)


def _rows(faults: Iterable[Fault]) -> list[dict[str, str | None]]:
    return [{"path": fault.path, "message": fault.message, "allowed": fault.allowed} for fault in faults]


def _lines(resources: int, wrong: Sequence[Fault], unused: Sequence[Fault]) -> Iterator[str]:
    yield from map(str, wrong)
    yield f"{_counted(resources, 'resource')}, {_counted(len(wrong), 'fault')}."
    if unused:
        yield "The service reads leniently and would not use:"
        yield from (f"  {fault}" for fault in unused)
    elif wrong:
        yield "The service reads leniently and would use every resource."


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
