"""What recipients were told, and how far the telling has come along the chain."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, insert, literal, select, update

from ledger_app.store import meta
from ledger_app.store.index import EventRow
from ledger_app.store.tables import chain_blocks, chain_events, index_enquiries
from ledger_app.store.tables_recipients import notices as table
from ledger_app.store.tables_records import tokens

_TOLD: Final = "told-up-to"
_AT_ONCE: Final = 500
OVERDUE: Final = "overdue/"
"""The change of an enquiry's deadline that passed is this and the enquiry's id."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that one recipient was told. `message` is the same in every delivery of it; `change` the
    same for everybody who is told; `turn` counts how often it happened again after it was undone.
    """

    recipient: str
    type: str
    change: str
    body: dict[str, Any]
    leaf: str | None = None
    certificate_id: str | None = None
    turn: int = 0
    undone: bool = False
    block_number: int | None = None
    block_hash: str | None = None
    created_at: int = 0
    message: str = ""
    id: int = 0


def new_message() -> str:
    """A message id: random, so that nobody who sees one guesses another."""
    return f"msg_{secrets.token_hex(16)}"


def add(conn: Connection, notices: Sequence[Notice]) -> list[Notice]:
    """Record notices; gives them with their ids, in order."""
    made = []
    for notice in notices:
        values = _values(notice)
        del values["id"]
        key = conn.execute(insert(table).values(values)).inserted_primary_key
        made.append(Notice(**{**values, "id": int(key[0]) if key is not None else 0}))
    return made


def get(conn: Connection, recipient: str, message: str) -> Notice | None:
    """The notice with this message id, if `recipient` got it."""
    query = select(table).where(table.c.recipient == recipient, table.c.message == message)
    return _one(conn, query)


def by_id(conn: Connection, notice_id: int) -> Notice | None:
    return _one(conn, select(table).where(table.c.id == notice_id))


def inbox(
    conn: Connection,
    recipient: str,
    *,
    after: int | None = None,
    before: int | None = None,
    types: Sequence[str] = (),
    leaf: str | None = None,
    limit: int = 50,
) -> list[Notice]:
    """What the recipient was told: after the notice with this id, oldest first; else before it (or the
    newest), newest first.
    """
    query = select(table).where(table.c.recipient == recipient).limit(limit)
    query = query.order_by(table.c.id if after is not None else table.c.id.desc())
    if after is not None:
        query = query.where(table.c.id > after)
    if before is not None:
        query = query.where(table.c.id < before)
    if types:
        query = query.where(table.c.type.in_(types))
    if leaf is not None:
        query = query.where(table.c.leaf == leaf)
    return [Notice(**row) for row in conn.execute(query).mappings()]


def since(conn: Connection, recipient: str, moment: int) -> list[tuple[int, str]]:
    """(id, type) of what the recipient was told at `moment` (Unix seconds) or later."""
    query = select(table.c.id, table.c.type).where(
        table.c.recipient == recipient, table.c.created_at >= moment
    )
    return [(row.id, row.type) for row in conn.execute(query)]


# --- along the chain ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where everything was told: a block, and the last block at or below it that holds an event. An
    index that was read anew keeps the headers of blocks with events only.
    """

    number: int
    hash: str
    event: int
    event_hash: str


def told_up_to(conn: Connection) -> Place | None:
    """How far the telling has come; None before the first round."""
    value = meta.get(conn, _TOLD)
    return None if value is None else Place(**value)


def set_told(conn: Connection, number: int, block: str) -> None:
    """Everything up to this block, whose header is kept, was told."""
    query = select(func.max(chain_events.c.block_number)).where(chain_events.c.block_number <= number)
    event = conn.execute(query).scalar_one_or_none()
    anchor = None if event is None else block_hash(conn, int(event))
    place = (number, block) if event is None or anchor is None else (int(event), anchor)
    meta.put(conn, _TOLD, {"number": number, "hash": block, "event": place[0], "event_hash": place[1]})


