"""Small charts and rules for tests of the cards. Code lists, definitions and templates are the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cards.build import CallContext, CardWriter
from cards.models import HookResponse
from rules import Chart, ChartBuilder, RuleSet, evaluate, load_rules, triage
from rules.chart import KINDS, Answer, Availability, Condition, Fact, Observation, Patient, When
from rules.criteria import Criterion
from rules.parser import CriterionParser
from rules.schema import Rule
from rules.vocabulary import RULE_CRITERIA

KNOWLEDGE = load_rules()
LISTS = KNOWLEDGE.lexicon.codelists
NOW = datetime(2026, 11, 24, 10, 15, 30, tzinfo=UTC)
CALL = CallContext("patient-view", "p-1", NOW, "e-1", "Practitioner/d-1")
URL = "https://cds.example.org"
EVERY_KIND = frozenset(KINDS)


def ago(days: int) -> When:
    return When.day((NOW - timedelta(days=days)).date())


def condition(code: str, days: int | None = 10, *, number: int = 1, **changes: object) -> Condition:
    """An active, confirmed Condition; ``code`` is written ``system:code``, ``days`` None leaves it undated."""
    system, _, bare = code.rpartition(":")
    fields: dict[str, Any] = {
        "reference": f"Condition/c-{number}",
        "matches": LISTS.match(LISTS.systems[system or "icd-10-cm"].url, bare),
        "when": None if days is None else ago(days),
        "clinical": "active",
        "verification": "confirmed",
    }
    return Condition(kind="Condition", **(fields | changes))


def observation(code: str, days: int | None = 10, **changes: object) -> Observation:
    """A final Observation; a LOINC code unless its system is said."""
    system, _, bare = code.rpartition(":")
    fields: dict[str, Any] = {
        "reference": "Observation/o-1",
        "matches": LISTS.match(LISTS.systems[system or "loinc"].url, bare),
        "when": None if days is None else ago(days),
        "status": "final",
    }
    return Observation(kind="Observation", **(fields | changes))


def answer(item: str, word: str | None = "yes", days: int | None = 9, **changes: object) -> Answer:
    """An answer of the questionnaire."""
    fields: dict[str, Any] = {"reference": "QuestionnaireResponse/q-1", "when": None if days is None else ago(days)}
    return Answer(item=item, word=word, **(fields | changes))


def chart(
    *facts: Fact | Answer,
    birth: When | None = When.day(date(1960, 5, 17)),  # noqa: B008 - immutable
    had: Mapping[str, Availability] | None = None,
    dropped: Mapping[str, tuple[str, ...]] | None = None,
) -> Chart:
    """A chart in which every kind is complete unless ``had`` says otherwise."""
    builder = ChartBuilder()
    builder.patient = Patient(birth)
    for kind in KINDS:
        builder.had(kind, (had or {}).get(kind, Availability.COMPLETE))
    for kind, reasons in (dropped or {}).items():
        for reason in reasons:
            builder.drop(kind, reason)
    for fact in facts:
        if isinstance(fact, Answer):
            builder.answer(fact)
        else:
            builder.add(fact)
    return builder.chart()


def asks(**table: object) -> Criterion:
    """A criterion as a rule file writes it: ``asks(condition="hip_pain")``; ``none`` stands for ``not``."""
    parser = CriterionParser(RULE_CRITERIA)
    found = parser.parse({"not" if key == "none" else key: value for key, value in table.items()}, "sample", "when")
    assert found is not None, parser.faults
    return found


def sample_rule(**changes: object) -> Rule:
    """A rule that fires on low back pain and offers nothing, with ``changes`` to its tables."""
    table: dict[str, Any] = {
        "id": "sample-rule",
        "number": 41,
        "version": "1.2.3",
        "status": "active",
        "group": "routine",
        "title": "A sample of a rule",
        "hooks": ["patient-view", "appointment-book"],
        "when": asks(condition="low_back_pain"),
        "level": [{"indicator": "info", "summary": "Low back pain is on record"}],
        "evidence": [evidence()],
        "review": {"state": "unreviewed"},
        "history": [{"version": "1.2.3", "on": "2026-11-24", "text": "First.", "advice_changes": True}],
        "example": [{"name": "Nothing", "expect": "does_not_apply"}],
    }
    table["card"] = {
        "detail": ["A paragraph about it."],
        "recommendation": "A focused examination can help.",
        "options": ["Examine the hip.", "Take no action."],
        "override_reasons": "OR-GEN",
        "source": "nice-ng226",
    }
    table["card"] |= changes.pop("card", {})
    return Rule.model_validate(table | changes)


def evidence(**changes: object) -> dict[str, Any]:
    table: dict[str, Any] = {
        "source": "nice-ng226",
        "paraphrase": "Examining first is reasonable.",
        "strength": "moderate",
        "certainty": "low",
        "state": "verified",
    }
    return table | changes


def level(indicator: str = "info", summary: str = "Low back pain is on record", **changes: object) -> dict[str, Any]:
    return {"indicator": indicator, "summary": summary} | changes


def ruleset(*rules: Rule) -> RuleSet:
    """The real knowledge with other rules."""
    return replace(KNOWLEDGE, rules=rules)


def answered(
    rules: RuleSet,
    of: Chart,
    call: CallContext = CALL,
    needed: frozenset[str] = EVERY_KIND,
    *,
    public_url: str = URL,
    intent: str = "order",
) -> HookResponse:
    """The whole answer to a call, by the real engine, triage and writer."""
    results = evaluate(rules, of, hook=call.hook, now=call.now)
    return CardWriter(rules, public_url=public_url, intent=intent).write(triage(results), of, call, needed)
