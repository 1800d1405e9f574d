"""Every way in which a token can be wrong, one at a time, against a token that is right (S-01 to S-20)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cds_service.trust.issuers import Issuer
from cds_service.trust.keys import Keys, KeysUnreachable
from cds_service.trust.tokens import LEEWAY, LONGEST, TokenCheck, Untrusted

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PUBLIC = "https://cds.example.org/base"
PATH = "/cds-services/hip-spine-patient-view"
ISS = "https://ehr.example.org/fhir"
KID = "a+b/c=="
GONE = object()

EC_KEY = ec.generate_private_key(ec.SECP384R1())
OTHER_EC_KEY = ec.generate_private_key(ec.SECP384R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
SMALL_RSA_KEY = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the test is that it is refused

ISSUERS = (
    Issuer(iss=ISS, keys="https://ehr.example.org/keys", life=900, audiences=("https://old.example.org",)),
    Issuer(iss="https://strict.example.org", keys="https://strict.example.org/keys", tenants=frozenset({"north"})),
)


def jwk(key: Any, kid: str = KID, **more: str) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
    )
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", **more}


class KeySet:
    """A key set in memory that counts how often it was asked."""

    def __init__(self, *keys: Mapping[str, Any], reachable: bool = True) -> None:
        self._keys = {key["kid"]: key for key in keys}
        self._reachable = reachable
        self.asked: list[str] = []

    def find(self, kid: str) -> Mapping[str, Any] | None:
        self.asked.append(kid)
        if not self._reachable:
            raise KeysUnreachable("refused")
        return self._keys.get(kid)


class Spent:
    """The tokens that were used, in memory."""

    def __init__(self) -> None:
        self.tokens: dict[tuple[str, str], int] = {}

    def __call__(self, issuer: str, token_id: str, until: int) -> bool:
        fresh = (issuer, token_id) not in self.tokens
        self.tokens[issuer, token_id] = until
        return fresh


def claims(**changed: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    said = {"iss": ISS, "aud": PUBLIC + PATH, "iat": now - 10, "exp": now + 290, "jti": "once"} | changed
    return {name: value for name, value in said.items() if value is not GONE}


def signed(
    payload: Mapping[str, Any], key: Any = EC_KEY, algorithm: str = "ES384", headers: Mapping[str, Any] | None = None
) -> str:
    return jwt.encode(dict(payload), key, algorithm=algorithm, headers={"kid": KID, **(headers or {})})


def check(keys: Keys | None = None, spent: Spent | None = None) -> TokenCheck:
    found = keys if keys is not None else KeySet(jwk(EC_KEY))
    return TokenCheck(ISSUERS, lambda _, jku: found if jku is None else None, spent or Spent(), PUBLIC)


def reason(token: str | None, keys: Keys | None = None, *, scheme: str = "Bearer ", spent: Spent | None = None) -> str:
    with pytest.raises(Untrusted) as refusal:
        check(keys, spent).caller(None if token is None else scheme + token, PATH, NOW)
    return refusal.value.reason


def encoded(part: Mapping[str, Any] | bytes) -> str:
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_good_token_names_its_caller() -> None:
    caller = check().caller(f"Bearer {signed(claims(sub='client', tenant='x'))}", PATH, NOW)
    assert (caller.issuer.iss, caller.tenant) == (ISS, "x")


def test_rs384_is_taken_as_well() -> None:
    token = signed(claims(), RSA_KEY, "RS384")
    assert check(KeySet(jwk(RSA_KEY))).caller(f"bearer {token}", PATH, NOW).issuer.iss == ISS


@pytest.mark.parametrize(
    "audience",
    [
        [PUBLIC + PATH, "https://other.example.org"],
        f"{PUBLIC}{PATH}/",
        "https://old.example.org",
        f"https://old.example.org{PATH}",
    ],
)
def test_an_audience_may_be_a_list_or_a_permitted_alias(audience: object) -> None:
    assert check().caller(f"Bearer {signed(claims(aud=audience))}", PATH, NOW)


NOW_S = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"iss": GONE}, "unknown-issuer"),
        ({"iss": f"{ISS}/"}, "unknown-issuer"),
        ({"iss": "https://ehr.example.org"}, "unknown-issuer"),
        ({"iss": "x" * 2000}, "unknown-issuer"),
        ({"aud": GONE}, "other-audience"),
        ({"aud": PUBLIC}, "other-audience"),
        ({"aud": f"{PUBLIC}/cds-services"}, "other-audience"),
        ({"aud": f"{PUBLIC}{PATH}/feedback"}, "other-audience"),
        ({"aud": (PUBLIC + PATH).upper()}, "other-audience"),
        ({"aud": []}, "other-audience"),
        ({"aud": {PUBLIC + PATH: True}}, "other-audience"),
        ({"exp": GONE}, "no-times"),
        ({"iat": GONE}, "no-times"),
        ({"exp": str(NOW_S + 290)}, "no-times"),
        ({"exp": True}, "no-times"),
        ({"exp": 1e308}, "no-times"),
        ({"iat": float("nan")}, "no-times"),
        ({"exp": NOW_S - LEEWAY}, "expired"),
        ({"iat": NOW_S + LEEWAY + 1, "exp": NOW_S + 300}, "issued-in-the-future"),
        ({"nbf": NOW_S + LEEWAY + 1}, "not-valid-yet"),
        ({"nbf": "now"}, "not-valid-yet"),
        ({"exp": NOW_S - 10 + 901}, "life-too-long"),
        ({"jti": GONE}, "no-token-id"),
        ({"jti": ""}, "no-token-id"),
        ({"jti": 7}, "no-token-id"),
        ({"jti": "x" * 2000}, "no-token-id"),
        ({"iss": "https://strict.example.org"}, "unknown-tenant"),
        ({"iss": "https://strict.example.org", "tenant": "south"}, "unknown-tenant"),
    ],
)
def test_each_claim_wrong_in_turn(changed: dict[str, Any], expected: str) -> None:
    keys = KeySet(jwk(EC_KEY))
    assert reason(signed(claims(**changed)), keys) == expected
    assert keys.asked == []


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW_S - LEEWAY + 1},
        {"iat": NOW_S + LEEWAY},
        {"nbf": NOW_S + LEEWAY},
        {"nbf": NOW_S - 300},
        {"exp": NOW_S - 10 + 900},
        {"iss": "https://strict.example.org", "tenant": "north"},
    ],
)
def test_clocks_may_differ_by_the_leeway(changed: dict[str, Any]) -> None:
    assert check().caller(f"Bearer {signed(claims(**changed))}", PATH, NOW)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"kid": "unknown"}, "unknown-key"),
        ({"kid": "../keys"}, "unknown-key"),
        ({"kid": "https://attacker.example.org/keys"}, "unknown-key"),
        ({"kid": "' OR 1=1"}, "unknown-key"),
        ({"kid": "k" * 2000}, "no-key-id"),
        ({"typ": "at+jwt"}, "no-jwt-type"),
        ({"typ": None}, "no-jwt-type"),
        ({"jku": "https://attacker.example.org/keys"}, "key-address-not-permitted"),
        ({"crit": ["exp"]}, "not-a-token"),
        ({"b64": False}, "not-a-token"),
        ({"x5u": "https://attacker.example.org/cert"}, None),
    ],
)
def test_each_header_wrong_in_turn(headers: dict[str, Any], expected: str | None) -> None:
    token = signed(claims(), headers=headers)
    if expected is None:
        assert check().caller(f"Bearer {token}", PATH, NOW)
    else:
        assert reason(token) == expected


def test_a_key_that_the_token_brings_along_is_not_believed() -> None:
    token = signed(claims(), OTHER_EC_KEY, headers={"jwk": jwk(OTHER_EC_KEY), "kid": KID})
    assert reason(token) == "bad-signature"


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (None, "no-token"),
        ("", "no-bearer-token"),
        ("x", "not-a-token"),
        ("a.b", "not-a-token"),
        ("a.b.c.d.e", "not-a-token"),
        ("x" * (LONGEST + 1), "token-too-long"),
        (f"{encoded([])}.{encoded({})}.x", "not-a-token"),
        (f"{encoded({'alg': 'ES384'})}.{encoded(b'not json')}.x", "not-a-token"),
        (f"{encoded({'alg': 'ES384'})}.{encoded([])}.x", "not-a-token"),
        (f"{encoded({'alg': 'ES384'})}.{encoded(b'[' * 3000)}.x", "not-a-token"),
    ],
)
def test_what_is_no_token_is_told_apart_without_failing(token: str | None, expected: str) -> None:
    assert reason(token) == expected


def test_another_scheme_than_bearer_is_refused() -> None:
    assert reason(signed(claims()), scheme="Basic ") == "no-bearer-token"


def test_a_token_without_signature_is_refused() -> None:
    header = {"alg": "none", "typ": "JWT", "kid": KID}
    for alg in ("none", "None", "NONE"):
        token = f"{encoded({**header, 'alg': alg})}.{encoded(claims())}."
        assert reason(token) == "algorithm-not-permitted"


def test_the_public_key_is_no_shared_secret() -> None:
    public = EC_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': KID})}.{encoded(claims())}"
    token = f"{head}.{encoded(hmac.new(public, head.encode(), hashlib.sha256).digest())}"
    assert reason(token) == "algorithm-not-permitted"


@pytest.mark.parametrize(
    ("key", "algorithm", "keys", "expected"),
    [
        (OTHER_EC_KEY, "ES384", KeySet(jwk(EC_KEY)), "bad-signature"),
        (RSA_KEY, "RS256", KeySet(jwk(RSA_KEY)), "algorithm-not-permitted"),
        (RSA_KEY, "RS384", KeySet(jwk(EC_KEY)), "bad-signature"),
        (RSA_KEY, "RS384", KeySet(jwk(RSA_KEY, alg="RS256")), "other-algorithm-than-key"),
        (EC_KEY, "ES384", KeySet(jwk(RSA_KEY)), "bad-signature"),
        (EC_KEY, "ES384", KeySet(reachable=False), "keys-unreachable"),
    ],
)
def test_the_signature_is_of_the_right_key_and_algorithm(key: Any, algorithm: str, keys: KeySet, expected: str) -> None:
    assert reason(signed(claims(), key, algorithm), keys) == expected


def test_a_small_key_proves_nothing() -> None:
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = signed(claims(), SMALL_RSA_KEY, "RS384")
    assert reason(token, KeySet(jwk(SMALL_RSA_KEY))) == "bad-signature"


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_character_anywhere_breaks_the_token(part: int) -> None:
    parts = signed(claims()).split(".")
    middle = len(parts[part]) // 2
    parts[part] = parts[part][:middle] + ("A" if parts[part][middle] != "A" else "B") + parts[part][middle + 1 :]
    assert reason(".".join(parts))


def test_a_token_is_good_once() -> None:
    spent = Spent()
    token = signed(claims())
    assert check(spent=spent).caller(f"Bearer {token}", PATH, NOW)
    assert reason(token, spent=spent) == "seen-before"
    assert spent.tokens == {(ISS, "once"): NOW_S + 290 + LEEWAY + 1}


def test_a_forged_token_does_not_use_up_the_id_of_a_real_one() -> None:
    spent = Spent()
    assert reason(signed(claims(), OTHER_EC_KEY), spent=spent) == "bad-signature"
    assert check(spent=spent).caller(f"Bearer {signed(claims())}", PATH, NOW)


def test_the_clock_is_that_of_the_call() -> None:
    token = f"Bearer {signed(claims())}"
    assert check().caller(token, PATH, NOW + timedelta(minutes=4))
    with pytest.raises(Untrusted) as refusal:
        check().caller(token, PATH, NOW + timedelta(minutes=10))
    assert refusal.value.reason == "expired"


def test_the_keys_are_asked_for_by_what_configuration_permits() -> None:
    asked: list[tuple[str, str | None]] = []

    def keys_of(issuer: Issuer, jku: str | None) -> Keys | None:
        asked.append((issuer.iss, jku))
        return KeySet(jwk(EC_KEY))

    address = "https://ehr.example.org/keys"
    spend: Callable[[str, str, int], bool] = Spent()
    TokenCheck(ISSUERS, keys_of, spend, PUBLIC).caller(
        f"Bearer {signed(claims(), headers={'jku': address})}", PATH, NOW
    )
    assert asked == [(ISS, address)]
