"""The anchors of cargo streams: acts of ours, and what the follower has read of the ledger."""

import time
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from ledger_app.store.acts import DEAD, DONE, SETTLED
from ledger_app.store.tables import index_anchors
from ledger_app.store.tables_cargo import cargo_anchors, cargo_events, cargo_streams
from ledger_app.store.tables_records import acts


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """One anchoring act of a stream, with the act's state."""

    act_id: str
    stream_id: str
    count: int
    head: str
    previous: str
    created_at: int
    state: str
    tx_hash: str | None
    block_number: int | None
    updated_at: int
    reason: str | None

    @property
    def dead(self) -> bool:
        """It came to nothing."""
        return self.state in DEAD

    @property
    def settled(self) -> bool:
        """Nothing more will happen to it."""
        return self.state in SETTLED

    @property
    def done(self) -> bool:
        """It is on the ledger, as far as this installation has seen."""
        return self.state in DONE


def add_anchor(
    conn: Connection, act_id: str, stream_id: str, *, count: int, head: str, previous: str
) -> None:
    """Record that the act anchors the stream's first `count` events."""
    now = int(time.time())
    conn.execute(
        insert(cargo_anchors).values(
            act_id=act_id, stream_id=stream_id, count=count, head=head, previous=previous, created_at=now
        )
    )


def anchors_of(conn: Connection, stream_id: str) -> list[AnchorRow]:
    """All anchoring acts of the stream with their states, oldest first."""
    query = (
        select(
            cargo_anchors, acts.c.state, acts.c.tx_hash, acts.c.block_number, acts.c.updated_at, acts.c.reason
        )
        .join(acts, acts.c.id == cargo_anchors.c.act_id)
        .where(cargo_anchors.c.stream_id == stream_id)
        .order_by(cargo_anchors.c.act_id)
    )
    return [AnchorRow(**row) for row in conn.execute(query).mappings()]


def anchor_of_act(conn: Connection, act_id: str) -> AnchorRow | None:
    """The anchor that the act makes."""
    query = (
        select(
            cargo_anchors, acts.c.state, acts.c.tx_hash, acts.c.block_number, acts.c.updated_at, acts.c.reason
        )
        .join(acts, acts.c.id == cargo_anchors.c.act_id)
        .where(cargo_anchors.c.act_id == act_id)
    )
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else AnchorRow(**row)


def streams_to_anchor(conn: Connection) -> list[str]:
    """Ids of streams that hold events no anchor covers, and have no anchoring act on its way."""
    covered = (
        select(func.coalesce(func.max(cargo_anchors.c.count), 0))
        .join(acts, acts.c.id == cargo_anchors.c.act_id)
        .where(cargo_anchors.c.stream_id == cargo_streams.c.id, acts.c.state.in_(DONE))
        .scalar_subquery()
    )
    events = (
        select(func.count())
        .where(cargo_events.c.stream_id == cargo_streams.c.id)
        .correlate(cargo_streams)
        .scalar_subquery()
    )
    waiting = (
        select(cargo_anchors.c.act_id)
        .join(acts, acts.c.id == cargo_anchors.c.act_id)
        .where(cargo_anchors.c.stream_id == cargo_streams.c.id, acts.c.state.not_in(SETTLED))
        .exists()
    )
    query = select(cargo_streams.c.id).where(events > covered, ~waiting).order_by(cargo_streams.c.id)
    return [str(row.id) for row in conn.execute(query)]


@dataclass(frozen=True, slots=True)
class SeenAnchor:
    """An anchor as the follower read it from the ledger."""

    head: str
    count: int
    block_number: int
    block_time: int
    tx_hash: str


def anchors_seen(conn: Connection, reporter: str, stream: str) -> list[SeenAnchor]:
    """The anchors of a stream in the index of the ledger, in ascending count."""
    columns = (
        index_anchors.c.head,
        index_anchors.c.count,
        index_anchors.c.block_number,
        index_anchors.c.block_time,
        index_anchors.c.tx_hash,
    )
    query = (
        select(*columns)
        .where(index_anchors.c.reporter == reporter, index_anchors.c.stream == stream)
        .order_by(index_anchors.c.count)
    )
    return [SeenAnchor(**row) for row in conn.execute(query).mappings()]
