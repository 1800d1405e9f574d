"""Code lists: which concepts a coding of the record is in, and which side of the body it names.

The lists are files: one CSV per concept and one catalogue. Nothing about a single code system or concept is
written here, except the healing code limit. Codes are compared as knowledge 2.1 says ("code match", "side").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from rules.check_digits import loinc_fault, sctid_fault

CATALOGUE = "catalogue.toml"
COLUMNS = ("system", "code", "display", "descendants", "side", "wide", "status", "verified_by", "note")

MAX_CODE_LENGTH = 64
"""A longer code is in no list (SNOMED CT, the longest, has 18 digits); bounds work and memory per coding."""
MAX_SYSTEM_LENGTH = 256
MAX_REMEMBERED = 20_000
"""Codings whose matches are kept in memory, so that a code that charts repeat is looked up once."""
MIN_PREFIX_LENGTH = 3
"""A shorter row with descendants would draw in a whole chapter."""

_SIDES: Mapping[str, frozenset[str]] = {
    "": frozenset(),
    "left": frozenset({"left"}),
    "right": frozenset({"right"}),
    "both": frozenset({"left", "right"}),
}
_CLOSED_COLUMNS = {
    "descendants": ("no", "yes"),
    "side": tuple(_SIDES),
    "wide": ("", "yes"),
    "status": ("active", "unverified"),
}
_CHECK_DIGITS = {"sctid": sctid_fault, "loinc": loinc_fault}


@dataclass(frozen=True, slots=True)
class Coding:
    """One coding of the record; ``system`` is a short name (``icd-10-cm``) when known, ``code`` trimmed."""

    system: str
    code: str
    display: str | None = None


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """A coding found in a concept.

    ``code`` is as the record wrote it (trimmed), ``row_code`` and ``display`` are those of the matching row.
    ``sides`` is what the code says, a subset of left and right; empty means that it says nothing. ``wide``:
    the row means more than the concept, so whoever speaks of it says "possible" (knowledge 4.2). ``healing``:
    an ICD-10-CM code of chapter S, M80 or M84 with a seventh character other than A, B or C (knowledge 2.1,
    "healing code limit").
    """

    concept: str
    system: str
    code: str
    row_code: str
    display: str
    sides: frozenset[str]
    wide: bool
    healing: bool


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One row of a code list, with the evidence that code and display belong together."""

    system: str
    code: str
    display: str
    descendants: bool
    sides: frozenset[str]
    wide: bool
    status: str
    verified_by: str
    note: str


class CodeSystem(BaseModel):
    """A code system of the catalogue; ``ignore`` names what is left out when two codes are compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    url: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    version: str = Field(min_length=1)
    notice: str = Field(min_length=1)
    match: Literal["prefix", "exact"]
    ignore: tuple[Literal["blanks", "case", "dots"], ...] = ()
    check_digit: Literal["sctid", "loinc"] | None = None

    def comparable(self, code: str) -> str:
        """Return ``code`` as it is compared; empty when no published code can look like it (not ASCII)."""
        code = "".join(code.split()) if "blanks" in self.ignore else code.strip()
        if "dots" in self.ignore:
            code = code.replace(".", "")
        if not code.isascii():
            return ""
        return code.upper() if "case" in self.ignore else code


class CatalogueEntry(BaseModel):
    """What the catalogue says about a concept: use, meaning in four parts, sign-off and known gaps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    use: Literal["rule", "template", "unused", "negative-control"]
    focus: str = Field(min_length=1)
    scope: str = Field(min_length=1)
    includes: str = Field(min_length=1)
    excludes: str = Field(min_length=1)
    findings_as_observation: StrictBool = False
    reviewed: StrictBool
    gaps: tuple[str, ...] = ()


class Concept(CatalogueEntry):
    """A concept with its codes: ``rows`` match, ``unverified`` ones are kept for review and never match."""

    name: str
    rows: tuple[CodeRow, ...]
    unverified: tuple[CodeRow, ...]

    @property
    def finding(self) -> bool:
        """Whether an Observation counts like a Condition (knowledge 2.1, "finding as Observation")."""
        return self.findings_as_observation


