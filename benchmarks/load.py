"""The load: keep-alive connections that send one body over and over, each as soon as its last answer is there.

A process of its own, so that it takes no time from the server's interpreter: ``python -m benchmarks.load PORT PATH
CONNECTIONS SECONDS`` reads the body from standard input and writes one JSON object. Plain sockets: per call it needs
about a tenth of what the floor needs.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Final

from benchmarks.servers import PATIENCE

WARM_UP: Final = 0.2
"""This share of the time is not counted."""
_CHUNK: Final = 1 << 18


class WrongAnswerError(RuntimeError):
    """An answer that is not 200, or has no Content-Length: there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one stretch of load gave.

    ``seconds`` were counted after the warm-up, ``milliseconds`` is the time of each call in them, sorted; ``sent``
    are all calls, those of the warm-up included. ``processor_share`` is what the load itself took of the time: near 1,
    it was the bottleneck.
    """

    seconds: float
    milliseconds: tuple[float, ...]
    sent: int
    processor_share: float

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds

    def percentile(self, percent: float) -> float:
        """The time in milliseconds within which so many percent of the calls were answered."""
        return self.milliseconds[min(int(len(self.milliseconds) * percent / 100), len(self.milliseconds) - 1)]


def load(port: int, path: str, body: bytes, *, connections: int, seconds: float) -> Load:
    """Put load on a server of this machine from a process of its own. Raises RuntimeError with what went wrong."""
    command = [sys.executable, "-m", "benchmarks.load", str(port), path, str(connections), str(seconds)]
    ended = subprocess.run(command, input=body, capture_output=True, check=False)  # noqa: S603 - this module
    if ended.returncode:
        raise WrongAnswerError(ended.stderr.decode(errors="replace").strip().rpartition("\n")[2])
    told = json.loads(ended.stdout)
    return Load(told["seconds"], tuple(told["milliseconds"]), told["sent"], told["processor_share"])


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    expected: int | None = None

    def send(self, request: bytes) -> None:
        self.received.clear()
        self.expected = None
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Take what has arrived; True when the answer is whole."""
        arrived = self.socket.recv(_CHUNK)
        if not arrived:
            raise WrongAnswerError("the server closed the connection in the middle of an answer")
        self.received += arrived
        if self.expected is None:
            self.expected = _length(self.received)
        return self.expected is not None and len(self.received) >= self.expected


def _length(received: bytearray) -> int | None:
    """How long the whole answer is, or None while its head is not there yet."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    status, _, head = bytes(received[:end]).decode("latin-1").lower().partition("\r\n")
    if status.split(" ")[1] != "200":
        raise WrongAnswerError(f"an answer was not 200 but: {status}")
    lengths = [line.partition(":")[2] for line in head.split("\r\n") if line.startswith("content-length:")]
    if not lengths:
        raise WrongAnswerError("an answer has no Content-Length")
    return end + 4 + int(lengths[0])


def _drive(port: int, path: str, body: bytes, connections: int, seconds: float) -> dict[str, object]:
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        opened = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(opened)
        selector.register(opened, selectors.EVENT_READ, connection)
        connection.send(request)
    began = time.perf_counter()
    counted_from, until = began + seconds * WARM_UP, began + seconds
    taken: list[float] = []
    first = last = 0.0
    sent = connections
    while (now := time.perf_counter()) < until or not taken:
        for key, _ in selector.select(PATIENCE):
            connection = key.data
            if not connection.answered():
                continue
            now = time.perf_counter()
            if now >= counted_from:
                first = first or connection.sent_at
                last = now
                taken.append((now - connection.sent_at) * 1000)
            connection.send(request)
            sent += 1
    return {
        "seconds": last - first,
        "milliseconds": [round(each, 4) for each in sorted(taken)],
        "sent": sent,
        "processor_share": time.process_time() / (time.perf_counter() - began),
    }


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="Load on a server of this machine")
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("connections", type=int)
    parser.add_argument("seconds", type=float)
    given = parser.parse_args()
    driven = _drive(given.port, given.path, sys.stdin.buffer.read(), given.connections, given.seconds)
    sys.stdout.write(json.dumps(driven))


if __name__ == "__main__":
    _main()
