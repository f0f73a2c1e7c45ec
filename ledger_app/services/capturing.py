"""Capturing EPCIS events into a reporter's stream.

Good events are kept and bad ones reported, unless the caller asks for all or nothing. An event is a duplicate
when the reporter has said the same before: the same event hash and the same content (`content_digest`). The
same hash with other content (an error declaration, another eventID) is an event of its own, shown with the
one that it repeats. What is kept is committed at once; anchoring follows.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from ledger_app.access.principals import Principal
from ledger_app.domain.cargo.event_hash import event_digest, hash_uri
from ledger_app.domain.cargo.reading import ReadEvent, read_document
from ledger_app.domain.cargo.subjects import SubjectKind, consignment_name, subjects_of
from ledger_app.errors import BadInput, NotFound, Unprocessable
from ledger_app.proof.canonical import JsonObject, canonical_bytes, parse_json
from ledger_app.proof.hexes import to_hex
from ledger_app.reasons import describe
from ledger_app.services import anchoring
from ledger_app.services.acts import own_organisation
from ledger_app.services.context import Services
from ledger_app.services.streams import (
    DEFAULT_STREAM,
    MAX_EVENT_BYTES,
    content_digest,
    leaf_data,
    secret_of,
    stream_for,
    stream_name,
)
from ledger_app.store import cargo
from ledger_app.store.cargo import CaptureRow, EventRow, StreamRow
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id


@dataclass(frozen=True, slots=True)
class _Ready:
    """An acceptable event before it has a position."""

    index: int
    event: JsonObject
    raw: bytes
    time: int
    digest: bytes
    content: str


def capture(
    ctx: Services,
    principal: Principal,
    body: bytes,
    *,
    consignment: str | None = None,
    stream: str = DEFAULT_STREAM,
    all_or_nothing: bool = False,
) -> dict[str, Any]:
    """Record the events of an EPCIS document (JSON-LD bytes) in the caller's stream and ask for an anchor.

    Gives `{"capture", "stream", "accepted": [{"index", "event", "eventHash", "repeats"}], "duplicate":
    [{"index", "event", "eventHash"}], "refused": [{"index", "reason", "pointer", "detail", "fix"}],
    "anchor"}`; `event` is the id of the record. With `all_or_nothing` a refused event refuses the document:
    Unprocessable `CARGO_EVENTS_REFUSED` with `refused`. Raises BadInput for what is no EPCIS document.
    """
    organisation = own_organisation(principal)
    name = stream_name(stream)
    said = None if consignment is None else consignment_name(consignment)
    document = parse_json(body, max_bytes=ctx.settings.max_import_bytes, floats="text")
    ready, refused = _sorted_out(read_document(document))
    if refused and all_or_nothing:
        raise Unprocessable("CARGO_EVENTS_REFUSED", refused=refused)
    capture_id = new_id()
    with ctx.store.begin() as conn:
        kept = stream_for(ctx, conn, organisation, name)
        accepted, duplicate = _append(ctx, conn, kept, ready, capture_id, said)
        report = {
            "capture": capture_id,
            "stream": {"id": kept.id, "name": kept.name, "stream": kept.stream},
            "consignment": said,
            "accepted": accepted,
            "duplicate": duplicate,
            "refused": refused,
        }
        cargo.add_capture(
            conn,
            CaptureRow(
                id=capture_id,
                organisation=organisation,
                sealed=ctx.vault.seal(body, f"cargo_captures/{capture_id}"),
                report=ctx.vault.seal(orjson.dumps(report), f"cargo_reports/{capture_id}"),
                created_at=ctx.now(),
            ),
        )
    return {**report, "anchor": anchoring.soon(ctx, kept) if accepted else None}


def capture_report(ctx: Services, principal: Principal, capture_id: str) -> dict[str, Any]:
    """The report of an earlier capture of the caller, with `createdAt`. Raises NotFound
    `CARGO_CAPTURE_UNKNOWN`."""
    row = _own_capture(ctx, principal, capture_id)
    report: dict[str, Any] = orjson.loads(ctx.vault.open(row.report, f"cargo_reports/{row.id}"))
    return {**report, "createdAt": row.created_at}


def captured_document(ctx: Services, principal: Principal, capture_id: str) -> bytes:
    """The bytes of an earlier capture of the caller, exactly as they were sent."""
    row = _own_capture(ctx, principal, capture_id)
    return ctx.vault.open(row.sealed, f"cargo_captures/{row.id}")


def _own_capture(ctx: Services, principal: Principal, capture_id: str) -> CaptureRow:
    with ctx.store.read() as conn:
        row = cargo.capture_by_id(conn, capture_id)
    if row is None or row.organisation != own_organisation(principal):
        raise NotFound("CARGO_CAPTURE_UNKNOWN")
    return row


def _sorted_out(read: list[ReadEvent]) -> tuple[list[_Ready], list[dict[str, Any]]]:
    ready: list[_Ready] = []
    refused: list[dict[str, Any]] = []
    for one in read:
        if one.findings:
            first, *more = [
                {
                    "reason": found.rule,
                    "pointer": one.pointer + found.pointer,
                    "detail": found.words,
                    "fix": found.fix,
                }
                for found in one.findings
            ]
            refused.append({"index": one.index, **first, "more": more})
            continue
        try:
            ready.append(_ready(one))
        except BadInput as fault:
            refused.append(
                {
                    "index": one.index,
                    "reason": fault.reason,
                    "pointer": one.pointer,
                    "detail": fault.detail,
                    "fix": describe(fault.reason).next_step,
                    "more": [],
                }
            )
    return ready, refused


def _ready(one: ReadEvent) -> _Ready:
    raw = canonical_bytes(one.event)
    if len(raw) > MAX_EVENT_BYTES:
        raise BadInput("CARGO_EVENT_TOO_LARGE", f"{len(raw)} bytes, at most {MAX_EVENT_BYTES}")
    digest = event_digest(one.event)
    return _Ready(one.index, one.event, raw, one.time, digest, content_digest(one.event, digest))


def _append(
    ctx: Services,
    conn: Connection,
    stream: StreamRow,
    ready: list[_Ready],
    capture_id: str,
    consignment: str | None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    secret = secret_of(ctx, stream)
    known = cargo.known_contents(conn, stream.organisation, [one.content for one in ready])
    hashes = cargo.known_hashes(conn, stream.organisation, [to_hex(one.digest) for one in ready])
    position = cargo.next_position(conn, stream.id)
    accepted: list[dict[str, Any]] = []
    duplicate: list[dict[str, Any]] = []
    rows: list[EventRow] = []
    subjects: list[tuple[str, str, str, str]] = []
    for one in ready:
        shown = {"index": one.index, "eventHash": hash_uri(one.digest)}
        if one.content in known:
            duplicate.append({**shown, "event": known[one.content]})
            continue
        row = _row(ctx, stream, one, position + len(rows), secret, capture_id)
        rows.append(row)
        subjects += _subjects(row.id, one.event, consignment)
        accepted.append({**shown, "event": row.id, "repeats": hashes.get(row.event_hash)})
        known[one.content] = row.id
        hashes.setdefault(row.event_hash, row.id)
    cargo.add_events(conn, rows, subjects)
    return accepted, duplicate


def _row(
    ctx: Services, stream: StreamRow, one: _Ready, position: int, secret: bytes, capture_id: str
) -> EventRow:
    made = new_id()
    event_id = one.event.get("eventID")
    return EventRow(
        id=made,
        stream_id=stream.id,
        position=position,
        event_hash=to_hex(one.digest),
        content=one.content,
        leaf=to_hex(leaf_data(secret, position, one.digest, one.raw)),
        sealed=ctx.vault.seal(one.raw, f"cargo_events/{made}"),
        type=str(one.event["type"]),
        event_id=event_id[:200] if isinstance(event_id, str) else None,
        event_time=one.time,
        capture_id=capture_id,
        place=one.index,
        recorded_at=ctx.now(),
    )


def _subjects(event_id: str, event: JsonObject, consignment: str | None) -> list[tuple[str, str, str, str]]:
    found = [(event_id, subject.kind.value, subject.name, cargo.FROM_EVENT) for subject in subjects_of(event)]
    if consignment is not None and not any(
        kind == SubjectKind.CONSIGNMENT.value and name == consignment for _, kind, name, _ in found
    ):
        found.append((event_id, SubjectKind.CONSIGNMENT.value, consignment, cargo.FROM_CAPTURE))
    return found
