"""``hip-spine evaluate``: what the service answers to a request, and how every rule came to its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from cds_service.cli.opening import (
    REFUSED,
    WRONG_USE,
    moment,
    open_knowledge,
    open_service,
    open_settings,
    read_input,
    stop,
)

if TYPE_CHECKING:
    from cds_service.errors import Refusal

EXAMPLES: Final = """\b
Examples:
  hip-spine evaluate request.json
  hip-spine evaluate sample:hip-examined --rule hip-oa-with-lbp
  hip-spine evaluate - --json < request.json | jq .withheld
Status: 0 answered, 1 settings or knowledge at fault, 2 wrong use, 3 the service refuses the request."""

Request = Annotated[
    str, typer.Argument(help="A CDS Hooks request: a file, - for standard input, or sample:NAME.", show_default=False)
]
Now = Annotated[
    str | None, typer.Option(help="The moment to evaluate at, such as 2026-11-24T12:00.", show_default="the present")
]
Hook = Annotated[
    str | None,
    typer.Option(help="Evaluate at this hook instead of the one that the request names.", show_default=False),
]
OneRule = Annotated[
    str | None, typer.Option("--rule", help="Only this rule, with everything it asked.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def evaluate(
    request: Request, now: Now = None, hook: Hook = None, rule: OneRule = None, as_json: AsJson = False
) -> None:
    """Show the cards for a request, and why each rule fired or did not. No FHIR server is asked."""
    from cds_service.cli.evaluation_text import print_evaluation
    from cds_service.cli.trace_json import evaluation_json, print_json
    from cds_service.errors import Refusal, unknown_name
    from cds_service.offers import PREFIX
    from rules.trace import trace

    at = moment(now)
    body = read_input(request, at)
    settings = open_settings()
    ruleset = open_knowledge(settings)
    service = open_service(settings, ruleset)
    if not isinstance(body, dict):
        stop("The input is not a JSON object; a CDS Hooks request with hook and context is needed.", WRONG_USE)
    if hook is not None:
        body = {**body, "hook": hook}
    name = body.get("hook")
    if name not in ruleset.hooks:
        stop(unknown_name("hook", name, ruleset.hooks), WRONG_USE)
    if rule is not None and rule not in (rules := [one.id for one in ruleset.for_hook(str(name))]):
        stop(unknown_name(f"rule on {name}", rule, rules), WRONG_USE)
    offer = service.offer(f"{PREFIX}{name}")
    try:
        answered = service.answer(service.read(offer, body), at)
    except Refusal as refusal:
        _refused(refusal, as_json=as_json)
    traces = [trace(result, ruleset, answered.hook) for result in answered.results]
    chosen = [one for one in traces if rule in (None, one.rule.id)]
    if as_json:
        print_json(evaluation_json(answered, chosen))
    else:
        print_evaluation(answered, chosen, whole=rule is not None)


def _refused(refusal: Refusal, *, as_json: bool) -> NoReturn:
    from cds_service.cli.trace_json import print_json
    from cds_service.errors import operation_outcome

    if as_json:
        print_json(operation_outcome(refusal.issues))
    said = [f"{issue.expression}: {issue.text}" if issue.expression else issue.text for issue in refusal.issues]
    stop("\n".join((f"The service refuses this request with {refusal.status}.", *said)), REFUSED)
