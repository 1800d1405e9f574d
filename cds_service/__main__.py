"""The command line: ``python -m cds_service serve``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from cds_service.app import StartRefusedError, create_app
from cds_service.serving import PortTakenError, run
from cds_service.settings import SettingsError, load_settings
from rules.faults import KnowledgeFaults


def main(arguments: Sequence[str] | None = None) -> None:
    """Start the service; whatever keeps it from starting is told on standard error and ends with status 1."""
    parser = argparse.ArgumentParser(prog="hip-spine", description="CDS Hooks service for hip and lumbar spine")
    commands = parser.add_subparsers(dest="command", required=True, metavar="serve")
    serve = commands.add_parser("serve", help="start the service; HIPSPINE_* variables hold its settings")
    serve.add_argument("--host", help="the address to listen on (default: HIPSPINE_HOST, else 127.0.0.1)")
    serve.add_argument("--port", help="the port to listen on (default: HIPSPINE_PORT, else 8000)")
    given = parser.parse_args(arguments)
    chosen = {name: value for name in ("host", "port") if (value := getattr(given, name)) is not None}
    try:
        settings = load_settings(**chosen)
        app = create_app(settings)
        run(app, settings)
    except (KnowledgeFaults, PortTakenError, SettingsError, StartRefusedError) as refusal:
        sys.exit(f"Hip-Spine CDS does not start: {refusal}")


if __name__ == "__main__":
    main()
