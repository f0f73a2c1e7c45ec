"""Small named JSON values that the service keeps for itself."""

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ledger_app.store.tables import meta


def get(conn: Connection, key: str) -> Any | None:
    """The value under `key`, or None."""
    return conn.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()


def put(conn: Connection, key: str, value: Any) -> None:
    """Set `key` to a JSON value (in a write transaction)."""
    if conn.execute(update(meta).where(meta.c.key == key).values(value=value)).rowcount == 0:
        conn.execute(insert(meta).values(key=key, value=value))


def drop(conn: Connection, key: str) -> None:
    """Forget `key`."""
    conn.execute(delete(meta).where(meta.c.key == key))
