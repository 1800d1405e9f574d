"""The short notation of a patient: from ``62 F, M16.11, LBP, BMI 27 D-30`` to FHIR R4 resources.

Facts are separated by commas; words inside a fact by blanks. A fact is one of

===========================  ==================================================================================
``62 F``, ``born=2008-11``   the Patient; ``born=none``, ``dead``, ``alive``, ``died=2026-01-01``
``LBP``                      Condition M54.50, onset D-181
``M16.11 onset=D-3``         a Condition; several codings of one resource: ``M16.11+239872002``
``Procedure 363215001 D-3``  any other resource type, named first
``72514-3=9 D-1``            an Observation with its value: a number with or without a unit, ``true``, ``false``, a
                             code, ``text:words``, ``int:7``
``BMI 27 D-30``              Observation 39156-5 in kg/m2
``Q D-9: limp=yes``          a QuestionnaireResponse: ``item=answer`` or ``group/item=answer``
``new ...``                  the Condition stands in the hook's context (problem-list-item-create)
``draft ...``, ``selected``  the order stands in the hook's draft orders, and is selected
``Condition: missing``       how a kind of data is sent: see :mod:`tests.lib.vignette`
``server=https://...``       the FHIR server that the request names
===========================  ==================================================================================

A code tells its system by its shape (ICD-10-CM, SNOMED CT, LOINC) or by a prefix (``icd10:M16.1``). A bare date gives
the resource its usual date; ``onset=``, ``recorded=``, ``period=D-9..D-3`` and so on name another element.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.lib.clock import born, written
from tests.lib.resources import PATIENT, TYPES, Resource, resource_of, response_of


@dataclass
class Notes:
    """What a line of facts says: the patient, the resources by place, and how the data are sent."""

    patient: Resource
    resources: list[Resource] = field(default_factory=list)
    new: list[Resource] = field(default_factory=list)
    drafts: list[Resource] = field(default_factory=list)
    selected: list[str] = field(default_factory=list)
    delivery: dict[str, str] = field(default_factory=dict)
    fhir_server: str | None = None


def read_facts(line: str) -> Notes:
    """Read one line of facts. Raises ValueError on a word that the notation does not have."""
    notes = Notes({"resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": born(62)})
    for number, fact in enumerate(filter(None, map(str.strip, line.split(","))), start=1):
        _read_fact(notes, fact, f"f{number}")
    return notes


def _read_fact(notes: Notes, fact: str, ident: str) -> None:
    words = fact.split()
    if re.fullmatch(r"\d+ [FM]", fact):
        notes.patient["birthDate"] = born(int(words[0]))
        notes.patient["gender"] = {"F": "female", "M": "male"}[words[1]]
    elif words[0].startswith(("born=", "died=", "dead", "alive")):
        _patient_word(notes.patient, words[0])
    elif words[0].startswith("server="):
        notes.fhir_server = words[0].removeprefix("server=")
    elif words[0].endswith(":") and words[0][:-1] in (*TYPES, "Patient", "QuestionnaireResponse"):
        notes.delivery[words[0][:-1]] = " ".join(words[1:])
    elif words[0] == "Q":
        notes.resources.append(response_of(fact, ident))
    else:
        _place(notes, words, ident)


def _patient_word(patient: Resource, word: str) -> None:
    if word in ("dead", "alive"):
        patient["deceasedBoolean"] = word == "dead"
    elif word.startswith("died="):
        patient["deceasedDateTime"] = word.removeprefix("died=")
    elif word == "born=none":
        del patient["birthDate"]
    else:
        patient["birthDate"] = written(word.removeprefix("born="))


def _place(notes: Notes, words: list[str], ident: str) -> None:
    place = words[0] if words[0] in ("new", "draft", "selected") else ""
    resource = resource_of(words[1:] if place else words, ident)
    if place == "new":
        notes.new.append(resource)
    elif place:
        if resource.get("status") == "active":
            resource["status"] = "draft"
        notes.drafts.append(resource)
        if place == "selected":
            notes.selected.append(f"{resource['resourceType']}/{resource['id']}")
    else:
        notes.resources.append(resource)
