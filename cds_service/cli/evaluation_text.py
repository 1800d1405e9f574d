"""An evaluation as text, for a person at a terminal: the cards as they read, then every rule in a line or in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from cards.models import COMPLETENESS_EXTENSION, Card
from cds_service.evaluation import Answered
from cds_service.pages.spoken import draft_words, fact_words
from rules.chart import Answer, Fact
from rules.knowledge import Lexicon
from rules.logic import Verdict
from rules.trace import RuleTrace, Step

STYLES = {"critical": "bold white on red", "warning": "bold black on yellow", "info": "bold black on cyan"}
VERDICTS = {Verdict.APPLIES: "yes", Verdict.DOES_NOT_APPLY: "no", Verdict.UNKNOWN: "cannot tell", None: "not asked"}
REASONS = {
    "red-flag-focus": "withheld while a critical card is shown",
    "card-cap": "withheld because enough routine cards are shown",
}


def print_evaluation(answered: Answered, traces: Sequence[RuleTrace], *, whole: bool) -> None:
    """Write it to standard output; coloured on a terminal only. ``whole``: each rule with everything it asked."""
    console = Console(highlight=False, soft_wrap=True)
    words = answered.ruleset.lexicon
    cards = answered.body["cards"]
    count = f"{len(cards)} card{'' if len(cards) == 1 else 's'}"
    at = f"{answered.now:%Y-%m-%d %H:%M %Z}"
    console.print(Text(f"{answered.hook}, {at}, knowledge {answered.ruleset.version}: {count}", style="bold"))
    for card in cards:
        _print_card(console, card)
    for line in _completeness(answered.body.get("extension", {}).get(COMPLETENESS_EXTENSION)):
        console.print(line, markup=False)
    console.print()
    withheld = {one.result.rule.id: REASONS.get(one.reason, one.reason) for one in answered.triage.withheld}
    for found in traces:
        _print_rule(console, found, withheld.get(found.rule.id), words, whole=whole)


def _print_card(console: Console, card: Card) -> None:
    console.print()
    console.print(Text.assemble((f" {card['indicator']} ", STYLES[card["indicator"]]), " ", (card["summary"], "bold")))
    console.print(Padding(Markdown(card["detail"]), (0, 0, 0, 2)), soft_wrap=False)
    for suggestion in card.get("suggestions", ()):
        for action in suggestion["actions"]:
            console.print(f"  + {suggestion['label']}: {draft_words(action['resource'])}", markup=False)


def _completeness(said: Mapping[str, Any] | None) -> Iterator[str]:
    if said is None:
        return
    yield ""
    for name in ("missing", "failed", "incomplete"):
        if name in said:
            yield f"{name.capitalize()}: {', '.join(said[name])}"
    for kind, counts in said.get("dropped", {}).items():
        yield f"Not used of {kind}: " + ", ".join(f"{count} {why}" for why, count in counts.items())


def _print_rule(console: Console, found: RuleTrace, withheld: str | None, words: Lexicon, *, whole: bool) -> None:
    state = withheld or (found.level.indicator if found.level is not None else "silent")
    style = "bold" if found.fires else "dim"
    console.print(Text.assemble((f"R{found.rule.number} {found.rule.id}", style), f"  [{state}]"))
    console.print(f"    {found.headline}", markup=False)
    for line in _facts(dict.fromkeys(fact for step in found.decided_by() for fact in step.found), words):
        console.print(f"      {line}", markup=False)
    if found.missing:
        console.print(f"    Not had: {', '.join(sorted(found.missing))}", markup=False)
    for step in found.not_ruled_out():
        console.print(f"    Not ruled out: {step.asks}", markup=False)
    if whole:
        for line in _whole(found, words):
            console.print(line, markup=False)


def _facts(facts: Iterable[Fact | Answer], words: Lexicon) -> Iterator[str]:
    yield from (fact_words(fact, words) for fact in facts)


def _whole(found: RuleTrace, words: Lexicon) -> Iterator[str]:
    asked = [("gate", found.gate), ("when", found.when), *(("unless", step) for step in found.unless)]
    for title, step in asked:
        if step is not None:
            yield f"    {title}"
            yield from _tree(step, words, "      ")
    for tried in found.levels:
        yield f"    level {tried.level.indicator}: {'taken' if tried.taken else 'not taken'}"
        if tried.step is not None:
            yield from _tree(tried.step, words, "      ")
    for offer in found.offered:
        yield f"    suggests {offer.template.label} ({', '.join((offer.priority, *sorted(offer.sides)))})"
    for left in found.not_offered:
        yield f"    leaves out {left.template.label}"
        yield from _tree(left.step, words, "      ")


def _tree(step: Step, words: Lexicon, indent: str) -> Iterator[str]:
    mark = "*" if step.decides else " "
    asks = {"all": "all of", "any": "at least one of"}.get(step.word, step.asks)
    missing = f" (not had: {', '.join(sorted(step.missing))})" if step.verdict is Verdict.UNKNOWN else ""
    yield f"{indent}{mark} {VERDICTS[step.verdict]}: {asks}{missing}"
    for line in _facts(step.facts, words):
        yield f"{indent}      {line}"
    for part in step.parts:
        yield from _tree(part, words, f"{indent}    ")
