"""What is said about an example that does not show what it says."""

from __future__ import annotations

from pathlib import Path

from rules import RuleSet, read_rules
from rules.example_results import failed_examples, not_shown
from tests.lib.broken_knowledge import DEFINITIONS, FLAG, HIP, Change, changed, small_rules


def after(folder: Path, *changes: Change) -> RuleSet:
    ruleset, faults = read_rules(changed(folder, *changes))
    assert faults == ()
    assert ruleset is not None
    return ruleset


def test_sound_examples_are_not_mentioned() -> None:
    assert list(failed_examples(small_rules())) == []


def test_an_example_of_a_rule_says_what_came_out_and_what_decided(tmp_path: Path) -> None:
    change = Change(FLAG, "icd-10-cm:G83.4", "icd-10-cm:M16.11")
    (failed,) = failed_examples(after(tmp_path, change))
    assert (failed.file, failed.place, failed.name, failed.entry) == (FLAG, "example[0]", "Recorded", None)
    assert (failed.expected, failed.shown) == ("critical", "does_not_apply")
    assert failed.because == "Does not apply: no active cauda equina syndrome."


def test_the_entry_that_fails_is_counted_and_suggestions_are_told_when_the_example_names_them(tmp_path: Path) -> None:
    change = Change(
        HIP,
        'name = "Both"\ngiven = [',
        'name = "Both"\nsuggestions = ["T1 stat"]\neach = [{ condition = "icd-10-cm:M25.551" }]\ngiven = [',
    )
    (failed,) = failed_examples(after(tmp_path, change))
    assert failed.entry == 1
    assert (failed.expected, failed.shown) == ("info with T1 stat", "info with no suggestion")
    assert failed.because.startswith("Fires as info: ")


def test_a_deceased_patient_has_no_result(tmp_path: Path) -> None:
    (failed,) = failed_examples(
        after(tmp_path, Change(FLAG, 'name = "Recorded"', 'name = "Recorded"\ndeceased = true'))
    )
    assert failed.because == "The patient is deceased: no rule is evaluated."


def test_an_example_of_a_definition_says_what_the_definition_asks_for(tmp_path: Path) -> None:
    change = Change(
        DEFINITIONS,
        'name = "A side"\ngiven = [{ condition = "icd-10-cm:M16.11"',
        'name = "A side"\ngiven = [{ condition = "icd-10-cm:M16.12"',
    )
    (failed,) = failed_examples(after(tmp_path, change))
    assert (failed.file, failed.place) == (DEFINITIONS, "definition.native-hip.example[0]")
    assert (failed.expected, failed.shown) == ("applies with right", "applies with left")
    assert failed.because == ("the definition asks for: active hip osteoarthritis, on a hip that was not replaced.")


def test_outcomes_without_an_example_are_named() -> None:
    ruleset = small_rules()
    assert not_shown(ruleset.rule("flag-rule")) == ("does_not_apply", "unknown")
    assert not_shown(ruleset.rule("hip-rule")) == ("warning", "does_not_apply")
