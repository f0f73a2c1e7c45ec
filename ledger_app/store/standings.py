"""What the index saw happen to certificates on the ledger, for lists and pages. Verification never reads
it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, exists, or_, select

from ledger_app.domain.standing import Role
from ledger_app.store.tables import (
    index_accreditations,
    index_batches,
    index_council,
    index_keys,
    index_organisations,
    index_standings,
)

_ISSUING_ROLES = int(Role.ISSUER | Role.EXPORTER)


def of_leaves(conn: Connection, leaves: Sequence[str]) -> dict[str, dict[str, Any]]:
    """status, reason, used, block_time of each leaf (0x…) to which something happened."""
    table = index_standings
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(leaves), 500):
        query = select(table.c.leaf, table.c.status, table.c.reason, table.c.used, table.c.block_time)
        rows = conn.execute(query.where(table.c.leaf.in_(leaves[start : start + 500]))).mappings()
        found.update((row["leaf"], dict(row)) for row in rows)
    return found


def disowned(conn: Connection, batch_id: str) -> bool:
    """Whether the key that issued the batch (0x…) is disowned as of then, and no good one confirmed it."""
    found = disowned_batches().where(index_batches.c.batch == batch_id)
    return conn.execute(found).first() is not None


def disowned_batches() -> Select[Any]:
    """As `chain.mirror` tells it: by the key at the time of issue, unless a key that is good confirmed it."""
    batches, key, confirming = index_batches.c, index_keys.c, index_keys.alias("confirming").c
    again = exists().where(
        confirming.key == batches.confirmed_key, confirming.disowned_since <= batches.confirmed_at
    )
    query = select(batches.batch).select_from(index_batches).join(index_keys, key.key == batches.key)
    return query.where(key.disowned_since <= batches.block_time, or_(batches.confirmed_key.is_(None), again))


def batch(conn: Connection, batch_id: str) -> dict[str, Any] | None:
    """The batch as the index saw it registered: issuer, scheme, root, count, key, block_number, block_time,
    tx_hash.
    """
    query = select(index_batches).where(index_batches.c.batch == batch_id)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def office(conn: Connection, organisation: str, day: int) -> tuple[str | None, dict[str, int]]:
    """The territory (0x…) of an organisation (0x…) as the index saw it last, and the kinds of its
    accreditations that hold on `day`, by scheme (0x…)."""
    home = select(index_organisations.c.territory).where(index_organisations.c.organisation == organisation)
    right = index_accreditations.c
    held = select(right.scheme, right.kind).where(
        right.organisation == organisation,
        right.kind != 0,
        right.from_day <= day,
        (right.until_day == 0) | (right.until_day >= day),
    )
    return conn.execute(home).scalar_one_or_none(), {row.scheme: row.kind for row in conn.execute(held)}


def may_issue(conn: Connection, issuer: str, scheme: str, key: str, *, registry: str, now: int) -> bool:
    """Whether, by what the index saw last, `key` may issue for `issuer` under `scheme` (0x…) at this moment.

    True is a good guess that saves a question to the node; the contract decides. False says nothing.
    """
    day = now // 86_400
    right = index_accreditations
    held = index_organisations.c.roles.op("&")(_ISSUING_ROLES) != 0
    query = (
        select(index_keys.c.key)
        .join(index_organisations, index_organisations.c.organisation == index_keys.c.organisation)
        .join(right, right.c.organisation == index_keys.c.organisation)
        .where(
            index_keys.c.key == key,
            index_keys.c.organisation == issuer,
            index_keys.c.ended_at.is_(None),
            index_keys.c.disowned_since.is_(None),
            held,
            right.c.scheme == scheme,
            right.c.kind != 0,
            right.c.from_day <= day,
            (right.c.until_day == 0) | (right.c.until_day >= day),
        )
    )
    if conn.execute(query).first() is None:
        return False
    council = conn.execute(select(index_council.c.paused_until, index_council.c.sealed)).first()
    return council is not None and council.paused_until <= now and registry not in council.sealed
