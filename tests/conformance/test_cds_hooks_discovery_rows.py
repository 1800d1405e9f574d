"""CDS Hooks, discovery and prefetch templates: one test for each row D-01 to D-19 and T-01 to T-48 that concerns us."""

from __future__ import annotations

import dataclasses
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cards.build import CardWriter
from cds_service.evaluation import HipSpineService
from cds_service.routes.discovery import discovery_routes
from rules import load_rules

TOKEN = re.compile(r"\{\{(.*?)\}\}")
LONGEST = 1_500
"""Characters of a template that can still be typed in by hand."""


@pytest.fixture(scope="module")
def entries(client: FlaskClient) -> list[dict[str, Any]]:
    services: list[dict[str, Any]] = client.get("/cds-services").get_json()["services"]
    return services


@pytest.fixture(scope="module")
def templates(entries: list[dict[str, Any]]) -> list[str]:
    return [template for entry in entries for template in entry["prefetch"].values()]


def test_d_01_discovery_is_a_get_at_cds_services_under_any_base(client: FlaskClient) -> None:
    assert client.get("/cds-services").status_code == 200
    assert client.get("/cds-services", environ_overrides={"SCRIPT_NAME": "/cds/v1"}).status_code == 200


def test_d_02_the_answer_is_an_object_with_an_array_of_services(client: FlaskClient) -> None:
    answer = client.get("/cds-services").get_json()
    assert list(answer) == ["services"]
    assert isinstance(answer["services"], list)


def test_d_03_no_services_are_an_empty_array() -> None:
    ruleset = dataclasses.replace(load_rules(), rules=())
    service = HipSpineService(ruleset, CardWriter(ruleset, public_url="http://x"), None, "http://x")
    app = Flask(__name__)
    app.register_blueprint(discovery_routes(service))
    answer = app.test_client().get("/cds-services")
    assert (answer.status_code, answer.get_json()) == (200, {"services": []})


def test_d_04_every_service_names_its_hook(entries: list[dict[str, Any]]) -> None:
    assert [entry["hook"] for entry in entries] == list(load_rules().hooks)


def test_d_05_every_service_describes_itself_and_says_that_rules_are_unreviewed(entries: list[dict[str, Any]]) -> None:
    ruleset = load_rules()
    for entry in entries:
        assert ruleset.version in entry["description"]
        unreviewed = any(rule.review.state == "unreviewed" for rule in ruleset.for_hook(entry["hook"]))
        assert ("not for clinical use" in entry["description"]) is unreviewed


def test_d_06_every_id_is_the_last_step_of_an_address(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        assert entry["id"] == f"hip-spine-{entry['hook']}"
        assert re.fullmatch(r"[a-z-]+", entry["id"])


def test_d_07_every_service_has_a_title_of_its_own(entries: list[dict[str, Any]]) -> None:
    titles = [entry["title"] for entry in entries]
    assert len(set(titles)) == len(titles)


def test_d_08_prefetch_maps_keys_to_templates(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        assert {"patient", "conditions"} <= entry["prefetch"].keys()
        assert all(isinstance(template, str) and template for template in entry["prefetch"].values())


def test_d_09_usage_requirements_say_what_is_required_and_what_is_wanted(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        assert "Prefetch 'conditions' is required" in entry["usageRequirements"]
        assert all(key in entry["usageRequirements"] for key in entry["prefetch"])


def test_d_10_d_11_d_12_no_member_of_a_later_version_is_sent(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        assert set(entry) == {"id", "hook", "title", "description", "prefetch", "usageRequirements"}


def test_d_13_no_two_services_share_id_and_hook(entries: list[dict[str, Any]]) -> None:
    pairs = [(entry["id"], entry["hook"]) for entry in entries]
    assert len(set(pairs)) == len(pairs)


def test_d_16_t_40_to_t_48_no_template_uses_the_result_of_another_or_fhirpath(templates: list[str]) -> None:
    for template in templates:
        assert "%" not in template
        assert not re.search(r"\(|\)|\|", template)


@pytest.mark.parametrize("query", ["?", "?x=1", "?hook=order-sign&_format=xml"])
def test_d_17_query_parameters_are_ignored(client: FlaskClient, query: str) -> None:
    assert client.get(f"/cds-services{query}").get_data() == client.get("/cds-services").get_data()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_d_18_another_method_is_refused_with_405_and_allow(client: FlaskClient, method: str) -> None:
    answer = client.open("/cds-services", method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.get_json()["issue"][0]["code"] == "not-supported"


def test_d_18_head_and_options_are_answered(client: FlaskClient) -> None:
    assert client.head("/cds-services").status_code == 200
    assert client.options("/cds-services").status_code < 300


def test_d_19_a_slash_at_the_end_makes_no_difference_and_no_redirect(client: FlaskClient) -> None:
    assert client.get("/cds-services/").get_data() == client.get("/cds-services").get_data()
    assert client.post("/cds-services/hip-spine-patient-view/", data="{").status_code == 415
    assert client.post("/cds-services/hip-spine-patient-view/", json={}).status_code == 400


def test_t_01_every_template_is_a_relative_read_or_search(templates: list[str]) -> None:
    for template in templates:
        parts = urlsplit(template)
        assert not parts.scheme
        assert not parts.netloc
        assert re.match(r"[A-Z][A-Za-z]+[/?]", template)


def test_t_02_t_03_t_04_t_05_t_06_the_only_token_is_the_patient(templates: list[str]) -> None:
    for template in templates:
        assert TOKEN.findall(template) == ["context.patientId"]
        assert "{" not in TOKEN.sub("", template)


def test_t_07_t_08_t_09_no_template_depends_on_user_or_encounter(templates: list[str]) -> None:
    assert not [template for template in templates if "user" in template.lower() or "encounter" in template.lower()]


def test_t_20_the_patient_is_an_instance_read(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        assert entry["prefetch"]["patient"] == "Patient/{{context.patientId}}"


def test_t_21_t_22_t_23_t_24_t_25_t_26_t_28_searches_use_only_plain_parameters(templates: list[str]) -> None:
    for template in templates:
        kind, _, query = template.partition("?")
        names = [name for name, _ in parse_qsl(query, strict_parsing=True)] if query else []
        allowed = {"patient", "code"} if kind == "Observation" else {"patient", "questionnaire", "status"}
        assert set(names) <= allowed
        assert len(names) == len(set(names))


def test_conditions_are_asked_for_in_all_statuses(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        assert entry["prefetch"]["conditions"] == "Condition?patient={{context.patientId}}"


def test_templates_can_be_typed_in_by_hand(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        assert len(entry["prefetch"]) <= 10
        for template in entry["prefetch"].values():
            assert len(template) < LONGEST
            assert template.isascii()
            assert not re.search(r"\s", template)
