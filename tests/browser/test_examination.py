"""The examination of a page finds what it is there to find: a page with one fault of each kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from tests.browser.chromium import drive
from tests.browser.site import chosen, kind
from tests.lib.ehr_server import http_server

pytestmark = pytest.mark.browser

SOUND = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sound</title>
<link rel="icon" href="data:,"><style>
.skip { position: absolute; left: -100vw } .skip:focus { left: 0 } :focus-visible { outline: 3px solid #05f }
</style></head><body><a class="skip" href="#content">To the content</a>
<main id="content"><h1>Sound</h1><p><a href="/">A link</a></p></main></body></html>"""
FAULTS = {
    "axe": SOUND.replace("A link", '<img src="data:," width="9" height="9">'),
    "axe in dark": SOUND.replace(
        "</style>",
        "@media (prefers-color-scheme: dark) { html { background: #111 } p { color: #333 } a { color: #444 } }</style>",
    ),
    "complaints": SOUND.replace("</body>", "<script>console.warn('a warning')</script></body>"),
    "complaints of a request": SOUND.replace("</body>", '<img src="https://elsewhere.example/x.png" alt=""></body>'),
    "complaints of a file": SOUND.replace("</body>", '<img src="/none.png" alt=""></body>'),
    "wide": SOUND.replace("A link", '<span style="display: inline-block; width: 500px">A link</span>'),
    "unscripted": SOUND.replace("</body>", "<script>document.querySelector('p').append(' more')</script></body>"),
    "keyboard": SOUND.replace("outline: 3px solid #05f", "outline: none"),
    "keyboard without a skip link": SOUND.replace('class="skip" href="#content"', 'href="/elsewhere"'),
    "print": SOUND.replace("A link", '<span style="display: inline-block; width: 900px">A link</span>'),
}


@pytest.fixture(scope="module")
def site() -> Iterator[HTTPServer]:
    with http_server() as server:
        for number, html in enumerate((SOUND, *FAULTS.values())):
            server.expect_request(f"/{number}").respond_with_data(html, content_type="text/html")
        yield server


def test_a_sound_page_has_no_fault_and_each_planted_fault_is_found(site: HTTPServer) -> None:
    paths = [f"/{number}" for number in range(len(FAULTS) + 1)]

    sound, *faulty = drive("examine.mjs", {"base": site.url_for("").rstrip("/"), "paths": paths}).values()

    assert sound["unscripted"]
    assert sound["print"] | {"characters": 0} == {"cut": [], "characters": 0, "sheets": 1}
    assert [sound[about] for about in ("axe", "complaints", "wide", "keyboard")] == [[], [], [], []]
    for fault, page in zip(FAULTS, faulty, strict=True):
        about = fault.split()[0]
        found = not page[about] if about == "unscripted" else page["print"]["cut"] if about == "print" else page[about]
        assert found, fault


def test_pages_of_a_kind_differ_in_names_only() -> None:
    assert kind("/patients/a/rules/b") == kind("/patients/c/rules/d") == "/patients/*/rules/*"
    assert kind("/rules?q=x") != kind("/rules")


def test_of_many_pages_the_shortest_a_middle_one_and_the_longest_are_looked_at() -> None:
    lengths = {"/": 1, "/rules/a": 5, "/rules/b": 9, "/rules/c": 7, "/rules/d": 6}

    assert chosen(lengths) == ["/", "/rules/a", "/rules/d", "/rules/b"]
