"""The pages, asked for as a browser would: what they show, and what they can never do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest

from cds_service.app import create_app
from cds_service.samples import SAMPLES, load_sample
from cds_service.settings import load_settings
from rules.loader import load_rules
from tests.lib.clock import now

if TYPE_CHECKING:
    from flask.testing import FlaskClient

RULESET = load_rules()
RULES = {rule.id: rule for rule in RULESET.rules}
NAMES = [sample.name for sample in SAMPLES]
EXPECTED = {
    "hip-oa-with-back-pain": {"hip-oa-with-lbp": "info"},
    "new-bladder-problem": {"rf-bladder-bowel": "critical"},
    "hip-examined": {},
    "incomplete-chart": {"hip-oa-with-lbp": "info"},
    "hip-pain-undiagnosed": {"hip-pain-with-lbp": "info"},
}
"""The cards of each sample patient: rule and indicator."""

VOID = frozenset({"br", "hr", "link", "meta", "input"})


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
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

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(client: FlaskClient, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer.mimetype == "text/html"
    return Page(answer.text)


def tried(client: FlaskClient, name: str) -> Page:
    answer = client.post("/try", data={"sample": name})
    assert answer.status_code == 200
    return Page(answer.text)


def paths(client: FlaskClient) -> Iterator[str]:
    """Every page that the links of the pages lead to, starting at the home page."""
    waiting, seen = ["/"], {"/"}
    while waiting:
        path = waiting.pop()
        yield path
        for link in page(client, path).all("a"):
            target = urlsplit(urljoin(f"http://localhost{path}", link["href"]))
            if target.netloc == "localhost" and target.path not in seen:
                seen.add(target.path)
                if target.path not in ("/cds-services", "/readyz"):
                    waiting.append(target.path)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """The service as it is beyond loopback."""
    state_dir = tmp_path_factory.mktemp("state")
    settings = load_settings(
        host="192.0.2.1",
        public_url="https://cds.example.org/spine",
        accept_unreviewed_rules=True,
        accept_unknown_callers=True,
        state_dir=state_dir,
    )
    return create_app(settings, now=now).test_client()


def test_every_link_leads_to_a_page_and_every_rule_and_list_is_reached(client: FlaskClient) -> None:
    found = set(paths(client))

    assert {f"/rules/{rule.id}" for rule in RULESET.rules} <= found
    assert {f"/codelists/{name}" for name in RULESET.lexicon.codelists.concepts} <= found


def every_page(client: FlaskClient) -> Iterator[tuple[str, Page]]:
    for path in paths(client):
        yield path, page(client, path)
    for name in NAMES:
        yield name, tried(client, name)


def test_no_page_runs_a_script_or_asks_another_server_for_anything(client: FlaskClient) -> None:
    for path, found in every_page(client):
        tags = {tag for tag, _ in found.elements}
        assert not tags & {"script", "style", "iframe", "object", "embed", "img", "base"}, path
        for tag, attributes in found.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], path
            if tag in ("link", "form"):
                target = attributes.get("href") or attributes.get("action") or ""
                assert urlsplit(target).netloc == "", path


def test_pages_work_below_any_path_of_a_proxy(client: FlaskClient) -> None:
    for path, found in every_page(client):
        for tag, attributes in found.elements:
            for name in ("href", "action", "src"):
                target = attributes.get(name)
                own = tag in ("link", "form") or not (target or "").startswith("http")
                assert target is None or not own or not target.startswith("/"), (path, target)


def test_every_page_can_be_found_one_s_way_in_without_seeing_it(client: FlaskClient) -> None:
    for path, found in every_page(client):
        assert [attributes.get("lang") for attributes in found.all("html")] == ["en"], path
        for landmark in ("header", "nav", "main", "footer", "h1", "title"):
            assert len(found.all(landmark)) == 1, (path, landmark)
        assert found.all("a")[0]["href"] == "#content"
        assert {attributes["id"] for _, attributes in found.elements if attributes.get("id")} >= {"content"}
        assert all("scope" in attributes for attributes in found.all("th")), path
        labels = {attributes["for"] for attributes in found.all("label")}
        assert {attributes["id"] for attributes in found.all("select")} <= labels, path


def test_answers_of_pages_keep_a_browser_in_bounds(client: FlaskClient) -> None:
    for path in ("/", "/rules", "/static/style.css", "/cds-services", "/no-such-page"):
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


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_patient_gets_the_cards_that_an_ehr_would_get(client: FlaskClient, name: str) -> None:
    request = client.get(f"/samples/{name}.json").get_json()
    assert request == load_sample(name, now())

    answer = client.post("/cds-services/hip-spine-patient-view", json=request)
    cards = answer.get_json()["cards"]
    shown = {card["extension"]["org.hip-spine-cds.rule"]["id"]: card["indicator"] for card in cards}
    found = tried(client, name)

    assert shown == EXPECTED[name]
    assert len(found.all("article")) == len(cards)
    for card in cards:
        assert card["summary"] in found.text
        for suggestion in card.get("suggestions", ()):
            assert suggestion["label"] in found.text
        for reason in card["overrideReasons"]:
            assert reason["display"] in found.text


def test_the_core_sample_offers_three_drafts_for_the_right_side(client: FlaskClient) -> None:
    request = load_sample("hip-oa-with-back-pain", now())
    [card] = client.post("/cds-services/hip-spine-patient-view", json=request).get_json()["cards"]

    labels = [suggestion["label"] for suggestion in card["suggestions"]]
    assert labels == ["Focused hip examination, right hip", "Hip X-ray, right hip", "Physiotherapy referral"]
    found = tried(client, "hip-oa-with-back-pain")
    buttons = [attributes for attributes in found.all("button") if attributes["type"] == "button"]
    assert len(buttons) == 3
    assert all("disabled" in attributes for attributes in buttons)
    assert "Draft order: Focused hip examination" in found.text


def test_a_card_that_is_withheld_is_named_with_the_reason(client: FlaskClient) -> None:
    found = tried(client, "new-bladder-problem")

    assert f"{RULES['hip-oa-with-lbp'].title} : withheld while a critical card is shown" in found.text


def test_silence_says_what_kept_the_card_away(client: FlaskClient) -> None:
    found = tried(client, "hip-examined")

    assert "No card. Every rule of this hook was evaluated" in found.text
    assert "silent because of a hip examination in the last 6 months" in found.text
    assert "Procedure/c-hip-examination" in found.text


def test_gaps_of_a_chart_are_told_beside_its_card(client: FlaskClient) -> None:
    text = tried(client, "incomplete-chart").text

    told = text[text.index("What could not be used") :]
    for words in (
        "procedures not available (not sent)",
        "orders not available (could not be looked up)",
        "1 condition could not be read",
        "1 condition of another patient, ignored",
        "1 condition without a usable code, not matched",
    ):
        assert words in told
    assert "Could not be checked" in text[: text.index("What could not be used")]


def test_every_rule_of_the_hook_is_told_with_its_outcome(client: FlaskClient) -> None:
    found = tried(client, "hip-oa-with-back-pain")

    for rule in RULESET.for_hook("patient-view"):
        assert rule.title in found.text
    assert f"Every rule that was asked ({len(RULESET.for_hook('patient-view'))})" in found.text


def test_the_page_of_a_sample_is_kept_by_nobody(client: FlaskClient) -> None:
    for answer in (client.post("/try", data={"sample": NAMES[0]}), client.get(f"/samples/{NAMES[0]}.json")):
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "There is no such sample patient"),
        ({"sample": "hip-examind"}, "Did you mean 'hip-examined'?"),
        ({"sample": "../settings"}, "There is no such sample patient"),
    ],
)
def test_an_unknown_sample_is_refused_with_those_there_are(
    client: FlaskClient, form: dict[str, str], words: str
) -> None:
    answer = client.post("/try", data=form)

    assert answer.status_code == 400
    text = answer.get_json()["issue"][0]["details"]["text"]
    assert words in text
    assert all(name in text for name in NAMES)


def test_an_unknown_sample_file_is_not_found(client: FlaskClient) -> None:
    answer = client.get("/samples/hip-examind.json")

    assert answer.status_code == 404
    assert "hip-examined" in answer.get_json()["issue"][0]["details"]["text"]


def test_a_form_larger_than_any_name_is_refused(client: FlaskClient) -> None:
    answer = client.post("/try", data={"sample": "x" * 10_000})

    assert answer.status_code == 413
    assert answer.get_json()["resourceType"] == "OperationOutcome"


def test_beyond_loopback_there_are_rule_pages_and_no_sample_patients(closed: FlaskClient) -> None:
    assert page(closed, "/rules").text
    assert page(closed, "/").all("form") == []
    assert "curl" not in page(closed, "/").text
    assert closed.post("/try", data={"sample": NAMES[0]}).status_code == 404
    assert closed.get(f"/samples/{NAMES[0]}.json").status_code == 404


def test_the_public_address_is_the_one_that_is_told(closed: FlaskClient) -> None:
    assert "https://cds.example.org/spine/cds-services" in page(closed, "/").text


@pytest.mark.parametrize("rule", RULESET.rules, ids=lambda rule: str(rule.id))
def test_a_rule_page_has_all_that_a_reviewer_needs(client: FlaskClient, rule: Any) -> None:
    text = page(client, f"/rules/{rule.id}").text

    wanted = [rule.title, rule.version, rule.card.recommendation, *rule.hooks, *rule.card.options]
    wanted += [re.sub(r"\[possible: [^\]]*\]", "(possible)", level.summary) for level in rule.levels]
    wanted += [criterion.say(RULESET.lexicon) for criterion in rule.unless if not criterion.parts()]
    wanted += [evidence.paraphrase for evidence in rule.evidence]
    wanted += [RULESET.sources[evidence.source].short for evidence in rule.evidence]
    wanted += [example.name for example in rule.examples]
    wanted += [change.text for change in rule.history]
    for level in rule.levels:
        wanted += [RULESET.templates[use.template].label for use in level.suggestions]
    missing = [words for words in wanted if " ".join(words.split()) not in text]
    assert missing == []
    assert ("No named clinician has reviewed this rule" in text) == (rule.review.state == "unreviewed")


def test_a_code_list_page_has_its_codes_with_evidence_and_the_rules_that_read_it(client: FlaskClient) -> None:
    text = page(client, "/codelists/hip_osteoarthritis").text

    for row in RULESET.lexicon.codelists.codes("hip_osteoarthritis"):
        assert row.code in text
        assert " ".join(row.verified_by.split()) in text
    assert RULES["hip-oa-with-lbp"].title in text


@pytest.mark.parametrize(
    ("path", "nearest"),
    [("/rules/hip-oa-with-lpb", "hip-oa-with-lbp"), ("/codelists/hip-pain", "hip_pain")],
)
def test_a_page_that_is_not_there_names_the_nearest(client: FlaskClient, path: str, nearest: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert f"Did you mean {nearest} ?" in Page(answer.text).text


STYLE = Path(__file__).resolve().parents[2] / "cds_service" / "pages" / "static" / "style.css"


def _luminance(colour: str) -> float:
    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.03928 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(colour[at : at + 2]) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE.read_text(encoding="utf-8"), re.DOTALL)[:2]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light if scheme == "light" else light + dark))

    pairs = [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("paper", "panel")]
    pairs += [(ink, "panel") for ink in ("critical", "warning", "info")]
    pairs += [("ink", "warning-tint"), ("accent-ink", "accent")]
    for ink, ground in pairs:
        brighter, darker = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) >= 4.5, (ink, ground)
