"""``hip-spine lint``: hold FHIR resources against the strict R4B models, and tell what the service makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cds_service.cli.opening import FAULTS, WRONG_USE, moment, read_input, stop

if TYPE_CHECKING:
    from cds_service.lint import Fault

EXAMPLES: Final = """\b
Examples:
  hip-spine lint chart.json
  curl -s "$FHIR/Patient/p1/$everything" | hip-spine lint -
Status: 0 no fault, 1 faults, 2 wrong use."""

Given = Annotated[
    str,
    typer.Argument(
        metavar="BUNDLE",
        help="A FHIR resource, a Bundle or a CDS Hooks request: a file, - for standard input, or sample:NAME.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON array instead of text.")]


def lint(given: Given, as_json: AsJson = False) -> None:
    """Check FHIR resources strictly against R4B: every fault at once, each with its path and what is allowed.

    The service itself reads leniently: a fault here costs a card only where a rule needs what is wrong.
    """
    from cds_service.cli.trace_json import print_json
    from cds_service.lint import faults, resources

    body = read_input(given, moment(None))
    found = list(resources(body))
    if not found:
        stop("There is no FHIR resource in it: nothing has a resourceType.", WRONG_USE)
    wrong = [fault for place, resource in found for fault in faults(place, resource)]
    if as_json:
        print_json([{"path": fault.path, "message": fault.message, "allowed": fault.allowed} for fault in wrong])
    else:
        for line in _lines(wrong, found):
            typer.echo(line)
    if wrong:
        raise typer.Exit(FAULTS)


def _lines(wrong: list[Fault], found: list[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    yield from map(str, wrong)
    many = f"{len(found)} resource{'s' if len(found) != 1 else ''}"
    faults = f"{len(wrong)} fault{'s' if len(wrong) != 1 else ''}"
    yield f"{many}, {faults}. The service reads leniently; what it could not use is said by: hip-spine evaluate"
