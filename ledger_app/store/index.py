"""The index: what the chain's events say, in tables that can be searched.

The event rows are the source; every other row is derived from them by `chain.projection` and can be thrown
away. The index only locates: verification asks the chain.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, select

from ledger_app.store import meta, search_flags
from ledger_app.store.tables import (
    chain_blocks,
    chain_events,
    index_accreditations,
    index_anchors,
    index_batches,
    index_claims,
    index_council,
    index_enquiries,
    index_items,
    index_keys,
    index_organisations,
    index_standings,
)

_CURSOR = "follower-cursor"
#: The derived tables by the name that projections use.
DERIVED: dict[str, Table] = {
    "batches": index_batches,
    "standings": index_standings,
    "items": index_items,
    "claims": index_claims,
    "enquiries": index_enquiries,
    "organisations": index_organisations,
    "keys": index_keys,
    "accreditations": index_accreditations,
    "council": index_council,
    "anchors": index_anchors,
}


@dataclass(frozen=True, slots=True)
class Block:
    """A header, as far as it is kept."""

    number: int
    hash: str
    parent: str
    time: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of one of the three contracts; `args` by name, JSON values. `subject` is what it is about."""

    block_number: int
    log_index: int
    block_time: int
    tx_hash: str
    contract: str
    name: str
    args: dict[str, Any]
    subject: str | None


# --- what the follower does --------------------------------------------------------------------------------


def cursor(conn: Connection) -> Block | None:
    """The last block that was read; None before the first."""
    value = meta.get(conn, _CURSOR)
    return None if value is None else Block(**value)


def set_cursor(conn: Connection, block: Block | None) -> None:
    if block is None:
        meta.drop(conn, _CURSOR)
    else:
        meta.put(
            conn,
            _CURSOR,
            {"number": block.number, "hash": block.hash, "parent": block.parent, "time": block.time},
        )


def add_blocks(conn: Connection, blocks: Sequence[Block], *, keep: int) -> None:
    """Keep these headers, and of the older ones only the last `keep` numbers."""
    rows = [{"number": b.number, "hash": b.hash, "parent": b.parent, "time": b.time} for b in blocks]
    if rows:
        conn.execute(insert(chain_blocks), rows)
        conn.execute(delete(chain_blocks).where(chain_blocks.c.number < blocks[-1].number - keep))


def blocks_below(conn: Connection, number: int, limit: int) -> list[Block]:
    """Kept headers at or below `number`, highest first."""
    query = select(chain_blocks).where(chain_blocks.c.number <= number)
    return [Block(*row) for row in conn.execute(query.order_by(chain_blocks.c.number.desc()).limit(limit))]


def add_events(conn: Connection, rows: Sequence[EventRow]) -> None:
    if rows:
        conn.execute(insert(chain_events), [_values(row) for row in rows])


def drop_above(conn: Connection, number: int) -> None:
    """Forget events and headers above block `number`, and all derived rows (they are derived anew)."""
    conn.execute(delete(chain_events).where(chain_events.c.block_number > number))
    conn.execute(delete(chain_blocks).where(chain_blocks.c.number > number))
    for table in DERIVED.values():
        conn.execute(delete(table))
    search_flags.index_dropped(conn)


def events(conn: Connection) -> Iterator[EventRow]:
    """All events in the order of the chain."""
    query = select(chain_events).order_by(chain_events.c.block_number, chain_events.c.log_index)
    for row in conn.execute(query.execution_options(yield_per=1000)).mappings():
        yield EventRow(**row)


