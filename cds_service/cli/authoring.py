"""``hip-spine rules copy``, ``new`` and ``new-codelist``: what a knowledge directory is written with.

None of them ever writes over something that is there.
"""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cds_service.cli.directories import DirectoryOption, chosen, refuse, sound, to_write
from cds_service.cli.editor import CONFIGURATION, configuration, write_schemas

if TYPE_CHECKING:
    from rules.directory import KnowledgeDirectory
    from rules.ruleset import RuleSet


class GroupName(StrEnum):
    """The two groups of rules."""

    RED_FLAG = "red-flag"
    ROUTINE = "routine"


Target = Annotated[Path, typer.Argument(help="The directory to make; it must not be there yet.", show_default=False)]
RuleId = Annotated[
    str, typer.Argument(metavar="ID", help="Small letters, digits and hyphens: stiff-hip-with-lbp.", show_default=False)
]
ListName = Annotated[
    str, typer.Argument(metavar="NAME", help="Small letters, digits and underscores: stiff_hip.", show_default=False)
]
Title = Annotated[str, typer.Option(help="What the codes mean, as a card says it: 'Stiff hip'.", show_default=False)]
InGroup = Annotated[GroupName | None, typer.Option("--group", help="red-flag or routine.", show_default="routine")]
Like = Annotated[str | None, typer.Option(help="Start from this rule instead of a skeleton.", show_default=False)]
ConceptName = Annotated[
    str | None,
    typer.Option("--concept", help="The code list that the skeleton asks for.", show_default="low_back_pain"),
]


def copy(target: Target, directory: DirectoryOption = None) -> None:
    """Copy the knowledge into a directory of its own, to be changed there and served with HIPSPINE_KNOWLEDGE_DIR."""
    from rules.directory import KnowledgeDirectory

    source, made = chosen(directory), KnowledgeDirectory(target)
    ruleset = sound(source)
    if target.exists():
        refuse(f"{target} is there already; nothing is written over it.")
    shutil.copytree(source.rules, made.rules)
    shutil.copytree(source.codelists, made.codelists)
    if source.versions.exists():
        shutil.copyfile(source.versions, made.versions)
    write_schemas(ruleset, target / "schema")
    (target / CONFIGURATION).write_text(configuration("", "schema/"), encoding="utf-8")
    typer.echo(
        f"Written: {target}\n"
        f"Check it:  hip-spine rules check {target}\n"
        f"Serve it:  HIPSPINE_KNOWLEDGE_DIR={target} hip-spine serve"
    )


def new(
    rule_id: RuleId,
    group: InGroup = None,
    like: Like = None,
    concept: ConceptName = None,
    directory: DirectoryOption = None,
) -> None:
    """Write the file of a new rule, a draft that loads at once, and say what to do next."""
    from rules.skeleton import RULE_ID

    knowledge = to_write(directory)
    ruleset = sound(knowledge)
    if RULE_ID.fullmatch(rule_id) is None:
        refuse(f"{rule_id!r} is no rule id: small letters and digits, with single hyphens between words.")
    path = knowledge.rules / f"{rule_id}.toml"
    if path.exists():
        refuse(f"{path} is there already; nothing is written over it.")
    if like is not None:
        if group is not None or concept is not None:
            refuse("--like brings the group and the code lists of that rule; leave out --group and --concept.")
        text = _like(rule_id, like, knowledge, ruleset)
    else:
        text = _skeleton(rule_id, group or GroupName.ROUTINE, concept, ruleset)
    path.write_text(text, encoding="utf-8")
    typer.echo(
        f"Written: {path}, number {_number(ruleset)}, status draft: it is checked, and no card of it is shown.\n"
        "Next:\n"
        "  1. Replace each 'FILL IN', change 'when' and the examples; the first lines of the file say where to read.\n"
        f"  2. hip-spine rules check {knowledge.root}\n"
        '  3. Set status = "active", raise the version in hip_spine/knowledge.toml, and\n'
        f"     hip-spine rules check --accept {knowledge.root}"
    )


def new_codelist(name: ListName, title: Title, directory: DirectoryOption = None) -> None:
    """Write an empty code list and its entry in the catalogue, and say what to do next."""
    from rules.skeleton import CONCEPT_NAME, new_concept
    from rules.skeleton import new_codelist as header

    knowledge = to_write(directory)
    ruleset = sound(knowledge)
    if CONCEPT_NAME.fullmatch(name) is None:
        refuse(f"{name!r} is no name of a code list: small letters and digits, with single underscores between words.")
    path = knowledge.codelists / f"{name}.csv"
    if path.exists():
        refuse(f"{path} is there already; nothing is written over it.")
    path.write_text(header(), encoding="utf-8")
    catalogue = knowledge.codelists / "catalogue.toml"
    with catalogue.open("a", encoding="utf-8") as entry:
        entry.write(new_concept(name, title))
    systems = ", ".join(ruleset.lexicon.codelists.systems)
    typer.echo(
        f"Written: {path}\n"
        f"Written: the entry [concepts.{name}] at the end of {catalogue}\n"
        "Next:\n"
        f"  1. Add a row for each code to {name}.csv, with an editor or a spreadsheet. system: {systems}.\n"
        "     descendants: yes takes longer codes too. side: left, right, both or empty. wide: yes when the code\n"
        "     means more than the list. status: active. verified_by: where you saw code and display together.\n"
        f"  2. Replace each 'FILL IN' of [concepts.{name}].\n"
        f"  3. hip-spine rules check {knowledge.root}"
    )


def _like(rule_id: str, like: str, knowledge: KnowledgeDirectory, ruleset: RuleSet) -> str:
    from rules.faults import unknown_word
    from rules.skeleton import UncopyableRuleError, like_rule

    ids = [rule.id for rule in ruleset.rules]
    if like not in ids:
        refuse(str(unknown_word("--like", "", "rule", like, ids)))
    file = knowledge.rules / f"{like}.toml"
    try:
        return like_rule(rule_id, file.read_text(encoding="utf-8"), ruleset, _today())
    except UncopyableRuleError as wrong:
        refuse(f"{file} cannot be copied: {wrong}.")


def _skeleton(rule_id: str, group: GroupName, concept: str | None, ruleset: RuleSet) -> str:
    from rules.faults import unknown_word
    from rules.skeleton import new_rule

    concepts = ruleset.lexicon.codelists.concepts
    usual = "low_back_pain" if "low_back_pain" in concepts else next(iter(concepts))
    name = concept if concept is not None else usual
    if name not in concepts:
        refuse(str(unknown_word("--concept", "", "code list", name, concepts)))
    return new_rule(rule_id, group.value, name, ruleset, _today())


def _number(ruleset: RuleSet) -> int:
    from rules.skeleton import next_number

    return next_number(ruleset)


def _today() -> date:
    return datetime.now(UTC).date()
