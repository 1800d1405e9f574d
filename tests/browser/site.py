"""Which pages a running service has, and which of them a browser looks at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from itertools import groupby
from urllib.parse import urljoin, urlsplit

import requests

LINK = re.compile(r'<a\s[^>]*?href="([^"]*)"')
OF_A_KIND = 3
"""So many pages are looked at where hundreds are printed from one template: the shortest, a middle one, the longest."""


def linked_pages(base: str) -> dict[str, int]:
    """Every page that can be reached from the home page, with the length of its text.

    Raises AssertionError for a link that leads nowhere.
    """
    lengths: dict[str, int] = {}
    waiting, seen = ["/"], {"/"}
    with requests.Session() as asked:
        while waiting:
            path = waiting.pop()
            answer = asked.get(base + path, timeout=60)
            assert answer.status_code == 200, f"{path} is linked and answers {answer.status_code}"
            if not answer.headers["Content-Type"].startswith("text/html"):
                continue
            lengths[path] = len(answer.text)
            targets = {_path(base, answer.url, unescape(link)) for link in LINK.findall(answer.text)} - {None}
            waiting += sorted(target for target in targets if target is not None and target not in seen)
            seen |= {target for target in targets if target is not None}
    return lengths


def _path(base: str, here: str, link: str) -> str | None:
    """The path and query that a link leads to, None when that is elsewhere."""
    target = urljoin(here, link)
    if not target.startswith(f"{base}/"):
        return None
    parts = urlsplit(target)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def kind(path: str) -> str:
    """The path with a star for each name: ``/rules/x`` and ``/rules/y`` are of one kind, ``/rules/*``."""
    parts = urlsplit(path)
    words = parts.path.strip("/").split("/")
    names = ["*" if place % 2 else word for place, word in enumerate(words)]
    return "/" + "/".join(names) + ("?" if parts.query else "")


def chosen(lengths: dict[str, int]) -> list[str]:
    """The pages to look at: all of a kind where they are few, else the shortest, a middle one and the longest."""
    by_kind = sorted(lengths, key=lambda path: (kind(path), lengths[path], path))
    return [path for _, same in groupby(by_kind, kind) for path in _some(tuple(same))]


def _some(paths: tuple[str, ...]) -> Iterable[str]:
    last = len(paths) - 1
    return paths if len(paths) <= OF_A_KIND else (paths[0], paths[last // 2], paths[last])
