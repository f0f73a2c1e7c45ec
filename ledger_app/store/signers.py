"""When each signer last asked for work."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from ledger_app.store.tables_records import signers_seen

#: So many desks are remembered at most; an installation serves a few organisations.
_MOST = 1000


def note(conn: Connection, seen: Mapping[str, int]) -> None:
    """Remember when desks (organisation id, or a council member's address) asked, Unix seconds."""
    for desk, when in sorted(seen.items()):
        changed = conn.execute(update(signers_seen).where(signers_seen.c.desk == desk).values(seen_at=when))
        if changed.rowcount == 0:
            conn.execute(insert(signers_seen).values(desk=desk, seen_at=when))


def last_seen(conn: Connection) -> dict[str, int]:
    """When each desk last asked, the latest first."""
    query = select(signers_seen).order_by(signers_seen.c.seen_at.desc()).limit(_MOST)
    return {row.desk: int(row.seen_at) for row in conn.execute(query)}
