"""What a rule file may say. Unknown keys are refused; criteria come parsed (see :mod:`rules.criteria`)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from rules.criteria import Criterion
from rules.knowledge import Table

HOOKS = (
    "patient-view",
    "encounter-start",
    "problem-list-item-create",
    "order-select",
    "order-sign",
    "order-dispatch",
    "appointment-book",
    "encounter-discharge",
)
"""The hooks of the CDS Hooks library that rules may name (H-01 to H-08)."""

Indicator = Literal["critical", "warning", "info"]
Group = Literal["red-flag", "routine"]
Priority = Literal["routine", "urgent", "asap", "stat"]
OwnPage = Literal["self-care"]
"""A page of this service, by its path, that a card may link to."""

Kind = Literal[
    "Patient",
    "Condition",
    "Observation",
    "QuestionnaireResponse",
    "Procedure",
    "ServiceRequest",
    "DiagnosticReport",
    "ImagingStudy",
    "MedicationRequest",
    "MedicationStatement",
    "Medication",
    "Appointment",
]
"""The kinds of :data:`rules.chart.KINDS`."""


class Logical(Table):
    """A table that holds criteria."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)


class SuggestionUse(Logical):
    """One suggestion of a level: the template, the priority and notes that this rule gives it, and when (``if``)."""

    template: str
    when: Criterion | None = Field(default=None, alias="if")
    priority: Priority | None = None
    notes: tuple[str, ...] = ()


class Level(Logical):
    """One level of a card. The first level whose ``if`` applies is the card's; one without ``if`` always
    does.

    ``summary`` is the whole sentence of the card, under 140 characters. ``[possible: a, b]`` stands before
    the
    diagnosis and becomes "possible" when nothing but suspected or wider codes of the concepts a, b was found.
    """

    indicator: Indicator
    when: Criterion | None = Field(default=None, alias="if")
    hooks: tuple[str, ...] = ()
    summary: str
    detail: tuple[str, ...] = ()
    suggestions: tuple[SuggestionUse, ...] = ()


class Saying(Logical):
    """A sentence of the detail that stands there only when ``if`` applies."""

    when: Criterion = Field(alias="if")
    text: str


class Asked(Logical):
    """Something a reader of the card wants to know was looked for: ``title`` and the criterion."""

    title: str
    when: Criterion = Field(alias="if")


class CardText(Logical):
    """The words and choices of a rule's card that do not depend on its level.

    ``detail``: paragraphs. ``say``: sentences under a condition. ``look_for``: what else is reported as
    found, not
    found or not checked. ``options``: what a clinician may do, doing nothing included. ``side_of``: the
    criterion
    whose sides the suggestions take. ``links``: bibliography keys offered as links; ``pages``: pages of this
    service that are offered as links beside that of the rule.
    """

    detail: tuple[str, ...] = Field(min_length=1)
    say: tuple[Saying, ...] = ()
    look_for: tuple[Asked, ...] = ()
    recommendation: str
    options: tuple[str, ...] = Field(min_length=2)
    override_reasons: str
    source: str
    side_of: tuple[Criterion, ...] = ()
    links: tuple[str, ...] = ()
    pages: tuple[OwnPage, ...] = ()


class Evidence(Table):
    """What a rule rests on: statements of the source documents, or an outside source.

    ``strength`` is the strength of the advice, ``certainty`` how sure the source is, ``state`` whether what
    is
    cited was read in the source.
    """

    source: str
    statements: tuple[str, ...] = ()
    locator: str | None = None
    paraphrase: str
    strength: Literal["strong", "moderate", "weak"]
    certainty: Literal["high", "moderate", "low", "very-low", "not-graded"]
    state: Literal["verified", "partly-verified", "unverified"]


class Review(Table):
    """Who signed the rule, or that nobody did.

    A reviewed rule names the reviewer, the day of the signature and ``next_review``, the day by which it is looked at
    again.
    """

    state: Literal["unreviewed", "reviewed"]
    reviewer: str | None = None
    reviewed_on: date | None = None
    next_review: date | None = None

    def overdue(self, today: date) -> bool:
        """True when the next review should have been before ``today``; the rule is served all the same."""
        return self.next_review is not None and self.next_review < today


class Change(Table):
    """One version of the rule: what changed, and whether the advice changes."""

    version: str
    on: date
    text: str
    advice_changes: bool


