"""Which knowledge directory a command works on, and how its faults are shown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rules.directory import KnowledgeDirectory
    from rules.faults import Fault
    from rules.ruleset import RuleSet

_HELP = "A knowledge directory: it holds the folders hip_spine and codelists."
_DEFAULT = "HIPSPINE_KNOWLEDGE_DIR, else the knowledge inside the service"
_WIDTH = 110
_INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders into which Python installs programs."""

DirectoryArgument = Annotated[Path | None, typer.Argument(help=_HELP, show_default=_DEFAULT)]
DirectoryOption = Annotated[Path | None, typer.Option("--directory", help=_HELP, show_default=_DEFAULT)]


def chosen(given: Path | None) -> KnowledgeDirectory:
    """The directory ``given``, else the one that is served. Leaves the program when the settings have a fault."""
    from cds_service.settings import SettingsError, load_settings
    from rules.directory import KnowledgeDirectory

    if given is not None:
        return KnowledgeDirectory(given)
    try:
        return load_settings().knowledge
    except SettingsError as error:
        refuse(str(error))


def to_write(given: Path | None) -> KnowledgeDirectory:
    """As :func:`chosen`. Leaves the program for a directory inside an installation: its next update would undo it."""
    knowledge = chosen(given)
    if _INSTALLED.intersection(knowledge.root.resolve().parts):
        refuse(
            f"{knowledge.root} belongs to the installed program, and its next update would undo any change. "
            "'hip-spine rules copy my-knowledge' makes a copy to work on."
        )
    return knowledge


def sound(directory: KnowledgeDirectory, status: int = 1) -> RuleSet:
    """The knowledge of the directory. Shows its faults and leaves the program with ``status`` when it has any."""
    from rules.loader import read_knowledge

    ruleset, faults = read_knowledge(directory)
    if faults or ruleset is None:
        show_faults(faults)
        refuse(f"{directory.root}: {counted(len(faults), 'fault')}; 'hip-spine rules check' names them again", status)
    return ruleset


def refuse(reason: str, status: int = 1) -> NoReturn:
    """Say on standard error why nothing is done, and leave the program with ``status``."""
    typer.echo(reason, err=True)
    raise typer.Exit(status)


def show_faults(faults: Iterable[Fault]) -> None:
    """Print faults by file: place, what is wrong, the nearest right word, and what is allowed."""
    for file, group in groupby(faults, key=lambda fault: fault.file):
        typer.echo(f"\n{file}")
        for fault in group:
            place = f"{fault.place}: " if fault.place else ""
            near = f"; did you mean {fault.nearest!r}?" if fault.nearest else ""
            typer.echo(_wrapped(f"{place}{fault.message}{near}", "  ", "      "))
            if fault.allowed:
                typer.echo(_wrapped(f"allowed: {', '.join(fault.allowed)}", "      ", "      "))


def counted(number: int, noun: str) -> str:
    """``1 fault``, ``2 faults``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _wrapped(text: str, first: str, others: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )
