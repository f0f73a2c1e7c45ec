"""Idempotency keys: a request repeated under the same key has one effect and one answer.

Used inside the write transaction that makes the effect. Write transactions take turns (`store.engine`), so of
two equal requests at once the second one finds the first one's answer.
"""

import time
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from ledger_app.errors import Conflict
from ledger_app.store.tables_records import idempotency_keys as table


def recall(conn: Connection, owner: str, key: str, request: str) -> Any | None:
    """The answer given under `key` before, or None for a new key.

    `request` is a hash of method, path and body. Raises Conflict `IDEMPOTENCY_KEY_REUSED` when the key was
    used for another request.
    """
    query = select(table.c.request, table.c.response).where(table.c.owner == owner, table.c.key == key)
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    if row.request != request:
        raise Conflict("IDEMPOTENCY_KEY_REUSED")
    return row.response


def remember(conn: Connection, owner: str, key: str, request: str, response: Any) -> None:
    """Keep the answer, in the transaction that made the effect."""
    conn.execute(
        insert(table).values(
            owner=owner, key=key, request=request, response=response, created_at=int(time.time())
        )
    )


def forget_before(conn: Connection, moment: int) -> int:
    """Drop keys older than `moment` (Unix seconds); gives how many."""
    return conn.execute(delete(table).where(table.c.created_at < moment)).rowcount
