"""Fetching from a FHIR server over real sockets: what comes, what does not, and what is never asked."""

from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cds_service.cooling import FAILURES, Cooling
from cds_service.cooling import SECONDS as COOL_SECONDS
from cds_service.fhir_client import FhirClient
from cds_service.fhir_exchange import LONG_ADDRESS, MOST_BYTES, MOST_TRIES
from cds_service.fhir_reading import MOST_PAGES, Fetched, Question, Reading
from cds_service.fhir_servers import FhirServer, read_fhir_server
from cds_service.hook_request import FhirAccess
from cds_service.scopes import Cover
from rules.chart import Availability
from tests.lib.ehr_server import EhrServer, fhir, http_server, outcome, searchset

TOKEN = "t0p-secret"
ACCESS = FhirAccess(TOKEN)
CONDITIONS = Question("Condition", "Condition?patient=p1")
PATIENT = Question("Patient", "Patient/p1")
BUDGET = 20.0
"""Seconds; far more than an answer takes, so that no test depends on how fast the machine is."""


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[HTTPServer, HTTPServer]]:
    with http_server() as one, http_server() as other:
        yield one, other


@pytest.fixture
def ehr(servers: tuple[HTTPServer, HTTPServer]) -> EhrServer:
    return EhrServer(servers[0])


@pytest.fixture
def elsewhere(servers: tuple[HTTPServer, HTTPServer]) -> EhrServer:
    return EhrServer(servers[1])


def named(base: str) -> FhirServer:
    return read_fhir_server(base, allow_http_loopback=True)


def client(ehr: EhrServer, budget: float = BUDGET, *, without_token: bool = False) -> FhirClient:
    return FhirClient([named(ehr.base)], budget_seconds=budget, without_token=without_token)


def ask(ehr: EhrServer, question: Question = CONDITIONS, access: FhirAccess | None = ACCESS) -> Fetched:
    return client(ehr).fetch(ehr.base, access, [question], "p1")[question.kind]


def condition(number: int) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": f"c{number}", "subject": {"reference": "Patient/p1"}}


def ids(fetched: Fetched) -> list[str]:
    return [entry.resource["id"] for entry in fetched.entries if isinstance(entry.resource, dict)]


def test_a_search_brings_all_entries(ehr: EhrServer) -> None:
    ehr.resources = [condition(number) for number in range(3)]
    fetched = ask(ehr)
    assert fetched.availability is Availability.COMPLETE
    assert fetched.reason is None
    assert ids(fetched) == ["c0", "c1", "c2"]
    assert {entry.origin for entry in fetched.entries} == {"fhirServer"}


def test_an_empty_search_is_a_complete_answer(ehr: EhrServer) -> None:
    assert ask(ehr) == Fetched(Availability.COMPLETE)


def test_all_pages_are_read(ehr: EhrServer) -> None:
    ehr.resources = [condition(number) for number in range(5)]
    ehr.page_size = 2
    fetched = ask(ehr)
    assert fetched.availability is Availability.COMPLETE
    assert ids(fetched) == ["c0", "c1", "c2", "c3", "c4"]
    assert len(ehr.asked) == 3


def test_the_token_goes_with_every_request(ehr: EhrServer) -> None:
    ehr.resources = [condition(number) for number in range(5)]
    ehr.page_size = 2
    ehr.token = TOKEN
    assert ask(ehr).availability is Availability.COMPLETE
    assert {request.headers["Authorization"] for request in ehr.asked} == {f"Bearer {TOKEN}"}


def test_the_token_of_one_call_is_not_there_in_the_next(ehr: EhrServer) -> None:
    fhir_client = client(ehr, without_token=True)
    for access in (ACCESS, None):
        fhir_client.fetch(ehr.base, access, [CONDITIONS], "p1")
    assert [request.headers.get("Authorization") for request in ehr.asked] == [f"Bearer {TOKEN}", None]


def test_the_token_is_in_no_text_of_the_access() -> None:
    assert TOKEN not in repr(ACCESS)
    assert TOKEN not in str(ACCESS)