class Rows:
    """Derived rows by (table, primary key), read when first asked for and written together by `flush`."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._rows: dict[tuple[str, tuple[Any, ...]], dict[str, Any] | None] = {}
        self._changed: set[tuple[str, tuple[Any, ...]]] = set()

    def get(self, table: str, *key: Any) -> dict[str, Any] | None:
        """The row, or None."""
        name = (table, key)
        if name not in self._rows:
            target = DERIVED[table]
            row = self._conn.execute(select(target).where(_has_key(target, key))).mappings().one_or_none()
            self._rows[name] = None if row is None else dict(row)
        return self._rows[name]

    def put(self, table: str, *key: Any, **values: Any) -> None:
        """Set columns of the row; a new row takes exactly `values`."""
        columns = [column.name for column in DERIVED[table].primary_key.columns]
        self._rows[(table, key)] = {
            **dict(zip(columns, key, strict=True)),
            **(self.get(table, *key) or {}),
            **values,
        }
        self._changed.add((table, key))

    def flush(self) -> None:
        """Write what changed."""
        changed = {name: [key for table, key in self._changed if table == name] for name in DERIVED}
        for name, target in DERIVED.items():
            keys = changed[name]
            for key in keys:
                self._conn.execute(delete(target).where(_has_key(target, key)))
            if keys:
                self._conn.execute(insert(target), [self._rows[(name, key)] or {} for key in keys])
        search_flags.index_changed(self._conn, changed)
        self._changed.clear()


def digest(conn: Connection) -> str:
    """SHA-256 over all events and derived rows in canonical order: equal for equal chains."""
    state = hashlib.sha256()
    for table in (chain_events, *DERIVED.values()):
        state.update(table.name.encode() + b"\0")
        names = sorted(column.name for column in table.columns)
        query = select(table).order_by(*table.primary_key.columns)
        for row in conn.execute(query.execution_options(yield_per=1000)).mappings():
            state.update(orjson.dumps([row[name] for name in names], option=orjson.OPT_SORT_KEYS) + b"\n")
    return state.hexdigest()


# --- what others ask ---------------------------------------------------------------------------------------


def history(conn: Connection, subject: str, limit: int = 500) -> list[EventRow]:
    """What happened to a leaf, batch, organisation, enquiry or stream key, in order."""
    query = (
        select(chain_events)
        .where(chain_events.c.subject == subject)
        .order_by(chain_events.c.block_number, chain_events.c.log_index)
        .limit(limit)
    )
    return [EventRow(**row) for row in conn.execute(query).mappings()]


def batch(conn: Connection, batch_id: str) -> dict[str, Any] | None:
    return _one(conn, index_batches, index_batches.c.batch == batch_id)


def batches_of_root(conn: Connection, root: str) -> list[dict[str, Any]]:
    """Batches that registered this root (under whichever issuer or scheme)."""
    return _many(conn, index_batches, index_batches.c.root == root)


def standing(conn: Connection, leaf: str) -> dict[str, Any] | None:
    return _one(conn, index_standings, index_standings.c.leaf == leaf)


def successors(conn: Connection, leaf: str) -> list[str]:
    """Leaves that supersede `leaf` or were made from it."""
    query = select(index_standings.c.leaf).where(index_standings.c.predecessor == leaf)
    return list(conn.execute(query.order_by(index_standings.c.leaf)).scalars())


@dataclass(frozen=True, slots=True)
class Succession:
    """That a leaf took the place of another, or was made out of it. `act`: the name of the event."""

    original: str
    successor: str
    time: int
    act: str


def successions(conn: Connection, leaf: str, limit: int) -> list[Succession]:
    """What superseded a leaf or was made from it, in the order of the chain."""
    return _successions(conn, index_standings.c.predecessor == leaf, limit)


def succeeded(conn: Connection, leaf: str) -> Succession | None:
    """What a leaf superseded or was made from."""
    return next(iter(_successions(conn, index_standings.c.leaf == leaf, 1)), None)


def _successions(conn: Connection, which: ColumnElement[bool], limit: int) -> list[Succession]:
    standing, event = index_standings.c, chain_events.c
    query = (
        select(standing.predecessor, standing.leaf, event.block_time, event.tx_hash)
        .join(chain_events, event.subject == standing.leaf)
        .where(which, event.name == "Succeeded", standing.predecessor.is_not(None))
        .order_by(event.block_number, event.log_index)
        .limit(limit)
    )
    rows = conn.execute(query).all()
    acting = select(event.tx_hash, event.name).where(
        event.name.in_(("Superseded", "Consumed")),
        event.subject.in_({row.predecessor for row in rows}),
        event.tx_hash.in_({row.tx_hash for row in rows}),
    )
    acts = {row.tx_hash: row.name for row in conn.execute(acting)} if rows else {}
    return [Succession(row.predecessor, row.leaf, row.block_time, acts.get(row.tx_hash, "")) for row in rows]


def claims(conn: Connection, leaf: str, *, customs: str | None = None) -> list[dict[str, Any]]:
    """Import claims on a leaf; with `customs` only those of that organisation."""
    by = () if customs is None else (index_claims.c.customs == customs,)
    return _many(conn, index_claims, index_claims.c.leaf == leaf, *by)


def items_used(conn: Connection, leaf: str) -> dict[int, int]:
    """Units used of each item of a leaf of which any were."""
    table = index_items.c
    query = select(table.item, table.used).where(table.leaf == leaf)
    return {row.item: row.used for row in conn.execute(query)}


def enquiry(conn: Connection, enquiry_id: str) -> dict[str, Any] | None:
    return _one(conn, index_enquiries, index_enquiries.c.enquiry == enquiry_id)


def enquiries_for(conn: Connection, organisation: str) -> list[dict[str, Any]]:
    """Enquiries that were asked of an organisation."""
    return _many(conn, index_enquiries, index_enquiries.c.recipient == organisation)


def organisation(conn: Connection, organisation_id: str) -> dict[str, Any] | None:
    return _one(conn, index_organisations, index_organisations.c.organisation == organisation_id)


def organisations(conn: Connection) -> list[dict[str, Any]]:
    return _many(conn, index_organisations)


def keys(conn: Connection, organisation_id: str) -> list[dict[str, Any]]:
    return _many(conn, index_keys, index_keys.c.organisation == organisation_id)


def key(conn: Connection, address: str) -> dict[str, Any] | None:
    return _one(conn, index_keys, index_keys.c.key == address.lower())


def accreditations(conn: Connection, organisation_id: str) -> list[dict[str, Any]]:
    return _many(conn, index_accreditations, index_accreditations.c.organisation == organisation_id)


def council(conn: Connection) -> dict[str, Any] | None:
    return _one(conn, index_council)


def anchors(conn: Connection, stream_key: str) -> list[dict[str, Any]]:
    """A stream's anchored heads, oldest first."""
    query = select(index_anchors).where(index_anchors.c.stream_key == stream_key)
    rows = conn.execute(query.order_by(index_anchors.c["count"])).mappings()
    return [dict(row) for row in rows]


def counts(conn: Connection) -> dict[str, int]:
    """How many rows each derived table holds."""
    return {
        name: int(conn.execute(select(func.count()).select_from(table)).scalar_one())
        for name, table in DERIVED.items()
    }


def _has_key(table: Table, key: Sequence[Any]) -> Any:
    return and_(*(column == part for column, part in zip(table.primary_key.columns, key, strict=True)))


def _one(conn: Connection, table: Table, *where: Any) -> dict[str, Any] | None:
    row = conn.execute(select(table).where(*where)).mappings().one_or_none()
    return None if row is None else dict(row)


def _many(conn: Connection, table: Table, *where: Any) -> list[dict[str, Any]]:
    query = select(table).where(*where).order_by(*table.primary_key.columns)
    return [dict(row) for row in conn.execute(query).mappings()]


def _values(row: EventRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in EventRow.__slots__}
