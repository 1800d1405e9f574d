"""The sample patients: the cards that an EHR would get, what was held back, and why each rule did or did not fire."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.pages import trial
from cds_service.samples import SAMPLES, load_sample
from rules.loader import load_rules
from tests.lib.clock import now
from tests.lib.html_page import Page, page

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
"""The cards of sample patients: rule and indicator."""


def patient(client: FlaskClient, name: str) -> Page:
    return page(client, f"/patients/{name}")


def why(client: FlaskClient, name: str, rule_id: str) -> Page:
    return page(client, f"/patients/{name}/rules/{rule_id}")


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_patient_gets_the_cards_that_an_ehr_would_get(client: FlaskClient, name: str) -> None:
    request = client.get(f"/samples/{name}.json").get_json()
    assert request == load_sample(name, now())

    answer = client.post(f"/cds-services/hip-spine-{request['hook']}", json=request)
    found = patient(client, name)
    if answer.status_code != 200:
        assert f"refused with status {answer.status_code}" in found.text
        return
    cards = answer.get_json()["cards"]
    assert len(found.all("article")) == len(cards)
    for card in cards:
        assert card["summary"] in found.text
        for suggestion in card.get("suggestions", ()):
            assert suggestion["label"] in found.text
        for reason in card["overrideReasons"]:
            assert reason["display"] in found.text


@pytest.mark.parametrize("name", EXPECTED)
def test_the_cards_of_a_sample_patient_are_those_of_its_story(client: FlaskClient, name: str) -> None:
    answer = client.post("/cds-services/hip-spine-patient-view", json=load_sample(name, now()))

    cards = answer.get_json()["cards"]
    shown = {card["extension"]["org.hip-spine-cds.rule"]["id"]: card["indicator"] for card in cards}
    assert shown == EXPECTED[name]


def test_the_core_sample_offers_three_drafts_for_the_right_side(client: FlaskClient) -> None:
    request = load_sample("hip-oa-with-back-pain", now())
    [card] = client.post("/cds-services/hip-spine-patient-view", json=request).get_json()["cards"]

    labels = [suggestion["label"] for suggestion in card["suggestions"]]
    assert labels == ["Focused hip examination, right hip", "Hip X-ray, right hip", "Physiotherapy referral"]
    found = patient(client, "hip-oa-with-back-pain")
    buttons = found.all("button")
    assert len(buttons) == 3
    assert all("disabled" in attributes for attributes in buttons)
    assert "Draft order: Focused hip examination" in found.text


def test_a_card_that_is_withheld_is_named_with_the_reason(client: FlaskClient) -> None:
    found = patient(client, "new-bladder-problem")

    assert f"{RULES['hip-oa-with-lbp'].title} : Withheld while a critical card is shown" in found.text


def test_silence_says_what_kept_the_card_away(client: FlaskClient) -> None:
    found = patient(client, "hip-examined")

    assert "No card. Every rule of this hook was evaluated" in found.text
    held_back = found.text[found.text.index("What was held back") :]
    assert "because of an exclusion: a hip examination in the last 6 months" in held_back
    assert "Procedure/c-hip-examination" in held_back


def test_gaps_of_a_chart_are_told_beside_its_card(client: FlaskClient) -> None:
    text = patient(client, "incomplete-chart").text

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
    found = patient(client, "hip-oa-with-back-pain")

    asked = RULESET.for_hook("patient-view")
    targets = found.links("/patients/hip-oa-with-back-pain")
    for rule in asked:
        assert rule.title in found.text
        assert f"/patients/hip-oa-with-back-pain/rules/{rule.id}" in targets
    assert f"{len(asked)} rules of the hook patient-view" in found.text


def test_in_three_clicks_from_home_it_is_said_why_a_rule_did_not_fire(client: FlaskClient) -> None:
    assert "/patients" in page(client, "/").links("/")
    assert "/patients/hip-examined" in page(client, "/patients").links("/patients")
    target = "/patients/hip-examined/rules/hip-oa-with-lbp"
    assert target in patient(client, "hip-examined").links("/patients/hip-examined")

    found = page(client, target)
    assert "Why it does not fire: Hip osteoarthritis with low back pain" in found.text
    assert "a hip examination in the last 6 months, or one ordered in the last 30 days decides" in found.text
    assert "#Procedure-c-hip-examination" in {attributes["href"] for attributes in found.all("a")}
    assert "Procedure-c-hip-examination" in found.ids


def test_a_trace_marks_what_decided_and_leaves_the_rest_unmarked(client: FlaskClient) -> None:
    text = why(client, "hip-examined", "hip-oa-with-lbp").text

    reason, against = text.split("Does anything speak against it?")
    assert "decides" not in reason
    assert "age under 18 (also when the birth date leaves it open) decides" not in against


def test_an_entry_that_was_passed_over_is_shown_with_what_speaks_against_it(client: FlaskClient) -> None:
    text = why(client, "hip-oa-with-back-pain", "sciatica-mimic").text

    assert "on record, but does not count: " in text
    assert "resolved" in text


def test_a_trace_of_a_rule_that_fires_has_its_levels(client: FlaskClient) -> None:
    text = why(client, "hip-oa-with-back-pain", "hip-oa-with-lbp").text

    assert "Why it fires: Hip osteoarthritis with low back pain" in text
    assert "warning not taken" in text
    assert "info taken" in text
    assert "Condition/a-hip-oa" in text


def test_a_trace_says_what_could_not_be_had(client: FlaskClient) -> None:
    text = why(client, "incomplete-chart", "hip-oa-with-lbp").text

    assert "cannot be told" in text
    assert "not to be had: Procedure" in text


def test_a_rule_of_another_hook_says_that_it_was_not_asked(client: FlaskClient) -> None:
    text = why(client, "hip-examined", "order-opioid").text

    assert "This rule was not asked. The call is for patient-view; the rule is asked on order-select" in text


def test_a_rule_is_followed_through_all_sample_patients(client: FlaskClient) -> None:
    found = page(client, "/rules/hip-oa-with-lbp/patients")

    targets = found.links("/rules/hip-oa-with-lbp/patients")
    for sample in SAMPLES:
        assert sample.title in found.text
        assert f"/patients/{sample.name}/rules/hip-oa-with-lbp" in targets
    assert "Withheld while a critical card is shown" in found.text


def test_what_is_computed_is_kept_by_nobody(client: FlaskClient) -> None:
    for path in (f"/patients/{NAMES[0]}", f"/patients/{NAMES[0]}/rules/hip-oa-with-lbp", f"/samples/{NAMES[0]}.json"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_an_unknown_sample_file_is_refused_with_those_there_are(client: FlaskClient) -> None:
    answer = client.get("/samples/hip-examind.json")

    assert answer.status_code == 404
    text = answer.get_json()["issue"][0]["details"]["text"]
    assert "Did you mean 'hip-examined'?" in text
    assert all(name in text for name in NAMES)


HOSTILE = '<script>alert(1)</script> [x](javascript:alert(2)) "onload='


def damaged(name: str, moment: Any) -> dict[str, Any]:
    """The sample with hostile text wherever a record has words of its own."""
    request = load_sample(name, moment)
    for bundle in request["prefetch"].values():
        for entry in (bundle or {}).get("entry", []):
            entry["resource"].setdefault("code", {})["text"] = HOSTILE
    return request


@pytest.mark.parametrize("name", ["hip-oa-with-back-pain", "hip-examined"])
def test_words_of_a_record_are_shown_and_never_obeyed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(trial, "load_sample", damaged)
    for path in (f"/patients/{name}", f"/patients/{name}/rules/hip-oa-with-lbp"):
        html = client.get(path).text
        found = Page(html)
        assert "<script" not in html
        assert "alert(1)" in found.text
        assert not [attributes for attributes in found.all("a") if "script" in (attributes["href"] or "")]


def test_a_refused_call_is_told_with_its_reason(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_conditions(name: str, moment: Any) -> dict[str, Any]:
        request = json.loads(json.dumps(load_sample(name, moment)))
        request["prefetch"] = {"patient": request["prefetch"]["patient"]}
        return dict(request)

    monkeypatch.setattr(trial, "load_sample", without_conditions)
    for path in ("/patients/hip-examined", "/patients/hip-examined/rules/hip-oa-with-lbp"):
        text = page(client, path).text
        assert "refused with status 412" in text
        assert "Conditions are required" in text
    assert "refused with status 412" in page(client, "/rules/hip-oa-with-lbp/patients").text
