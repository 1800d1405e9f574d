"""``hip-spine rules``: the commands about the knowledge base. Each is a function of its own module, named here."""

from __future__ import annotations

import typer

from cds_service.cli.authoring import copy, new, new_codelist
from cds_service.cli.catalogue import list_rules, show_rule
from cds_service.cli.check import check
from cds_service.cli.difference import diff
from cds_service.cli.docs import docs
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


def _examples(*lines: str) -> str:
    """Lines for the end of a command's help, as they stand here."""
    return "\n".join(("\b", "Examples:", *(f"  hip-spine rules {line}" for line in lines)))


# The short helps are what fits beside a command's name in a list of commands.
rules_app.command("list", short_help="List the rules.", epilog=_examples("list", "list --hook order-sign --json"))(
    list_rules
)
rules_app.command("show", short_help="Say one rule in plain English.", epilog=_examples("show R16"))(show_rule)
rules_app.command(
    short_help="Check all of the knowledge.",
    epilog=_examples("check", "check my-knowledge", "check my-knowledge --accept"),
)(check)
rules_app.command(
    short_help="Say what a change means.",
    epilog=_examples("diff released my-knowledge", "diff released my-knowledge --json"),
)(diff)
rules_app.command(
    short_help="Write the pages as files.",
    epilog=_examples("docs --output pages"),
)(docs)
rules_app.command(short_help="Copy the knowledge, to change the copy.", epilog=_examples("copy my-knowledge"))(copy)
rules_app.command(
    short_help="Start the file of a new rule.",
    epilog=_examples(
        "new stiff-hip-with-lbp --directory my-knowledge",
        "new rf-night-pain --group red-flag --concept low_back_pain --directory my-knowledge",
        "new stiff-hip-with-lbp --like hip-oa-with-lbp --directory my-knowledge",
    ),
)(new)
rules_app.command(
    "new-codelist",
    short_help="Start a new code list.",
    epilog=_examples("new-codelist stiff_hip --title 'Stiff hip' --directory my-knowledge"),
)(new_codelist)
rules_app.command(
    short_help="Print the knowledge as FHIR.", epilog=_examples("export > bundle.json", "export --output resources")
)(export)
rules_app.command(
    short_help="Write schemas for editors.",
    epilog=_examples("schema --output schemas", "schema --output schemas --check"),
)(schema)
