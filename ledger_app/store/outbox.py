"""What is to be written to the chain, and how far each item has come.

An outbox row is an intention: a contract, its calldata, and the act it carries. A `transactions` row is one
signed attempt at it; its raw bytes are committed before they are first broadcast and kept for ever. Each
function that moves an item moves its act as well, in the caller's transaction.

Item and act: `queued → broadcast → included → final`, or `reverted`, `needs-signature`. An item without a
transaction under way that is `included` was found done by another's.
Transaction:  `signed → included → final`, or `replaced` when its nonce was used by other bytes. Several
may bid for one nonce (`store.bids`).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from ledger_app.errors import Broken
from ledger_app.store import search_flags
from ledger_app.store.tables import outbox, transactions
from ledger_app.store.tables_records import acts

#: Transactions that may still need sending or watching.
OPEN = ("signed", "included")


@dataclass(frozen=True, slots=True)
class Item:
    """One intention. `act_…` and `deadline` come from the act, when there is one; `attempts` counts its
    nonces. `context`: why it was refused, or the `block` and `hash` that it was found done at."""

    id: int
    act_id: str | None
    contract: str
    calldata: bytes
    state: str
    context: dict[str, Any] | None
    act_kind: str | None
    act_message: dict[str, Any]
    act_call: dict[str, Any]
    deadline: int | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """One signed attempt. `outbox_id` is None for the self-transfer that burns nonce 0."""

    id: int
    sender: str
    nonce: int
    outbox_id: int | None
    raw: bytes
    hash: str
    state: str
    bid: int
    creates: str | None
    block_number: int | None
    block_hash: str | None


def enqueue(conn: Connection, *, act_id: str | None, contract: str, calldata: bytes) -> int:
    """Add an intention and set its act to `queued`. `contract` is an address, or "" to create one from
    `calldata`.

    Items are sent in the order of the returned id. Call it in the transaction that writes the domain record.
    """
    now = int(time.time())
    item_id = conn.execute(
        insert(outbox)
        .values(
            act_id=act_id,
            contract=contract,
            calldata=calldata,
            state="queued",
            created_at=now,
            updated_at=now,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    _move_act(conn, item_id, now, state="queued", reason=None)
    return int(item_id)


def queued(conn: Connection, limit: int) -> list[Item]:
    """The oldest items that no transaction carries yet; creations are planned elsewhere (their nonce
    matters).
    """
    waiting = (outbox.c.state == "queued") & (outbox.c.contract != "")
    query = _items().where(waiting).order_by(outbox.c.id).limit(limit)
    return [_item(row) for row in conn.execute(query)]


def found(conn: Connection, limit: int = 1_000) -> list[Item]:
    """The oldest items that are done by another transaction than ours, and not final."""
    ours = select(transactions.c.id).where(
        transactions.c.outbox_id == outbox.c.id, transactions.c.state.in_(OPEN)
    )
    query = _items().where(outbox.c.state == "included", ~ours.exists()).order_by(outbox.c.id).limit(limit)
    return [_item(row) for row in conn.execute(query)]


def unfinished(conn: Connection, sender: str) -> bool:
    """Whether anything waits to be sent, or to become final."""
    return bool(queued(conn, 1) or open_transactions(conn, sender, 1) or found(conn, 1))


def items(conn: Connection, ids: Sequence[int]) -> dict[int, Item]:
    """The items with these ids."""
    return {row.id: _item(row) for row in conn.execute(_items().where(outbox.c.id.in_(ids)))}


def counts(conn: Connection) -> dict[str, int]:
    """How many items are in each state."""
    rows = conn.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {row[0]: row[1] for row in rows}


def open_transactions(conn: Connection, sender: str, limit: int = 10_000) -> list[Transaction]:
    """The sender's transactions that are not final, in nonce order, higher bids for a nonce last."""
    query = (
        select(transactions)
        .where(transactions.c.sender == sender, transactions.c.state.in_(OPEN))
        .order_by(transactions.c.nonce, transactions.c.bid)
        .limit(limit)
    )
    return [_transaction(row) for row in conn.execute(query)]


