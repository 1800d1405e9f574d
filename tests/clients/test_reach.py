"""The attack table of outgoing connections: where an allowed name may lead to, and where it may not."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer

from cds_service.fhir_servers import FhirServer, reach_of, read_fhir_server
from cds_service.outgoing import session, trusted
from cds_service.reach import Reach, read_networks

PUBLIC = Reach()
HOSPITAL = reach_of([read_fhir_server("https://ehr.intern/fhir in 10.20.0.0/16 fd12::/32", allow_http_loopback=False)])
MACHINE = reach_of([read_fhir_server("http://127.0.0.1:8091/fhir", allow_http_loopback=True)])


@pytest.mark.parametrize(
    ("reach", "host", "address", "permitted"),
    [
        (PUBLIC, "ehr.example.org", "93.184.216.34", True),
        (PUBLIC, "ehr.example.org", "2606:2800:220:1:248:1893:25c8:1946", True),
        (PUBLIC, "ehr.example.org", "127.0.0.1", False),
        (PUBLIC, "ehr.example.org", "::1", False),
        (PUBLIC, "ehr.example.org", "10.0.0.1", False),
        (PUBLIC, "ehr.example.org", "172.16.3.4", False),
        (PUBLIC, "ehr.example.org", "192.168.1.1", False),
        (PUBLIC, "ehr.example.org", "100.64.0.1", False),
        (PUBLIC, "ehr.example.org", "fd12::1", False),
        (PUBLIC, "ehr.example.org", "fe80::1%eth0", False),
        (PUBLIC, "ehr.example.org", "169.254.169.254", False),
        (PUBLIC, "ehr.example.org", "::ffff:169.254.169.254", False),
        (PUBLIC, "ehr.example.org", "::ffff:127.0.0.1", False),
        (PUBLIC, "ehr.example.org", "64:ff9b::a9fe:a9fe", False),
        (PUBLIC, "ehr.example.org", "64:ff9b::5db8:d822", True),
        (PUBLIC, "ehr.example.org", "2002:7f00:1::", False),
        (PUBLIC, "ehr.example.org", "fd00:ec2::254", False),
        (PUBLIC, "ehr.example.org", "100.100.100.200", False),
        (PUBLIC, "ehr.example.org", "0.0.0.0", False),  # noqa: S104 - an address to refuse
        (PUBLIC, "ehr.example.org", "224.0.0.1", False),
        (PUBLIC, "ehr.example.org", "255.255.255.255", False),
        (HOSPITAL, "ehr.intern", "10.20.3.4", True),
        (HOSPITAL, "EHR.intern.", "fd12::9", True),
        (HOSPITAL, "ehr.intern", "::ffff:10.20.3.4", True),
        (HOSPITAL, "ehr.intern", "10.21.0.1", False),
        (HOSPITAL, "ehr.intern", "93.184.216.34", False),
        (HOSPITAL, "ehr.intern", "127.0.0.1", False),
        (HOSPITAL, "other.intern", "10.20.3.4", False),
        (MACHINE, "127.0.0.1", "127.0.0.1", True),
        (MACHINE, "127.0.0.1", "10.0.0.1", False),
        (MACHINE, "localhost", "127.0.0.1", False),
    ],
)
def test_where_a_name_may_lead_to(reach: Reach, host: str, address: str, permitted: bool) -> None:
    assert reach.permits(host, address) is permitted


@pytest.mark.parametrize(
    ("network", "what"),
    [
        ("0.0.0.0/0", "every address"),
        ("::/0", "every address"),
        ("169.254.0.0/16", "never asked"),
        ("169.254.169.254/32", "never asked"),
        ("fe80::/64", "never asked"),
        ("fd00:ec2::254/128", "never asked"),
        ("10.20.0.1/16", "no network"),
        ("hospital", "no network"),
    ],
)
def test_a_setting_cannot_name_what_must_not_be_reached(network: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        read_networks([network])


def test_a_wide_network_does_not_open_the_metadata_service() -> None:
    reach = Reach({"ehr.intern": read_networks(["fd00::/8", "100.64.0.0/10", "168.0.0.0/6"])})
    assert reach.permits("ehr.intern", "fd00::1")
    for address in ("fd00:ec2::254", "100.100.100.200", "169.254.169.254"):
        assert not reach.permits("ehr.intern", address)


@pytest.mark.parametrize("given", ["http://ehr.example.org/fhir", "http://127.0.0.1:8080/fhir", "ftp://x/fhir", "fhir"])
def test_a_base_address_that_may_not_be_asked_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"plain http|absolute"):
        read_fhir_server(given, allow_http_loopback=False)


def test_a_server_is_written_as_it_was_read() -> None:
    server = read_fhir_server("https://ehr.intern/fhir/ in 10.20.0.0/16 fd12::/32", allow_http_loopback=False)
    assert str(server) == "https://ehr.intern/fhir in 10.20.0.0/16 fd12::/32"
    assert str(FhirServer("https://ehr.example.org/fhir")) == "https://ehr.example.org/fhir"


def test_servers_of_one_host_share_the_networks_that_each_names() -> None:
    servers = ("https://ehr.intern/r4 in 10.20.0.0/16", "https://ehr.intern/r5 in fd12::/32")
    reach = reach_of(read_fhir_server(server, allow_http_loopback=False) for server in servers)
    assert reach.permits("ehr.intern", "10.20.3.4")
    assert reach.permits("ehr.intern", "fd12::9")


class NameServer:
    """Answers that an attacker's name server would give, one a question; the last one again and again."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        assert host == "ehr.example.org"
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("93.184.216.34", "127.0.0.1"), ("127.0.0.1", "93.184.216.34")])
def test_a_name_that_leads_inside_is_not_followed(
    addresses: tuple[str, ...], httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/fhir").respond_with_data("inside")
    monkeypatch.setattr(socket, "getaddrinfo", NameServer(addresses))
    with session(trusted(), Reach()) as connection, pytest.raises(requests.ConnectionError, match="not permitted"):
        connection.get(f"http://ehr.example.org:{httpserver.port}/fhir", timeout=5)
    assert httpserver.log == []


def test_the_address_that_was_checked_is_the_one_that_is_used(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/fhir").respond_with_data("right")
    names = NameServer(("127.0.0.1",), ("169.254.169.254",))
    monkeypatch.setattr(socket, "getaddrinfo", names)
    reach = Reach({"ehr.example.org": read_networks(["127.0.0.0/8"])})
    with session(trusted(), reach) as connection:
        assert connection.get(f"http://ehr.example.org:{httpserver.port}/fhir", timeout=5).text == "right"
    assert names.asked == 1
