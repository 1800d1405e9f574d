"""Charts of public generators: silence for people without hip or back complaint, and an answer for everybody."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.app import create_app
from cds_service.settings import load_settings
from rules.loader import load_rules
from tests.generators.charts import Chart, clinosim_charts, synthea_charts
from tests.lib.card_checks import card_faults
from tests.lib.vignette import Offer, asked_type, bundle, offers, returned_by

if TYPE_CHECKING:
    from flask.testing import FlaskClient

pytestmark = pytest.mark.generators

FOLDER = os.environ.get("GENERATED_CHARTS", "")
HOOKS = ("patient-view", "encounter-start", "encounter-discharge")
NUMBERS = {rule.id: rule.number for rule in load_rules().rules}
READERS = {"synthea": synthea_charts, "clinosim": clinosim_charts}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """The service with its real clock: the generators date their charts to the present."""
    return create_app(load_settings(state_dir=tmp_path_factory.mktemp("state"))).test_client()


def charts(name: str) -> Iterator[Chart]:
    assert FOLDER, "no charts: bash .ci/generated-charts.sh makes them"
    yield from READERS[name](Path(FOLDER) / name)


def request(chart: Chart, offer: Offer) -> dict[str, Any]:
    prefetch: dict[str, Any] = {}
    for key, template in offer.prefetch.items():
        kind = asked_type(template)
        found = [one for one in chart.resources.get(kind, ()) if returned_by(template, one)]
        prefetch[key] = found[0] if kind == "Patient" else bundle(found)
    context = {"patientId": chart.patient_id, "userId": "Practitioner/1", "encounterId": "e1"}
    return {"hook": offer.hook, "hookInstance": "generated", "context": context, "prefetch": prefetch}


@pytest.mark.parametrize("name", READERS)
def test_who_has_no_hip_or_back_complaint_gets_no_routine_card_and_everybody_an_answer(
    name: str, client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    services = offers(client.get("/cds-services").get_json())
    seen: Counter[str] = Counter()
    fired: Counter[str] = Counter()
    wrong: list[str] = []
    for chart in charts(name):
        seen["people"] += 1
        silent = not chart.complains
        seen["without complaint"] += silent
        for hook in HOOKS:
            answer = client.post(f"/cds-services/{services[hook].service}", json=request(chart, services[hook]))
            assert answer.status_code == 200, f"{name}, {hook}: {answer.status_code}"
            body = answer.get_json()
            assert card_faults(body) == []
            ids = [card["extension"]["org.hip-spine-cds.rule"]["id"] for card in body["cards"]]
            fired.update(f"{hook} {rule}" for rule in ids)
            wrong += [f"{chart.patient_id}: {rule}" for rule in ids if silent and NUMBERS[rule] > 15]
    with capsys.disabled():
        print(f"\n{name}: {dict(seen)}; cards: {dict(sorted(fired.items()))}")  # noqa: T201 - to be judged by eye
    assert seen["without complaint"] > 0
    assert wrong == []
