"""The store: where it is, and how its tables come to be."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from cds_service.store.engine import FILE, Store, StoreFault, migrations, store_url
from cds_service.store.tables import METADATA


def test_the_embedded_store_is_a_file_in_the_state_directory(tmp_path: Path) -> None:
    store = Store(store_url("", tmp_path / "state"))
    store.bring_up_to_date()
    assert store.embedded
    assert (tmp_path / "state" / FILE).is_file()


def test_a_server_is_postgresql_and_nothing_else() -> None:
    assert str(store_url("postgresql://u@db/x", Path())) == "postgresql+psycopg://u@db/x"
    assert not Store(store_url("postgresql://u@db/x", Path())).embedded
    for wrong in ("mysql://u:secret@db/x", "sqlite:///x", "nonsense", "postgres:/", "oracle+secret://u:secret@x"):
        with pytest.raises(ValueError, match="database") as refusal:
            store_url(wrong, Path())
        assert "u:secret" not in str(refusal.value)


def test_the_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    store = Store(store_url("", tmp_path))
    store.bring_up_to_date()
    store.bring_up_to_date()
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_every_migration_goes_back_down(tmp_path: Path) -> None:
    store = Store(store_url("", tmp_path))
    store.bring_up_to_date()
    with store.engine.begin() as connection:
        command.downgrade(migrations(connection), "base")
    with store.engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    store.bring_up_to_date()


def test_what_keeps_the_store_from_opening_is_told_without_a_password(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreFault, match="HIPSPINE_STORE_URL"):
        Store(store_url("", tmp_path / "file" / "state")).bring_up_to_date()
    unreachable = Store(store_url("postgresql://user:secret@127.0.0.1:1/x", tmp_path))
    with pytest.raises(StoreFault) as fault:
        unreachable.bring_up_to_date()
    assert "secret" not in str(fault.value)


def test_what_is_acknowledged_is_on_the_disk_and_readers_do_not_wait(tmp_path: Path) -> None:
    store = Store(store_url("", tmp_path))
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_of_two_writers_one_is_told_to_wait_before_it_has_read_anything(tmp_path: Path) -> None:
    store = Store(store_url("", tmp_path))
    with (
        store.engine.begin(),
        closing(sqlite3.connect(tmp_path / FILE, timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_a_forked_process_opens_connections_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(store_url("", tmp_path))
    parent = store.engine
    assert store.engine is parent
    process = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: process + 1)
    assert store.engine is not parent
