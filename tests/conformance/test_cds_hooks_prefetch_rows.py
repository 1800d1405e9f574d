"""CDS Hooks, prefetch and FHIR access: one test for each row P-08 to P-29 and F-01 to F-13 that concerns a service."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from werkzeug import Response

from cds_service.app import create_app
from cds_service.log import JsonLines
from cds_service.settings import load_settings
from tests.conftest import Ask
from tests.lib.card_checks import card_faults
from tests.lib.clock import now
from tests.lib.ehr_server import EhrServer, fhir, http_server, outcome, searchset
from tests.lib.expectation import rule_id
from tests.lib.notation import read_facts
from tests.lib.signature import advice, completeness, without_uuids
from tests.lib.vignette import Offer, bundle, request_for

CORE = "62 F, M16.11, LBP"
EXAMINED = f"{CORE}, Procedure 363215001 site=29836001 D-55"
CORE_RULE = "hip-oa-with-lbp"
"""Fires on CORE, and not when the hip was examined."""
TOKEN = "t0p-secret"
GRANT = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": "us"}


def plain(services: dict[str, Offer], facts: str = CORE) -> dict[str, Any]:
    return request_for(facts, services["patient-view"])


def with_key(body: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """The body with prefetch keys replaced."""
    return body | {"prefetch": body["prefetch"] | keys}


def without_key(body: dict[str, Any], *keys: str) -> dict[str, Any]:
    return body | {"prefetch": {key: value for key, value in body["prefetch"].items() if key not in keys}}


def _detail(body: Any) -> str:
    detail: str = body["cards"][0]["detail"]
    return detail


def shown(body: Any) -> list[str]:
    """The rules whose cards are in the answer."""
    return [rule_id(card) for card in body["cards"]]


def said_missing(body: Any, state: str) -> list[str]:
    """The kinds that the answer says were missing, failed or incomplete."""
    kinds: list[str] = (completeness(body) or {}).get(state, [])
    return kinds


# What a declared key may hold.


def test_p_09_p_21_null_is_no_data(ask: Ask, services: dict[str, Offer]) -> None:
    answer = ask("patient-view", with_key(plain(services), conditions=None, procedures=None))
    assert (answer.status, answer.body) == (200, {"cards": []})


def test_p_20_an_absent_key_is_missing(ask: Ask, services: dict[str, Offer]) -> None:
    answer = ask("patient-view", without_key(plain(services), "procedures"))
    assert said_missing(answer.body, "missing") == ["Procedure"]
    assert CORE_RULE in shown(answer.body)


@pytest.mark.parametrize("prefetch", [{}, None])
def test_p_20_p_15_no_prefetch_at_all_is_a_412(ask: Ask, services: dict[str, Offer], prefetch: Any) -> None:
    body = plain(services) | {"prefetch": prefetch}
    assert ask("patient-view", body).status == 412
    del body["prefetch"]
    assert ask("patient-view", body).status == 412


@pytest.mark.parametrize(
    "empty",
    [
        {"resourceType": "Bundle", "type": "searchset", "total": 0},
        {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []},
        {"resourceType": "Bundle", "entry": None},
        {"resourceType": "Bundle"},
        {"entry": []},
    ],
)
def test_p_22_a_bundle_without_entries_is_no_data(ask: Ask, services: dict[str, Offer], empty: Any) -> None:
    answer = ask("patient-view", with_key(plain(services), conditions=empty))
    assert (answer.status, answer.body) == (200, {"cards": []})


def test_p_08_p_23_an_operation_outcome_is_a_failure(ask: Ask, services: dict[str, Offer]) -> None:
    answer = ask("patient-view", with_key(plain(services), procedures=outcome("error", "timeout")))
    assert said_missing(answer.body, "failed") == ["Procedure"]
    assert ask("patient-view", with_key(plain(services), conditions=outcome("error", "timeout"))).status == 412


def test_p_08_p_24_entries_beside_an_error_are_used_and_incomplete(ask: Ask, services: dict[str, Offer]) -> None:
    body = plain(services, EXAMINED)
    body["prefetch"]["procedures"]["entry"].append({"resource": outcome("error", "timeout")})
    answer = ask("patient-view", body)
    assert CORE_RULE not in shown(answer.body)
    assert completeness(answer.body) == {"incomplete": ["Procedure"]}


def test_p_24_an_error_alone_in_a_bundle_is_a_failure(ask: Ask, services: dict[str, Offer]) -> None:
    failed = searchset(outcome("fatal", "exception"))
    assert said_missing(ask("patient-view", with_key(plain(services), procedures=failed)).body, "failed")
    assert ask("patient-view", with_key(plain(services), conditions=failed)).status == 412


EPIC_EMPTY = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "not-found", "details": {"coding": [{"code": "4101"}]}}],
}


@pytest.mark.parametrize(
    "notice", [outcome("information", "informational"), outcome("warning", "processing"), EPIC_EMPTY]
)
def test_p_24_a_notice_among_the_entries_changes_nothing(ask: Ask, services: dict[str, Offer], notice: Any) -> None:
    answer = ask("patient-view", with_key(plain(services), procedures=searchset(notice)))
    assert completeness(answer.body) is None
    assert advice(answer.body) == advice(ask("patient-view", plain(services)).body)


def test_p_12_p_25_a_first_page_is_incomplete(ask: Ask, services: dict[str, Offer]) -> None:
    body = plain(services)
    body["prefetch"]["conditions"]["link"] = [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]
    answer = ask("patient-view", body)
    assert CORE_RULE in shown(answer.body)
    assert completeness(answer.body) == {"incomplete": ["Condition"]}


def test_p_26_another_patients_record_is_not_used(ask: Ask, services: dict[str, Offer]) -> None:
    body = plain(services)
    for entry in body["prefetch"]["conditions"]["entry"]:
        entry["resource"]["subject"] = {"reference": "Patient/somebody-else"}
    answer = ask("patient-view", body)
    assert CORE_RULE not in shown(answer.body)
    assert completeness(answer.body) == {"dropped": {"Condition": {"foreign": 2}}}


def test_p_26_a_patient_with_another_id_is_missing(ask: Ask, services: dict[str, Offer]) -> None:
    other = {"resourceType": "Patient", "id": "somebody-else", "deceasedBoolean": True, "birthDate": "2020-01-01"}
    answer = ask("patient-view", with_key(plain(services), patient=other))
    assert CORE_RULE in shown(answer.body)
    assert completeness(answer.body) == {"missing": ["Patient"], "dropped": {"Patient": {"foreign": 1}}}


@pytest.mark.parametrize("value", ["123", 7, True, {}, [], {"id": "x"}, {"resourceType": 7}, ["x", None]])
def test_p_27_a_value_that_is_no_resource_counts_as_absent(ask: Ask, services: dict[str, Offer], value: Any) -> None:
    answer = ask("patient-view", with_key(plain(services), procedures=value))
    assert said_missing(answer.body, "missing") == ["Procedure"]
    assert ask("patient-view", with_key(plain(services), conditions=value)).status == 412


def test_p_27_a_resource_of_another_type_counts_as_absent_and_is_used(ask: Ask, services: dict[str, Offer]) -> None:
    body = plain(services, EXAMINED)
    examination = body["prefetch"]["procedures"]["entry"][0]["resource"]
    answer = ask("patient-view", with_key(body, procedures=None, serviceRequests=examination))
    assert CORE_RULE not in shown(answer.body)
    assert completeness(answer.body) == {"missing": ["ServiceRequest"]}


def test_p_27_swapped_keys_close_no_list(ask: Ask, services: dict[str, Offer]) -> None:
    body = plain(services)
    swapped = with_key(body, conditions=body["prefetch"]["procedures"], procedures=body["prefetch"]["conditions"])
    answer = ask("patient-view", swapped)
    assert said_missing(answer.body, "missing") == ["Procedure"]
    assert CORE_RULE in shown(answer.body)


@pytest.mark.parametrize("kind", ["collection", "history", "batch-response", None, 7])
def test_p_28_a_bundle_of_another_type_is_read(ask: Ask, services: dict[str, Offer], kind: Any) -> None:
    body = plain(services)
    body["prefetch"]["conditions"]["type"] = kind
    answer = ask("patient-view", body)
    assert advice(answer.body) == advice(ask("patient-view", plain(services)).body)
    assert completeness(answer.body) is None


def test_p_29_included_resources_are_told_apart_by_type(ask: Ask, services: dict[str, Offer]) -> None:
    body = plain(services)
    included = {"resource": {"resourceType": "Practitioner", "id": "dr1"}, "search": {"mode": "include"}}
    for key in ("conditions", "procedures"):
        body["prefetch"][key]["entry"] = [*body["prefetch"][key].get("entry", []), included]
    answer = ask("patient-view", body)
    assert advice(answer.body) == advice(ask("patient-view", plain(services)).body)
    assert completeness(answer.body) is None


# What real clients do beside the table.


def _wrapped(value: Any) -> Any:
    return {"response": {"status": "200 OK"}, "resource": value}


SHAPES: dict[str, Callable[[Any], Any]] = {
    "wrapped": _wrapped,
    "wrapped-twice": lambda value: _wrapped(_wrapped(value)),
    "list": lambda value: [entry["resource"] for entry in value["entry"]],
    "entries-without-wrapper": lambda value: value | {"entry": [entry["resource"] for entry in value["entry"]]},
    "bundle-in-bundle": lambda value: bundle([value]),
    "without-resource-type": lambda value: {"entry": value["entry"]},
    "list-of-bundles": lambda value: [value],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_other_shapes_of_a_value_are_read_as_the_bundle_that_they_mean(
    ask: Ask, services: dict[str, Offer], shape: str
) -> None:
    body = plain(services)
    answer = ask("patient-view", with_key(body, conditions=SHAPES[shape](body["prefetch"]["conditions"])))
    assert advice(answer.body) == advice(ask("patient-view", body).body)
    assert completeness(answer.body) is None


def test_a_single_resource_is_a_list_of_one(ask: Ask, services: dict[str, Offer]) -> None:
    body = plain(services, "LBP, G83.4")
    flag = body["prefetch"]["conditions"]["entry"][1]["resource"]
    answer = ask("patient-view", with_key(body, conditions=flag))
    assert "rf-cauda-equina" in shown(answer.body)
    assert completeness(answer.body) is None


@pytest.mark.parametrize("status", ["404 Not Found", "500", 403, "401 Unauthorized"])
def test_a_wrapper_that_tells_a_failure_is_one(ask: Ask, services: dict[str, Offer], status: Any) -> None:
    failed = {"response": {"status": status}, "resource": bundle([])}
    assert said_missing(ask("patient-view", with_key(plain(services), procedures=failed)).body, "failed")


@pytest.mark.parametrize("entry", [None, "x", 7, [], {}, {"resource": None}, {"resource": {"id": "x"}}])
def test_a_broken_entry_is_counted_and_opens_no_list(ask: Ask, services: dict[str, Offer], entry: Any) -> None:
    body = plain(services)
    body["prefetch"]["procedures"]["entry"] = [entry]
    answer = ask("patient-view", body)
    assert advice(answer.body) == advice(ask("patient-view", plain(services)).body)
    assert completeness(answer.body) == {"dropped": {"Procedure": {"unreadable": 1}}}


@pytest.mark.parametrize("nothing", [None, bundle([]), outcome("error", "timeout"), {}, "x", 7])
def test_nothing_under_an_undeclared_key_tells_nothing(ask: Ask, services: dict[str, Offer], nothing: Any) -> None:
    body = with_key(without_key(plain(services), "procedures"), procedure=nothing)
    assert completeness(ask("patient-view", body).body) == {"missing": ["Procedure"]}
    body = with_key(without_key(plain(services), "conditions"), condition=nothing)
    assert ask("patient-view", body).status == 412


def test_resources_under_an_undeclared_key_are_used_and_close_no_list(ask: Ask, services: dict[str, Offer]) -> None:
    body = plain(services)
    moved = with_key(without_key(body, "conditions"), item2=body["prefetch"]["conditions"])
    answer = ask("patient-view", moved)
    assert advice(answer.body) == advice(ask("patient-view", body).body)
    assert completeness(answer.body) == {"incomplete": ["Condition"]}


def test_a_patient_under_an_undeclared_key_is_the_patient(ask: Ask, services: dict[str, Offer]) -> None:
    body = plain(services)
    moved = with_key(without_key(body, "patient"), Patient=body["prefetch"]["patient"])
    answer = ask("patient-view", moved)
    assert completeness(answer.body) is None
    assert advice(answer.body) == advice(ask("patient-view", body).body)


# From the EHR's FHIR server.


@dataclass(frozen=True)
class Fetching:
    """The app set up to ask one FHIR server, and that server."""

    client: FlaskClient
    ehr: EhrServer

    def ask(self, body: dict[str, Any]) -> Any:
        """The decoded answer to a patient-view call."""
        return self.client.post("/cds-services/hip-spine-patient-view", json=body)

    def granted(self, body: dict[str, Any], **grant: Any) -> dict[str, Any]:
        """The body with the server and a token for it."""
        return body | {"fhirServer": self.ehr.base, "fhirAuthorization": GRANT | grant}


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with http_server() as one:
        yield one


def _app(server: HTTPServer, **settings: Any) -> FlaskClient:
    base = server.url_for("/fhir")
    chosen = {"fhir_servers": base, "fhir_allow_http_loopback": True, "fhir_budget_seconds": 20} | settings
    return create_app(load_settings(**chosen), now=now).test_client()


@pytest.fixture(scope="module")
def fetching_client(server: HTTPServer, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return _app(server, state_dir=tmp_path_factory.mktemp("state"))


@pytest.fixture
def fetching(server: HTTPServer, fetching_client: FlaskClient) -> Fetching:
    return Fetching(fetching_client, EhrServer(server, token=TOKEN))


def charted(ehr: EhrServer, facts: str) -> None:
    """Put a patient's chart on the FHIR server."""
    notes = read_facts(facts)
    ehr.resources = [notes.patient, *notes.resources]


