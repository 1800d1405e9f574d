"""Reading resources into a chart in tests: short ways to write a resource, and what a chart says as sets."""

from __future__ import annotations

from typing import Any

from cds_service.chart_reader import read_chart
from cds_service.gathered import Entry, Gathered
from rules.chart import Availability, Chart
from rules.codelist_files import load_codelists

Resource = dict[str, Any]

LISTS, FAULTS = load_codelists()
PATIENT = "p1"
SERVER = "https://ehr.example/fhir"
SUBJECT = {"reference": f"Patient/{PATIENT}"}
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

HIP_OA = {"system": ICD10CM, "code": "M16.11"}
LOW_BACK_PAIN = {"system": ICD10CM, "code": "M54.50"}
RETENTION = {"system": SNOMED, "code": "267064002"}
SADDLE = {"system": SNOMED, "code": "449813001"}
SYMPTOM = {"system": LOINC, "code": "75325-1"}
SEVERITY = {"system": LOINC, "code": "72514-3"}
BMI = {"system": LOINC, "code": "39156-5"}
EXAMINATION = {"system": SNOMED, "code": "363215001"}
PHYSIOTHERAPY = {"system": SNOMED, "code": "308447003"}
HIP_XRAY = {"system": LOINC, "code": "24762-7"}
PREDNISONE = {"system": RXNORM, "code": "8640"}
HIP_REGION = {"system": SNOMED, "code": "29836001"}
LEFT = {"system": SNOMED, "code": "7771000"}
RIGHT = {"system": SNOMED, "code": "24028007"}
BOTH_SIDES = {"system": SNOMED, "code": "51440002"}


def resource(kind: str, *codings: Any, **members: Any) -> Resource:
    """A resource of our patient; a member given as None is left out."""
    made: Resource = {"resourceType": kind, "id": "r1", "subject": SUBJECT}
    if codings:
        made["code"] = {"coding": list(codings)}
    made |= members
    return {name: value for name, value in made.items() if value is not None}


def condition(*codings: Any, **members: Any) -> Resource:
    return resource("Condition", *(codings or (HIP_OA,)), **members)


def observation(*codings: Any, **members: Any) -> Resource:
    return resource("Observation", *(codings or (SEVERITY,)), **members)


def response(*items: Any, **members: Any) -> Resource:
    """A response to the service's own questionnaire."""
    ours = {"questionnaire": "https://cds.example/Questionnaire/hip-spine-screen", "status": "completed"}
    return resource("QuestionnaireResponse", **(ours | {"authored": "2026-11-20"} | {"item": list(items)} | members))


def read(*entries: Any, patient_id: str = PATIENT, server: str | None = None) -> Chart:
    """The chart of resources, or of entries where it matters how a resource came."""
    gathered = Gathered(
        tuple(one if isinstance(one, Entry) else Entry(one, "prefetch") for one in entries),
        {"Condition": Availability.COMPLETE},
    )
    return read_chart(gathered, LISTS, patient_id=patient_id, fhir_server=server)


def facts(chart: Chart) -> list[Any]:
    """Every fact of a chart once, in the order of the record within its type."""
    found = [fact for listed in (*chart.by_concept.values(), chart.judged) for fact in listed]
    return list({id(fact): fact for fact in found}.values())


def only(chart: Chart) -> Any:
    """The one fact of a chart."""
    (fact,) = facts(chart)
    return fact


def dropped(chart: Chart) -> dict[str, dict[str, int]]:
    """What was dropped, without zeros."""
    return {
        kind: {why: n for why in ("unreadable", "foreign", "uncoded") if (n := getattr(counts, why))}
        for kind, counts in chart.dropped.items()
    }


def content(chart: Chart) -> dict[str, Any]:
    """What a chart says, whatever the order of the record."""

    def sets(index: Any) -> dict[Any, tuple[int, frozenset[Any]]]:
        return {key: (len(values), frozenset(values)) for key, values in index.items()}

    return {
        "patient": chart.patient,
        "availability": dict(chart.availability),
        "dropped": dict(chart.dropped),
        "facts": sets(chart.by_concept),
        "findings": sets(chart.findings),
        "answers": sets(chart.answers),
        "judged": frozenset(chart.judged),
    }


def concepts(chart: Chart) -> set[str]:
    """The concepts that a chart has facts in."""
    return {concept for _, concept in chart.by_concept}
