"""The benchmarks' pieces run and their results have their shape. How fast anything was is no matter here."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest

from benchmarks import bodies, report
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.floor import floor_app
from benchmarks.load import WrongAnswerError, load
from benchmarks.servers import FLOOR, NotServingError, serving
from benchmarks.timing import exponent, timed
from tests.conftest import Ask
from tests.lib.clock import TODAY


def resources(body: bytes) -> list[dict[str, Any]]:
    prefetch = orjson.loads(body)["prefetch"]
    entries = [entry for key in ("conditions", "observations") for entry in prefetch[key]["entry"]]
    return [prefetch["patient"], *(entry["resource"] for entry in entries)]


def test_the_core_rule_fires_on_the_benchmark_request_on_any_day(ask: Ask) -> None:
    answered = ask("patient-view", bodies.benchmark_request(TODAY))
    assert bodies.CORE_RULE in [card["extension"]["org.hip-spine-cds.rule"]["id"] for card in answered.body["cards"]]


def test_dates_move_with_the_day_and_nothing_else_changes() -> None:
    written = bodies.benchmark_body(bodies.WRITTEN).decode()
    later = bodies.benchmark_body(date(2027, 11, 24)).decode()
    assert '"onsetDateTime":"2026-11-10T10:00:00Z"' in later
    assert re.sub(r"\d{4}-\d{2}-\d{2}", "", later) == re.sub(r"\d{4}-\d{2}-\d{2}", "", written)


@pytest.mark.parametrize("size", [10, 61, 200])
def test_a_larger_body_has_the_resources_it_says_each_with_an_id_of_its_own(size: int) -> None:
    found = resources(bodies.body_of(size))
    assert len(found) == size
    assert len({resource["resourceType"] + resource["id"] for resource in found}) == size


def test_the_large_body_is_as_large_as_it_says() -> None:
    body = bodies.large_body()
    assert len(resources(body)) == bodies.LARGE
    assert abs(len(body) - bodies.LARGE_BYTES) < 0.05 * bodies.LARGE_BYTES


def test_the_floor_answers_with_a_card_of_the_size_of_the_real_answer(ask: Ask) -> None:
    real = orjson.dumps(ask("patient-view", bodies.benchmark_request(TODAY)).body)
    answer = floor_app().test_client().post(bodies.SERVICE, data=bodies.benchmark_body())
    assert answer.status_code == 200
    assert 0.8 * len(real) < len(answer.data) < 1.2 * len(real)


def test_the_exponent_tells_linear_from_quadratic_growth() -> None:
    sizes = [500, 1000, 2000]
    assert exponent(sizes, [5 * size for size in sizes]) == pytest.approx(1)
    assert exponent(sizes, [size * size for size in sizes]) == pytest.approx(2)


def test_every_piece_of_work_is_timed_in_every_round() -> None:
    calls: list[str] = []
    found = timed({"one": lambda: calls.append("one"), "other": lambda: calls.append("other")}, rounds=3, seconds=0)
    assert set(calls) == {"one", "other"}
    assert [len(each.rounds) for each in found.values()] == [3, 3]


class _Refusing(BaseHTTPRequestHandler):
    """Answers 200 without a length under ``/endless``, and refuses anything else."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/endless" else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("path", "said"), [("/", "not 200"), ("/endless", "no Content-Length")])
def test_an_answer_that_tells_nothing_about_speed_ends_the_measurement(refusing: int, path: str, said: str) -> None:
    with pytest.raises(WrongAnswerError, match=said):
        load(refusing, path, b"{}", connections=1, seconds=0.1)


def test_load_on_a_server_process_counts_its_calls_and_its_processor_time() -> None:
    with serving(FLOOR) as server:
        put = load(server.port, bodies.SERVICE, bodies.benchmark_body(), connections=2, seconds=0.3)
        assert len(put.milliseconds) <= put.sent
        assert put.percentile(50) <= put.percentile(99) <= put.milliseconds[-1]
        assert put.per_second > 0
        assert (server.cpu_seconds() or 0) > 0
        assert (server.memory_megabytes()["worker_resident"] or 0) > 0


def test_a_server_that_does_not_start_is_told() -> None:
    with pytest.raises(NotServingError, match="ended with status"), serving(FLOOR, HIPSPINE_THREADS="none"):
        pass


@pytest.mark.parametrize("name", ["growth", "rules", "large-chart"])
def test_a_result_has_every_figure_that_the_table_shows(name: str) -> None:
    benchmark = BENCHMARKS[name]
    found = benchmark.run(rounds=1, seconds=0)
    assert all(report.figure(found, path) is not None for _, path in benchmark.shown)


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_the_committed_figures_have_every_figure_that_the_table_shows(name: str) -> None:
    found = report.committed(name)
    assert all(report.figure(found, path) is not None for _, path in BENCHMARKS[name].shown)


def test_the_ratio_to_the_floor_stands_at_the_top_of_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--quick", "--only", "rules"], tmp_path)
    kept = json.loads((tmp_path / "rules.json").read_text("utf-8"))
    assert kept["every_to_few"] > 0
    assert {"python", "processor", "packages", "commit"} <= kept["surroundings"].keys()
    assert "all rules to six rules" in capsys.readouterr().out


def test_a_result_says_nothing_about_where_it_was_measured() -> None:
    written = json.dumps(report.surroundings())
    assert str(report.HERE.parent) not in written
    assert re.search(r"/(home|root|tmp|work)\b", written) is None


def test_a_figure_that_was_not_measured_is_a_dash() -> None:
    told = report.table([("one", 0.5, None), ("other", 1234.5, 2)]).splitlines()
    assert told[1].split() == ["one", "0.500", "-"]
    assert told[2].split() == ["other", "1,234.5", "2.000"]


def test_results_are_dated_in_utc() -> None:
    measured = datetime.fromisoformat(report.surroundings()["measured_at"])
    assert measured.utcoffset() == datetime.now(UTC).utcoffset()
