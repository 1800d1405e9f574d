"""The file of trusted issuers: closed, and every fault told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.trust.issuers import HOUR, RECOMMENDED, TrustFaults, read_issuers


def written(folder: Path, text: str) -> Path:
    file = folder / "trust.toml"
    file.write_text(text, encoding="utf-8")
    return file


def faults(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(TrustFaults) as refusal:
        read_issuers(written(folder, text))
    return refusal.value.faults


def test_an_issuer_has_safe_defaults(tmp_path: Path) -> None:
    (issuer,) = read_issuers(written(tmp_path, '[[issuer]]\niss = "https://a.org"\nkeys = "https://a.org/keys"\n'))
    assert (issuer.algorithms, issuer.life, issuer.tenants) == (RECOMMENDED, HOUR, frozenset())
    assert (issuer.jku, issuer.audiences, issuer.networks) == ((), (), ())


def test_a_key_file_starts_at_the_folder_of_the_file(tmp_path: Path) -> None:
    (issuer,) = read_issuers(written(tmp_path, '[[issuer]]\niss = "https://a.org"\nkeys_file = "keys/a.json"\n'))
    assert issuer.keys_file == tmp_path / "keys" / "a.json"


def test_all_that_can_be_said_is_read(tmp_path: Path) -> None:
    text = """
[[issuer]]
iss = "https://a.org/fhir"
jku = ["https://a.org/keys", "http://127.0.0.1:3005/keys"]
algorithms = ["RS384", "RS256"]
audiences = ["https://cds.a.org/", "http://10.0.0.7/cds-services/hip-spine-patient-view"]
tenants = ["north"]
life = 86400
networks = ["10.20.0.0/16"]
"""
    (issuer,) = read_issuers(written(tmp_path, text))
    assert issuer.jku == ("https://a.org/keys", "http://127.0.0.1:3005/keys")
    assert issuer.audiences == ("https://cds.a.org", "http://10.0.0.7/cds-services/hip-spine-patient-view")
    assert (issuer.networks, issuer.tenants, issuer.life) == (("10.20.0.0/16",), frozenset({"north"}), 86400)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "it names nobody"),
        ("issuer = []", "it names nobody"),
        ("[[issuer", "trust.toml: "),
        ('[[issuers]]\niss = "x"', "there is no 'issuers'; allowed: issuer; did you mean 'issuer'?"),
        ('iss = "x"\nkeys = "https://a.org"\nkey = 1', "there is no 'key'"),
        ('iss = "x"\nkeys = "https://a.org"\ntenant = ["a"]', "did you mean 'tenants'?"),
        ('iss = "x"', "exactly one of keys, keys_file and jku; said: none"),
        ('iss = "x"\nkeys = "https://a.org"\njku = ["https://a.org"]', "said: keys, jku"),
        ('keys = "https://a.org"', "issuer[0].iss: Field required"),
        ('iss = ""\nkeys = "https://a.org"', "issuer[0].iss: String should have at least 1 character"),
        ('iss = "x"\nkeys = "http://a.org/keys"', "issuer[0].keys: 'http://a.org/keys' is plain http"),
        ('iss = "x"\njku = ["http://a.org/keys"]', "issuer[0].jku: 'http://a.org/keys' is plain http"),
        ('iss = "x"\nkeys = "ftp://a.org"', "is not an absolute http or https address"),
        ('iss = "x"\nkeys = "https://a.org"\nalgorithms = ["HS256"]', "issuer[0].algorithms.0: Input should be"),
        ('iss = "x"\nkeys = "https://a.org"\nalgorithms = ["none"]', "issuer[0].algorithms.0: Input should be"),
        ('iss = "x"\nkeys = "https://a.org"\nalgorithms = []', "issuer[0].algorithms: Tuple should have at least 1"),
        ('iss = "x"\nkeys = "https://a.org"\nlife = 100000', "issuer[0].life: Input should be less than"),
        ('iss = "x"\nkeys = "https://a.org"\naudiences = ["/cds"]', "issuer[0].audiences: '/cds' is not an absolute"),
    ],
)
def test_a_fault_says_what_and_where(tmp_path: Path, text: str, expected: str) -> None:
    table = text if not text or text.startswith(("[", "issuer")) else f"[[issuer]]\n{text}"
    assert any(expected in fault for fault in faults(tmp_path, table)), faults(tmp_path, table)


def test_all_faults_come_together(tmp_path: Path) -> None:
    text = '[[issuer]]\niss = "x"\n[[issuer]]\nkeys = "https://a.org"\nlive = 3\n'
    assert len(faults(tmp_path, text)) == 3


def test_an_issuer_stands_there_once(tmp_path: Path) -> None:
    one = '[[issuer]]\niss = "https://a.org"\nkeys = "https://a.org/keys"\n'
    assert faults(tmp_path, one + one) == ("trust.toml: the issuer 'https://a.org' stands there twice",)


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(TrustFaults, match=r"1 fault in the file of trusted issuers:\n  trust.toml: it cannot be read"):
        read_issuers(tmp_path / "trust.toml")