def test_p_14_p_16_f_01_the_same_cards_come_from_prefetch_and_from_the_server(
    fetching: Fetching, services: dict[str, Offer]
) -> None:
    charted(fetching.ehr, EXAMINED.replace("D-55", "D-555"))
    body = plain(services, EXAMINED.replace("D-55", "D-555"))
    sent, fetched = fetching.ask(body), fetching.ask(fetching.granted(body | {"prefetch": {}}))
    assert (sent.status_code, fetched.status_code) == (200, 200)
    assert advice(fetched.get_json()) == advice(sent.get_json()) != []
    assert completeness(fetched.get_json()) is None
    assert card_faults(fetched.get_json()) == []


def test_p_14_only_what_is_missing_is_asked_for(fetching: Fetching, services: dict[str, Offer]) -> None:
    charted(fetching.ehr, EXAMINED)
    answer = fetching.ask(fetching.granted(without_key(plain(services, EXAMINED), "procedures")))
    assert [request.path for request in fetching.ehr.asked] == ["/fhir/Procedure"]
    assert CORE_RULE not in shown(answer.get_json())
    assert completeness(answer.get_json()) is None


def test_p_21_p_23_what_the_client_tried_is_not_asked_again(fetching: Fetching, services: dict[str, Offer]) -> None:
    body = with_key(plain(services), procedures=None, serviceRequests=outcome("error", "timeout"))
    answer = fetching.ask(fetching.granted(body))
    assert fetching.ehr.asked == []
    assert said_missing(answer.get_json(), "failed") == ["ServiceRequest"]


