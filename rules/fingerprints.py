"""Fingerprints: short digests that change when, and only when, what a rule says or does changes.

Comments, layout, the order of keys, review states, examples and the history of a rule leave them as they are.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import Field

from rules.knowledge import Table
from rules.mentions import logic, shared, used, wording
from rules.ruleset import RuleSet

DIGITS = 16
"""Hexadecimal digits kept of each digest: enough to tell changes apart, short enough for one line a rule."""


class Fingerprint(Table):
    """What one rule was at one version.

    ``logic``: when its card shows, at which level, with which suggestions. ``wording``: what the card says.
    ``shared``: the definitions, code lists, templates and the like that it uses. The first two stand in the rule's own
    file.
    """

    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    logic: str
    wording: str
    shared: str


class Fingerprints(Table):
    """The version of the knowledge and the fingerprint of every rule that is not a draft."""

    knowledge: str
    rules: dict[str, Fingerprint] = Field(alias="rule")


def fingerprints(ruleset: RuleSet) -> Fingerprints:
    """The fingerprints of knowledge without faults."""
    every = shared(ruleset)
    found = {
        rule.id: Fingerprint(
            version=rule.version,
            logic=digest(logic(rule)),
            wording=digest(wording(rule)),
            shared=digest(used(rule, ruleset, every)),
        )
        for rule in ruleset.rules
        if rule.status != "draft"
    }
    return Fingerprints(knowledge=ruleset.version, rules=found)


def digest(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """A digest of a plain value; the order of keys makes no difference, the order of a list does."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
