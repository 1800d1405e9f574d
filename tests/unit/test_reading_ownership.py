"""Whose resource it is, row *own* of the definitions: every way to name our patient, and what names somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.gathered import Entry
from cds_service.reading.ownership import Ownership, Standing
from tests.lib.chart_reading import PATIENT, SERVER, condition, dropped, facts, read

OTHER_SERVER = "https://elsewhere.example/fhir"


def standing(subject: Any, *entries: Entry, server: str | None = SERVER) -> Standing:
    return Ownership(PATIENT, server, entries).standing({"subject": {"reference": subject}})


def patient(full_url: str | None = None, **members: Any) -> Entry:
    return Entry({"resourceType": "Patient", "id": PATIENT} | members, "prefetch", full_url)


@pytest.mark.parametrize(
    "named",
    [
        *("Patient/p1", "p1", " Patient/p1 ", "Patient/p1/_history/3", "p1/_history/3", "urn:uuid:p1", "URN:UUID:P1"),
        *(f"{SERVER}/Patient/p1", f"{SERVER}/Patient/p1/_history/12", f"{SERVER}//Patient/p1"),
    ],
)
def test_every_way_to_name_our_patient(named: str) -> None:
    assert standing(named) is Standing.OWN


@pytest.mark.parametrize(
    "named",
    [
        *("Patient/p2", "p2", "Patient/p10", "Patient/P1", "Group/p1", "RelatedPerson/p1", "#p1", "#Patient/p1"),
        *("urn:uuid:6a1c", "urn:oid:1.2.3", "Patient?identifier=p1", "XPatient/p1", "/Patient/p1", "Patient/p1/x"),
        *(f"{OTHER_SERVER}/Patient/p1", f"{SERVER}/Patient/p2", f"{SERVER}/Group/p1", f"{SERVER}2/Patient/p1"),
        *("https://ehr.example/Patient/p1", f"{SERVER}/x/Patient/p1", "Patient/p2/_history/p1"),
    ],
)
def test_whatever_else_is_named_is_foreign(named: str) -> None:
    assert standing(named) is Standing.FOREIGN


@pytest.mark.parametrize("server", [SERVER, f"{SERVER}/", f"{SERVER}//"])
def test_a_slash_after_the_server_makes_no_difference(server: str) -> None:
    assert standing(f"{SERVER}/Patient/p1", server=server) is Standing.OWN


@pytest.mark.parametrize("server", [None, ""])
def test_without_a_server_in_the_request_any_base_will_do(server: str | None) -> None:
    assert standing(f"{OTHER_SERVER}/Patient/p1", server=server) is Standing.OWN
    assert standing(f"{OTHER_SERVER}/Patient/p2", server=server) is Standing.FOREIGN
    assert standing("ward/Patient/p1", server=server) is Standing.FOREIGN


@pytest.mark.parametrize(
    ("full_url", "named", "expected"),
    [
        ("urn:uuid:6a1c", "urn:uuid:6a1c", Standing.OWN),
        ("urn:uuid:6a1c", "urn:uuid:7b2d", Standing.FOREIGN),
        (f"{OTHER_SERVER}/Patient/p1", f"{OTHER_SERVER}/Patient/p1", Standing.OWN),
        (f"{OTHER_SERVER}/Patient/p1", f"{OTHER_SERVER}/Patient/p1/_history/4", Standing.OWN),
        (f"{OTHER_SERVER}/Patient/p1", "https://third.example/Patient/p1", Standing.FOREIGN),
        ("Patient/x9", "Patient/x9", Standing.FOREIGN),
        (None, "urn:uuid:6a1c", Standing.FOREIGN),
    ],
)
def test_the_full_url_of_the_entry_with_our_patient_names_our_patient(
    full_url: str | None, named: str, expected: Standing
) -> None:
    assert standing(named, patient(full_url)) is expected


def test_the_full_url_counts_wherever_the_patient_stands_among_the_entries() -> None:
    chart = read(condition(subject={"reference": "urn:uuid:6a1c"}), patient("urn:uuid:6a1c"))
    assert len(facts(chart)) == 1


@pytest.mark.parametrize(
    "entry", [patient("urn:uuid:6a1c", id="p2"), Entry(condition(id="p1"), "prefetch", "urn:uuid:6a1c")]
)
def test_the_full_url_of_anything_else_does_not(entry: Entry) -> None:
    assert standing("urn:uuid:6a1c", entry) is Standing.FOREIGN


@pytest.mark.parametrize("subject", ["Patient/p1", {"reference": "Patient/p1"}, [{"reference": "Patient/p1"}]])
@pytest.mark.parametrize("element", ["subject", "patient"])
def test_the_subject_may_be_an_object_a_plain_string_or_a_list_of_one(element: str, subject: Any) -> None:
    ownership = Ownership(PATIENT, None, ())
    assert ownership.standing({element: subject}) is Standing.OWN


@pytest.mark.parametrize(
    "subject",
    [
        *(None, "", [], {}, [None], {"reference": None}, {"reference": ""}, {"display": "A. Person"}),
        *({"identifier": {"system": "urn:mrn", "value": "1"}}, {"type": "Patient", "display": "A. Person"}),
    ],
)
def test_a_resource_that_names_nobody_counts_as_our_patients(subject: Any) -> None:
    assert Ownership(PATIENT, None, ()).standing({"subject": subject}) is Standing.UNNAMED


@pytest.mark.parametrize("subject", [5, True, {"reference": 5}, {"reference": ["Patient/p1"]}, [[1]], [7]])
def test_a_subject_in_which_no_reference_can_stand_cannot_be_read(subject: Any) -> None:
    chart = read(condition(subject=subject))
    assert dropped(chart) == {"Condition": {"unreadable": 1}}
    assert facts(chart) == []


@pytest.mark.parametrize(
    "members",
    [
        {"subject": [{"reference": "Patient/p1"}, {"reference": "Patient/p2"}]},
        {"subject": {"reference": "Patient/p1"}, "patient": {"reference": "Patient/p2"}},
        {"subject": {"display": "A. Person"}, "patient": "Patient/p2"},
        {"subject": {"type": "Group", "display": "ward 3"}},
        {"subject": [5, "Patient/p2"]},
    ],
)
def test_one_name_of_somebody_else_is_enough(members: Any) -> None:
    assert Ownership(PATIENT, None, ()).standing(members) is Standing.FOREIGN


def test_the_same_name_is_judged_the_same_every_time() -> None:
    ownership = Ownership(PATIENT, None, ())
    for _ in range(2):
        assert ownership.standing({"subject": {"reference": "Patient/p1"}}) is Standing.OWN
        assert ownership.standing({"subject": {"reference": "Patient/p2"}}) is Standing.FOREIGN
        both = {"subject": {"reference": "Patient/p1"}, "patient": "Patient/p2"}
        assert ownership.standing(both) is Standing.FOREIGN


@pytest.mark.parametrize("identifier", [PATIENT, " p1 ", "Patient/p1"])
def test_the_patient_with_our_id_is_our_patient_wherever_it_came_from(identifier: str) -> None:
    chart = read(patient(f"{OTHER_SERVER}/Patient/p1", id=identifier, birthDate="1960"), server=SERVER)
    assert chart.patient.birth is not None
    assert dropped(chart) == {}


@pytest.mark.parametrize(
    ("identifier", "why"), [("p2", "foreign"), ("P1", "foreign"), ("Patient/p2", "foreign"), (5, "unreadable")]
)
def test_a_patient_with_another_id_is_not(identifier: Any, why: str) -> None:
    chart = read(patient(id=identifier, birthDate="1960", deceasedBoolean=True))
    assert (chart.patient.birth, chart.patient.deceased) == (None, False)
    assert dropped(chart) == {"Patient": {why: 1}}


@pytest.mark.parametrize(
    "full_url", [None, "urn:uuid:6a1c", f"{OTHER_SERVER}/Patient/p1", f"{SERVER}/Patient/p1/_history/1"]
)
@pytest.mark.parametrize("identifier", [None, "", {}])
def test_a_patient_without_an_id_is_ours_when_nothing_speaks_against_it(full_url: str | None, identifier: Any) -> None:
    chart = read(patient(full_url, id=identifier, birthDate="1960"), server=SERVER)
    assert chart.patient.birth is not None


def test_a_patient_without_an_id_lends_its_full_url() -> None:
    chart = read(patient("urn:uuid:6a1c", id=None), condition(subject="urn:uuid:6a1c"))
    assert len(facts(chart)) == 1


def test_a_patient_without_an_id_whose_full_url_names_somebody_else_is_foreign() -> None:
    chart = read(patient(f"{SERVER}/Patient/p2", id=None, birthDate="1960"), server=SERVER)
    assert chart.patient.birth is None
    assert dropped(chart) == {"Patient": {"foreign": 1}}


@pytest.mark.parametrize("identifier", [PATIENT, "Patient/p1"])
def test_a_patient_without_an_id_beside_one_with_ours_is_somebody_else(identifier: str) -> None:
    chart = read(
        patient("urn:uuid:mother", id=None, deceasedBoolean=True),
        condition(subject="urn:uuid:mother"),
        patient(id=identifier, birthDate="1990"),
    )
    assert not chart.patient.deceased
    assert facts(chart) == []
    assert dropped(chart) == {"Patient": {"foreign": 1}, "Condition": {"foreign": 1}}
