"""Each kind of page in a real browser: for every eye, on a phone, on paper, by keyboard, without JavaScript.

``bash .ci/browser.sh`` installs what it takes and runs these tests.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.chromium import drive
from tests.browser.site import kind

pytestmark = pytest.mark.browser

Pages = dict[str, dict[str, Any]]
FEWEST_CHARACTERS = 700
"""On a sheet of a page that prints well, on average: tables and short lines leave white space, but not more."""


def faults(pages: Pages, about: str) -> dict[str, list[str]]:
    return {path: page[about] for path, page in pages.items() if page[about]}


def test_the_pages_that_matter_were_looked_at(pages: Pages) -> None:
    kinds = {kind(path) for path in pages}

    assert {"/", "/rules", "/rules/*", "/codelists", "/codelists/*", "/patients/*", "/patients/*/rules/*"} <= kinds


def test_axe_finds_nothing_serious_in_light_or_dark(pages: Pages) -> None:
    assert faults(pages, "axe") == {}


def test_the_browser_complains_of_nothing_and_asks_no_other_host(pages: Pages) -> None:
    assert faults(pages, "complaints") == {}


def test_a_phone_never_scrolls_a_page_sideways(pages: Pages) -> None:
    assert faults(pages, "wide") == {}


def test_every_page_says_the_same_without_javascript(pages: Pages) -> None:
    assert [path for path, page in pages.items() if not page["unscripted"]] == []


def test_a_keyboard_is_enough_and_shows_where_it_is(pages: Pages) -> None:
    assert faults(pages, "keyboard") == {}


def test_on_paper_nothing_is_cut_off_and_no_sheet_is_wasted(pages: Pages) -> None:
    printed = {path: page["print"] for path, page in pages.items()}

    assert {path: page["cut"] for path, page in printed.items() if page["cut"]} == {}
    wasteful = {
        path: page
        for path, page in printed.items()
        if not 1 <= page["sheets"] <= 1 + page["characters"] / FEWEST_CHARACTERS
    }
    assert wasteful == {}


def test_three_clicks_lead_to_why_a_rule_kept_silent_about_a_patient(base: str) -> None:
    steps = [
        {"select": "Patient", "option": "hip-examined"},
        {"role": "button", "click": "Show the cards"},
        {"role": "link", "click": "Hip osteoarthritis with low back pain"},
    ]

    end = drive("walk.mjs", {"start": f"{base}/", "steps": steps})

    assert end["address"] == f"{base}/patients/hip-examined/rules/hip-oa-with-lbp"
    assert end["clicks"] <= 3
    assert end["heading"].startswith("Why it does not fire: ")
