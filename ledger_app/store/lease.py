"""Leases: one process at a time does a named thing (one submitter per sender, one follower per index).

A lease runs out by itself, so a killed holder blocks nobody for longer than its term. The holder checks in
every write transaction that it still has the lease (`require`): a process that slept past its term and was
replaced writes nothing.
"""

import os
import secrets
import socket
import time

from sqlalchemy import Connection, insert, select, update

from ledger_app.errors import Unavailable
from ledger_app.store.tables import leases


def holder_name() -> str:
    """A name for this process as a holder; it tells others on this machine whether it still lives."""
    return f"{socket.gethostname()[:32]}/{os.getpid()}/{secrets.token_hex(6)}"


def is_here(holder: str) -> bool:
    """Whether a holder is a process of this machine."""
    return holder.partition("/")[0] == socket.gethostname()[:32]


def submitter(sender: str) -> str:
    """The name of the lease to send transactions of `sender` (an address)."""
    return f"submitter/{sender}"


def acquire(conn: Connection, name: str, holder: str, seconds: int) -> bool:
    """Take or extend the lease `name` for `holder`; False while somebody else has it."""
    now = int(time.time())
    row = conn.execute(select(leases).where(leases.c.name == name)).one_or_none()
    if row is None:
        conn.execute(insert(leases).values(name=name, holder=holder, expires_at=now + seconds))
        return True
    # No honest term ends later: a clock that was ahead wrote it. Taking it does no harm, by `require`.
    taken = now < row.expires_at <= now + 2 * seconds
    if row.holder != holder and taken and not _died_here(row.holder):
        return False
    conn.execute(update(leases).where(leases.c.name == name).values(holder=holder, expires_at=now + seconds))
    return True


def require(conn: Connection, name: str, holder: str) -> None:
    """Raise Unavailable `LEASE_LOST` unless `holder` has the lease in this write transaction.

    A term that ran out does no harm as long as nobody else has taken over: write transactions take turns.
    """
    current = conn.execute(select(leases.c.holder).where(leases.c.name == name)).scalar_one_or_none()
    if current != holder:
        raise Unavailable("LEASE_LOST")


def release(conn: Connection, name: str, holder: str) -> None:
    """Give the lease up, so that the next holder need not wait for its end."""
    conn.execute(update(leases).where(leases.c.name == name, leases.c.holder == holder).values(expires_at=0))


def _died_here(holder: str) -> bool:
    """Whether the holder was a process of this machine that is gone: no need to wait for its term's end.

    A wrong guess (process ids of another container) is harmless: the old holder's next `require` fails.
    """
    pid = holder.partition("/")[2].partition("/")[0]
    if not is_here(holder) or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
