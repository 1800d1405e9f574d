"""``hip-spine evaluate``: what the service answers to a request, and how every rule came to its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

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
    from cds_service.evaluation import HipSpineService
    from cds_service.offers import Offer

EXAMPLES: Final = """\b
Examples:
  hip-spine evaluate request.json
  hip-spine evaluate sample:hip-examined --rule hip-oa-with-lbp
  hip-spine evaluate bundle.json --patient p1 --now 2026-11-24
  hip-spine evaluate - --json < request.json | jq .withheld
A Bundle is taken as the whole record of its patient, at patient-view: what is not in it is absent.
Status: 0 answered, 1 settings or knowledge at fault, 2 wrong use, 3 the service refuses the request."""

Request = Annotated[
    str,
    typer.Argument(
        help="A CDS Hooks request or a FHIR Bundle: a file, - for standard input, or sample:NAME.", show_default=False
    ),
]
Now = Annotated[
    str | None, typer.Option(help="The moment to evaluate at, such as 2026-11-24T12:00.", show_default="the present")
]
Hook = Annotated[
    str | None,
    typer.Option(help="Evaluate at this hook instead of the one that the request names.", show_default=False),
]
Patient = Annotated[
    str | None, typer.Option(metavar="ID", help="Whose chart a Bundle with several Patients is.", show_default=False)
]
OneRule = Annotated[
    str | None,
    typer.Option("--rule", help="Only this rule (its id or R number), with everything it asked.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def evaluate(
    request: Request,
    now: Now = None,
    hook: Hook = None,
    patient: Patient = None,
    rule: OneRule = None,
    as_json: AsJson = False,
) -> None:
    """Show the cards for a request, and why each rule fired or did not. No FHIR server is asked."""
    from cds_service.cli.evaluation_text import print_evaluation
    from cds_service.cli.trace_json import evaluation_json, print_json
    from cds_service.errors import Refusal
    from rules.trace import trace

    at = moment(now)
    given = read_input(request, at)
    settings = open_settings()
    ruleset = open_knowledge(settings)
    service = open_service(settings, ruleset)
    offer, body = _addressed(given, service, hook, patient)
    only = _named(rule, offer) if rule is not None else None
    try:
        answered = service.answer(service.read(offer, body), at)
    except Refusal as refusal:
        _refused(refusal, as_json=as_json)
    traces = [trace(result, ruleset, answered.hook) for result in answered.results if only in (None, result.rule.id)]
    if as_json:
        print_json(evaluation_json(answered, traces, offer.needed))
    else:
        print_evaluation(answered, traces, whole=only is not None)


def _addressed(
    given: object, service: HipSpineService, hook: str | None, patient: str | None
) -> tuple[Offer, dict[str, Any]]:
    """The service that a request is for, and the request."""
    from cds_service.cli.bundle_request import HOOK, NoPatientError, request_of
    from cds_service.errors import unknown_name
    from cds_service.offers import PREFIX

    if not isinstance(given, dict):
        stop("The input is not a JSON object; a CDS Hooks request with hook and context is needed.", WRONG_USE)
    is_bundle = given.get("resourceType") == "Bundle"
    if patient is not None and not is_bundle:
        stop("--patient is for a Bundle; a request says itself whom it is about.", WRONG_USE)
    name = hook if hook is not None else HOOK if is_bundle else given.get("hook")
    hooks = [offer.hook for offer in service.offers.values()]
    if name not in hooks:
        stop(unknown_name("hook", name, hooks), WRONG_USE)
    if not is_bundle:
        return service.offer(f"{PREFIX}{name}"), {**given, "hook": name}
    if name != HOOK:
        stop(f"{name} brings data of its own, which a Bundle does not hold; send a whole request.", WRONG_USE)
    offer = service.offer(f"{PREFIX}{HOOK}")
    try:
        return offer, request_of(given, offer, patient)
    except NoPatientError as wrong:
        stop(str(wrong), WRONG_USE)


def _named(name: str, offer: Offer) -> str:
    """The id of a rule of this hook by its id or number; leaves with :data:`WRONG_USE` when there is none."""
    from cds_service.errors import unknown_name

    found = next((rule.id for rule in offer.rules if name in (rule.id, f"R{rule.number}", str(rule.number))), None)
    if found is None:
        stop(unknown_name(f"rule on {offer.hook}", name, [rule.id for rule in offer.rules]), WRONG_USE)
    return found


def _refused(refusal: Refusal, *, as_json: bool) -> NoReturn:
    from cds_service.cli.trace_json import print_json
    from cds_service.errors import operation_outcome

    if as_json:
        print_json(operation_outcome(refusal.issues))
    said = [f"{issue.expression}: {issue.text}" if issue.expression else issue.text for issue in refusal.issues]
    stop("\n".join((f"The service refuses this request with {refusal.status}.", *said)), REFUSED)
