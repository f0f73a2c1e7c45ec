"""How far the work has come: what waits, since when, and who sends it."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, QueuePool, func, select

from ledger_app.store import index, lease, outbox
from ledger_app.store.acts import NEEDS_SIGNATURE
from ledger_app.store.engine import Store
from ledger_app.store.index import Block
from ledger_app.store.tables import leases, transactions
from ledger_app.store.tables import outbox as items
from ledger_app.store.tables_records import acts

#: States of an item that somebody still has to move along.
WAITING = ("queued", "broadcast", "included")
SENDING = ("queued", "broadcast")


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many, the longest of them since `since` (Unix seconds); `since` zero = none."""

    count: int = 0
    since: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at the store.

    outbox: items by state. unsigned: acts that wait for a signature, by desk. nonces: of transactions that
    may still need sending, ascending. lease: the holder and the end (Unix seconds) of the sender's lease.
    """

    cursor: Block | None
    outbox: dict[str, Waiting] = field(default_factory=dict)
    unsigned: dict[str, Waiting] = field(default_factory=dict)
    nonces: tuple[int, ...] = ()
    next_nonce: int = 0
    lease: tuple[str, int] | None = None

    @property
    def sending(self) -> Waiting:
        """What is to be sent, or was sent and is in no block yet."""
        found = [self.outbox[state] for state in SENDING if state in self.outbox]
        return Waiting(sum(row.count for row in found), min((row.since for row in found), default=0))

    @property
    def signatures(self) -> Waiting:
        """What waits for signatures, of all desks."""
        found = list(self.unsigned.values())
        return Waiting(sum(row.count for row in found), min((row.since for row in found), default=0))


def look(conn: Connection, sender: str | None) -> Progress:
    """How things stand; of nonces and lease only where `sender` (an address) is known."""
    waiting = conn.execute(
        select(items.c.state, func.count(), func.min(items.c.updated_at))
        .where(items.c.state.in_(WAITING))
        .group_by(items.c.state)
    )
    unsigned = conn.execute(
        select(acts.c.organisation, func.count(), func.min(acts.c.updated_at))
        .where(acts.c.state == NEEDS_SIGNATURE)
        .group_by(acts.c.organisation)
    )
    found = Progress(
        cursor=index.cursor(conn),
        outbox={state: Waiting(count, since) for state, count, since in waiting},
        unsigned={desk: Waiting(count, since) for desk, count, since in unsigned},
    )
    if sender is None:
        return found
    nonces = conn.execute(
        select(transactions.c.nonce)
        .distinct()
        .where(transactions.c.sender == sender, transactions.c.state.in_(outbox.OPEN))
        .order_by(transactions.c.nonce)
        .limit(10_000)
    )
    held = conn.execute(
        select(leases.c.holder, leases.c.expires_at).where(leases.c.name == lease.submitter(sender))
    ).one_or_none()
    return Progress(
        found.cursor,
        found.outbox,
        found.unsigned,
        tuple(nonces.scalars()),
        outbox.next_nonce(conn, sender),
        None if held is None else (held.holder, int(held.expires_at)),
    )


def connections(store: Store) -> dict[str, int]:
    """This process's pool of connections: how many are `in-use` and `idle`."""
    pool = store.engine.pool
    if not isinstance(pool, QueuePool):
        return {}
    return {"in-use": pool.checkedout(), "idle": pool.checkedin()}
