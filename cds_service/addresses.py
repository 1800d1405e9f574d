"""Web addresses in settings: what is this machine, what is a usable address, what may be shown of one."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` (a name or an IP address, without brackets) is this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def checked_address(given: str, *, path: bool) -> SplitResult:
    """Split an absolute http(s) address that has no user, query or fragment, and a path only if ``path``.

    Raises ValueError with the address and what is wrong with it.
    """
    wrong = None
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise ValueError(f"{shown(given)} is no address, or names a port that does not exist") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or any(map(str.isspace, given)):
        wrong = "is not an absolute http or https address"
    elif parts.username is not None or parts.password is not None:
        wrong = "holds a user name or password"
    elif "?" in given or "#" in given:
        wrong = "holds a query or a fragment"
    elif not path and parts.path not in ("", "/"):
        wrong = "holds a path"
    elif port == 0:
        wrong = "names a port that does not exist"
    if wrong is not None:
        raise ValueError(f"{shown(given)} {wrong}")
    return parts


def shown(value: object) -> str:
    """Quote a value for a message: shortened, and without a user name and password inside an address."""
    text = re.sub(r"(?<=//)[^/\s]*@", "********@", str(value))
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
