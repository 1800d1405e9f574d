"""What all coded resources share: codings matched once, body sites, the record's own words, a reference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypedDict

from cds_service.reading.accessors import a_string, codings, given, objects, said, status_word
from rules.chart import When
from rules.codelists import MAX_CODE_LENGTH, CodeLists, CodeMatch

SNOMED: Final = "sct"
"""The short name of SNOMED CT in the code lists."""
BODY_SITE: Final = "body_site"
"""The concept that lists the body sites and side qualifiers that rules know."""


class Coded(NamedTuple):
    """What the code of a resource says.

    ``matches`` are the concepts that its codings are in, ``text`` the record's own words, ``coded`` whether any coding
    has both a system and a code, ``readable`` whether the code has a JSON type in which codings can stand.
    """

    matches: tuple[CodeMatch, ...] = ()
    text: str | None = None
    coded: bool = False
    readable: bool = True


NO_CODE: Final = Coded()
UNREADABLE_CODE: Final = Coded(readable=False)
_IN_NO_LIST: Final = Coded(coded=True)


class Shared(TypedDict):
    """The fields that every fact has."""

    kind: str
    reference: str
    origin: str
    matches: tuple[CodeMatch, ...]
    text: str | None
    when: When | None
    body_sites: frozenset[str]
    body_sides: frozenset[str]
    status: str | None


class Record(NamedTuple):
    """A resource of our patient whose code was matched: all that a fact is made of.

    ``origin`` is where it was had, ``judged`` marks an order that the hook is about.
    """

    kind: str
    resource: dict[str, Any]
    origin: str
    judged: bool
    code: Coded
    lists: CodeLists

    def shared(self, when: When | None) -> Shared:
        """What the resource says in the fields that every fact has."""
        sites, sides = read_body_sites(self.resource.get("bodySite"), self.lists)
        return Shared(
            kind=self.kind,
            reference=named(self.kind, self.resource),
            origin=self.origin,
            matches=self.code.matches,
            text=self.code.text,
            when=when,
            body_sites=sites,
            body_sides=sides,
            status=status_word(self.resource.get("status")),
        )


def read_code(concept: object, lists: CodeLists) -> Coded:
    """Match every coding of a CodeableConcept (or of several); text-only and system-less ones match nothing."""
    return _read_known_code(concept, lists) or _read_any_code(concept, lists)


def _read_known_code(concept: object, lists: CodeLists) -> Coded | None:
    """The code of a CodeableConcept all of whose codings came before, like most of a chart; None for any other."""
    known = lists.known
    matches: tuple[CodeMatch, ...] = ()
    text = None
    try:
        codings = concept["coding"]  # type: ignore[index]
        for coding in codings:
            found = known[coding["system"], coding["code"]]
            if found:
                matches = tuple(dict.fromkeys((*matches, *found))) if matches else found
                text = text or said(coding.get("display"))
    except (KeyError, TypeError):
        return None
    if not matches:
        return _IN_NO_LIST if codings else None
    return Coded(matches, text or own_words(concept), coded=True)


def _read_any_code(concept: object, lists: CodeLists) -> Coded:
    concepts = objects(concept)
    if not concepts:
        return UNREADABLE_CODE if given(concept) else NO_CODE
    matches: list[CodeMatch] = []
    text: str | None = None
    coded = False
    for one in concepts:
        for coding in objects(one.get("coding")):
            found = matched(coding, lists)
            if found is None:
                continue
            coded = True
            if found:
                matches.extend(found)
                text = text or said(coding.get("display"))
    if not matches:
        return _IN_NO_LIST if coded else NO_CODE
    return Coded(tuple(dict.fromkeys(matches)), text or own_words(concepts), coded=True)


def matched(coding: dict[str, Any], lists: CodeLists) -> tuple[CodeMatch, ...] | None:
    """The concepts that a coding is in, or None when it lacks a system or a code. A code may be a whole number."""
    system, code = coding.get("system"), coding.get("code")
    if isinstance(code, int) and not isinstance(code, bool):
        code = str(code) if abs(code) < 10**MAX_CODE_LENGTH else ""
    if not (isinstance(system, str) and isinstance(code, str) and system.strip() and code.strip()):
        return None
    return lists.match(system, code)


def own_words(concept: object) -> str | None:
    """The first ``text`` of a CodeableConcept, or of several."""
    return next(filter(None, (said(one.get("text")) for one in objects(concept))), None)


def joined(parts: Iterable[Coded]) -> Coded:
    """Several codes that together say what a resource is, taken as one."""
    told = list(parts)
    if len(told) == 1:
        return told[0]
    coded = any(part.coded for part in told)
    return Coded(
        tuple(dict.fromkeys(match for part in told for match in part.matches)),
        next(filter(None, (part.text for part in told)), None),
        coded,
        coded or all(part.readable for part in told),
    )


def read_body_sites(sites: object, lists: CodeLists) -> tuple[frozenset[str], frozenset[str]]:
    """The SNOMED CT codes of the body sites, and the sides that they name: left, right."""
    if not sites:
        return frozenset(), frozenset()
    codes: set[str] = set()
    sides: set[str] = set()
    for coding in codings(sites):
        code = a_string(coding.get("code"))
        if code is None or len(code) > MAX_CODE_LENGTH or lists.system(coding.get("system")) != SNOMED:
            continue
        codes.add(code)
        sides.update(*(match.sides for match in lists.match(coding["system"], code) if match.concept == BODY_SITE))
    return frozenset(codes), frozenset(sides)


def named(kind: str, resource: dict[str, Any]) -> str:
    """``Type/id``, or the type alone when the id is no string."""
    identifier = a_string(resource.get("id"))
    return f"{kind}/{identifier}" if identifier else kind
