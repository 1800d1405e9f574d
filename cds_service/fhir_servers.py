"""The FHIR servers that may be asked, as a setting names them: a base address, and the private networks it lives in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cds_service.addresses import checked_address, is_loopback, shown
from cds_service.reach import LOOPBACK, Network, Reach, read_networks

IN: Final = " in "


@dataclass(frozen=True, slots=True)
class FhirServer:
    """One server: ``base`` without a slash at the end; ``networks`` empty = on the public internet."""

    base: str
    networks: tuple[Network, ...] = ()

    @property
    def host(self) -> str:
        """Its host name, in lower case."""
        return (urlsplit(self.base).hostname or "").rstrip(".")

    def __str__(self) -> str:
        return self.base + (IN + " ".join(map(str, self.networks)) if self.networks else "")


def read_fhir_server(given: str, *, allow_http_loopback: bool) -> FhirServer:
    """Read ``https://ehr.example.org/fhir`` or ``https://ehr.example.org/fhir in 10.0.0.0/8 10.1.0.0/16``.

    Raises ValueError for what is no usable address, plain http (unless on this machine and allowed), a bad network.
    """
    base, _, networks = given.partition(IN)
    address = checked_address(base, path=True)
    host = address.hostname or ""
    if address.scheme == "http" and not is_loopback(host):
        raise ValueError(f"{shown(base)} is plain http: access tokens would be readable in transit")
    if address.scheme == "http" and not allow_http_loopback:
        needed = "HIPSPINE_FHIR_ALLOW_HTTP_LOOPBACK=yes"
        raise ValueError(f"{shown(base)} is plain http, which a test server may be with {needed}")
    return FhirServer(base.rstrip("/"), () if is_loopback(host) else read_networks(networks.split()))


def reach_of(servers: Iterable[FhirServer]) -> Reach:
    """Where the hosts of these servers may be; several servers of one host share their networks."""
    networks: dict[str, tuple[Network, ...]] = {}
    for server in servers:
        own = LOOPBACK if is_loopback(server.host) else server.networks
        networks[server.host] = networks.get(server.host, ()) + own
    return Reach(networks)
