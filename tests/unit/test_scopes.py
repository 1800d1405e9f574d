"""SMART scopes of both syntaxes: to which kinds they reach."""

from __future__ import annotations

import pytest

from cds_service.scopes import Cover, cover


@pytest.mark.parametrize(
    "scope",
    [
        None,
        "",
        "launch openid fhirUser",
        "patient/Condition.read",
        "patient/Condition.*",
        "user/*.read",
        "system/*.rs",
        "patient/Condition.s",
        "patient/Condition.cruds",
        "patient/Observation.read patient/Condition.rs",
        "patient/Condition.rs?category=x patient/*.read",
        "something odd patient/Condition.read",
    ],
)
def test_the_whole_kind_may_be_read(scope: str | None) -> None:
    assert cover(scope, "Condition") is Cover.WHOLE


@pytest.mark.parametrize(
    "scope",
    ["patient/Observation.read", "patient/Condition.write", "patient/Condition.r", "patient/Condition.cud", "user/X.*"],
)
def test_the_kind_is_out_of_reach(scope: str) -> None:
    assert cover(scope, "Condition") is Cover.NONE


def test_a_filtered_scope_reaches_a_part() -> None:
    assert cover("patient/Condition.rs?category=problem-list-item", "Condition") is Cover.PART


def test_a_patient_is_read_and_everything_else_searched() -> None:
    assert cover("patient/Patient.r", "Patient") is Cover.WHOLE
    assert cover("patient/Patient.s", "Patient") is Cover.NONE
