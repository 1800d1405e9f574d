"""The keys of an issuer: which are usable, and how a key set at an address is followed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cds_service.trust.keys import (
    AGAIN_SECONDS,
    FRESH_SECONDS,
    STALE_SECONDS,
    AddressKeys,
    FileKeys,
    KeysUnreachable,
    read_key_set,
)

EC_KEY = ec.generate_private_key(ec.SECP384R1())
PUBLIC: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)
PRIVATE: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY, as_dict=True)
RSA: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(
    rsa.generate_private_key(65537, 2048).public_key(), as_dict=True
)


def key_set(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


def test_public_signature_keys_are_found_by_their_id() -> None:
    found = read_key_set(key_set({**PUBLIC, "kid": "a+/="}, {**RSA, "kid": "b", "use": "sig"}))
    assert set(found) == {"a+/=", "b"}


@pytest.mark.parametrize(
    "key",
    [
        PUBLIC,
        {**PUBLIC, "kid": 7},
        {**PUBLIC, "kid": "x", "use": "enc"},
        {**PRIVATE, "kid": "x"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "x"},
        {"kty": "EC", "kid": "x"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "x"},
        {"kty": "EC", "crv": "P-384", "x": 1, "y": 2, "kid": "x"},
        {"kty": "RSA", "n": "!!", "e": "AQAB", "kid": "x"},
        "key",
        None,
    ],
)
def test_what_is_no_usable_public_key_is_left_out(key: object) -> None:
    assert set(read_key_set(key_set(key, {**PUBLIC, "kid": "good"}))) == {"good"}


def test_an_id_that_stands_there_twice_names_no_key() -> None:
    assert read_key_set(key_set({**PUBLIC, "kid": "a"}, {**RSA, "kid": "a"})) == {}


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"keys": {}}', b"{}"])
def test_anything_but_a_key_set_is_unreachable(content: bytes) -> None:
    with pytest.raises(KeysUnreachable):
        read_key_set(content)


def test_a_key_file_without_a_usable_key_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(key_set({**PUBLIC, "kid": "a"}))
    keys = FileKeys(file)
    assert keys.find("a") == {**PUBLIC, "kid": "a"}
    assert keys.find("b") is None
    file.write_bytes(key_set(PUBLIC))
    with pytest.raises(KeysUnreachable, match="no-usable-key"):
        FileKeys(file)


class Address:
    """A key set at an address, under a clock of its own."""

    def __init__(self) -> None:
        self.content: bytes | None = key_set({**PUBLIC, "kid": "first"})
        self.asked: list[float] = []
        self.now = 1000.0
        self.keys = AddressKeys("https://ehr.example.org/keys", self._fetch, lambda: self.now)

    def _fetch(self, address: str) -> bytes:
        assert address == "https://ehr.example.org/keys"
        self.asked.append(self.now)
        if self.content is None:
            raise KeysUnreachable("timeout")
        return self.content


def test_a_key_set_is_got_once_and_kept() -> None:
    address = Address()
    for _ in range(5):
        assert address.keys.find("first") is not None
        address.now += FRESH_SECONDS / 6
    assert len(address.asked) == 1
    address.now += FRESH_SECONDS
    assert address.keys.find("first") is not None
    assert len(address.asked) == 2


def test_a_new_key_is_found_after_rotation_and_the_old_one_is_gone() -> None:
    address = Address()
    assert address.keys.find("first") is not None
    address.content = key_set({**PUBLIC, "kid": "second"})
    address.now += AGAIN_SECONDS
    assert address.keys.find("second") is not None
    assert address.keys.find("first") is None


def test_made_up_key_ids_do_not_make_us_ask_again_and_again() -> None:
    address = Address()
    for made_up in range(100):
        assert address.keys.find(f"made-up-{made_up}") is None
        address.now += AGAIN_SECONDS / 50
    assert len(address.asked) == 2


def test_the_last_keys_go_on_being_used_while_the_address_is_down_but_not_for_ever() -> None:
    address = Address()
    assert address.keys.find("first") is not None
    address.content = None
    address.now += STALE_SECONDS - 1
    assert address.keys.find("first") is not None
    address.now += 2
    with pytest.raises(KeysUnreachable, match="timeout"):
        address.keys.find("first")
    address.content = key_set({**PUBLIC, "kid": "first"})
    address.now += AGAIN_SECONDS
    assert address.keys.find("first") is not None


def test_an_address_that_never_answered_has_no_keys() -> None:
    address = Address()
    address.content = None
    for _ in range(3):
        with pytest.raises(KeysUnreachable, match="timeout"):
            address.keys.find("first")
    assert len(address.asked) == 1


def test_something_else_than_a_key_set_does_not_replace_the_keys() -> None:
    address = Address()
    assert address.keys.find("first") is not None
    address.content = b"<html>maintenance</html>"
    address.now += FRESH_SECONDS
    assert address.keys.find("first") is not None
    assert len(address.asked) == 2
