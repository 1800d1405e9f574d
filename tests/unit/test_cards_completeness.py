"""What of the record could not be used: in the answer's extension and on the cards (knowledge 2.10)."""

from __future__ import annotations

from cards.completeness import completeness, unchecked
from rules.chart import Availability
from tests.lib.sample_rules import EVERY_KIND, chart

MISSING, FAILED, INCOMPLETE = Availability.MISSING, Availability.FAILED, Availability.INCOMPLETE


def test_nothing_is_said_when_everything_was_had_and_read() -> None:
    assert completeness(chart(), EVERY_KIND) is None
    assert unchecked(chart(), EVERY_KIND) == ()


def test_kinds_that_were_not_wholly_had_are_named_by_what_became_of_them() -> None:
    of = chart(
        had={"Procedure": MISSING, "Observation": MISSING, "ImagingStudy": FAILED, "Condition": INCOMPLETE},
    )

    assert completeness(of, EVERY_KIND) == {
        "missing": ["Observation", "Procedure"],
        "failed": ["ImagingStudy"],
        "incomplete": ["Condition"],
    }
    (line,) = unchecked(of, EVERY_KIND)
    assert line.split("; ") == [
        "conditions not wholly available (only partly had)",
        "imaging history not available (imaging studies could not be looked up)",
        "observations not available (not sent)",
        "procedures not available (not sent)",
    ]


def test_both_kinds_of_imaging_are_one_history_said_once() -> None:
    of = chart(had={"DiagnosticReport": MISSING, "ImagingStudy": MISSING})

    assert unchecked(of, EVERY_KIND) == (
        "imaging history not available (diagnostic reports and imaging studies not sent)",
    )


def test_a_kind_that_no_rule_of_the_hook_reads_is_not_missed() -> None:
    of = chart(had={"Procedure": MISSING, "Observation": FAILED, "ImagingStudy": INCOMPLETE})

    assert completeness(of, frozenset({"Condition"})) is None
    assert unchecked(of, frozenset({"Condition"})) == ()


def test_dropped_entries_are_counted_by_kind_and_reason_without_zeros() -> None:
    of = chart(
        dropped={
            "Procedure": ("uncoded",),
            "Condition": ("unreadable", "foreign", "foreign", "uncoded"),
        }
    )

    assert completeness(of, frozenset({"Condition"})) == {
        "dropped": {
            "Condition": {"unreadable": 1, "foreign": 2, "uncoded": 1},
            "Procedure": {"uncoded": 1},
        }
    }
    assert list(completeness(of, EVERY_KIND) or {}) == ["dropped"]


def test_dropped_entries_are_named_on_the_cards() -> None:
    of = chart(
        dropped={
            "Condition": ("unreadable", "unreadable", "uncoded", "uncoded", "uncoded"),
            "Observation": ("unreadable", "foreign"),
            "ImagingStudy": ("uncoded",),
        }
    )

    assert unchecked(of, EVERY_KIND) == (
        "2 conditions and 1 observation could not be read",
        "1 observation of another patient, ignored",
        "3 conditions and 1 imaging study without a usable code, not matched",
    )


def test_dropped_red_flag_data_are_named_even_when_the_hook_does_not_read_them() -> None:
    of = chart(dropped={"MedicationRequest": ("unreadable",), "Procedure": ("unreadable",)})

    assert unchecked(of, frozenset({"Condition"})) == ("1 medication order could not be read",)


def test_an_unknown_age_is_said() -> None:
    assert unchecked(chart(birth=None), EVERY_KIND) == ("age not available (no readable birth date)",)


def test_a_count_of_nothing_is_not_sent() -> None:
    of = chart(dropped={"Condition": ()})

    assert completeness(of, EVERY_KIND) is None
