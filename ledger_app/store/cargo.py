"""Cargo streams and events: recording them, and finding them by what they are about.

Rows locate and order; they prove nothing (see `services.streams`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Column, Connection, RowMapping, Select, func, insert, select, tuple_

from ledger_app.store.tables_cargo import (
    cargo_captures,
    cargo_events,
    cargo_streams,
    cargo_subjects,
)

FROM_EVENT = "event"
FROM_CAPTURE = "capture"


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One reporter's stream. `stream`: its name on the ledger (0x…); `sealed` opens to its 32-byte secret."""

    id: str
    organisation: str
    stream: str
    name: str
    sealed: bytes
    created_at: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of a stream. Hashes as 0x… text; `event_time` in milliseconds, `recorded_at` in seconds."""

    id: str
    stream_id: str
    position: int
    event_hash: str
    content: str
    leaf: str
    sealed: bytes
    type: str
    event_id: str | None
    event_time: int
    capture_id: str
    place: int
    recorded_at: int


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """One capture job; `sealed` opens to the document's bytes, `report` to the JSON report."""

    id: str
    organisation: str
    sealed: bytes
    report: bytes
    created_at: int


# --- streams ------------------------------------------------------------------------------------------------


def add_stream(conn: Connection, row: StreamRow) -> None:
    """Record a new stream."""
    conn.execute(insert(cargo_streams).values(asdict(row)))


def stream_by_id(conn: Connection, stream_id: str) -> StreamRow | None:
    """The stream with this record id."""
    return _stream(conn, select(cargo_streams).where(cargo_streams.c.id == stream_id))


def stream_named(conn: Connection, organisation: str, name: str) -> StreamRow | None:
    """The organisation's stream of this name."""
    query = select(cargo_streams).where(
        cargo_streams.c.organisation == organisation, cargo_streams.c.name == name
    )
    return _stream(conn, query)


def streams_matching(conn: Connection, text: str) -> list[StreamRow]:
    """Streams whose record id, ledger name or name is `text`."""
    wanted = (cargo_streams.c.id == text) | (cargo_streams.c.stream == text) | (cargo_streams.c.name == text)
    query = select(cargo_streams).where(wanted).order_by(cargo_streams.c.id)
    return [StreamRow(**row) for row in conn.execute(query).mappings()]


def streams_of(conn: Connection, organisation: str) -> list[tuple[StreamRow, int]]:
    """The organisation's streams with the number of their events, oldest first."""
    count = (
        select(func.count()).where(cargo_events.c.stream_id == cargo_streams.c.id).scalar_subquery()
    ).label("events")
    query = (
        select(cargo_streams, count)
        .where(cargo_streams.c.organisation == organisation)
        .order_by(cargo_streams.c.id)
    )
    found = []
    for row in conn.execute(query).mappings():
        values = dict(row)
        events = values.pop("events")
        found.append((StreamRow(**values), int(events)))
    return found


# --- events -------------------------------------------------------------------------------------------------


def next_position(conn: Connection, stream_id: str) -> int:
    """The position that the next event of the stream takes."""
    query = select(func.max(cargo_events.c.position)).where(cargo_events.c.stream_id == stream_id)
    last = conn.execute(query).scalar()
    return 0 if last is None else int(last) + 1


def known_contents(conn: Connection, organisation: str, contents: Sequence[str]) -> dict[str, str]:
    """content digest → id of the event, for those that the organisation has reported before."""
    return _known(conn, organisation, cargo_events.c.content, contents)


def known_hashes(conn: Connection, organisation: str, hashes: Sequence[str]) -> dict[str, str]:
    """event hash (0x…) → id of the first event with it, for those that the organisation has reported."""
    return _known(conn, organisation, cargo_events.c.event_hash, hashes)


def _known(conn: Connection, organisation: str, column: Column[str], values: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(values), 500):
        query = (
            select(column.label("value"), cargo_events.c.id)
            .join(cargo_streams, cargo_streams.c.id == cargo_events.c.stream_id)
            .where(cargo_streams.c.organisation == organisation, column.in_(values[start : start + 500]))
            .order_by(cargo_events.c.id.desc())
        )
        found.update({row.value: row.id for row in conn.execute(query)})
    return found


def add_events(
    conn: Connection, rows: Sequence[EventRow], subjects: Iterable[tuple[str, str, str, str]]
) -> None:
    """Record events and their subjects (event id, kind, name, source)."""
    if not rows:
        return
    conn.execute(insert(cargo_events), [asdict(row) for row in rows])
    values = [
        {"event_id": event, "kind": kind, "name": name, "source": source}
        for event, kind, name, source in subjects
    ]
    if values:
        conn.execute(insert(cargo_subjects), values)


def events_of(
    conn: Connection, stream_id: str, *, since: int = 0, until: int | None = None
) -> Iterator[EventRow]:
    """The events of the stream by position, from position `since` to before `until`; all by default."""
    query = (
        select(cargo_events)
        .where(cargo_events.c.stream_id == stream_id, cargo_events.c.position >= since)
        .order_by(cargo_events.c.position, cargo_events.c.id)
    )
    if until is not None:
        query = query.where(cargo_events.c.position < until)
    for row in conn.execute(query).mappings():
        yield _event(row)


