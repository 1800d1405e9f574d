"""A code list as a FHIR R4 ValueSet: the codes that the service matches, and in words what a list cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cds_service.fhir_export.narrative import Narrative
from cds_service.fhir_export.publication import (
    LICENCE,
    SIGNED,
    UNSIGNED,
    UNSIGNED_WORDS,
    Publication,
    Resource,
    computer_name,
    fhir_id,
    paragraphs,
)
from rules.codelists import CodeRow, CodeSystem, Concept

KIND: Final = "ValueSet"
USES: Final = {
    "rule": "Read by rules.",
    "template": "Used in draft orders.",
    "unused": "Kept for reference; no rule reads it.",
    "negative-control": "A negative control: nothing may be advised because of it.",
}
_HEADS: Final = ("System", "Code", "Display", "Longer codes too", "Side", "Evidence", "Note")
_SIDES: Final = {frozenset[str](): "", frozenset({"left"}): "left", frozenset({"right"}): "right"}

Systems = Mapping[str, CodeSystem]


def value_sets(publication: Publication) -> Iterator[Resource]:
    """One ValueSet for each concept, by name."""
    for concept in publication.ruleset.lexicon.codelists.concepts.values():
        yield value_set(publication, concept)


def value_set(publication: Publication, concept: Concept) -> Resource:
    """The ValueSet of a concept.

    Rows without evidence are no part of it, since the service never matches them; its description names them. The
    longer codes that a row of a hierarchical system draws in are said in words: R4 defines no filter for them that
    terminology servers agree on. A row of SNOMED CT, LOINC or RxNorm matches itself alone.
    """
    systems = publication.ruleset.lexicon.codelists.systems
    used = {row.system: systems[row.system] for row in concept.rows}
    beyond = tuple(_beyond_the_list(concept, systems))
    signature = "A named clinician has signed this." if concept.reviewed else UNSIGNED_WORDS
    narrative = Narrative(concept.focus, USES[concept.use], *beyond)
    resource = publication.described(
        KIND,
        fhir_id(concept.name),
        name=computer_name(concept.name),
        title=concept.title,
        standing=SIGNED if concept.reviewed else UNSIGNED,
        narrative=narrative.table(_HEADS, (_line(row, used) for row in concept.rows)),
    )
    sources = "; ".join(f"{system.title} ({system.version})" for system in used.values())
    resource["description"] = paragraphs(
        concept.focus,
        f"Scope: {concept.scope}",
        f"Includes: {concept.includes}",
        f"Excludes: {concept.excludes}",
        *(f"Known gap: {gap}" for gap in concept.gaps),
        *beyond,
        f"Checked with: {sources}. No version is demanded of a server.",
    )
    resource["purpose"] = f"{USES[concept.use]} {signature}"
    resource["copyright"] = " ".join((LICENCE, *(system.notice for system in used.values())))
    resource["compose"] = {"include": [_include(concept, short, system) for short, system in used.items()]}
    return resource


def _include(concept: Concept, short: str, system: CodeSystem) -> Resource:
    rows = (row for row in concept.rows if row.system == short)
    return {"system": system.url, "concept": [{"code": row.code, "display": row.display} for row in rows]}


def _beyond_the_list(concept: Concept, systems: Systems) -> Iterator[str]:
    """What the service does with these codes that a list of codes cannot say."""
    for short, system in systems.items():
        drawn = [row.code for row in concept.rows if row.system == short and row.descendants]
        if drawn and system.match == "prefix":
            yield (
                f"Not in the list, but matched by the service: every longer {system.title} code that begins with "
                f"{', '.join(drawn)} (dots left out). A server that expands this value set must add them."
            )
        elif drawn:
            yield f"{system.title} codes match themselves only; narrower ones are found where they are listed."
    wide = [f"{row.code} {row.display}" for row in concept.rows if row.wide]
    if wide:
        yield f"These codes mean more than the concept, so a card that rests on them says possible: {'; '.join(wide)}."
    unverified = [f"{row.code} {row.display} ({systems[row.system].title})" for row in concept.unverified]
    if unverified:
        yield f"Left out and never matched, because nobody could verify them: {'; '.join(unverified)}."


def _line(row: CodeRow, used: Systems) -> tuple[str, ...]:
    system = used[row.system]
    longer = "yes" if row.descendants and system.match == "prefix" else ""
    return system.title, row.code, row.display, longer, _SIDES.get(row.sides, "both"), row.verified_by, row.note
