"""How this service connects to others: certificates are checked, and nothing but configuration says where to."""

from __future__ import annotations

import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH


def trusted() -> ssl.SSLContext:
    """Trust what the machine trusts (its store, or SSL_CERT_FILE) beside the well-known authorities of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


class _Trusting(HTTPAdapter):
    """Checks certificates with one context that was filled beforehand: filling one takes longer than an answer."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **more)

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:  # noqa: ANN401
        """Demand a certificate that the context trusts, whatever else is asked for."""
        del url, verify, cert
        conn.cert_reqs = "CERT_REQUIRED"


def session(context: ssl.SSLContext) -> requests.Session:
    """A session of one thread: it keeps connections, and nothing of a call.

    Nothing is read from the environment: a netrc file would add its credentials, a proxy would see tokens.
    """
    made = requests.Session()
    made.trust_env = False
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    made.headers["User-Agent"] = "Hip-Spine-CDS"
    made.mount("https://", _Trusting(context))
    return made
