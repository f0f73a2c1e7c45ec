"""What SQLite and PostgreSQL need each: how a connection is set up, and what their errors mean to us.

A driver's error becomes one of our tree where the caller can do something about it (wait, make room, send
something storable). What only a fault of ours can cause stays the driver's own.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Connection, Table, TableClause, event, func, insert, select, text
from sqlalchemy.engine import URL, Engine, create_engine
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger_app.errors import BadInput, Broken, ConfigError, LedgerError, Unavailable

_WRITER_LOCK = 0x0719_1EDC  # any constant: the advisory lock that makes PostgreSQL writers take turns
_OLDEST_POSTGRESQL = 13


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much. Seconds; what takes longer ends with Unavailable `STORE_BUSY`.

    connections: open at most, of one process. connect: until the server answers. wait: for a free
    connection, and for the writer's turn. statement: one statement, and one pause inside a transaction
    (PostgreSQL ends a transaction whose client stands still, so that it blocks nobody for ever).
    """

    connections: int = 20
    connect: int = 5
    wait: int = 30
    statement: int = 60


# --- SQLite -------------------------------------------------------------------------------------------------


def sqlite_engine(url: URL, limits: Limits) -> Engine:
    """WAL and `synchronous=FULL`: what was committed survives a power cut."""
    engine = create_engine(
        url,
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.wait,
        connect_args={"check_same_thread": False, "timeout": limits.wait},
    )

    def configure(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # the driver must not begin transactions by itself: `_begin` does
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={limits.wait * 1000}",
            "temp_store=MEMORY",
        ):
            dbapi.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _begin_sqlite(conn: Connection) -> None:
    write = conn.get_execution_options().get("ledger_write", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


# --- PostgreSQL ---------------------------------------------------------------------------------------------


def postgresql_engine(url: URL, limits: Limits) -> Engine:
    """Connections are tried before they are used, so that a server that was away is not noticed after."""
    server = {
        "statement_timeout": limits.statement * 1000,
        "lock_timeout": limits.wait * 1000,
        "idle_in_transaction_session_timeout": limits.statement * 1000,
    }
    given = url.query.get("options", "")
    options = " ".join([*(f"-c {name}={value}" for name, value in server.items()), str(given)])
    return create_engine(
        url.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.wait,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": limits.connect,
            "application_name": "origin-ledger",
            "client_encoding": "utf8",
            "options": options.strip(),
            # A host that vanished without a word is noticed in half a minute.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 4,
            "tcp_user_timeout": 30_000,
        },
    )


# --- transactions -------------------------------------------------------------------------------------------


@contextmanager
def write_transaction(raw: Connection) -> Iterator[Connection]:
    """A transaction that waits for its turn to write, and sees all that was committed before."""
    if raw.dialect.name == "postgresql":
        conn = raw.execution_options(isolation_level="READ COMMITTED")
        with conn.begin():
            conn.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": _WRITER_LOCK})
            yield conn
        return
    conn = raw.execution_options(ledger_write=True)
    with conn.begin():
        yield conn


@contextmanager
def snapshot(raw: Connection) -> Iterator[Connection]:
    """A transaction that sees one state of the database, and cannot change it."""
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


def check_server(conn: Connection) -> None:
    """Raise ConfigError `STORE_UNSUITABLE` for a server that could lose what it acknowledged, or names."""
    if conn.dialect.name != "postgresql":
        return
    settings = ("server_version_num", "server_encoding", "fsync", "full_page_writes", "synchronous_commit")
    have = {name: conn.execute(text(f"SHOW {name}")).scalar_one() for name in settings}
    faults = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if have[name] == "off"]
    if have["server_encoding"] != "UTF8":
        faults.append("server_encoding")
    if int(have["server_version_num"]) < _OLDEST_POSTGRESQL * 10_000:
        faults.append("server_version_num")
    if faults:
        raise ConfigError("STORE_UNSUITABLE", ", ".join(f"{name} is {have[name]}" for name in faults))


