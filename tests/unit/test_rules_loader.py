"""What an author is told about a mistake in a knowledge file: file, place, word, what is allowed, the nearest word.

Each case of the TOML files beside this one changes a small sound knowledge folder in one place and names every fault
that must follow, and no other.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from rules import Fault, KnowledgeFaults, load_rules, read_rules
from rules.loader import KNOWLEDGE as REAL
from rules.schema import HOOKS, Kind
from rules.vocabulary import RULE_CRITERIA
from tests.lib.broken_knowledge import (
    BIBLIOGRAPHY,
    DEFINITIONS,
    FLAG,
    HIP,
    QUESTIONNAIRE,
    SMALL,
    SUGGESTIONS,
    Change,
    changed,
    faults_after,
    small_rules,
)

WORDS = small_rules().lexicon
LISTS: dict[str, tuple[str, ...]] = {
    "concepts": tuple(sorted(WORDS.codelists.concepts)),
    "systems": tuple(sorted(WORDS.codelists.systems)),
    "items": tuple(sorted(WORDS.items)),
    "criteria": tuple(sorted((*RULE_CRITERIA, "all", "any", "not", "not_found", "meets"))),
    "hooks": tuple(sorted(HOOKS)),
    "statements": ("S47", "S48", "S49", "S50"),
    "kinds": get_args(Kind),
}

Case = dict[str, Any]


def cases(name: str) -> list[Any]:
    """The cases of one file, each with its name."""
    tables = tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["what"]) for case in tables["case"]]


def expected(case: Case, file: str, place: str = "") -> list[Fault]:
    """The faults that a case names; places are relative to ``place``."""
    faults = []
    for table in case["fault"]:
        allowed = table.get("allowed", ())
        faults.append(
            Fault(
                table.get("file", file),
                place + table.get("place", ""),
                table["message"],
                table.get("word"),
                LISTS[allowed] if isinstance(allowed, str) else tuple(allowed),
                table.get("nearest"),
            )
        )
    return faults


def test_the_small_knowledge_is_sound() -> None:
    assert [rule.id for rule in small_rules().rules] == ["flag-rule", "hip-rule"]


def test_the_real_knowledge_is_sound() -> None:
    assert read_rules()[1] == ()


@pytest.mark.parametrize("case", cases("loader_faults"))
def test_a_mistake_in_a_file(case: Case, tmp_path: Path) -> None:
    change = Change(case["file"], case["old"], case["new"])
    assert list(faults_after(tmp_path, change)) == expected(case, case["file"])


@pytest.mark.parametrize("case", cases("criterion_faults"))
def test_a_mistake_in_a_criterion_of_a_rule(case: Case, tmp_path: Path) -> None:
    change = Change(FLAG, '{ condition = "cauda_equina_syndrome" }', case["criterion"])
    assert list(faults_after(tmp_path, change)) == expected(case, FLAG, "when")


@pytest.mark.parametrize("case", cases("definition_faults"))
def test_a_mistake_in_a_criterion_of_a_definition(case: Case, tmp_path: Path) -> None:
    change = Change(DEFINITIONS, '{ differential = "hip likely" }', case["criterion"])
    assert list(faults_after(tmp_path, change)) == expected(case, DEFINITIONS, "definition.hip-likely.is")


@pytest.mark.parametrize("case", cases("example_faults"))
def test_a_mistake_in_an_example_of_a_rule(case: Case, tmp_path: Path) -> None:
    change = Change(FLAG, '[[example]]\nname = "Recorded"\n', example(case) + '[[example]]\nname = "Recorded"\n')
    assert list(faults_after(tmp_path, change)) == expected(case, FLAG, "example[0]")


@pytest.mark.parametrize("case", cases("definition_example_faults"))
def test_a_mistake_in_an_example_of_a_definition(case: Case, tmp_path: Path) -> None:
    table = "definition.native-hip.example"
    change = Change(DEFINITIONS, f"[[{table}]]\n", example(case, table) + f"[[{table}]]\n")
    assert list(faults_after(tmp_path, change)) == expected(case, DEFINITIONS, f"{table}[0]")


def example(case: Case, table: str = "example") -> str:
    """The text of one more example, silent where the case does not say more."""
    said: str = case["example"].strip()
    rest = "" if "expect" in said else 'expect = "does_not_apply"\n'
    return f'[[{table}]]\nname = "One more"\n{rest}{said}\n\n'


@pytest.mark.parametrize("name", ["definitions.toml", "bibliography.toml"])
def test_a_shared_file_that_is_missing_is_the_only_thing_said(name: str, tmp_path: Path) -> None:
    folder = changed(tmp_path)
    (folder / name).unlink()
    assert read_rules(folder) == (None, (Fault(name, "", "the file is missing"),))


def test_every_file_that_is_not_toml_is_reported_at_once(tmp_path: Path) -> None:
    folder = changed(tmp_path, Change(SUGGESTIONS, "sided = true", "sided = yes"))
    (folder / BIBLIOGRAPHY).write_bytes(b"\xff\xfe")
    ruleset, faults = read_rules(folder)
    assert ruleset is None
    assert [(fault.file, fault.place, fault.message.split(":")[0]) for fault in faults] == [
        (SUGGESTIONS, "", "not readable as TOML"),
        (BIBLIOGRAPHY, "", "not readable as TOML"),
    ]
    assert "line 7" in faults[0].message


def test_a_rule_that_is_not_toml_leaves_the_others_checked(tmp_path: Path) -> None:
    folder = changed(tmp_path, Change(HIP, '"A clinician"', '"A clinician'))
    (folder / "third-rule.toml").write_text("number = 3\n")
    _, faults = read_rules(folder)
    assert [fault.file for fault in faults if fault.file == HIP] == [HIP]
    assert {fault.file for fault in faults} == {HIP, "third-rule.toml"}


def test_an_empty_folder_misses_every_shared_file(tmp_path: Path) -> None:
    _, faults = read_rules(tmp_path)
    shared = [path.name for path in SMALL.glob("*.toml") if path.name not in (FLAG, HIP)]
    assert sorted(fault.file for fault in faults) == sorted(shared)


def test_faults_of_several_files_are_reported_together(tmp_path: Path) -> None:
    changes = (
        Change(DEFINITIONS, 'concept = "obs_pain_severity"', 'concept = "obs_pain"'),
        Change(QUESTIONNAIRE, 'type = "date"', 'type = "dates"'),
        Change(SUGGESTIONS, '"pregnancy"', '"pregnant"'),
        Change(FLAG, "number = 1", "number = 0"),
        Change(FLAG, '"S47"', '"S47", 48'),
        Change(HIP, '"onset"', '"onsets"'),
        Change(HIP, 'links = ["guideline"]', 'links = ["guide"]'),
    )
    with pytest.raises(KnowledgeFaults) as refused:
        load_rules(changed(tmp_path, *changes))
    assert [(fault.file, fault.place) for fault in refused.value.faults] == [
        (QUESTIONNAIRE, "item[4].type"),
        (DEFINITIONS, "measure.severity.concept"),
        (SUGGESTIONS, "template.T1.leave_out[0].if.condition"),
        (FLAG, "number"),
        (FLAG, "evidence[0].statements[1]"),
        (HIP, "card.say[0].if.answer"),
        (HIP, "card.links[0]"),
    ]
    first, *lines = str(refused.value).splitlines()
    assert first == "7 faults in the knowledge files:"
    assert lines[0] == (
        "questionnaire.toml: item[4].type: unknown word 'dates'; allowed: choice, number, date; did you mean 'date'?"
    )
    assert len(lines) == 7


def test_one_fault_is_counted_as_one() -> None:
    fault = Fault("knowledge.toml", "", "the file is missing")
    assert str(KnowledgeFaults([fault])) == "1 fault in the knowledge files:\nknowledge.toml: the file is missing"


@pytest.mark.parametrize(
    ("change", "file", "place"),
    [
        (Change(SUGGESTIONS, "sided = true", "sided = 5"), SUGGESTIONS, "template.T1.sided"),
        (Change(BIBLIOGRAPHY, 'short = "Guideline"', "short = 5"), BIBLIOGRAPHY, "source.guideline.short"),
        (Change(DEFINITIONS, "least = 0", 'least = "low"'), DEFINITIONS, "measure.severity.least"),
        (Change(DEFINITIONS, 'title = "hip osteoarthritis"', "title = 5"), DEFINITIONS, "definition.native-hip.title"),
        (Change(QUESTIONNAIRE, 'title = "Worst pain"', "title = 5"), QUESTIONNAIRE, "item[5].title"),
        (Change(FLAG, 'title = "Cauda equina syndrome"', "title = 5"), FLAG, "title"),
    ],
)
def test_what_cannot_be_read_is_not_reported_again_where_it_is_used(
    change: Change, file: str, place: str, tmp_path: Path
) -> None:
    assert [(fault.file, fault.place) for fault in faults_after(tmp_path, change)] == [(file, place)]


def test_an_item_that_is_no_table_is_reported(tmp_path: Path) -> None:
    folder = changed(tmp_path)
    (folder / QUESTIONNAIRE).write_text('item = ["onset"]\n')
    [fault] = [fault for fault in read_rules(folder)[1] if fault.file == QUESTIONNAIRE]
    assert fault.place == "item[0]"
    assert fault.message.startswith("Input should be a valid dictionary")


def test_a_template_that_is_no_table_is_reported(tmp_path: Path) -> None:
    folder = changed(tmp_path)
    (folder / SUGGESTIONS).write_text("template.T1 = 5\n")
    faults = [fault for fault in read_rules(folder)[1] if fault.file == SUGGESTIONS]
    assert faults == [Fault(SUGGESTIONS, "template.T1", "must be a table")]


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ('level = ["info"]', "level[0]"),
        ('level = [{ indicator = "info", summary = "x", suggestions = ["T1"] }]', "level[0].suggestions[0]"),
        ("card = 5", "card"),
        ('card.say = ["x"]', "card.say[0]"),
    ],
)
def test_a_part_of_a_rule_that_is_no_table_is_reported(parts: str, place: str, tmp_path: Path) -> None:
    folder = changed(tmp_path)
    text = (folder / FLAG).read_text(encoding="utf-8")
    (folder / FLAG).write_text(f"{parts}\n{text[: text.index('[[level]]')]}")
    assert Fault(FLAG, place, "must be a table") in read_rules(folder)[1]


def test_cycles_through_several_definitions_are_found(tmp_path: Path) -> None:
    back_pain = '{ any = [{ meets = "hip-likely" }, { meets = "nobody" }] }'
    changes = (
        Change(DEFINITIONS, '{ condition = "low_back_pain" }', back_pain),
        Change(DEFINITIONS, '{ differential = "hip likely" }', '{ meets = "back-or-hip-pain" }'),
    )
    found = [(fault.place, fault.message) for fault in faults_after(tmp_path, *changes) if "itself" in fault.message]
    reaches = "the definition reaches itself: "
    assert found == [
        ("definition.back-pain.is", f"{reaches}back-pain, hip-likely, back-or-hip-pain, back-pain"),
        ("definition.back-or-hip-pain.is", f"{reaches}back-or-hip-pain, back-pain, hip-likely, back-or-hip-pain"),
        ("definition.hip-likely.is", f"{reaches}hip-likely, back-or-hip-pain, back-pain, hip-likely"),
    ]


def test_without_statuses_everything_else_is_still_read(tmp_path: Path) -> None:
    change = Change(DEFINITIONS, 'active = ["active", "recurrence", "relapse"]\n', "")
    faults = faults_after(tmp_path, change, Change(FLAG, '"S47"', '"S85"'))
    assert [(fault.file, fault.place) for fault in faults] == [
        (DEFINITIONS, "statuses.active"),
        (FLAG, "evidence[0].statements"),
    ]


def test_the_real_knowledge_reports_a_missing_file_and_a_broken_rule(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(REAL, tmp_path / "knowledge"))
    rule = folder / "rf-cauda-equina.toml"
    rule.write_text(rule.read_text(encoding="utf-8").replace('"cauda_equina_syndrome"', '"cauda_equina_syndrom"', 1))
    faults = read_rules(folder)[1]
    assert {fault.file for fault in faults} == {rule.name}
    assert {fault.nearest for fault in faults} == {"cauda_equina_syndrome"}
    (folder / "knowledge.toml").unlink()
    assert [fault.file for fault in read_rules(folder)[1]] == ["knowledge.toml"]


def test_faults_of_the_code_lists_are_reported_with_the_others(tmp_path: Path) -> None:
    lists = Path(shutil.copytree(REAL.parent / "codelists", tmp_path / "codelists"))
    row = "loinc,72514-3,"
    file = lists / "obs_pain_severity.csv"
    text = file.read_text(encoding="utf-8")
    assert text.count(row) == 1
    file.write_text(text.replace(row, "loinc,72514-4,"), encoding="utf-8")
    folder = changed(tmp_path, Change(FLAG, '"S47"', '"S85"'))
    assert [(fault.file, fault.place) for fault in read_rules(folder, lists)[1]] == [
        ("codelists/obs_pain_severity.csv", "line 2"),
        (DEFINITIONS, "measure.severity.codes"),
        (FLAG, "evidence[0].statements"),
    ]
