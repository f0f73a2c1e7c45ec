"""Is a stream whole, and is an event in it? Everything is recomputed from the kept bytes and led to the head
that the ledger knows; rows are only where to look.

What a check cannot decide (the ledger does not answer, nothing is anchored yet) is CANNOT_TELL, never a pass.
"""

from dataclasses import dataclass, field
from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.chain.facts import Anchored, Head
from ledger_app.domain.cargo.event_hash import hash_uri
from ledger_app.domain.cargo.times import text_of
from ledger_app.domain.standing import Verdict
from ledger_app.errors import BadInput, Broken, Conflict, NotFound, Unavailable
from ledger_app.proof.cargo_proof import CargoProof
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.log_tree import LogTree, cargo_salt, verify_inclusion
from ledger_app.reasons import describe
from ledger_app.services.context import Services
from ledger_app.services.streams import OpenedEvent, find_stream, opened_events, secret_of
from ledger_app.store import anchors, cargo, members
from ledger_app.store.cargo import EventRow, StreamRow

_HASH_URI = "ni:///sha-256;"


@dataclass(slots=True)
class _Checks:
    """The checks so far. A failed one decides; an unknown one leaves the verdict open."""

    done: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, reason: str | None = None, detail: str = "", *, unknown: bool = False) -> None:
        """Record a check: passed without a reason, else failed, or unknown."""
        outcome = "passed" if reason is None else "cannot-tell" if unknown else "failed"
        self.done.append(
            {
                "name": name,
                "outcome": outcome,
                "reason": reason,
                "detail": detail or (describe(reason).meaning if reason else ""),
                "next": describe(reason).next_step if reason else "",
            }
        )

    @property
    def verdict(self) -> Verdict:
        outcomes = {check["outcome"] for check in self.done}
        if "failed" in outcomes:
            return Verdict.NOT_GENUINE
        return Verdict.CANNOT_TELL if "cannot-tell" in outcomes else Verdict.GENUINE


@dataclass(slots=True)
class _Stream:
    """A stream as far as it could be opened and led to the ledger."""

    row: StreamRow
    events: list[OpenedEvent]
    secret: bytes | None = None
    tree: LogTree | None = None
    previous: bytes = b""
    anchored: Anchored | None = None
    ledger: Head | None = None

    @property
    def covered(self) -> int:
        """How many events the latest head on the ledger covers, as far as it was asked."""
        return self.anchored.count if self.anchored is not None else 0


def verify(ctx: Services, principal: Principal, name: str) -> dict[str, Any]:
    """Verify what `name` is: a stream (record id, ledger name, or name among the caller's own) or an event
    (record id, event hash, eventID).

    Gives `{"kind", "verdict", "whole", "checks", "findings", "stream", "event", "ledger"}`. Raises NotFound
    `CARGO_EVENT_UNKNOWN` for neither, Conflict `CARGO_EVENT_AMBIGUOUS` (with `events`).
    """
    try:
        stream = find_stream(ctx, principal, name)
    except NotFound:
        return _verify_event(ctx, find_event(ctx, name))
    checks = _Checks()
    return _report(ctx, "stream", checks, _check_stream(ctx, stream, checks))


def find_event(ctx: Services, name: str) -> EventRow:
    """The event that `name` names. Raises NotFound `CARGO_EVENT_UNKNOWN`, Conflict
    `CARGO_EVENT_AMBIGUOUS`."""
    digest = name.removeprefix(_HASH_URI).partition("?")[0]
    wanted = "0x" + digest if name.startswith(_HASH_URI) else name
    with ctx.store.read() as conn:
        found = cargo.events_named(conn, wanted) or cargo.events_named(conn, name)
    if not found:
        raise NotFound("CARGO_EVENT_UNKNOWN")
    if len(found) > 1:
        raise Conflict("CARGO_EVENT_AMBIGUOUS", events=[row.id for row in found[:50]])
    return found[0]