def transactions_from(conn: Connection, sender: str, nonce: int) -> list[Transaction]:
    """The sender's transactions from `nonce` on, whatever their state, in nonce order."""
    query = (
        select(transactions)
        .where(transactions.c.sender == sender, transactions.c.nonce >= nonce)
        .order_by(transactions.c.nonce, transactions.c.bid)
    )
    return [_transaction(row) for row in conn.execute(query)]


def next_nonce(conn: Connection, sender: str) -> int:
    """One above the highest nonce that was ever signed for `sender` here; zero at first."""
    highest = conn.execute(
        select(func.max(transactions.c.nonce)).where(transactions.c.sender == sender)
    ).scalar_one()
    return 0 if highest is None else int(highest) + 1


def record_signed(
    conn: Connection,
    *,
    sender: str,
    nonce: int,
    outbox_id: int | None,
    raw: bytes,
    tx_hash: str,
    chain_nonce: int,
    creates: str | None = None,
) -> None:
    """Keep the bytes of a transaction that is about to be sent; its item leaves the queue.

    chain_nonce: how many of the sender's transactions the chain holds. Raises Broken `NONCE_GAP` when
    `nonce` is not the next one: a gap would strand everything behind it.
    """
    expected = max(next_nonce(conn, sender), chain_nonce)
    if nonce != expected:
        raise Broken("NONCE_GAP", f"nonce {nonce} where {expected} is next")
    now = int(time.time())
    conn.execute(
        insert(transactions).values(
            sender=sender,
            nonce=nonce,
            outbox_id=outbox_id,
            raw=raw,
            hash=tx_hash,
            state="signed",
            creates=creates,
            created_at=now,
            updated_at=now,
        )
    )
    if outbox_id is not None:
        _move(conn, outbox_id, now, "broadcast", reason=None, tx_hash=tx_hash, block_number=None)


def mark_included(
    conn: Connection,
    tx: Transaction,
    *,
    block_number: int,
    block_hash: str,
    gas_used: int,
    ok: bool,
    final: bool,
) -> None:
    """A receipt was seen. `ok` is its status; `final` when it is deep enough never to be replaced.

    With `ok` false only the transaction moves: what becomes of the item is decided by the contract's state.
    """
    now = int(time.time())
    state = "final" if final else "included"
    conn.execute(
        update(transactions)
        .where(transactions.c.id == tx.id)
        .values(
            state=state,
            block_number=block_number,
            block_hash=block_hash,
            gas_used=gas_used,
            ok=ok,
            updated_at=now,
        )
    )
    if ok and tx.outbox_id is not None:
        _move(
            conn,
            tx.outbox_id,
            now,
            state,
            reason=None,
            tx_hash=tx.hash,
            block_number=block_number,
            gas_used=gas_used,
        )


def mark_orphaned(conn: Connection, tx: Transaction) -> None:
    """The block that held it was replaced: the same bytes are sent again."""
    now = int(time.time())
    conn.execute(
        update(transactions)
        .where(transactions.c.id == tx.id)
        .values(state="signed", block_number=None, block_hash=None, gas_used=None, ok=None, updated_at=now)
    )
    if tx.outbox_id is not None:
        item = outbox.c.id == tx.outbox_id
        conn.execute(update(outbox).where(item).values(state="broadcast", updated_at=now))
        _move_act(conn, tx.outbox_id, now, state="orphaned", block_number=None, gas_used=None)


def mark_replaced(conn: Connection, tx: Transaction) -> None:
    """Its nonce was used by other bytes: it can never be included. Its item goes back to the queue."""
    now = int(time.time())
    conn.execute(
        update(transactions).where(transactions.c.id == tx.id).values(state="replaced", updated_at=now)
    )
    if tx.outbox_id is not None:
        requeue(conn, tx.outbox_id)


def requeue(conn: Connection, item_id: int) -> None:
    """Send the same signed act again, under a new nonce."""
    _move(conn, item_id, int(time.time()), "queued", reason=None, tx_hash=None, block_number=None)


