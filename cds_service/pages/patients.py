"""The sample patients: what each is answered, and why each rule did or did not fire. On only while ``try_it`` is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from cds_service.errors import Issue, Refusal, unknown_name
from cds_service.pages.absent import known
from cds_service.pages.trial import Trials
from cds_service.samples import SAMPLES
from rules.ruleset import RuleSet

PATIENT: Final = ("sample patient", "patients")
RULE: Final = ("rule", "rules")


def patient_routes(ruleset: RuleSet, trials: Trials, public_url: str) -> Blueprint:
    """Return ``/patients``, ``/patients/<name>``, ``/patients/<name>/rules/<id>``, ``/rules/<id>/patients`` and
    ``/samples/<name>.json``.

    Nothing is changed by any of them, and nothing that was computed is kept by a browser.
    """
    routes = Blueprint("patients", __name__)
    by_name = {sample.name: sample for sample in SAMPLES}
    rules = {rule.id: rule for rule in ruleset.rules}

    @routes.after_request
    def forget(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.get("/patients")
    def patients() -> BaseResponse | str:
        chosen = request.args.get("sample")
        if chosen is None:
            return render_template("pages/patients.html")
        # Beside this page, whatever path a proxy serves it under.
        return redirect(f"patients/{known(chosen, by_name, *PATIENT).name}", 303)

    @routes.get("/patients/<name>")
    def patient(name: str) -> str:
        trial = trials.attempt(known(name, by_name, *PATIENT))
        return render_template("pages/patient.html", trial=trial, public_url=public_url)

    @routes.get("/patients/<name>/rules/<rule_id>")
    def patient_rule(name: str, rule_id: str) -> str:
        sample, rule = known(name, by_name, *PATIENT), known(rule_id, rules, *RULE)
        trial = trials.attempt(sample)
        return render_template("pages/why.html", trial=trial, rule=rule, told=trial.of(rule_id), why=trial.why(rule_id))

    @routes.get("/rules/<rule_id>/patients")
    def rule_patients(rule_id: str) -> str:
        rule = known(rule_id, rules, *RULE)
        attempts = [(sample, trials.attempt(sample)) for sample in SAMPLES]
        return render_template("pages/rule_patients.html", rule=rule, attempts=attempts)

    @routes.get("/samples/<name>.json")
    def sample_request(name: str) -> Response:
        if name not in by_name:
            raise Refusal(404, _unknown(name, by_name))
        return jsonify(trials.request(by_name[name]))

    return routes


def _unknown(name: object, known: Iterable[str]) -> Issue:
    return Issue("value", unknown_name("sample patient", name, known), "sample")
