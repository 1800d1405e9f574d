"""All pages, asked for as a browser would: where their links lead, and what they can never do."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from cds_service.app import create_app
from cds_service.samples import SAMPLES
from cds_service.settings import load_settings
from rules.loader import load_rules
from tests.lib.clock import now
from tests.lib.html_page import Crawl, page

if TYPE_CHECKING:
    from flask.testing import FlaskClient

RULESET = load_rules()
SCRIPTING = {"script", "style", "iframe", "object", "embed", "img", "base"}


@pytest.fixture(scope="module")
def crawl(client: FlaskClient) -> Crawl:
    return Crawl(client)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """The service as it is beyond loopback."""
    settings = load_settings(
        host="192.0.2.1",
        public_url="https://cds.example.org/spine",
        accept_unreviewed_rules=True,
        accept_unknown_callers=True,
        state_dir=tmp_path_factory.mktemp("state"),
    )
    return create_app(settings, now=now).test_client()


def test_every_link_leads_somewhere(crawl: Crawl) -> None:
    assert crawl.broken == []
    assert crawl.lost_anchors() == []


def test_every_rule_list_and_patient_is_reached_from_the_home_page(crawl: Crawl) -> None:
    assert {f"/rules/{rule.id}" for rule in RULESET.rules} <= set(crawl.pages)
    assert {f"/codelists/{name}" for name in RULESET.lexicon.codelists.concepts} <= set(crawl.pages)
    assert {f"/patients/{sample.name}" for sample in SAMPLES} <= set(crawl.pages)


def test_every_id_names_one_place(crawl: Crawl) -> None:
    for path, found in crawl.pages.items():
        assert len(found.ids) == len(set(found.ids)), path


def test_no_page_runs_a_script_or_asks_another_server_for_anything(crawl: Crawl) -> None:
    for path, found in crawl.pages.items():
        assert not {tag for tag, _ in found.elements} & SCRIPTING, path
        for tag, attributes in found.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], path
            if tag in ("link", "form"):
                target = attributes.get("href") or attributes.get("action") or ""
                assert urlsplit(target).netloc == "", path


def test_pages_work_below_any_path_of_a_proxy(crawl: Crawl) -> None:
    for path, found in crawl.pages.items():
        for tag, attributes in found.elements:
            for name in ("href", "action", "src"):
                target = attributes.get(name)
                own = tag in ("link", "form") or not (target or "").startswith("http")
                assert target is None or not own or not target.startswith("/"), (path, target)


@pytest.mark.parametrize(
    ("path", "location"),
    [("/rules?q=&hook=order-sign&group=", "rules?hook=order-sign"), ("/patients?sample=hip-examined", "patients/")],
)
def test_forms_lead_on_below_any_path_of_a_proxy(client: FlaskClient, path: str, location: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(location)


def test_every_page_can_be_found_one_s_way_in_without_seeing_it(crawl: Crawl) -> None:
    for path, found in crawl.pages.items():
        assert [attributes.get("lang") for attributes in found.all("html")] == ["en"], path
        for landmark in ("header", "main", "footer", "h1", "title"):
            assert len(found.all(landmark)) == 1, (path, landmark)
        assert found.all("a")[0]["href"] == "#content"
        assert "content" in found.ids
        assert all(attributes.get("aria-label") for attributes in found.all("nav")), path
        assert all("scope" in attributes for attributes in found.all("th")), path
        labels = {attributes["for"] for attributes in found.all("label")}
        assert {attributes["id"] for tag in ("select", "input") for attributes in found.all(tag)} <= labels, path
        assert all(later <= earlier + 1 for earlier, later in pairwise(found.headings)), (path, found.headings)


def test_pages_have_titles_of_their_own(crawl: Crawl) -> None:
    titles: dict[str, str] = {}
    for path, found in crawl.pages.items():
        if not urlsplit(path).query:
            assert found.title not in titles, (path, titles.get(found.title))
            titles[found.title] = path


def test_pages_answer_a_head_request_as_they_answer_a_get(client: FlaskClient) -> None:
    for path in ("/", "/rules", "/rules/hip-oa-with-lbp", "/codelists", "/definitions", "/sources", "/patients"):
        answer = client.head(path)
        assert answer.status_code == 200, path
        assert answer.data == b""
        assert answer.content_length == client.get(path).content_length


def test_answers_of_pages_keep_a_browser_in_bounds(client: FlaskClient) -> None:
    for path in ("/", "/rules", "/static/style.css", "/cds-services", "/no-such-page", "/rules/no-such-rule"):
        answer = client.get(path)
        answer.close()
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_home_says_what_the_service_is_and_is_not_and_where_to_go(client: FlaskClient) -> None:
    found = page(client, "/")

    assert "Not for clinical use yet." in found.text
    assert "not a medical device" in found.text
    assert "http://127.0.0.1:8000/cds-services" in found.text
    for hook in RULESET.hooks:
        assert f"hip-spine-{hook}" in found.text


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/rules/hip-oa-with-lpb", "hip-oa-with-lbp"),
        ("/codelists/hip-pain", "hip_pain"),
        ("/patients/hip-examind", "hip-examined"),
        ("/patients?sample=hip-examind", "hip-examined"),
        ("/patients/hip-examined/rules/hip-oa-with-lpb", "hip-oa-with-lbp"),
        ("/rules/hip-oa-with-lpb/patients", "hip-oa-with-lbp"),
    ],
)
def test_a_page_that_is_not_there_names_the_nearest(client: FlaskClient, path: str, nearest: str) -> None:
    assert f"Did you mean {nearest} ?" in page(client, path, 404).text


def test_a_name_like_nothing_is_answered_with_the_list(client: FlaskClient) -> None:
    found = page(client, f"/rules/{'x' * 5000}", 404)

    assert "Did you mean" not in found.text
    assert "/rules" in found.links("/rules/x")


def test_beyond_loopback_there_are_rule_pages_and_no_sample_patients(closed: FlaskClient) -> None:
    found = Crawl(closed)

    assert found.broken == []
    assert {f"/rules/{rule.id}" for rule in RULESET.rules} <= set(found.pages)
    assert not [path for path in found.pages if "patients" in path]
    assert page(closed, "/").all("form") == []
    for path in (
        "/patients",
        "/patients/hip-examined",
        "/rules/hip-oa-with-lbp/patients",
        "/samples/hip-examined.json",
    ):
        assert closed.get(path).status_code == 404


def test_the_public_address_is_the_one_that_is_told(closed: FlaskClient) -> None:
    assert "https://cds.example.org/spine/cds-services" in page(closed, "/").text
