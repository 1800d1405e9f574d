"""A page that is not there: :class:`Absent`, answered with the nearest name that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from flask import Flask, render_template

from rules.faults import nearest

LONGEST_NAME: Final = 200
"""A longer name in an address is not compared with the names that there are."""

Kept = TypeVar("Kept")


class Absent(Exception):
    """There is no ``what`` (such as "rule") of that name; all of them are listed on the page ``folder``."""

    def __init__(self, what: str, folder: str, close: str | None) -> None:
        super().__init__(f"there is no such {what}")
        self.what = what
        self.folder = folder
        self.close = close


def known(name: str, names: Mapping[str, Kept], what: str, folder: str) -> Kept:
    """What stands under ``name``. Raises :class:`Absent` with the nearest name."""
    if name in names:
        return names[name]
    close = nearest(name.casefold(), names) if len(name) <= LONGEST_NAME else None
    raise Absent(what, folder, close)


def answer_absent(app: Flask) -> None:
    """Answer :class:`Absent` with a page of status 404."""

    @app.errorhandler(Absent)
    def absent(fault: Absent) -> tuple[str, int]:
        page = render_template("pages/not_found.html", what=fault.what, folder=fault.folder, nearest=fault.close)
        return page, 404
