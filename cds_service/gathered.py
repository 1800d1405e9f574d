"""What was gathered for one call: the entries as they came, and how well each kind of data was had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rules.chart import Availability


class Entry(NamedTuple):
    """One resource as it came: any JSON value.

    ``origin`` is ``prefetch``, ``context`` or ``fhirServer``; ``full_url`` the fullUrl of its Bundle entry;
    ``expected`` the kind of the declared key that it came under, for counting what cannot be read. ``judged`` marks
    an order that the hook is about.
    """

    resource: object
    origin: str
    full_url: str | None = None
    expected: str | None = None
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """All entries of a call, and the availability of each kind."""

    entries: tuple[Entry, ...]
    availability: Mapping[str, Availability]