def event_proof(ctx: Services, name: str) -> dict[str, Any]:
    """The exportable proof of an anchored event (`proof.cargo_proof`), checked before it is given.

    Raises Conflict `CARGO_NOT_ANCHORED`, `CARGO_STREAM_DAMAGED`; Unavailable without the ledger.
    """
    row = find_event(ctx, name)
    stream = _stream_of(ctx, row)
    checks = _Checks()
    state = _check_stream(ctx, stream, checks)
    if state.ledger is None:
        raise Unavailable(next(check["reason"] for check in checks.done if check["outcome"] == "cannot-tell"))
    if row.position >= state.covered:
        raise Conflict("CARGO_NOT_ANCHORED", event=row.id)
    if checks.verdict is not Verdict.GENUINE or state.tree is None or state.secret is None:
        raise Conflict("CARGO_STREAM_DAMAGED", stream=stream.id)
    proof = CargoProof(
        event=state.events[row.position].event or {},
        salt=cargo_salt(state.secret, row.position),
        index=row.position,
        path=state.tree.inclusion_proof(row.position, state.covered),
        head=state.previous,
        count=state.covered,
        reporter=from_hex(stream.organisation, 32),
        stream=from_hex(stream.stream, 32),
        registered={
            "chainId": ctx.pin.chain_id,
            "genesis": ctx.pin.genesis,
            "cargoLog": ctx.pin.address("CargoLog"),
        },
    )
    proof.check()
    return proof.to_json()


def verify_proof(ctx: Services, value: Any) -> dict[str, Any]:
    """Verify an exported proof against the pinned ledger, whoever made it."""
    proof = CargoProof.from_json(value)
    checks = _Checks()
    ledger: Head | None = None
    try:
        proof.check()
        checks.add("inclusion")
    except BadInput as fault:
        checks.add("inclusion", fault.reason, fault.detail)
    try:
        anchored = ctx.gateway.anchor_of(proof.reporter, proof.stream, proof.head)
        ledger = ctx.gateway.head()
    except Unavailable as fault:
        checks.add("ledger", fault.reason, fault.detail, unknown=True)
    else:
        # An unknown head is no forgery by itself: another ledger may know it. The count is what was proven.
        known = anchored.count == proof.count
        checks.add(
            "ledger", None if known else "CARGO_ANCHOR_UNKNOWN", unknown=not known and not anchored.count
        )
    return {
        "kind": "proof",
        "verdict": checks.verdict.value,
        "checks": checks.done,
        "ledger": _ledger(ledger),
    }


# --- inside -------------------------------------------------------------------------------------------------


def _verify_event(ctx: Services, row: EventRow) -> dict[str, Any]:
    checks = _Checks()
    state = _check_stream(ctx, _stream_of(ctx, row), checks)
    found = next((one for one in state.events if one.row.id == row.id), None)
    event: dict[str, Any] = {
        "id": row.id,
        "position": row.position,
        "eventHash": hash_uri(from_hex(row.event_hash, 32)),
        "eventTime": text_of(row.event_time),
        "type": row.type,
        "content": found.event if found is not None else None,
    }
    if found is None or found.leaf is None:
        checks.add("inclusion", "CARGO_EVENT_UNREADABLE" if found is None else found.fault)
    elif state.anchored is None or state.tree is None or row.position >= state.covered:
        checks.add("inclusion", "CARGO_NOT_ANCHORED", unknown=True)
    else:
        path = (
            state.tree.inclusion_proof(row.position, state.covered)
            if state.covered <= len(state.tree)
            else ()
        )
        held = verify_inclusion(found.leaf, row.position, state.covered, path, state.previous)
        checks.add("inclusion", None if held else "CARGO_HEAD_DIFFERS")
        event["path"] = [to_hex(node) for node in path]
    return {**_report(ctx, "event", checks, state), "event": event}


def _check_stream(ctx: Services, stream: StreamRow, checks: _Checks) -> _Stream:
    state = _Stream(stream, [])
    try:
        state.secret = secret_of(ctx, stream)
    except Broken as damaged:
        checks.add("events", "CARGO_EVENT_UNREADABLE", damaged.detail)
        return state
    with ctx.store.read() as conn:
        state.events = opened_events(ctx, conn, stream, state.secret)
        ours = [row for row in anchors.anchors_of(conn, stream.id) if row.done]
        seen = anchors.anchors_seen(conn, stream.organisation, stream.stream)
    _check_events(state, checks)
    try:
        state.previous, state.anchored = ctx.gateway.latest_head(
            from_hex(stream.organisation, 32), from_hex(stream.stream, 32)
        )
        state.ledger = ctx.gateway.head()
    except Unavailable as fault:
        checks.add("ledger", fault.reason, fault.detail, unknown=True)
        return state
    checks.add("ledger")
    _check_head(state, checks)
    heads = {(row.count, row.head) for row in ours} | {(row.count, row.head) for row in seen}
    _check_earlier(ctx, state, sorted(heads), checks)
    return state


