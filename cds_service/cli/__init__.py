"""The command line ``hip-spine``: one module per command, each a plain function with Typer annotations.

What a command needs is imported inside it, so that ``hip-spine --help`` and the start of the service do not load
the other commands' libraries. Why and how: ``docs/adr/0014-command-line-and-trace.md``.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, Final

import typer
from typer.core import TyperGroup

from cds_service.cli.configuration import config_app
from cds_service.cli.doctor import EXAMPLES as DOCTOR
from cds_service.cli.doctor import doctor
from cds_service.cli.evaluate import EXAMPLES as EVALUATE
from cds_service.cli.evaluate import evaluate
from cds_service.cli.lint import EXAMPLES as LINT
from cds_service.cli.lint import lint
from cds_service.cli.rules import rules_app
from cds_service.cli.serve import EXAMPLES as SERVE
from cds_service.cli.serve import serve

FAILED: Final = 70
"""The status when the program itself is at fault (EX_SOFTWARE)."""
CLOSED_PIPE: Final = 141
"""The status of a program whose reader went away, as shells count it: 128 and the number of SIGPIPE."""

STATUSES: Final = """\b
Status:
  0    done
  1    something that was looked at is wrong
  2    wrong use: an unknown word, a file that cannot be read
  3    the service refuses the request
  70   the program itself failed
  141  whoever read the output went away"""


class Program(TyperGroup):
    """All commands. Output whose reader went away, a pager for example, ends them with :data:`CLOSED_PIPE`."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer names these types in a private module only
        """Run the command, and write out what it printed while that can still be told."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # What is still to be written must not be tried again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(CLOSED_PIPE) from None
        return result


app = typer.Typer(
    name="hip-spine",
    cls=Program,
    help="Hip-Spine CDS: a CDS Hooks service for hip and lumbar spine.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog=STATUSES,
)
# The short helps are what fits beside a command's name in a list of commands.
app.command(epilog=SERVE, short_help="Start the service.")(serve)
app.command(epilog=EVALUATE, short_help="Show cards, and why a rule fired or not.")(evaluate)
app.command(epilog=LINT, short_help="Check FHIR resources strictly.")(lint)
app.command(epilog=DOCTOR, short_help="Check all that the service needs.")(doctor)
app.add_typer(config_app)
app.add_typer(rules_app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command in ``arguments`` (those of the process when None) and leave with its status."""
    try:
        app(args=arguments, prog_name="hip-spine")
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold data of a patient
        print(*places(error), sep="\n", file=sys.stderr)  # noqa: T201
        sys.exit(FAILED)


def places(error: BaseException) -> list[str]:
    """Where in the code something failed, and as what: not its text, which may quote a record.

    Of the operating system's own complaints the words are enough.
    """
    if isinstance(error, OSError) and error.strerror:
        return [f"hip-spine: {error.strerror}"]
    trace = traceback.extract_tb(error.__traceback__)
    frames = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in trace]
    kinds = type(error).__qualname__
    if error.__cause__ is not None:
        kinds += f", because of {type(error.__cause__).__qualname__}"
    return ["hip-spine failed; this is a fault of the program, at:", *frames, f"{kinds} (without its text)"]
