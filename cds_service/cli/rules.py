"""``hip-spine rules``: the commands about the knowledge base. Each is a function of its own module, named here."""

from __future__ import annotations

import typer

from cds_service.cli.authoring import copy, new, new_codelist
from cds_service.cli.catalogue import list_rules, show_rule
from cds_service.cli.check import check
from cds_service.cli.difference import diff
from cds_service.cli.editor import schema
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


# The short helps are what fits beside a command's name in a list of commands.
rules_app.command("list", short_help="List the rules.")(list_rules)
rules_app.command("show", short_help="Say one rule in plain English.")(show_rule)
rules_app.command(short_help="Check all of the knowledge.")(check)
rules_app.command(short_help="Say what a change means.")(diff)
rules_app.command(short_help="Copy the knowledge, to change the copy.")(copy)
rules_app.command(short_help="Start the file of a new rule.")(new)
rules_app.command("new-codelist", short_help="Start a new code list.")(new_codelist)
rules_app.command(short_help="Print the knowledge as FHIR.")(export)
rules_app.command(short_help="Write schemas for editors.")(schema)
