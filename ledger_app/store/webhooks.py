"""Webhook endpoints, what is to be delivered to them, and the log of every attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, case, delete, func, insert, select, update

from ledger_app.store.tables import leases
from ledger_app.store.tables_recipients import (
    notices,
    webhook_attempts,
    webhook_deliveries,
    webhook_endpoints,
)

ACTIVE: Final = "active"
DISABLED: Final = "disabled"
REMOVED: Final = "removed"
PENDING: Final = "pending"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"
LEASE: Final = "webhooks"
"""The lease of the one process that delivers."""

_E, _D = webhook_endpoints.c, webhook_deliveries.c


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an organisation wants to be told. `sealed` opens (context `webhooks/<id>`) to `{"url",
    "secrets"}`, None once removed. `outside`: it gets only what is sent to it by name. Times in Unix seconds.
    """

    id: str
    organisation: str
    outside: bool
    label: str
    host: str
    types: list[str]
    state: str
    reason: str | None
    sealed: bytes | None
    failures: int
    failing_since: int | None
    not_before: int
    delivered_at: int | None
    created_at: int
    updated_at: int

    def wants(self, type_: str) -> bool:
        """Whether it is to get notices of this type."""
        return self.state == ACTIVE and (not self.types or type_ in self.types)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice on its way to one endpoint. `attempts` counts all, `tries` those since it was last asked
    for, at `asked_at`; `status` and `error` are the last attempt's. `message`, `type` and `leaf` are
    the notice's.
    """

    id: int
    endpoint_id: str
    notice_id: int
    state: str
    attempts: int
    tries: int
    asked_at: int
    next_at: int
    status: int | None
    error: str | None
    created_at: int
    updated_at: int
    message: str
    type: str
    leaf: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: when, for how many milliseconds, the answer's status, and what failed (None = nothing)."""

    delivery_id: int
    number: int
    at: int
    ms: int
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many deliveries wait at active endpoints, since when the oldest has been there, since when the
    first has been due, and when the lease to deliver ends; Unix seconds, zero = none.
    """

    count: int
    since: int
    due_since: int
    lease_until: int


@dataclass(frozen=True, slots=True)
class Unheard:
    """An endpoint that takes nothing: disabled, or failing since then (Unix seconds). `missed`: deliveries
    that it has not taken."""

    organisation: str
    disabled: bool
    failing_since: int
    missed: int


# --- endpoints ---------------------------------------------------------------------------------------------


def add_endpoint(conn: Connection, endpoint: Endpoint) -> None:
    conn.execute(insert(webhook_endpoints).values({n: getattr(endpoint, n) for n in Endpoint.__slots__}))


def endpoint(conn: Connection, endpoint_id: str) -> Endpoint | None:
    """The endpoint with this id, a removed one included."""
    row = conn.execute(select(webhook_endpoints).where(_E.id == endpoint_id)).mappings().one_or_none()
    return None if row is None else Endpoint(**row)


def endpoints_of(conn: Connection, organisations: Sequence[str]) -> list[Endpoint]:
    """The endpoints of these organisations, oldest first, without removed ones."""
    query = select(webhook_endpoints).where(_E.organisation.in_(organisations), _E.state != REMOVED)
    return [Endpoint(**row) for row in conn.execute(query.order_by(_E.id)).mappings()]


def labels(conn: Connection, endpoint_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Label and host of these endpoints, removed ones included."""
    query = select(_E.id, _E.label, _E.host).where(_E.id.in_(endpoint_ids))
    return {row.id: (row.label, row.host) for row in conn.execute(query)}


def change_endpoint(conn: Connection, endpoint_id: str, now: int, **values: Any) -> None:
    """Set columns of an endpoint."""
    changed = update(webhook_endpoints).where(_E.id == endpoint_id)
    conn.execute(changed.values(updated_at=now, **values))


def give_up(conn: Connection, endpoint_id: str, now: int) -> int:
    """Fail what is on its way to an endpoint; gives how many."""
    waiting = update(webhook_deliveries).where(_D.endpoint_id == endpoint_id, _D.state == PENDING)
    return conn.execute(waiting.values(state=FAILED, updated_at=now)).rowcount


# --- deliveries --------------------------------------------------------------------------------------------


def enqueue(conn: Connection, pairs: Sequence[tuple[str, int]], now: int) -> None:
    """Have notices delivered: (endpoint id, notice id), none of which was asked for before."""
    if pairs:
        same = {"state": PENDING, "attempts": 0, "tries": 0, "asked_at": now, "next_at": now}
        same |= {"status": None, "error": None, "created_at": now, "updated_at": now}
        rows = [{"endpoint_id": to, "notice_id": notice, **same} for to, notice in pairs]
        conn.execute(insert(webhook_deliveries), rows)


def ask_again(conn: Connection, endpoint_id: str, notice_ids: Sequence[int], now: int) -> int:
    """Deliver these notices to the endpoint once more, whether or not it was tried before; gives how many."""
    known = set()
    for start in range(0, len(notice_ids), 500):
        part = notice_ids[start : start + 500]
        where = (_D.endpoint_id == endpoint_id) & _D.notice_id.in_(part)
        known |= set(conn.execute(select(_D.notice_id).where(where)).scalars())
        again = {"state": PENDING, "tries": 0, "asked_at": now, "next_at": now, "updated_at": now}
        conn.execute(update(webhook_deliveries).where(where).values(again))
    enqueue(conn, [(endpoint_id, one) for one in notice_ids if one not in known], now)
    return len(notice_ids)


