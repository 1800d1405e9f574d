"""The production server as a process of its own: it starts, says where it is, drains and ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_service.samples import load_sample
from tests.lib.running_service import serving, started

PATIENCE = 60
"""Seconds after which a process or socket that does not answer counts as hung."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running service and its port."""
    with serving(tmp_path) as running:
        yield running


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def call_head(body: bytes, *more: str) -> bytes:
    head = (
        "POST /cds-services/hip-spine-patient-view HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *more,
    )
    return "\r\n".join((*head, "", "")).encode()


def sample_body() -> bytes:
    return json.dumps(load_sample("hip-oa-with-back-pain", datetime.now(UTC))).encode()


def answer_on(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """The status and the decoded body of the next answer."""
    with connection.makefile("rb") as stream:
        status = int(stream.readline().split()[1])
        length = 0
        while (header := stream.readline().strip()) != b"":
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body: dict[str, object] = json.loads(stream.read(length))
    return status, body


def test_it_answers_a_call_and_ends_with_status_0(service: tuple[subprocess.Popen[str], int]) -> None:
    process, port = service
    body = sample_body()
    with connected(port) as connection:
        connection.sendall(call_head(body) + body)
        status, answer = answer_on(connection)
    assert status == 200
    assert answer["cards"]

    process.send_signal(signal.SIGTERM)

    assert process.wait(PATIENCE) == 0


def test_a_call_under_way_is_answered_before_the_process_ends(
    service: tuple[subprocess.Popen[str], int],
) -> None:
    process, port = service
    body = sample_body()
    with connected(port) as connection:
        # The server asks for the body once a worker reads the call: from here on it is under way.
        connection.sendall(call_head(body, "Expect: 100-continue"))
        assert connection.recv(len(b"HTTP/1.1 100 Continue\r\n\r\n")) == b"HTTP/1.1 100 Continue\r\n\r\n"

        process.send_signal(signal.SIGTERM)
        _wait_until_closed(port)
        assert process.poll() is None
        connection.sendall(body)

        status, answer = answer_on(connection)
    assert status == 200
    assert answer["cards"]
    assert process.wait(PATIENCE) == 0


def _wait_until_closed(port: int) -> None:
    """Come back once nobody can connect any more, so that the stop has certainly begun."""
    while True:
        try:
            connected(port).close()
        except ConnectionError:
            return


def test_an_idle_connection_does_not_hold_up_the_end(service: tuple[subprocess.Popen[str], int]) -> None:
    process, port = service
    with connected(port) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert answer_on(connection)[0] == 200

        process.send_signal(signal.SIGTERM)

        assert process.wait(PATIENCE) == 0


def test_what_it_logs_is_json_and_holds_nothing_of_the_request(
    service: tuple[subprocess.Popen[str], int],
) -> None:
    process, port = service
    body = sample_body().replace(b"composed-a", b"canary-id").replace(b"Composed Woman Sample", b"Canary Name")
    with connected(port) as connection:
        connection.sendall(call_head(body, "X-Request-ID: canary", "Authorization: Bearer canary") + body)
        assert answer_on(connection)[0] == 200
    for line in ("GET /canary?canary=canary HTTP/1.1", "CANARY / HTTP/1.1", "not http canary"):
        with connected(port) as connection:
            connection.sendall(f"{line}\r\nHost: canary\r\n\r\n".encode())
            connection.recv(1)
    process.send_signal(signal.SIGTERM)

    log, _ = process.communicate(timeout=PATIENCE)

    lines = [json.loads(line) for line in log.splitlines()]
    assert {"serving", "call", "request", "signal"} <= {line["event"] for line in lines}
    assert "canary" not in log.lower()


@pytest.mark.parametrize(
    ("settings", "arguments", "what"),
    [
        ({"HIPSPINE_HOST": "0.0.0.0"}, (), "HIPSPINE_PUBLIC_URL: not set"),  # noqa: S104
        (
            {"HIPSPINE_PUBLIC_URL": "https://cds.example.org"},
            ("--host", "0.0.0.0"),  # noqa: S104
            "HIPSPINE_ACCEPT_UNREVIEWED_RULES=yes",
        ),
        (
            {"HIPSPINE_PUBLIC_URL": "https://cds.example.org", "HIPSPINE_ACCEPT_UNREVIEWED_RULES": "yes"},
            ("--host", "0.0.0.0"),  # noqa: S104
            "HIPSPINE_ACCEPT_UNKNOWN_CALLERS=yes",
        ),
        ({"HIPSPINE_PROT": "8001"}, (), "did you mean 'HIPSPINE_PORT'?"),
        ({}, ("--port", "http"), "HIPSPINE_PORT: 'http' cannot be used; allowed: 1 to 65535"),
    ],
)
def test_it_does_not_start_with_settings_that_are_wrong_or_unsafe(
    tmp_path: Path, settings: dict[str, str], arguments: tuple[str, ...], what: str
) -> None:
    with started(tmp_path, *arguments, **settings) as process:
        _, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert said.startswith("Hip-Spine CDS does not start: ")
    assert what in said
    assert "Traceback" not in said


def test_a_port_in_use_is_said_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with started(tmp_path, "--port", str(port)) as process:
            _, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1, port {port}" in said
    assert "--port" in said


def test_several_processes_serve_and_drain_alike(tmp_path: Path) -> None:
    with serving(tmp_path, HIPSPINE_WORKERS="2") as (process, port):
        body = sample_body()
        for _ in range(4):
            with connected(port) as connection:
                connection.sendall(call_head(body, "Connection: close") + body)
                assert answer_on(connection)[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
