"""The log says what the service did, and nothing of what a request held."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from cds_service.log import FIELDS, WITHHELD, JsonLines, start_log


def line(name: str = "cds_service.example", message: str = "event", **more: object) -> dict[str, Any]:
    record = logging.LogRecord(name, logging.INFO, __file__, 12, message, (), None)
    for key, value in more.items():
        setattr(record, key, value)
    written = JsonLines().format(record)
    assert "\n" not in written
    told: dict[str, Any] = json.loads(written)
    return told


def test_a_line_has_its_time_level_logger_event_and_fields() -> None:
    told = line(status=200, ms=12.5, route="/cds-services/<service_id>", hook="patient-view")

    assert told.pop("at").endswith("+00:00")
    assert told == {
        "level": "info",
        "logger": "cds_service.example",
        "event": "event",
        "route": "/cds-services/<service_id>",
        "status": 200,
        "ms": 12.5,
        "hook": "patient-view",
    }


def test_a_field_that_nobody_allowed_is_not_written() -> None:
    told = line(patient="Patient/123", body={"name": "Anna"}, token="secret")

    assert set(told) == {"at", "level", "logger", "event"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("route", "/cds-services/hip-spine-patient-view?patient=123"),
        ("request_id", "anna-miller"),
        ("method", "GET /Patient/123"),
        ("status", "200 for Anna"),
        ("service", "Anna Miller"),
        ("kind", "Condition/123"),
        ("reason", "M54.50 was recorded"),
        ("hook", ["patient-view"]),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_withheld(field: str, value: object) -> None:
    assert line(**{field: value})[field] == WITHHELD


def test_every_text_field_has_a_form_that_no_free_text_fits() -> None:
    for field, form in FIELDS.items():
        if form is not None:
            assert form.fullmatch("Anna Miller, born 1961-05-05") is None, field


def test_an_argument_is_never_put_into_a_message() -> None:
    record = logging.LogRecord("cds_service", logging.INFO, __file__, 1, "read %s", ("Patient/123",), None)

    assert json.loads(JsonLines().format(record))["event"] == "read %s"


def test_what_a_library_says_is_reduced_to_its_place() -> None:
    told = line("urllib3.connectionpool", "https://ehr.example.org GET /fhir/Condition?patient=123")

    assert told["event"] == "library"
    assert told["place"] == "tests/unit/test_log.py:12"
    assert "123" not in json.dumps({key: value for key, value in told.items() if key != "at"})


def raised() -> BaseException:
    patient = {"name": "Anna Miller"}
    try:
        try:
            patient["birthDate"]
        except KeyError as error:
            raise ValueError(f"cannot read {patient}") from error
    except ValueError as error:
        return error


def test_an_exception_is_written_as_types_and_places_only() -> None:
    error = raised()

    told = line(exc_info=(type(error), error, error.__traceback__))

    assert [link["type"] for link in told["exception"]] == ["ValueError", "KeyError"]
    places = [place for link in told["exception"] for place in link["frames"]]
    assert all(place.startswith("tests/unit/test_log.py:") for place in places)
    assert "Anna" not in json.dumps(told)


def test_a_place_in_a_library_is_told_without_the_path_of_the_machine() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        told = line(exc_info=(type(error), error, error.__traceback__))

    place = told["exception"][0]["frames"][-1]
    assert place.startswith("json/decoder.py:")


@pytest.fixture
def _log_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    own = {name: logging.getLogger(name).level for name in ("cards", "cds_service", "rules")}
    yield
    root.handlers, root.level = handlers, level
    for name, before in own.items():
        logging.getLogger(name).setLevel(before)


@pytest.mark.usefixtures("_log_as_before")
def test_own_loggers_speak_from_the_chosen_level_and_libraries_from_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start_log("info")

    logging.getLogger("cds_service.example").info("own-info")
    logging.getLogger("cds_service.example").debug("own-debug")
    logging.getLogger("urllib3").info("library-info")
    logging.getLogger("urllib3").warning("library-warning")

    told = [json.loads(written) for written in capsys.readouterr().out.splitlines()]
    assert [(one["logger"], one["event"]) for one in told] == [
        ("cds_service.example", "own-info"),
        ("urllib3", "library"),
    ]


@pytest.mark.usefixtures("_log_as_before")
def test_starting_the_log_twice_writes_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    start_log("info")
    start_log("info")

    logging.getLogger("cds_service.example").info("once")

    assert len(capsys.readouterr().out.splitlines()) == 1
