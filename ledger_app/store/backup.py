"""Backing a store up into a file, and making a store out of one, on either kind of database.

A backup is one snapshot, taken while the service works. Sealed values stay sealed; the master key is not in
it. What only holds for the moment (leases) is left out. A restore is one transaction: a store holds all of a
backup or nothing of it.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    column,
    delete,
    func,
    inspect,
    select,
    table,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from ledger_app.errors import BadInput, Broken, ConfigError, Conflict
from ledger_app.store import dialects, index, meta, migrate, preparing
from ledger_app.store.backup_file import Header, Part, reading, writing
from ledger_app.store.engine import Store
from ledger_app.store.schema import metadata
from ledger_app.store.secrets import Vault
from ledger_app.store.tables import leases
from ledger_app.store.tables_records import tokens as tokens_table

RESTORED: Final = "restored-from-backup"
"""Kept in the store until it was compared with the ledger (`services.recovering`)."""
_LEFT_OUT = frozenset({leases.name})
_FETCHED_AT_ONCE = 2_000
_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "text": String,
    "integer": BigInteger,
    "boolean": Boolean,
    "json": JSON,
    "bytes": LargeBinary,
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds: its header, and how many rows of each table."""

    header: Header
    rows: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self.header), "rows": self.rows}


def write(store: Store, vault: Vault, path: Path, ledger: dict[str, Any] | None) -> Summary:
    """Back the store up into the new file `path`. `ledger`: the pinned ledger's members.

    Raises BadInput `BACKUP_EXISTS` or `FILE_UNWRITABLE`; ConfigError `STORE_SCHEMA` unless the store is at
    the schema of this version.
    """
    with store.read() as conn:
        current, newest = migrate.revisions(conn)
        if current is None or current != newest:
            raise ConfigError("STORE_SCHEMA", f"it is at migration {current or 'none'}, not {newest}")
        at = index.cursor(conn)
        header = Header(
            schema=current,
            kind=preparing.kind(conn) or "installation",
            ledger=ledger,
            index=None if at is None else {"block": at.number, "hash": at.hash, "digest": index.digest(conn)},
            made_at=int(time.time()),
        )
        with writing(path, header) as writer:
            for each in metadata.sorted_tables:
                if each.name in _LEFT_OUT:
                    continue
                writer.table(each.name, [(col.name, _kind(col.type)) for col in each.columns])
                for rows in _rows(conn, each):
                    writer.add(rows)
            writer.end(vault)
    return Summary(header, writer.rows)


def check(vault: Vault, path: Path) -> Summary:
    """Read a whole backup and believe nothing. Raises BadInput `BACKUP_DAMAGED`, `BACKUP_FOREIGN` or
    `FILE_UNREADABLE`; ConfigError `BACKUP_NEWER`.
    """
    found: dict[str, int] = {}
    with reading(path, vault) as reader:
        for part in reader.parts():
            found[part.table] = found.get(part.table, 0) + len(part.rows)
        if not migrate.is_known(reader.header.schema):
            raise ConfigError("BACKUP_NEWER", f"it is at migration {reader.header.schema[:40]}")
        return Summary(reader.header, found)


def restore(
    store: Store, vault: Vault, path: Path, *, demo: bool, replace: bool = False, tokens: bool = True
) -> Summary:
    """Make the store what the backup holds, in one transaction, brought to the schema of this version.

    replace: throw away what the store holds. tokens: keep the backup's; some may have been revoked since, and
    come back to life. Raises what `check` raises; Conflict `STORE_NOT_EMPTY` without
    `replace`, `STORE_IN_USE` while a service works on it; ConfigError `STORE_NEWER`, `STORE_OF_DEMO`;
    Broken `BACKUP_UNFIT` when what came out is not what was backed up. The store is then as it was.
    """
    summary = check(vault, path)
    if summary.header.kind != preparing.name_of(demo):
        raise ConfigError("STORE_OF_DEMO", f"the backup is that of a {summary.header.kind}")
    with store.begin() as conn:
        _clear(conn, replace=replace)
        migrate.upgrade_in(conn, summary.header.schema)
        try:
            with reading(path, vault) as reader:
                if reader.header != summary.header:
                    raise BadInput("BACKUP_DAMAGED", "the file was changed meanwhile")
                for part in reader.parts():
                    _insert(conn, part)
        except DBAPIError as failed:
            raise Broken("BACKUP_UNFIT", f"{type(failed).__name__} while its rows were taken in") from failed
        migrate.upgrade_in(conn, "head")
        for each in metadata.sorted_tables:
            dialects.count_on(conn, each)
        _compare(conn, summary)
        if not tokens:
            conn.execute(delete(tokens_table))
        meta.put(conn, RESTORED, {"made_at": summary.header.made_at, "restored_at": int(time.time())})
    return summary


def _rows(conn: Connection, source: Table) -> Iterator[Sequence[Any]]:
    query = select(source).order_by(*source.primary_key.columns)
    yield from conn.execute(query.execution_options(yield_per=_FETCHED_AT_ONCE)).partitions()


def _kind(kind: TypeEngine[Any]) -> str:
    for name, known in (
        ("json", JSON),
        ("bytes", LargeBinary),
        ("boolean", Boolean),
        ("integer", Integer),
        ("text", String),
    ):
        if isinstance(kind, known):
            return name
    raise Broken("BACKUP_UNFIT", f"a column of type {kind} cannot be backed up")


def _clear(conn: Connection, *, replace: bool) -> None:
    """An empty database without tables."""
    current, _ = migrate.revisions(conn)
    if current is None:
        if ours := sorted(set(inspect(conn).get_table_names()) & set(metadata.tables)):
            raise Conflict("STORE_NOT_EMPTY", f"there is a table {ours[0]} that no migration made")
        return
    if not migrate.is_known(current):
        raise ConfigError("STORE_NEWER", f"it is at migration {current}")
    there = set(inspect(conn).get_table_names())
    if leases.name in there:
        held = select(leases.c.holder).where(leases.c.expires_at > int(time.time()))
        if (holder := conn.execute(held).scalars().first()) is not None:
            raise Conflict("STORE_IN_USE", f"{holder} works on it, or did a moment ago")
    if not replace:
        for name in sorted(there & set(metadata.tables) - _LEFT_OUT - {"meta"}):
            if conn.execute(select(func.count()).select_from(table(name))).scalar_one():
                raise Conflict("STORE_NOT_EMPTY", f"table {name} holds rows")
    migrate.downgrade_in(conn, "base")


def _insert(conn: Connection, part: Part) -> None:
    # The columns as the backup says they were: their table is at its migration, not at ours.
    columns = (column(name, _TYPES[kind]()) for name, kind in part.columns)
    dialects.take_in(conn, table(part.table, *columns), part.rows)


def _compare(conn: Connection, summary: Summary) -> None:
    if summary.header.schema == migrate.revisions(conn)[1]:
        for name, count in summary.rows.items():
            found = conn.execute(select(func.count()).select_from(table(name))).scalar_one()
            if found != count:
                raise Broken("BACKUP_UNFIT", f"{name} has {found} rows, the backup {count}")
    before = summary.header.index
    if before is not None and index.digest(conn) != before["digest"]:
        raise Broken("BACKUP_UNFIT", "the index came out otherwise")
