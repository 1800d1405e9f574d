"""What the rules share: definitions, measures, questionnaire items, statuses, templates, sources.

Each class is the shape of one table of the knowledge files in ``rules/hip_spine``; unknown keys are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from rules.chart import Answer, Observation
from rules.codelists import CodeLists
from rules.criteria import Criterion
from rules.silence import Silences


class Table(BaseModel):
    """A closed, immutable table of a knowledge file."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Statuses(Table):
    """Which recorded statuses count as what (knowledge 2.1: usable Condition, active, finding as
    Observation).
    """

    active: frozenset[str] = Field(min_length=1)
    not_usable: frozenset[str] = Field(min_length=1)
    finding_not_usable: frozenset[str] = Field(min_length=1)
    never_match: frozenset[str] = Field(min_length=1)
    suspected: frozenset[str] = Field(min_length=1)


class Measure(Table):
    """A kind of measurement: where it stands, which values and units are valid.

    ``codes`` keeps to some codes of the concept (``loinc:72097-9``); empty = all. ``units`` maps the unit as
    recorded (exactly) to how it is read; empty = the unit does not matter.
    """

    title: str
    concept: str
    codes: frozenset[str] = frozenset()
    answer: str | None = None
    least: float | None = None
    most: float | None = None
    units: dict[str, Literal["as-is", "fahrenheit"]] = Field(default_factory=dict)
    status: frozenset[str] = frozenset()
    status_not: frozenset[str] = frozenset()

    def in_range(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def value(self, fact: object) -> float | None:
        """The value of an Observation in the unit of the limits, or None when it cannot be used."""
        if not isinstance(fact, Observation) or fact.number is None:
            return None
        if (self.status and fact.status not in self.status) or fact.status in self.status_not:
            return None
        if self.codes and not any(
            match.concept == self.concept and f"{match.system}:{match.row_code}" in self.codes for match in fact.said_by
        ):
            return None
        number = fact.number
        if self.units:
            reading = self.units.get(fact.unit or "")
            if reading is None:
                return None
            if reading == "fahrenheit":
                number = round((number - 32) * 5 / 9, 1)
        return number if self.in_range(number) else None


class ItemGroup(Table):
    """A group of the questionnaire: its heading, and the group that it stands ``inside`` of."""

    title: str
    inside: str | None = None


class AskIf(Table):
    """An item is asked only when the choice ``item`` was answered with one of ``is``."""

    item: str
    is_: tuple[str, ...] = Field(alias="is", min_length=1)


class Item(Table):
    """One item of the questionnaire hip-spine-screen (knowledge 3.1 and 3.3).

    ``title`` names it on cards, ``ask`` is the question as it is put; ``words`` are the answers of a choice;
    ``unit`` is the UCUM code of a number; ``within`` the days an answer stays current; ``hip`` and ``spine`` the
    points of a *yes*; ``group`` where it is asked. Only an ``answered`` criterion demands that an answer stands there.
    """

    id: str
    title: str
    ask: str | None = None
    type: Literal["choice", "number", "date"]
    ask_if: AskIf | None = None
    words: tuple[str, ...] = ()
    unit: str | None = None
    least: int | None = None
    most: int | None = None
    within: int = Field(ge=0)
    group: str | None = None
    feature: bool = False
    hip: int = Field(default=0, ge=0)
    spine: int = Field(default=0, ge=0)
    key_feature: bool = False
    statements: tuple[str, ...] = ()
    note: str | None = None

    def answers(self, answer: Answer) -> bool:
        """True when ``answer`` answers the item; ``unknown`` and anything outside its list does not."""
        if self.type == "choice":
            return answer.word in self.words and answer.word != "unknown"
        if self.type == "date":
            return answer.date is not None
        return (
            answer.number is not None
            and (self.least is None or answer.number >= self.least)
            and (self.most is None or answer.number <= self.most)
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """A named, shared criterion: ``title`` says it, ``not_found`` says that it was looked for and not
    found.
    """

    name: str
    title: str
    not_found: str
    criterion: Criterion


class Coding(Table):
    """A code of a suggestion template: short system name, code, and our display."""

    system: str
    code: str
    display: str


class LeaveOut(Table):
    """A reason for leaving a template out. ``if`` is a criterion; ``say`` goes on the card when it does.

    ``groups``: only in cards of these rule groups; empty = in all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)
    when: Criterion = Field(alias="if")
    say: str | None = None
    groups: tuple[Literal["red-flag", "routine"], ...] = ()


class Template(Table):
    """A suggestion template (knowledge 2.2): a draft FHIR R4 ServiceRequest, never a drug.

    ``codes`` are the codes of the order; ``side_codes`` replace the first code where one side is known.
    ``priorities`` are those a rule may ask for. ``kept_in_focus`` lists the priorities (or ``*``) with which
    it
    stays while a critical card is present.
    """

    id: str
    label: str
    text: str
    codes: tuple[Coding, ...] = Field(min_length=1)
    side_codes: dict[Literal["left", "right", "both"], Coding] = Field(default_factory=dict)
    body_site: Coding | None = None
    sided: bool = False
    category: str
    notes: tuple[str, ...] = ()
    default_priority: Literal["routine", "urgent", "asap", "stat"] = "routine"
    recommended: bool = False
    focus: Literal["always", "urgent-only", "never"] = "always"
    leave_out: tuple[LeaveOut, ...] = ()


class OverrideReason(Table):
    """A reason that a clinician may give for dismissing a card."""

    code: str
    display: str


class Source(Table):
    """An entry of the bibliography. ``state`` is the honest verification state of what is cited from it."""

    title: str
    short: str
    year: int | None = None
    url: str | None = None
    kind: Literal["guideline", "study", "review", "source-document"]
    state: Literal["verified", "partly-verified", "unverified"]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything a criterion may look up while it evaluates, speaks or names its needs."""

    codelists: CodeLists
    statuses: Statuses
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    item_groups: Mapping[str, ItemGroup] = field(default_factory=dict)
    body_sites: Mapping[str, str] = field(default_factory=dict)
    required_sites: Mapping[str, str] = field(default_factory=dict)
    """Concepts that count only with this body site (SNOMED CT code)."""
    text_lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Named lists of phrases, for the one criterion that reads an order's own words."""
    symptom_concept: str = "obs_symptom"
    silences: Silences = field(default_factory=Silences, init=False, repr=False, compare=False)