class CodeLists:
    """All the code lists, indexed for one question: in which concepts is this coding."""

    def __init__(self, systems: Mapping[str, CodeSystem], concepts: Mapping[str, Concept]) -> None:
        self.systems: Mapping[str, CodeSystem] = MappingProxyType(dict(systems))
        self.concepts: Mapping[str, Concept] = MappingProxyType(dict(sorted(concepts.items())))
        self._short_names = {
            plain_address(url): short for short, system in systems.items() for url in (system.url, *system.aliases)
        }
        self._rows: dict[str, dict[str, list[tuple[str, CodeRow]]]] = {short: {} for short in systems}
        for name, concept in self.concepts.items():
            for row in concept.rows:
                comparable = systems[row.system].comparable(row.code)
                self._rows[row.system].setdefault(comparable, []).append((name, row))
        self._lengths = {short: sorted({*map(len, rows)}, reverse=True) for short, rows in self._rows.items()}
        self.known: dict[tuple[str, str], tuple[CodeMatch, ...]] = {}
        """What was found for codings that came before, each with a system and a code; for reading only."""
        self.findings = frozenset(name for name, concept in concepts.items() if concept.finding)
        """The concepts of which an Observation counts like a Condition."""

    def system(self, url: object) -> str | None:
        """Return the short name of the code system with this address or alias; None for anything else.

        Letter case, http or https, a trailing slash and a version after ``|`` make no difference, nor does
        ``urn:oid:`` in front of an object identifier.
        """
        if not isinstance(url, str) or len(url) > MAX_SYSTEM_LENGTH:
            return None
        return self._short_names.get(plain_address(url))

    def match(self, system_url: object, code: object) -> tuple[CodeMatch, ...]:
        """Find every concept that the coding is in, by name, one match each; empty when there is none.

        Takes any JSON value, never raises and is safe with threads. The longest matching row of a concept
        counts.
        """
        try:
            return self.known[system_url, code]  # type: ignore[index]
        except (KeyError, TypeError):
            return self._match_new(system_url, code)

    def _match_new(self, system_url: object, code: object) -> tuple[CodeMatch, ...]:
        if not isinstance(system_url, str) or not isinstance(code, str):
            return ()
        if len(system_url) > MAX_SYSTEM_LENGTH or len(code) > MAX_CODE_LENGTH:
            return ()
        if not (system_url.strip() and code.strip()):
            return ()
        short = self.system(system_url)
        found = tuple(self._find(short, code)) if short is not None else ()
        # Two threads at the limit clear twice or leave a few entries too many; neither changes an answer.
        if len(self.known) >= MAX_REMEMBERED:
            self.known.clear()
        self.known[system_url, code] = found
        return found

    def codes(self, concept: str) -> tuple[CodeRow, ...]:
        """Return the rows of ``concept`` that match, in the order of its file; KeyError if it is unknown."""
        return self.concepts[concept].rows

    def _find(self, short: str, code: str) -> Iterator[CodeMatch]:
        comparable = self.systems[short].comparable(code)
        rows: dict[str, CodeRow] = {}
        sides: frozenset[str] = frozenset()
        for start in self._starts(short, comparable):
            for concept, row in self._rows[short].get(start, ()):
                # For the side any row counts as a prefix, of any concept, with or without descendants.
                sides = sides or row.sides
                if row.descendants or start == comparable:
                    rows.setdefault(concept, row)
        healing = short == "icd-10-cm" and _is_healing_code(comparable)
        for concept, row in sorted(rows.items()):
            yield CodeMatch(concept, short, code.strip(), row.code, row.display, sides, row.wide, healing)

    def _starts(self, short: str, comparable: str) -> Iterable[str]:
        """Return the beginnings of a code that a row may hold, longest first."""
        if self.systems[short].match == "exact":
            return (comparable,)
        return (comparable[:length] for length in self._lengths[short] if length <= len(comparable))


def plain_address(url: str) -> str:
    """Return the part of a system's address that tells systems apart."""
    address = url.partition("|")[0].strip().casefold()
    for scheme in ("http://", "https://", "urn:oid:"):
        address = address.removeprefix(scheme)
    return address.rstrip("/")


def _is_healing_code(comparable: str) -> bool:
    return len(comparable) > 6 and comparable[6] not in "ABC" and comparable.startswith(("S", "M80", "M84"))
