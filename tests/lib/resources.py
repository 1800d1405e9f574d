"""Resources in FHIR R4 from the words of one fact: the building half of :mod:`tests.lib.notation`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.lib.clock import is_relative, written

Resource = dict[str, Any]

PATIENT = "p1"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
SYSTEMS = {
    "icd10cm": ICD10CM,
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "pcs": "http://www.cms.gov/Medicare/Coding/ICD10",
    "sct": SNOMED,
    "loinc": LOINC,
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "oid-icd10cm": "urn:oid:2.16.840.1.113883.6.90",
    "oid-icd10": "urn:oid:2.16.840.1.113883.6.3",
    "oid-pcs": "urn:oid:2.16.840.1.113883.6.4",
    "oid-sct": "urn:oid:2.16.840.1.113883.6.96",
    "oid-loinc": "urn:oid:2.16.840.1.113883.6.1",
    "local": "https://ehr.example/codes",
}
QUESTIONNAIRE = "http://127.0.0.1:8000/Questionnaire/hip-spine-screen"
TYPES = (
    "Condition",
    "Observation",
    "Procedure",
    "ServiceRequest",
    "DiagnosticReport",
    "ImagingStudy",
    "MedicationRequest",
    "MedicationStatement",
    "FamilyMemberHistory",
)
_COMPLETED = {
    "Procedure": "completed",
    "ServiceRequest": "active",
    "DiagnosticReport": "final",
    "ImagingStudy": "available",
    "MedicationRequest": "active",
    "MedicationStatement": "active",
    "Observation": "final",
    "FamilyMemberHistory": "completed",
}
_DATE_ELEMENT = {
    "Condition": "onsetDateTime",
    "Observation": "effectiveDateTime",
    "Procedure": "performedDateTime",
    "ServiceRequest": "authoredOn",
    "DiagnosticReport": "effectiveDateTime",
    "ImagingStudy": "started",
    "MedicationRequest": "authoredOn",
    "MedicationStatement": "effectiveDateTime",
}
_PERIOD_ELEMENT = {
    "Condition": "onsetPeriod",
    "Observation": "effectivePeriod",
    "Procedure": "performedPeriod",
    "ServiceRequest": "occurrencePeriod",
    "DiagnosticReport": "effectivePeriod",
    "MedicationStatement": "effectivePeriod",
}
_DATES = {
    "onset": "onsetDateTime",
    "onset-string": "onsetString",
    "recorded": "recordedDate",
    "performed": "performedDateTime",
    "effective": "effectiveDateTime",
    "instant": "effectiveInstant",
    "issued": "issued",
    "authored": "authoredOn",
    "occurrence": "occurrenceDateTime",
    "started": "started",
    "abated": "abatementDateTime",
}
_STATUS_SYSTEMS = {
    "clinical": "http://terminology.hl7.org/CodeSystem/condition-clinical",
    "ver": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
}


def resource_of(words: list[str], ident: str) -> Resource:
    """The resource that the words of a fact describe. Raises ValueError on a word that is not known."""
    if words[0] == "LBP":
        words = ["M54.50", "onset=D-181", *words[1:]]
    if words[0] == "BMI":
        words = [f"39156-5={words[1]}", "kg/m2", *words[2:]]
    if words[0] in TYPES:
        kind, words = words[0], words[1:]
    else:
        kind = "Observation" if re.match(r"\d+-\d(=|$)", words[0]) else "Condition"
    codes, _, value = words[0].partition("=")
    resource: Resource = {"resourceType": kind, "id": ident}
    if kind == "Condition":
        resource["clinicalStatus"] = status_concept("clinical", "active")
        resource["verificationStatus"] = status_concept("ver", "confirmed")
        resource["category"] = [_category("problem-list-item")]
    elif kind in _COMPLETED:
        resource["status"] = _COMPLETED[kind]
    if kind in ("ServiceRequest", "MedicationRequest"):
        resource["intent"] = "order"
    resource["subject" if kind != "FamilyMemberHistory" else "patient"] = {"reference": f"Patient/{PATIENT}"}
    coded = {"coding": [coding(code) for code in codes.split("+")]} if codes != "uncoded" else {}
    _set_code(resource, coded, kind)
    if value:
        _set_value(resource, value)
    for word in words[1:]:
        _option(resource, word)
    return resource


def _set_code(resource: Resource, coded: Resource, kind: str) -> None:
    if kind in ("MedicationRequest", "MedicationStatement"):
        resource["medicationCodeableConcept"] = coded
    elif kind == "FamilyMemberHistory":
        resource["relationship"] = {"text": "mother"}
        resource["condition"] = [{"code": coded}]
    elif kind == "ImagingStudy":
        resource["procedureCode"] = [coded]
    else:
        resource["code"] = coded


def coding(code: str) -> Resource:
    """A coding; its system by prefix or by the shape of the code. ``none:`` leaves the system out."""
    prefix, _, bare = code.rpartition(":")
    bare = bare.replace("_", " ")
    if prefix == "none":
        return {"code": bare}
    if prefix:
        return {"system": SYSTEMS[prefix], "code": bare}
    if re.fullmatch(r"(LA)?\d+-\d", bare):
        return {"system": LOINC, "code": bare}
    return {"system": SNOMED if bare.isdigit() else ICD10CM, "code": bare}


def _category(code: str) -> Resource:
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": code}]}


def status_concept(which: str, code: str) -> Resource:
    """A clinical or verification status as R4 writes it."""
    return {"coding": [{"system": _STATUS_SYSTEMS[which], "code": code}]}


def _set_value(resource: Resource, value: str) -> None:
    if value in ("true", "false"):
        resource["valueBoolean"] = value == "true"
    elif value.startswith("text:"):
        resource["valueString"] = value.removeprefix("text:")
    elif value.startswith("int:"):
        resource["valueInteger"] = int(value.removeprefix("int:"))
    elif re.fullmatch(r"-?\d+(\.\d+)?", value) and len(value) < 6:
        resource["valueQuantity"] = {"value": float(value) if "." in value else int(value)}
    else:
        resource["valueCodeableConcept"] = {"coding": [coding(value)]}


def _option(resource: Resource, word: str) -> None:
    name, _, value = word.partition("=")
    if name in _OPTIONS:
        _OPTIONS[name](resource, value)
    elif name in _DATES and value:
        resource[_DATES[name]] = written(value)
    elif is_relative(word):
        resource[_DATE_ELEMENT[resource["resourceType"]]] = written(word)
    elif "valueQuantity" in resource and not value:
        resource["valueQuantity"] |= {"unit": word, "system": "http://unitsofmeasure.org", "code": word}
    else:
        raise ValueError(f"the notation has no word {word!r}")


def _at(resource: Resource, value: str) -> None:
    resource[_DATE_ELEMENT[resource["resourceType"]]] = written(value)


def _period(resource: Resource, value: str) -> None:
    start, _, end = value.partition("..")
    ends = {"start": start, "end": end}
    resource[_PERIOD_ELEMENT[resource["resourceType"]]] = {name: written(when) for name, when in ends.items() if when}


def _site(resource: Resource, value: str) -> None:
    codings = [coding(code) for code in value.split("+")]
    # An Observation has one body site, everything else a list.
    single = resource["resourceType"] == "Observation"
    resource["bodySite"] = {"coding": codings} if single else [{"coding": [each]} for each in codings]


def _condition_status(element: str, which: str) -> Callable[[Resource, str], None]:
    def put(resource: Resource, value: str) -> None:
        resource.pop(element, None)
        if value.startswith("str:"):
            resource[element] = value.removeprefix("str:")
        elif value != "none":
            resource[element] = status_concept(which, value)

    return put


def _status(resource: Resource, value: str) -> None:
    resource.pop("status", None)
    if value.startswith("coding:"):
        resource["status"] = {"code": value.removeprefix("coding:")}
    elif value.startswith("concept:"):
        resource["status"] = {"coding": [{"code": value.removeprefix("concept:")}]}
    elif value != "none":
        resource["status"] = value


def _subject(resource: Resource, value: str) -> None:
    del resource["subject"]
    if value.startswith("str:"):
        resource["subject"] = value.removeprefix("str:")
    elif value.startswith("patient:"):
        resource["patient"] = {"reference": value.removeprefix("patient:")}
    elif value != "none":
        resource["subject"] = {"reference": value}


def _set_category(resource: Resource, value: str) -> None:
    resource.pop("category")
    if value != "none":
        resource["category"] = [_category(value)]


def _text(resource: Resource, value: str) -> None:
    resource["code"]["text"] = value.replace("_", " ")


def _display(resource: Resource, value: str) -> None:
    resource["code"]["coding"][0]["display"] = value.replace("_", " ")


_OPTIONS: dict[str, Callable[[Resource, str], None]] = {
    "at": _at,
    "period": _period,
    "site": _site,
    "clinical": _condition_status("clinicalStatus", "clinical"),
    "ver": _condition_status("verificationStatus", "ver"),
    "status": _status,
    "subject": _subject,
    "category": _set_category,
    "text": _text,
    "display": _display,
    "id": lambda resource, value: resource.update(id=value),
    "priority": lambda resource, value: resource.update(priority=value),
    "not-to-be-done": lambda resource, _: resource.update(doNotPerform=True),
    "broken": lambda resource, _: resource.update(code=7),
    "absent": lambda resource, _: resource.update(dataAbsentReason={"coding": [{"code": "unknown"}]}),
}


def response_of(fact: str, ident: str) -> Resource:
    """The QuestionnaireResponse that a fact describes."""
    head, _, answers = fact.partition(": ")
    response: Resource = {
        "resourceType": "QuestionnaireResponse",
        "id": ident,
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "item": [],
    }
    for word in head.split()[1:]:
        name, _, value = word.partition("=")
        if name == "status":
            _status(response, value)
        elif name == "subject":
            _subject(response, value)
        elif name == "questionnaire":
            response["questionnaire"] = value
        elif name != "undated":
            response["authored"] = written(value if name == "at" else word)
    for answer in answers.split():
        name, _, value = answer.partition("=")
        group, _, item = name.rpartition("/")
        answered = {"linkId": item, "answer": [answer_value(value)]} if value else {"linkId": item}
        response["item"].append({"linkId": group, "item": [answered]} if group else answered)
    return response


def answer_value(value: str) -> Resource:
    """The answer as FHIR writes it: a number, a date, a word as coding; or as its prefix says."""
    kind, _, bare = value.rpartition(":")
    if kind == "string":
        return {"valueString": bare}
    if kind == "bool":
        return {"valueBoolean": bare == "true"}
    if kind == "dec":
        return {"valueDecimal": float(bare)}
    if kind == "quantity":
        return {"valueQuantity": {"value": float(bare)}}
    if is_relative(value) or re.fullmatch(r"\d{4}-\d\d(-\d\d)?", value):
        return {"valueDate": written(value)}
    if re.fullmatch(r"-?\d+", value):
        return {"valueInteger": int(value)}
    return {"valueCoding": {"system": f"{QUESTIONNAIRE}/answers", "code": value}}
