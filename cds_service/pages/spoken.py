"""Rules, facts and drafts in words, for the pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cards.text import number, point
from rules.chart import Answer, Fact
from rules.checks import POSSIBLE
from rules.codelists import CodeLists
from rules.criteria import All, Any_, Criterion, Meets
from rules.knowledge import Lexicon
from rules.ruleset import RuleSet
from rules.schema import Example, Given, SuggestionUse

KINDS_OF_ENTRY: Final = (
    "condition",
    "observation",
    "procedure",
    "order",
    "report",
    "study",
    "answer",
    "medication",
    "appointment",
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A criterion in English: one line, or a word such as "all of" and the lines that it joins.

    ``meaning`` is what stands behind a line that is the name of a shared definition.
    """

    text: str
    parts: tuple[Spoken, ...] = ()
    meaning: Spoken | None = None


def spoken(criterion: Criterion, words: Lexicon) -> Spoken:
    """Say a criterion as a tree, so that a long one can be read."""
    if isinstance(criterion, All | Any_):
        joint = "all of" if isinstance(criterion, All) else "at least one of"
        return Spoken(joint, tuple(spoken(part, words) for part in criterion.parts()))
    if isinstance(criterion, Meets):
        definition = words.definitions[criterion.meets]
        return Spoken(criterion.say(words), meaning=spoken(definition.criterion, words))
    return Spoken(criterion.say(words))


def unmarked(sentence: str) -> str:
    """Show the mark ``[possible: concept]`` of a sentence as the word it may become."""
    return POSSIBLE.sub("(possible) ", sentence)


def suggestion_words(use: SuggestionUse, ruleset: RuleSet) -> str:
    """Name the template of a suggestion, the priority that the rule gives it, and when it is offered."""
    template = ruleset.templates[use.template]
    said = f"{template.label} ({use.priority or template.default_priority})"
    return said if use.when is None else f"{said}, if {use.when.say(ruleset.lexicon)}"


def fact_words(fact: Fact | Answer, words: Lexicon) -> str:
    """Say one fact of the chart: what, when, and which entry."""
    when = "undated" if fact.when is None else point(fact.when)
    if isinstance(fact, Answer):
        value = fact.word if fact.number is None else number(fact.number)
        return f"answer to “{words.items[fact.item].title}”: {value or 'a date'} ({when}, {fact.reference})"
    named = fact.text or (fact.matches[0].display if fact.matches else fact.kind)
    return f"{named} ({when}, {fact.reference})"


def draft_words(resource: Mapping[str, Any]) -> str:
    """Say a draft ServiceRequest of a suggestion in a few words: what it is, how urgent, and its notes."""
    code = resource["code"]
    name = code.get("text") or code["coding"][0].get("display", "")
    notes = [note["text"].rstrip(".") for note in resource.get("note", ())]
    said = f"{resource['status'].capitalize()} {resource['intent']}: {name}, {resource.get('priority', 'routine')}"
    return ". ".join((said, *notes)) + "."


def example_lines(example: Example, codelists: CodeLists) -> Iterator[str]:
    """Say the chart of an example, one line an entry."""
    age = "deceased" if example.deceased else f"born {example.birth_date}" if example.birth_date else None
    yield f"{example.hook}; " + (age or (f"{example.age} years" if example.age is not None else "age unknown"))
    for given in example.given:
        yield _given(given, codelists)
    if example.each:
        yield "and in turn: " + "; ".join(_given(given, codelists) for given in example.each)
    if example.missing:
        yield "could not be had: " + ", ".join(example.missing)


def _given(given: Given, codelists: CodeLists) -> str:
    kind = next(name for name in KINDS_OF_ENTRY if getattr(given, name) is not None)
    code = str(getattr(given, kind))
    named = code if kind == "answer" else " + ".join(_codes((code, *given.also_coded), codelists))
    said = [kind, named]
    if given.value is not None:
        said.append(f"= {given.value:g}" if isinstance(given.value, float) else f"= {given.value}")
    if given.unit:
        said.append(given.unit)
    return ", ".join((" ".join(said), *_circumstances(given, codelists)))


def _circumstances(given: Given, codelists: CodeLists) -> Iterator[str]:
    diagnosis = given.condition is not None
    said = (
        (given.days_ago is not None, f"{given.days_ago} days ago"),
        (given.hours_ago is not None, f"{given.hours_ago} hours ago"),
        (given.date is not None, str(given.date)),
        (given.undated, "undated"),
        (given.answered_date is not None, f"answered with the day {given.answered_date} days ago"),
        (diagnosis and given.clinical != "active", given.clinical or "no clinical status"),
        (diagnosis and given.verification != "confirmed", given.verification or "no verification status"),
        (given.abated, "abated"),
        (given.new, "new"),
        (given.status is not None, f"status {given.status}"),
        (given.priority is not None, f"priority {given.priority}"),
        (given.intent is not None, f"intent {given.intent}"),
        (bool(given.words), f"its text: {given.words}"),
        (bool(given.reasons), "because of " + " and ".join(_codes(given.reasons, codelists))),
        (bool(given.body_sites), "body site " + " and ".join(given.body_sites)),
        (given.in_group is not None, f"in group {given.in_group}"),
        (given.do_not_perform, "do not perform"),
        (given.draft, "draft"),
        (given.judged, "the order of the hook"),
    )
    yield from (words for holds, words in said if holds)


def _codes(codes: Iterable[str], codelists: CodeLists) -> Iterator[str]:
    for written in codes:
        short, _, code = written.partition(":")
        system = codelists.systems.get(short)
        found = codelists.match(system.url, code) if system is not None else ()
        yield f"{code} {found[0].display}" if found else code
