"""``hip-spine config show``: every setting, its value, and where the value is from."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cds_service.cli.opening import open_settings

Markdown = Annotated[
    bool, typer.Option("--markdown", help="Print the page of all settings, docs/generated/settings.md, instead.")
]

config_app = typer.Typer(name="config", help="Look at the settings.", no_args_is_help=True, rich_markup_mode=None)


@config_app.callback()
def config() -> None:
    """Look at the settings."""


@config_app.command(
    short_help="Show each setting and its source.",
    epilog="\b\nExamples:\n  hip-spine config show\n  hip-spine config show --markdown > docs/generated/settings.md",
)
def show(markdown: Markdown = False) -> None:
    """Show every setting with its value and where that is from; passwords are masked."""
    from cds_service.settings import PREFIX, settings_table
    from cds_service.settings_page import settings_page

    if markdown:
        typer.echo(settings_page(), nl=False)
        return
    settings = open_settings()
    values = settings.model_dump()
    for row in settings_table():
        value = values[row.variable.removeprefix(PREFIX).lower()]
        given = bool(os.environ.get(row.variable))
        typer.echo(f"{row.variable:<35} {_shown(value):<40} {'environment' if given else 'default'}")
    for warning in settings.warnings():
        typer.echo(f"Note: {warning}", err=True)


def _shown(value: object) -> str:
    if value is None or value == () or str(value) == "":
        return "(not set)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
