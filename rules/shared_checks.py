"""Checks of what the rules share: statuses, measures, items, definitions, suggestion templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules.check_digits import loinc_fault, sctid_fault
from rules.criteria import Meets
from rules.faults import Fault, unknown_word
from rules.knowledge import Definition, Item, Lexicon, Measure, Template

DEFINITIONS, QUESTIONNAIRE, SUGGESTIONS = "definitions.toml", "questionnaire.toml", "suggestions.toml"

_CHECK_DIGITS = {"sct": sctid_fault, "loinc": loinc_fault}


def lexicon_faults(words: Lexicon) -> Iterator[Fault]:
    """The faults of statuses, body sites, text lists, measures and items."""
    concepts, file = words.codelists.concepts, DEFINITIONS
    for name in sorted(words.statuses.never_match):
        if name not in concepts:
            yield unknown_word(file, "statuses.never_match", "concept", name, concepts)
    for name, site in words.required_sites.items():
        if name not in concepts:
            yield unknown_word(file, f"required_sites.{name}", "concept", name, concepts)
        if site not in words.body_sites:
            yield unknown_word(file, f"required_sites.{name}", "body site", site, words.body_sites)
    for name, phrases in words.text_lists.items():
        yield from _phrases(name, phrases)
    for name, measure in words.measures.items():
        yield from _measure(name, measure, words)
    for item in words.items.values():
        yield from _item(item)
        yield from _asked(item, words)
    yield from _groups(words)


def _phrases(name: str, phrases: tuple[str, ...]) -> Iterator[Fault]:
    for index, phrase in enumerate(phrases):
        if phrase != phrase.lower().replace("-", " "):
            message = "phrases are written in lower case, with blanks for hyphens"
            yield Fault(DEFINITIONS, f"text_list.{name}[{index}]", message, phrase)


def _measure(name: str, measure: Measure, words: Lexicon) -> Iterator[Fault]:
    place, concepts = f"measure.{name}", words.codelists.concepts
    if measure.concept not in concepts:
        yield unknown_word(DEFINITIONS, f"{place}.concept", "concept", measure.concept, concepts)
    if measure.answer is not None and measure.answer not in words.items:
        yield unknown_word(DEFINITIONS, f"{place}.answer", "item", measure.answer, words.items)
    if measure.least is not None and measure.most is not None and measure.least > measure.most:
        yield Fault(DEFINITIONS, f"{place}.least", "is greater than 'most', so that no value is valid")
    if measure.concept in concepts:
        codes = [f"{row.system}:{row.code}" for row in concepts[measure.concept].rows]
        for code in sorted(measure.codes.difference(codes)):
            yield unknown_word(DEFINITIONS, f"{place}.codes", f"code of {measure.concept!r}", code, codes)


def _item(item: Item) -> Iterator[Fault]:
    place = f"item {item.id!r}"
    if (item.type == "choice") != bool(item.words):
        yield Fault(QUESTIONNAIRE, place, "'words' are said for a choice, and for nothing else")
    elif item.feature and "yes" not in item.words:
        yield Fault(QUESTIONNAIRE, place, "a feature of the score is answered with 'yes' among others")
    if not item.feature and (item.hip or item.spine or item.key_feature):
        yield Fault(QUESTIONNAIRE, place, "only a feature of the score has points")


def _asked(item: Item, words: Lexicon) -> Iterator[Fault]:
    """The faults of where and when an item is asked."""
    place = f"item {item.id!r}"
    if item.group is not None and item.group not in words.item_groups:
        yield unknown_word(QUESTIONNAIRE, f"{place}.group", "group", item.group, words.item_groups)
    if item.ask_if is None:
        return
    asked = words.items.get(item.ask_if.item)
    if asked is None:
        yield unknown_word(QUESTIONNAIRE, f"{place}.ask_if.item", "item", item.ask_if.item, words.items)
        return
    for word in item.ask_if.is_:
        if word not in asked.words:
            yield unknown_word(QUESTIONNAIRE, f"{place}.ask_if.is", "answer", word, asked.words)


def _groups(words: Lexicon) -> Iterator[Fault]:
    """The faults of the groups. A group stands inside an earlier one only, so that no two hold each other."""
    asked_in = {item.group for item in words.items.values()} | {group.inside for group in words.item_groups.values()}
    earlier: list[str] = []
    for name, group in words.item_groups.items():
        place = f"group.{name}"
        if name not in asked_in:
            yield Fault(QUESTIONNAIRE, place, "nothing is asked in the group")
        if name in words.items:
            yield Fault(QUESTIONNAIRE, place, "an item has the same name", name)
        if group.inside is not None and group.inside not in earlier:
            yield unknown_word(QUESTIONNAIRE, f"{place}.inside", "earlier group", group.inside, earlier)
        earlier.append(name)


def definition_cycles(definitions: Mapping[str, Definition]) -> Iterator[Fault]:
    """A fault for each definition that reaches itself through ``meets``."""
    for name in definitions:
        path = _path_back(name, (name,), definitions)
        if path is not None:
            yield Fault(DEFINITIONS, f"definition.{name}.is", f"the definition reaches itself: {', '.join(path)}")


def _path_back(start: str, path: tuple[str, ...], definitions: Mapping[str, Definition]) -> tuple[str, ...] | None:
    """The shortest-first way from the end of ``path`` back to ``start``, each definition at most once."""
    inside = definitions[path[-1]].criterion.placed("")
    named = [part.meets for _, part in inside if isinstance(part, Meets) and part.meets in definitions]
    if start in named:
        return (*path, start)
    ways = (_path_back(start, (*path, name), definitions) for name in named if name not in path)
    return next((way for way in ways if way is not None), None)


def template_faults(template: Template, words: Lexicon) -> Iterator[Fault]:
    """The faults of the codes of a suggestion template."""
    place, systems = f"template.{template.id}", words.codelists.systems
    placed = [(f"{place}.codes[{index}]", coding) for index, coding in enumerate(template.codes)]
    placed += [(f"{place}.side_codes.{side}", coding) for side, coding in template.side_codes.items()]
    placed += [(f"{place}.body_site", template.body_site)] if template.body_site is not None else []
    for where, coding in placed:
        if coding.system not in systems:
            yield unknown_word(SUGGESTIONS, f"{where}.system", "code system", coding.system, systems)
        wrong = _CHECK_DIGITS[coding.system](coding.code) if coding.system in _CHECK_DIGITS else None
        if wrong is not None:
            yield Fault(SUGGESTIONS, f"{where}.code", wrong, coding.code)
    if template.side_codes and not template.sided:
        yield Fault(SUGGESTIONS, f"{place}.side_codes", "are never used: the template is not 'sided'")
