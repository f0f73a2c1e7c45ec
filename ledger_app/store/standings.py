"""What the index saw happen to certificates on the ledger, for lists and pages. Verification never reads
it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from ledger_app.store.tables import index_batches, index_standings


def of_leaves(conn: Connection, leaves: Sequence[str]) -> dict[str, dict[str, Any]]:
    """status, reason, used, block_time of each leaf (0x…) to which something happened."""
    table = index_standings
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(leaves), 500):
        query = select(table.c.leaf, table.c.status, table.c.reason, table.c.used, table.c.block_time)
        rows = conn.execute(query.where(table.c.leaf.in_(leaves[start : start + 500]))).mappings()
        found.update((row["leaf"], dict(row)) for row in rows)
    return found


def batch(conn: Connection, batch_id: str) -> dict[str, Any] | None:
    """The batch as the index saw it registered: issuer, scheme, root, count, key, block_number, block_time,
    tx_hash.
    """
    query = select(index_batches).where(index_batches.c.batch == batch_id)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)
