"""Acts: what an organisation (or the council) is asked to sign, and how far it has come.

States: needs-signature → queued → broadcast → included → final; or reverted (the contract refused), refused
(the signer did), expired (the deadline passed unsigned or unsent), orphaned (fell out of the chain, about to
be sent again). The services move an act up to `queued`; from there the submitter does, through `moved`.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from ledger_app.domain.act_states import BROADCAST as BROADCAST
from ledger_app.domain.act_states import DEAD as DEAD
from ledger_app.domain.act_states import DONE as DONE
from ledger_app.domain.act_states import EXPIRED as EXPIRED
from ledger_app.domain.act_states import FINAL as FINAL
from ledger_app.domain.act_states import INCLUDED as INCLUDED
from ledger_app.domain.act_states import NEEDS_SIGNATURE as NEEDS_SIGNATURE
from ledger_app.domain.act_states import ORPHANED as ORPHANED
from ledger_app.domain.act_states import QUEUED as QUEUED
from ledger_app.domain.act_states import REFUSED as REFUSED
from ledger_app.domain.act_states import REVERTED as REVERTED
from ledger_app.domain.act_states import SETTLED as SETTLED
from ledger_app.domain.act_states import STATES as STATES
from ledger_app.store import search_flags
from ledger_app.store.ids import new_id
from ledger_app.store.tables_records import acts

COUNCIL: Final = "council"
UNRENEWABLE: Final = ("Vote", "AddKey", "MemberPause", "Checkpoint", "TrustSnapshot")
"""Kinds whose deadline others have signed too, or that mean a moment: they are asked for anew, not
renewed.
"""


@dataclass(frozen=True, slots=True)
class Act:
    """One row. Times in Unix seconds; ids and hashes as hex text; `signatures` holds {"key", "signature"}
    objects.
    """

    id: str
    kind: str
    contract: str
    organisation: str
    subject: str | None
    summary: str
    message: dict[str, Any]
    call: dict[str, Any]
    evidence: dict[str, Any]
    sealed: bytes | None
    signatures: list[dict[str, str]]
    needed: int
    state: str
    reason: str | None
    context: dict[str, Any] | None
    deadline: int
    created_at: int
    updated_at: int
    tx_hash: str | None
    block_number: int | None
    gas_used: int | None


def add(
    conn: Connection,
    *,
    kind: str,
    contract: str,
    organisation: str,
    message: dict[str, Any],
    deadline: int,
    call: dict[str, Any] | None = None,
    evidence: dict[str, Any] | None = None,
    sealed: bytes | None = None,
    subject: str | None = None,
    summary: str = "",
    needed: int = 1,
    act_id: str | None = None,
) -> str:
    """Record an act that waits for `needed` signatures; gives its id. The caller's transaction makes it one
    with the rest.
    """
    act_id = act_id or new_id()
    now = int(time.time())
    conn.execute(
        insert(acts).values(
            id=act_id, kind=kind, contract=contract, organisation=organisation, subject=subject,
            summary=summary, message=message, call=call or {}, evidence=evidence or {}, sealed=sealed,
            signatures=[], needed=needed, state=NEEDS_SIGNATURE, deadline=deadline, created_at=now,
            updated_at=now,
        )
    )  # fmt: skip
    return act_id


def get(conn: Connection, act_id: str) -> Act | None:
    """The act, or None."""
    row = conn.execute(select(acts).where(acts.c.id == act_id)).mappings().one_or_none()
    return None if row is None else _act(row)


def signed(conn: Connection, act_id: str, signatures: Sequence[dict[str, str]], *, complete: bool) -> None:
    """Replace the collected signatures; with `complete` the act is queued (the caller adds the outbox
    row).
    """
    values: dict[str, Any] = {"signatures": list(signatures), "updated_at": int(time.time())}
    if complete:
        values["state"] = QUEUED
    conn.execute(update(acts).where(acts.c.id == act_id, acts.c.state == NEEDS_SIGNATURE).values(values))


def renew(conn: Connection, act_id: str, message: dict[str, Any], deadline: int) -> None:
    """Give an act that waits for signatures a later deadline; what was signed under the old one is
    dropped.
    """
    values = {"message": message, "deadline": deadline, "signatures": [], "updated_at": int(time.time())}
    conn.execute(update(acts).where(acts.c.id == act_id, acts.c.state == NEEDS_SIGNATURE).values(values))


def refusing(conn: Connection, act_id: str, context: dict[str, Any]) -> None:
    """Keep who refused to sign, while others still may."""
    values = {"context": context, "updated_at": int(time.time())}
    conn.execute(update(acts).where(acts.c.id == act_id).values(values))


def moved(
    conn: Connection,
    act_id: str,
    state: str,
    *,
    reason: str | None = None,
    context: dict[str, Any] | None = None,
    tx_hash: str | None = None,
    block_number: int | None = None,
    gas_used: int | None = None,
) -> None:
    """Move an act on. `reason` and `context` are replaced; the transaction's particulars only where given.

    Moving back to needs-signature drops the old signatures: they belong to a deadline or epoch that no
    longer holds.
    """
    values: dict[str, Any] = {
        "state": state,
        "reason": reason,
        "context": context,
        "updated_at": int(time.time()),
    }
    if state == NEEDS_SIGNATURE:
        values["signatures"] = []
    places = {"tx_hash": tx_hash, "block_number": block_number, "gas_used": gas_used}
    values |= {name: value for name, value in places.items() if value is not None}
    conn.execute(update(acts).where(acts.c.id == act_id).values(values))
    search_flags.act_moved(conn, act_id, state)


def pending_for(conn: Connection, desks: Sequence[str], *, after: str = "", limit: int = 50) -> list[Act]:
    """Acts that wait for a signature of one of `desks` (organisation, "council", a member), oldest first."""
    query = (
        select(acts)
        .where(acts.c.organisation.in_(desks), acts.c.state == NEEDS_SIGNATURE, acts.c.id > after)
        .order_by(acts.c.id)
        .limit(limit)
    )
    return [_act(row) for row in conn.execute(query).mappings()]


def listed(
    conn: Connection,
    *,
    desks: Sequence[str] | None = None,
    subject: str | None = None,
    state: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Act]:
    """Acts, newest first, narrowed by what is given; `before` is the id to continue from."""
    query = select(acts).order_by(acts.c.id.desc()).limit(limit)
    if desks is not None:
        query = query.where(acts.c.organisation.in_(desks))
    if subject is not None:
        query = query.where(acts.c.subject == subject)
    if state is not None:
        query = query.where(acts.c.state == state)
    if before is not None:
        query = query.where(acts.c.id < before)
    return [_act(row) for row in conn.execute(query).mappings()]


def states_of(conn: Connection, act_ids: Iterable[str]) -> dict[str, str]:
    """The state of each act that exists."""
    found: dict[str, str] = {}
    wanted = sorted(set(act_ids))
    for start in range(0, len(wanted), 500):
        query = select(acts.c.id, acts.c.state).where(acts.c.id.in_(wanted[start : start + 500]))
        found.update((row.id, row.state) for row in conn.execute(query))
    return found


def expire(conn: Connection, now: int) -> list[str]:
    """Expire every act that waits for a signature past its deadline; gives their ids.

    One that has a reason was signed once and came too late: it is renewed instead (`services.signing`).
    """
    over = acts.c.reason.is_(None) | acts.c.kind.in_(UNRENEWABLE)
    late = (acts.c.state == NEEDS_SIGNATURE) & (acts.c.deadline < now) & over
    ids = list(conn.execute(select(acts.c.id).where(late)).scalars())
    if ids:
        conn.execute(update(acts).where(late).values(state=EXPIRED, reason="DEADLINE_PASSED", updated_at=now))
    for act_id in ids:
        search_flags.act_moved(conn, act_id, EXPIRED)
    return ids


def counts(conn: Connection) -> dict[str, int]:
    """How many acts are in each state."""
    rows = conn.execute(select(acts.c.state, func.count()).group_by(acts.c.state))
    return {row[0]: row[1] for row in rows}


def _act(row: RowMapping) -> Act:
    return Act(**row)
