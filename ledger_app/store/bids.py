"""Further bids for a nonce: the same transaction for a higher fee, while none of them is final.

The bids of a nonce are rows of `transactions`; bid 0 is the first. Either may be mined, so all of them stay
open until one is final, and only the first counts as an attempt at its item.
"""

import time

from sqlalchemy import Connection, func, insert, select, update

from ledger_app.store.outbox import Transaction
from ledger_app.store.tables import transactions


def record(conn: Connection, tx: Transaction, *, raw: bytes, tx_hash: str) -> bool:
    """Keep the bytes of a bid above `tx`, about to be sent; False when `tx` waits no longer."""
    mine = (transactions.c.sender == tx.sender) & (transactions.c.nonce == tx.nonce)
    row = conn.execute(select(transactions.c.state).where(transactions.c.id == tx.id)).scalar_one()
    if row != "signed":
        return False
    highest = conn.execute(select(func.max(transactions.c.bid)).where(mine)).scalar_one()
    now = int(time.time())
    conn.execute(
        insert(transactions).values(
            sender=tx.sender,
            nonce=tx.nonce,
            bid=highest + 1,
            outbox_id=tx.outbox_id,
            raw=raw,
            hash=tx_hash,
            state="signed",
            creates=tx.creates,
            created_at=now,
            updated_at=now,
        )
    )
    return True


def close(conn: Connection, final: Transaction) -> None:
    """One of the bids is final: the others can never be mined."""
    others = (
        (transactions.c.sender == final.sender)
        & (transactions.c.nonce == final.nonce)
        & (transactions.c.id != final.id)
        & (transactions.c.state != "replaced")
    )
    conn.execute(update(transactions).where(others).values(state="replaced", updated_at=int(time.time())))
