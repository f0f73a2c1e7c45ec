"""The history of a consignment, a container, a certificate or an object: what happened to it, in order, who
says so, and how that is proven.

Order: event time, then the order of recording. An event counts as anchored when its recomputed leaf stands in
a tree that leads to the stream's latest head on the ledger; rows alone never make it so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.domain.cargo.event_hash import hash_uri
from ledger_app.domain.cargo.subjects import Subject, SubjectKind, search_names
from ledger_app.domain.cargo.times import text_of
from ledger_app.errors import Broken, Conflict, Unavailable
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.services.cargo_checks import find_event
from ledger_app.services.context import Services
from ledger_app.services.streams import OpenedEvent, open_event, secret_of, stored_tree
from ledger_app.store import anchors, cargo, certificates, members
from ledger_app.store.anchors import SeenAnchor
from ledger_app.store.cargo import EventRow, StreamRow
from ledger_app.store.engine import Connection

MAX_HISTORY: Final = 1000
"""Most events of one history; `more` says that there are others."""


@dataclass(frozen=True, slots=True)
class _State:
    """A stream as the ledger knows it: its first `covered` events are anchored, if the rows lead there.
    `fault` is the reason code of what is in the way."""

    stream: StreamRow
    secret: bytes | None
    leaves: list[str]
    covered: int
    fault: str | None
    seen: list[SeenAnchor]
    reporter: dict[str, Any]


def history(ctx: Services, principal: Principal, name: str) -> dict[str, Any]:  # noqa: ARG001
    """The events about `name`: a consignment, a container, a certificate's number, or an object's identifier.

    Gives `{"subject", "found", "events": [{"id", "eventTime", "type", "action", "bizStep", …, "reporter",
    "proof": {"state", "reason", "block", "time", "transaction"}, "subjects", "event"}], "more"}`; a proof's
    state is anchored, pending, not-proven or cannot-tell. A certificate stands for the consignment and the
    containers that its document names.
    """
    with ctx.store.read() as conn:
        wanted = _wanted(conn, search_names(name))
        return {"subject": name.strip(), **_told(ctx, conn, wanted)}


def certificate_history(ctx: Services, certificate_id: str, number: str) -> dict[str, Any]:
    """The same for one certificate of this installation, for its page. The caller has checked who asks."""
    with ctx.store.read() as conn:
        wanted = {Subject(SubjectKind.CERTIFICATE, number), *_linked(conn, [certificate_id])}
        return {"subject": number, **_told(ctx, conn, wanted)}


def event(ctx: Services, principal: Principal, name: str) -> dict[str, Any]:  # noqa: ARG001
    """One event as in a history. Raises NotFound `CARGO_EVENT_UNKNOWN`, Conflict `CARGO_EVENT_AMBIGUOUS`."""
    row = find_event(ctx, name)
    with ctx.store.read() as conn:
        states = _states(ctx, conn, [row])
        return _entry(ctx, states[row.stream_id], row, frozenset())


def reported(
    ctx: Services,
    organisation: str,
    *,
    kind: str | None = None,
    since: int | None = None,
    until: int | None = None,
    after: str = "",
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Events that the organisation itself reported, in the order of their recording: `{"id", "event"}`."""
    with ctx.store.read() as conn:
        rows = cargo.events_reported_by(
            conn, organisation, kind=kind, since=since, until=until, after=after, limit=limit
        )
        secrets = _secrets(ctx, conn, rows)
        opened = [open_event(ctx, row, secrets[row.stream_id]) for row in rows]
    for one in opened:
        if one.event is None:
            raise Broken("CARGO_EVENT_UNREADABLE", event=one.row.id)
    return [{"id": one.row.id, "event": one.event} for one in opened]


def streams(ctx: Services, organisation: str) -> list[dict[str, Any]]:
    """The organisation's streams: `{"id", "name", "stream", "events", "anchored", "act"}`; `anchored` and
    `act` (one that is on its way) as this installation has seen them."""
    with ctx.store.read() as conn:
        shown = []
        for row, events in cargo.streams_of(conn, organisation):
            made = anchors.anchors_of(conn, row.id)
            waiting = [one.act_id for one in made if not one.settled]
            shown.append(
                {
                    "id": row.id,
                    "name": row.name,
                    "stream": row.stream,
                    "events": events,
                    "anchored": max((one.count for one in made if one.done), default=0),
                    "act": waiting[-1] if waiting else None,
                }
            )
    return shown


# --- inside -------------------------------------------------------------------------------------------------


def _wanted(conn: Connection, names: list[Subject]) -> set[Subject]:
    numbers = [one.name for one in names if one.kind is SubjectKind.CERTIFICATE]
    ids = [row.id for number in numbers for row in certificates.by_number(conn, number)]
    return {*names, *_linked(conn, ids)}


def _linked(conn: Connection, certificate_ids: Iterable[str]) -> set[Subject]:
    found: set[Subject] = set()
    for certificate_id in certificate_ids:
        for kind, value in certificates.links_of(conn, certificate_id):
            if kind in ("consignment", "container"):
                found.update(search_names(value))
    return found


