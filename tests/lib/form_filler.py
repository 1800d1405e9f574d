"""A form filler as an EHR has one: it knows FHIR's Questionnaire and nothing of this service.

It walks the items of a Questionnaire, keeps the groups, puts each answer into the element that the item's type asks
for, and offers nothing that the form does not allow. What it cannot enter raises ValueError.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

Json = dict[str, Any]

_STANDARD = "http://hl7.org/fhir/StructureDefinition/"


def filled(form: Json, answers: Mapping[str, object], *, patient: str, authored: str) -> Json:
    """The QuestionnaireResponse with ``answers`` by linkId. Raises ValueError for one that the form does not take."""
    missing = answers.keys() - {item["linkId"] for item in every_item(form)}
    if missing:
        raise ValueError(f"the form does not ask {', '.join(sorted(missing))}")
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{form['url']}|{form['version']}",
        "status": "completed",
        "subject": {"reference": f"Patient/{patient}"},
        "authored": authored,
        "item": list(_filled_items(form, form, answers)),
    }


def every_item(holder: Json) -> Iterator[Json]:
    """All items of a form, groups included."""
    for item in holder.get("item", ()):
        yield item
        yield from every_item(item)


def _filled_items(holder: Json, form: Json, answers: Mapping[str, object]) -> Iterator[Json]:
    for item in holder["item"]:
        entered: Json = {"linkId": item["linkId"], "text": item["text"]}
        if item["type"] == "group":
            inner = list(_filled_items(item, form, answers))
            if inner:
                yield entered | {"item": inner}
        elif item["linkId"] in answers:
            if not _enabled(item, form, answers):
                raise ValueError(f"{item['linkId']} is not asked after these answers")
            yield entered | {"answer": [_answer(item, answers[item["linkId"]])]}


def _answer(item: Json, given: object) -> Json:
    if item["type"] == "choice":
        for option in item["answerOption"]:
            if option["valueCoding"]["code"] == given:
                return {"valueCoding": option["valueCoding"]}
    elif item["type"] == "integer" and isinstance(given, int):
        if _limit(item, "minValue", given) <= given <= _limit(item, "maxValue", given):
            return {"valueInteger": given}
    elif item["type"] == "date" and isinstance(given, date):
        return {"valueDate": given.isoformat()}
    raise ValueError(f"{item['linkId']} cannot be answered with {given!r}")


def _limit(item: Json, name: str, otherwise: int) -> int:
    limits = [found["valueInteger"] for found in item.get("extension", ()) if found["url"] == _STANDARD + name]
    return limits[0] if limits else otherwise


def _enabled(item: Json, form: Json, answers: Mapping[str, object]) -> bool:
    """Whether the form asks the item, by its ``enableWhen`` (operator ``=`` on a Coding is all that is needed)."""
    asked = {found["linkId"]: found for found in every_item(form)}
    met = []
    for condition in item.get("enableWhen", ()):
        assert condition["operator"] == "="
        given = answers.get(condition["question"])
        codings = [_answer(asked[condition["question"]], given)["valueCoding"]] if given is not None else []
        wanted = condition["answerCoding"]
        met.append(any(all(coding[key] == wanted[key] for key in ("system", "code")) for coding in codings))
    return any(met) if item.get("enableBehavior") == "any" else all(met)
