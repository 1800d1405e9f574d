"""A page taken apart, and the way through all pages by their links."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

if TYPE_CHECKING:
    from flask.testing import FlaskClient

VOID = frozenset({"br", "hr", "link", "meta", "input"})
OWN = "http://localhost"


class Page(HTMLParser):
    """The elements of a page with their attributes, its ids, title and text. Refuses elements that are not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.title = ""
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"
        if self._open and self._open[-1] == "title":
            self.title += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element with this tag."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        """Every id, in the order of the page."""
        return [name for _, attributes in self.elements if (name := attributes.get("id"))]

    @property
    def headings(self) -> list[int]:
        """The levels of the headings, in the order of the page."""
        return [int(tag[1]) for tag, _ in self.elements if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()]

    def links(self, path: str) -> list[str]:
        """The addresses inside the service that the page at ``path`` leads to, with query and fragment."""
        targets = (urljoin(f"{OWN}{path}", attributes["href"] or "") for attributes in self.all("a"))
        return [target.removeprefix(OWN) for target in targets if target.startswith(f"{OWN}/")]


def page(client: FlaskClient, path: str, status: int = 200) -> Page:
    """The page at ``path``, which must be HTML with this status."""
    answer = client.get(path)
    assert answer.status_code == status, path
    assert answer.mimetype == "text/html", path
    return Page(answer.text)


class Crawl:
    """Everything that the links of the pages lead to, beginning at ``/``.

    ``pages`` are the pages by address (with query), ``links`` every link as (page, target with fragment), ``broken``
    the links to what is not there.
    """

    def __init__(self, client: FlaskClient) -> None:
        self.pages: dict[str, Page] = {}
        self.links: list[tuple[str, str]] = []
        self.broken: list[tuple[str, str, int]] = []
        waiting, seen = [("/", "/")], {"/"}
        while waiting:
            source, path = waiting.pop()
            answer = client.get(path)
            if answer.status_code != 200:
                self.broken.append((source, path, answer.status_code))
            elif answer.mimetype == "text/html":
                found = self.pages[path] = Page(answer.text)
                for target in found.links(path):
                    self.links.append((path, target))
                    address = urlunsplit(urlsplit(target)._replace(fragment=""))
                    if address not in seen:
                        seen.add(address)
                        waiting.append((path, address))

    def lost_anchors(self) -> list[tuple[str, str]]:
        """The links whose fragment names nothing on the page that they lead to."""
        lost = []
        for source, target in self.links:
            address, fragment = urlunsplit(urlsplit(target)._replace(fragment="")), urlsplit(target).fragment
            if fragment and address in self.pages and fragment not in self.pages[address].ids:
                lost.append((source, target))
        return lost
