"""An evaluation as JSON, for programs. The names here are stable: ``docs/command-line.md`` lists them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from typing import Any

import orjson

from cards.text import point
from cds_service.evaluation import Answered
from cds_service.pages.spoken import fact_words
from rules.chart import Answer, Fact
from rules.knowledge import Lexicon
from rules.trace import RuleTrace, Step


def print_json(value: object) -> None:
    """Write one indented JSON value to standard output."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def evaluation_json(answered: Answered, traces: Sequence[RuleTrace], needed: AbstractSet[str]) -> dict[str, Any]:
    """The answer as it goes over the wire, what was withheld, how the chart was had, and the trace of each rule.

    ``needed``: the kinds of data that the rules of the hook read.
    """
    words, chart = answered.ruleset.lexicon, answered.chart
    return {
        "hook": answered.hook,
        "now": answered.now.isoformat(),
        "knowledge": answered.ruleset.version,
        "answer": answered.body,
        "withheld": [{"rule": one.result.rule.id, "reason": one.reason} for one in answered.triage.withheld],
        "chart": {
            "deceased": chart.patient.deceased,
            "had": {kind: chart.had(kind).value for kind in sorted(needed)},
            "dropped": {kind: asdict(counts) for kind, counts in sorted(chart.dropped.items())},
        },
        "rules": [rule_json(found, words) for found in traces],
    }


def rule_json(found: RuleTrace, words: Lexicon) -> dict[str, Any]:
    """One rule: how it ended, the steps that decided, and everything that was asked."""
    return {
        "id": found.rule.id,
        "number": found.rule.number,
        "version": found.rule.version,
        "ending": found.ending.value,
        "verdict": found.verdict.value,
        "level": found.level.indicator if found.level is not None else None,
        "headline": found.headline,
        "missing": sorted(found.missing),
        "decided_by": [_step(step, words, parts=False) for step in found.decided_by()],
        "gate": _step(found.gate, words) if found.gate is not None else None,
        "when": _step(found.when, words) if found.when is not None else None,
        "unless": [_step(step, words) for step in found.unless],
        "levels": [
            {
                "indicator": tried.level.indicator,
                "taken": tried.taken,
                "if": _step(tried.step, words) if tried.step is not None else None,
            }
            for tried in found.levels
        ],
        "suggestions": [
            {"template": offer.template.id, "priority": offer.priority, "sides": sorted(offer.sides)}
            for offer in found.offered
        ],
        "left_out": [
            {"template": left.template.id, "because": _step(left.step, words), "said": left.say}
            for left in found.not_offered
        ],
    }


def _step(step: Step, words: Lexicon, *, parts: bool = True) -> dict[str, Any]:
    told: dict[str, Any] = {
        "word": step.word,
        "said": step.said,
        "asks": step.asks,
        "verdict": step.verdict.value if step.verdict is not None else None,
        "decides": step.decides,
        "facts": [_fact(fact, _concepts(step), words) for fact in (step.facts if parts else step.found)],
        "missing": sorted(step.missing),
    }
    if parts:
        told["parts"] = [_step(part, words) for part in step.parts]
    return told


def _fact(fact: Fact | Answer, concepts: AbstractSet[str], words: Lexicon) -> dict[str, Any]:
    """What the record says, when, and where; ``codes`` are those by which it was found."""
    told: dict[str, Any] = {
        "words": fact_words(fact, words),
        "reference": fact.reference,
        "origin": fact.origin,
        "date": point(fact.when) if fact.when is not None else None,
    }
    if isinstance(fact, Answer):
        return told | {"item": fact.item}
    matches = fact.matched(frozenset(concepts)) or fact.matches
    return told | {
        "codes": [
            {"system": words.codelists.systems[match.system].url, "code": match.code, "concept": match.concept}
            for match in matches
        ]
    }


def _concepts(step: Step) -> frozenset[str]:
    return step.concepts.union(*map(_concepts, step.parts))