def block_hash(conn: Connection, number: int) -> str | None:
    """The hash of the block, if its header is kept."""
    found = conn.execute(select(chain_blocks.c.hash).where(chain_blocks.c.number == number))
    return found.scalar_one_or_none()


def events(
    conn: Connection, names: Sequence[str], *, above: int, until: int, limit: int | None = None
) -> list[EventRow]:
    """Events with these names, of the blocks after `above` up to `until`, in the order of the chain."""
    query = (
        select(chain_events)
        .where(
            chain_events.c.block_number > above,
            chain_events.c.block_number <= until,
            chain_events.c.name.in_(names),
        )
        .order_by(chain_events.c.block_number, chain_events.c.log_index)
        .limit(limit)
    )
    return [EventRow(**row) for row in conn.execute(query).mappings()]


def common_block(conn: Connection) -> int:
    """The highest block that something was told of and that is still part of the chain; -1 for none."""
    same = (chain_blocks.c.number == table.c.block_number) & (chain_blocks.c.hash == table.c.block_hash)
    query = select(func.max(table.c.block_number)).select_from(table.join(chain_blocks, same))
    found = conn.execute(query.where(table.c.undone.is_(False))).scalar_one_or_none()
    return -1 if found is None else int(found)


def standing_above(conn: Connection, block: int) -> list[Notice]:
    """What was told of blocks after `block`, and was not taken back."""
    query = select(table).where(table.c.block_number > block, table.c.undone.is_(False))
    return [Notice(**row) for row in conn.execute(query.order_by(table.c.id)).mappings()]


def turns(conn: Connection, changes: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """For each change that was told before: its last turn, and whether that one was undone."""
    found: dict[str, tuple[int, bool]] = {}
    for start in range(0, len(changes), _AT_ONCE):
        part = changes[start : start + _AT_ONCE]
        query = select(table.c.change, table.c.turn, table.c.undone).where(table.c.change.in_(part))
        for row in conn.execute(query.order_by(table.c.turn)):
            found[row.change] = (row.turn, row.undone)
    return found


def undo(conn: Connection, notice_ids: Iterable[int]) -> None:
    """Mark notices as taken back."""
    for notice_id in notice_ids:
        conn.execute(update(table).where(table.c.id == notice_id).values(undone=True))


def move(conn: Connection, change: str, number: int, block: str | None) -> None:
    """The same change is now in another block."""
    where = (table.c.change == change) & table.c.undone.is_(False)
    conn.execute(update(table).where(where).values(block_number=number, block_hash=block))


def overdue_enquiries(conn: Connection, moment: int, limit: int) -> list[dict[str, Any]]:
    """Enquiries without an answer, whose time to answer ended before `moment`, and of which nobody was
    told that; rows of the index.
    """
    told = select(table.c.id).where(table.c.change == literal(OVERDUE) + index_enquiries.c.enquiry)
    open_ = index_enquiries.c.answer.is_(None)
    query = (
        select(index_enquiries)
        .where(open_, index_enquiries.c.reply_by < moment, ~told.exists(), _here())
        .order_by(index_enquiries.c.reply_by, index_enquiries.c.enquiry)
        .limit(limit)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def here(conn: Connection, organisations: Sequence[str]) -> set[str]:
    """Those organisations that this installation serves: somebody has a token of theirs."""
    query = select(tokens.c.organisation).where(
        tokens.c.organisation.in_(organisations), tokens.c.revoked_at.is_(None)
    )
    return set(conn.execute(query).scalars())


def _here() -> Any:
    served = select(tokens.c.organisation).where(
        tokens.c.revoked_at.is_(None), tokens.c.organisation.is_not(None)
    )
    return index_enquiries.c.sender.in_(served) | index_enquiries.c.recipient.in_(served)


def _one(conn: Connection, query: Any) -> Notice | None:
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else Notice(**row)


def _values(notice: Notice) -> dict[str, Any]:
    return {name: getattr(notice, name) for name in Notice.__slots__}
