"""``hip-spine rules list`` and ``rules show``: which rules there are, and what one of them says in plain English."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cds_service.cli.opening import WRONG_USE, open_knowledge, open_settings, stop

if TYPE_CHECKING:
    from cds_service.pages.spoken import Spoken
    from rules.knowledge import Lexicon
    from rules.ruleset import RuleSet
    from rules.schema import Level, Rule

Hook = Annotated[str | None, typer.Option(help="Only rules of this hook.", show_default=False)]
Group = Annotated[
    Literal["red-flag", "routine"] | None, typer.Option(help="Only red flags, or only the others.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON array instead of text.")]
RuleId = Annotated[
    str, typer.Argument(metavar="RULE", help="The id of a rule, or its number (R16).", show_default=False)
]


def list_rules(hook: Hook = None, group: Group = None, as_json: AsJson = False) -> None:
    """List the rules: number, id, version, status, highest indicator, hooks, title."""
    import orjson

    from cds_service.errors import unknown_name

    ruleset = open_knowledge(open_settings())
    hooks = sorted({name for rule in ruleset.rules for name in rule.hooks})
    if hook is not None and hook not in hooks:
        stop(unknown_name("hook", hook, hooks), WRONG_USE)
    rules = [
        rule
        for rule in ruleset.rules
        if (hook is None or hook in rule.hooks) and (group is None or _group(rule) == group)
    ]
    if as_json:
        rows = [_row(rule) for rule in rules]
        sys.stdout.buffer.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        return
    for rule in rules:
        row = _row(rule)
        typer.echo(
            f"{row['number']:>3}  {rule.id:<28} {rule.version:<7} {rule.status:<7} {row['indicator']:<8} {rule.title}"
        )


def show_rule(name: RuleId) -> None:
    """Say one rule in plain English: when it advises, unless, what its card says, and what it rests on."""
    from cds_service.errors import unknown_name

    ruleset = open_knowledge(open_settings())
    rule = next((one for one in ruleset.rules if name in (one.id, f"R{one.number}", str(one.number))), None)
    if rule is None:
        stop(unknown_name("rule", name, [one.id for one in ruleset.rules]), WRONG_USE)
    for line in _said(rule, ruleset):
        typer.echo(line)


def _group(rule: Rule) -> str:
    return "red-flag" if rule.red_flag else "routine"


def _row(rule: Rule) -> dict[str, object]:
    indicators = [level.indicator for level in rule.levels]
    return {
        "number": f"R{rule.number}",
        "id": rule.id,
        "version": rule.version,
        "status": rule.status,
        "indicator": min(indicators, key=("critical", "warning", "info").index),
        "hooks": list(rule.hooks),
        "title": rule.title,
        "review": rule.review.state,
    }


def _said(rule: Rule, ruleset: RuleSet) -> Iterator[str]:
    from cds_service.pages.spoken import spoken, suggestion_words, unmarked

    words = ruleset.lexicon
    yield f"R{rule.number} {rule.id}, version {rule.version}, {rule.status}, {rule.review.state}"
    yield rule.title
    yield f"\nHooks: {', '.join(rule.hooks)}"
    for hook, gate in rule.gates.items():
        yield f"On {hook} only if:"
        yield from _tree(spoken(gate, words))
    yield "\nAdvise when"
    yield from _tree(spoken(rule.when, words))
    if rule.unless:
        yield "\nUnless"
        for criterion in rule.unless:
            yield from _tree(spoken(criterion, words))
        policy = "shown, and says so" if rule.if_exclusion_unknown == "show" else "not shown"
        yield f"  When one of these could not be checked, the card is {policy}."
    for level in rule.levels:
        yield f"\n[{level.indicator}] {unmarked(level.summary)}"
        yield f"  {_level(level, rule, words)}"
        yield from (f"  + {suggestion_words(use, ruleset)}" for use in level.suggestions)
    yield "\nEvidence"
    for evidence in rule.evidence:
        source = ruleset.sources[evidence.source]
        statements = f" ({', '.join(evidence.statements)})" if evidence.statements else ""
        yield f"  {source.short}{statements}: {evidence.paraphrase} [{evidence.strength}; {evidence.state}]"


def _level(level: Level, rule: Rule, words: Lexicon) -> str:
    if level.when is not None:
        when = f"When {level.when.say(words)}."
    else:
        when = "The only level." if len(rule.levels) == 1 else "In every other case."
    return f"{when} On {', '.join(level.hooks)} only." if level.hooks else when


def _tree(said: Spoken, indent: str = "  ", mark: str = "") -> Iterator[str]:
    yield f"{indent}{mark}{said.text}{':' if said.parts else ''}"
    inside = indent + " " * len(mark) + "  "
    for part in said.parts:
        yield from _tree(part, inside)
    if said.meaning is not None:
        yield from _tree(said.meaning, inside, "that is: ")