def take_in(conn: Connection, table: TableClause, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, whose values are in the order of the table's columns, as fast as the database can."""
    if conn.dialect.name != "postgresql":
        names = [column.name for column in table.columns]
        conn.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        return
    quote = conn.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    documents = [place for place, column in enumerate(table.columns) if isinstance(column.type, JSON)]
    driver: Any = conn.connection.driver_connection
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                values = list(row)
                for place in documents:
                    values[place] = json.dumps(values[place])
                copy.write_row(values)
    except driver_error() as failed:
        raise DBAPIError.instance(None, None, failed, driver_error(), dialect=conn.dialect) from failed


def driver_error() -> type[Exception]:
    """The driver's own base of errors, for statements that bypass SQLAlchemy."""
    import psycopg

    return psycopg.Error


def count_on(conn: Connection, table: Table) -> None:
    """Let a key that counts by itself go on above the highest there is, after rows were given their keys.

    PostgreSQL's counters know nothing of those; SQLite looks.
    """
    key = table.autoincrement_column
    if conn.dialect.name != "postgresql" or key is None:
        return
    asked = {"t": table.name, "c": key.name}
    counter = conn.execute(text("SELECT pg_get_serial_sequence(:t, :c)"), asked).scalar_one()
    highest = conn.execute(select(func.max(key))).scalar_one()
    if counter is not None and highest is not None:
        conn.execute(text("SELECT setval(CAST(:s AS regclass), :n)"), {"s": counter, "n": highest})


# --- errors -------------------------------------------------------------------------------------------------

_BUSY_STATES = ("55P03", "57014", "40001", "40P01", "53300")
_SQLITE = {
    sqlite3.SQLITE_BUSY: "STORE_BUSY",
    sqlite3.SQLITE_LOCKED: "STORE_BUSY",
    sqlite3.SQLITE_FULL: "STORE_FULL",
    sqlite3.SQLITE_IOERR: "STORE_UNAVAILABLE",
    sqlite3.SQLITE_CANTOPEN: "STORE_UNAVAILABLE",
    sqlite3.SQLITE_READONLY: "STORE_UNAVAILABLE",
}
_SQLITE_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def translated(*, reading: bool = False) -> Iterator[None]:
    """Turns the drivers' errors into ours: Unavailable `STORE_UNAVAILABLE`, `STORE_BUSY` or `STORE_FULL`,
    BadInput `VALUE_NOT_STORABLE`, Broken `STORE_DAMAGED`. A statement's values are never in their words.

    reading: the transaction is a snapshot, so that writing in it is a fault of ours (`STORE_READ_ONLY`).
    """
    try:
        yield
    except PoolTimeout as late:
        raise Unavailable("STORE_BUSY", "no free connection") from late
    except DBAPIError as failed:
        code = getattr(failed.orig, "sqlite_errorcode", None)
        state = getattr(failed.orig, "sqlstate", None)
        if reading and (state == "25006" or code == sqlite3.SQLITE_READONLY):
            raise Broken("STORE_READ_ONLY") from failed
        ours = _meaning(failed, code, state or "")
        if ours is None:
            raise
        raise ours from failed


def _meaning(failed: DBAPIError, code: int | None, state: str) -> LedgerError | None:
    if code is not None:
        if code & 0xFF in _SQLITE_DAMAGED:
            return Broken("STORE_DAMAGED")
        reason = _SQLITE.get(code & 0xFF)
        return None if reason is None else Unavailable(reason, getattr(failed.orig, "sqlite_errorname", ""))
    if not type(failed.orig).__module__.startswith("psycopg"):
        return None
    if failed.connection_invalidated or (state[:2] in ("08", "57") and state != "57014"):
        return Unavailable("STORE_UNAVAILABLE")
    if state in _BUSY_STATES:
        return Unavailable("STORE_BUSY", f"the server says {state}")
    if state == "53100":
        return Unavailable("STORE_FULL")
    if state[:2] == "53" or state == "25006":  # out of something; or a standby, which cannot write
        return Unavailable("STORE_UNAVAILABLE", f"the server says {state}")
    if state in ("XX001", "XX002"):
        return Broken("STORE_DAMAGED", f"the server says {state}")
    if isinstance(failed, DataError):
        return BadInput("VALUE_NOT_STORABLE")
    if not state and isinstance(failed, OperationalError | InterfaceError):
        # No word from the server at all: it could not be reached, or the connection broke.
        return Unavailable("STORE_UNAVAILABLE")
    return None
