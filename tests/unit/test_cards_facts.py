"""The facts behind a card: words, code, date, where from; merged and in an order that the record cannot change."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cards.facts import MOST_LINES, FactWords
from rules.chart import Answer, Appointment, Condition, Fact, Imaging, Medication, Order, Procedure, When
from tests.lib.sample_rules import KNOWLEDGE, LISTS, ago, answer, condition, observation

CONCEPTS = frozenset(LISTS.concepts)
SCT = "http://snomed.info/sct"


def lines(
    *facts: Fact | Answer,
    first: tuple[Fact | Answer, ...] = (),
    undated_first: bool = False,
    concepts: frozenset[str] = CONCEPTS,
) -> list[str]:
    return FactWords(KNOWLEDGE.lexicon, concepts).lines(first, facts, undated_first=undated_first)


def said(fact: Fact | Answer, concepts: frozenset[str] = CONCEPTS) -> str:
    (line,) = lines(fact, concepts=concepts)
    return line


def test_a_condition_is_said_with_display_system_code_date_and_reference() -> None:
    assert said(condition("M16.11", 36)) == (
        "Unilateral primary osteoarthritis, right hip (ICD-10-CM M16.11), 2026-10-19; Condition/c-1"
    )


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"clinical": None}, "2026-11-14, status not recorded; Condition/c-1"),
        ({"clinical": "recurrence"}, "2026-11-14, recurrence; Condition/c-1"),
        ({"clinical": "inactive"}, "2026-11-14, inactive; Condition/c-1"),
        ({"verification": None}, "2026-11-14; Condition/c-1"),
        ({"when": None}, "no date recorded; Condition/c-1"),
        ({"when": When.days(date(2026, 1, 1), date(2026, 12, 31))}, "2026; Condition/c-1"),
        ({"when": When.instant(datetime(2026, 11, 14, 8, 5, tzinfo=UTC))}, "2026-11-14 08:05 UTC; Condition/c-1"),
        ({"reference": "Condition"}, "2026-11-14; Condition without id"),
        ({"origin": "context"}, "2026-11-14; new in this encounter (Condition/c-1)"),
    ],
)
def test_status_date_and_origin_of_a_condition_are_said_as_they_are(changes: dict[str, Any], end: str) -> None:
    assert said(condition("M54.50", **changes)) == f"Low back pain (ICD-10-CM M54.50), {end}"


@pytest.mark.parametrize("verification", ["unconfirmed", "provisional", "differential"])
def test_a_suspected_diagnosis_is_called_possible(verification: str) -> None:
    assert said(condition("M16.11", verification=verification)) == (
        f"possible unilateral primary osteoarthritis, right hip (ICD-10-CM M16.11), 2026-11-14, {verification}; "
        "Condition/c-1"
    )


def test_a_diagnosis_by_a_wider_code_is_called_possible_and_the_code_is_named() -> None:
    (wide,) = (match for match in condition("M25.851").matches if match.wide)

    line = said(condition("M25.851"))

    assert wide.concept == "fai"
    assert line.startswith("possible femoroacetabular impingement")
    assert "by the wider code “" in line
    assert "(ICD-10-CM M25.851)" in line


def test_the_words_of_the_record_are_shown_beside_ours_and_disarmed() -> None:
    line = said(condition("M16.11", text="Severe <b>right</b> hip arthritis"))

    assert "(ICD-10-CM M16.11, recorded as “Severe &lt;b&gt;right&lt;/b&gt; hip arthritis”)" in line


def test_the_words_of_the_record_are_not_repeated_when_they_are_ours() -> None:
    assert "recorded as" not in said(condition("M16.11", text="unilateral primary osteoarthritis, RIGHT hip"))
    assert "recorded as" not in said(condition("M16.11", text="\u200b"))


def test_every_matching_code_of_a_condition_is_shown_once_in_a_fixed_order() -> None:
    both = (*condition("M16.11").matches, *LISTS.match(SCT, "239872002"))

    one = said(condition("M16.11", matches=both))
    other = said(condition("M16.11", matches=both[::-1]))

    assert one == other
    assert "(ICD-10-CM M16.11 and SNOMED CT 239872002)" in one


def test_only_codes_that_the_rule_reads_are_shown() -> None:
    both = (*condition("M54.50").matches, *condition("M16.11").matches)

    assert "M16.11" not in said(condition("M54.50", matches=both), concepts=frozenset({"low_back_pain"}))
    assert "M16.11" in said(condition("M54.50", matches=both), concepts=frozenset({"fever"}))


def test_a_side_that_the_words_do_not_name_is_added() -> None:
    assert "side" not in said(condition("M16.11"))
    assert ", left side; " in said(condition("sct:23056005", body_sides=frozenset({"left"})))
    assert ", both sides; " in said(condition("sct:23056005", body_sides=frozenset({"left", "right"})))


def test_a_measurement_is_said_with_value_and_unit() -> None:
    temperature = observation("8310-5", 1, number=38.6, unit="Cel")

    assert said(temperature) == "Body temperature: 38.6 °C (LOINC 8310-5), 2026-11-23; Observation/o-1"
    assert ": 38.6 (LOINC 8310-5)" in said(observation("8310-5", 1, number=38.6))
    assert ": 8 (LOINC 8310-5)" in said(observation("8310-5", 1, number=8, unit="{score}"))
    assert "38.6 &lt;x&gt;" in said(observation("8310-5", 1, number=38.6, unit="<x>"))


def test_a_finding_is_said_by_what_was_found_not_by_the_question() -> None:
    found = LISTS.match(SCT, "102570003")
    finding = observation("75325-1", 3, finding_matches=found, status="preliminary")

    assert said(finding) == "Groin pain (SNOMED CT 102570003), 2026-11-21, preliminary; Observation/o-1"


def test_a_finding_by_its_own_code_is_said_by_that_code() -> None:
    assert said(observation("sct:102570003", 3)).startswith("Groin pain (SNOMED CT 102570003)")


def test_procedures_orders_and_images_are_said_with_their_status() -> None:
    shared: dict[str, Any] = {"matches": LISTS.match(SCT, "363215001"), "when": ago(5), "status": "completed"}
    procedure = Procedure(kind="Procedure", reference="Procedure/x", **shared)
    order = Order(kind="ServiceRequest", reference="ServiceRequest/x", priority="urgent", **shared)
    image = Imaging(kind="ImagingStudy", reference="ImagingStudy/x", **(shared | {"status": "final"}))

    assert said(procedure).endswith("2026-11-19, completed; Procedure/x")
    assert said(order).endswith("2026-11-19, completed, priority urgent; ServiceRequest/x")
    assert said(image).endswith("2026-11-19; ImagingStudy/x")


def test_the_own_text_of_an_order_is_quoted_where_a_rule_reads_it() -> None:
    matches = LISTS.match(SCT, "363215001")
    order = Order(
        kind="ServiceRequest", reference="ServiceRequest/x", matches=matches, text="CT", words="PRP <injection>, hip"
    )
    reading = FactWords(KNOWLEDGE.lexicon, CONCEPTS, own_text=True)

    assert "recorded as “PRP &lt;injection&gt;, hip”" in reading.lines([order], (), undated_first=False)[0]
    assert "recorded as “CT”" in said(order)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (
            Order(kind="ServiceRequest", reference="ServiceRequest/1", judged=True, draft=True),
            "the order that this is about",
        ),
        (Order(kind="ServiceRequest", reference="ServiceRequest/1", draft=True), "another draft of this call"),
        (
            Medication(kind="MedicationRequest", reference="MedicationRequest/1", judged=True),
            "the order that this is about",
        ),
        (
            Medication(kind="MedicationRequest", reference="MedicationRequest/1", draft=True),
            "another draft of this call",
        ),
        (Appointment(kind="Appointment", reference="Appointment/1"), "the appointment that this is about"),
    ],
)
def test_what_the_call_itself_brings_is_said_so(fact: Fact, words: str) -> None:
    assert said(fact).endswith(f"; {words} ({fact.reference})")


def test_an_order_or_a_drug_on_record_is_said_by_its_reference() -> None:
    drug = LISTS.match("http://www.nlm.nih.gov/research/umls/rxnorm", "8640")
    given = Medication(
        kind="MedicationRequest", reference="MedicationRequest/1", matches=drug, when=ago(100), status="active"
    )

    assert said(given).endswith("(RxNorm 8640), 2026-08-16, active; MedicationRequest/1")
    assert said(Order(kind="ServiceRequest", reference="ServiceRequest/1")).endswith("; ServiceRequest/1")


def test_an_entry_without_a_matching_code_is_said_by_its_own_words() -> None:
    order = Order(kind="ServiceRequest", reference="ServiceRequest/1", text="PRP injection *hip*", status="draft")

    assert said(order) == r"PRP injection \*hip\*, no date recorded, draft; ServiceRequest/1"
    assert said(Order(kind="ServiceRequest", reference="ServiceRequest/1")).startswith("entry without a known code")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer("groin-pain"), "Deep groin pain: yes (questionnaire answer of 2026-11-15); QuestionnaireResponse/q-1"),
        (
            answer("groin-pain", days=None),
            "Deep groin pain: yes (questionnaire answer without a date, read as of today); QuestionnaireResponse/q-1",
        ),
        (
            answer("groin-pain", "<i>"),
            "Deep groin pain: &lt;i&gt; (questionnaire answer of 2026-11-15); QuestionnaireResponse/q-1",
        ),
    ],
)
def test_an_answer_is_said_with_its_question_and_date(given: Answer, words: str) -> None:
    assert said(given) == words


def test_numeric_and_dated_answers_are_said_by_their_value() -> None:
    assert ": 8 (questionnaire" in said(answer("severity-0-10", None, number=8.0))
    assert ": 2026-11-20 (questionnaire" in said(answer("onset-date", None, date=ago(4)))
    assert ": answered (questionnaire" in said(answer("onset-date", None))


def test_entries_that_say_the_same_are_one_line_with_their_references() -> None:
    facts = [condition("M16.11", number=number) for number in (2, 1, 2, 3)]

    (line,) = lines(*facts)

    assert line.endswith("(ICD-10-CM M16.11), 2026-11-14; Condition/c-1, Condition/c-2, Condition/c-3")


def test_entries_of_the_same_minute_are_one_line_in_either_order() -> None:
    facts = [
        condition("M54.50", when=When.instant(datetime(2026, 11, 14, 8, 5, second, tzinfo=UTC)), number=second)
        for second in (1, 59)
    ]

    assert lines(*facts) == lines(*facts[::-1])
    assert len(lines(*facts)) == 1


def test_many_references_are_counted() -> None:
    (line,) = lines(*(condition("M16.11", number=number) for number in range(1, 6)))

    assert line.endswith("; Condition/c-1, Condition/c-2, Condition/c-3 and 2 more")


def test_the_newest_fact_comes_first_and_an_undated_one_last() -> None:
    facts = [condition("M54.50", days, number=days or 0) for days in (40, None, 3)]

    assert [line.rpartition("-")[2] for line in lines(*facts)] == ["3", "40", "0"]


def test_in_a_red_flag_an_undated_fact_counts_as_recent_and_comes_first() -> None:
    facts = [condition("M54.50", days, number=days or 0) for days in (40, None, 3)]

    assert [line.rpartition("-")[2] for line in lines(*facts, undated_first=True)] == ["0", "3", "40"]


def test_the_facts_that_decided_the_level_come_before_newer_ones() -> None:
    deciding, newer = condition("M54.50", 30, number=1), condition("M16.11", 2, number=2)

    assert [line[-1] for line in lines(deciding, newer, first=(deciding,))] == ["1", "2"]


def test_the_order_of_the_record_makes_no_difference() -> None:
    facts: list[Fact | Answer] = [
        *(condition("M54.50", days, number=days) for days in range(1, 20)),
        *(condition("M16.11", days, number=100 + days) for days in range(30, 40)),
        *(condition("M54.50", 5, number=200 + copy) for copy in range(3)),
        answer("groin-pain"),
        condition("M54.50", None),
    ]
    expected = lines(*facts)

    for seed in range(20):
        shuffled = random.Random(seed).sample(facts, len(facts))
        assert lines(*shuffled) == expected


def test_a_long_list_is_cut_and_the_rest_counted() -> None:
    shown = lines(*(condition("M54.50", days, number=days) for days in range(1, MOST_LINES + 6)))

    assert len(shown) == MOST_LINES + 1
    assert shown[-1] == "and 5 more"


def test_ten_facts_are_all_listed() -> None:
    shown = lines(*(condition("M54.50", days, number=days) for days in range(1, MOST_LINES + 1)))

    assert len(shown) == MOST_LINES
    assert shown[-1].endswith(f"Condition/c-{MOST_LINES}")


def test_a_long_list_keeps_one_fact_of_everything_that_made_the_rule_fire() -> None:
    newer = [condition("M54.50", days, number=days) for days in range(1, 30)]
    older: Condition = condition("M16.11", 2000, number=99)

    shown = lines(*newer, older, answer("groin-pain", days=60))

    assert len(shown) == MOST_LINES + 1
    assert shown[-2].endswith("Condition/c-99")
    assert any(line.startswith("Deep groin pain") for line in shown)
    assert shown[-1] == "and 21 more"


def test_facts_of_a_future_or_ancient_date_can_be_ordered() -> None:
    ancient = condition("M54.50", when=When.day(date(1, 1, 1)), number=1)
    future = condition("M54.50", when=When.day(date(9999, 12, 31)), number=2)

    assert [line[-1] for line in lines(ancient, future)] == ["2", "1"]
