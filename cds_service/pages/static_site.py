"""The public pages as plain files that link to each other: for a code host, an intranet, a USB stick.

They are rendered by the very views that serve them. Files are the same for the same knowledge and public address, so a
committed copy can be compared.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient

from cards.build import CardWriter
from cds_service.pages.site import add_pages
from rules.ruleset import RuleSet

FIRST: Final = "/rules"
"""Where the reading of the links begins."""
_LINK: Final = re.compile(r'(?P<before>\s(?:href|src)=")(?P<target>[^"#]*)(?P<fragment>#[^"]*)?"')


class DeadLinkError(RuntimeError):
    """A page links to something that is not there."""


def static_site(ruleset: RuleSet, cards: CardWriter, public_url: str) -> dict[str, bytes]:
    """The content of every file by its path (``rules/hip-oa-with-lbp.html``), style sheet and icon included.

    Links to what only a running service answers lead to ``public_url``. Raises :class:`DeadLinkError`.
    """
    app = Flask("cds_service", template_folder="pages/templates", static_folder="pages/static")
    add_pages(app, ruleset, cards, public_url, now=None)
    return dict(_files(app.test_client(), public_url))


def _files(client: FlaskClient, public_url: str) -> Iterator[tuple[str, bytes]]:
    found, waiting = {FIRST}, [FIRST]
    while waiting:
        page = waiting.pop()
        with client.get(page) as answer:
            if answer.status_code != 200:
                raise DeadLinkError(f"{page} answers {answer.status_code}")
            content, is_page = answer.data, answer.mimetype == "text/html"
        if not is_page:
            yield page.lstrip("/"), content
            continue
        text = content.decode()
        for target in _targets(text, page):
            if target not in found and _is_file(client, target):
                found.add(target)
                waiting.append(target)
        yield _file(page), _LINK.sub(lambda link, page=page: _rewritten(link, page, found, public_url), text).encode()  # type: ignore[misc]  # a default binds the page of this round


def _targets(text: str, page: str) -> Iterator[str]:
    for link in _LINK.finditer(text):
        address = urlsplit(urljoin(f"http://site{page}", link["target"]))
        if link["target"] and address.netloc == "site":
            yield address.path


def _is_file(client: FlaskClient, path: str) -> bool:
    """True for what is printed; what only a running service answers is not there at all."""
    with client.head(path) as answer:
        return answer.status_code == 200


def _rewritten(link: re.Match[str], page: str, found: set[str], public_url: str) -> str:
    target, fragment = link["target"], link["fragment"] or ""
    address = urlsplit(urljoin(f"http://site{page}", target))
    if not target or address.netloc != "site":
        return link[0]
    if address.path in found:
        place = posixpath.relpath(_file(address.path), posixpath.dirname(_file(page)) or ".")
    else:
        place = public_url + address.path + (f"?{address.query}" if address.query else "")
    return f'{link["before"]}{place}{fragment}"'


def _file(path: str) -> str:
    name = path.strip("/")
    return name if name.startswith("static/") else f"{name}.html"
