"""A reporter's stream, opened: its secret, its events recomputed from their kept bytes, its tree.

What the rows say about an event is compared with what its bytes give, so that a changed row shows.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.domain.cargo.event_hash import event_digest
from ledger_app.domain.cargo.times import milliseconds
from ledger_app.errors import BadInput, Broken, Conflict, NotFound
from ledger_app.proof.canonical import JsonObject, canonical_bytes, parse_object
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.log_tree import LogTree, cargo_leaf, cargo_salt
from ledger_app.services.acts import own_organisation
from ledger_app.services.context import Services
from ledger_app.store import cargo
from ledger_app.store.cargo import EventRow, StreamRow
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id

DEFAULT_STREAM: Final = "cargo"
MAX_EVENT_BYTES: Final = 256 * 1024
"""Most bytes of one event as it is kept."""
_MAX_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class OpenedEvent:
    """An event recomputed from its kept bytes. `fault` is the reason code of what does not hold; with one,
    `event` and `leaf` are what could be made of it, or None."""

    row: EventRow
    event: JsonObject | None
    leaf: bytes | None
    fault: str | None = None


def content_digest(event: JsonObject, digest: bytes) -> str:
    """What tells a duplicate from an event of its own: everything the reporter said, but neither the
    `@context` (the event hash, `digest`, has resolved it) nor `recordTime`, which repositories set."""
    said = {name: value for name, value in event.items() if name not in ("@context", "recordTime")}
    return to_hex(hashlib.sha256(digest + canonical_bytes(said)).digest())


def secret_of(ctx: Services, stream: StreamRow) -> bytes:
    """The stream's 32-byte secret. Raises Broken `SEALED_UNREADABLE` when its row was damaged."""
    return ctx.vault.open(stream.sealed, f"cargo_streams/{stream.id}")


def stream_for(ctx: Services, conn: Connection, organisation: str, name: str) -> StreamRow:
    """The organisation's stream of this name, made when there is none yet (in the caller's transaction)."""
    found = cargo.stream_named(conn, organisation, name)
    if found is not None:
        return found
    made = new_id()
    row = StreamRow(
        id=made,
        organisation=organisation,
        # Random, so that the ledger does not tell which streams belong together.
        stream=to_hex(os.urandom(32)),
        name=name,
        sealed=ctx.vault.seal(os.urandom(32), f"cargo_streams/{made}"),
        created_at=ctx.now(),
    )
    cargo.add_stream(conn, row)
    return row


def stream_name(text: str) -> str:
    """A stream's name as it is kept. Raises BadInput `CARGO_STREAM_NAME`."""
    name = text.strip()
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise BadInput("CARGO_STREAM_NAME", f"a stream is named by 1 to {_MAX_NAME} printable characters")
    return name


def find_stream(ctx: Services, principal: Principal, text: str) -> StreamRow:
    """The stream that `text` names: by record id, by its name on the ledger, or by its name among the
    caller's own, then among all if it is the only one. Raises NotFound `CARGO_STREAM_UNKNOWN`."""
    with ctx.store.read() as conn:
        found = cargo.streams_matching(conn, text)
    own = [row for row in found if text in (row.id, row.stream) or row.organisation == principal.organisation]
    for candidates in (own, found):
        if len(candidates) == 1:
            return candidates[0]
    raise NotFound("CARGO_STREAM_UNKNOWN")


def own_stream(ctx: Services, principal: Principal, text: str) -> StreamRow:
    """The same, of the caller's own streams only."""
    row = find_stream(ctx, principal, text)
    if row.organisation != own_organisation(principal):
        raise NotFound("CARGO_STREAM_UNKNOWN")
    return row


def leaf_data(secret: bytes, position: int, digest: bytes, raw: bytes) -> bytes:
    """Leaf data of an event at its position (docs/protocol.md, section 5); `digest` is its event hash."""
    return cargo_leaf(cargo_salt(secret, position), position, digest, raw)


def kept_event(ctx: Services, row: EventRow) -> tuple[JsonObject, bytes]:
    """The event and its bytes as they are kept, not checked against anything. Raises Broken or BadInput."""
    raw = ctx.vault.open(row.sealed, f"cargo_events/{row.id}")
    return parse_object(raw), raw


def open_event(ctx: Services, row: EventRow, secret: bytes) -> OpenedEvent:
    """Open one event and recompute its leaf; never raises for damage, which `fault` names."""
    try:
        event, raw = kept_event(ctx, row)
        same = canonical_bytes(event) == raw
    except (Broken, BadInput):
        return OpenedEvent(row, None, None, "CARGO_EVENT_UNREADABLE")
    if not same:
        return OpenedEvent(row, event, None, "CARGO_EVENT_CHANGED")
    digest = event_digest(event)
    leaf = leaf_data(secret, row.position, digest, raw)
    fault = None if _row_agrees(row, event, digest, leaf) else "CARGO_EVENT_CHANGED"
    return OpenedEvent(row, event, leaf, fault)


def opened_events(ctx: Services, conn: Connection, stream: StreamRow, secret: bytes) -> list[OpenedEvent]:
    """All events of the stream by position."""
    return [open_event(ctx, row, secret) for row in cargo.events_of(conn, stream.id)]


def stored_tree(conn: Connection, stream: StreamRow) -> LogTree:
    """The tree over the leaves as the rows give them: quick, and enough to prepare an act, whose signer
    rebuilds it. Raises Conflict `CARGO_STREAM_DAMAGED` when positions are missing or taken twice."""
    leaves = cargo.leaves_of(conn, stream.id)
    if [position for position, _ in leaves] != list(range(len(leaves))):
        raise Conflict("CARGO_STREAM_DAMAGED", stream=stream.id)
    return tree_of(from_hex(leaf, 32) for _, leaf in leaves)


def tree_of(leaves: Iterable[bytes]) -> LogTree:
    """The RFC 6962 tree over leaf data."""
    return LogTree(leaves)


def _row_agrees(row: EventRow, event: dict[str, Any], digest: bytes, leaf: bytes) -> bool:
    event_id = event.get("eventID")
    return (
        to_hex(leaf) == row.leaf
        and to_hex(digest) == row.event_hash
        and content_digest(event, digest) == row.content
        and event.get("type") == row.type
        and milliseconds(str(event.get("eventTime"))) == row.event_time
        and (event_id[:200] if isinstance(event_id, str) else None) == row.event_id
    )
