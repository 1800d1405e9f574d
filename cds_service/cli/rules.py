"""``hip-spine rules``: the commands about the knowledge base. Each is a function of its own module, named here."""

from __future__ import annotations

import typer

from cds_service.cli.export import export

rules_app = typer.Typer(
    name="rules",
    help="Look at the knowledge base and work on it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@rules_app.callback()
def rules() -> None:
    """Look at the knowledge base and work on it."""


rules_app.command()(export)
