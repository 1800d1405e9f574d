"""The commands that an author of rules uses: copy, new, new-codelist and check, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from typer.testing import CliRunner

from cds_service.app import create_app
from cds_service.cli import app
from cds_service.settings import load_settings
from rules import KnowledgeDirectory, KnowledgeFaults, load_knowledge
from rules.loader import INSIDE
from tests.lib.knowledge_copy import edit, knowledge_copy


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["rules", *arguments])


@pytest.fixture
def knowledge(tmp_path: Path) -> KnowledgeDirectory:
    return knowledge_copy(tmp_path / "knowledge")


def words(result: Result) -> str:
    """What was printed, without the breaks of lines."""
    return " ".join(result.output.split())


def test_sound_knowledge_passes_and_is_counted(knowledge: KnowledgeDirectory) -> None:
    result = run("check", str(knowledge.root))

    ruleset = load_knowledge(knowledge)
    assert result.exit_code == 0
    assert result.output.startswith(f"Knowledge {ruleset.version}: {len(ruleset.rules)} rules (0 drafts), ")
    assert result.output.endswith(f" {len(ruleset.lexicon.codelists.concepts)} code lists: no fault.\n")


def test_without_a_directory_the_one_of_the_setting_is_checked(
    knowledge: KnowledgeDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(knowledge.rules / "knowledge.toml", "version = ", "verson = ")
    monkeypatch.setenv("HIPSPINE_KNOWLEDGE_DIR", str(knowledge.root))

    result = run("check")

    assert result.exit_code == 1
    assert "verson: unknown key 'verson'; did you mean 'version'?" in result.output


def test_a_fault_of_the_settings_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIPSPINE_KNOWLEDGE_DRI", "x")
    result = run("check")
    assert result.exit_code == 1
    assert "did you mean 'HIPSPINE_KNOWLEDGE_DIR'?" in result.output


def test_a_fault_is_told_with_file_place_word_and_what_is_allowed(knowledge: KnowledgeDirectory) -> None:
    edit(knowledge.rules / "gtps-with-lbp.toml", 'all = [{ condition = "gtps" }', 'all = [{ condition = "gtpss" }')

    result = run("check", str(knowledge.root))

    assert result.exit_code == 1
    assert "\ngtps-with-lbp.toml\n  when.all[0].condition: unknown concept 'gtpss'; did you mean 'gtps'?\n" in (
        result.output
    )
    assert "allowed: acute_pain, " in words(result)
    assert "1 fault. Examples and versions are looked at when the files have no fault." in words(result)


def test_a_directory_that_holds_no_knowledge_is_told(tmp_path: Path) -> None:
    result = run("check", str(tmp_path))
    assert result.exit_code == 1
    assert "a knowledge directory holds 'hip_spine' and 'codelists'" in words(result)


def test_an_example_that_fails_tells_what_came_out_and_what_decided(knowledge: KnowledgeDirectory) -> None:
    edit(knowledge.rules / "gtps-with-lbp.toml", "age = 17", "age = 18")

    result = run("check", str(knowledge.root))

    assert result.exit_code == 1
    assert "example[4]: 'Age 17' expects excluded, and it is info. Fires as info: active greater trochanteric" in (
        words(result)
    )


def test_a_change_of_meaning_without_a_new_version_is_told_and_not_accepted(knowledge: KnowledgeDirectory) -> None:
    rule = knowledge.rules / "gtps-with-lbp.toml"
    before = knowledge.versions.read_text(encoding="utf-8")
    version = load_knowledge(knowledge).rule("gtps-with-lbp").version
    edit(rule, "can help to tell how the two are linked", "can help to see how the two are linked")

    for result in (run("check", str(knowledge.root)), run("check", "--accept", str(knowledge.root))):
        assert result.exit_code == 1
        assert f"version: the words of its card changed since version {version}; set version = " in words(result)
    assert knowledge.versions.read_text(encoding="utf-8") == before


def test_a_change_whose_versions_rose_is_accepted_once_and_then_passes(knowledge: KnowledgeDirectory) -> None:
    ruleset = load_knowledge(knowledge)
    rule = knowledge.rules / "gtps-with-lbp.toml"
    version = ruleset.rule("gtps-with-lbp").version
    edit(rule, "can help to tell how the two are linked", "can help to see how the two are linked")
    edit(rule, f'version = "{version}"\nstatus', 'version = "9.0.0"\nstatus')
    edit(
        rule,
        '[[example]]\nname = "Age 17"',
        (
            '[[history]]\nversion = "9.0.0"\non = 2026-11-25\ntext = "Wording."\nadvice_changes = true\n\n'
            '[[example]]\nname = "Age 17"'
        ),
    )
    edit(knowledge.rules / "knowledge.toml", f'"{ruleset.version}"', f'"{ruleset.version}.1"')

    pending = run("check", str(knowledge.root))
    assert pending.exit_code == 1
    assert "versions.toml is not current" in words(pending)
    accepted = run("check", "--accept", str(knowledge.root))
    assert accepted.exit_code == 0
    assert accepted.output.startswith(f"Written: {knowledge.versions}")
    assert run("check", str(knowledge.root)).exit_code == 0


def test_a_missing_file_of_fingerprints_is_written_anew_when_asked(knowledge: KnowledgeDirectory) -> None:
    before = knowledge.versions.read_text(encoding="utf-8")
    knowledge.versions.unlink()
    assert "the file is missing" in run("check", str(knowledge.root)).output
    assert run("check", "--accept", str(knowledge.root)).exit_code == 0
    assert knowledge.versions.read_text(encoding="utf-8") == before


def test_nothing_is_accepted_while_an_example_fails(knowledge: KnowledgeDirectory) -> None:
    edit(knowledge.rules / "gtps-with-lbp.toml", "age = 17", "age = 18")
    knowledge.versions.unlink()
    assert run("check", "--accept", str(knowledge.root)).exit_code == 1
    assert not knowledge.versions.exists()


@pytest.mark.parametrize(("today", "overdue"), [("2027-11-24", False), ("2027-11-25", True)])
def test_an_overdue_review_is_a_warning(knowledge: KnowledgeDirectory, today: str, overdue: bool) -> None:
    edit(
        knowledge.rules / "gtps-with-lbp.toml",
        'state = "unreviewed"',
        'state = "reviewed"\nreviewer = "Dr A. Example"\nreviewed_on = 2026-11-24\nnext_review = 2027-11-24',
    )
    edit(
        knowledge.rules / "education.toml",
        'state = "unreviewed"',
        'state = "reviewed"\nreviewer = "Dr A. Example"\nreviewed_on = 2026-11-24\nnext_review = 2027-11-24',
    )
    with time_machine.travel(f"{today}T12:00Z", tick=False):
        result = run("check", str(knowledge.root))

    assert result.exit_code == 0
    assert ("Warning: education.toml: review: the next review was due on 2027-11-24\n" in result.output) is overdue
    warned = "Warning: gtps-with-lbp.toml: review: the next review was due on 2027-11-24\n" in result.output
    assert warned is overdue


def test_an_outcome_without_an_example_is_a_warning(knowledge: KnowledgeDirectory) -> None:
    rule = knowledge.rules / "gtps-with-lbp.toml"
    head, *examples = rule.read_text(encoding="utf-8").split("[[example]]")
    kept = [example for example in examples if 'expect = "excluded"' not in example]
    rule.write_text("[[example]]".join([head, *kept]), encoding="utf-8")

    result = run("check", str(knowledge.root))

    assert result.exit_code == 0
    assert "Warning: gtps-with-lbp.toml: example: no example expects excluded\n" in result.output


def test_a_draft_order_that_is_no_sound_fhir_is_told(knowledge: KnowledgeDirectory) -> None:
    path = knowledge.rules / "suggestions.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(
            'label = "Focused hip examination"\ntext = "Focused hip examination"',
            'label = "Focused hip examination"\ntext = " "',
        ),
        encoding="utf-8",
    )
    result = run("check", str(knowledge.root))
    assert result.exit_code == 1
    assert "suggestions.toml" in result.output


def test_the_knowledge_is_copied_with_its_fingerprints_and_never_over_anything(tmp_path: Path) -> None:
    target = tmp_path / "site"
    result = run("copy", str(target), "--directory", str(INSIDE.root))

    assert result.exit_code == 0
    copied = KnowledgeDirectory(target)
    for there, here in ((copied.rules, INSIDE.rules), (copied.codelists, INSIDE.codelists)):
        assert sorted(path.name for path in there.iterdir()) == sorted(path.name for path in here.iterdir())
    assert copied.versions.read_bytes() == INSIDE.versions.read_bytes()
    again = run("copy", str(target))
    assert again.exit_code == 1
    assert "is there already" in again.output


@pytest.mark.parametrize("group", ["routine", "red-flag"])
def test_a_new_rule_loads_at_once_as_a_draft_and_its_examples_hold(knowledge: KnowledgeDirectory, group: str) -> None:
    highest = max(rule.number for rule in load_knowledge(knowledge).rules)

    result = run("new", "new-rule", "--group", group, "--concept", "gtps", "--directory", str(knowledge.root))

    assert result.exit_code == 0
    assert "Next:" in result.output
    rule = load_knowledge(knowledge).rule("new-rule")
    assert (rule.number, rule.status, rule.group) == (highest + 1, "draft", group)
    assert run("check", str(knowledge.root)).exit_code == 0


def test_a_new_rule_with_texts_to_fill_in_is_not_served(knowledge: KnowledgeDirectory) -> None:
    run("new", "new-rule", "--directory", str(knowledge.root))
    edit(knowledge.rules / "new-rule.toml", 'status = "draft"', 'status = "active"')
    result = run("check", str(knowledge.root))
    assert result.exit_code == 1
    assert "card.recommendation: still says 'FILL IN', which only a rule with status 'draft' may" in result.output


def test_a_new_rule_like_another_has_its_logic_and_a_history_of_its_own(knowledge: KnowledgeDirectory) -> None:
    result = run("new", "new-rule", "--like", "gtps-with-lbp", "--directory", str(knowledge.root))

    assert result.exit_code == 0
    ruleset = load_knowledge(knowledge)
    rule, model = ruleset.rule("new-rule"), ruleset.rule("gtps-with-lbp")
    assert (rule.when, rule.levels, rule.examples) == (model.when, model.levels, model.examples)
    assert (rule.version, rule.status, rule.review.state, len(rule.history)) == ("1.0.0", "draft", "unreviewed", 1)
    assert rule.number == max(other.number for other in ruleset.rules)
    assert run("check", str(knowledge.root)).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["new", "gtps-with-lbp"], "gtps-with-lbp.toml is there already"),
        (["new", "Stiff_Hip"], "'Stiff_Hip' is no rule id: small letters and digits, with single hyphens"),
        (["new", "a-b", "--like", "gtps-with-lpb"], "unknown rule 'gtps-with-lpb'"),
        (["new", "a-b", "--concept", "gtsp"], "unknown code list 'gtsp'"),
        (["new", "a-b", "--like", "gtps-with-lbp", "--concept", "gtps"], "leave out --group and --concept"),
        (["new-codelist", "gtps", "--title", "X"], "gtps.csv is there already"),
        (["new-codelist", "stiff-hip", "--title", "X"], "'stiff-hip' is no name of a code list"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_reason(
    knowledge: KnowledgeDirectory, arguments: list[str], reason: str
) -> None:
    files = sorted(path for path in knowledge.root.rglob("*"))
    result = run(*arguments, "--directory", str(knowledge.root))
    assert result.exit_code == 1
    assert reason in words(result)
    assert sorted(path for path in knowledge.root.rglob("*")) == files


def test_a_file_that_cannot_be_copied_line_by_line_is_refused(knowledge: KnowledgeDirectory) -> None:
    edit(knowledge.rules / "gtps-with-lbp.toml", "number = 19", "number=19")
    result = run("new", "new-rule", "--like", "gtps-with-lbp", "--directory", str(knowledge.root))
    assert result.exit_code == 1
    assert "cannot be copied" in words(result)


@pytest.mark.parametrize(
    "arguments", [["new", "new-rule"], ["new-codelist", "stiff_hip", "--title", "Stiff hip"], ["check", "--accept"]]
)
def test_nothing_is_written_into_the_installed_program(tmp_path: Path, arguments: list[str]) -> None:
    installed = knowledge_copy(tmp_path / "site-packages" / "rules")
    place = ["--directory", str(installed.root)] if arguments[0] != "check" else [str(installed.root)]

    result = run(*arguments, *place)

    assert result.exit_code == 1
    assert "'hip-spine rules copy my-knowledge' makes a copy to work on" in words(result)


def test_the_service_does_not_start_with_a_directory_that_holds_no_knowledge(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeFaults, match="a knowledge directory holds 'hip_spine' and 'codelists'"):
        create_app(load_settings(knowledge_dir=tmp_path, state_dir=tmp_path / "state"))


def test_a_new_code_list_waits_for_its_codes_and_its_meaning(knowledge: KnowledgeDirectory) -> None:
    result = run("new-codelist", "stiff_hip", "--title", "Stiff hip", "--directory", str(knowledge.root))
    assert result.exit_code == 0
    assert "codelists/stiff_hip.csv the concept has no active code" in words(run("check", str(knowledge.root)))

    with (knowledge.codelists / "stiff_hip.csv").open("a", encoding="utf-8") as rows:
        rows.write("icd-10-cm,M25.65,Stiffness of hip,yes,,,active,simple_icd_10_cm 1.5.0,\n")
    checked = run("check", str(knowledge.root))
    assert checked.exit_code == 0
    assert "Warning: codelists/catalogue.toml: concepts.stiff_hip: still says 'FILL IN'" in checked.output
    assert load_knowledge(knowledge).lexicon.codelists.concepts["stiff_hip"].title == "Stiff hip"


def test_nothing_new_is_written_beside_knowledge_with_a_fault(knowledge: KnowledgeDirectory) -> None:
    edit(knowledge.rules / "knowledge.toml", "version = ", "verson = ")
    result = run("new", "new-rule", "--directory", str(knowledge.root))
    assert result.exit_code == 1
    assert "unknown key 'verson'" in result.output
    assert not (knowledge.rules / "new-rule.toml").exists()
