"""Read the code lists: the catalogue and one CSV per concept, with every fault of every file reported
together.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from rules.check_digits import loinc_fault, sctid_fault
from rules.codelists import (
    MAX_CODE_LENGTH,
    CatalogueEntry,
    CodeLists,
    CodeRow,
    CodeSystem,
    Concept,
    plain_address,
)
from rules.faults import Fault, model_faults, nearest, unknown_word

CATALOGUE = "catalogue.toml"
COLUMNS = ("system", "code", "display", "descendants", "side", "wide", "status", "verified_by", "note")
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


def load_codelists(folder: Path | None = None) -> tuple[CodeLists, tuple[Fault, ...]]:
    """Read the catalogue and every list of ``folder``; the project's own lists when None.

    Returns the lists and every fault of every file; a system, concept or row with a fault is left out.
    """
    folder = folder or Path(__file__).with_name("codelists")
    catalogue, faults = f"{folder.name}/{CATALOGUE}", list[Fault]()
    tables = _tables(folder / CATALOGUE, catalogue, faults)
    systems = _checked(CodeSystem, tables["systems"], catalogue, "systems", faults)
    faults.extend(_address_faults(systems, catalogue))
    entries = _checked(CatalogueEntry, tables["concepts"], catalogue, "concepts", faults)
    files = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    for name in sorted(files.keys() ^ tables["concepts"].keys()):
        there = tables["concepts"].keys() if name in files else files.keys()
        message = f"has no entry [concepts.{name}]" if name in files else f"there is no file {name}.csv"
        faults.append(Fault(catalogue, f"concepts.{name}", message, name, nearest=nearest(name, there)))
    concepts = {}
    for name, path in files.items():
        rows = list(_rows(path, f"{folder.name}/{path.name}", systems, faults))
        active = tuple(row for row in rows if row.status == "active")
        if not active:
            faults.append(Fault(f"{folder.name}/{path.name}", "", "the concept has no active code", name))
        if name in entries:
            unverified = tuple(row for row in rows if row.status == "unverified")
            concepts[name] = Concept(**entries[name].model_dump(), name=name, rows=active, unverified=unverified)
    faults.extend(_side_faults(concepts.values(), systems, folder.name))
    return CodeLists(systems, concepts), tuple(faults)


def _tables(path: Path, file: str, faults: list[Fault]) -> dict[str, dict[str, object]]:
    """Read the two tables of the catalogue, each empty when it cannot be read."""
    tables: dict[str, dict[str, object]] = {"systems": {}, "concepts": {}}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        faults.append(Fault(file, "", f"cannot be read: {error}"))
        return tables
    faults.extend(unknown_word(file, key, "table", key, tables) for key in content if key not in tables)
    for key in tables:
        table = content.get(key)
        if isinstance(table, dict):
            tables[key] = table
        else:
            faults.append(Fault(file, key, "must be a table"))
    return tables


_Entry = TypeVar("_Entry", CodeSystem, CatalogueEntry)


def _checked(
    model: type[_Entry], table: Mapping[str, object], file: str, where: str, faults: list[Fault]
) -> dict[str, _Entry]:
    """Keep the entries of one table that are as ``model`` says."""
    checked = {}
    for name, entry in table.items():
        try:
            checked[name] = model.model_validate(entry)
        except ValidationError as error:
            faults.extend(model_faults(error, model, file, f"{where}.{name}"))
    return checked


def _address_faults(systems: Mapping[str, CodeSystem], file: str) -> Iterator[Fault]:
    """Find addresses that name nothing, or two systems."""
    owners = {"": "nothing"}
    for short, system in systems.items():
        for url in (system.url, *system.aliases):
            owner = owners.setdefault(plain_address(url), short)
            if owner != short:
                yield Fault(file, f"systems.{short}", f"the address {url!r} names {owner}", url)


def _rows(path: Path, file: str, systems: Mapping[str, CodeSystem], faults: list[Fault]) -> Iterator[CodeRow]:
    """Read the sound rows of one list, each system and code once."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            records = [(f"line {reader.line_num}", record) for record in reader]
            columns = tuple(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.append(Fault(file, "", f"cannot be read: {error}"))
        return
    if columns != COLUMNS:
        unknown = [column for column in columns if column not in COLUMNS]
        faults.extend(unknown_word(file, "line 1", "column", column, COLUMNS) for column in unknown)
        faults.append(Fault(file, "line 1", "the header must be " + ",".join(COLUMNS)))
        return
    seen: dict[tuple[str, str], str] = {}
    for place, record in records:
        wrong = list(_row_faults(record, systems, file, place))
        if not wrong:
            key = record["system"], systems[record["system"]].comparable(record["code"])
            earlier = seen.setdefault(key, place)
            if earlier != place:
                wrong.append(Fault(file, place, f"{record['code']} is in {earlier} already", record["code"]))
        faults.extend(wrong)
        if not wrong:
            yield _row(record)


def _row(record: Mapping[str, str]) -> CodeRow:
    said = {column: record[column] for column in ("system", "code", "display", "status", "verified_by", "note")}
    descendants, wide = record["descendants"] == "yes", record["wide"] == "yes"
    return CodeRow(**said, descendants=descendants, sides=_SIDES[record["side"]], wide=wide)


def _row_faults(record: Mapping[str, str], systems: Mapping[str, CodeSystem], file: str, place: str) -> Iterator[Fault]:
    if set(record) != set(COLUMNS) or None in record.values():
        yield Fault(file, place, f"a row has {len(COLUMNS)} columns")
        return
    for column, value in record.items():
        if value != value.strip():
            yield Fault(file, place, f"{column} {value!r} has blanks around it", value)
    for column, allowed in _CLOSED_COLUMNS.items():
        if record[column] not in allowed:
            words = [word or "(empty)" for word in allowed]
            yield unknown_word(file, place, column, record[column], words)
    for column in ("display", "verified_by"):
        if not record[column].strip():
            yield Fault(file, place, f"{column} is empty")
    if record["status"] == "active" and "UNVERIFIED" in record["verified_by"]:
        yield Fault(file, place, "a row without evidence cannot be active", "active", nearest="unverified")
    if record["system"] in systems:
        yield from _code_faults(record, systems[record["system"]], file, place)
    else:
        yield unknown_word(file, place, "system", record["system"], systems)


def _code_faults(record: Mapping[str, str], system: CodeSystem, file: str, place: str) -> Iterator[Fault]:
    code = record["code"].strip()
    comparable = system.comparable(code)
    if not comparable or len(code) > MAX_CODE_LENGTH:
        yield Fault(file, place, f"{code!r} is no code of {system.title}", code)
    elif system.match == "prefix" and record["descendants"] == "yes" and len(comparable) < MIN_PREFIX_LENGTH:
        yield Fault(file, place, f"{code} is too short to stand for its descendants", code)
    elif system.check_digit is not None:
        wrong = _CHECK_DIGITS[system.check_digit](code)
        if wrong is not None:
            yield Fault(file, place, f"{code}: {wrong}", code)


def _side_faults(concepts: Iterable[Concept], systems: Mapping[str, CodeSystem], folder: str) -> Iterator[Fault]:
    """Find codes to which two concepts give different sides: the side belongs to the code."""
    sided: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}
    for concept in concepts:
        for row in concept.rows:
            if row.sides:
                key = row.system, systems[row.system].comparable(row.code)
                other, sides = sided.setdefault(key, (concept.name, row.sides))
                if sides != row.sides:
                    yield Fault(f"{folder}/{concept.name}.csv", "side", f"{row.code} has another side in {other}")