class Given(Table):
    """One entry of an example's chart; exactly one of the coded or named keys says what it is.

    ``days_ago`` dates it (``undated`` leaves it without a date; ``date`` gives a partial date), codes are
    written
    ``system:code`` (``icd-10-cm:M16.11``).
    """

    condition: str | None = None
    observation: str | None = None
    procedure: str | None = None
    order: str | None = None
    report: str | None = None
    study: str | None = None
    answer: str | None = None
    medication: str | None = None
    appointment: str | None = None
    also_coded: tuple[str, ...] = ()
    days_ago: int | None = None
    hours_ago: int | None = None
    date: str | None = None
    undated: bool = False
    clinical: str | None = "active"
    verification: str | None = "confirmed"
    abated: bool = False
    new: bool = False
    status: str | None = None
    body_sites: tuple[str, ...] = ()
    value: float | str | None = None
    unit: str | None = None
    answered_date: int | None = None
    in_group: str | None = None
    do_not_perform: bool = False
    draft: bool = False
    judged: bool = False
    priority: str | None = None
    intent: str | None = None
    words: str = ""
    reasons: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_entry(self) -> Given:
        kinds = (
            "condition",
            "observation",
            "procedure",
            "order",
            "report",
            "study",
            "answer",
            "medication",
            "appointment",
        )
        said = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(said) != 1:
            raise ValueError(f"an entry says exactly one of {', '.join(kinds)}; this one says {len(said)}")
        return self


class Example(Table):
    """A chart and what the rule says to it. ``age`` is 60 unless said; ``expect`` is a level, or why there is
    none.

    ``missing`` lists kinds that could not be had. ``each``: the example holds for every one of these entries
    added to ``given`` in turn. ``suggestions``: the templates offered with priority and side (for a
    definition: the
    sides found). ``urgent``: a definition is asked in the reading of the red flags.
    """

    name: str
    hook: str = "patient-view"
    age: int | None = 60
    birth_date: str | None = None
    deceased: bool = False
    given: tuple[Given, ...] = ()
    each: tuple[Given, ...] = ()
    missing: tuple[Kind, ...] = ()
    urgent: bool = False
    expect: Literal["critical", "warning", "info", "does_not_apply", "excluded", "unknown", "applies"]
    suggestions: tuple[str, ...] | None = None


class Rule(Logical):
    """One rule of the knowledge base.

    ``gate``: by hook, a criterion without which the rule is not run there (a new problem-list entry must concern
    it, for example). ``in_focus``: a routine rule that is shown beside a critical card. ``hide_when_missing``: kinds
    without which the card is hidden when an exclusion could not be checked.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    number: int = Field(ge=1)
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    status: Literal["draft", "shadow", "active", "retired"]
    group: Group
    title: str
    hooks: tuple[str, ...] = Field(min_length=1)
    when: Criterion
    unless: tuple[Criterion, ...] = ()
    if_exclusion_unknown: Literal["show", "hide"] | None = None
    hide_when_missing: tuple[Kind, ...] = ()
    gates: dict[str, Criterion] = Field(default_factory=dict, alias="gate")
    in_focus: bool = False
    levels: tuple[Level, ...] = Field(alias="level", min_length=1)
    card: CardText
    evidence: tuple[Evidence, ...] = Field(min_length=1)
    review: Review
    history: tuple[Change, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = Field(alias="example", min_length=1)

    @property
    def red_flag(self) -> bool:
        return self.group == "red-flag"

    @property
    def topic(self) -> str:
        """The static topic code: the rule id in CamelCase, letters and digits only."""
        return "".join(part.capitalize() for part in self.id.split("-"))

    @property
    def strength(self) -> str:
        """The strength of the advice: the strongest of its evidence."""
        order = ("strong", "moderate", "weak")
        return min((evidence.strength for evidence in self.evidence), key=order.index)

    def criteria(self) -> dict[str, Criterion]:
        """Every criterion of the rule by its place in the file."""
        found: dict[str, Any] = {"when": self.when}
        found |= {f"unless[{index}]": criterion for index, criterion in enumerate(self.unless)}
        found |= {f"level[{index}].if": level.when for index, level in enumerate(self.levels) if level.when}
        found |= {f"card.say[{index}].if": saying.when for index, saying in enumerate(self.card.say)}
        found |= {f"card.look_for[{index}].if": asked.when for index, asked in enumerate(self.card.look_for)}
        found |= {f"card.side_of[{index}]": criterion for index, criterion in enumerate(self.card.side_of)}
        found |= {f"gate.{hook}": criterion for hook, criterion in self.gates.items()}
        for index, level in enumerate(self.levels):
            for place, use in enumerate(level.suggestions):
                if use.when is not None:
                    found[f"level[{index}].suggestions[{place}].if"] = use.when
        return found