def test_p_13_p_25_further_pages_are_read_with_the_token(fetching: Fetching, services: dict[str, Offer]) -> None:
    charted(fetching.ehr, CORE)
    body = plain(services)
    second = body["prefetch"]["conditions"]["entry"].pop()
    further = f"{fetching.ehr.base}/Condition?_page=2"
    body["prefetch"]["conditions"]["link"] = [{"relation": "next", "url": further}]
    fetching.ehr.answers["Condition"] = lambda _: fhir(searchset(second["resource"]))
    answer = fetching.ask(fetching.granted(body)).get_json()
    (request,) = fetching.ehr.asked
    assert request.query_string == b"_page=2"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert advice(answer) == advice(fetching.ask(plain(services)).get_json()) != []
    assert completeness(answer) is None


def test_p_25_pages_that_cannot_be_read_leave_the_list_incomplete(
    fetching: Fetching, services: dict[str, Offer]
) -> None:
    body = plain(services)
    further = f"{fetching.ehr.base}/Condition?_page=2"
    body["prefetch"]["conditions"]["link"] = [{"relation": "next", "url": further}]
    fetching.ehr.answers["Condition"] = lambda _: Response(status=500)
    answer = fetching.ask(fetching.granted(body)).get_json()
    assert CORE_RULE in shown(answer)
    assert completeness(answer) == {"incomplete": ["Condition"]}