def found_done(conn: Connection, item_id: int, *, block: int, block_hash: str, final: bool) -> None:
    """The act's effect is on the ledger, as of this block, by another transaction than ours: `final` when it
    is that deep, else `included` and in `found`.
    """
    context = {"block": block, "hash": block_hash}
    conn.execute(update(outbox).where(outbox.c.id == item_id).values(context=context))
    _move(conn, item_id, int(time.time()), "final" if final else "included", reason=None, block_number=None)


def found_act(conn: Connection, act_id: str, *, block: int, block_hash: str) -> bool:
    """The same for an act, not final yet; False when it does not wait in the queue."""
    mine = (outbox.c.act_id == act_id) & (outbox.c.state == "queued")
    item_id = conn.execute(select(outbox.c.id).where(mine)).scalar()
    if item_id is not None:
        found_done(conn, item_id, block=block, block_hash=block_hash, final=False)
    return item_id is not None


def settle(conn: Connection, item_id: int) -> None:
    """The block that it was found done at is final now."""
    _move(conn, item_id, int(time.time()), "final", reason=None)


def settle_act(conn: Connection, act_id: str) -> None:
    """An act's effect is on the ledger, and final, whether or not the act was queued here."""
    now = int(time.time())
    conn.execute(
        update(outbox).where(outbox.c.act_id == act_id).values(state="final", reason=None, updated_at=now)
    )
    conn.execute(update(acts).where(acts.c.id == act_id).values(state="final", reason=None, updated_at=now))
    search_flags.act_moved(conn, act_id, "final")


def lose(conn: Connection, item_id: int) -> None:
    """The block that it was found done at was replaced: it is sent again, if it has to be."""
    now = int(time.time())
    conn.execute(update(outbox).where(outbox.c.id == item_id).values(state="queued", updated_at=now))
    _move_act(conn, item_id, now, state="orphaned", reason=None)


def refuse(conn: Connection, item_id: int, reason: str, context: dict[str, Any]) -> None:
    """The contract refuses the act, and always will as it stands."""
    now = int(time.time())
    conn.execute(update(outbox).where(outbox.c.id == item_id).values(context=context))
    _move(conn, item_id, now, "reverted", reason=reason, context=context)


def lapse(conn: Connection, item_id: int, reason: str) -> None:
    """The act's signatures ran out before it was on the ledger: they are dropped, new ones are needed."""
    now = int(time.time())
    _move(conn, item_id, now, "needs-signature", reason=reason, signatures=[])


def _items() -> Any:
    return select(
        outbox.c.id,
        outbox.c.act_id,
        outbox.c.contract,
        outbox.c.calldata,
        outbox.c.state,
        outbox.c.context,
        acts.c.kind,
        acts.c.message,
        acts.c.call,
        acts.c.deadline,
        select(func.count())
        .select_from(transactions)
        .where(transactions.c.outbox_id == outbox.c.id, transactions.c.bid == 0)
        .scalar_subquery()
        .label("attempts"),
    ).select_from(outbox.outerjoin(acts, acts.c.id == outbox.c.act_id))


def _item(row: Row[Any]) -> Item:
    return Item(
        row.id,
        row.act_id,
        row.contract,
        row.calldata,
        row.state,
        row.context,
        row.kind,
        row.message or {},
        row.call or {},
        row.deadline,
        row.attempts,
    )


def _transaction(row: Row[Any]) -> Transaction:
    return Transaction(
        row.id,
        row.sender,
        row.nonce,
        row.outbox_id,
        row.raw,
        row.hash,
        row.state,
        row.bid,
        row.creates,
        row.block_number,
        row.block_hash,
    )


def _move(conn: Connection, item_id: int, now: int, state: str, *, reason: str | None, **act: Any) -> None:
    conn.execute(
        update(outbox).where(outbox.c.id == item_id).values(state=state, reason=reason, updated_at=now)
    )
    _move_act(conn, item_id, now, state=state, reason=reason, **act)


def _move_act(conn: Connection, item_id: int, now: int, **values: Any) -> None:
    act_id = select(outbox.c.act_id).where(outbox.c.id == item_id).scalar_subquery()
    conn.execute(update(acts).where(acts.c.id == act_id).values(updated_at=now, **values))
    if "state" in values:
        search_flags.act_moved(conn, act_id, values["state"])
