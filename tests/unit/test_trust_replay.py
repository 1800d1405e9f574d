"""A token is good once: in one worker, across workers, after a restart, and while the store is away."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import select

from cds_service.store.engine import Store, store_url
from cds_service.store.tables import SPENT_TOKENS
from cds_service.trust.replay import TIDY_SECONDS, SpentTokens

NOW = 1_790_000_000.0
UNTIL = int(NOW) + 300


def opened(folder: Path) -> Store:
    store = Store(store_url("", folder))
    store.bring_up_to_date()
    return store


def spend_in_a_process(folder: str) -> bool:
    return SpentTokens(Store(store_url("", Path(folder)))).spend("https://ehr.example.org", "once", UNTIL)


def test_a_token_is_spent_once(tmp_path: Path) -> None:
    spent = SpentTokens(opened(tmp_path), lambda: NOW)
    assert spent.spend("a", "1", UNTIL)
    assert not spent.spend("a", "1", UNTIL)
    assert spent.spend("a", "2", UNTIL)
    assert spent.spend("b", "1", UNTIL)
    assert spent.spend("a 1", "", UNTIL)
    assert spent.spend("a", "1 \ud800", UNTIL)


def test_another_worker_and_a_restarted_one_know_it(tmp_path: Path) -> None:
    opened(tmp_path)
    with get_context("spawn").Pool(2) as workers:
        answers = workers.map(spend_in_a_process, [str(tmp_path)] * 4)
    assert sorted(answers) == [False, False, False, True]
    assert not spend_in_a_process(str(tmp_path))


def test_of_many_at_the_same_time_one_gets_through(tmp_path: Path) -> None:
    store = opened(tmp_path)
    workers = [SpentTokens(store, lambda: NOW) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for token in range(10):
            spent = pool.map(lambda worker, token=token: worker.spend("a", f"{token}", UNTIL), workers)
            assert sum(spent) == 1


def test_nothing_of_the_token_is_kept_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    now = [NOW]
    store = opened(tmp_path)
    spent = SpentTokens(store, lambda: now[0])
    assert spent.spend("https://ehr.example.org", "secret-id", UNTIL)
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"secret-id" not in content
    assert b"ehr.example.org" not in content
    now[0] += 300 + TIDY_SECONDS
    assert spent.spend("https://ehr.example.org", "another", UNTIL + 1000)
    with store.engine.begin() as connection:
        assert connection.execute(select(SPENT_TOKENS.c.until)).all() == [(UNTIL + 1000,)]


def test_while_the_store_is_away_calls_go_on_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened(tmp_path)
    spent = SpentTokens(store, lambda: NOW)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE spent_tokens")
    with caplog.at_level(logging.WARNING):
        assert spent.spend("a", "1", UNTIL)
        assert not spent.spend("a", "1", UNTIL)
    assert [record.message for record in caplog.records] == ["replay-store-away"]
