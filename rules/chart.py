"""The patient's chart as the rules see it: dated, sided, coded facts with where they came from.

A chart knows no FHIR; whoever reads resources (or an example in a rule file) fills a :class:`ChartBuilder`.
Every coding was matched to concepts once, on the way in. Nothing here judges: statuses are kept as recorded
and
the criteria decide what counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from rules.codelists import CodeMatch

KINDS = (
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
)
"""The kinds of data a rule may need; the names are those of the FHIR resource types."""


Mark = tuple[str, str]
"""A kind of data, and a concept or an item of the questionnaire in it: what a chart holds and a criterion looks at."""

ALWAYS: Mark = ("", "")
"""Held by every chart: for criteria that look at more than entries of the record, such as the age."""


class Availability(StrEnum):
    """How well one kind of data was had. Only a complete list is closed: not in it means absent."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    MISSING = "missing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class When:
    """A point in time known to some precision: the first and the last moment it can mean, in UTC.

    A date without time spans its day, a month its month, a year its year; an instant has both ends equal.
    """

    earliest: datetime
    latest: datetime

    @staticmethod
    def instant(moment: datetime) -> When:
        """A full timestamp; one without zone is UTC."""
        if moment.tzinfo is not UTC:
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return When(moment, moment)

    @staticmethod
    def days(first: date, last: date) -> When:
        """Whole days, both ends included; the end is the last second of its day."""
        return When(
            datetime(first.year, first.month, first.day, tzinfo=UTC),
            datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC),
        )

    @staticmethod
    def day(day: date) -> When:
        return When.days(day, day)


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment of the call. Windows count calendar days in UTC; a future date counts as today."""

    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()

    def days_since_latest(self, when: When) -> int:
        """Days from the latest day that ``when`` can mean: the urgent reading of a partial date."""
        return max((self.today - when.latest.date()).days, 0)

    def days_since_earliest(self, when: When) -> int:
        """Days from the earliest day that ``when`` can mean."""
        return max((self.today - when.earliest.date()).days, 0)

    def within_hours(self, when: When, hours: int) -> bool:
        return self.now - min(when.latest, self.now) <= timedelta(hours=hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One coded entry of the record.

    ``reference`` is ``Type/id`` (or the type alone), ``origin`` where it was had (``prefetch``, ``context``,
    ``fhirServer``), ``text`` the record's own words for it (to be escaped before display), ``body_sites`` the
    SNOMED CT codes of its body sites and ``body_sides`` the sides that they name.
    """

    kind: str
    reference: str
    origin: str = "prefetch"
    matches: tuple[CodeMatch, ...] = ()
    text: str | None = None
    when: When | None = None
    body_sites: frozenset[str] = frozenset()
    body_sides: frozenset[str] = frozenset()
    status: str | None = None

    @property
    def said_by(self) -> tuple[CodeMatch, ...]:
        """The matches by which the entry says what it says."""
        return self.matches

    def matched(self, concepts: frozenset[str]) -> tuple[CodeMatch, ...]:
        """The matches in any of ``concepts``."""
        return tuple([match for match in self.said_by if match.concept in concepts])

    def sides(self, concepts: frozenset[str]) -> frozenset[str]:
        """The side from the code; where the code names none, from the body site; else empty (unknown)."""
        coded = frozenset[str]().union(*[match.sides for match in self.matched(concepts)])
        return coded or self.body_sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Fact):
    """A diagnosis or problem. ``clinical`` and ``verification`` are None when absent or not recognised."""

    clinical: str | None = None
    verification: str | None = None
    abated: bool = False
    new: bool = False
    """True for a Condition that the hook's context brings (problem-list-item-create)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Fact):
    """A measurement or finding. ``finding_matches`` is filled when it states that a finding is present:
    by its own code without value, with ``true`` or a coded yes, or by its coded value.
    """

    number: float | None = None
    unit: str | None = None
    finding_matches: tuple[CodeMatch, ...] = ()

    @property
    def said_by(self) -> tuple[CodeMatch, ...]:
        return (*self.matches, *self.finding_matches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure(Fact):
    """Something done to the patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imaging(Fact):
    """A DiagnosticReport or an ImagingStudy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Fact):
    """A ServiceRequest.

    ``draft`` marks an order of the hook's context, ``judged`` one that the hook is about. ``words`` is its own
    code.text, ``reasons`` the concepts of its reasons.
    """

    priority: str | None = None
    do_not_perform: bool = False
    draft: bool = False
    judged: bool = False
    words: str = ""
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Medication(Fact):
    """A MedicationRequest or a MedicationStatement; its matches are those of the drug and its ingredients.

    ``when`` is the start. ``draft`` and ``judged`` as in :class:`Order`.
    """

    priority: str | None = None
    intent: str | None = None
    do_not_perform: bool = False
    draft: bool = False
    judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment(Fact):
    """A proposed appointment of the hook's context; its matches are those of service, specialty and reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answered item of the questionnaire. A response without a readable date counts as of today.

    ``word`` is a code, string or yes/no from a boolean, ``number`` a numeric value, ``date`` a date value;
    ``groups`` are the linkIds of the items around it, outermost first.
    """

    reference: str
    item: str
    word: str | None = None
    number: float | None = None
    date: When | None = None
    when: When | None = None
    groups: tuple[str, ...] = ()
    origin: str = "prefetch"
    kind: str = "QuestionnaireResponse"


@dataclass(frozen=True, slots=True)
class Patient:
    """Who it is about. ``birth`` is None when the birth date is missing or unreadable."""

    birth: When | None = None
    deceased: bool = False

    def ages(self, today: date) -> tuple[int, int] | None:
        """The youngest and the oldest age in whole years that the birth date allows, or None."""
        if self.birth is None:
            return None
        return _age(self.birth.latest.date(), today), _age(self.birth.earliest.date(), today)


def _age(born: date, today: date) -> int:
    born = min(born, today)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class Dropped:
    """Entries of one kind that were not used: counts only, no content."""

    unreadable: int = 0
    foreign: int = 0
    uncoded: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the rules may look at, indexed by concept."""

    patient: Patient = Patient()
    availability: Mapping[str, Availability] = field(default_factory=dict)
    dropped: Mapping[str, Dropped] = field(default_factory=dict)
    by_concept: Mapping[tuple[str, str], tuple[Fact, ...]] = field(default_factory=dict)
    findings: Mapping[str, tuple[Observation, ...]] = field(default_factory=dict)
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    judged: tuple[Order | Medication, ...] = ()
    """The orders that the hook is about, whatever their codes."""
    closed: frozenset[str] = field(init=False)
    """The kinds whose list was had whole: what is not in it is absent."""
    holds: frozenset[Mark] = field(init=False)
    """Everything that a criterion can find here."""

    def __post_init__(self) -> None:
        closed = frozenset(kind for kind, had in self.availability.items() if had is Availability.COMPLETE)
        object.__setattr__(self, "closed", closed)
        found = [("Observation", concept) for concept in self.findings]
        answered = [("QuestionnaireResponse", item) for item in self.answers]
        judged = [(order.kind, "") for order in self.judged]
        object.__setattr__(self, "holds", frozenset((ALWAYS, *self.by_concept, *found, *answered, *judged)))

    def facts(self, kind: str, concepts: Iterable[str]) -> tuple[Fact, ...]:
        """The facts of ``kind`` in any of ``concepts``, each once, in the order of the record."""
        found: dict[int, Fact] = {}
        for concept in concepts:
            for fact in self.by_concept.get((kind, concept), ()):
                found[id(fact)] = fact
        return tuple(found.values())

    def had(self, kind: str) -> Availability:
        """How well ``kind`` was had; what nobody reported is missing."""
        return self.availability.get(kind, Availability.MISSING)

    def open_kinds(self, kinds: frozenset[str]) -> frozenset[str]:
        """Those of ``kinds`` whose list is not closed."""
        return kinds - self.closed