def test_a_read_brings_the_patient(ehr: EhrServer) -> None:
    ehr.resources = [{"resourceType": "Patient", "id": "p1"}]
    fetched = ask(ehr, PATIENT)
    assert fetched.availability is Availability.COMPLETE
    assert ids(fetched) == ["p1"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_patient_that_is_not_there_is_no_failure(ehr: EhrServer, status: int) -> None:
    ehr.answers["Patient"] = lambda _: fhir(outcome("error", "not-found"), status)
    assert ask(ehr, PATIENT) == Fetched(Availability.COMPLETE)


def test_another_patient_is_a_failure(ehr: EhrServer) -> None:
    ehr.answers["Patient"] = lambda _: fhir({"resourceType": "Patient", "id": "p2"})
    assert ask(ehr, PATIENT) == Fetched(Availability.FAILED, reason="not-the-patient")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Response(status=401), "not-allowed"),
        (Response(status=403), "not-allowed"),
        (Response(status=400), "client-error"),
        (Response(status=404), "client-error"),
        (Response(status=500), "server-error"),
        (Response(status=503), "server-busy"),
        (Response(status=429, headers={"Retry-After": "soon"}), "server-busy"),
        (Response(status=204), "other-status"),
        (Response("<html><body>Sign in</body></html>", content_type="text/html"), "not-json"),
        (Response('{"resourceType": "Bundle", "entry": [', content_type="application/fhir+json"), "not-json"),
        (Response("", content_type="application/fhir+json"), "not-json"),
        (fhir([]), "not-a-bundle"),
        (fhir(condition(1)), "not-a-bundle"),
        (fhir(outcome("error", "exception")), "not-a-bundle"),
        (fhir(searchset(outcome("error", "exception"))), "no-answer"),
        (fhir(searchset({"resourceType": "Observation"})), "no-answer"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_answer_is_a_failure(ehr: EhrServer, answer: Response, reason: str) -> None:
    ehr.answers["Condition"] = lambda _: answer
    assert ask(ehr) == Fetched(Availability.FAILED, reason=reason)


def test_a_body_that_breaks_off_is_a_failure(ehr: EhrServer) -> None:
    whole = fhir(searchset(condition(1))).get_data()
    headers = {"Content-Length": str(len(whole) + 1)}
    ehr.answers["Condition"] = lambda _: Response(iter([whole]), headers=headers)
    assert ask(ehr) == Fetched(Availability.FAILED, reason="connection")


def test_a_failure_after_the_first_page_keeps_what_came(ehr: EhrServer) -> None:
    def answer(request: Request) -> Response:
        if "page" in request.args:
            return Response(status=500)
        return fhir(searchset(condition(1), next_page=f"{ehr.base}/Condition?page=2"))

    ehr.answers["Condition"] = answer
    fetched = ask(ehr)
    assert (fetched.availability, fetched.reason) == (Availability.INCOMPLETE, "server-error")
    assert ids(fetched) == ["c1"]


def test_entries_beside_an_error_are_used_and_incomplete(ehr: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: fhir(searchset(condition(1), outcome("error", "timeout")))
    fetched = ask(ehr)
    assert (fetched.availability, fetched.reason, ids(fetched)) == (Availability.INCOMPLETE, "partly-failed", ["c1"])


def test_a_warning_among_the_entries_changes_nothing(ehr: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: fhir(searchset(condition(1), outcome("warning", "informational")))
    assert ask(ehr).availability is Availability.COMPLETE


@pytest.mark.parametrize(
    "self_link",
    ["{base}/Condition", "{base}/Condition?_count=500", "{base}/Condition?patient=p2", "http://[bad", "{base}?x=p1"],
)
def test_a_server_that_ignored_the_patient_is_not_complete(ehr: EhrServer, self_link: str) -> None:
    link = {"relation": "self", "url": self_link.format(base=ehr.base)}
    ehr.answers["Condition"] = lambda _: fhir(searchset(condition(1), link=[link]))
    fetched = ask(ehr)
    assert (fetched.availability, fetched.reason) == (Availability.INCOMPLETE, "search-not-by-patient")


@pytest.mark.parametrize("query", ["patient=p1", "patient=Patient%2Fp1", "patient:Patient=p1", "subject=Patient/p1"])
def test_a_server_may_say_the_patient_in_its_own_way(ehr: EhrServer, query: str) -> None:
    link = {"relation": "self", "url": f"{ehr.base}/Condition?_count=20&{query}"}
    ehr.answers["Condition"] = lambda _: fhir(searchset(condition(1), link=[link]))
    assert ask(ehr).availability is Availability.COMPLETE


def test_fewer_entries_than_the_server_counted_are_not_complete(ehr: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: fhir(searchset(condition(1), total=2))
    assert ask(ehr).reason == "fewer-than-total"


def test_a_next_link_without_address_is_not_complete(ehr: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: fhir(searchset(condition(1), link=[{"relation": "next"}]))
    assert ask(ehr).reason == "page-without-address"


def test_pages_without_end_are_cut(ehr: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: fhir(searchset(condition(1), next_page=f"{ehr.base}/Condition?patient=p1"))
    fetched = ask(ehr)
    assert (fetched.availability, fetched.reason) == (Availability.INCOMPLETE, "too-many")
    assert len(ehr.asked) == MOST_PAGES


@pytest.mark.parametrize("next_page", ["?patient=p1&_offset=1", "Condition?patient=p1&_offset=1"])
def test_a_relative_next_link_is_followed(ehr: EhrServer, next_page: str) -> None:
    def answer(request: Request) -> Response:
        last = "_offset" in request.args
        return fhir(searchset(condition(2)) if last else searchset(condition(1), next_page=next_page))

    ehr.answers["Condition"] = answer
    assert ids(ask(ehr)) == ["c1", "c2"]


def test_a_next_link_to_another_server_is_not_followed(ehr: EhrServer, elsewhere: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: fhir(searchset(condition(1), next_page=f"{elsewhere.base}/Condition?page=2"))
    fetched = ask(ehr)
    assert (fetched.availability, fetched.reason) == (Availability.INCOMPLETE, "address-outside-server")
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "/admin",
        "/fhirs/Condition",
        "/fhir/../admin",
        "/fhir/%2e%2e/admin",
        "/fhir/..%2fadmin",
        "//user@{host}/fhir/Condition",
    ],
)
def test_a_next_link_outside_the_base_is_not_followed(ehr: EhrServer, path: str) -> None:
    address = path.format(host=ehr.base.split("/")[2])
    ehr.answers["Condition"] = lambda _: fhir(searchset(condition(1), next_page=address))
    assert ask(ehr).reason == "address-outside-server"
    assert len(ehr.asked) == 1


def test_a_redirect_is_not_followed(ehr: EhrServer, elsewhere: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: Response(status=302, headers={"Location": f"{elsewhere.base}/Condition"})
    assert ask(ehr) == Fetched(Availability.FAILED, reason="redirect")
    assert elsewhere.asked == []


def test_a_body_that_unfolds_too_far_is_cut(ehr: EhrServer) -> None:
    bomb = gzip.compress(b'{"resourceType": "Bundle", "x": "' + b"0" * MOST_BYTES + b'"}')
    headers = {"Content-Encoding": "gzip"}
    ehr.answers["Condition"] = lambda _: Response(bomb, headers=headers, content_type="application/fhir+json")
    assert ask(ehr) == Fetched(Availability.FAILED, reason="too-large")


def test_a_compressed_body_is_read(ehr: EhrServer) -> None:
    packed = gzip.compress(fhir(searchset(condition(1))).get_data())
    ehr.answers["Condition"] = lambda _: Response(packed, headers={"Content-Encoding": "gzip"})
    assert ids(ask(ehr)) == ["c1"]


def test_a_server_that_is_not_there_is_a_failure() -> None:
    with http_server() as server:
        gone = EhrServer(server)
    fetched = client(gone).fetch(gone.base, ACCESS, [CONDITIONS], "p1")
    assert fetched["Condition"] == Fetched(Availability.FAILED, reason="connection")


def test_what_has_not_come_by_the_deadline_is_a_failure_and_the_rest_is_kept(ehr: EhrServer) -> None:
    answered = threading.Event()

    def late(_: Request) -> Response:
        answered.wait(30)
        return fhir(searchset(condition(1)))

    def half(request: Request) -> Response:
        if "page" in request.args:
            return late(request)
        return fhir(searchset({"resourceType": "Procedure", "id": "o1"}, next_page=f"{ehr.base}/Procedure?page=2"))

    ehr.answers = {"Condition": late, "Procedure": half}
    ehr.resources = [{"resourceType": "Patient", "id": "p1"}]
    procedures = Question("Procedure", "Procedure?patient=p1")
    try:
        fetched = client(ehr, 1.5).fetch(ehr.base, ACCESS, [CONDITIONS, procedures, PATIENT], "p1")
    finally:
        answered.set()
    assert fetched["Condition"] == Fetched(Availability.FAILED, reason="timeout")
    assert (fetched["Procedure"].availability, fetched["Procedure"].reason) == (Availability.INCOMPLETE, "timeout")
    assert ids(fetched["Procedure"]) == ["o1"]
    assert fetched["Patient"].availability is Availability.COMPLETE


def test_a_busy_server_is_asked_again_when_it_says(ehr: EhrServer) -> None:
    busy = [
        Response(status=503, headers={"Retry-After": "0"}),
        Response(status=429, headers={"Retry-After": "Tue, 24 Nov 2020 12:00:00 GMT"}),
    ]
    ehr.answers["Condition"] = lambda _: busy.pop() if busy else fhir(searchset(condition(1)))
    assert ids(ask(ehr)) == ["c1"]
    assert len(ehr.asked) == MOST_TRIES


def test_a_server_that_stays_busy_is_not_asked_for_ever(ehr: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: Response(status=503, headers={"Retry-After": "0"})
    assert ask(ehr) == Fetched(Availability.FAILED, reason="server-busy")
    assert len(ehr.asked) == MOST_TRIES


def test_a_server_that_wants_to_be_asked_after_the_deadline_is_not_asked_again(ehr: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: Response(status=503, headers={"Retry-After": "3600"})
    assert ask(ehr) == Fetched(Availability.FAILED, reason="server-busy")
    assert len(ehr.asked) == 1


def test_a_page_that_was_cut_off_is_asked_for_again(ehr: EhrServer) -> None:
    whole = fhir(searchset(condition(1)))
    cut = Response(iter([whole.get_data()[:20]]), headers={"Content-Length": "500"})
    answers = [whole, cut]
    ehr.answers["Condition"] = lambda _: answers.pop()
    assert ids(ask(ehr)) == ["c1"]
    assert len(ehr.asked) == 2


def test_a_long_search_goes_by_post_and_a_short_one_does_not(ehr: EhrServer) -> None:
    codes = ",".join(f"http://snomed.info/sct|{number}" for number in range(100))
    long = Question("Condition", f"Condition?patient=p1&code={codes}")
    assert len(long.address) > LONG_ADDRESS

    def answer(request: Request) -> Response:
        return fhir(searchset(condition(1)) if request.form.get("patient") == "p1" else searchset())

    ehr.answers["Condition"] = answer
    assert ids(ask(ehr, long)) == ["c1"]
    (asked,) = ehr.asked
    assert (asked.method, asked.path, asked.args) == ("POST", "/fhir/Condition/_search", {})
    assert (asked.form["code"], asked.form["_count"]) == (codes, "500")
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    ask(ehr)
    assert ehr.asked[-1].method == "GET"


@pytest.mark.parametrize("status", [404, 405, 415, 501])
def test_a_server_that_does_not_know_post_gets_the_long_address(ehr: EhrServer, status: int) -> None:
    def answer(request: Request) -> Response:
        return Response(status=status) if request.method == "POST" else fhir(searchset(condition(1)))

    ehr.answers["Condition"] = answer
    long = Question("Condition", f"Condition?patient=p1&code={'x' * LONG_ADDRESS}")
    assert ids(ask(ehr, long)) == ["c1"]


def test_a_server_that_fails_again_and_again_is_left_alone_for_a_while(ehr: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: Response(status=500)
    fhir_client = client(ehr)
    answers = [fhir_client.fetch(ehr.base, ACCESS, [CONDITIONS], "p1")["Condition"] for _ in range(FAILURES + 2)]
    assert [answer.reason for answer in answers] == ["server-error"] * FAILURES + ["server-resting"] * 2
    assert {answer.availability for answer in answers} == {Availability.FAILED}
    assert len(ehr.asked) == FAILURES


def test_after_its_rest_one_call_tries_the_server_and_success_ends_it() -> None:
    now = [0.0]
    cooling = Cooling(lambda: now[0])
    failed, good = Fetched(Availability.FAILED, reason="timeout"), Fetched(Availability.COMPLETE)
    for _ in range(FAILURES - 1):
        cooling.learn("a", [failed, failed])
    cooling.learn("a", [failed, good])
    for _ in range(FAILURES):
        assert not cooling.rests("a")
        cooling.learn("a", [failed])
    assert cooling.rests("a")
    assert not cooling.rests("b")
    now[0] = COOL_SECONDS
    assert not cooling.rests("a")
    assert cooling.rests("a")
    cooling.learn("a", [good])
    assert not cooling.rests("a")


def test_a_refusal_is_no_reason_to_leave_a_server_alone() -> None:
    cooling = Cooling()
    for _ in range(FAILURES + 1):
        cooling.learn("a", [Fetched(Availability.FAILED, reason="not-allowed")])
    assert not cooling.rests("a")


def test_no_request_begins_after_the_deadline(ehr: EhrServer) -> None:
    reading = Reading(CONDITIONS, ehr.base, ACCESS, "p1", time.monotonic() - 1, Cover.WHOLE)
    reading.run(requests.Session())
    assert reading.answer() == Fetched(Availability.FAILED, reason="timeout")
    assert ehr.asked == []


def test_all_questions_are_asked_at_the_same_time(ehr: EhrServer) -> None:
    kinds = ("Condition", "Procedure", "Observation", "ServiceRequest")
    together = threading.Barrier(len(kinds))

    def answer(_: Request) -> Response:
        together.wait(10)
        return fhir(searchset())

    ehr.answers = dict.fromkeys(kinds, answer)
    questions = [Question(kind, f"{kind}?patient=p1") for kind in kinds]
    fetched = client(ehr).fetch(ehr.base, ACCESS, questions, "p1")
    assert {kind: one.availability for kind, one in fetched.items()} == dict.fromkeys(kinds, Availability.COMPLETE)


def test_a_cookie_of_the_server_is_not_kept(ehr: EhrServer) -> None:
    ehr.answers["Condition"] = lambda _: fhir(searchset(), 200, **{"Set-Cookie": "session=abc; Path=/"})
    fhir_client = client(ehr)
    for _ in range(2):
        fhir_client.fetch(ehr.base, ACCESS, [CONDITIONS], "p1")
    assert [request.headers.get("Cookie") for request in ehr.asked] == [None, None]


def test_nothing_of_the_environment_goes_out(ehr: EhrServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fetched = client(ehr, without_token=True).fetch(ehr.base, None, [CONDITIONS], "p1")
    assert fetched["Condition"].availability is Availability.COMPLETE
    assert [request.headers.get("Authorization") for request in ehr.asked] == [None]


def test_a_kind_outside_the_scopes_is_not_asked_for(ehr: EhrServer) -> None:
    access = FhirAccess(TOKEN, "patient/Observation.read launch")
    assert ask(ehr, access=access) == Fetched(Availability.FAILED, reason="scope")
    assert ehr.asked == []


def test_a_filtered_scope_brings_no_complete_list(ehr: EhrServer) -> None:
    ehr.resources = [condition(1)]
    fetched = ask(ehr, access=FhirAccess(TOKEN, "patient/Condition.rs?category=problem-list-item"))
    assert (fetched.availability, fetched.reason, ids(fetched)) == (Availability.INCOMPLETE, "scope-filter", ["c1"])


@pytest.mark.parametrize(
    "server",
    [
        "https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/",
        "HTTPS://EHR.example.ORG/fhir",
        "https://ehr.example.org:443/fhir",
    ],
)
def test_one_address_may_be_written_in_several_ways(server: str) -> None:
    assert FhirClient([named("https://ehr.example.org/fhir")]).obstacle(server, ACCESS) is None


@pytest.mark.parametrize(
    "server",
    [
        "http://ehr.example.org/fhir",
        "https://ehr.example.org",
        "https://ehr.example.org/fhir/r4",
        "https://ehr.example.org/FHIR",
        "https://ehr.example.org:8443/fhir",
        "https://ehr.example.org.evil.example/fhir",
        "https://evil.example/https://ehr.example.org/fhir",
        "https://169.254.169.254/latest",
        "https://ehr.example.org:port/fhir",
    ],
)
def test_a_server_that_configuration_does_not_name_is_not_asked(server: str) -> None:
    fhir_client = FhirClient([named("https://ehr.example.org/fhir")])
    assert fhir_client.obstacle(server, ACCESS) == "the FHIR server of the request is not one that this service may ask"
    with pytest.raises(ValueError, match="does not name"):
        fhir_client.fetch(server, ACCESS, [CONDITIONS], "p1")


def test_without_a_token_no_server_is_asked_unless_configured() -> None:
    base = "https://ehr.example.org/fhir"
    assert FhirClient([named(base)]).obstacle(base, None) == "the request grants no access token for its FHIR server"
    assert FhirClient([named(base)], without_token=True).obstacle(base, None) is None


def test_a_certificate_counts_only_when_the_machine_trusts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(host="127.0.0.1", port=0, ssl_context=context) as server:
        server.expect_request("/fhir/Condition").respond_with_json(searchset(condition(1)))
        base = server.url_for("/fhir")
        assert base.startswith("https://")
        unknown = FhirClient([named(base)], budget_seconds=BUDGET).fetch(base, ACCESS, [CONDITIONS], "p1")
        assert unknown["Condition"] == Fetched(Availability.FAILED, reason="connection")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        known = FhirClient([named(base)], budget_seconds=BUDGET).fetch(base, ACCESS, [CONDITIONS], "p1")
        assert ids(known["Condition"]) == ["c1"]
