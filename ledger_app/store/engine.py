"""Opening the database, and the two kinds of transaction there are.

`begin()` is a write transaction. There is one at a time (SQLite: `BEGIN IMMEDIATE`; PostgreSQL: an advisory
lock held until the commit), so what it reads stays true until it commits. `read()` is a read-only snapshot.
What `begin()` has committed survives a power cut: see `store.dialects`.

Both raise Unavailable `STORE_UNAVAILABLE`, `STORE_BUSY` or `STORE_FULL` when the database cannot do it now.
When the connection breaks during the commit itself, nobody can say whether it happened: look, or repeat the
request under its Idempotency-Key.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url

from ledger_app.config import Settings
from ledger_app.errors import Broken, ConfigError, Unavailable
from ledger_app.store import dialects
from ledger_app.store.dialects import Limits

__all__ = ["Connection", "Limits", "Store", "open_configured", "open_store"]


class Store:
    """A database and its transactions. Safe to share between threads; connections are pooled."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self.engine = engine
        self._limits = limits
        self._writer = threading.Lock()
        self._writing: int | None = None
        self._listeners: list[Callable[[], None]] = []

    def on_commit(self, tell: Callable[[], None]) -> None:
        """Call `tell` after each write transaction of this process that was committed. It must be quick."""
        self._listeners.append(tell)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """The write transaction: commits on leaving, rolls back on an exception.

        Raises Broken `STORE_NESTED_WRITE` when this thread is in one already (it would wait for itself).
        """
        me = threading.get_ident()
        if self._writing == me:
            raise Broken("STORE_NESTED_WRITE")
        if not self._writer.acquire(timeout=self._limits.wait):
            raise Unavailable("STORE_BUSY", "other writers of this process")
        self._writing = me
        try:
            with (
                dialects.translated(),
                self.engine.connect() as raw,
                dialects.write_transaction(raw) as conn,
            ):
                yield conn
        finally:
            self._writing = None
            self._writer.release()
        for tell in self._listeners:
            tell()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only snapshot of the database. Raises Broken `STORE_READ_ONLY` for writing in it."""
        with dialects.translated(reading=True), self.engine.connect() as raw, dialects.snapshot(raw) as conn:
            yield conn

    def create_all(self) -> None:
        """Make every declared table that is missing (tests; a service runs the migrations instead)."""
        from ledger_app.store.schema import metadata  # declares every table; they import this module

        with self.begin() as conn:
            metadata.create_all(conn)

    def close(self) -> None:
        """Give all pooled connections back; the store can be used again after."""
        self.engine.dispose()


def open_configured(settings: Settings) -> Store:
    """The store that the settings name, with their limits. Raises what `open_store` raises."""
    limits = Limits(
        connections=settings.database_connections,
        connect=settings.database_connect_seconds,
        wait=settings.database_wait_seconds,
        statement=settings.database_statement_seconds,
    )
    return open_store(settings.store_url, limits)


def open_store(url: str, limits: Limits | None = None) -> Store:
    """Open `sqlite:///path/to/file.db` (made with mode 0600 if missing) or `postgresql://…`.

    Nothing is asked of a server yet. Raises ConfigError `STORE_URL` for any other kind, in-memory SQLite
    included: it would forget what it acknowledged.
    """
    chosen = limits or Limits()
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except Exception as bad:
        raise ConfigError("STORE_URL", "the database URL cannot be read") from bad
    if backend == "postgresql":
        return Store(dialects.postgresql_engine(parsed, chosen), chosen)
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ConfigError("STORE_URL", "the database must be an SQLite file or PostgreSQL")
    path = Path(parsed.database)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # SQLite gives its -wal and -shm files the mode of the main file, so one chmod keeps all three private.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    return Store(dialects.sqlite_engine(parsed, chosen), chosen)
