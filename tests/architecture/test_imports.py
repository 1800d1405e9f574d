"""The one direction of imports: cds_service -> cards -> rules, and what each of them may bring in.

The sources are read, not run: an import inside a function, under ``TYPE_CHECKING`` or written relative counts
like any other. Why: ``docs/adr/0001-one-way-imports.md``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Parts of the standard library that reach the outside. Parsing an address (urllib.parse) does not.
OUTSIDE = frozenset(
    {"asyncio", "dbm", "ftplib", "http", "imaplib", "multiprocessing", "poplib", "selectors", "shelve"}
    | {"smtplib", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "urllib.error", "urllib.request"}
    | {"urllib.robotparser", "webbrowser", "wsgiref", "xmlrpc"}
)

# Functions that import by name.
LATE = frozenset({"__import__", "import_module"})


@dataclass(frozen=True)
class Room:
    """What one package may import beside itself; ``libraries`` is None where every library is allowed."""

    packages: frozenset[str]
    libraries: frozenset[str] | None
    closed: frozenset[str]


ROOMS = {
    "rules": Room(frozenset(), frozenset({"pydantic", "pydantic_core"}), OUTSIDE),
    "cards": Room(
        frozenset({"rules"}),
        frozenset({"pydantic", "pydantic_core", "fhir", "fhir_core", "markdown_it", "nh3", "orjson"}),
        OUTSIDE,
    ),
    "cds_service": Room(frozenset({"rules", "cards"}), None, frozenset()),
}


def imported_modules(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of all that ``source``, a module in ``package``, imports.

    A name taken from a module is given with it (``from urllib import request`` is ``urllib.request``).
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                parents = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                base = ".".join([*parents, *([module] if module else [])])
                yield from ((node.lineno, f"{base}.{name.name}") for name in names)
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=args) if called in LATE:
                match args:
                    case [ast.Constant(value=str(name)), *_]:
                        yield node.lineno, name
                    case _:
                        yield node.lineno, "a name computed at run time"


def wrong_arrows(source: str, package: str) -> list[str]:
    """Say which imports of ``source``, a module in ``package`` (dotted), its room does not allow."""
    own = package.split(".")[0]
    room = ROOMS[own]
    found = []
    for line, name in imported_modules(source, package):
        top = name.split(".")[0]
        if top == own:
            continue
        if top in ROOMS or top == "tests":
            allowed = top in room.packages
        elif top in sys.stdlib_module_names:
            allowed = not any(name == closed or name.startswith(f"{closed}.") for closed in room.closed)
        else:
            allowed = room.libraries is None or top in room.libraries
        # fhir.resources without a release is R5, which R4 clients cannot read.
        if top == "fhir" and not name.startswith("fhir.resources.R4B"):
            allowed = False
        if not allowed:
            found.append(f"line {line}: {package} must not import {name}")
    return found


def package_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parent.parts)


MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_arrow_points_back(path: Path) -> None:
    assert wrong_arrows(path.read_text(encoding="utf-8"), package_of(path)) == []


def test_every_room_was_looked_at() -> None:
    assert {package_of(path).split(".")[0] for path in MODULES if path.name == "__init__.py"} == set(ROOMS)


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("rules", "import flask"),
        ("rules", "from cards import build"),
        ("rules", "import cds_service.settings"),
        ("rules", "def late():\n    from cards.build import build_card"),
        ("rules", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import requests"),
        ("rules", "import fhir.resources.R4B"),
        ("rules", "from urllib import request"),
        ("rules", "import http.client as wire"),
        ("rules", "from importlib import import_module\nimport_module('cards')"),
        ("rules", "import importlib\nname = 'cards'\nimportlib.import_module(name)"),
        ("rules.codelists", "from ...cards import build"),
        ("rules", "from tests import charts"),
        ("cards", "from cds_service import app"),
        ("cards", "import requests"),
        ("cards", "from flask import Flask"),
        ("cards", "import sqlalchemy.orm"),
        ("cards", "import sqlite3"),
        ("cards", "from fhir.resources.servicerequest import ServiceRequest"),
        ("cds_service", "import fhir.resources"),
        ("cds_service", "import tests.charts"),
    ],
)
def test_a_wrong_arrow_is_found(package: str, source: str) -> None:
    assert len(wrong_arrows(source, package)) == 1


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("rules", "import tomllib\nfrom pydantic import BaseModel\nfrom rules.chart import Chart"),
        ("rules.codelists", "from ..chart import Chart\nfrom . import loader"),
        (
            "cards",
            "from urllib.parse import quote\nfrom rules import Rule\nimport fhir.resources.R4B.bundle",
        ),
        ("cds_service", "import flask, requests, sqlite3\nfrom cards import build\nfrom rules import Rule"),
    ],
)
def test_the_one_direction_is_allowed(package: str, source: str) -> None:
    assert wrong_arrows(source, package) == []