def _check_events(state: _Stream, checks: _Checks) -> None:
    positions = [one.row.position for one in state.events]
    for expected, position in enumerate(positions):
        if position != expected:
            state_row = state.events[expected].row
            checks.findings.append(
                {"position": expected, "event": state_row.id, "reason": "CARGO_EVENT_MISSING"}
            )
            break
    checks.findings += [
        {"position": one.row.position, "event": one.row.id, "reason": one.fault}
        for one in state.events
        if one.fault is not None
    ]
    if checks.findings:
        first = checks.findings[0]
        checks.add("events", first["reason"], f"At position {first['position']}.")
    else:
        checks.add("events")
    leaves = [one.leaf for one in state.events]
    if positions == list(range(len(positions))) and None not in leaves:
        state.tree = LogTree(leaf for leaf in leaves if leaf is not None)


def _check_head(state: _Stream, checks: _Checks) -> None:
    if not state.covered:
        checks.add("whole", "CARGO_NOT_ANCHORED", unknown=True)
    elif state.tree is None:
        checks.add("whole", "CARGO_HEAD_DIFFERS", "The tree cannot be rebuilt from what is kept.")
    elif state.covered > len(state.tree):
        checks.add(
            "whole",
            "CARGO_EVENT_MISSING",
            f"{state.covered} events are anchored, {len(state.tree)} are kept.",
        )
    elif state.tree.root(state.covered) != state.previous:
        checks.add("whole", "CARGO_HEAD_DIFFERS")
    else:
        checks.add("whole")


def _check_earlier(ctx: Services, state: _Stream, heads: list[tuple[int, str]], checks: _Checks) -> None:
    """Each head that was ever anchored must be the head of a beginning of the stream, and on the ledger."""
    if state.tree is None:
        return
    reporter, name = from_hex(state.row.organisation, 32), from_hex(state.row.stream, 32)
    good = 0
    for count, head in heads:
        if count > len(state.tree) or to_hex(state.tree.root(count)) != head:
            checks.add("earlier heads", "CARGO_HEAD_DIFFERS", f"Between the events {good} and {count}.")
            return
        if ctx.gateway.anchor_of(reporter, name, from_hex(head, 32)).count != count:
            checks.add("earlier heads", "CARGO_ANCHOR_UNKNOWN", f"The anchor over {count} events.")
            return
        good = count
    checks.add("earlier heads")


def _stream_of(ctx: Services, row: EventRow) -> StreamRow:
    with ctx.store.read() as conn:
        stream = cargo.stream_by_id(conn, row.stream_id)
    if stream is None:
        raise Broken("CARGO_STREAM_DAMAGED", "the event's stream is gone", event=row.id)
    return stream


def _report(ctx: Services, kind: str, checks: _Checks, state: _Stream) -> dict[str, Any]:
    stream = state.row
    with ctx.store.read() as conn:
        member = members.member(conn, stream.organisation)
    whole = {check["name"]: check["outcome"] for check in checks.done}
    broken = "failed" in (whole.get("events"), whole.get("whole"), whole.get("earlier heads"))
    return {
        "kind": kind,
        "verdict": checks.verdict.value,
        "whole": False if broken else True if whole.get("whole") == "passed" else None,
        "checks": checks.done,
        "findings": checks.findings,
        "stream": {
            "id": stream.id,
            "name": stream.name,
            "stream": stream.stream,
            "reporter": {
                "organisation": stream.organisation,
                "identifier": member.identifier if member else None,
                "name": member.name if member else None,
            },
            "events": len(state.events),
            "anchored": state.covered if state.anchored is not None else None,
            "pending": max(0, len(state.events) - state.covered) if state.anchored is not None else None,
            "head": to_hex(state.previous) if state.covered else None,
            "anchoredAt": state.anchored.time if state.anchored is not None and state.covered else None,
        },
        "ledger": _ledger(state.ledger),
    }


def _ledger(head: Head | None) -> dict[str, Any] | None:
    if head is None:
        return None
    return {"block": head.number, "time": head.time, "age_seconds": round(head.age_seconds, 1)}
