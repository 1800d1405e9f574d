"""What a call costs inside the process, from the bytes of its body to the bytes of its answer, HTTP apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import orjson

from benchmarks.bodies import LARGE, benchmark_body, body_of, large_body
from benchmarks.timing import exponent, timed
from cards.build import CardWriter
from cds_service.evaluation import HipSpineService
from rules.engine import evaluate
from rules.loader import load_rules
from rules.ruleset import RuleSet
from rules.schema import Rule

HOOK: Final = "patient-view"
SIZES: Final = (10, 30, 61, 125, 250, 500, 1000, 2000, 4000, 8000)
LINEAR_FROM: Final = 500
"""Below so many resources the cost that does not grow weighs more than the growth."""
FEW: Final = (
    "rf-cauda-equina",
    "rf-bladder-bowel",
    "rf-saddle-anaesthesia",
    "rf-motor-deficit",
    "hip-oa-with-lbp",
    "weight-management",
)
"""Six rules; the two that fire on the benchmark request are among them, so that both sides write the same cards."""
_URL: Final = "http://127.0.0.1:8000"


class _Calls:
    """The service of one set of rules, called without HTTP."""

    def __init__(self, ruleset: RuleSet) -> None:
        self._service = HipSpineService(ruleset, CardWriter(ruleset, public_url=_URL), None, _URL)
        self._offer = self._service.offer(f"hip-spine-{HOOK}")
        self._now = datetime.now(UTC)

    def answer(self, body: bytes) -> bytes:
        request = self._service.read(self._offer, orjson.loads(body))
        return orjson.dumps(self._service.answer(request, self._now).body)


def growth(*, rounds: int, seconds: float) -> dict[str, Any]:
    """The cost of a call by the number of its resources, and how it grows.

    Decoding is timed beside it and taken off for the exponent: it leaves the processor's caches with larger bodies,
    and this is about the rest.
    """
    calls = _Calls(load_rules())
    bodies = {size: body_of(size) for size in SIZES}
    work: dict[str, Callable[[], object]] = {}
    for size, body in bodies.items():
        work[f"decode {size}"] = partial(orjson.loads, body)
        work[f"answer {size}"] = partial(calls.answer, body)
    found = timed(work, rounds=rounds, seconds=seconds)
    decode, answer = ({size: found[f"{name} {size}"].milliseconds for size in SIZES} for name in ("decode", "answer"))
    own = {size: answer[size] - decode[size] for size in SIZES}
    far = [size for size in SIZES if size >= LINEAR_FROM]
    return {
        "exponent": round(exponent(far, [own[size] for size in far]), 3),
        "exponent_with_decoding": round(exponent(far, [answer[size] for size in far]), 3),
        "exponent_of_decoding": round(exponent(far, [decode[size] for size in far]), 3),
        "exponent_from": LINEAR_FROM,
        "microseconds_per_further_resource": round((own[far[-1]] - own[far[0]]) / (far[-1] - far[0]) * 1000, 2),
        "milliseconds": {str(size): round(cost, 3) for size, cost in answer.items()},
        "milliseconds_of_decoding": {str(size): round(cost, 3) for size, cost in decode.items()},
        "request_bytes": {str(size): len(body) for size, body in bodies.items()},
    }


def rule_count(*, rounds: int, seconds: float) -> dict[str, Any]:
    """All rules against six, each of them evaluated at this hook; and what every rule costs by itself."""
    ruleset = load_rules()
    here = tuple(_at_hook(rule) for rule in ruleset.active)
    every = replace(ruleset, rules=here)
    few = replace(ruleset, rules=tuple(rule for rule in here if rule.id in FEW))
    body = benchmark_body()
    calls = timed(
        {"few": partial(_Calls(few).answer, body), "every": partial(_Calls(every).answer, body)},
        rounds=rounds,
        seconds=seconds,
    )
    alone = timed(
        {rule.id: _evaluation(every, rule, body) for rule in here}, rounds=max(rounds // 2, 1), seconds=seconds / 10
    )
    return {
        "every_to_few": round(calls["every"].ratio(calls["few"]), 3),
        "rules": {"few": len(few.rules), "every": len(every.rules)},
        "milliseconds_a_call": {name: round(one.milliseconds, 3) for name, one in calls.items()},
        "microseconds_a_rule": {name: round(one.milliseconds * 1000, 1) for name, one in alone.items()},
    }


def _at_hook(rule: Rule) -> Rule:
    return rule if HOOK in rule.hooks else rule.model_copy(update={"hooks": (*rule.hooks, HOOK)})


def _evaluation(ruleset: RuleSet, rule: Rule, body: bytes) -> Callable[[], object]:
    service = HipSpineService(ruleset, CardWriter(ruleset, public_url=_URL), None, _URL)
    now = datetime.now(UTC)
    chart = service.answer(service.read(service.offer(f"hip-spine-{HOOK}"), orjson.loads(body)), now).chart
    return lambda: evaluate(ruleset, chart, hook=HOOK, now=now, rules=(rule,))


def large_chart(*, rounds: int, seconds: float) -> dict[str, Any]:
    """A long-lived record in one request, against the time that decoding it takes."""
    calls = _Calls(load_rules())
    body = large_body()
    found = timed(
        {"decode": partial(orjson.loads, body), "answer": partial(calls.answer, body)}, rounds=rounds, seconds=seconds
    )
    return {
        "answer_to_decode": round(found["answer"].ratio(found["decode"]), 3),
        "resources": LARGE,
        "request_bytes": len(body),
        "milliseconds": {name: round(one.milliseconds, 2) for name, one in found.items()},
    }
