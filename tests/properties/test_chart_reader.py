"""What holds for every set of resources: nothing raises, and only what a record says decides, not how it came."""

from __future__ import annotations

import copy
import random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cds_service.gathered import Entry
from tests.lib.chart_reading import (
    BMI,
    BOTH_SIDES,
    HIP_OA,
    HIP_REGION,
    HIP_XRAY,
    LEFT,
    LOW_BACK_PAIN,
    PHYSIOTHERAPY,
    PREDNISONE,
    RETENTION,
    SADDLE,
    SYMPTOM,
    content,
    dropped,
    facts,
    read,
)

SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.data_too_large)
KINDS = (
    *("Condition", "Observation", "Procedure", "ServiceRequest", "DiagnosticReport", "ImagingStudy", "Patient"),
    *("MedicationRequest", "MedicationStatement", "Medication", "QuestionnaireResponse", "Appointment", "Bundle"),
)
ELEMENTS = (
    *(
        "id",
        "status",
        "code",
        "subject",
        "patient",
        "bodySite",
        "category",
        "item",
        "answer",
        "linkId",
        "questionnaire",
    ),
    *("clinicalStatus", "verificationStatus", "abatementBoolean", "onsetDateTime", "onsetPeriod", "recordedDate"),
    *("valueQuantity", "valueBoolean", "valueCodeableConcept", "valueString", "dataAbsentReason", "effectivePeriod"),
    *("medicationCodeableConcept", "medicationReference", "contained", "ingredient", "reasonReference", "reasonCode"),
    *("procedureCode", "procedure", "participant", "actor", "serviceType", "birthDate", "deceasedDateTime"),
    *("doNotPerform", "authored", "coding", "system", "display", "text", "reference", "type", "concept", "value"),
)
WORDS = (
    *("", "Patient/p1", "p1", "Patient/p2", "#p1", "urn:uuid:p1", "2026-11-24", "2026", "0001-01-01T00:00:00+14:00"),
    *("active", "entered-in-error", "http://snomed.info/sct", "267064002", "M16.11", "hip-spine-screen", "true"),
    *("Medication/m1", "Condition/r1", "http://loinc.org", "75325-1", "context", "9" * 70),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(WORDS),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(ELEMENTS), st.text(max_size=6)), inner, max_size=5),
    ),
    max_leaves=15,
)
CODINGS: tuple[dict[str, str], ...] = (
    *(HIP_OA, LOW_BACK_PAIN, RETENTION, SADDLE, SYMPTOM, BMI, HIP_XRAY, PHYSIOTHERAPY, PREDNISONE),
    *({"system": "urn:local", "code": "1"}, {"code": "M16.11"}, {}),
)
CONCEPTS = st.builds(
    lambda codings, text: {"coding": codings} | ({"text": text} if text else {}),
    st.lists(st.sampled_from(CODINGS), max_size=3),
    st.sampled_from((None, "words")),
)
DATES = st.sampled_from((None, "2026-11-20", "2026-11", "soon", "2025-01-01T10:00:00-05:00"))
SUBJECTS = st.sampled_from(
    (*({"reference": "Patient/p1"},) * 6, "p1", "urn:uuid:ours", None, {"reference": "Patient/p2"}, 7)
)
IDS = st.sampled_from(("r1", "r2", "r3", "m1"))
ORIGINS = st.sampled_from(("context", "prefetch", "fhirServer"))


@st.composite
def resources(draw: st.DrawFn) -> Any:
    """A resource with an id that has most of what its type can have."""
    kind = draw(st.sampled_from(KINDS[:-1]))
    made: dict[str, Any] = {"resourceType": kind, "id": draw(IDS), "subject": draw(SUBJECTS), "code": draw(CONCEPTS)}
    made |= {element: draw(DATES) for element in ("onsetDateTime", "effectiveDateTime", "authoredOn", "authored")}
    made["status"] = draw(st.sampled_from(("final", "active", "entered-in-error", None)))
    made["clinicalStatus"] = draw(st.sampled_from(("active", "resolved", None)))
    made["bodySite"] = [{"coding": draw(st.lists(st.sampled_from((LEFT, HIP_REGION, BOTH_SIDES)), max_size=2))}]
    if kind in ("MedicationRequest", "MedicationStatement"):
        made["medicationCodeableConcept"] = draw(st.one_of(st.none(), CONCEPTS))
        made["medicationReference"] = draw(st.sampled_from((None, {"reference": "Medication/m1"})))
    elif kind == "Observation":
        made["valueCodeableConcept"] = draw(st.one_of(st.none(), CONCEPTS))
        made["valueQuantity"] = draw(st.sampled_from((None, {"value": 31, "code": "kg/m2"})))
    elif kind == "QuestionnaireResponse":
        values = st.sampled_from(({"valueBoolean": True}, {"valueInteger": 7}, {"valueString": "2026-11-20"}))
        made["questionnaire"] = draw(st.sampled_from(("x/hip-spine-screen", "other", None)))
        made["item"] = [{"linkId": draw(IDS), "answer": draw(st.lists(values, max_size=2))}]
    elif kind == "ServiceRequest":
        made["reasonReference"] = draw(st.sampled_from((None, ["Condition/r1"])))
    elif kind == "Patient":
        made |= {"id": draw(st.sampled_from(("p1", "p1", "p2"))), "birthDate": draw(DATES)}
        made["deceasedBoolean"] = draw(st.sampled_from((None, False, True)))
    return made


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    made = draw(resources())
    origin = draw(ORIGINS)
    judged = (
        made["resourceType"] in ("ServiceRequest", "MedicationRequest") and origin == "context" and draw(st.booleans())
    )
    ours = made["resourceType"] == "Patient" and made["id"] == "p1" and draw(st.booleans())
    return Entry(made, origin, "urn:uuid:ours" if ours else None, judged=judged)


