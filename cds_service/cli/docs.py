"""``hip-spine rules docs``: the public pages as plain files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cds_service.cli.opening import FAULTS, open_knowledge, open_settings, stop

Output = Annotated[
    Path,
    typer.Option(help="The folder to write into; files of pages that are no more are removed.", show_default=False),
]


def docs(output: Output) -> None:
    """Write the pages of rules, code lists, sources and statements as files that need no service and no internet."""
    from cards.build import CardWriter
    from cds_service.pages.static_site import static_site

    settings = open_settings()
    ruleset = open_knowledge(settings)
    writer = CardWriter(ruleset, public_url=settings.public_url, intent=settings.intent)
    files = static_site(ruleset, writer, settings.public_url)
    try:
        for old in output.rglob("*.html"):
            if str(old.relative_to(output)) not in files:
                old.unlink()
        for name, content in files.items():
            file = output / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    except OSError as wrong:
        stop(f"Nothing more is written: {wrong.strerror}", FAULTS)
    typer.echo(f"{len(files)} files written to {output}")
