"""Markdown of cards and rules as HTML that is safe to show.

Raw HTML in the Markdown stays text, and what the renderer makes is cut down to a short list of elements: a
card quotes the record, and a record can hold anything.
"""

from __future__ import annotations

import re
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

_DATE: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b(?![^<]*>)")
"""A date outside of a tag."""


def to_html(text: str) -> Markup:
    """Render Markdown (CommonMark and tables) as HTML."""
    return _shown(_renderer.render(text))


def line_to_html(text: str) -> Markup:
    """Render one line of Markdown as HTML without a paragraph around it."""
    return _shown(_renderer.renderInline(text))


def _shown(html: str) -> Markup:
    # A browser would break a line at the hyphens of a date.
    return Markup(_DATE.sub(r'<span class="whole">\g<0></span>', _cleaner.clean(html)))  # noqa: S704 - cleaned right here
