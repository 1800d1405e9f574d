"""The command line: ``python -m cds_service serve`` is ``hip-spine serve``."""

from __future__ import annotations

from cds_service.cli import main

if __name__ == "__main__":
    main()
