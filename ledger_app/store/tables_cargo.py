"""The tables of cargo: streams, the events in them, what events are about, captures and anchors.

Events are sealed (`store.secrets`): they tell who ships what to whom. In the clear stand only what the order,
the search by time and the tree need. Nothing here is a source of truth: `services.streams` recomputes every
leaf from the opened event and compares the tree with the ledger.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from ledger_app.store.tables import Hash, metadata
from ledger_app.store.tables_records import Id

cargo_streams = Table(
    "cargo_streams",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Hash, nullable=False),
    Column("stream", Hash, nullable=False),  # its name on the ledger
    Column("name", String(120), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the stream's secret; context `cargo_streams/<id>`
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("organisation", "stream"),
    UniqueConstraint("organisation", "name"),
    Index(None, "stream"),
)

# One capture job: what was sent, as it was sent (numbers that are kept as text stand there as numbers).
cargo_captures = Table(
    "cargo_captures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Hash, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the document's bytes; context `cargo_captures/<id>`
    Column("report", LargeBinary, nullable=False),  # what became of each event; sealed likewise
    Column("created_at", BigInteger, nullable=False),
    Index(None, "organisation", "id"),
)

cargo_events = Table(
    "cargo_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("stream_id", Id, nullable=False),
    Column("position", BigInteger, nullable=False),  # its index in the stream, from 0
    Column("event_hash", Hash, nullable=False),
    Column("content", Hash, nullable=False),  # digest of what tells a duplicate from an event of its own
    Column("leaf", Hash, nullable=False),  # its leaf data in the tree
    Column("sealed", LargeBinary, nullable=False),  # the kept bytes; context `cargo_events/<id>`
    Column("type", String(32), nullable=False),
    Column("event_id", String(200), nullable=True),  # the eventID that the reporter gave
    Column("event_time", BigInteger, nullable=False),  # milliseconds since 1970
    Column("capture_id", Id, nullable=False),
    Column("place", Integer, nullable=False),  # which event of the captured document
    Column("recorded_at", BigInteger, nullable=False),
    UniqueConstraint("stream_id", "position"),
    Index(None, "event_hash"),
    Index(None, "event_id"),
    Index(None, "stream_id", "content"),
)

# What an event is about: kind is consignment, container, certificate or object. `source` says who says so:
# the event itself, or the reporter beside it (capture), which no anchor covers.
cargo_subjects = Table(
    "cargo_subjects",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("event_id", Id, primary_key=True),
    Column("source", String(8), nullable=False),
    Index(None, "event_id"),
)

# The acts that anchor a stream: each the head over its first `count` events.
cargo_anchors = Table(
    "cargo_anchors",
    metadata,
    Column("act_id", Id, primary_key=True),
    Column("stream_id", Id, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("head", Hash, nullable=False),
    Column("previous", Hash, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "stream_id", "count"),
)
