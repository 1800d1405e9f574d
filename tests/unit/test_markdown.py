"""Markdown of a card becomes HTML that can only be read."""

from __future__ import annotations

import pytest

from cds_service.pages.markdown import to_html


def test_what_cards_use_is_rendered() -> None:
    html = to_html("**Why**\n\n- one, [source](https://example.org/a)\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")

    for element in ("<strong>Why</strong>", "<li>two</li>", "<td>1</td>", 'href="https://example.org/a"'):
        assert element in html
    assert 'rel="noopener noreferrer"' in html


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "![pixel](https://example.org/pixel.png)",
        '<a href="https://example.org" onclick="alert(1)">x</a>',
        "<iframe src=https://example.org></iframe>",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<style>body { display: none }</style>",
    ],
)
def test_nothing_in_it_acts(markdown: str) -> None:
    html = to_html(markdown)

    for forbidden in ("<script", "<img", "<iframe", "<style", '<a href="j', '<a href="d', "<a onclick"):
        assert forbidden not in html


def test_a_date_is_kept_on_one_line_and_an_address_is_left_alone() -> None:
    html = to_html("[page](https://example.org/2026-11-24) of 2026-11-24")

    assert '<a href="https://example.org/2026-11-24"' in html
    assert html.count('<span class="whole">2026-11-24</span>') == 1
