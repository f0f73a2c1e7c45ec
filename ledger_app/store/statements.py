"""Checkpoints, trust snapshots and split views, and the events they are computed from."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from ledger_app.store.ids import new_id
from ledger_app.store.tables import chain_events
from ledger_app.store.tables_statements import split_views, statements

CHECKPOINT: Final = "checkpoint"
SNAPSHOT: Final = "snapshot"


@dataclass(frozen=True, slots=True)
class Row:
    """One kept statement; `file` is the whole file, `digest` what its signers signed (`0x…`). `held`: it was
    held against what the ledger held at its block, or made from that."""

    digest: str
    kind: str
    block: int
    batches: int | None
    expires: int
    own: bool
    held: bool
    file: bytes
    created_at: int


@dataclass(frozen=True, slots=True)
class SplitView:
    """Two statements (their digests) that contradict each other, and how. Only one is kept where the other
    is what this installation itself comes to."""

    id: str
    first: str
    second: str
    detail: str
    found_at: int


def add(
    conn: Connection,
    *,
    digest: str,
    kind: str,
    block: int,
    batches: int | None,
    expires: int,
    own: bool,
    held: bool,
    file: bytes,
) -> bool:
    """Keep a statement; False when it is kept already. One that was seen elsewhere before it was signed here
    becomes our own."""
    known = get(conn, digest)
    if known is not None:
        if own and not known.own:
            row = statements.c.digest == digest
            conn.execute(update(statements).where(row).values(own=True, held=True, file=file))
        return False
    conn.execute(
        insert(statements).values(
            digest=digest,
            kind=kind,
            block=block,
            batches=batches,
            expires=expires,
            own=own,
            held=held,
            file=file,
            created_at=int(time.time()),
        )
    )
    return True


def get(conn: Connection, digest: str) -> Row | None:
    """The statement with this digest, or None."""
    row = conn.execute(select(statements).where(statements.c.digest == digest)).mappings().one_or_none()
    return None if row is None else Row(**row)


def newest(conn: Connection, kind: str, now: int) -> Row | None:
    """The one of this kind about the latest block that is still good at `now`, among those signed here."""
    query = (
        select(statements)
        .where(statements.c.kind == kind, statements.c.own, statements.c.expires >= now)
        .order_by(statements.c.block.desc(), statements.c.expires.desc())
        .limit(1)
    )
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else Row(**row)


def listed(conn: Connection, kind: str | None = None, limit: int = 200) -> list[Row]:
    """Kept statements, those about the latest blocks first."""
    query = select(statements).order_by(statements.c.block.desc(), statements.c.created_at.desc())
    if kind is not None:
        query = query.where(statements.c.kind == kind)
    return [Row(**row) for row in conn.execute(query.limit(limit)).mappings()]


def each(conn: Connection) -> Iterator[Row]:
    """Every kept statement."""
    for row in conn.execute(select(statements).execution_options(yield_per=200)).mappings():
        yield Row(**row)


def count_foreign(conn: Connection) -> int:
    """How many are kept that were not signed at the request of this installation."""
    query = select(func.count()).select_from(statements).where(statements.c.own.is_(False))
    return int(conn.execute(query).scalar_one())


def not_held(conn: Connection, until: int, limit: int) -> list[Row]:
    """Those about blocks up to `until` that were not yet held against the ledger, oldest first."""
    query = select(statements).where(statements.c.held.is_(False), statements.c.block <= until)
    ordered = query.order_by(statements.c.created_at, statements.c.digest).limit(limit)
    return [Row(**row) for row in conn.execute(ordered).mappings()]


def set_held(conn: Connection, digest: str) -> None:
    conn.execute(update(statements).where(statements.c.digest == digest).values(held=True))


def council(conn: Connection, epoch: int) -> dict[str, Any] | None:
    """The council of an epoch, as the index read it: its event's arguments (epoch, members, threshold)."""
    query = select(chain_events.c.args).where(chain_events.c.name == "CouncilChanged")
    return next((args for args in conn.execute(query).scalars() if args["epoch"] == epoch), None)


def are_kept(conn: Connection, digests: Sequence[str]) -> set[str]:
    """Those of the digests that are of kept statements."""
    return set(conn.execute(select(statements.c.digest).where(statements.c.digest.in_(digests))).scalars())


def add_split(conn: Connection, first: str, second: str, detail: str) -> None:
    """Record that two statements contradict each other; once for each pair."""
    a, b = sorted((first, second))
    known = select(split_views.c.id).where(split_views.c.first == a, split_views.c.second == b)
    if conn.execute(known).first() is None:
        values = {"id": new_id(), "first": a, "second": b, "detail": detail[:400]}
        conn.execute(insert(split_views).values(**values, found_at=int(time.time())))


def splits(conn: Connection, limit: int = 200) -> list[SplitView]:
    """Contradictions found, newest first."""
    query = select(split_views).order_by(split_views.c.id.desc()).limit(limit)
    return [SplitView(**row) for row in conn.execute(query).mappings()]


def count_splits(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(split_views)).scalar_one())


def events(
    conn: Connection, names: Sequence[str], *, above: int, until: int
) -> Iterator[tuple[str, dict[str, Any], int]]:
    """(name, arguments, block time) of the events with these names, of the blocks after `above` up to
    `until`, in the order of the chain."""
    table = chain_events
    query = (
        select(table.c.name, table.c.args, table.c.block_time)
        .where(table.c.block_number > above, table.c.block_number <= until, table.c.name.in_(names))
        .order_by(table.c.block_number, table.c.log_index)
    )
    for row in conn.execute(query.execution_options(yield_per=2000)):
        yield row.name, row.args, row.block_time
