"""Enquiries: the words behind what the ledger carries as hashes, sealed for the two organisations."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ledger_app.store.acts import DEAD
from ledger_app.store.tables import index_enquiries
from ledger_app.store.tables_records import acts, enquiries


@dataclass(frozen=True, slots=True)
class EnquiryRow:
    """One enquiry. Ids and hashes as 0x… text, times in Unix seconds; `sealed` opens to `{"salt", "text",
    "subject"}`.
    """

    id: str
    act_id: str
    sender: str
    recipient: str
    leaf: str | None
    code: int
    reply_by: int
    sealed: bytes
    answer_act_id: str | None
    answer_sealed: bytes | None
    created_at: int


def add(conn: Connection, row: EnquiryRow) -> None:
    """Record an enquiry."""
    conn.execute(insert(enquiries).values(asdict(row)))


def by_id(conn: Connection, enquiry: str) -> EnquiryRow | None:
    """The enquiry with this id."""
    row = conn.execute(select(enquiries).where(enquiries.c.id == enquiry)).mappings().one_or_none()
    return None if row is None else EnquiryRow(**row)


def answered(conn: Connection, enquiry: str, act_id: str, sealed: bytes) -> bool:
    """Record that an answer waits for its signature; False while an earlier one is still alive."""
    query = select(acts.c.state).select_from(enquiries.join(acts, acts.c.id == enquiries.c.answer_act_id))
    state = conn.execute(query.where(enquiries.c.id == enquiry)).scalar_one_or_none()
    if state is not None and state not in DEAD:
        return False
    changed = update(enquiries).where(enquiries.c.id == enquiry)
    conn.execute(changed.values(answer_act_id=act_id, answer_sealed=sealed))
    return True


def listed(
    conn: Connection, organisation: str, *, before: str | None = None, limit: int = 50
) -> list[EnquiryRow]:
    """Enquiries that the organisation asked or received, newest act first; `before` is an act id."""
    table = enquiries
    mine = (table.c.sender == organisation) | (table.c.recipient == organisation)
    query = select(table).where(mine).order_by(table.c.act_id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.act_id < before)
    return [EnquiryRow(**row) for row in conn.execute(query).mappings()]


def about(conn: Connection, leaf: str) -> list[dict[str, Any]]:
    """What the index saw asked about a leaf on the ledger, in the order of asking: enquiry, sender,
    recipient, code, asked_at, reply_by, answer (code), answered_at.
    """
    table = index_enquiries
    query = select(
        table.c.enquiry,
        table.c.sender,
        table.c.recipient,
        table.c.code,
        table.c.asked_at,
        table.c.reply_by,
        table.c.answer,
        table.c.answered_at,
    ).where(table.c.leaf == leaf)
    ordered = query.order_by(table.c.asked_at, table.c.enquiry)
    return [dict(row) for row in conn.execute(ordered).mappings()]


def on_ledger(conn: Connection, enquiry: str) -> dict[str, Any] | None:
    """What the index saw of it on the ledger: asked_at, answer (code), answered_at; None when it is not
    there.
    """
    table = index_enquiries
    query = select(table.c.asked_at, table.c.answer, table.c.answered_at).where(table.c.enquiry == enquiry)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)
