"""The settings of the service: one frozen :class:`Settings`, read from ``HIPSPINE_*`` variables.

Every fault is reported in one go, each naming the variable, what is wrong and what is allowed. A name that is
no setting stops the start: a misspelt one would leave a safeguard at its default without a word.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cds_service.addresses import checked_address, is_loopback, shown
from cds_service.fhir_servers import read_fhir_server
from cds_service.setting import About, CommaList, SettingFault, SettingRow, SettingsError
from rules.directory import KnowledgeDirectory
from rules.faults import nearest
from rules.loader import INSIDE

__all__ = ["PREFIX", "Settings", "SettingsError", "load_settings", "settings_table"]

PREFIX = "HIPSPINE_"
MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """How this process runs. Immutable. Read it with :func:`load_settings`, which words the faults."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    host: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9.:_-]+$"),
        About(
            "The address to listen on.",
            "an IP address or a host name; 0.0.0.0 is every IPv4 address of the machine",
            "Beyond loopback anyone who reaches the port can post patient data and read cards.",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535), About("The TCP port to listen on.", "1 to 65535", "None.")] = 8000
    public_url: Annotated[
        str,
        Field(validate_default=True),
        About(
            "The address under which EHRs and clinicians reach the service; cards link to it. Not set: the "
            "address listened on, while that is loopback.",
            "an absolute http or https address without query; required when listening beyond loopback",
            "Wrong: links on cards lead nowhere. Plain http: patient data can be read in transit.",
        ),
    ] = ""
    state_dir: Annotated[
        Path,
        About(
            "The only directory that the service writes to; made on demand, for its own user alone.",
            "a path; a relative one starts at the working directory",
            "Whoever reads it reads what the service keeps.",
        ),
    ] = Path("state")
    knowledge_dir: Annotated[
        Path | None,
        About(
            "The knowledge directory that is served: rules and code lists. Not set: the one inside the service.",
            "a directory with the folders hip_spine and codelists ('hip-spine rules copy' writes one)",
            "Whoever can write to it decides what clinicians are advised.",
        ),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        About(
            "The least important log lines that are written.",
            "debug, info, warning, error",
            "None for patients: no level writes patient data. At warning and error no call leaves a line.",
        ),
    ] = "info"
    cors_origins: Annotated[
        CommaList,
        About(
            "The web origins whose pages may call the CDS Hooks routes from a browser (CORS).",
            "a comma list of origins such as https://ehr.example.org, or * for every origin",
            "With * any web page that a user of this network opens can call the service.",
        ),
    ] = ()
    max_body_bytes: Annotated[
        int,
        Field(ge=64 * 1024, le=1024 * MEBIBYTE),
        About(
            "The largest request body that is read, in bytes, after decompression.",
            "65536 to 1073741824",
            "Higher: one request can take more memory. Lower: large charts are refused with 413.",
        ),
    ] = 16 * MEBIBYTE
    accept_unreviewed_rules: Annotated[
        bool,
        About(
            "Serve rules that no named clinician has signed, when listening beyond loopback.",
            "yes, no",
            "With yes, advice that no clinician has reviewed reaches real users.",
        ),
    ] = False
    trust_file: Annotated[
        Path | None,
        About(
            "The file of trusted issuers (TOML): which systems may call, and where their keys are. Set: discovery, "
            "calls and feedback need a token of one of them.",
            "the path of a file; docs/operate/trust.md shows one",
            "Whoever can write to it decides who may send patient data and read cards.",
        ),
    ] = None
    accept_unknown_callers: Annotated[
        bool,
        About(
            "Answer callers that prove nothing when listening beyond loopback without HIPSPINE_TRUST_FILE.",
            "yes, no",
            "With yes anyone who reaches the port can post patient data and read cards.",
        ),
    ] = False
    store_url: Annotated[
        SecretStr,
        About(
            "The database that all workers and replicas share. Not set: a SQLite file in the state directory.",
            "postgresql://user:password@host/name (needs the extra 'postgresql')",
            "Replicas without a shared database each accept a used token once.",
        ),
    ] = SecretStr("")
    fhir_allow_http_loopback: Annotated[
        bool,
        About(
            "Let HIPSPINE_FHIR_SERVERS name plain http addresses on this machine (test servers).",
            "yes, no",
            "Access tokens and patient data pass without encryption inside the machine.",
        ),
    ] = False
    fhir_servers: Annotated[
        CommaList,
        About(
            "The FHIR servers that may be asked for what a request lacks. None: nothing is ever fetched.",
            "a comma list of FHIR base addresses such as https://ehr.example.org/fhir/r4; one that is not on the "
            "public internet with the networks it lives in: https://ehr.example.org/fhir/r4 in 10.20.0.0/16",
            "The service sends the access tokens of requests to these addresses.",
        ),
    ] = ()
    fhir_open: Annotated[
        bool,
        About(
            "Ask the allowed FHIR servers without an access token when a request brings none (test servers).",
            "yes, no",
            "Only for servers without real patients: nothing says who is allowed to read.",
        ),
    ] = False
    fhir_budget_seconds: Annotated[
        float,
        Field(ge=0.1, le=30),
        About(
            "The time for all fetching of one call, in seconds.",
            "0.1 to 30",
            "Higher: slower answers, which clients may drop. Lower: more cards say 'could not be checked'.",
        ),
    ] = 1.2
    intent: Annotated[
        Literal["order", "proposal"],
        About("The FHIR intent of suggested drafts.", "order, proposal", "Some EHRs take only one of the two."),
    ] = "order"
    workers: Annotated[
        int,
        Field(ge=1, le=64),
        About("The number of server processes.", "1 to 64", "Each takes its own memory."),
    ] = 1
    threads: Annotated[
        int,
        Field(ge=1, le=256),
        About(
            "The number of requests that one process works on at a time.",
            "1 to 256",
            "Too few: calls that wait for a FHIR server hold up the others.",
        ),
    ] = 8
    try_it: Annotated[
        bool,
        Field(validate_default=True),
        About(
            "Offer the sample patients on the home page. Not set: yes on loopback, no beyond it.",
            "yes, no",
            "Anyone who reaches the page can make the service compute.",
        ),
    ] = None  # type: ignore[assignment]  # stands for "not set"; the validator below puts a bool in its place

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the caller gives, then the environment, and no file."""
        return init_settings, env_settings

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, given: str, info: ValidationInfo) -> str:
        if given:
            checked_address(given, path=True)
            return given.rstrip("/")
        host = info.data.get("host", "localhost")
        if not is_loopback(host):
            raise ValueError(f"not set, and the service is to listen on {host}, beyond loopback")
        return f"http://{f'[{host}]' if ':' in host else host}:{info.data.get('port')}"

    @field_validator("cors_origins")
    @classmethod
    def _cors_origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for origin in given:
            if origin != "*":
                checked_address(origin, path=False)
        return tuple(origin.rstrip("/").lower() for origin in given)

    @field_validator("fhir_servers")
    @classmethod
    def _fhir_servers(cls, given: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        allowed = bool(info.data.get("fhir_allow_http_loopback"))
        return tuple(str(read_fhir_server(server, allow_http_loopback=allowed)) for server in given)

    @field_validator("store_url")
    @classmethod
    def _store_url(cls, given: SecretStr) -> SecretStr:
        if given:
            from cds_service.store.engine import store_url

            store_url(given.get_secret_value(), Path())
        return given

    @field_validator("try_it", mode="before")
    @classmethod
    def _try_it(cls, given: object, info: ValidationInfo) -> object:
        return is_loopback(info.data.get("host", "")) if given is None else given

    @property
    def on_loopback(self) -> bool:
        """Tell whether only this machine can reach the service."""
        return is_loopback(self.host)

    @property
    def knowledge(self) -> KnowledgeDirectory:
        """The knowledge directory that is served."""
        return INSIDE if self.knowledge_dir is None else KnowledgeDirectory(self.knowledge_dir)

    def warnings(self) -> tuple[str, ...]:
        """Say what is allowed but worth a second look, one sentence each."""
        found = []
        public = urlsplit(self.public_url)
        if public.scheme == "http" and not is_loopback(public.hostname or ""):
            found.append(f"{PREFIX}PUBLIC_URL is plain http: patient data can be read in transit.")
        if "*" in self.cors_origins and not self.on_loopback:
            found.append(f"{PREFIX}CORS_ORIGINS is *: any web page in this network can call the service.")
        if self.fhir_open and self.fhir_servers:
            found.append(f"{PREFIX}FHIR_OPEN is on: FHIR servers are asked without an access token.")
        return tuple(found)


def load_settings(**given: object) -> Settings:
    """Read the settings from the environment; what is given here (by a command line) goes first.

    Raises :class:`SettingsError` with every fault at once.
    """
    faults = _unknown_names(os.environ)
    try:
        settings = Settings(**given)  # type: ignore[arg-type]  # checked by the model, like the environment
    except ValidationError as error:
        faults += [_fault(details) for details in error.errors(include_url=False)]
    if faults:
        raise SettingsError(tuple(faults))
    return settings


def settings_table() -> tuple[SettingRow, ...]:
    """List every setting with its default and its risk, in the order of :class:`Settings`."""
    return tuple(SettingRow(_variable(name), _default(name), _about(name)) for name in Settings.model_fields)


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _about(name: str) -> About:
    return next(part for part in Settings.model_fields[name].metadata if isinstance(part, About))


def _default(name: str) -> str:
    value = Settings.model_fields[name].default
    if value in (None, "", (), SecretStr("")):
        return "(not set)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _unknown_names(environment: Mapping[str, str]) -> list[SettingFault]:
    known = sorted(_variable(name) for name in Settings.model_fields)
    unknown = sorted(name for name in environment if name.upper().startswith(PREFIX) and name.upper() not in known)
    allowed = ", ".join(known)
    return [SettingFault(name, "there is no such setting", allowed, nearest(name.upper(), known)) for name in unknown]


def _fault(details: ErrorDetails) -> SettingFault:
    """Say in plain words what pydantic found about one variable."""
    name, value = str(details["loc"][0]), details["input"]
    allowed = _about(name).allowed
    if details["type"] == "value_error":
        return SettingFault(_variable(name), str(details["ctx"]["error"]), allowed)
    close = nearest(str(value).casefold(), allowed.split(", ")) if details["type"] == "literal_error" else None
    return SettingFault(_variable(name), f"{shown(value)} cannot be used", allowed, close)
