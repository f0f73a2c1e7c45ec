"""The tables of what the council states off chain: checkpoints and trust snapshots, and contradictions among
them.

The files are public and signed; nothing here is sealed. Their trees are not kept: they follow from events.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, String, Table, UniqueConstraint

from ledger_app.store.tables import Hash, metadata
from ledger_app.store.tables_records import Id

# Every checkpoint and snapshot that was signed here or seen elsewhere, by the digest that was signed.
statements = Table(
    "statements",
    metadata,
    Column("digest", Hash, primary_key=True),
    Column("kind", String(16), nullable=False),  # checkpoint or snapshot
    Column("block", BigInteger, nullable=False),
    Column("batches", BigInteger, nullable=True),  # of a checkpoint: the size of its log
    Column("expires", BigInteger, nullable=False),
    Column("own", Boolean, nullable=False),  # signed at the request of this installation
    Column("held", Boolean, nullable=False),  # against what the ledger held at its block, or made from it
    Column("file", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "kind", "block"),
)

# Two statements that cannot both be true. Never deleted.
split_views = Table(
    "split_views",
    metadata,
    Column("id", Id, primary_key=True),
    Column("first", Hash, nullable=False),
    Column("second", Hash, nullable=False),
    Column("detail", String(400), nullable=False),
    Column("found_at", BigInteger, nullable=False),
    UniqueConstraint("first", "second"),
)
