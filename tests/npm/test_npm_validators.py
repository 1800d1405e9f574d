"""Everything in FHIR that the service sends, put before two validators from npm: ``bash .ci/npm-validators.sh``.

The default run has opinions of its own (fhirkit-rs, fhir.resources). These two add what those do not look at: required
bindings (``fhir``) and the invariants of the standard (``@medplum/core``). The planted faults show that they look.
"""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.errors import Issue, operation_outcome
from cds_service.samples import SAMPLES, load_sample
from tests.lib.clock import NOW
from tests.lib.example_answers import hook_answers, rule_answers
from tests.lib.form_filler import filled
from tests.lib.sample_rules import KNOWLEDGE

if TYPE_CHECKING:
    from flask.testing import FlaskClient

pytestmark = pytest.mark.npm

HERE = Path(__file__).parent
Json = dict[str, Any]


def judged(folder: Path, resources: Mapping[str, Json]) -> dict[str, list[str]]:
    """What both validators say to each resource, by its name. Raises CalledProcessError when they did not work."""
    if shutil.which("node") is None or not (HERE / "node_modules").is_dir():
        pytest.fail("node and the validators are not installed: bash .ci/npm-validators.sh does that")
    for name, resource in resources.items():
        (folder / f"{name}.json").write_text(json.dumps(resource), encoding="utf-8")
    done = subprocess.run(
        ["node", HERE / "validate.cjs", folder], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report: dict[str, list[str]] = {
        name.removesuffix(".json"): faults for name, faults in json.loads(done.stdout).items()
    }
    assert report.keys() == resources.keys()
    return report


def assert_sound(folder: Path, resources: Mapping[str, Json]) -> None:
    assert resources
    assert {name: faults for name, faults in judged(folder, resources).items() if faults} == {}


def suggested(answers: Iterable[Any]) -> Iterator[Json]:
    """The resources of all suggestions of some answers."""
    for answer in answers:
        for card in answer["cards"]:
            for suggestion in card.get("suggestions", ()):
                yield from (action["resource"] for action in suggestion["actions"])


def numbered(resources: Iterable[Json]) -> dict[str, Json]:
    """The resources that differ, each under a name of its own."""
    different = {json.dumps(resource, sort_keys=True): resource for resource in resources}
    return {f"{resource['resourceType']}-{number}": resource for number, resource in enumerate(different.values())}


def everything(client: FlaskClient) -> dict[str, Json]:
    """Every resource under ``/fhir``, found as a client finds it."""
    capabilities: Json = client.get("/fhir/metadata").get_json()
    found = {"CapabilityStatement": capabilities}
    for kind in (resource["type"] for resource in capabilities["rest"][0]["resource"]):
        bundle: Json = client.get(f"/fhir/{kind}").get_json()
        found |= {f"{kind}-{entry['resource']['id']}": entry["resource"] for entry in bundle["entry"]}
    return found


def test_every_resource_under_fhir_is_sound(client: FlaskClient, tmp_path: Path) -> None:
    found = everything(client)

    assert len(found) > len(KNOWLEDGE.rules) + len(KNOWLEDGE.templates) + len(KNOWLEDGE.lexicon.codelists.concepts)
    assert_sound(tmp_path, found)


def test_search_answers_and_a_response_to_the_questionnaire_are_sound(client: FlaskClient, tmp_path: Path) -> None:
    form: Json = client.get("/fhir/Questionnaire/hip-spine-screen").get_json()
    answers = {"onset": "sudden", "onset-date": NOW.date(), "severity-0-10": 8, "internal-rotation-left": 20}

    assert_sound(
        tmp_path,
        {
            "found": client.get("/fhir/ValueSet?_id=hip-pain,fall").get_json(),
            "nothing-found": client.get("/fhir/ValueSet?_id=none").get_json(),
            "response": filled(form, answers, patient="p1", authored="2026-11-24"),
        },
    )


def test_every_suggestion_of_every_sample_patient_is_sound(client: FlaskClient, tmp_path: Path) -> None:
    answers = []
    for sample in SAMPLES:
        body = load_sample(sample.name, NOW)
        answer = client.post(f"/cds-services/hip-spine-{body['hook']}", json=body)
        assert answer.status_code == 200, sample.name
        answers.append(answer.get_json())

    assert_sound(tmp_path, numbered(suggested(answers)))


def test_every_suggestion_of_every_example_of_every_rule_is_sound(tmp_path: Path) -> None:
    alone = [found.answer for rule in KNOWLEDGE.rules for found in rule_answers(rule.id)]
    together = [found.answer for found in hook_answers()]
    drafts = numbered(suggested([*alone, *together]))

    uses = [use.template for rule in KNOWLEDGE.rules for level in rule.levels for use in level.suggestions]
    offered = [template for name, template in KNOWLEDGE.templates.items() if name in uses]
    drawn = {coding["code"] for draft in drafts.values() for coding in draft["code"]["coding"]}
    assert all(drawn & {coding.code for coding in template.codes} for template in offered)
    assert_sound(tmp_path, drafts)


def test_every_kind_of_refusal_is_sound(client: FlaskClient, tmp_path: Path) -> None:
    call = "/cds-services/hip-spine-patient-view"
    unheard = {"hook": "patient-view", "context": {"patientId": "p1"}, "prefetch": {"patient": None}}
    answers = {
        "not-found": client.get("/cds-services/hip-spine-patient-viw"),
        "unknown-service": client.post("/cds-services/hip-spine-patient-viw", json={}),
        "no-json": client.post(call, data="{", content_type="application/json"),
        "not-a-request": client.post(call, json=[]),
        "several-faults": client.post(call, json={"hook": "order-sign", "context": {}}),
        "media-type": client.post(call, data="a=b", content_type="text/csv"),
        "method": client.put(call, json={}),
        "conditions-missing": client.post(call, json=unheard),
        "fhir-not-found": client.get("/fhir/ValueSet/hip-pian"),
        "fhir-parameters": client.get("/fhir/ValueSet?ulr=x&name="),
        "fhir-format": client.get("/fhir/metadata?_format=xml"),
        "fhir-method": client.delete("/fhir/ValueSet/hip-pain"),
    }
    assert {answer.status_code for answer in answers.values()} == {400, 404, 405, 406, 412, 415}
    outcomes: dict[str, Json] = {name: answer.get_json() for name, answer in answers.items()}
    outcomes["fault"] = operation_outcome([Issue("exception", "The service failed.", "context")], "a-reference")

    assert {outcome["resourceType"] for outcome in outcomes.values()} == {"OperationOutcome"}
    assert_sound(tmp_path, outcomes)


Plant = Callable[[Json], object]
# What neither validator looks at is tested in tests/unit/test_fhir_export.py: an expression without words, an event
# without a name, one linkId twice.
PLANTED: dict[str, tuple[str, Plant]] = {
    "an event without its kind": (
        "PlanDefinition-rf-cauda-equina",
        lambda plan: plan["action"][0]["trigger"][0].pop("type"),
    ),
    "a condition of no kind": (
        "PlanDefinition-rf-cauda-equina",
        lambda plan: plan["action"][0]["condition"][0].update(kind="sometimes"),
    ),
    "a status of no resource": ("PlanDefinition-rf-cauda-equina", lambda plan: plan.update(status="unsigned")),
    "a member that is not there in R4": ("Library-hip-spine-cds", lambda library: library.update(certainty="high")),
    "a yes where true is meant": ("Library-hip-spine-cds", lambda library: library.update(experimental="yes")),
    "a day that no calendar has": ("Library-hip-spine-cds", lambda library: library.update(date="24.11.2026")),
    "codes of no system": ("ValueSet-fall", lambda found: found["compose"]["include"][0].pop("system")),
    "a concept without its code": (
        "ValueSet-fall",
        lambda found: found["compose"]["include"][0]["concept"][0].pop("code"),
    ),
    "a code system that is whole and half": ("CodeSystem-topic", lambda system: system.update(content="half")),
    "a question of no type": (
        "Questionnaire-hip-spine-screen",
        lambda form: form["item"][0]["item"][0].update(type="radio"),
    ),
    "a group without questions": ("Questionnaire-hip-spine-screen", lambda form: form["item"][0].pop("item")),
    "an order of no intent": ("ActivityDefinition-T6", lambda order: order.update(intent="wish")),
    "a service that tells no date": ("CapabilityStatement", lambda statement: statement.pop("date")),
    "an interaction that FHIR does not have": (
        "CapabilityStatement",
        lambda statement: statement["rest"][0]["resource"][0]["interaction"][0].update(code="guess"),
    ),
    "a draft without its patient": ("ServiceRequest", lambda draft: draft.pop("subject")),
    "a draft with the code of R5": (
        "ServiceRequest",
        lambda draft: draft.update(code={"concept": draft["code"]}),
    ),
    "a draft with two times": (
        "ServiceRequest",
        lambda draft: draft.update(occurrenceDateTime="2026-11-24", occurrencePeriod={"start": "2026-11-24"}),
    ),
    "a draft of no priority": ("ServiceRequest", lambda draft: draft.update(priority="soon")),
    "a refusal that does not say how bad": ("OperationOutcome", lambda outcome: outcome["issue"][0].pop("severity")),
    "a refusal of no kind": ("OperationOutcome", lambda outcome: outcome["issue"][0].update(code="bad")),
    "a refusal without an issue": ("OperationOutcome", lambda outcome: outcome.pop("issue")),
}


@pytest.fixture(scope="module")
def verdicts(client: FlaskClient, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the validators say to sound resources in each of which one fault was planted."""
    sound = everything(client)
    sound["OperationOutcome"] = operation_outcome([Issue("value", "wrong")])
    sound["ServiceRequest"] = next(suggested(found.answer for found in rule_answers("rf-cauda-equina")))
    planted = {}
    for number, (name, plant) in enumerate(PLANTED.values()):
        resource = copy.deepcopy(sound[name])
        plant(resource)
        planted[str(number)] = resource
    report = judged(tmp_path_factory.mktemp("planted"), planted)
    return {what: report[str(number)] for number, what in enumerate(PLANTED)}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_fault_is_found(what: str, verdicts: dict[str, list[str]]) -> None:
    assert verdicts[what], f"nobody objected to {what}"


def test_each_validator_finds_something_that_the_other_does_not(verdicts: dict[str, list[str]]) -> None:
    objected = [frozenset(fault.partition(":")[0] for fault in faults) for faults in verdicts.values()]

    assert frozenset({"fhir"}) in objected
    assert frozenset({"medplum"}) in objected
