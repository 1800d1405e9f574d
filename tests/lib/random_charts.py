"""Random charts for properties of the engine: dates, sides and statuses vary, codes are looked up in the real lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from rules import Chart, ChartBuilder, load_rules
from rules.chart import (
    KINDS,
    Answer,
    Availability,
    Condition,
    Fact,
    Imaging,
    Medication,
    Observation,
    Order,
    Patient,
    Procedure,
    When,
)
from tests.lib.clock import TODAY
from tests.lib.resources import coding

KNOWLEDGE = load_rules()
LISTS = KNOWLEDGE.lexicon.codelists
SIDES = ("left", "right")
OPEN = (Availability.INCOMPLETE, Availability.MISSING, Availability.FAILED)

_CONDITIONS = (
    *("M54.50", "M16.11", "M16.12", "M16.0", "M16.9", "239872002", "M25.551", "M25.552", "102570003", "M70.61"),
    *("M54.31", "M54.32", "M54.41", "M54.16", "M48.061", "M79.604", "G83.4", "R32", "R33.9", "N31.9", "icd10:N39.4"),
    *("274663001", "Z51.5", "Z33.1", "Z96.641", "Z96.642", "Z96.643", "Z96.649", "M87.051", "Z82.61", "I10"),
    *("Z85.46", "C79.51", "C44.91", "R50.9", "M81.0", "W19.XXXA", "M46.46", "449813001", "R20.0", "M21.371", "M21.372"),
    *(
        "285674009",
        "R63.4",
        "S72.001A",
        "S72.001D",
        "M80.08XA",
        "M00.051",
        "16973004",
        "228388006",
        "Z79.52",
        "M93.001",
    ),
)
_FINDINGS = ("49218002", "102570003", "165232002", "267064002", "72042002", "449813001", "285674009", "26544005")
_PROCEDURES = ("363215001", "443435007", "770606008", "52734007", "783628002", "91251008")
_ORDERS = ("363215001", "24762-7", "36013-1", "308447003", "308481009")
_DRUGS = ("rxnorm:8640", "rxnorm:6902", "rxnorm:6809")
_IMAGES = ("37721-8", "24762-7", "36013-1", "24972-2")
_SITES = ("29836001", "61685007")
_DAYS = (0, 1, 3, 7, 8, 14, 15, 30, 31, 90, 91, 183, 184, 365, 366, 800)


def matches(*codes: str) -> tuple[Any, ...]:
    """What the real code lists find for codes in short notation."""
    found = [LISTS.match(*coding(code).values()) for code in codes]
    return tuple(match for each in found for match in each)


def whens() -> st.SearchStrategy[When | None]:
    """Days at and beside the edges of the windows, a whole month, a whole year, or no date."""
    days = st.sampled_from(_DAYS).map(lambda ago: When.day(TODAY - timedelta(days=ago)))
    months = st.sampled_from(
        (When.days(date(2026, 8, 1), date(2026, 8, 31)), When.days(date(2026, 5, 1), date(2026, 5, 31)))
    )
    years = st.sampled_from((2024, 2025, 2026)).map(lambda year: When.days(date(year, 1, 1), date(year, 12, 31)))
    return st.one_of(days, days, st.none(), months, years)


def _coded(kind: str, codes: Sequence[str]) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "kind": st.just(kind),
        "reference": st.integers(1, 10**6).map(lambda number: f"{kind}/{number}"),
        "matches": st.lists(st.sampled_from(codes), min_size=1, max_size=2).map(lambda chosen: matches(*chosen)),
        "when": whens(),
        "body_sites": st.frozensets(st.sampled_from(_SITES)),
        "body_sides": st.frozensets(st.sampled_from(SIDES)),
    }


def _orders(statuses: Sequence[str]) -> st.SearchStrategy[Order]:
    return st.builds(
        Order,
        **_coded("ServiceRequest", _ORDERS),
        status=st.sampled_from(statuses),
        do_not_perform=st.sampled_from((False, False, False, True)),
    )


def facts(kind: str) -> st.SearchStrategy[Fact | Answer]:
    """A fact or an answer of one kind."""
    return _FACTS[kind]


def _observations() -> st.SearchStrategy[Observation]:
    status = st.sampled_from(("final", "preliminary", None, "entered-in-error"))
    severity = st.builds(
        Observation,
        **(_coded("Observation", ("72514-3",)) | {"body_sides": st.just(frozenset())}),
        number=st.sampled_from((2.0, 6.0, 7.0, 9.0, 11.0)),
        status=status,
    )
    temperature = st.builds(
        Observation,
        **(_coded("Observation", ("8310-5",)) | {"body_sides": st.just(frozenset())}),
        number=st.sampled_from((36.6, 37.9, 38.0, 39.5)),
        unit=st.sampled_from(("Cel", None)),
        status=status,
    )
    finding = st.sampled_from(_FINDINGS).flatmap(
        lambda code: st.builds(
            Observation,
            **(_coded("Observation", (code,)) | {"matches": st.just(matches(code))}),
            finding_matches=st.sampled_from((matches(code), ())),
            status=status,
        )
    )
    return st.one_of(severity, temperature, finding)


def _medications(kind: str) -> st.SearchStrategy[Medication]:
    return st.builds(Medication, **_coded(kind, _DRUGS), status=st.sampled_from(("active", "active", "stopped")))


def _answers() -> st.SearchStrategy[Answer]:
    items = KNOWLEDGE.lexicon.items

    def answer(item: str) -> st.SearchStrategy[Answer]:
        spec = items[item]
        return st.builds(
            Answer,
            reference=st.just("QuestionnaireResponse/q"),
            item=st.just(item),
            word=st.sampled_from((*spec.words, "maybe")) if spec.words else st.none(),
            number=st.sampled_from((3.0, 7.0, 9.0, 20.0)) if spec.type == "number" else st.none(),
            date=whens() if spec.type == "date" else st.none(),
            when=whens(),
            groups=st.sampled_from(((), ("hip-examination",))),
        )

    return st.sampled_from(sorted(items)).flatmap(answer)


_CLINICAL = ("active", "active", "recurrence", "inactive", "resolved", None)
_VERIFICATION = ("confirmed", None, "provisional", "refuted")
_FACTS: Mapping[str, st.SearchStrategy[Any]] = {
    "Condition": st.builds(
        Condition,
        **_coded("Condition", _CONDITIONS),
        clinical=st.sampled_from(_CLINICAL),
        verification=st.sampled_from(_VERIFICATION),
        abated=st.booleans(),
    ),
    "Observation": _observations(),
    "Procedure": st.builds(
        Procedure,
        **_coded("Procedure", _PROCEDURES),
        status=st.sampled_from(("completed", "completed", "in-progress")),
    ),
    "ServiceRequest": _orders(("active", "on-hold", "draft", "completed", "revoked")),
    "DiagnosticReport": st.builds(
        Imaging,
        **_coded("DiagnosticReport", _IMAGES),
        status=st.sampled_from(("final", "registered")),
    ),
    "ImagingStudy": st.builds(
        Imaging,
        **_coded("ImagingStudy", _IMAGES),
        status=st.sampled_from(("available", "cancelled")),
    ),
    "QuestionnaireResponse": _answers(),
    "MedicationRequest": _medications("MedicationRequest"),
    "MedicationStatement": _medications("MedicationStatement"),
}
BIRTHS = (
    None,
    When.day(date(1964, 3, 1)),
    When.day(date(2008, 11, 24)),
    When.day(date(2008, 11, 25)),
    When.days(date(2008, 1, 1), date(2008, 12, 31)),
)


def condition(code: str, days: int | None = 30) -> Condition:
    """An active Condition, dated ``days`` ago."""
    when = None if days is None else When.day(TODAY - timedelta(days=days))
    return Condition(
        kind="Condition", reference=f"Condition/{code}", matches=matches(code), when=when, clinical="active"
    )


def _yes(*items: str, word: str = "yes", days: int = 3) -> tuple[Answer, ...]:
    when = When.day(TODAY - timedelta(days=days))
    return tuple(Answer(reference="QuestionnaireResponse/core", item=item, word=word, when=when) for item in items)


def _severity(number: float) -> Observation:
    return Observation(
        kind="Observation",
        reference="Observation/core",
        matches=matches("72514-3"),
        when=When.day(TODAY),
        number=number,
    )


# Most random charts fire nothing; these are the hearts of charts that do.
_CORES: tuple[tuple[Fact | Answer, ...], ...] = (
    (),
    (condition("M54.50"), condition("M16.11")),
    (condition("M54.50"), condition("M16.9"), condition("Z96.641")),
    (condition("M54.50"), condition("M16.0"), _severity(8)),
    (condition("M54.50"), condition("M25.551")),
    (condition("M54.50"), condition("102570003"), condition("Z96.641")),
    (
        *(condition("M54.50"), condition("M25.552"), condition("M54.16")),
        *_yes("groin-pain", "hip-rotation", "limp", "sitting-relief"),
    ),
    (
        *(condition("M54.50"), condition("M25.552"), condition("M48.061")),
        *(*_yes("groin-pain", "weight-bearing-worse", "sitting-relief"), *_yes("limp", word="no")),
    ),
    (condition("M54.50"), _severity(9), *_yes("onset", word="sudden")),
    (condition("M54.50"), _severity(9), condition("274663001", 1)),
    (condition("M54.50"), condition("R32", 20)),
    (condition("M54.31", 100), condition("M54.32", 100)),
    (condition("M54.50"), condition("Z85.46", 900)),
    (condition("M25.551"), condition("W19.XXXA", 3), condition("M81.0", 900)),
    (condition("M54.50"), condition("M21.371", 40), condition("R63.4", 40)),
)


@dataclass(frozen=True)
class Growing:
    """A chart with some kinds of data open, and the same chart when those kinds were read to the end."""

    before: Chart
    after: Chart


def chart_of(birth: When | None, entries: Sequence[Fact | Answer], had: Mapping[str, Availability]) -> Chart:
    """A chart of these facts; a kind that ``had`` does not name was had whole."""
    builder = ChartBuilder()
    builder.patient = Patient(birth=birth)
    for kind in KINDS:
        builder.had(kind, had.get(kind, Availability.COMPLETE))
    for entry in entries:
        if isinstance(entry, Answer):
            builder.answer(entry)
        else:
            builder.add(entry)
    return builder.chart()


def _entries(most: int) -> st.SearchStrategy[list[Fact | Answer]]:
    more = st.lists(st.sampled_from(sorted(_FACTS)).flatmap(facts), max_size=most)
    return st.builds(lambda core, rest: [*core, *rest], st.sampled_from(_CORES), more)


@st.composite
def complete_charts(draw: st.DrawFn) -> Chart:
    """A chart of which every kind of data was had whole, the birth date included."""
    entries = draw(_entries(8))
    return chart_of(draw(st.sampled_from(BIRTHS[1:])), entries, {})


@st.composite
def growing_charts(draw: st.DrawFn) -> Growing:
    """A chart with open kinds, and what it becomes: more facts in open kinds only, some of them then closed."""
    entries = draw(_entries(4))
    open_kinds = draw(st.frozensets(st.sampled_from((*sorted(_FACTS), "Patient")), min_size=1, max_size=3))
    had = {kind: draw(st.sampled_from(OPEN)) for kind in sorted(open_kinds)}
    # A kind of which something is there was not missing altogether.
    had |= {entry.kind: Availability.INCOMPLETE for entry in entries if entry.kind in open_kinds}
    growing = sorted(open_kinds - {"Patient"})
    more = draw(st.lists(st.sampled_from(growing).flatmap(facts), max_size=6)) if growing else []
    still_open = draw(st.frozensets(st.sampled_from(growing))) if growing else frozenset()
    later = dict.fromkeys(still_open, Availability.INCOMPLETE)
    birth = draw(st.sampled_from(BIRTHS))
    before = chart_of(None if "Patient" in open_kinds else birth, entries, had)
    merged = draw(st.permutations([*entries, *more]))
    return Growing(before, chart_of(birth, merged, later))
