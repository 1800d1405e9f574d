"""What the knowledge comes from: statements of the source documents, decisions about them, advice for patients.

Each class is the shape of one table of ``statements.toml``, ``decisions.toml`` or ``education.toml``. They advise
nothing by themselves; they tell a reader where a statement went, or why it went nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from rules.knowledge import Table
from rules.schema import Review

STATEMENT, DECISION = r"S[1-9]\d*", r"K[1-9]\d*"
"""How statements and decisions are named. A number is never used again for something else."""


class Topic(Table):
    """A heading under which statements stand."""

    title: str


class Statement(Table):
    """One clinical statement of the source documents, in our words, and where it leads.

    ``documents``: bibliography keys of the documents that make it. ``immediate_care``: a document says that the sign
    needs care at once, so it may be strong evidence although nothing else backs it (knowledge, grading). ``rules`` cite
    it in their evidence, ``items`` ask for it, ``education`` are the parts of the self-care sheet that say it,
    ``decisions`` limit or refuse its use; each of those names the statement too. ``templates``: suggestions that offer
    it, ``grades``: sources whose strength it sets. ``reason``: why no rule rests on it.
    """

    documents: tuple[str, ...] = Field(min_length=1)
    topic: str
    text: str
    immediate_care: bool = False
    rules: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    education: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    reason: str | None = None


class Decision(Table):
    """Something that a source document says and that is followed only within limits, or not at all.

    ``kept_by`` says what in the service holds the decision; ``rules``, ``items`` and ``templates`` are where it shows.
    ``sources``: what speaks against the source document.
    """

    title: str
    says: str
    problem: str
    decision: str
    kept_by: str
    statements: tuple[str, ...] = Field(min_length=1)
    rules: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Line(Table):
    """One sentence or two of the self-care sheet, with the statements that it rests on.

    ``rules``: of a sign of the safety net, the red flags that watch for it in the record.
    """

    text: str
    statements: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


class Part(Table):
    """One part of the self-care sheet. A ``safety-net`` lists signs that need care at once."""

    id: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    kind: Literal["safety-net", "advice"]
    title: str
    lines: tuple[Line, ...] = Field(alias="line", min_length=1)

    @property
    def statements(self) -> frozenset[str]:
        """The statements that the lines rest on."""
        return frozenset(name for line in self.lines for name in line.statements)


class Education(Table):
    """The self-care sheet for patients (R37), in plain language. It names no drug and nothing to eat (K9, K11).

    ``for_whom``: whom it is for and whom not. ``certainty``: how sure its tips are. ``review``: as of a rule.
    """

    title: str
    lead: str
    for_whom: tuple[str, ...] = Field(min_length=1)
    certainty: str
    review: Review
    parts: tuple[Part, ...] = Field(alias="part", min_length=1)

    @property
    def safety_net(self) -> tuple[Part, ...]:
        """The parts that list signs which need care at once."""
        return tuple(part for part in self.parts if part.kind == "safety-net")

    @property
    def advice(self) -> tuple[Part, ...]:
        """All other parts."""
        return tuple(part for part in self.parts if part.kind == "advice")


@dataclass(frozen=True, slots=True)
class Traceability:
    """Statements and decisions by name, topics by key, and the self-care sheet."""

    topics: Mapping[str, Topic]
    statements: Mapping[str, Statement]
    decisions: Mapping[str, Decision]
    education: Education

    def unused(self) -> dict[str, Statement]:
        """The statements that nothing in the service rests on, because of a decision."""
        return {
            name: statement
            for name, statement in self.statements.items()
            if statement.decisions and not (statement.rules or statement.items or statement.education)
        }
