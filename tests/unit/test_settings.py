"""Settings: what the environment says is what the service does, and what it says wrongly stops the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from cds_service.settings import Settings, SettingsError, load_settings, settings_table

EVERYWHERE = "0.0.0.0"  # noqa: S104 - never listened on here


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in settings_table():
        monkeypatch.delenv(row.variable, raising=False)


def faults(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return [str(fault) for fault in caught.value.faults]


def test_without_any_variable_the_service_is_on_loopback_and_closed() -> None:
    settings = load_settings()

    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.on_loopback
    assert settings.try_it
    assert not settings.accept_unreviewed_rules
    assert (settings.cors_origins, settings.fhir_servers, settings.fhir_open) == ((), (), False)
    assert settings.max_body_bytes == 16 * 1024 * 1024
    assert settings.fhir_budget_seconds == 1.2
    assert settings.warnings() == ()


def test_every_variable_reaches_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "HIPSPINE_HOST": EVERYWHERE,
        "HIPSPINE_PORT": "9000",
        "HIPSPINE_PUBLIC_URL": "https://cds.example.org/spine/",
        "HIPSPINE_STATE_DIR": "/var/lib/hip-spine",
        "HIPSPINE_KNOWLEDGE_DIR": "/srv/knowledge",
        "HIPSPINE_LOG_LEVEL": "warning",
        "HIPSPINE_CORS_ORIGINS": "https://EHR.example.org, http://127.0.0.1:8095/",
        "HIPSPINE_MAX_BODY_BYTES": "1000000",
        "HIPSPINE_ACCEPT_UNREVIEWED_RULES": "yes",
        "HIPSPINE_TRUST_FILE": "/etc/hip-spine/trust.toml",
        "HIPSPINE_ACCEPT_UNKNOWN_CALLERS": "yes",
        "HIPSPINE_STORE_URL": "postgresql://user:secret@db/hip_spine",
        "HIPSPINE_FHIR_ALLOW_HTTP_LOOPBACK": "yes",
        "HIPSPINE_FHIR_SERVERS": "https://ehr.example.org/fhir/r4/,http://127.0.0.1:8091/fhir",
        "HIPSPINE_FHIR_OPEN": "yes",
        "HIPSPINE_FHIR_BUDGET_SECONDS": "2.5",
        "HIPSPINE_INTENT": "proposal",
        "HIPSPINE_WORKERS": "2",
        "HIPSPINE_THREADS": "4",
        "HIPSPINE_TRY_IT": "yes",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert load_settings().model_dump() == {
        "host": EVERYWHERE,
        "port": 9000,
        "public_url": "https://cds.example.org/spine",
        "state_dir": Path("/var/lib/hip-spine"),
        "knowledge_dir": Path("/srv/knowledge"),
        "log_level": "warning",
        "cors_origins": ("https://ehr.example.org", "http://127.0.0.1:8095"),
        "max_body_bytes": 1_000_000,
        "accept_unreviewed_rules": True,
        "trust_file": Path("/etc/hip-spine/trust.toml"),
        "accept_unknown_callers": True,
        "store_url": SecretStr("postgresql://user:secret@db/hip_spine"),
        "fhir_allow_http_loopback": True,
        "fhir_servers": ("https://ehr.example.org/fhir/r4", "http://127.0.0.1:8091/fhir"),
        "fhir_open": True,
        "fhir_budget_seconds": 2.5,
        "intent": "proposal",
        "workers": 2,
        "threads": 4,
        "try_it": True,
    }
    assert set(given) == {row.variable for row in settings_table()}


def test_the_command_line_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIPSPINE_PORT", "9000")

    settings = load_settings(port=9001)

    assert (settings.port, settings.public_url) == (9001, "http://127.0.0.1:9001")


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIPSPINE_PORT", "")
    monkeypatch.setenv("HIPSPINE_PUBLIC_URL", "")

    assert load_settings().public_url == "http://127.0.0.1:8000"


def test_an_unknown_name_is_refused_with_the_nearest_and_all_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    [fault] = faults(monkeypatch, HIPSPINE_PUBLC_URL="https://cds.example.org")

    assert fault.startswith("HIPSPINE_PUBLC_URL: there is no such setting; allowed: ")
    assert fault.endswith("did you mean 'HIPSPINE_PUBLIC_URL'?")
    assert all(row.variable in fault for row in settings_table())


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = faults(
        monkeypatch,
        HIPSPINE_HSOT=EVERYWHERE,
        HIPSPINE_HOST=EVERYWHERE,
        HIPSPINE_PORT="80a",
        HIPSPINE_INTENT="ordr",
        HIPSPINE_FHIR_SERVERS="http://ehr.example.org/fhir",
    )

    assert [fault.partition(":")[0] for fault in found] == [
        "HIPSPINE_HSOT",
        "HIPSPINE_PORT",
        "HIPSPINE_PUBLIC_URL",
        "HIPSPINE_FHIR_SERVERS",
        "HIPSPINE_INTENT",
    ]
    assert found[1] == "HIPSPINE_PORT: '80a' cannot be used; allowed: 1 to 65535"
    assert found[4] == "HIPSPINE_INTENT: 'ordr' cannot be used; allowed: order, proposal; did you mean 'order'?"


def test_beyond_loopback_the_public_address_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    [fault] = faults(monkeypatch, HIPSPINE_HOST=EVERYWHERE)

    assert fault.startswith("HIPSPINE_PUBLIC_URL: not set, and the service is to listen on 0.0.0.0, beyond loopback")


def test_beyond_loopback_the_sample_patients_are_off() -> None:
    assert not Settings(host="10.1.2.3", public_url="https://cds.example.org").try_it


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        (EVERYWHERE, False),
        ("::", False),
        ("10.0.0.1", False),
        ("cds.example.org", False),
        ("127.0.0.1.example.org", False),
    ],
)
def test_what_counts_as_loopback(host: str, expected: bool) -> None:
    assert Settings(host=host, public_url="https://cds.example.org").on_loopback is expected


def test_an_ipv6_loopback_address_is_bracketed_in_the_public_address() -> None:
    assert Settings(host="::1", port=9000).public_url == "http://[::1]:9000"


@pytest.mark.parametrize(
    ("variable", "value", "what"),
    [
        ("HIPSPINE_PUBLIC_URL", "cds.example.org", "is not an absolute http or https address"),
        ("HIPSPINE_PUBLIC_URL", "ftp://cds.example.org", "is not an absolute http or https address"),
        ("HIPSPINE_PUBLIC_URL", "https://cds.example.org/?a=1", "holds a query or a fragment"),
        ("HIPSPINE_PUBLIC_URL", "https://cds.example.org/#a", "holds a query or a fragment"),
        ("HIPSPINE_PUBLIC_URL", "https://cds.example.org:99999", "names a port that does not exist"),
        ("HIPSPINE_PUBLIC_URL", "https://cds.example.org:0", "names a port that does not exist"),
        ("HIPSPINE_PUBLIC_URL", "https://cds .example.org", "is not an absolute http or https address"),
        ("HIPSPINE_STORE_URL", "mysql://user:secret@db/x", "'mysql' is not a database that the service can use"),
        ("HIPSPINE_STORE_URL", "user:secret", "is not a database address"),
        ("HIPSPINE_CORS_ORIGINS", "https://ehr.example.org/app", "holds a path"),
        ("HIPSPINE_CORS_ORIGINS", "null", "is not an absolute http or https address"),
        (
            "HIPSPINE_FHIR_SERVERS",
            "http://ehr.example.org/fhir",
            "is plain http: access tokens would be",
        ),
        ("HIPSPINE_FHIR_SERVERS", "http://127.0.0.1:8091/fhir", "HIPSPINE_FHIR_ALLOW_HTTP_LOOPBACK=yes"),
        ("HIPSPINE_HOST", "127.0.0.1; rm", "cannot be used"),
        ("HIPSPINE_PORT", "0", "cannot be used"),
        ("HIPSPINE_MAX_BODY_BYTES", "-1", "cannot be used"),
        ("HIPSPINE_ACCEPT_UNREVIEWED_RULES", "perhaps", "'perhaps' cannot be used; allowed: yes, no"),
        ("HIPSPINE_FHIR_BUDGET_SECONDS", "soon", "cannot be used"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, what: str
) -> None:
    [fault] = faults(monkeypatch, **{variable: value})

    assert fault.startswith(f"{variable}: ")
    assert what in fault
    assert "; allowed: " in fault


def test_a_password_in_an_address_is_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    [fault] = faults(monkeypatch, HIPSPINE_FHIR_SERVERS="https://svc:hunter2@ehr.example.org/fhir")

    assert "holds a user name or password" in fault
    assert "hunter2" not in fault
    assert "svc" not in fault


def test_what_is_allowed_but_risky_is_said() -> None:
    settings = Settings(
        host=EVERYWHERE,
        public_url="http://cds.example.org",
        cors_origins=("*",),
        fhir_servers=("https://ehr.example.org/fhir",),
        fhir_open=True,
    )

    assert [warning.partition(" ")[0] for warning in settings.warnings()] == [
        "HIPSPINE_PUBLIC_URL",
        "HIPSPINE_CORS_ORIGINS",
        "HIPSPINE_FHIR_OPEN",
    ]


def test_every_origin_is_no_warning_on_loopback() -> None:
    assert Settings(cors_origins=("*",)).warnings() == ()


def test_settings_do_not_change_while_the_service_runs() -> None:
    settings = Settings()

    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


def test_every_setting_says_what_it_means_what_is_allowed_and_what_it_risks() -> None:
    rows = settings_table()

    assert len(rows) == len(Settings.model_fields)
    for row in rows:
        assert row.about.description.endswith(".")
        assert row.about.risk.endswith(".")
        assert row.about.allowed
        assert row.default
    assert {row.variable: row.default for row in rows}["HIPSPINE_ACCEPT_UNREVIEWED_RULES"] == "no"
