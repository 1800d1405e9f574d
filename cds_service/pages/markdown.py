"""Markdown of cards and rules as HTML that is safe to show.

Raw HTML in the Markdown stays text, and what the renderer makes is cut down to a short list of elements: a
card quotes the record, and a record can hold anything.
"""

from __future__ import annotations

from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

BLOCKS: Final = frozenset({"blockquote", "hr", "li", "ol", "p", "pre", "ul"})
HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
TABLES: Final = frozenset({"table", "tbody", "td", "th", "thead", "tr"})
WORDS: Final = frozenset({"a", "br", "code", "em", "strong"})

_renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
_cleaner = nh3.Cleaner(
    tags=set(BLOCKS | HEADINGS | TABLES | WORDS),
    attributes={"a": {"href"}},
    url_schemes={"http", "https"},
    link_rel="noopener noreferrer",
)


def to_html(text: str) -> Markup:
    """Render Markdown (CommonMark and tables) as HTML."""
    return Markup(_cleaner.clean(_renderer.render(text)))  # noqa: S704 - cleaned on this very line


def line_to_html(text: str) -> Markup:
    """Render one line of Markdown as HTML without a paragraph around it."""
    return Markup(_cleaner.clean(_renderer.renderInline(text)))  # noqa: S704 - cleaned on this very line
