"""The one `MetaData` all tables belong to, the column types they share, and the tables of the chain's
plumbing.

Other areas declare their tables in their own modules against `metadata`. Types are portable between SQLite
and PostgreSQL: identifiers are lower-case `0x…` hex strings, times are Unix seconds, counts are 64-bit
integers.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: A 64-bit key that counts up by itself. SQLite does so only for a column declared INTEGER PRIMARY KEY.
BigId = BigInteger().with_variant(Integer(), "sqlite")
#: `0x` and 64 hex digits.
Hash = String(66)
#: `0x` and 40 hex digits, lower-case.
Address = String(42)

# --- settings that the service itself keeps (the ledger's pin, the follower's cursor) -----------------------
meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

# --- who may do a thing that only one process may do at a time ----------------------------------------------
leases = Table(
    "leases",
    metadata,
    Column("name", String(96), primary_key=True),
    Column("holder", String(96), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# --- what is to be written to the chain ---------------------------------------------------------------------
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("act_id", String(64), nullable=True),
    Column("contract", String(42), nullable=False),
    Column("calldata", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(64), nullable=True),
    Column("context", JSON, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "state", "id"),
    Index(None, "act_id"),
)

# Each signed transaction, the raw bytes as committed before the first broadcast; kept after finality.
transactions = Table(
    "transactions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("sender", Address, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("bid", Integer, nullable=False, server_default="0"),
    Column("outbox_id", BigInteger, nullable=True),
    Column("raw", LargeBinary, nullable=False),
    Column("hash", Hash, nullable=False),
    Column("state", String(16), nullable=False),
    Column("creates", Address, nullable=True),
    Column("block_number", BigInteger, nullable=True),
    Column("block_hash", Hash, nullable=True),
    Column("gas_used", BigInteger, nullable=True),
    Column("ok", Boolean, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("sender", "nonce", "bid"),
    Index(None, "state", "id"),
    Index(None, "outbox_id"),
    Index(None, "hash"),
)

# --- what the chain says, as far as the follower has read ---------------------------------------------------
chain_blocks = Table(
    "chain_blocks",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Hash, nullable=False),
    Column("parent", Hash, nullable=False),
    Column("time", BigInteger, nullable=False),
)

chain_events = Table(
    "chain_events",
    metadata,
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("block_time", BigInteger, nullable=False),
    Column("tx_hash", Hash, nullable=False),
    Column("contract", String(32), nullable=False),
    Column("name", String(64), nullable=False),
    Column("args", JSON, nullable=False),
    Column("subject", String(66), nullable=True),
    Index(None, "subject"),
)


def _at() -> list[Column[object]]:
    """Where on the chain the row's last change happened."""
    return [
        Column("block_number", BigInteger, nullable=False),
        Column("block_time", BigInteger, nullable=False),
        Column("tx_hash", Hash, nullable=False),
    ]


index_batches = Table(
    "index_batches",
    metadata,
    Column("batch", Hash, primary_key=True),
    Column("issuer", Hash, nullable=False),
    Column("scheme", Hash, nullable=False),
    Column("root", Hash, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("key", Address, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("confirmed_key", Address, nullable=True),
    Column("confirmed_at", BigInteger, nullable=True),
    *_at(),
    Index(None, "root"),
    Index(None, "issuer", "block_number"),
)

index_standings = Table(
    "index_standings",
    metadata,
    Column("leaf", Hash, primary_key=True),
    Column("status", Integer, nullable=False),
    Column("reason", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("predecessor", Hash, nullable=True),
    Column("successor_batch", Hash, nullable=True),
    *_at(),
    Index(None, "predecessor"),
)

index_items = Table(
    "index_items",
    metadata,
    Column("leaf", Hash, primary_key=True),
    Column("item", BigInteger, primary_key=True, autoincrement=False),
    Column("used", BigInteger, nullable=False),
    *_at(),
)

index_claims = Table(
    "index_claims",
    metadata,
    Column("claim_key", Hash, primary_key=True),
    Column("leaf", Hash, nullable=False),
    Column("customs", Hash, nullable=False),
    Column("claim", Hash, nullable=False),
    Column("state", Integer, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("reason", Integer, nullable=False),
    *_at(),
    Index(None, "leaf"),
)

index_enquiries = Table(
    "index_enquiries",
    metadata,
    Column("enquiry", Hash, primary_key=True),
    Column("sender", Hash, nullable=False),
    Column("recipient", Hash, nullable=False),
    Column("leaf", Hash, nullable=False),
    Column("subject", Hash, nullable=False),
    Column("code", Integer, nullable=False),
    Column("reply_by", BigInteger, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("answer", Integer, nullable=True),
    Column("reply", Hash, nullable=True),
    Column("answered_at", BigInteger, nullable=True),
    *_at(),
    Index(None, "recipient"),
    Index(None, "leaf"),
)

index_organisations = Table(
    "index_organisations",
    metadata,
    Column("organisation", Hash, primary_key=True),
    Column("territory", String(18), nullable=False),
    Column("roles", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    *_at(),
)

index_keys = Table(
    "index_keys",
    metadata,
    Column("key", Address, primary_key=True),
    Column("organisation", Hash, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Column("disowned_since", BigInteger, nullable=True),
    Column("vouched", Boolean, nullable=False),
    *_at(),
    Index(None, "organisation"),
)

index_accreditations = Table(
    "index_accreditations",
    metadata,
    Column("organisation", Hash, primary_key=True),
    Column("scheme", Hash, primary_key=True),
    Column("kind", Integer, nullable=False),
    Column("from_day", BigInteger, nullable=False),
    Column("until_day", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("authority", Hash, nullable=False),
    *_at(),
)

# One row: the council as it is, its members and threshold, and whether it has paused.
index_council = Table(
    "index_council",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("threshold", Integer, nullable=False),
    Column("members", JSON, nullable=False),
    Column("paused_until", BigInteger, nullable=False),
    Column("sealed", JSON, nullable=False),
    *_at(),
)

index_anchors = Table(
    "index_anchors",
    metadata,
    Column("anchor_key", Hash, primary_key=True),
    Column("stream_key", Hash, nullable=False),
    Column("reporter", Hash, nullable=False),
    Column("stream", Hash, nullable=False),
    Column("previous", Hash, nullable=False),
    Column("head", Hash, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("key", Address, nullable=False),
    *_at(),
    Index(None, "stream_key", "count"),
    Index(None, "head"),
)
