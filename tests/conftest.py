"""What the tests share: the real app, its clock set to the moment of the test charts, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.lib.casebook import active_rules, waiting_cases
from tests.lib.clock import now
from tests.lib.vignette import Offer, offers, request_for

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


@dataclass(frozen=True)
class Answer:
    """What the service answered: the status and the decoded body."""

    status: int
    body: Any


Ask = Callable[[str, Mapping[str, Any]], Answer]


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The app as it is served, without any FHIR server that it may ask."""
    from cds_service.app import create_app
    from cds_service.settings import load_settings

    return create_app(load_settings(state_dir=tmp_path_factory.mktemp("state")), now=now)


@pytest.fixture(scope="session")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def services(client: FlaskClient) -> dict[str, Offer]:
    """What discovery offers, by hook."""
    return offers(client.get("/cds-services").get_json())


@pytest.fixture(scope="session")
def ask(client: FlaskClient, services: dict[str, Offer]) -> Ask:
    """Post a body to the service of a hook."""

    def post(hook: str, body: Mapping[str, Any]) -> Answer:
        response = client.post(f"/cds-services/{services[hook].service}", json=body)
        return Answer(response.status_code, response.get_json())

    return post


@pytest.fixture(scope="session")
def call(ask: Ask, services: dict[str, Offer]) -> Callable[[str, str], Answer]:
    """Call the service of a hook about a patient in short notation."""

    def about(hook: str, facts: str) -> Answer:
        return ask(hook, request_for(facts, services[hook]))

    return about


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases were not run because a rule that they need is not served."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    if any(getattr(report, "nodeid", "").startswith("tests/golden/test_cases.py") for report in reports):
        waiting = waiting_cases()
        rules = sorted(
            {rule for case in waiting for rule in case.needs - active_rules()}, key=lambda rule: int(rule[1:])
        )
        terminalreporter.write_line(
            f"{len(waiting)} cases wait for rules that are not served: {', '.join(rules) or 'none'}"
        )