def _told(ctx: Services, conn: Connection, wanted: set[Subject]) -> dict[str, Any]:
    pairs = [(subject.kind.value, subject.name) for subject in sorted(wanted)]
    found = cargo.events_about(conn, pairs, limit=MAX_HISTORY + 1)
    shown = found[:MAX_HISTORY]
    states = _states(ctx, conn, [row for row, _ in shown])
    reasons = {(kind, name) for _, why in shown for kind, name, _ in why}
    return {
        "found": [{"kind": kind, "name": name} for kind, name in sorted(reasons)],
        "events": [_entry(ctx, states[row.stream_id], row, why) for row, why in shown],
        "more": len(found) > MAX_HISTORY,
    }


def _secrets(ctx: Services, conn: Connection, rows: list[EventRow]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for row in rows:
        if row.stream_id not in found:
            stream = cargo.stream_by_id(conn, row.stream_id)
            if stream is None:
                raise Broken("CARGO_STREAM_DAMAGED", event=row.id)
            found[row.stream_id] = secret_of(ctx, stream)
    return found


def _states(ctx: Services, conn: Connection, rows: list[EventRow]) -> dict[str, _State]:
    found: dict[str, _State] = {}
    for row in rows:
        if row.stream_id not in found:
            stream = cargo.stream_by_id(conn, row.stream_id)
            if stream is None:
                raise Broken("CARGO_STREAM_DAMAGED", event=row.id)
            found[row.stream_id] = _state(ctx, conn, stream)
    return found


def _state(ctx: Services, conn: Connection, stream: StreamRow) -> _State:
    secret, covered, fault = None, 0, None
    try:
        secret = secret_of(ctx, stream)
        tree = stored_tree(conn, stream)
        head, anchored = ctx.gateway.latest_head(
            from_hex(stream.organisation, 32), from_hex(stream.stream, 32)
        )
        covered = anchored.count
        if covered > len(tree) or (covered and tree.root(covered) != head):
            covered, fault = 0, "CARGO_STREAM_DAMAGED"
    except (Broken, Conflict):
        fault = "CARGO_STREAM_DAMAGED"
    except Unavailable as away:
        fault = away.reason
    member = members.member(conn, stream.organisation)
    return _State(
        stream=stream,
        secret=secret,
        leaves=[leaf for _, leaf in cargo.leaves_of(conn, stream.id)],
        covered=covered,
        fault=fault,
        seen=anchors.anchors_seen(conn, stream.organisation, stream.stream),
        reporter={
            "organisation": stream.organisation,
            "identifier": member.identifier if member else None,
            "name": member.name if member else None,
        },
    )


def _entry(
    ctx: Services, state: _State, row: EventRow, why: frozenset[tuple[str, str, str]]
) -> dict[str, Any]:
    opened = None if state.secret is None else open_event(ctx, row, state.secret)
    content = None if opened is None else opened.event
    told = content or {}
    return {
        "id": row.id,
        "eventTime": text_of(row.event_time),
        "recordedAt": row.recorded_at,
        "type": row.type,
        "action": told.get("action"),
        "bizStep": told.get("bizStep"),
        "disposition": told.get("disposition"),
        "readPoint": _place(told.get("readPoint")),
        "bizLocation": _place(told.get("bizLocation")),
        "errorDeclared": "errorDeclaration" in told,
        "eventHash": hash_uri(from_hex(row.event_hash, 32)),
        "reporter": state.reporter,
        "stream": {"id": state.stream.id, "name": state.stream.name, "position": row.position},
        "subjects": [{"kind": kind, "name": name, "source": source} for kind, name, source in sorted(why)],
        "proof": _proof(state, row, opened),
        "event": content,
    }


def _place(value: Any) -> str | None:
    return value.get("id") if isinstance(value, dict) else None


def _proof(state: _State, row: EventRow, opened: OpenedEvent | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"state": "not-proven", "reason": None, "block": None, "time": None}
    shown["transaction"] = None
    if opened is None or opened.fault is not None or opened.leaf is None:
        return {**shown, "reason": opened.fault if opened is not None else "CARGO_STREAM_DAMAGED"}
    if state.fault is not None:
        unsure = state.fault != "CARGO_STREAM_DAMAGED"
        return {**shown, "state": "cannot-tell" if unsure else "not-proven", "reason": state.fault}
    if row.position >= state.covered:
        return {**shown, "state": "pending", "reason": "CARGO_NOT_ANCHORED"}
    if state.leaves[row.position] != to_hex(opened.leaf):
        return {**shown, "reason": "CARGO_EVENT_CHANGED"}
    shown["state"] = "anchored"
    first = next((one for one in state.seen if one.count > row.position), None)
    if first is not None:
        shown |= {"block": first.block_number, "time": first.block_time, "transaction": first.tx_hash}
    return shown
