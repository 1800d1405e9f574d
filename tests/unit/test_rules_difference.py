"""What a reviewer is told about two versions of the knowledge."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rules import KnowledgeDirectory, RuleSet, read_rules
from rules.difference import KIND_NAMES, Difference, Shift, difference
from rules.lines import Line
from rules.loader import INSIDE
from rules.mentions import shared
from tests.lib.broken_knowledge import (
    BIBLIOGRAPHY,
    DEFINITIONS,
    FLAG,
    HIP,
    QUESTIONNAIRE,
    REASONS,
    SUGGESTIONS,
    Change,
    changed,
    small_rules,
)

OLD = small_rules()


def after(folder: Path, *changes: Change) -> RuleSet:
    ruleset, faults = read_rules(changed(folder, *changes))
    assert faults == ()
    assert ruleset is not None
    return ruleset


def compared(folder: Path, *changes: Change) -> Difference:
    return difference(OLD, after(folder, *changes), {}, {})


def test_the_same_knowledge_has_no_difference() -> None:
    found = difference(OLD, small_rules(), {"a": {"hip-rule": "info"}}, {"a": {"hip-rule": "info"}})
    assert (found.rules, found.shared, found.patients, found.advice_changes) == ((), (), {}, False)


def test_a_window_is_told_in_english_with_the_examples_that_it_turns(tmp_path: Path) -> None:
    found = compared(tmp_path, Change(HIP, "within = 365", "within = 19"))
    (rule,) = found.rules
    assert rule.id == "hip-rule"
    assert (
        rule.criteria
        == (
            Line(
                "unless[1]",
                "completed plain X-ray of the hip among the procedures in the last 12 months",
                "completed plain X-ray of the hip among the procedures in the last 19 days",
            ),
        )
        or rule.criteria[0].place == "unless[1]"
    )
    assert rule.examples == (Shift("Examined", "excluded", "info"),)
    assert not rule.only_reached
    assert found.advising == ("hip-rule",)
    assert found.advice_changes


def test_wording_and_settings_have_old_and_new_lines(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        Change(HIP, "An examination can help.", "Examining can help."),
        Change(HIP, 'hooks = ["patient-view", "problem', 'hooks = ["patient-view", "encounter-start", "problem'),
    )
    (rule,) = found.rules
    assert rule.wording == (Line("card.recommendation", "An examination can help.", "Examining can help."),)
    assert rule.settings == (Line("hooks", None, "encounter-start"),)
    assert rule.criteria == ()
    assert rule.examples == ()


def test_a_new_version_alone_is_told_and_is_no_change_of_advice(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        Change(HIP, 'version = "1.1.0"\nstatus', 'version = "1.1.1"\nstatus'),
        Change(HIP, 'version = "1.1.0"\non', 'version = "1.1.1"\non'),
    )
    (rule,) = found.rules
    assert rule.old is not None
    assert rule.new is not None
    assert (rule.old.version, rule.new.version) == ("1.1.0", "1.1.1")
    assert not found.advice_changes


def test_a_draft_changes_no_advice_and_a_rule_that_becomes_active_does(tmp_path: Path) -> None:
    draft = after(tmp_path / "draft", Change(HIP, '"active"', '"draft"'))
    reworded = after(
        tmp_path / "reworded",
        Change(HIP, '"active"', '"draft"'),
        Change(HIP, "An examination can help.", "It can help."),
    )
    assert difference(draft, reworded, {}, {}).advising == ()
    assert [rule.id for rule in difference(draft, reworded, {}, {}).rules] == ["hip-rule"]
    assert difference(draft, OLD, {}, {}).advising == ("hip-rule",)


def test_rules_that_came_and_went(tmp_path: Path) -> None:
    folder = changed(tmp_path)
    (folder / HIP).unlink()
    fewer, _ = read_rules(folder)
    assert fewer is not None
    (gone,) = difference(OLD, fewer, {}, {}).rules
    (came,) = difference(fewer, OLD, {}, {}).rules
    assert (gone.id, gone.new, came.old) == ("hip-rule", None, None)
    assert gone.advises
    assert came.advises
    assert not gone.only_reached


@pytest.mark.parametrize(
    ("change", "kind", "name", "line", "reaches"),
    [
        (
            Change(DEFINITIONS, 'native_side = "hip_osteoarthritis"', 'native_side = "fai"'),
            "definition",
            "native-hip",
            Line(
                "is",
                "active hip osteoarthritis, on a hip that was not replaced",
                "active femoroacetabular impingement, on a hip that was not replaced",
            ),
            ("hip-rule",),
        ),
        (
            Change(SUGGESTIONS, 'if = { condition = "pregnancy" }', 'if = { condition = "pregnancy", within = 280 }'),
            "template",
            "T1",
            Line("leave_out[0].if", "active pregnancy", "active pregnancy in the last 280 days"),
            ("hip-rule",),
        ),
        (
            Change(DEFINITIONS, "most = 10", "most = 9"),
            "measure",
            "severity",
            Line("most", "10.0", "9.0"),
            ("hip-rule",),
        ),
        (
            Change(QUESTIONNAIRE, "How the pain began", "Onset"),
            "item",
            "onset",
            Line("title", "How the pain began", "Onset"),
            ("hip-rule",),
        ),
        (
            Change(REASONS, "Not now", "Later"),
            "set",
            "OR",
            Line("value[0].display", "Not now", "Later"),
            ("flag-rule", "hip-rule"),
        ),
        (
            Change(BIBLIOGRAPHY, 'short = "Article"', 'short = "Paper"'),
            "source",
            "article",
            Line("short", "Article", "Paper"),
            ("flag-rule", "hip-rule"),
        ),
        (
            Change(DEFINITIONS, '"29836001" = "hip region"', '"29836001" = "hip"'),
            "body_site",
            "29836001",
            Line("value", "hip region", "hip"),
            (),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_shared_has_lines_and_names_the_rules_it_reaches(
    change: Change, kind: str, name: str, line: Line, reaches: tuple[str, ...], tmp_path: Path
) -> None:
    found = compared(tmp_path, change)
    (one,) = found.shared
    assert (one.kind, one.name, one.lines, one.reaches) == (kind, name, (line,), reaches)
    assert found.advising == reaches


def test_a_rule_that_is_only_reached_says_by_what(tmp_path: Path) -> None:
    (reached,) = compared(tmp_path, Change(DEFINITIONS, "most = 10", "most = 9")).rules
    assert reached.only_reached
    assert reached.shared == ("measure severity",)


def test_a_rule_that_another_asks_about_is_named(tmp_path: Path) -> None:
    rules = compared(tmp_path, Change(FLAG, "cauda_equina_syndrome", "urinary_retention")).rules
    assert {rule.id: rule.shared for rule in rules} == {"flag-rule": (), "hip-rule": ("rule flag-rule",)}


def test_a_definition_tells_the_examples_that_it_turns(tmp_path: Path) -> None:
    found = compared(tmp_path, Change(DEFINITIONS, 'native_side = "hip_osteoarthritis"', 'native_side = "fai"'))
    assert found.shared[0].examples == (Shift("A side", "applies with right", "does_not_apply"),)


def test_a_definition_that_came_cannot_be_asked_before(tmp_path: Path) -> None:
    came = Change(
        DEFINITIONS,
        "[definition.back-or-hip-pain]",
        '[definition.hip-pain]\ntitle = "hip pain"\nnot_found = "no hip pain"\nis = { condition = "hip_pain" }\n'
        'example = [{ name = "The code", given = [{ condition = "icd-10-cm:M25.551" }], expect = "applies" }]\n\n'
        "[definition.back-or-hip-pain]",
    )
    (one,) = compared(tmp_path, came).shared
    assert one.lines == (
        Line("title", None, "hip pain"),
        Line("not_found", None, "no hip pain"),
        Line("is", None, "active hip pain"),
    )
    assert one.examples == (Shift("The code", None, "applies with right"),)


def test_rows_of_a_code_list_and_what_one_side_cannot_read(tmp_path: Path) -> None:
    copy = KnowledgeDirectory(tmp_path)
    shutil.copytree(INSIDE.codelists, copy.codelists)
    path = copy.codelists / "hip_osteoarthritis.csv"
    text = path.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if ",M16.11," in line)
    path.write_text(text.replace(f"{row}\n", ""), encoding="utf-8")
    new, faults = read_rules(changed(tmp_path / "rules"), copy.codelists)
    assert new is not None
    assert faults == ()

    found = difference(OLD, new, {}, {})

    (one,) = found.shared
    assert (one.kind, one.name, one.reaches) == ("concept", "hip_osteoarthritis", ("hip-rule",))
    assert [(line.place, line.new) for line in one.lines] == [("row", None)]
    assert one.lines[0].old == "icd-10-cm M16.11 Unilateral primary osteoarthritis, right hip (right)"
    (back,) = difference(new, OLD, {}, {}).shared
    assert back.lines == (Line("row", None, one.lines[0].old),)


def test_an_example_that_one_side_cannot_read_is_told_for_the_other(tmp_path: Path) -> None:
    new = after(
        tmp_path,
        Change(
            QUESTIONNAIRE,
            '[[item]]\nid = "rotation"',
            '[[item]]\nid = "limp"\ntitle = "Limp"\ntype = "choice"\n'
            'words = ["yes", "no"]\nwithin = 90\n\n[[item]]\nid = "rotation"',
        ),
        Change(
            FLAG,
            'given = [{ condition = "icd-10-cm:G83.4", days_ago = 10 }]',
            'given = [{ condition = "icd-10-cm:G83.4" }, { answer = "limp", value = "yes" }]',
        ),
    )
    (rule,) = difference(OLD, new, {}, {}).rules
    assert rule.examples == (Shift("Recorded", None, "critical"),)
    assert [one.name for one in difference(OLD, new, {}, {}).shared] == ["limp"]


def test_everything_that_rules_share_has_a_name_for_the_reader() -> None:
    assert set(KIND_NAMES) == set(shared(OLD))


def test_patients_are_compared_rule_by_rule() -> None:
    before = {"a": {"hip-rule": "info", "flag-rule": "critical"}, "b": {"hip-rule": "info"}}
    now = {"a": {"hip-rule": "warning with T1", "flag-rule": "critical"}, "b": {}, "c": {"flag-rule": "critical"}}
    found = difference(OLD, OLD, before, now)
    assert found.patients == {
        "a": (Shift("hip-rule", "info", "warning with T1"),),
        "b": (Shift("hip-rule", "info", None),),
        "c": (Shift("flag-rule", None, "critical"),),
    }
    assert found.advice_changes
