"""The page of all settings, printed from the settings themselves: ``hip-spine config show --markdown``."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.settings import settings_table


def settings_page() -> str:
    """Every setting with its meaning, values, default and risk, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield "Printed by `hip-spine config show --markdown`; a test fails while this page is not current."
    yield ""
    yield "Settings are environment variables. All faults are told together; a name that is no setting stops the start."
    yield "Lists are separated by commas. `hip-spine config show` shows what a process would run with."
    for row in settings_table():
        yield ""
        yield f"## {row.variable}"
        yield ""
        yield row.about.description
        yield ""
        yield f"- Values: {row.about.allowed}"
        yield f"- Default: {row.default}"
        yield f"- Risk: {row.about.risk}"
