"""The store: where it is, and how its tables come to be."""

from __future__ import annotations

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
