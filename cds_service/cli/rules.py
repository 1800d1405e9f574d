"""``hip-spine rules``: the commands about the knowledge base. Each is a function of its own module, named here."""

from __future__ import annotations

import typer

from cds_service.cli.authoring import copy, new, new_codelist
from cds_service.cli.catalogue import list_rules, show_rule
from cds_service.cli.check import check
from cds_service.cli.difference import diff
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


rules_app.command("list")(list_rules)
rules_app.command("show")(show_rule)
rules_app.command()(export)
rules_app.command()(check)
rules_app.command()(copy)
rules_app.command()(new)
rules_app.command("new-codelist")(new_codelist)
rules_app.command()(diff)
