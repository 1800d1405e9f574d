"""What several commands begin with: the settings, the knowledge, the service without a network, a JSON input."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

if TYPE_CHECKING:
    from cds_service.evaluation import HipSpineService
    from cds_service.settings import Settings
    from rules.ruleset import RuleSet

FAULTS: Final = 1
"""The status when something is wrong with what was looked at."""
WRONG_USE: Final = 2
"""The status when the command could not do its work: an unknown word, a file that cannot be read."""
REFUSED: Final = 3
"""The status when the service refuses a request (400, 404, 412)."""
SAMPLE: Final = "sample:"


def printable(text: str) -> str:
    """Text that holds words of a record, without what would steer a terminal or make words read as others."""
    return "".join(char for char in text if char.isprintable() or char == "\n")


def stop(said: str, status: int) -> NoReturn:
    """Say why on standard error and leave."""
    typer.echo(said, err=True)
    raise typer.Exit(status)


def open_settings() -> Settings:
    """The settings of the environment; leaves with :data:`FAULTS` and every fault when there are any."""
    from cds_service.settings import SettingsError, load_settings

    try:
        return load_settings()
    except SettingsError as wrong:
        stop(str(wrong), FAULTS)


def open_knowledge(settings: Settings) -> RuleSet:
    """The knowledge that the settings name; leaves with :data:`FAULTS` and every fault when there are any."""
    from rules.faults import KnowledgeFaults
    from rules.loader import load_knowledge

    try:
        return load_knowledge(settings.knowledge)
    except KnowledgeFaults as wrong:
        stop(str(wrong), FAULTS)


def open_service(settings: Settings, ruleset: RuleSet) -> HipSpineService:
    """The service as it answers EHRs, except that it asks no FHIR server."""
    from cards.build import CardWriter
    from cds_service.evaluation import HipSpineService

    writer = CardWriter(ruleset, public_url=settings.public_url, intent=settings.intent)
    return HipSpineService(ruleset, writer, None, settings.public_url)


def read_input(given: str, now: datetime) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON of a file, of standard input (``-``) or of a sample patient (``sample:NAME``).

    Leaves with :data:`WRONG_USE` when it cannot be read, or is not JSON; the message holds nothing of the content.
    """
    import orjson

    if given.startswith(SAMPLE):
        return _sample(given.removeprefix(SAMPLE), now)
    try:
        content = sys.stdin.buffer.read() if given == "-" else Path(given).read_bytes()
    except OSError as wrong:
        stop(f"{given} cannot be read: {wrong.strerror}", WRONG_USE)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as wrong:
        what = "standard input" if given == "-" else given
        stop(f"{what} is not JSON: something is wrong at line {wrong.lineno}, column {wrong.colno}", WRONG_USE)


def _sample(name: str, now: datetime) -> dict[str, Any]:
    from cds_service.errors import unknown_name
    from cds_service.samples import SAMPLES, load_sample

    names = [sample.name for sample in SAMPLES]
    if name not in names:
        stop(unknown_name("sample patient", name, names), WRONG_USE)
    return load_sample(name, now)


def moment(given: str | None) -> datetime:
    """The moment of ``--now`` (ISO 8601; UTC unless it says otherwise), or the present one."""
    if given is None:
        return datetime.now(UTC)
    try:
        read = datetime.fromisoformat(given)
    except ValueError:
        raise typer.BadParameter("a moment is written 2026-11-24 or 2026-11-24T12:30:00+01:00") from None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