class ChartBuilder:
    """Collects facts and counts, then hands out one immutable :class:`Chart`."""

    def __init__(self) -> None:
        self.patient = Patient()
        self._availability: dict[str, Availability] = {}
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: {"unreadable": 0, "foreign": 0, "uncoded": 0})
        self._facts: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        self._findings: dict[str, list[Observation]] = defaultdict(list)
        self._answers: dict[str, list[Answer]] = defaultdict(list)
        self._judged: list[Order | Medication] = []

    def had(self, kind: str, availability: Availability) -> None:
        """Say how well ``kind`` was had."""
        self._availability[kind] = availability

    def add(self, fact: Fact) -> None:
        """Put a fact under each concept that one of its codings is in."""
        for concept in {match.concept: None for match in fact.matches}:
            self._facts[fact.kind, concept].append(fact)
        if isinstance(fact, Observation):
            for concept in {match.concept: None for match in fact.finding_matches}:
                self._findings[concept].append(fact)
        elif isinstance(fact, (Order, Medication)) and fact.judged:
            self._judged.append(fact)

    def answer(self, answer: Answer) -> None:
        self._answers[answer.item].append(answer)

    def drop(self, kind: str, why: str) -> None:
        """Count an entry that was not used; ``why`` is ``unreadable``, ``foreign`` or ``uncoded``."""
        self._counts[kind][why] += 1

    def chart(self) -> Chart:
        return Chart(
            self.patient,
            dict(self._availability),
            {kind: Dropped(**counts) for kind, counts in self._counts.items()},
            {key: tuple(facts) for key, facts in self._facts.items()},
            {concept: tuple(facts) for concept, facts in self._findings.items()},
            {item: tuple(answers) for item, answers in self._answers.items()},
            tuple(self._judged),
        )
