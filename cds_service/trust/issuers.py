"""The callers that are trusted: one table per issuer of tokens, read from the file that a setting names.

The file is TOML and closed: an unknown key is a fault, for a misspelt one would leave a safeguard at its default. All
faults are told together. Source: cds-hooks rows S-01 to S-20.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from cds_service.addresses import checked_address, is_loopback, shown
from cds_service.reach import LOOPBACK, Network, Reach, read_networks
from rules.faults import nearest

Algorithm = Literal["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
RECOMMENDED: Final[tuple[Algorithm, ...]] = ("ES384", "RS384")
"""The algorithms that the standard recommends (S-17). None and HMAC cannot be named at all (S-15, S-16)."""
HOUR: Final = 3600
DAY: Final = 24 * HOUR


class TrustFaults(ValueError):
    """All that is wrong with the file of trusted issuers, one line each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''} in the file of trusted issuers"
        super().__init__("\n  ".join((f"{count}:", *faults)))


class Issuer(BaseModel):
    """One system that may call.

    ``iss`` is compared exactly. Its keys come from exactly one place: ``keys``, the address of its key set;
    ``keys_file``, a key set handed over by hand; or ``jku``, the key set addresses that its tokens may name.
    ``audiences`` are further spellings of this service's address in its tokens: a base address, or one endpoint.
    ``tenants``: the organisations it may call for; empty = any, also none. ``life`` is the longest life of a token, in
    seconds. ``networks``: the private networks that its key set addresses live in; empty = the public internet.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    iss: str = Field(min_length=1, max_length=1000)
    keys: str | None = None
    keys_file: Path | None = None
    jku: tuple[str, ...] = ()
    algorithms: tuple[Algorithm, ...] = Field(default=RECOMMENDED, min_length=1)
    audiences: tuple[str, ...] = ()
    tenants: frozenset[str] = frozenset()
    life: Annotated[int, Field(ge=30, le=DAY)] = HOUR
    networks: tuple[str, ...] = ()

    @field_validator("audiences")
    @classmethod
    def _addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for address in given:
            checked_address(address, path=True)
        return tuple(address.rstrip("/") for address in given)

    @field_validator("jku")
    @classmethod
    def _key_addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for address in given:
            _encrypted(address)
        return given

    @field_validator("networks")
    @classmethod
    def _networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(str, read_networks(given)))

    @field_validator("keys")
    @classmethod
    def _key_address(cls, given: str | None) -> str | None:
        if given is not None:
            _encrypted(given)
        return given

    @model_validator(mode="after")
    def _one_place(self) -> Issuer:
        said = [name for name in ("keys", "keys_file", "jku") if getattr(self, name)]
        if len(said) != 1:
            raise ValueError(
                f"its keys come from exactly one of keys, keys_file and jku; said: {', '.join(said) or 'none'}"
            )
        return self


def key_reach(issuers: Iterable[Issuer]) -> Reach:
    """Where the hosts of the key sets may be."""
    networks: dict[str, tuple[Network, ...]] = {}
    for issuer in issuers:
        for address in (*issuer.jku, *([issuer.keys] if issuer.keys is not None else [])):
            host = (urlsplit(address).hostname or "").rstrip(".")
            networks[host] = LOOPBACK if is_loopback(host) else networks.get(host, ()) + read_networks(issuer.networks)
    return Reach(networks)


def _encrypted(address: str) -> None:
    parts = checked_address(address, path=True)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError(f"{shown(address)} is plain http: whoever is in between could put in a key of their own")


def read_issuers(file: Path) -> tuple[Issuer, ...]:
    """The trusted issuers of ``file``; a relative ``keys_file`` starts at its folder.

    Raises :class:`TrustFaults` with every fault.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise TrustFaults((f"{file.name}: it cannot be read ({wrong.strerror})",)) from wrong
    except ValueError as wrong:
        raise TrustFaults((f"{file.name}: {wrong}",)) from wrong
    faults = [_unknown(file.name, name, ("issuer",)) for name in tables if name != "issuer"]
    given = tables.get("issuer")
    if not isinstance(given, list) or not given:
        faults.append(f"{file.name}: it names nobody; say [[issuer]] for each system that may call")
        raise TrustFaults(tuple(faults))
    issuers: list[Issuer] = []
    for index, table in enumerate(given):
        try:
            issuers.append(_issuer(table, file.parent))
        except ValidationError as wrong:
            faults += _faults(wrong, f"{file.name}: issuer[{index}]")
    twice = sorted({issuer.iss for issuer in issuers if sum(other.iss == issuer.iss for other in issuers) > 1})
    faults += [f"{file.name}: the issuer {shown(iss)} stands there twice" for iss in twice]
    if faults:
        raise TrustFaults(tuple(faults))
    return tuple(issuers)


def _issuer(table: Mapping[str, Any], folder: Path) -> Issuer:
    issuer = Issuer.model_validate(table)
    if issuer.keys_file is None:
        return issuer
    return issuer.model_copy(update={"keys_file": folder / issuer.keys_file})


def _faults(wrong: ValidationError, place: str) -> list[str]:
    found = []
    for details in wrong.errors(include_url=False, include_input=False):
        where = ".".join((place, *(str(step) for step in details["loc"])))
        if details["type"] == "extra_forbidden":
            found.append(_unknown(place, str(details["loc"][-1]), Issuer.model_fields))
        else:
            found.append(f"{where}: {details['msg'].removeprefix('Value error, ')}")
    return found


def _unknown(place: str, name: str, allowed: Any) -> str:  # noqa: ANN401 - any collection of words
    words = sorted(allowed)
    close = nearest(name, words)
    hint = f"; did you mean {close!r}?" if close else ""
    return f"{place}: there is no {name!r}; allowed: {', '.join(words)}{hint}"
