"""``hip-spine serve``: start the service."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

EXAMPLES: Final = """\b
Examples:
  hip-spine serve
  hip-spine serve --port 9000
  HIPSPINE_KNOWLEDGE_DIR=my-rules hip-spine serve
hip-spine config show lists the settings, hip-spine doctor tells what would keep it from starting.
Status: 0 stopped as asked, 1 it does not start."""

Host = Annotated[
    str | None, typer.Option(help="The address to listen on.", show_default="HIPSPINE_HOST, else 127.0.0.1")
]
# Text, not a number: a port is checked together with the other settings, so that all faults are told in one go.
Port = Annotated[str | None, typer.Option(help="The port to listen on.", show_default="HIPSPINE_PORT, else 8000")]


def serve(host: Host = None, port: Port = None) -> None:
    """Start the service; HIPSPINE_* variables hold its settings."""
    from cds_service.app import StartRefusedError, create_app
    from cds_service.serving import PortTakenError, run
    from cds_service.settings import SettingsError, load_settings
    from rules.faults import KnowledgeFaults

    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    try:
        settings = load_settings(**chosen)
        app = create_app(settings)
        run(app, settings)
    except (KnowledgeFaults, PortTakenError, SettingsError, StartRefusedError) as refusal:
        sys.exit(f"Hip-Spine CDS does not start: {refusal}")