def test_p_25_a_bundle_that_was_cut_is_fetched_whole(fetching: Fetching, services: dict[str, Offer]) -> None:
    charted(fetching.ehr, CORE)
    body = plain(services)
    body["prefetch"]["conditions"]["entry"].pop()
    assert completeness(fetching.ask(body).get_json()) == {"incomplete": ["Condition"]}
    answer = fetching.ask(fetching.granted(body)).get_json()
    assert completeness(answer) is None
    assert advice(answer) == advice(fetching.ask(plain(services)).get_json()) != []


def test_p_26_a_patient_with_another_id_is_looked_up(fetching: Fetching, services: dict[str, Offer]) -> None:
    charted(fetching.ehr, CORE)
    body = with_key(plain(services), patient={"resourceType": "Patient", "id": "somebody-else"})
    answer = fetching.ask(fetching.granted(body)).get_json()
    assert completeness(answer) == {"dropped": {"Patient": {"foreign": 1}}}


def test_p_15_a_server_that_fails_is_a_412_that_says_so(fetching: Fetching, services: dict[str, Offer]) -> None:
    fetching.ehr.answers["Condition"] = lambda _: Response(status=503)
    answer = fetching.ask(fetching.granted(without_key(plain(services), "conditions")))
    assert answer.status_code == 412
    assert "did not give them" in answer.get_json()["issue"][0]["details"]["text"]


