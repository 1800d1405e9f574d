"""Every statement of the source documents leads to the rules that were agreed for it, and back."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from rules import load_rules
from rules.fingerprints import fingerprints
from rules.statements import Education
from tests.lib.reading_ease import grade

RULESET = load_rules()
TRACE = RULESET.traceability
NUMBERS = {rule.id: rule.number for rule in RULESET.rules}

# The agreed table: statement, source documents, rules.
AGREED = """
S1 AC R16-R21
S2 AC R17 R18 R25
S3 A R22
S4 ABC R21 R34
S5 AC R24
S6 AD R16 R20
S7 A R16 R39
S8 C R16 R34
S9 D R16 R26
S10 D R34
S11 D R24
S12 A R16
S13 A R16
S14 C R16
S15 D R16 R18
S16 A R19
S17 C R19
S18 A R20
S19 C R20
S20 C R20
S21 C R21
S22 C R22
S23 D R24
S24 BC R23
S25 B R23
S26 BC R23 R25
S27 BC R23
S28 C R6 R23
S29 B R22
S30 B R24
S31 B R23 R34
S32 C R23
S33 C R25
S34 C R26
S35 ABD R18
S36 A R23
S37 BD -
S38 B R18
S39 B R18
S40 B -
S41 D R18
S42 D R18
S43 D R18
S44 D R18
S45 D R25
S46 A R4
S47 A R1 R2
S48 A R3
S49 ABC R16-R23
S50 A R16-R18 R27
S51 C -
S52 C R16
S53 ACD R16 R17
S54 A R25 R32
S55 B R27
S56 C R28 R34
S57 C R37
S58 C -
S59 C R30
S60 CD R34
S61 C R29 R32
S62 C R28 R35
S63 C R20
S64 CD R33 R35
S65 C R28
S66 D R31
S67 D R16 R33 R34
S68 D R37
S69 D R34 R37
S70 D R34 R37
S71 D -
S72 D R37
S73 CD R36
S74 C R37
S75 CD R37
S76 C R37
S77 C R37
S78 CD R37
S79 C R37
S80 A R16 R27 R28 R29 R40
S81 A R27 R39
S82 BC R17 R18 R23
S83 C R35 R40
S84 D -
"""


def agreed() -> dict[str, tuple[list[str], list[int]]]:
    """The table above: by statement the bibliography keys of its documents and the numbers of its rules."""
    found = {}
    for line in AGREED.strip().splitlines():
        name, documents, *rules = line.split()
        numbers = [
            number
            for first, last in re.findall(r"R(\d+)(?:-R(\d+))?", " ".join(rules))
            for number in range(int(first), int(last or first) + 1)
        ]
        found[name] = ([f"doc-{letter.lower()}" for letter in documents], numbers)
    return found


def test_all_statements_and_decisions_are_there_in_their_order() -> None:
    assert list(TRACE.statements) == [f"S{number}" for number in range(1, 85)]
    assert list(TRACE.decisions) == [f"K{number}" for number in range(1, 13)]


@pytest.mark.parametrize("name", TRACE.statements)
def test_a_statement_has_its_documents_and_leads_to_its_rules(name: str) -> None:
    statement = TRACE.statements[name]
    assert (list(statement.documents), [NUMBERS[rule] for rule in statement.rules]) == agreed()[name]


def test_the_statements_that_no_rule_rests_on_are_known_with_the_reason() -> None:
    without = {name: statement for name, statement in TRACE.statements.items() if not statement.rules}
    assert set(without) == {"S37", "S40", "S51", "S58", "S71", "S84"}
    assert set(TRACE.unused()) == {"S58", "S71"}


def test_the_statements_of_the_decisions_are_the_agreed_ones() -> None:
    assert {name: list(decision.statements) for name, decision in TRACE.decisions.items()} == {
        "K1": ["S66"],
        "K2": ["S59"],
        "K3": ["S53"],
        "K4": ["S42"],
        "K5": ["S54"],
        "K6": ["S13"],
        "K7": ["S64", "S67"],
        "K8": ["S46", "S47", "S48"],
        "K9": ["S58"],
        "K10": ["S49"],
        "K11": ["S68", "S69", "S70", "S71", "S72"],
        "K12": ["S27"],
    }


def test_only_the_signs_of_immediate_care_may_be_strong_by_a_source_document_alone() -> None:
    assert [name for name, statement in TRACE.statements.items() if statement.immediate_care] == ["S46", "S47", "S48"]


def test_the_self_care_sheet_says_what_the_discharge_rule_rests_on() -> None:
    [rule] = [rule for rule in RULESET.rules if "self-care" in rule.card.pages]
    cited = {name for evidence in rule.evidence for name in evidence.statements}
    assert rule.id == "discharge-education"
    assert frozenset().union(*(part.statements for part in TRACE.education.advice)) == cited


def test_the_safety_net_lists_the_signs_of_the_documents_and_saddle_numbness() -> None:
    [part] = TRACE.education.safety_net
    assert part.statements == {"S46", "S47", "S48"}
    assert "rf-saddle-anaesthesia" in {rule for line in part.lines for rule in line.rules}


def sentences(education: Education) -> list[str]:
    """The sheet as it is read; the signs of the safety net end the sentence that their heading begins."""
    said = [education.lead, *education.for_whom, education.certainty]
    for part in education.parts:
        if part.kind == "safety-net":
            said += [f"{part.title} {line.text.rstrip(',.')}." for line in part.lines]
        else:
            said += [f"{part.title}.", *(line.text for line in part.lines)]
    return said


def test_the_self_care_sheet_reads_easily() -> None:
    """Flesch-Kincaid: a grade is a school year; eight is what most adults read with ease."""
    assert grade(" ".join(sentences(TRACE.education))) <= 8
    assert grade("Perioperative anticoagulation necessitates multidisciplinary consultation.") > 16
    assert grade("The cat sat on the mat.") < 2


def test_the_self_care_sheet_names_no_drug_and_nothing_to_eat_or_drink() -> None:
    codelists = RULESET.lexicon.codelists
    drugs = {
        word.casefold()
        for name, concept in codelists.concepts.items()
        if name.startswith("drug_")
        for row in concept.rows
        for word in re.findall(r"[A-Za-z]{5,}", row.display)
    }
    refused = drugs | {
        *("drug", "drugs", "medicine", "medicines", "medication", "tablet", "tablets", "pill", "pills", "painkiller"),
        *("painkillers", "cream", "gel", "steroid", "opioid", "ibuprofen", "naproxen", "paracetamol", "aspirin"),
        *("food", "foods", "eat", "eating", "drink", "diet", "turmeric", "omega", "vitamin", "water", "supplement"),
        *("squat", "squats", "injection", "stem", "plasma", "chiropractor"),
    }
    assert "ibuprofen" in drugs
    assert "oxycodone" in drugs
    said = " ".join([TRACE.education.title, *sentences(TRACE.education)]).casefold()
    assert sorted(refused & set(re.findall(r"[a-z]+", said))) == []


def test_a_change_of_the_self_care_sheet_changes_the_advice_of_its_rule() -> None:
    part = TRACE.education.advice[0]
    line = part.lines[0].model_copy(update={"text": "Rest in bed."})
    parts = tuple(one.model_copy(update={"lines": (line,)}) if one is part else one for one in TRACE.education.parts)
    education = TRACE.education.model_copy(update={"parts": parts})
    after = replace(RULESET, traceability=replace(TRACE, education=education))
    before, now = fingerprints(RULESET).rules, fingerprints(after).rules
    assert [rule_id for rule_id in now if now[rule_id] != before[rule_id]] == ["discharge-education"]
