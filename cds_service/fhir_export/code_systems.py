"""The codes that are this project's own, as FHIR R4 CodeSystems: answers, reasons for dismissing a card, topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cards.models import OVERRIDE_REASON_SYSTEM, TOPIC_SYSTEM
from cds_service.fhir_export.narrative import Narrative
from cds_service.fhir_export.publication import LICENCE, Publication, Resource, shared_standing

KIND: Final = "CodeSystem"
ANSWER_SYSTEM: Final = "urn:hip-spine-cds:answer"
"""The words that answer the questionnaire."""


def code_systems(publication: Publication) -> Iterator[Resource]:
    """The three code systems, whole: what is not in them is no code of theirs."""
    ruleset = publication.ruleset
    words = [word for item in ruleset.lexicon.items.values() for word in item.words]
    yield _code_system(
        publication,
        "answer",
        ANSWER_SYSTEM,
        "Answers to the hip and spine questions",
        "The words that answer the choices of the questionnaire hip-spine-screen.",
        {word: answer_display(word) for word in words},
    )
    reasons = [reason for reasons in ruleset.override_reasons.values() for reason in reasons]
    yield _code_system(
        publication,
        "override-reason",
        OVERRIDE_REASON_SYSTEM,
        "Reasons for dismissing a card",
        "The override reasons that cards offer. Dismissing a red flag does not mute it the next time.",
        {reason.code: reason.display for reason in reasons},
    )
    yield _code_system(
        publication,
        "topic",
        TOPIC_SYSTEM,
        "Topics of cards",
        "The topic of each rule's cards, fixed for ever: an EHR may remember a dismissed card by it.",
        {rule.topic: rule.title for rule in ruleset.rules},
    )


def answer_display(word: str) -> str:
    """An answer as it is shown: its word with a capital."""
    return word.capitalize()


def _code_system(
    publication: Publication, name: str, url: str, title: str, description: str, codes: Mapping[str, str]
) -> Resource:
    resource = publication.described(
        KIND,
        name,
        name="".join(part.capitalize() for part in name.split("-")),
        title=title,
        standing=shared_standing(publication.ruleset),
        narrative=Narrative(description).table(("Code", "Meaning"), codes.items()),
        url=url,
    )
    return resource | {
        "description": description,
        "copyright": LICENCE,
        "caseSensitive": True,
        "content": "complete",
        "count": len(codes),
        "concept": list(_concepts(codes.items())),
    }


def _concepts(codes: Iterable[tuple[str, str]]) -> Iterator[dict[str, str]]:
    for code, display in codes:
        yield {"code": code, "display": display}
