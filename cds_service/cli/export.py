"""``hip-spine rules export``: the knowledge as FHIR R4 resources, for a terminology server or knowledge repository."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

Output = Annotated[
    Path | None,
    typer.Option(
        help="Write one file per resource into this folder, which is made if need be.",
        file_okay=False,
        show_default=False,
    ),
]
AsBundle = Annotated[
    bool, typer.Option("--bundle", help="Print one collection Bundle; this is what happens without --output.")
]


def export(output: Output = None, bundle: AsBundle = False) -> None:
    """Print the knowledge as FHIR R4 resources; HIPSPINE_PUBLIC_URL is the address that their canonicals begin with."""
    import orjson

    from cds_service.addresses import is_loopback
    from cds_service.fhir_export.publication import Publication
    from cds_service.fhir_export.published import Published
    from cds_service.settings import SettingsError, load_settings
    from rules.faults import KnowledgeFaults
    from rules.loader import load_knowledge

    if bundle and output is not None:
        raise typer.BadParameter("print one Bundle with --bundle, or write files with --output, not both")
    try:
        settings = load_settings()
        published = Published(Publication(load_knowledge(settings.knowledge), settings.public_url, settings.intent))
    except (KnowledgeFaults, SettingsError) as refusal:
        typer.echo(f"Nothing is exported: {refusal}", err=True)
        raise typer.Exit(1) from None
    if is_loopback(urlsplit(settings.public_url).hostname or ""):
        typer.echo(
            f"The canonical addresses begin with {settings.public_url}, which only this machine reaches; "
            "HIPSPINE_PUBLIC_URL sets another.",
            err=True,
        )
    written = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    if output is None:
        sys.stdout.buffer.write(orjson.dumps(published.collection(), option=written))
        return
    resources = list(published.all())
    try:
        output.mkdir(parents=True, exist_ok=True)
        for resource in resources:
            name = f"{resource['resourceType']}-{resource['id']}.json"
            (output / name).write_bytes(orjson.dumps(resource, option=written))
    except OSError as error:
        typer.echo(f"Nothing more is written: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{len(resources)} resources written to {output}")
