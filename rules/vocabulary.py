"""Which words of the rule language may stand where."""

from __future__ import annotations

from rules.coded import ConditionCriterion
from rules.computed import DifferentialCriterion, NativeSide, ReplacedCriterion
from rules.criteria import Criterion
from rules.measured import AgeAtLeast, AgeUnder, AnswerCriterion, AnsweredCriterion, MeasureCriterion
from rules.ordered import (
    AppointmentCriterion,
    FiresCriterion,
    JudgedCriterion,
    JudgedTextCriterion,
    MedicationCriterion,
)
from rules.records import ImagingCriterion, OrderCriterion, ProcedureCriterion

TEMPLATE_CRITERIA: dict[str, type[Criterion]] = {
    model.word: model
    for model in (
        ConditionCriterion,
        ProcedureCriterion,
        OrderCriterion,
        ImagingCriterion,
        MedicationCriterion,
        MeasureCriterion,
        AnswerCriterion,
        AnsweredCriterion,
        AgeUnder,
        AgeAtLeast,
        JudgedCriterion,
        JudgedTextCriterion,
        AppointmentCriterion,
    )
}
"""The leaves that may stand anywhere; a suggestion template uses no others."""

RULE_CRITERIA: dict[str, type[Criterion]] = {**TEMPLATE_CRITERIA, FiresCriterion.word: FiresCriterion}
"""A rule may also ask what a rule with a smaller number says."""

DEFINITION_CRITERIA: dict[str, type[Criterion]] = {
    **TEMPLATE_CRITERIA,
    NativeSide.word: NativeSide,
    ReplacedCriterion.word: ReplacedCriterion,
    DifferentialCriterion.word: DifferentialCriterion,
}
"""A definition may also use the named calculations."""