def due_endpoints(conn: Connection, now: int) -> list[Endpoint]:
    """Active endpoints to which something is due, the one that waited longest for its turn first."""
    due = select(_D.id).where(_D.endpoint_id == _E.id, _D.state == PENDING, _D.next_at <= now)
    query = select(webhook_endpoints).where(_E.state == ACTIVE, _E.not_before <= now, due.exists())
    return [Endpoint(**row) for row in conn.execute(query.order_by(_E.updated_at, _E.id)).mappings()]


def due(conn: Connection, endpoint_id: str, now: int, limit: int) -> list[Delivery]:
    """What is due to one endpoint, longest due first."""
    query = _deliveries().where(_D.endpoint_id == endpoint_id, _D.state == PENDING, _D.next_at <= now)
    query = query.order_by(_D.next_at, _D.id).limit(limit)
    return [Delivery(**row) for row in conn.execute(query).mappings()]


def delivery(conn: Connection, delivery_id: int) -> Delivery | None:
    row = conn.execute(_deliveries().where(_D.id == delivery_id)).mappings().one_or_none()
    return None if row is None else Delivery(**row)


def deliveries(
    conn: Connection, endpoint_id: str, *, before: int | None = None, state: str | None = None, limit: int
) -> list[Delivery]:
    """The endpoint's deliveries, newest first; `before` is the id to continue from."""
    query = _deliveries().where(_D.endpoint_id == endpoint_id).order_by(_D.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_D.id < before)
    if state is not None:
        query = query.where(_D.state == state)
    return [Delivery(**row) for row in conn.execute(query).mappings()]


def attempted(conn: Connection, attempt: Attempt, **values: Any) -> None:
    """Log an attempt and set columns of its delivery."""
    conn.execute(insert(webhook_attempts).values({n: getattr(attempt, n) for n in Attempt.__slots__}))
    changed = update(webhook_deliveries).where(_D.id == attempt.delivery_id)
    values |= {"attempts": attempt.number, "status": attempt.status, "error": attempt.error}
    conn.execute(changed.values(updated_at=attempt.at, **values))


def attempts(conn: Connection, delivery_ids: Sequence[int]) -> dict[int, list[Attempt]]:
    """The attempts of these deliveries, in order."""
    table = webhook_attempts
    query = select(table).where(table.c.delivery_id.in_(delivery_ids))
    found: dict[int, list[Attempt]] = {}
    for row in conn.execute(query.order_by(table.c.delivery_id, table.c.number)).mappings():
        found.setdefault(row["delivery_id"], []).append(Attempt(**row))
    return found


def backlog(conn: Connection, now: int) -> Backlog:
    """What waits at active endpoints, and whether somebody sees to it."""
    joined = webhook_deliveries.join(webhook_endpoints, _E.id == _D.endpoint_id)
    ready = case((_D.next_at > _E.not_before, _D.next_at), else_=_E.not_before)
    query = select(func.count(), func.min(_D.created_at), func.min(ready)).select_from(joined)
    count, since, due_since = conn.execute(query.where(_D.state == PENDING, _E.state == ACTIVE)).one()
    until = conn.execute(select(leases.c.expires_at).where(leases.c.name == LEASE)).scalar_one_or_none()
    due_then = int(due_since or 0)
    return Backlog(int(count), int(since or 0), due_then if due_then <= now else 0, int(until or 0))


def unheard(conn: Connection, moment: int) -> list[Unheard]:
    """The endpoints that are disabled, and those to which something waits and that have failed since before
    `moment`; those of one organisation together."""
    missed = select(func.count()).where(_D.endpoint_id == _E.id, _D.state != DELIVERED).scalar_subquery()
    waits = select(_D.id).where(_D.endpoint_id == _E.id, _D.state == PENDING).exists()
    stuck = (_E.state == ACTIVE) & (_E.failing_since < moment) & waits
    query = select(_E.organisation, _E.state, _E.failing_since, missed.label("missed"))
    rows = conn.execute(query.where((_E.state == DISABLED) | stuck).order_by(_E.organisation, _E.id))
    return [
        Unheard(row.organisation, row.state == DISABLED, row.failing_since or 0, row.missed) for row in rows
    ]


def forget_before(conn: Connection, moment: int, limit: int = 5_000) -> int:
    """Drop what was settled before `moment` from the log, at most `limit`; notices stay."""
    old = select(_D.id).where(_D.state != PENDING, _D.updated_at < moment).order_by(_D.updated_at)
    ids = list(conn.execute(old.limit(limit)).scalars())
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        conn.execute(delete(webhook_attempts).where(webhook_attempts.c.delivery_id.in_(part)))
        conn.execute(delete(webhook_deliveries).where(_D.id.in_(part)))
    return len(ids)


def _deliveries() -> Any:
    joined = webhook_deliveries.join(notices, notices.c.id == _D.notice_id)
    return select(webhook_deliveries, notices.c.message, notices.c.type, notices.c.leaf).select_from(joined)
