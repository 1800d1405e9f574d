"""The command line ``hip-spine``: one module per command, each a plain function with Typer annotations.

What a command needs is imported inside it, so that ``hip-spine --help`` and the start of the service do not load
the other commands' libraries. Why and how: ``docs/adr/0014-command-line-and-trace.md``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

import typer

from cds_service.cli.configuration import config_app
from cds_service.cli.doctor import EXAMPLES as DOCTOR
from cds_service.cli.doctor import doctor
from cds_service.cli.evaluate import EXAMPLES as EVALUATE
from cds_service.cli.evaluate import evaluate
from cds_service.cli.lint import EXAMPLES as LINT
from cds_service.cli.lint import lint
from cds_service.cli.rules import rules_app
from cds_service.cli.serve import serve

CLOSED_PIPE: Final = 141
"""The status of a program whose reader went away, as shells count it: 128 and the number of SIGPIPE."""

app = typer.Typer(
    name="hip-spine",
    help="Hip-Spine CDS: a CDS Hooks service for hip and lumbar spine.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="Status: 0 done, 1 something looked at is wrong, 2 wrong use, 3 the service refuses the request.",
)
app.command()(serve)
app.command(epilog=EVALUATE)(evaluate)
app.command(epilog=LINT)(lint)
app.command(epilog=DOCTOR)(doctor)
app.add_typer(config_app)
app.add_typer(rules_app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command in ``arguments`` (those of the process when None) and leave with its status."""
    try:
        app(args=arguments, prog_name="hip-spine", standalone_mode=True)
    except BrokenPipeError:
        # Whoever read the output, a pager for example, has seen enough; the stream must not be flushed again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLOSED_PIPE)
