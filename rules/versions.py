"""Versions that rise with what they name: the fingerprints on file compared with the knowledge as it is.

A rule whose own logic or wording changed has a higher version of its own, since its card names it. Whatever changes
what any rule advises, shared definitions and code lists included, raises the version of the knowledge, which every
card names too. Why: ``docs/adr/0016-fingerprints-and-versions.md``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from rules.faults import Fault, model_faults
from rules.fingerprints import Fingerprint, Fingerprints, fingerprints
from rules.ruleset import RuleSet
from rules.shared_files import KNOWLEDGE

ACCEPT = "hip-spine rules check --accept"
"""The command that brings the file up to date, once the versions have risen."""

_NAMED = 8
"""So many rules are named in one message."""

_HEAD = f"""\
# What every rule was at its version: digests of its logic, of its wording, and of what it shares with other rules.
# Written by `{ACCEPT}`, not by hand; it refuses while a version has not risen.
"""


def read_fingerprints(path: Path) -> tuple[Fingerprints | None, tuple[Fault, ...]]:
    """The fingerprints on file, or what is wrong with the file."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        return Fingerprints.model_validate(found), ()
    except FileNotFoundError:
        return None, (Fault(path.name, "", f"the file is missing; '{ACCEPT}' writes it"),)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None, (Fault(path.name, "", f"not readable as TOML: {error}"),)
    except ValidationError as error:
        return None, tuple(model_faults(error, Fingerprints, path.name, ""))


def as_text(found: Fingerprints) -> str:
    """The file of fingerprints: one line a rule, by id, so that a difference shows which rules changed."""
    lines = [_HEAD, f'knowledge = "{found.knowledge}"', "", "[rule]"]
    for rule_id, one in sorted(found.rules.items()):
        pairs = ", ".join(f'{key} = "{value}"' for key, value in one.model_dump().items())
        lines.append(f"{rule_id} = {{ {pairs} }}")
    return "\n".join(lines) + "\n"


def version_faults(ruleset: RuleSet, before: Fingerprints) -> tuple[Fault, ...]:
    """What changed since ``before`` while the version that names it did not rise; each fault says what to do."""
    now = fingerprints(ruleset)
    faults = [
        fault
        for rule_id, one in now.rules.items()
        if rule_id in before.rules
        for fault in _rule_faults(f"{rule_id}.toml", before.rules[rule_id], one)
    ]
    changed = advice_changed(before, now)
    if _numbers(now.knowledge) is None:
        faults.append(Fault(KNOWLEDGE, "version", f"{now.knowledge!r} is not numbers with dots, such as 2026.11.1"))
    elif changed and not raised(before.knowledge, now.knowledge):
        named = ", ".join(changed[:_NAMED]) + (f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else "")
        wanted = _next(before.knowledge)
        message = (
            f'cards of these rules changed, or what decides about them: {named}; set version = "{wanted}" or higher'
        )
        faults.append(Fault(KNOWLEDGE, "version", message, now.knowledge, nearest=wanted))
    return tuple(faults)


def advice_changed(before: Fingerprints, now: Fingerprints) -> tuple[str, ...]:
    """The rules that came, went, or have another logic or wording or share something else, by id."""
    ids = sorted(before.rules.keys() | now.rules.keys())
    return tuple(rule_id for rule_id in ids if _advice(before, rule_id) != _advice(now, rule_id))


def raised(before: str, now: str) -> bool:
    """True when version ``now`` is higher than ``before``, number by number; anything is higher than no numbers."""
    earlier, later = _numbers(before), _numbers(now)
    return later is not None and (earlier is None or later > earlier)


def _numbers(version: str) -> tuple[int, ...] | None:
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else None


def _next(version: str) -> str:
    *first, last = _numbers(version) or (1,)
    return ".".join(map(str, (*first, last + 1)))


def _advice(found: Fingerprints, rule_id: str) -> tuple[str, str, str] | None:
    one = found.rules.get(rule_id)
    return (one.logic, one.wording, one.shared) if one is not None else None


def _rule_faults(file: str, before: Fingerprint, now: Fingerprint) -> Iterator[Fault]:
    """The fault of one rule's own version, if any: the table in CONTRIBUTING.md says which number rises."""
    major, minor, patch = map(int, before.version.split("."))
    if now.logic != before.logic:
        what = "when its card shows, its level or its suggestions changed"
        wanted, enough = f"{major}.{minor + 1}.0", raised(f"{major}.{minor}", now.version.rpartition(".")[0])
    elif now.wording != before.wording:
        what = "the words of its card changed"
        wanted, enough = f"{major}.{minor}.{patch + 1}", raised(before.version, now.version)
    else:
        what = "a version never goes back"
        wanted, enough = before.version, not raised(now.version, before.version)
    if not enough:
        todo = f'set version = "{wanted}" or higher, with a [[history]] entry'
        yield Fault(file, "version", f"{what} since version {before.version}; {todo}", now.version, nearest=wanted)