def leaves_of(
    conn: Connection, stream_id: str, *, since: int = 0, until: int | None = None
) -> list[tuple[int, str]]:
    """(position, leaf data as 0x…) of the stream's events, by position, from `since` to before `until`."""
    query = (
        select(cargo_events.c.position, cargo_events.c.leaf)
        .where(cargo_events.c.stream_id == stream_id, cargo_events.c.position >= since)
        .order_by(cargo_events.c.position, cargo_events.c.id)
    )
    if until is not None:
        query = query.where(cargo_events.c.position < until)
    return [(int(row.position), str(row.leaf)) for row in conn.execute(query)]


def event_by_id(conn: Connection, event_id: str) -> EventRow | None:
    """The event with this record id."""
    row = conn.execute(select(cargo_events).where(cargo_events.c.id == event_id)).mappings().one_or_none()
    return None if row is None else _event(row)


def events_named(conn: Connection, text: str) -> list[EventRow]:
    """Events whose record id, event hash (0x…) or eventID is `text`, oldest first."""
    wanted = (
        (cargo_events.c.id == text) | (cargo_events.c.event_hash == text) | (cargo_events.c.event_id == text)
    )
    query = select(cargo_events).where(wanted).order_by(cargo_events.c.id)
    return [_event(row) for row in conn.execute(query).mappings()]


def events_about(
    conn: Connection, subjects: Sequence[tuple[str, str]], *, limit: int
) -> list[tuple[EventRow, frozenset[tuple[str, str, str]]]]:
    """Events about any of `subjects` (kind, name), by event time, then in the order of their recording.

    Each with why it was found: (kind, name, source).
    """
    wanted = tuple_(cargo_subjects.c.kind, cargo_subjects.c.name).in_(subjects)
    why: dict[str, set[tuple[str, str, str]]] = {}
    for row in conn.execute(select(cargo_subjects).where(wanted)):
        why.setdefault(row.event_id, set()).add((row.kind, row.name, row.source))
    ids = select(cargo_subjects.c.event_id).where(wanted)
    query = (
        select(cargo_events)
        .where(cargo_events.c.id.in_(ids))
        .order_by(cargo_events.c.event_time, cargo_events.c.id)
        .limit(limit)
    )
    rows = [_event(row) for row in conn.execute(query).mappings()]
    return [(row, frozenset(why.get(row.id, ()))) for row in rows]


def names_linked(conn: Connection, names: Iterable[tuple[str, str]]) -> list[tuple[str, str, str, bool]]:
    """(kind, name, id of the event, whether the event says so itself) for every event about any of `names`
    (kind, name), in the order of the events' times."""
    pairs = set(names)
    kinds, named = sorted({kind for kind, _ in pairs}), sorted({name for _, name in pairs})
    found = []
    for start in range(0, len(named), 500):
        query = (
            select(cargo_subjects, cargo_events.c.event_time)
            .join(cargo_events, cargo_events.c.id == cargo_subjects.c.event_id)
            .where(cargo_subjects.c.kind.in_(kinds), cargo_subjects.c.name.in_(named[start : start + 500]))
        )
        found += [row for row in conn.execute(query) if (row.kind, row.name) in pairs]
    found.sort(key=lambda row: (row.event_time, row.event_id))
    return [(str(row.kind), str(row.name), str(row.event_id), row.source == FROM_EVENT) for row in found]


def events_by_ids(conn: Connection, ids: Sequence[str]) -> dict[str, EventRow]:
    """The events with these record ids, by id."""
    found = {}
    for start in range(0, len(ids), 500):
        query = select(cargo_events).where(cargo_events.c.id.in_(ids[start : start + 500]))
        for row in conn.execute(query).mappings():
            found[str(row["id"])] = _event(row)
    return found


def streams_by_ids(conn: Connection, ids: Iterable[str]) -> dict[str, StreamRow]:
    """The streams with these record ids, by id."""
    found = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), 500):
        query = select(cargo_streams).where(cargo_streams.c.id.in_(wanted[start : start + 500]))
        found.update({str(row["id"]): StreamRow(**row) for row in conn.execute(query).mappings()})
    return found


def events_reported_by(
    conn: Connection,
    organisation: str,
    *,
    kind: str | None = None,
    since: int | None = None,
    until: int | None = None,
    after: str = "",
    limit: int,
) -> list[EventRow]:
    """Events that the organisation reported, in the order of their recording, after the id `after`.

    `kind` is an event type; `since` (inclusive) and `until` (exclusive) bound the event time in milliseconds.
    """
    query = (
        select(cargo_events)
        .join(cargo_streams, cargo_streams.c.id == cargo_events.c.stream_id)
        .where(cargo_streams.c.organisation == organisation, cargo_events.c.id > after)
        .order_by(cargo_events.c.id)
        .limit(limit)
    )
    if kind is not None:
        query = query.where(cargo_events.c.type == kind)
    if since is not None:
        query = query.where(cargo_events.c.event_time >= since)
    if until is not None:
        query = query.where(cargo_events.c.event_time < until)
    return [_event(row) for row in conn.execute(query).mappings()]


# --- captures -----------------------------------------------------------------------------------------------


def add_capture(conn: Connection, row: CaptureRow) -> None:
    """Record a capture job."""
    conn.execute(insert(cargo_captures).values(asdict(row)))


def capture_by_id(conn: Connection, capture_id: str) -> CaptureRow | None:
    """The capture job with this id."""
    query = select(cargo_captures).where(cargo_captures.c.id == capture_id)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else CaptureRow(**row)


def _stream(conn: Connection, query: Select[tuple[object, ...]]) -> StreamRow | None:
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else StreamRow(**row)


def _event(row: RowMapping) -> EventRow:
    return EventRow(**row)
