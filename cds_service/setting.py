"""One setting: what a person needs to know about it, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode


@dataclass(frozen=True, slots=True)
class About:
    """What a person needs to know about a setting: its meaning, its values, what a wrong one can do."""

    description: str
    allowed: str
    risk: str


def _comma_list(given: object) -> object:
    """Split ``a, b`` into its parts; anything but a string is left to pydantic."""
    if not isinstance(given, str):
        return given
    return tuple(part.strip() for part in given.split(",") if part.strip())


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list)]


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One thing wrong with one variable: what, what is allowed, and the nearest right word."""

    variable: str
    message: str
    allowed: str
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{self.variable}: {self.message}; allowed: {self.allowed}{hint}"


class SettingsError(ValueError):
    """All that is wrong with the settings, together; the service does not start while there is a fault."""

    def __init__(self, faults: tuple[SettingFault, ...]) -> None:
        self.faults = faults
        count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''} in the settings"
        super().__init__("\n  ".join((f"{count}:", *map(str, faults))))


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as a page shows it; all text."""

    variable: str
    default: str
    about: About