def test_p_15_other_kinds_that_fail_are_said_on_the_cards(fetching: Fetching, services: dict[str, Offer]) -> None:
    fetching.ehr.answers["Procedure"] = lambda _: Response(status=503)
    answer = fetching.ask(fetching.granted(without_key(plain(services), "procedures"))).get_json()
    assert completeness(answer) == {"failed": ["Procedure"]}
    assert re.search(r"[Pp]rocedures\b.*\bcould not be looked up", _detail(answer))


def test_an_empty_list_from_the_server_is_closed(fetching: Fetching, services: dict[str, Offer]) -> None:
    charted(fetching.ehr, "62 F")
    answer = fetching.ask(fetching.granted(plain(services) | {"prefetch": {}}))
    assert (answer.status_code, answer.get_json()) == (200, {"cards": []})


def test_undeclared_entries_stay_when_the_server_fails(fetching: Fetching, services: dict[str, Offer]) -> None:
    fetching.ehr.answers["Condition"] = lambda _: Response(status=503)
    body = plain(services)
    moved = with_key(without_key(body, "conditions"), item2=body["prefetch"]["conditions"])
    answer = fetching.ask(fetching.granted(moved)).get_json()
    assert CORE_RULE in shown(answer)
    assert completeness(answer) == {"incomplete": ["Condition"]}


def test_f_02_the_token_goes_with_every_call(fetching: Fetching, services: dict[str, Offer]) -> None:
    charted(fetching.ehr, CORE)
    fetching.ask(fetching.granted(plain(services) | {"prefetch": {}}))
    assert len(fetching.ehr.asked) == len(services["patient-view"].prefetch)
    assert {request.headers.get("Authorization") for request in fetching.ehr.asked} == {f"Bearer {TOKEN}"}


def test_f_05_f_06_the_token_is_in_no_log_line_and_no_answer(
    fetching: Fetching, services: dict[str, Offer], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            fetching.ask(fetching.granted(body))
            for body in (plain(services) | {"prefetch": {}}, plain(services), {"hook": "x", "context": {}})
        ]
    own = [record for record in caplog.records if record.name.startswith("cds_service")]
    assert own
    assert not [record for record in own if TOKEN in repr(vars(record)) or TOKEN in JsonLines().format(record)]
    assert not [answer for answer in answers if TOKEN in answer.get_data(as_text=True)]


