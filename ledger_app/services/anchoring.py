"""Anchoring streams: asking a reporter's signer for the head over all events so far.

A stream has at most one anchoring act on its way; what is captured meanwhile goes into the next. The act's
`previous` is the latest head on the ledger, and the stream must still lead to it: a stream that was rewritten
is not anchored, and its signer would refuse besides.
"""

import threading
from contextlib import suppress
from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.errors import Broken, Conflict, LedgerError, Unavailable
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.typed_data import Anchor
from ledger_app.services.acts import Draft, act_json, must_get, record
from ledger_app.services.context import Services
from ledger_app.services.evidence import BUILDERS
from ledger_app.services.streams import kept_event, own_stream, secret_of, stored_tree
from ledger_app.store import anchors, cargo
from ledger_app.store.acts import Act
from ledger_app.store.cargo import EventRow, StreamRow

_NONE: Final = bytes(32)
_RETRY_SECONDS: Final = 30
_MAX_RETRY_SECONDS: Final = 3600


def anchor(ctx: Services, principal: Principal, stream: str) -> dict[str, Any]:
    """Ask for an anchor of the caller's stream; gives the act, or the one that is on its way already.

    Raises Conflict `CARGO_NOTHING_TO_ANCHOR`, `CARGO_STREAM_DAMAGED`; Unavailable when the ledger cannot be
    asked.
    """
    return _anchor(ctx, own_stream(ctx, principal, stream))


def soon(ctx: Services, stream: StreamRow) -> dict[str, Any] | None:
    """The same after a capture, which has succeeded whatever becomes of this: None when it cannot be done
    now; the `Anchorer` comes back to it."""
    try:
        return _anchor(ctx, stream)
    except LedgerError:
        return None


class Anchorer:
    """Keeps streams anchored: sees to those that hold events no anchor covers and have none on its way.

    After an anchor that came to nothing it waits, longer each time (30 seconds to an hour).
    """

    def __init__(self, ctx: Services, *, interval: float = 1.0) -> None:
        self._ctx = ctx
        self._interval = interval

    def run(self, stop: threading.Event) -> None:
        """Step until `stop` is set."""
        while not stop.wait(self._interval):
            with suppress(Unavailable):  # the next round sees to it
                self.step()

    def step(self) -> int:
        """One round; gives how many acts it asked for. The ledger being away is nothing to report."""
        ctx = self._ctx
        with ctx.store.read() as conn:
            waiting = [
                row
                for stream_id in anchors.streams_to_anchor(conn)
                if _is_due(anchors.anchors_of(conn, stream_id), ctx.now())
                and (row := cargo.stream_by_id(conn, stream_id)) is not None
            ]
        return sum(soon(ctx, stream) is not None for stream in waiting)


def anchor_evidence(ctx: Services, act: Act) -> dict[str, Any]:
    """What the reporter's signer rebuilds the head from: the stream's secret, the leaves of the events that
    it has anchored before, and every event after them. Raises Broken `CARGO_STREAM_DAMAGED` when an event
    cannot be shown.
    """
    with ctx.store.read() as conn:
        made = anchors.anchor_of_act(conn, act.id)
        stream = None if made is None else cargo.stream_by_id(conn, made.stream_id)
        if made is None or stream is None:
            raise Broken("CARGO_STREAM_DAMAGED", "the act's stream is gone", act=act.id)
        known = _known(anchors.anchors_of(conn, stream.id), act.id)
        leaves = [leaf for _, leaf in cargo.leaves_of(conn, stream.id)[:known]]
        events = [_shown(ctx, row) for row in cargo.events_of(conn, stream.id, since=known, until=made.count)]
    secret = to_hex(secret_of(ctx, stream))
    return {"stream": stream.name, "secret": secret, "leaves": leaves, "events": events}


BUILDERS["Anchor"] = anchor_evidence


def _known(made: list[anchors.AnchorRow], act_id: str) -> int:
    """How many events the signer has anchored; none, when it has just said that it does not know them."""
    before = [row for row in made if row.act_id < act_id]
    if before and before[-1].reason == "SIGNER_EVENTS_NEEDED":
        return 0
    return max((row.count for row in before if row.done), default=0)


def _shown(ctx: Services, row: EventRow) -> dict[str, Any]:
    try:
        event, _ = kept_event(ctx, row)
    except LedgerError:
        raise Broken("CARGO_STREAM_DAMAGED", event=row.id, position=row.position) from None
    return {"event": event, "eventHash": row.event_hash}


def _anchor(ctx: Services, stream: StreamRow) -> dict[str, Any]:
    with ctx.store.read() as conn:
        waiting = [row for row in anchors.anchors_of(conn, stream.id) if not row.settled]
        if waiting:
            return act_json(must_get(conn, waiting[-1].act_id))
        tree = stored_tree(conn, stream)
    reporter, name = from_hex(stream.organisation, 32), from_hex(stream.stream, 32)
    previous, anchored = ctx.gateway.latest_head(reporter, name)
    if anchored.count > len(tree) or (anchored.count and tree.root(anchored.count) != previous):
        raise Conflict("CARGO_STREAM_DAMAGED", stream=stream.id)
    if anchored.count == len(tree):
        raise Conflict("CARGO_NOTHING_TO_ANCHOR")
    draft = Draft(
        desk=stream.organisation,
        message=Anchor(
            reporter=reporter,
            stream=name,
            previous=previous if anchored.count else _NONE,
            head=tree.root(),
            count=len(tree),
            deadline=ctx.deadline(),
        ),
        summary=f"Anchor {len(tree)} events of stream {stream.name}, {len(tree) - anchored.count} new",
        subject=stream.stream,
    )
    with ctx.store.begin() as conn:
        waiting = [row for row in anchors.anchors_of(conn, stream.id) if not row.settled]
        if waiting:  # somebody else asked in between
            return act_json(must_get(conn, waiting[-1].act_id))
        act = record(ctx, conn, draft)
        anchors.add_anchor(
            conn, draft.id, stream.id, count=len(tree), head=to_hex(tree.root()), previous=to_hex(previous)
        )
        return act


def _is_due(made: list[anchors.AnchorRow], now: int) -> bool:
    failures = 0
    for row in reversed(made):
        if not row.dead:
            break
        failures += 1
    if not failures:
        return True
    return now >= made[-1].updated_at + min(_RETRY_SECONDS << min(failures - 1, 8), _MAX_RETRY_SECONDS)
