"""The narrative of a resource (``text``): what a person reads who has nothing but the resource. Source: FHIR dom-6."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_SPACE = "http://www.w3.org/1999/xhtml"


class Narrative:
    """Paragraphs, lists and tables, written as the XHTML that a FHIR narrative may hold."""

    def __init__(self, *texts: str | None) -> None:
        self._parts: list[str] = []
        self.say(*texts)

    def say(self, *texts: str | None) -> Narrative:
        """Add a paragraph for each text that is there."""
        self._parts += [f"<p>{escape(text)}</p>" for text in texts if text]
        return self

    def listed(self, heading: str, lines: Iterable[str]) -> Narrative:
        """Add a list under a heading; nothing when it is empty."""
        rows = [f"<li>{escape(line)}</li>" for line in lines]
        if rows:
            self._parts.append(f"<p><b>{escape(heading)}</b></p><ul>{''.join(rows)}</ul>")
        return self

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Narrative:
        """Add a table; nothing when it has no row."""
        lines = [_row("td", row) for row in rows]
        if lines:
            self._parts.append(f'<table border="1">{_row("th", heads)}{"".join(lines)}</table>')
        return self

    def text(self, title: str) -> dict[str, str]:
        """The element ``text`` of a resource with this title."""
        return {
            "status": "generated",
            "div": f'<div xmlns="{_SPACE}"><p><b>{escape(title)}</b></p>{"".join(self._parts)}</div>',
        }


def _row(cell: str, words: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{cell}>{escape(word)}</{cell}>' for word in words)}</tr>"
