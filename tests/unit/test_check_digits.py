"""Check digits against published identifiers, and against every slip of the pen they are made to catch."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.check_digits import loinc_fault, sctid_fault

CONCEPTS = [
    "239872002",
    "49218002",
    "279039007",
    "73211009",
    "900000000000207008",
    "10932601000119106",
    "1845001",
]
LOINC = ["30767-8", "38771-2", "36631-0", "8310-5", "39156-5", "72514-3", "1988-5"]

WRONG_SCTID = "the SNOMED CT check digit is wrong"


def with_verhoeff_digit(stem: str) -> str:
    """The one identifier with this stem whose check digit is right, found by trying all ten."""
    fitting = [f"{stem}{digit}" for digit in "0123456789" if sctid_fault(f"{stem}{digit}") != WRONG_SCTID]
    assert len(fitting) == 1
    return fitting[0]


@pytest.mark.parametrize("code", CONCEPTS)
def test_published_snomed_concepts_pass(code: str) -> None:
    assert sctid_fault(code) is None


@pytest.mark.parametrize("code", ["42515009", "22253001", "239872003", "10932601000119107"])
def test_a_wrong_verhoeff_digit_is_named(code: str) -> None:
    assert sctid_fault(code) == WRONG_SCTID


@pytest.mark.parametrize(
    "code",
    ["", "2398", "0239872002", "23987200x", "1" * 19, "239 872002", "-39872002", "²39872002", "٢39872002"],
)
def test_what_has_not_the_form_of_a_snomed_identifier_is_refused(code: str) -> None:
    assert sctid_fault(code) == "a SNOMED CT identifier has 6 to 18 digits and no leading zero"


@pytest.mark.parametrize(
    ("stem", "fault"),
    [
        ("12345600", None),
        ("1093260100011910", None),
        ("1100011910", None),
        ("12345601", "the SNOMED CT identifier names a description, not a concept"),
        ("12345602", "the SNOMED CT identifier names a relationship, not a concept"),
        ("1093260100011911", "the SNOMED CT identifier names a description, not a concept"),
        ("1093260100011912", "the SNOMED CT identifier names a relationship, not a concept"),
    ],
)
def test_the_partition_tells_what_an_identifier_names(stem: str, fault: str | None) -> None:
    assert sctid_fault(with_verhoeff_digit(stem)) == fault


@pytest.mark.parametrize("partition", ["03", "09", "13", "20", "22", "90", "99"])
def test_a_partition_that_does_not_exist_is_named(partition: str) -> None:
    assert sctid_fault(f"123456789{partition}5") == f"no SNOMED CT identifier has the partition {partition}"


def test_an_extension_identifier_needs_room_for_its_namespace() -> None:
    assert sctid_fault("1234567108") == "a SNOMED CT identifier of an extension has at least 11 digits"


@given(st.sampled_from(CONCEPTS), st.integers(0, 17), st.integers(1, 9))
def test_no_single_wrong_digit_passes(code: str, place: int, shift: int) -> None:
    place %= len(code)
    changed = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    assert sctid_fault(changed) is not None


@given(st.sampled_from(CONCEPTS), st.integers(0, 16))
def test_no_swap_of_two_neighbours_passes(code: str, place: int) -> None:
    place %= len(code) - 1
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assume(swapped != code)
    assert sctid_fault(swapped) is not None


@pytest.mark.parametrize("code", LOINC)
def test_published_loinc_codes_pass(code: str) -> None:
    assert loinc_fault(code) is None


@given(st.sampled_from(LOINC), st.integers(0, 9))
def test_only_one_check_digit_fits_a_loinc_code(code: str, digit: int) -> None:
    changed = f"{code[:-1]}{digit}"
    assert loinc_fault(changed) == (None if changed == code else "the LOINC check digit is wrong")


@pytest.mark.parametrize(
    "code", ["", "30767", "307678", "30767-", "-8", "LA33-6", "30767-88", "12345678-1", "\uff13-1"]
)
def test_what_has_not_the_form_of_a_loinc_code_is_refused(code: str) -> None:
    assert loinc_fault(code) == "a LOINC code has up to 7 digits, a hyphen and a check digit"
