"""The program ``hip-spine`` as people and scripts use it: a process of its own, its output, its status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.main import get_command

from cds_service.cli import app, places
from cds_service.samples import load_sample
from cds_service.settings import settings_table
from cds_service.settings_page import settings_page
from rules.loader import load_rules
from tests.lib.tokens import Ehr

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-24T12:00:00+00:00"
KNOWN = {rule.id for rule in load_rules().rules}


def run(*arguments: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HIPSPINE_")}
    return subprocess.run(
        [sys.executable, "-m", "cds_service", *arguments],
        input=given,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env=clean | {"COLUMNS": "200"} | environment,
    )


def told(done: subprocess.CompletedProcess[bytes], status: int = 0) -> str:
    assert done.returncode == status, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return (done.stdout if status == 0 else done.stdout + done.stderr).decode()


def evaluated(*arguments: str, given: bytes = b"") -> Any:
    return json.loads(told(run("evaluate", *arguments, "--now", NOW, "--json", given=given)))


def test_evaluate_shows_the_cards_as_a_clinician_reads_them_and_every_rule() -> None:
    said = told(run("evaluate", "sample:new-bladder-problem", "--now", NOW))
    assert "critical  Bladder or bowel change, new or undated" in said
    assert "Why you see this" in said
    assert "+ Emergency referral: Draft order: Emergency assessment, stat." in said
    assert re.search(
        r"R2 rf-bladder-bowel  \[critical\]\n    Fires as critical: .*\n      Unspecified urinary inc", said
    )
    assert "R3 rf-bilateral-leg-pain  [silent]\n    Does not apply: no active sciatica" in said
    on_hook = {rule.id for rule in load_rules().for_hook("patient-view")}
    assert set(re.findall(r"^R\d+ ([a-z0-9-]+)  \[", said, re.MULTILINE)) == on_hook


def test_evaluate_says_what_decided_what_was_withheld_and_what_was_missing() -> None:
    said = told(run("evaluate", "sample:new-bladder-problem", "--now", NOW))
    assert "hip-oa-with-lbp  [withheld while a critical card is shown]" in said
    said = told(run("evaluate", "sample:incomplete-chart", "--now", NOW))
    assert "Missing: " in said
    assert re.search(r"Not used of Condition: 1 unreadable", said)
    assert "Not wholly had: " in said
    chart = evaluated("sample:incomplete-chart")["chart"]
    assert chart["dropped"]["Condition"] == {"unreadable": 1, "foreign": 1, "uncoded": 1}
    assert chart["had"]["Procedure"] == "missing"


def test_one_rule_is_shown_with_everything_it_asked() -> None:
    said = told(run("evaluate", "sample:hip-examined", "--rule", "hip-oa-with-lbp", "--now", NOW))
    assert "Does not apply, because of an exclusion: a hip examination in the last 6 months" in said
    assert "* yes: a hip examination in the last 6 months" in said
    assert "Procedure/c-hip-examination" in said
    assert "R17" not in said
    assert told(run("evaluate", "sample:hip-examined", "--rule", "R16", "--now", NOW)) == said


def test_the_json_of_an_evaluation_is_complete_and_is_the_answer_of_the_wire() -> None:
    found = evaluated("sample:hip-oa-with-back-pain")
    assert set(found) == {"hook", "now", "knowledge", "answer", "withheld", "chart", "rules"}
    assert {card["extension"]["org.hip-spine-cds.rule"]["id"] for card in found["answer"]["cards"]} < KNOWN
    fired = next(rule for rule in found["rules"] if rule["id"] == "hip-oa-with-lbp")
    assert (fired["ending"], fired["verdict"], fired["level"]) == ("fires", "applies", "info")
    references = {fact["reference"] for step in fired["decided_by"] for fact in step["facts"]}
    assert references
    assert all(re.fullmatch(r"[A-Za-z]+/[A-Za-z0-9.-]+", reference) for reference in references)
    assert {offer["template"] for offer in fired["suggestions"]} >= {"T1"}
    [hip_oa] = [
        fact for step in fired["decided_by"] for fact in step["facts"] if fact["reference"] == "Condition/a-hip-oa"
    ]
    assert hip_oa["date"] == "2024-10-25"
    assert {code["code"] for code in hip_oa["codes"]} == {"M16.11", "239872002"}
    assert {code["concept"] for code in hip_oa["codes"]} == {"hip_osteoarthritis"}
    assert found["chart"]["had"]["Condition"] == "complete"
    assert found["chart"]["deceased"] is False


def test_a_request_comes_through_a_pipe_from_a_file_or_by_the_name_of_a_sample(tmp_path: Path) -> None:
    body = orjson.dumps(load_sample("hip-examined", datetime.fromisoformat(NOW)))
    file = tmp_path / "request.json"
    file.write_bytes(body)
    by_name = evaluated("sample:hip-examined")
    assert evaluated("-", given=body) == by_name
    assert evaluated(str(file)) == by_name


def test_the_same_patient_at_another_hook_and_another_time() -> None:
    later = json.loads(told(run("evaluate", "sample:hip-examined", "--hook", "encounter-start", "--json")))
    assert later["hook"] == "encounter-start"
    with_date = run("evaluate", "sample:hip-examined", "--now", "2026-11-24", "--json")
    assert json.loads(told(with_date))["now"] == "2026-11-24T00:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "given", "status", "what"),
    [
        (("evaluate", "not-there.json"), b"", 2, "not-there.json cannot be read: No such file"),
        (("evaluate", "-"), b"{", 2, "standard input is not JSON: something is wrong at line 1"),
        (("evaluate", "-"), b"[]", 2, "not a JSON object"),
        (("evaluate", "-"), b'{"hook": "patient-veiw"}', 2, "Did you mean 'patient-view'?"),
        (("evaluate", "sample:hip-examend"), b"", 2, "Did you mean 'hip-examined'?"),
        (("evaluate", "sample:hip-examined", "--rule", "hip-oa-with-lpb"), b"", 2, "Did you mean 'hip-oa-with-lbp'?"),
        (("evaluate", "sample:hip-examined", "--now", "yesterday"), b"", 2, "a moment is written 2026-11-24"),
        (("evaluate", "-"), b'{"hook": "patient-view", "context": {}}', 3, "context.patientId"),
        (("rules", "show", "hip-oa-with-lpb"), b"", 2, "Did you mean 'hip-oa-with-lbp'?"),
        (("rules", "list", "--hook", "order-sing"), b"", 2, "Did you mean 'order-sign'?"),
        (("lint", "-"), b'{"hook": 1}', 2, "There is no FHIR resource in it"),
        (("lint", "-"), b"<html>", 2, "is not JSON"),
        (("serf",), b"", 2, "serve"),
        ((), b"", 2, "evaluate"),
    ],
)
def test_what_cannot_be_done_says_why_and_leaves_with_a_status(
    arguments: tuple[str, ...], given: bytes, status: int, what: str
) -> None:
    done = run(*arguments, given=given)
    assert what in told(done, status)


def test_a_refused_request_gives_scripts_the_operation_outcome() -> None:
    done = run("evaluate", "-", "--json", given=b'{"hook": "patient-view", "context": {"patientId": "p1"}}')
    assert done.returncode == 3
    outcome = json.loads(done.stdout)
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["expression"] == ["prefetch.conditions"]


def test_nothing_of_a_patient_is_in_what_goes_wrong() -> None:
    body = b'{"hook": "patient-view", "context": {"patientId": {"canary": "Miller"}}, "prefetch": "Miller"}'
    assert b"Miller" not in run("evaluate", "-", given=body).stderr


def test_colour_is_for_terminals_alone() -> None:
    assert b"\x1b[" not in run("evaluate", "sample:new-bladder-problem").stdout
    forced = run("evaluate", "sample:new-bladder-problem", FORCE_COLOR="1", TERM="xterm-256color")
    assert b"\x1b[" in forced.stdout
    refused = run("evaluate", "sample:new-bladder-problem", NO_COLOR="1", TERM="xterm-256color")
    assert b"\x1b[" not in refused.stdout


@pytest.mark.parametrize(
    "arguments", ["rules list", "evaluate sample:new-bladder-problem", "lint sample:hip-examined --json"]
)
def test_a_reader_that_leaves_early_is_no_error(arguments: str) -> None:
    command = f"{sys.executable} -m cds_service {arguments} | (exec 0<&-; sleep 0); echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=120, check=False, cwd=ROOT)
    assert done.stdout == b"141\n"
    assert done.stderr == b""


def test_a_disk_that_is_full_is_told() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "cds_service", "rules", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 70
    assert done.stderr == b"hip-spine: No space left on device\n"


def test_a_fault_of_the_program_is_told_by_its_places_and_not_its_text() -> None:
    def fails(word: str) -> None:
        try:
            {}[word]  # type: ignore[index]
        except KeyError as error:
            raise ValueError(f"of {word}") from error

    with pytest.raises(ValueError, match="Miller") as failed:
        fails("Miller")
    said = "\n".join(places(failed.value))
    assert "Miller" not in said
    assert "in fails" in said
    assert "ValueError, because of KeyError (without its text)" in said


def test_nothing_of_a_record_steers_the_terminal(tmp_path: Path) -> None:
    body = orjson.dumps(load_sample("hip-oa-with-back-pain", datetime.fromisoformat(NOW))).decode()
    for inside in ("Low back pain, unspecified", "Condition/a-hip-oa"):
        assert inside.rpartition("/")[2] in body
    body = body.replace("Low back pain, unspecified", "Low \\u001b[2J[red]back\\u202e").replace(
        '"a-hip-oa"', '"a-\\u001b[31m"'
    )
    file = tmp_path / "request.json"
    file.write_text(body, encoding="utf-8")
    said = told(run("evaluate", str(file), "--rule", "R16", "--now", NOW))
    assert "Low [2J[red]back" in said
    assert "Condition/a-[31m" in said
    assert all(char.isprintable() or char == "\n" for char in said)


def test_help_loads_none_of_the_libraries_that_single_commands_need() -> None:
    asks = "import sys, cds_service.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, timeout=120, check=True, cwd=ROOT)
    loaded = set(done.stdout.decode().split())
    assert "typer" in loaded
    assert not loaded & {"fhir", "flask", "gunicorn", "orjson", "pydantic", "requests", "rich"}


class TestHelp:
    """Each command has examples, and each example says only words that the command knows."""

    @staticmethod
    def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
        if hasattr(command, "commands"):
            for name, inside in command.commands.items():
                yield from TestHelp.commands(inside, f"{path} {name}")
        else:
            yield path, command

    def test_each_command_has_examples_of_words_that_it_knows(self) -> None:
        for path, command in self.commands(get_command(app), "hip-spine"):
            lines = [line for line in command.epilog.splitlines() if line.startswith("  ") and path in line]
            assert lines, path
            known = {option for part in command.params for option in part.opts} | {"--help"}
            for line in lines:
                asked = re.split(r"[|>]", line.partition(path)[2])[0].split()
                assert {word for word in asked if word.startswith("--")} <= known, line

    def test_each_command_fits_beside_its_name(self) -> None:
        for arguments in ((), ("rules",), ("config",)):
            said = told(run(*arguments, "--help"))
            assert not [line for line in said.splitlines()[1:] if line.endswith("...")]


class TestBundles:
    """A bare Bundle in place of a request."""

    @staticmethod
    def bundle(*more: dict[str, Any]) -> bytes:
        """The chart of a sample as one Bundle whose entries name the patient by the fullUrl of its entry."""
        request = load_sample("hip-oa-with-back-pain", datetime.fromisoformat(NOW))
        values = [value for value in request["prefetch"].values() if value]
        listed = [
            value.get("entry", []) if value["resourceType"] == "Bundle" else [{"resource": value}] for value in values
        ]
        entries = [entry for part in listed for entry in part]
        for entry in entries:
            entry["fullUrl"] = f"urn:uuid:{entry['resource'].get('id')}"
        patient_id = request["context"]["patientId"]
        body = {"resourceType": "Bundle", "type": "collection", "entry": [*entries, *more]}
        return orjson.dumps(body).replace(f"Patient/{patient_id}".encode(), f"urn:uuid:{patient_id}".encode())

    def test_it_is_the_whole_record_of_its_patient(self) -> None:
        found = evaluated("-", given=self.bundle())
        assert found["hook"] == "patient-view"
        [card] = found["answer"]["cards"]
        assert card["extension"]["org.hip-spine-cds.rule"]["id"] == "hip-oa-with-lbp"
        assert set(found["chart"]["had"].values()) == {"complete"}
        assert "extension" not in found["answer"]

    def test_of_several_patients_one_is_named(self) -> None:
        other = {"resource": {"resourceType": "Patient", "id": "p2"}}
        given = self.bundle(other)
        assert "holds 2 Patients" in told(run("evaluate", "-", given=given), 2)
        assert "no Patient with the id 'p3'" in told(run("evaluate", "-", "--patient", "p3", given=given), 2)
        assert evaluated("-", "--patient", "p2", given=given)["answer"]["cards"] == []
        assert len(evaluated("-", "--patient", "composed-a", given=given)["answer"]["cards"]) == 1

    def test_it_cannot_stand_for_a_hook_that_brings_its_own_data(self) -> None:
        assert "send a whole request" in told(run("evaluate", "-", "--hook", "order-sign", given=self.bundle()), 2)
        assert "--patient is for a Bundle" in told(run("evaluate", "sample:hip-examined", "--patient", "x"), 2)


def test_rules_are_listed_and_one_is_said_in_plain_english() -> None:
    assert {row["id"] for row in json.loads(told(run("rules", "list", "--json")))} == KNOWN
    assert len(told(run("rules", "list", "--group", "red-flag")).splitlines()) == 15
    only = json.loads(told(run("rules", "list", "--hook", "order-sign", "--group", "routine", "--json")))
    assert only
    assert all("order-sign" in row["hooks"] and int(row["number"][1:]) > 15 for row in only)
    said = told(run("rules", "show", "R16"))
    for part in ("hip-oa-with-lbp", "Advise when", "Unless", "[warning]", "+ Focused hip examination", "Evidence"):
        assert part in said
    assert told(run("rules", "show", "hip-oa-with-lbp")) == said


def test_lint_tells_every_fault_with_its_path(tmp_path: Path) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {"resource": {"resourceType": "Condition", "code": "M16", "subject": {"reference": "Patient/p1"}}},
            {"resource": {"resourceType": "Condition", "subjekt": {"reference": "Patient/p1"}}},
            {"resource": {"resourceType": "Conditoin"}},
            {"resource": {"resourceType": "Patient", "id": "p1"}},
        ],
    }
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(bundle), encoding="utf-8")
    said = told(run("lint", str(file)), 1)
    assert "Bundle.entry[0].resource.code: " in said
    assert "Bundle.entry[1].resource.subjekt: there is no such element; did you mean 'subject'?" in said
    assert "Bundle.entry[1].resource.subject: " in said
    assert "Bundle.entry[2].resource.resourceType: 'Conditoin' is no resource type" in said
    assert "5 resources, " in said
    machine = json.loads(run("lint", str(file), "--json").stdout)
    assert machine["resources"] == 5
    paths = {fault["path"] for fault in machine["faults"]}
    assert paths >= {"Bundle.entry[0].resource.code", "Bundle.entry[1].resource.subjekt"}
    assert {unused["path"] for unused in machine["not_used"]} == {f"Bundle.entry[{index}].resource" for index in (0, 1)}


@pytest.mark.parametrize("name", ["hip-examined", "hip-oa-with-back-pain"])
def test_lint_has_nothing_to_say_about_a_good_request(name: str) -> None:
    assert "0 faults" in told(run("lint", f"sample:{name}"))


def test_doctor_finds_nothing_wrong_here_and_says_what_to_look_at(tmp_path: Path) -> None:
    said = told(run("doctor", HIPSPINE_STATE_DIR=str(tmp_path / "state"), HIPSPINE_PORT="0" + "8931"))
    assert re.search(r"^ok +knowledge +version", said, re.MULTILINE)
    assert re.search(r"^look +reviews +40 rules are signed by no named clinician", said, re.MULTILINE)


def test_doctor_tells_every_fault_of_the_settings() -> None:
    said = told(run("doctor", HIPSPINE_PORT="http", HIPSPINE_PROT="1"), 1)
    assert re.search(
        r"^FAULT +settings +HIPSPINE_PORT: 'http' cannot be used; allowed: 1 to 65535$", said, re.MULTILINE
    )
    assert re.search(r"^FAULT +settings +HIPSPINE_PROT: .* did you mean 'HIPSPINE_PORT'\?$", said, re.MULTILINE)


def test_doctor_names_each_fault_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run(
        "doctor",
        HIPSPINE_HOST="0.0.0.0",  # noqa: S104 - never listened on
        HIPSPINE_PUBLIC_URL="https://cds.example.org",
        HIPSPINE_STATE_DIR=str(tmp_path / "file" / "state"),
        HIPSPINE_FHIR_SERVERS="https://localhost.invalid/fhir",
        HIPSPINE_KNOWLEDGE_DIR=str(tmp_path / "nothing"),
    )
    said = told(done, 1)
    for about in ("knowledge", "state directory", "callers", "FHIR servers"):
        assert re.search(rf"^FAULT +{about} ", said, re.MULTILINE), said
    assert "docs/operate/trust.md" in said


def test_doctor_looks_at_trusted_issuers_their_keys_and_the_store(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(Ehr("https://ehr.example.org").key_set(), encoding="utf-8")
    trust = tmp_path / "trust.toml"
    trust.write_text('[[issuer]]\niss = "https://ehr.example.org"\nkeys_file = "keys.json"\n', encoding="utf-8")
    environment = {"HIPSPINE_TRUST_FILE": str(trust), "HIPSPINE_STATE_DIR": str(tmp_path / "state")}
    said = told(run("doctor", **environment))
    assert re.search(r"^ok +keys +https://ehr.example.org: 1 usable key$", said, re.MULTILINE)
    assert re.search(r"^ok +store +SQLite", said, re.MULTILINE)
    trust.write_text('[[issuer]]\niss = "x"\nkeys = "http://127.0.0.1:1/keys"\n', encoding="utf-8")
    assert "x: its key set cannot be had (connection)" in told(run("doctor", **environment), 1)


def test_config_show_has_every_setting_its_source_and_no_password() -> None:
    said = told(run("config", "show", HIPSPINE_PORT="9000", HIPSPINE_STORE_URL="postgresql://u:secret@db/x"))
    assert {line.split()[0] for line in said.splitlines()} == {row.variable for row in settings_table()}
    assert re.search(r"^HIPSPINE_PORT +9000 +environment$", said, re.MULTILINE)
    assert re.search(r"^HIPSPINE_HOST +127.0.0.1 +default$", said, re.MULTILINE)
    assert "secret" not in said
    assert "'HIPSPINE_PORT'" in told(run("config", "show", HIPSPINE_PROT="1"), 1)


@pytest.mark.current
def test_the_page_of_settings_is_current() -> None:
    assert told(run("config", "show", "--markdown")) == settings_page()
    page = (ROOT / "docs" / "generated" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page(), "run: hip-spine config show --markdown > docs/generated/settings.md"
