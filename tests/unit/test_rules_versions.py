"""A version rises with what it names: each change of meaning is noticed, and nothing else is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rules import KnowledgeDirectory, RuleSet, read_rules
from rules.codelist_files import load_codelists
from rules.fingerprints import Fingerprints, fingerprints
from rules.loader import INSIDE, load_rules
from rules.versions import advice_changed, as_text, raised, read_fingerprints, version_faults
from tests.lib.broken_knowledge import (
    BIBLIOGRAPHY,
    DEFINITIONS,
    FLAG,
    HIP,
    KNOWLEDGE,
    QUESTIONNAIRE,
    REASONS,
    SUGGESTIONS,
    Change,
    changed,
    small_rules,
)

BEFORE = fingerprints(small_rules())


def after(folder: Path, *changes: Change) -> RuleSet:
    ruleset, faults = read_rules(changed(folder, *changes))
    assert faults == ()
    assert ruleset is not None
    return ruleset


def told(ruleset: RuleSet, before: Fingerprints = BEFORE) -> list[str]:
    return [str(fault) for fault in version_faults(ruleset, before)]


def test_the_fingerprints_on_file_are_those_of_the_knowledge() -> None:
    """Fails while a rule changed and `hip-spine rules check --accept` has not been run; the check says what to do."""
    before, faults = read_fingerprints(INSIDE.versions)
    assert faults == ()
    assert before is not None
    ruleset = load_rules()
    assert told(ruleset, before) == []
    assert INSIDE.versions.read_text(encoding="utf-8") == as_text(fingerprints(ruleset))


@pytest.mark.parametrize(
    "change",
    [
        Change(HIP, "number = 2", "number = 2  # the core rule"),
        Change(HIP, '{ meets = "native-hip" }, {', '{ meets = "native-hip" },\n  {'),
        Change(HIP, 'name = "Both"', 'name = "Both of them"'),
        Change(HIP, "next_review = 2027-11-24", "next_review = 2028-11-24"),
        Change(HIP, 'text = "Wording."', 'text = "Better wording."'),
        Change(
            FLAG,
            'state = "unreviewed"',
            'state = "reviewed"\nreviewer = "B"\nreviewed_on = 2026-11-24\nnext_review = 2027-11-24',
        ),
        Change(HIP, 'severity", at_least = 7, pick = "latest"', 'severity", pick = "latest", at_least = 7'),
        Change(BIBLIOGRAPHY, 'state = "unverified"', 'state = "verified"'),
    ],
    ids=lambda change: change.new[:30],
)
def test_comments_layout_examples_and_reviews_are_no_change_of_meaning(change: Change, tmp_path: Path) -> None:
    assert fingerprints(after(tmp_path, change)) == BEFORE


LOGIC = "when its card shows, its level or its suggestions changed since version 1.1.0"
NEWER_KNOWLEDGE = Change(KNOWLEDGE, "1.0", "1.1")
WINDOW = Change(HIP, "within = 365", "within = 366")


def raised_to(version: str) -> tuple[Change, ...]:
    """The hip rule at another version, with its entry in the history."""
    return (
        Change(HIP, 'version = "1.1.0"\nstatus', f'version = "{version}"\nstatus'),
        Change(HIP, 'version = "1.1.0"\non', f'version = "{version}"\non'),
    )


def test_a_change_of_the_logic_asks_for_a_higher_minor_number_and_a_newer_knowledge(tmp_path: Path) -> None:
    newer = "set version = \"1.1\" or higher; did you mean '1.1'?"

    assert told(after(tmp_path / "none", WINDOW)) == [
        f"{HIP}: version: {LOGIC}; set version = \"1.2.0\" or higher, with a [[history]] entry; did you mean '1.2.0'?",
        f"{KNOWLEDGE}: version: cards of these rules changed, or what decides about them: hip-rule; {newer}",
    ]
    assert told(after(tmp_path / "patch", WINDOW, NEWER_KNOWLEDGE, *raised_to("1.1.9"))) == [
        f"{HIP}: version: {LOGIC}; set version = \"1.2.0\" or higher, with a [[history]] entry; did you mean '1.2.0'?"
    ]
    assert told(after(tmp_path / "minor", WINDOW, NEWER_KNOWLEDGE, *raised_to("1.2.0"))) == []
    assert told(after(tmp_path / "major", WINDOW, NEWER_KNOWLEDGE, *raised_to("2.0.0"))) == []


def test_a_change_of_the_wording_asks_for_a_higher_patch_number(tmp_path: Path) -> None:
    words = Change(HIP, "An examination can help.", "An examination of the hip can help.")

    todo = "set version = \"1.1.1\" or higher, with a [[history]] entry; did you mean '1.1.1'?"
    assert told(after(tmp_path / "none", words, NEWER_KNOWLEDGE)) == [
        f"{HIP}: version: the words of its card changed since version 1.1.0; {todo}"
    ]
    assert told(after(tmp_path / "patch", words, NEWER_KNOWLEDGE, *raised_to("1.1.1"))) == []


def test_a_version_may_rise_without_a_change_and_never_goes_back(tmp_path: Path) -> None:
    assert told(after(tmp_path / "higher", *raised_to("1.1.1"))) == []
    assert [
        fault.message.partition(";")[0] for fault in version_faults(after(tmp_path, *raised_to("1.0.9")), BEFORE)
    ] == ["a version never goes back since version 1.1.0"]


@pytest.mark.parametrize(
    ("change", "reached"),
    [
        (Change(DEFINITIONS, 'native_side = "hip_osteoarthritis"', 'native_side = "fai"'), ["hip-rule"]),
        (Change(DEFINITIONS, "most = 10", "most = 9"), ["hip-rule"]),
        (Change(DEFINITIONS, 'suspected = ["provisional"]', 'suspected = ["unconfirmed"]'), ["flag-rule", "hip-rule"]),
        (Change(QUESTIONNAIRE, "How the pain began", "Onset"), ["hip-rule"]),
        (Change(SUGGESTIONS, "A pregnancy is on record.", "She is pregnant."), ["hip-rule"]),
        (Change(REASONS, "Not now", "Later"), ["flag-rule", "hip-rule"]),
        (Change(BIBLIOGRAPHY, 'short = "Article"', 'short = "Paper"'), ["flag-rule", "hip-rule"]),
        (Change(FLAG, "cauda_equina_syndrome", "urinary_retention"), ["flag-rule", "hip-rule"]),
        (Change(DEFINITIONS, "any = [{ meets", "all = [{ meets"), []),
        (Change(QUESTIONNAIRE, "On which day did it begin?", "When did it begin?"), []),
    ],
    ids=lambda value: value.new[:20] if isinstance(value, Change) else ",".join(value) or "none",
)
def test_a_change_of_what_is_shared_reaches_the_rules_that_use_it(
    change: Change, reached: list[str], tmp_path: Path
) -> None:
    assert list(advice_changed(BEFORE, fingerprints(after(tmp_path, change)))) == reached


def test_a_change_of_what_is_shared_asks_for_a_newer_knowledge_only(tmp_path: Path) -> None:
    ruleset = after(tmp_path, Change(DEFINITIONS, "most = 10", "most = 9"))
    assert [fault.file for fault in version_faults(ruleset, BEFORE)] == [KNOWLEDGE]


def test_a_row_of_a_code_list_reaches_the_rules_that_ask_for_it(tmp_path: Path) -> None:
    copy = KnowledgeDirectory(tmp_path)
    shutil.copytree(INSIDE.codelists, copy.codelists)
    path = copy.codelists / "cauda_equina_syndrome.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    assert load_codelists(copy.codelists)[1] == ()
    ruleset, faults = read_rules(changed(tmp_path), copy.codelists)
    assert ruleset is not None
    assert faults == ()
    # The hip rule asks whether the flag rule fires.
    assert advice_changed(BEFORE, fingerprints(ruleset)) == ("flag-rule", "hip-rule")


def test_a_new_rule_counts_when_it_is_no_draft_any_more(tmp_path: Path) -> None:
    text = (changed(tmp_path / "from") / FLAG).read_text(encoding="utf-8")
    text = text.replace('"flag-rule"', '"new-rule"').replace("number = 1", "number = 3")
    text = text.replace('source = "article"\nstatements = ["S47"]', 'source = "guideline"')
    for name, status, expected in (("draft", "draft", []), ("shadow", "shadow", [KNOWLEDGE])):
        folder = changed(tmp_path / name)
        (folder / "new-rule.toml").write_text(text.replace('"active"', f'"{status}"'), encoding="utf-8")
        ruleset, faults = read_rules(folder)
        assert faults == ()
        assert ruleset is not None
        assert [fault.file for fault in version_faults(ruleset, BEFORE)] == expected


def test_a_rule_that_is_gone_asks_for_a_newer_knowledge(tmp_path: Path) -> None:
    folder = changed(tmp_path)
    (folder / HIP).unlink()
    ruleset, _ = read_rules(folder)
    assert ruleset is not None
    assert [fault.file for fault in version_faults(ruleset, BEFORE)] == [KNOWLEDGE]


def test_many_changed_rules_are_counted() -> None:
    one = BEFORE.rules["flag-rule"]
    many = Fingerprints(knowledge="1.0", rules={**BEFORE.rules, **{f"gone-{number}": one for number in range(10)}})
    assert "gone-7 and 2 more; set" in told(small_rules(), many)[0]


def test_a_version_of_the_knowledge_is_numbers_with_dots(tmp_path: Path) -> None:
    ruleset = after(tmp_path, Change(KNOWLEDGE, "1.0", "next"))
    assert told(ruleset) == [f"{KNOWLEDGE}: version: 'next' is not numbers with dots, such as 2026.11.1"]


def test_versions_are_compared_number_by_number() -> None:
    assert raised("2026.11.9", "2026.11.10")
    assert raised("2026.11.1", "2026.11.1.1")
    assert raised("first", "1")
    assert not raised("1.2.0", "1.2.0")
    assert not raised("1", "second")


def test_the_file_reads_as_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "versions.toml"
    path.write_text(as_text(BEFORE), encoding="utf-8")
    assert read_fingerprints(path) == (BEFORE, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "versions.toml: the file is missing; 'hip-spine rules check --accept' writes it"),
        ("knowledge = ", "versions.toml: not readable as TOML: Invalid value (at end of document)"),
        ('knowledge = "1"\n', "versions.toml: rule: Field required"),
        ('knowledge = "1"\n[rule]\na = { version = "1" }', "versions.toml: rule.a.version: String should match"),
    ],
)
def test_a_file_that_cannot_be_read(text: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "versions.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    found, faults = read_fingerprints(path)
    assert found is None
    assert str(faults[0]).startswith(message)
