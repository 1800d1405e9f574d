"""The questionnaire hip-spine-screen as a FHIR R4 Questionnaire (knowledge 3.1 and 3.3).

Choices are codes with *unknown* among them, not booleans: an unticked box would not tell *no* from *not asked*.
Numbers are integers and dates are dates, so that any form filler can show them. What an EHR sends back is read by
:mod:`cds_service.reading.answers`, by the linkId of an item, whatever the groups around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cds_service.fhir_export.code_systems import ANSWER_SYSTEM, answer_display
from cds_service.fhir_export.narrative import Narrative
from cds_service.fhir_export.publication import (
    LICENCE,
    UNSIGNED_WORDS,
    Publication,
    Resource,
    paragraphs,
    shared_standing,
)
from cds_service.reading.answers import QUESTIONNAIRE
from rules.knowledge import AskIf, Item, Lexicon

KIND: Final = "Questionnaire"
UCUM: Final = "http://unitsofmeasure.org"
_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/"
_CONTROLS: Final = "http://hl7.org/fhir/questionnaire-item-control"
_TITLE: Final = "Hip and low back: questions"
_PURPOSE: Final = (
    "Most of these answers have no national code. Rules read them beside the record: some are warning signs, and "
    "the features of the pain are added up for hip and spine. That sum is not validated and is no probability."
)
_COPYRIGHT: Final = (
    f"{LICENCE} The questions are worded by this project; no item of a published instrument such as ODI or HOOS is "
    "reproduced."
)


def questionnaire(publication: Publication) -> Resource:
    """The Questionnaire, its groups in the order of the knowledge file."""
    words = publication.ruleset.lexicon
    standing = shared_standing(publication.ruleset)
    resource = publication.described(
        KIND,
        QUESTIONNAIRE,
        name="HipSpineScreen",
        title=_TITLE,
        standing=standing,
        narrative=Narrative(_PURPOSE).table(("Item", "Question", "Answers"), _lines(words)),
    )
    return resource | {
        "description": paragraphs(_PURPOSE, UNSIGNED_WORDS if standing.experimental else None),
        "purpose": _PURPOSE,
        "copyright": _COPYRIGHT,
        "subjectType": ["Patient"],
        "item": list(_items(words, None)),
    }


def _items(words: Lexicon, group: str | None) -> Iterator[Resource]:
    """The items and groups that stand directly in a group; those of the questionnaire itself for None."""
    for item in words.items.values():
        if item.group == group:
            yield _item(item, words)
    for name, inner in words.item_groups.items():
        if inner.inside == group:
            yield {"linkId": name, "text": inner.title, "type": "group", "item": list(_items(words, name))}


def _item(item: Item, words: Lexicon) -> Resource:
    made: Resource = {"linkId": item.id}
    extensions = list(_extensions(item))
    if extensions:
        made["extension"] = extensions
    codes = list(_codes(item, words))
    if codes:
        made["code"] = codes
    made["text"] = item.ask or item.title
    made["type"] = {"choice": "choice", "number": "integer", "date": "date"}[item.type]
    if item.ask_if is not None:
        made["enableWhen"] = list(_enable_when(item.ask_if))
        if len(item.ask_if.is_) > 1:
            made["enableBehavior"] = "any"
    if item.words:
        made["answerOption"] = [
            {"valueCoding": _coding(word) | {"display": answer_display(word)}} for word in item.words
        ]
    return made


def _extensions(item: Item) -> Iterator[Resource]:
    """How a choice is shown, and the limits and the unit of a number: extensions of the R4 standard itself."""
    if item.type == "choice":
        button: dict[str, Any] = {"coding": [{"system": _CONTROLS, "code": "radio-button", "display": "Radio Button"}]}
        yield {"url": f"{_EXTENSION}questionnaire-itemControl", "valueCodeableConcept": button}
    for name, limit in (("minValue", item.least), ("maxValue", item.most)):
        if limit is not None:
            yield {"url": f"{_EXTENSION}{name}", "valueInteger": limit}
    if item.unit is not None:
        yield {"url": f"{_EXTENSION}questionnaire-unit", "valueCoding": {"system": UCUM, "code": item.unit}}


def _codes(item: Item, words: Lexicon) -> Iterator[dict[str, str]]:
    """The code under which a record may hold the same fact as an Observation: the first of its measure's list."""
    for measure in words.measures.values():
        if measure.answer == item.id:
            row = words.codelists.codes(measure.concept)[0]
            yield {"system": words.codelists.systems[row.system].url, "code": row.code, "display": row.display}


def _enable_when(ask_if: AskIf) -> Iterator[Resource]:
    for word in ask_if.is_:
        yield {"question": ask_if.item, "operator": "=", "answerCoding": _coding(word)}


def _coding(word: str) -> dict[str, str]:
    return {"system": ANSWER_SYSTEM, "code": word}


def _lines(words: Lexicon) -> Iterator[tuple[str, str, str]]:
    for item in words.items.values():
        yield item.id, item.ask or item.title, ", ".join(item.words) or f"a {item.type}"
