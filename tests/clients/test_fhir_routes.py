"""The knowledge under ``/fhir``, asked for as a terminology server or a form filler would."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import fhirkit
import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_service.app import create_app
from cds_service.settings import load_settings

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

BASE = "https://cds.example.org/below/fhir"
FHIR_JSON = "application/fhir+json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """The app behind a proxy that serves it below a path."""
    state = tmp_path_factory.mktemp("state")
    return create_app(load_settings(state_dir=state, public_url="https://cds.example.org/below")).test_client()


def valid(answer: TestResponse, status: int, kind: str) -> Any:
    """The body of an answer that is FHIR R4 by two readers that are not ours."""
    assert (answer.status_code, answer.content_type) == (status, FHIR_JSON)
    body = answer.get_json()
    assert body["resourceType"] == kind
    assert fhirkit.validate(body) == []
    get_fhir_model_class(kind).model_validate(body)
    return body


def refusal(answer: TestResponse, status: int) -> str:
    [issue] = valid(answer, status, "OperationOutcome")["issue"]
    return str(issue["details"]["text"])


def test_the_capability_statement_names_what_can_be_asked(server: FlaskClient) -> None:
    body = valid(server.get("/fhir/metadata"), 200, "CapabilityStatement")

    assert (body["kind"], body["fhirVersion"], body["implementation"]["url"]) == ("instance", "4.0.1", BASE)
    [rest] = body["rest"]
    assert rest["mode"] == "server"
    offered = {found["type"]: found for found in rest["resource"]}
    assert sorted(offered) == [
        "ActivityDefinition",
        "CodeSystem",
        "Library",
        "PlanDefinition",
        "Questionnaire",
        "ValueSet",
    ]
    for kind, found in offered.items():
        assert [interaction["code"] for interaction in found["interaction"]] == ["read", "search-type"]
        everything = valid(server.get(f"/fhir/{kind}"), 200, "Bundle")
        one = everything["entry"][0]["resource"]
        for parameter in found["searchParam"]:
            value = one[parameter["name"].removeprefix("_")]
            bundle = valid(server.get(f"/fhir/{kind}", query_string={parameter["name"]: value}), 200, "Bundle")
            assert one in [entry["resource"] for entry in bundle["entry"]]


def test_each_resource_is_where_its_search_says(server: FlaskClient) -> None:
    for kind in ("ActivityDefinition", "CodeSystem", "Library", "PlanDefinition", "Questionnaire", "ValueSet"):
        bundle = valid(server.get(f"/fhir/{kind}"), 200, "Bundle")
        assert bundle["total"] == len(bundle["entry"]) > 0
        for entry in bundle["entry"]:
            assert entry["fullUrl"].startswith(f"{BASE}/{kind}/")
            place = "/fhir" + entry["fullUrl"].removeprefix(BASE)
            assert valid(server.get(place), 200, kind) == entry["resource"]


def test_a_canonical_address_finds_its_resource(server: FlaskClient) -> None:
    url = f"{BASE}/ValueSet/hip-pain"

    bundle = valid(server.get("/fhir/ValueSet", query_string={"url": url}), 200, "Bundle")

    [link] = bundle["link"]
    assert link["relation"] == "self"
    assert link["url"].startswith(f"{BASE}/ValueSet?url=https")
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == ["hip-pain"]
    assert bundle["entry"][0]["search"] == {"mode": "match"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("_id=fall,fever", ["fall", "fever"]),
        ("_id=fall&_id=fever", []),
        ("_id=fall&version=1.0", []),
        ("url=https://elsewhere.example/ValueSet/fall", []),
        ("_id=fall&_format=json", ["fall"]),
        ("_id=fall&_format=application/fhir%2Bjson", ["fall"]),
        ("_id=fall&_format=application/fhir+json", ["fall"]),
    ],
)
def test_a_search_gives_what_fits_every_parameter(server: FlaskClient, query: str, found: list[str]) -> None:
    bundle = valid(server.get(f"/fhir/ValueSet?{query}"), 200, "Bundle")

    assert bundle["total"] == len(found)
    assert [entry["resource"]["id"] for entry in bundle.get("entry", [])] == found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("name=fall", "There is no search parameter 'name'; allowed: _id, url, version."),
        ("ulr=x", "Did you mean 'url'?"),
        ("_id:not=fall", "There is no such search parameter; allowed: _id, url, version."),
        ("_id=", "The search parameter _id has no value."),
    ],
)
def test_a_search_that_cannot_be_answered_as_asked_is_refused(server: FlaskClient, query: str, said: str) -> None:
    assert said in refusal(server.get(f"/fhir/ValueSet?{query}"), 400)


def test_every_parameter_that_is_wrong_is_told_together(server: FlaskClient) -> None:
    body = valid(server.get("/fhir/ValueSet?url=&name=x"), 400, "OperationOutcome")

    assert [issue["expression"] for issue in body["issue"]] == [["url"], ["name"]]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            "ValueSet/hip-pian",
            "There is no ValueSet 'hip-pian'. Did you mean 'hip-pain'? All of them: " + f"{BASE}/ValueSet",
        ),
        ("PlanDefinition/rf-cauda-equin", "Did you mean 'rf-cauda-equina'?"),
        ("Questionnaire/%3Cscript%3E", "There is no such Questionnaire. All of them: "),
        ("ValueSets", "There is no resource type here 'ValueSets'; allowed: ActivityDefinition, CodeSystem, Library, "),
        ("Patient/p1", "There is no resource type here 'Patient'"),
        ("ValueSet/hip-pain/_history", "Histories and operations are not offered."),
        ("ValueSet/hip-pain/$expand", "Histories and operations are not offered."),
        ("", "/fhir/metadata says what there is"),
    ],
)
def test_what_is_not_there_is_said_with_the_nearest_name(server: FlaskClient, place: str, said: str) -> None:
    assert said in refusal(server.get(f"/fhir/{place}"), 404)


def test_the_base_address_itself_says_where_to_go(server: FlaskClient) -> None:
    assert "/fhir/metadata says what there is" in refusal(server.get("/fhir"), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("place", ["", "/", "/metadata", "/ValueSet", "/ValueSet/hip-pain", "/ValueSet/_search"])
def test_nothing_can_be_written(server: FlaskClient, method: str, place: str) -> None:
    answer = server.open(f"/fhir{place}", method=method, json={"resourceType": "ValueSet"})

    assert "read-only" in refusal(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("place", ["", "/", "/metadata", "/ValueSet", "/ValueSet/hip-pain"])
def test_options_name_the_methods(server: FlaskClient, place: str) -> None:
    answer = server.options(f"/fhir{place}")

    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    "accept",
    [
        "application/fhir+json",
        "application/json",
        "*/*",
        "application/fhir+json; fhirVersion=4.0",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/fhir+xml, application/fhir+json;q=0.5",
    ],
)
def test_every_client_that_takes_json_is_served(server: FlaskClient, accept: str) -> None:
    valid(server.get("/fhir/ValueSet/hip-pain", headers={"Accept": accept}), 200, "ValueSet")


@pytest.mark.parametrize(
    "accept", ["application/fhir+xml", "text/html", "application/fhir+json; fhirVersion=5.0", "application/json;q=0"]
)
def test_a_client_that_takes_no_r4_json_is_told_so(server: FlaskClient, accept: str) -> None:
    said = refusal(server.get("/fhir/ValueSet/hip-pain", headers={"Accept": accept}), 406)

    assert said.startswith("Only FHIR R4 (4.0.1) as JSON is offered: application/fhir+json")


def test_the_format_parameter_goes_before_the_header(server: FlaskClient) -> None:
    answer = server.get("/fhir/metadata?_format=json", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    refusal(server.get("/fhir/metadata?_format=xml"), 406)


@pytest.mark.parametrize("place", ["metadata", "ValueSet/hip-pain", "ValueSet?_id=fall"])
def test_a_client_that_has_the_resource_already_is_told_so(server: FlaskClient, place: str) -> None:
    first = server.get(f"/fhir/{place}")
    tag = first.headers["ETag"]

    again = server.get(f"/fhir/{place}", headers={"If-None-Match": tag})
    head = server.head(f"/fhir/{place}")

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)
    assert head.content_length == len(first.data)


def test_drafts_follow_the_intent_that_is_set(tmp_path: Path) -> None:
    app = create_app(load_settings(state_dir=tmp_path, intent="proposal"))

    assert app.test_client().get("/fhir/ActivityDefinition/T1").get_json()["intent"] == "proposal"