@settings(max_examples=250, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(
    values=st.lists(
        st.one_of(
            JSON,
            st.builds(
                lambda kind, members: {**members, "resourceType": kind},
                st.sampled_from(KINDS),
                st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=8),
            ),
        ),
        max_size=5,
    ),
    origin=ORIGINS,
    judged=st.booleans(),
    full_url=st.one_of(st.none(), st.sampled_from(WORDS), st.text(max_size=8)),
    server=st.sampled_from((None, "", "https://ehr.example/fhir/")),
)
def test_any_json_as_resources_is_read_dropped_or_ignored(
    values: list[Any], origin: str, judged: bool, full_url: str | None, server: str | None
) -> None:
    chart = read(*(Entry(value, origin, full_url, judged=judged) for value in values), server=server)
    assert sum(sum(counts.values()) for counts in dropped(chart).values()) <= len(values)
    for fact in facts(chart):
        assert fact.text is None or (fact.text.isprintable() and len(fact.text) <= 200)


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(whole=resources(), data=st.data())
def test_damage_to_one_element_never_raises_and_costs_no_other_resource(whole: Any, data: st.DataObject) -> None:
    element = data.draw(st.sampled_from(sorted(whole)))
    damaged = whole | {"id": "damaged", element: data.draw(JSON)}
    other = {"resourceType": "Condition", "id": "kept", "subject": "Patient/p1", "code": {"coding": [HIP_OA]}}
    kept = [fact for fact in facts(read(damaged, other)) if fact.reference == "Condition/kept"]
    assert kept == facts(read(other))


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(record=st.lists(entries(), max_size=8), chance=st.randoms(use_true_random=False))
def test_the_order_of_the_entries_makes_no_difference(record: list[Entry], chance: random.Random) -> None:
    shuffled = list(record)
    chance.shuffle(shuffled)
    assert content(read(*shuffled)) == content(read(*record))


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(record=st.lists(entries(), min_size=1, max_size=6), data=st.data())
def test_entries_that_come_again_make_no_difference(record: list[Entry], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(record), min_size=1, max_size=4))
    # Under another key, on another page, or from the server too: a copy, never nearer to the hook than the first one.
    copies = [
        entry._replace(
            resource=copy.deepcopy(entry.resource) | {"meta": {"versionId": "2"}},  # type: ignore[operator]
            origin=entry.origin if entry.judged else data.draw(st.sampled_from((entry.origin, "fhirServer"))),
        )
        for entry in again
    ]
    assert content(read(*record, *copies)) == content(read(*record))


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(record=st.lists(entries(), max_size=5), stranger=entries())
def test_another_patients_resource_changes_nothing_but_the_count(record: list[Entry], stranger: Entry) -> None:
    resource = stranger.resource
    assert isinstance(resource, dict)
    assume(resource["resourceType"] not in ("Medication", "Patient", "Appointment"))
    foreign = stranger._replace(resource=resource | {"id": "s", "subject": "Patient/p2"}, full_url=None)
    before, after = content(read(*record)), content(read(*record, foreign))
    counted = after.pop("dropped")[resource["resourceType"]].foreign
    earlier = before.pop("dropped").get(resource["resourceType"])
    assert counted == (earlier.foreign if earlier else 0) + 1
    assert after == before


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(record=st.lists(entries(), max_size=5), more=st.lists(entries(), max_size=3))
def test_more_entries_take_no_fact_away(record: list[Entry], more: list[Entry]) -> None:
    # A Medication may say more about an order that is there already.
    assume(not any(entry.resource["resourceType"] == "Medication" for entry in more))  # type: ignore[index]
    before, after = (
        {(fact.reference, fact.matches, fact.when, fact.status) for fact in facts(read(*found))}
        for found in (record, (*record, *more))
    )
    assert before <= after
