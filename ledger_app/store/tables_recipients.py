"""The tables of recipients: who has which certificate, what they were told of it, and the webhooks that tell
them.

A notice's body holds no personal data and is kept as it was made, so that every delivery of it, however late,
has the same bytes. Addresses and signing secrets of webhooks are sealed: an address may hold a token.
"""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table
from sqlalchemy import UniqueConstraint as Unique

from ledger_app.store.tables import BigId, Hash, metadata
from ledger_app.store.tables_records import Id

#: An organisation's id (0x…), or the id of a webhook endpoint that was sent a certificate by name.
Recipient = String(66)

# One row for each leaf and whoever has it. The times say how it got there; null = not that way.
certificate_recipients = Table(
    "certificate_recipients",
    metadata,
    Column("leaf", Hash, primary_key=True),
    Column("recipient", Recipient, primary_key=True),
    Column("owner", Hash, nullable=False),  # the organisation itself, or the one whose endpoint it is
    Column("digest", Hash, nullable=False),
    Column("issuer", Hash, nullable=True),
    Column("batch", Hash, nullable=True),
    Column("certificate_id", Id, nullable=True),  # null for a certificate that was issued elsewhere
    Column("number", String(128), nullable=True),
    Column("allowance", BigInteger, nullable=True),
    Column("valid_until", BigInteger, nullable=True),  # day number; null = not stated
    Column("sent_at", BigInteger, nullable=True),
    Column("sent_by", Hash, nullable=True),
    Column("fetched_at", BigInteger, nullable=True),
    Column("received_at", BigInteger, nullable=True),
    Column("since_block", BigInteger, nullable=False),  # what is on the ledger up to it was known to them
    Column("expiry_told", Boolean, nullable=False),
    Index(None, "batch"),
    Index(None, "recipient"),
    Index(None, "certificate_id"),
    Index(None, "expiry_told", "valid_until"),
)

# What a recipient was told. Never deleted: it is what "everybody was told" rests on.
notices = Table(
    "notices",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("message", String(40), nullable=False),  # the webhook-id of every delivery of it
    Column("recipient", Recipient, nullable=False),
    Column("type", String(40), nullable=False),
    Column("leaf", Hash, nullable=True),
    Column("certificate_id", Id, nullable=True),
    Column("change", String(80), nullable=False),  # what happened, the same for everybody who is told
    Column("turn", Integer, nullable=False),  # counts the times that the same happened again after an undoing
    Column("undone", Boolean, nullable=False),
    Column("block_number", BigInteger, nullable=True),
    Column("block_hash", Hash, nullable=True),
    Column("body", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Unique("recipient", "change", "turn"),
    Unique("message"),
    Index(None, "recipient", "id"),
    Index(None, "change"),
    Index(None, "block_number"),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Hash, nullable=False),
    Column("outside", Boolean, nullable=False),  # gets only what is sent to it by name
    Column("label", String(200), nullable=False),
    Column("host", String(260), nullable=False),
    Column("types", JSON, nullable=False),  # of notices; [] = all
    Column("state", String(16), nullable=False),  # active, disabled, removed
    Column("reason", String(64), nullable=True),
    Column("sealed", LargeBinary, nullable=True),  # {"url", "secrets"}; null once removed
    Column("failures", Integer, nullable=False),  # in a row
    Column("failing_since", BigInteger, nullable=True),
    Column("not_before", BigInteger, nullable=False),
    Column("delivered_at", BigInteger, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "organisation", "state"),
    Index(None, "state"),
)

# One row for each notice and endpoint that is to get it.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("endpoint_id", Id, nullable=False),
    Column("notice_id", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),  # pending, delivered, failed
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),  # since it was last asked for
    Column("asked_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("status", Integer, nullable=True),
    Column("error", String(32), nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Unique("endpoint_id", "notice_id"),
    Index(None, "endpoint_id", "state", "next_at"),
    Index(None, "state", "updated_at"),
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("delivery_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("ms", Integer, nullable=False),
    Column("status", Integer, nullable=True),
    Column("error", String(32), nullable=True),
)
