"""An evaluation as text, for a person at a terminal: the cards as they read, then every rule in a line or in full."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from cards.facts import FactWords
from cards.models import COMPLETENESS_EXTENSION, Card
from cds_service.cli.opening import printable
from cds_service.evaluation import Answered
from cds_service.pages.spoken import draft_words
from rules.chart import Answer, Fact
from rules.knowledge import Lexicon
from rules.logic import Verdict
from rules.ordered import JudgedTextCriterion
from rules.trace import RuleTrace, Step, TriedLevel

STYLES: Final = {"critical": "bold white on red", "warning": "bold black on yellow", "info": "bold black on cyan"}
VERDICTS: Final = {
    Verdict.APPLIES: "yes",
    Verdict.DOES_NOT_APPLY: "no",
    Verdict.UNKNOWN: "cannot tell",
    None: "not asked",
}
REASONS: Final = {
    "red-flag-focus": "withheld while a critical card is shown",
    "card-cap": "withheld because enough routine cards are shown",
}
_INLINE: Final = MarkdownIt("commonmark")


def print_evaluation(answered: Answered, traces: Sequence[RuleTrace], *, whole: bool) -> None:
    """Write it to standard output; coloured on a terminal only. ``whole``: each rule with everything it asked."""
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    # Captured, not printed: Rich would end the program itself when the reader of its output goes away.
    with console.capture() as captured:
        _print(console, answered, traces, whole=whole)
    written = captured.get()
    if not console.is_terminal:
        written = "\n".join(line.rstrip() for line in written.split("\n"))
    sys.stdout.write(written)


def _print(console: Console, answered: Answered, traces: Sequence[RuleTrace], *, whole: bool) -> None:
    cards = answered.body["cards"]
    count = f"{len(cards)} card{'' if len(cards) == 1 else 's'}"
    at = f"{answered.now:%Y-%m-%d %H:%M %Z}"
    console.print(Text(f"{answered.hook}, {at}, knowledge {answered.ruleset.version}: {count}", style="bold"))
    if answered.chart.patient.deceased:
        console.print("The patient is recorded as deceased: no rule is asked.")
    for card in cards:
        _print_card(console, card)
    for line in _completeness(answered.body.get("extension", {}).get(COMPLETENESS_EXTENSION)):
        console.print(line)
    console.print()
    withheld = {one.result.rule.id: REASONS[one.reason] for one in answered.triage.withheld}
    for found in traces:
        _print_rule(console, found, withheld.get(found.rule.id), answered.ruleset.lexicon, whole=whole)


def _print_card(console: Console, card: Card) -> None:
    title = Text.assemble((f" {card['indicator']} ", STYLES[card["indicator"]]), " ", (card["summary"], "bold"))
    console.print()
    console.print(title)
    console.print(Padding(Markdown(card["detail"]), (0, 0, 0, 2)), soft_wrap=False)
    console.print()
    for suggestion in card.get("suggestions", ()):
        for action in suggestion["actions"]:
            console.print(printable(f"  + {suggestion['label']}: {draft_words(action['resource'])}"))
    console.print(f"  Dismiss as: {', '.join(reason['display'] for reason in card['overrideReasons'])}")
    console.print(f"  Source: {card['source']['label']}, {card['source']['url']}")
    for link in card["links"]:
        console.print(f"  Link: {link['label']}, {link['url']}")


def _completeness(said: Mapping[str, Any] | None) -> Iterator[str]:
    if said is None:
        return
    yield ""
    for name in ("missing", "failed", "incomplete"):
        if name in said:
            yield f"{name.capitalize()}: {', '.join(said[name])}"
    for kind, counts in said.get("dropped", {}).items():
        yield f"Not used of {kind}: " + ", ".join(f"{count} {why}" for why, count in counts.items())
    if "dropped" in said:
        yield "Which entries these are: hip-spine lint"


def _print_rule(console: Console, found: RuleTrace, withheld: str | None, words: Lexicon, *, whole: bool) -> None:
    state = withheld or (found.level.indicator if found.level is not None else "silent")
    style = "bold" if found.fires else "dim"
    console.print(Text.assemble((f"R{found.rule.number} {found.rule.id}", style), f"  [{state}]"))
    console.print(f"    {found.headline}")
    decided = found.decided_by()
    facts = dict.fromkeys(fact for step in decided for fact in step.found)
    for line in _facts(facts, decided, words):
        console.print(f"      {line}")
    if found.missing:
        console.print(f"    Not wholly had: {', '.join(sorted(found.missing))}")
    for step in found.not_ruled_out():
        console.print(f"    Not ruled out: {step.asks}")
    if whole:
        for line in _whole(found, words):
            console.print(line)


def _every(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from _every(step.parts)


def _facts(facts: Iterable[Fact | Answer], steps: Iterable[Step], words: Lexicon) -> Iterator[str]:
    """Each fact that ``steps`` found as a card says it, with its code, date and entry."""
    every = list(_every(steps))
    concepts = frozenset[str]().union(*(step.concepts for step in every))
    said = FactWords(words, concepts, own_text=any(step.word == JudgedTextCriterion.word for step in every))
    for fact in facts:
        yield from (_plain(line) for line in said.lines([fact], (), undated_first=True))


def _plain(markdown: str) -> str:
    """One line of Markdown as the text that a reader sees."""
    return printable("".join(part.content for part in _INLINE.parseInline(markdown)[0].children or ()))


def _whole(found: RuleTrace, words: Lexicon) -> Iterator[str]:
    asked = [("gate of this hook", found.gate), ("when", found.when), *(("unless", step) for step in found.unless)]
    for title, step in asked:
        if step is not None:
            yield f"    {title}"
            yield from _tree(step, words, "      ")
    for tried in found.levels:
        yield f"    level {tried.level.indicator}: {_tried(tried)}"
        if tried.step is not None:
            yield from _tree(tried.step, words, "      ")
    for offer in found.offered:
        unchecked = f", although not wholly had: {', '.join(sorted(offer.not_checked))}" if offer.not_checked else ""
        yield f"    suggests {offer.template.label} ({', '.join((offer.priority, *sorted(offer.sides)))}){unchecked}"
    for left in found.not_offered:
        yield f"    leaves out {left.template.label}{f': {left.say}' if left.say else ''}"
        yield from _tree(left.step, words, "      ")


def _tried(tried: TriedLevel) -> str:
    if tried.taken:
        return "taken" if tried.step is not None else "taken, as there is no condition for it"
    return "not taken" if tried.step is not None else "not for this hook"


def _tree(step: Step, words: Lexicon, indent: str) -> Iterator[str]:
    mark = "*" if step.decides else " "
    asks = {"all": "all of", "any": "at least one of"}.get(step.word, step.asks)
    missing = f" (not wholly had: {', '.join(sorted(step.missing))})" if step.missing and not step.parts else ""
    yield f"{indent}{mark} {VERDICTS[step.verdict]}: {asks}{missing}"
    for line in _facts(step.facts, [step], words):
        yield f"{indent}      {line}"
    for part in step.parts:
        yield from _tree(part, words, f"{indent}    ")
