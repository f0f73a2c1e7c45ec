"""Opening the database, and the two kinds of transaction there are.

`begin()` is a write transaction. There is one at a time (SQLite: `BEGIN IMMEDIATE`; PostgreSQL: an advisory
lock held until the commit), so what it reads stays true until it commits. `read()` is a read-only snapshot.
What `begin()` has committed survives a power cut: SQLite runs in WAL mode with `synchronous=FULL`.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from ledger_app.errors import Broken, ConfigError

__all__ = ["Connection", "Store", "open_store"]

__all__ = ["Connection", "Store", "open_store"]

_BUSY_SECONDS = 30
_WRITER_LOCK = 0x0719_1EDC  # any constant: the advisory lock that makes PostgreSQL writers take turns


class Store:
    """A database and its transactions. Safe to share between threads; connections are pooled."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = threading.Lock()
        self._writing: int | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """The write transaction: commits on leaving, rolls back on an exception.

        Raises Broken `STORE_NESTED_WRITE` when this thread is in one already (it would wait for itself).
        """
        me = threading.get_ident()
        if self._writing == me:
            raise Broken("STORE_NESTED_WRITE")
        with self._writer:
            self._writing = me
            try:
                with self.engine.connect() as raw:
                    conn = raw.execution_options(ledger_write=True)
                    with conn.begin():
                        if conn.dialect.name == "postgresql":
                            conn.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": _WRITER_LOCK})
                        yield conn
            finally:
                self._writing = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only snapshot of the database; writing in it fails."""
        with self.engine.connect() as raw:
            if raw.dialect.name == "postgresql":
                conn = raw.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                with conn.begin():
                    yield conn
                return
            dbapi: Any = raw.connection.driver_connection
            dbapi.execute("PRAGMA query_only=ON")
            try:
                with raw.begin():
                    yield raw
            finally:
                dbapi.execute("PRAGMA query_only=OFF")

    def create_all(self) -> None:
        """Make every declared table that is missing (tests; a service runs the migrations instead)."""
        from ledger_app.store.schema import metadata  # declares every table; they import this module

        with self.begin() as conn:
            metadata.create_all(conn)

    def close(self) -> None:
        """Give all pooled connections back; the store can be used again after."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open `sqlite:///path/to/file.db` (made with mode 0600 if missing) or `postgresql+psycopg://…`.

    Raises ConfigError `STORE_URL` for any other kind, in-memory SQLite included: it would forget what it
    acknowledged.
    """
    try:
        parsed = make_url(url)
    except Exception as bad:
        raise ConfigError("STORE_URL", "the database URL cannot be read") from bad
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_size=10, max_overflow=30)
        return Store(engine)
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ConfigError("STORE_URL", "the database must be an SQLite file or PostgreSQL")
    path = Path(parsed.database)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # SQLite gives its -wal and -shm files the mode of the main file, so one chmod keeps all three private.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    engine = create_engine(
        parsed,
        pool_size=10,
        max_overflow=30,
        connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Store(engine)


def _configure_sqlite(dbapi: Any, _record: Any) -> None:
    dbapi.isolation_level = None  # the driver must not begin transactions by itself: `_begin_sqlite` does
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
        "temp_store=MEMORY",
    ):
        dbapi.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(conn: Connection) -> None:
    write = conn.get_execution_options().get("ledger_write", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