def test_f_08_f_11_without_a_token_the_server_is_not_asked(fetching: Fetching, services: dict[str, Offer]) -> None:
    body = without_key(plain(services), "conditions") | {"fhirServer": fetching.ehr.base}
    answer = fetching.ask(body)
    assert answer.status_code == 412
    assert "no access token" in answer.get_json()["issue"][0]["details"]["text"]
    assert fetching.ehr.asked == []


def test_f_11_an_open_server_is_asked_when_configured(
    server: HTTPServer, services: dict[str, Offer], tmp_path_factory: pytest.TempPathFactory
) -> None:
    ehr = EhrServer(server)
    charted(ehr, CORE)
    client = _app(server, fhir_open=True, state_dir=tmp_path_factory.mktemp("state"))
    answer = Fetching(client, ehr).ask(plain(services) | {"prefetch": {}, "fhirServer": ehr.base})
    assert CORE_RULE in shown(answer.get_json())
    assert {request.headers.get("Authorization") for request in ehr.asked} == {None}


def test_f_09_nothing_but_the_declared_queries_is_asked(fetching: Fetching, services: dict[str, Offer]) -> None:
    charted(fetching.ehr, CORE)
    fetching.ask(fetching.granted(plain(services) | {"prefetch": {}}))
    asked = {request.full_path.removeprefix("/fhir/") for request in fetching.ehr.asked}
    queries = {
        template.replace("{{context.patientId}}", "p1") for template in services["patient-view"].prefetch.values()
    }
    assert {address.removesuffix("?").removesuffix("&_count=500") for address in asked} == queries
    assert {request.method for request in fetching.ehr.asked} == {"GET"}


@pytest.mark.parametrize(
    "scope",
    [
        "patient/*.read",
        "user/*.rs",
        "launch openid patient/*.*",
        "patient/Condition.read patient/Procedure.rs",
        "",
        "x",
    ],
)
def test_f_10_scopes_of_either_syntax_let_the_kind_be_read(
    fetching: Fetching, services: dict[str, Offer], scope: str
) -> None:
    charted(fetching.ehr, CORE)
    body = without_key(plain(services), "conditions", "procedures")
    assert completeness(fetching.ask(fetching.granted(body, scope=scope)).get_json()) is None


def test_f_10_a_kind_outside_the_scopes_is_not_asked_for(fetching: Fetching, services: dict[str, Offer]) -> None:
    charted(fetching.ehr, CORE)
    body = fetching.granted(without_key(plain(services), "procedures"), scope="patient/Condition.read")
    assert said_missing(fetching.ask(body).get_json(), "failed") == ["Procedure"]
    assert fetching.ehr.asked == []


@pytest.mark.parametrize("path", ["/other", "/fhir/../other", "", "/fhirx"])
def test_f_12_a_server_that_is_not_configured_is_not_asked(
    fetching: Fetching, services: dict[str, Offer], path: str
) -> None:
    body = fetching.granted(without_key(plain(services), "conditions"))
    answer = fetching.ask(body | {"fhirServer": fetching.ehr.base.removesuffix("/fhir") + path})
    assert answer.status_code == 412
    assert "not one that this service may ask" in answer.get_json()["issue"][0]["details"]["text"]
    assert fetching.ehr.asked == []


def test_f_12_the_address_of_the_server_is_in_no_error(fetching: Fetching, services: dict[str, Offer]) -> None:
    body = fetching.granted(without_key(plain(services), "conditions")) | {"fhirServer": "https://anna.miller.example"}
    assert "anna" not in fetching.ask(body).get_data(as_text=True)


def test_r_08_r_12_a_token_of_another_kind_or_patient_is_not_used(
    fetching: Fetching, services: dict[str, Offer]
) -> None:
    body = without_key(plain(services), "conditions")
    for grant in ({"token_type": "mac"}, {"patient": "somebody-else"}, {"access_token": ""}):
        assert fetching.ask(fetching.granted(body, **grant)).status_code == 412
    assert fetching.ehr.asked == []


def test_the_same_record_gives_the_same_answer_however_often(fetching: Fetching, services: dict[str, Offer]) -> None:
    charted(fetching.ehr, CORE)
    body = fetching.granted(plain(services) | {"prefetch": {}})
    first, second = (without_uuids(fetching.ask(body).get_json()) for _ in range(2))
    assert first == second
