"""Open the store: SQLite in the state directory, or the PostgreSQL server that a setting names.

An engine belongs to one process. The service forks its workers, so :class:`Store` opens a new one in each of them:
connections that two processes share corrupt each other.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

FILE: Final = "hip-spine.sqlite3"
BUSY_SECONDS: Final = 2.0
"""How long a writer waits for another one before the store counts as out of reach."""
MIGRATION_LOCK: Final = 5_714_023
"""The number under which replicas that start together take turns in PostgreSQL; any other would do."""


class StoreFault(Exception):
    """The store cannot be opened or brought up to date; the message says what to do and holds no password."""


class Store:
    """The database of the service, at ``url``; opened when it is first used. Safe with threads and forks."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._process = 0

    @property
    def engine(self) -> Engine:
        """The engine of this process."""
        with self._lock:
            if self._engine is None or self._process != os.getpid():
                self._engine, self._process = _engine(self._url), os.getpid()
            return self._engine

    @property
    def embedded(self) -> bool:
        """True for the SQLite file."""
        return self._url.get_backend_name() == "sqlite"

    def bring_up_to_date(self) -> None:
        """Run the migrations that are missing; replicas that start together take turns.

        Raises :class:`StoreFault`.
        """
        try:
            if self.embedded and self._url.database is not None:
                Path(self._url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.engine.begin() as connection:
                _take_turn(connection)
                command.upgrade(migrations(connection), "head")
        except (SQLAlchemyError, OSError) as wrong:
            raise StoreFault(f"the store cannot be opened: {type(wrong).__name__}; check HIPSPINE_STORE_URL") from wrong
        finally:
            self.close()

    def close(self) -> None:
        """Close the connections of this process; the next use opens new ones."""
        with self._lock:
            if self._engine is not None and self._process == os.getpid():
                self._engine.dispose()
            self._engine = None


def store_url(given: str, state_dir: Path) -> URL:
    """The database that a setting names; empty = the embedded one. Raises ValueError without repeating a password."""
    if not given:
        return URL.create("sqlite", database=str(state_dir / FILE))
    try:
        url = make_url(given)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise ValueError("it is not a database address such as postgresql://user@host/name") from None
    if backend != "postgresql":
        raise ValueError(f"{backend!r} is not a database that the service can use; allowed: postgresql")
    return url.set(drivername="postgresql+psycopg")


def migrations(connection: Connection) -> Config:
    """The migrations of this package, to be run on ``connection``."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_at_once)
        return engine
    return create_engine(
        url, pool_pre_ping=True, pool_timeout=BUSY_SECONDS, connect_args={"connect_timeout": int(BUSY_SECONDS)}
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
    # Readers do not wait for writers (WAL); what is acknowledged is on the disk (FULL). The driver's own
    # transactions are off, for they begin too late: two of them would both read, and one could not write.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_at_once(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _take_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})
