"""SMART scopes: which kinds of resource a token's scopes let a service read (F-10).

Both syntaxes are read: ``patient/Observation.read`` and ``user/*.rs`` with an optional ``?`` filter.
"""

from __future__ import annotations

import re
from enum import StrEnum

_SCOPE = re.compile(
    r"(?:patient|user|system)/(?P<kind>\*|[A-Za-z]+)\.(?P<may>read|write|\*|c?r?u?d?s?)(?P<filter>\?.*)?", re.ASCII
)


class Cover(StrEnum):
    """How far scopes reach: to all of a kind, to a filtered part of it, or not at all."""

    WHOLE = "whole"
    PART = "part"
    NONE = "none"


def cover(scope: str | None, kind: str) -> Cover:
    """How far ``scope`` (space-separated) lets ``kind`` be read.

    Scopes that are not there or that nothing can be read out of say nothing: the FHIR server decides then.
    """
    found = [match for word in (scope or "").split() if (match := _SCOPE.fullmatch(word)) is not None]
    if not found:
        return Cover.WHOLE
    reading = [match for match in found if match["kind"] in ("*", kind) and _reads(match["may"], kind)]
    if not reading:
        return Cover.NONE
    return Cover.WHOLE if any(match["filter"] is None for match in reading) else Cover.PART


def _reads(may: str, kind: str) -> bool:
    """True for ``read`` and ``*``; of the letters, a Patient is read by ``r`` and everything else searched by ``s``."""
    return may in ("read", "*") or (may != "write" and ("r" if kind == "Patient" else "s") in may)
