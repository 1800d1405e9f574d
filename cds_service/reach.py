"""Which network addresses a name may lead to, checked on the very address that is then connected to.

A name that configuration allows can be made to point elsewhere by whoever runs its name server (DNS rebinding): at the
metadata service of a cloud, at something inside the hospital. So the address, not only the name, has to be right, and
the one that was checked is the one that is used.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NEVER: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "100.100.100.200/32",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "fe80::/10",
        "fd00:ec2::254/128",
        "ff00::/8",
    )
)
"""Link-local, metadata services of clouds, multicast, reserved: not to be named by any setting."""
LOOPBACK: Final[tuple[Network, ...]] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where each host may be. ``networks`` maps a host name to the networks that it lives in; without any, a host
    has to be on the public internet.
    """

    networks: Mapping[str, tuple[Network, ...]] = field(default_factory=dict)

    def permits(self, host: str, address: str) -> bool:
        """True when ``host`` may be at ``address`` (an IP address as the resolver gives it)."""
        found = unwrapped(address)
        if _inside(found, NEVER):
            return False
        named = self.networks.get(host.casefold().rstrip("."))
        return _inside(found, named) if named else found.is_global


def unwrapped(address: str) -> Address:
    """The address itself, or the IPv4 address that is wrapped into it (mapped, 6to4, Teredo, NAT64)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if found.ipv4_mapped is not None:
        return found.ipv4_mapped
    if found.sixtofour is not None:
        return found.sixtofour
    if found.teredo is not None:
        return found.teredo[1]
    if found in _NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found


def read_networks(given: Iterable[str]) -> tuple[Network, ...]:
    """The networks of a setting (``10.0.0.0/8``). Raises ValueError for what is no network or must never be reached."""
    found = []
    for text in given:
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            raise ValueError(f"{text!r} is no network; one is written 10.20.0.0/16 or fd12::/32") from None
        if network.prefixlen == 0:
            raise ValueError(f"{text!r} is every address there is; name the networks that the server lives in")
        if any(network.version == bad.version and network.subnet_of(bad) for bad in NEVER):  # type: ignore[arg-type]  # same version
            raise ValueError(f"{text!r} is link-local, reserved or a metadata service: it is never asked")
        found.append(network)
    return tuple(found)


def _inside(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
