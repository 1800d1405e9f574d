"""The running service that the browser opens, and what the browser meets on its pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import drive
from tests.browser.site import chosen, linked_pages
from tests.lib.running_service import serving


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running service, as ``make run`` starts it."""
    folder = tmp_path_factory.mktemp("browser")
    with (folder / "log").open("w") as log, serving(folder, log=log) as (_, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def pages(base: str) -> dict[str, Any]:
    """What the browser reports of each page that it looked at."""
    paths = chosen(linked_pages(base))
    found: dict[str, Any] = drive("examine.mjs", {"base": base, "paths": paths})
    assert list(found) == paths
    return found
