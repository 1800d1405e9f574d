"""How this service connects to others: to the address that was checked, with certificates that are trusted, with
nothing from the environment.
"""

from __future__ import annotations

import socket
import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from cds_service.reach import Reach


class NotPermittedAddress(NewConnectionError):
    """The name leads to an address that it may not lead to."""


def trusted() -> ssl.SSLContext:
    """Trust what the machine trusts (its store, or SSL_CERT_FILE) beside the well-known authorities of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


def session(context: ssl.SSLContext, reach: Reach) -> requests.Session:
    """A session of one thread: it keeps connections, and nothing of a call.

    Nothing is read from the environment: a netrc file would add its credentials, a proxy would see tokens.
    """
    made = requests.Session()
    made.trust_env = False
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    made.headers["User-Agent"] = "Hip-Spine-CDS"
    adapter = _Adapter(context, reach)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


class _Adapter(HTTPAdapter):
    """Connects within ``reach``, and checks certificates with one context that was filled beforehand: filling one takes
    longer than an answer.
    """

    def __init__(self, context: ssl.SSLContext, reach: Reach) -> None:
        self._context = context
        self._pools = _pools(reach)
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **more)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:  # noqa: ANN401
        """Demand a certificate that the context trusts, whatever else is asked for."""
        del url, verify, cert
        if isinstance(conn, HTTPSConnectionPool):
            conn.cert_reqs = "CERT_REQUIRED"


def _pools(reach: Reach) -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools that resolve a name once, check what it leads to, and connect to exactly that."""

    def connect(connection: HTTPConnection) -> socket.socket:
        host = connection._dns_host
        try:
            found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as wrong:
            raise NameResolutionError(host, connection, socket.gaierror(str(wrong))) from wrong
        permitted = [one for one in found if reach.permits(host, str(one[4][0]))]
        if not permitted or len(permitted) < len(found):
            raise NotPermittedAddress(connection, "the name leads to an address that is not permitted")
        trouble: OSError | None = None
        for family, kind, protocol, _, address in permitted:
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(connection.timeout)
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opened.connect(address)
            except OSError as wrong:
                opened.close()
                trouble = wrong
            else:
                return opened
        if isinstance(trouble, TimeoutError):
            raise ConnectTimeoutError(connection, "no address of the name answers in time") from trouble
        raise NewConnectionError(connection, "no address of the name answers") from trouble

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}
