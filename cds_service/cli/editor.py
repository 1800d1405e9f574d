"""``hip-spine rules schema``: what an editor needs to complete and check the files of a knowledge directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cds_service.cli.directories import DirectoryOption, chosen, counted, refuse, sound

if TYPE_CHECKING:
    from rules.ruleset import RuleSet

SUFFIX: Final = ".schema.json"
CONFIGURATION: Final = ".taplo.toml"

_HEAD: Final = """\
# For editors with the TOML language server Taplo ("Even Better TOML"): which schema completes and checks which file.
# Written by `hip-spine rules schema`.

[formatting]
# The files are laid out by hand.
array_auto_collapse = false
array_auto_expand = false
inline_table_expand = false
"""

Output = Annotated[
    Path, typer.Option(help="The folder to write the schemas into.", file_okay=False, show_default=False)
]
Only = Annotated[bool, typer.Option("--check", help="Write nothing; status 1 when a file there is not current.")]


def schema(output: Output, directory: DirectoryOption = None, check: Only = False) -> None:
    """Write JSON Schemas of the knowledge files, with the names of this knowledge as the words to choose from."""
    ruleset = sound(chosen(directory))
    if check:
        texts = schema_texts(ruleset)
        stale = [name for name, text in texts.items() if not _is(output / name, text)]
        if stale:
            refuse(f"Not current in {output}: {', '.join(stale)}; 'hip-spine rules schema' writes them anew.")
        typer.echo(f"{counted(len(texts), 'schema')} in {output}, all current.")
        return
    typer.echo(f"{counted(write_schemas(ruleset, output), 'schema')} written to {output}")


def write_schemas(ruleset: RuleSet, folder: Path) -> int:
    """Write the schemas into a folder, which is made if need be; tells how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = schema_texts(ruleset)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return len(texts)


def schema_texts(ruleset: RuleSet) -> dict[str, str]:
    """The files of the schemas, by name."""
    from rules.editor_schema import as_text, editor_schemas

    return {f"{name}{SUFFIX}": as_text(schema) for name, schema in editor_schemas(ruleset).items()}


def configuration(knowledge: str, schemas: str) -> str:
    """The configuration of the language server; both folders are relative to the one that it stands in."""
    from rules.codelists import CATALOGUE
    from rules.shared_files import SHARED_FILES

    shared = ", ".join(f'"{knowledge}hip_spine/{file}"' for file in SHARED_FILES)
    rules = [_rule(f'"{knowledge}hip_spine/*.toml"', f"{schemas}rule{SUFFIX}", f"exclude = [{shared}]\n")]
    rules += [
        _rule(f'"{knowledge}hip_spine/{file}"', f"{schemas}{Path(file).stem}{SUFFIX}", "") for file in SHARED_FILES
    ]
    rules.append(_rule(f'"{knowledge}codelists/{CATALOGUE}"', f"{schemas}catalogue{SUFFIX}", ""))
    rules.append(_rule(f'"{knowledge}versions.toml"', f"{schemas}versions{SUFFIX}", ""))
    return "\n".join((_HEAD, *rules))


def _rule(files: str, path: str, exclude: str) -> str:
    return f'[[rule]]\ninclude = [{files}]\n{exclude}[rule.schema]\nenabled = true\npath = "{path}"\n'


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
