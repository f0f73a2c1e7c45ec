"""The tables of certificates, acts and members.

What names people or trade secrets is sealed (`store.secrets`); what stands in the clear is what the ledger
shows anyway, or what must be searched by range. Nothing here is a source of truth for verification: it only
says where to look.
"""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from ledger_app.store.tables import Address, Hash, metadata

Id = String(32)

# One row for each signed act, from the request for a signature to its place on the chain.
acts = Table(
    "acts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("contract", String(32), nullable=False),
    Column("organisation", Hash, nullable=False),  # the organisation's id, or the word "council"
    Column("subject", String(66), nullable=True),  # the leaf, batch, enquiry or stream that the act is about
    Column("summary", String(400), nullable=False),
    Column("message", JSON, nullable=False),
    Column("call", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column(
        "sealed", LargeBinary, nullable=True
    ),  # private particulars: the import declaration, the refusal's words
    Column("signatures", JSON, nullable=False),
    Column("needed", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(64), nullable=True),
    Column("context", JSON, nullable=True),
    Column("deadline", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("tx_hash", Hash, nullable=True),
    Column("block_number", BigInteger, nullable=True),
    Column("gas_used", BigInteger, nullable=True),
    Index(None, "organisation", "state", "id"),
    Index(None, "state", "deadline"),
    Index(None, "subject"),
)

certificates = Table(
    "certificates",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(128), nullable=False),
    Column("issuer", Hash, nullable=False),
    Column("scheme", String(31), nullable=False),
    Column("territory", String(8), nullable=False),
    Column("destination", String(8), nullable=True),
    Column("digest", Hash, nullable=False),
    Column("leaf", Hash, nullable=False),
    Column("leaf_fields", JSON, nullable=False),
    Column("root", Hash, nullable=False),
    Column("batch", Hash, nullable=False),
    Column("proof", JSON, nullable=False),
    Column("act_id", Id, nullable=False),
    Column("sealed", LargeBinary, nullable=True),  # {"document", "secret"}; null once erased
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("digest"),
    UniqueConstraint("leaf"),
    Index(None, "number"),
    Index(None, "issuer", "id"),
    Index(None, "batch"),
    Index(None, "act_id"),
)

# What a certificate can be found by: kind is organisation, consignment, container (value in the clear), or
# exporter, producer, consignee, importer, agent (value a blind index of the name).
certificate_links = Table(
    "certificate_links",
    metadata,
    Column("certificate_id", Id, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("value", String(128), primary_key=True),
    Index(None, "kind", "value", "certificate_id"),
)

# A number belongs to one live certificate of its issuer; freed when the issuing act comes to nothing.
certificate_numbers = Table(
    "certificate_numbers",
    metadata,
    Column("issuer", Hash, primary_key=True),
    Column("number", String(128), primary_key=True),
    Column("certificate_id", Id, nullable=False),
    Column("act_id", Id, nullable=False),
)

# Bundles of certificates issued elsewhere, kept for the acts on them.
received_bundles = Table(
    "received_bundles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Hash, nullable=False),
    Column("digest", Hash, nullable=False),
    Column("leaf", Hash, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("organisation", "leaf"),
    Index(None, "digest"),
)

enquiries = Table(
    "enquiries",
    metadata,
    Column("id", Hash, primary_key=True),  # the enquiryId of the protocol
    Column("act_id", Id, nullable=False),
    Column("sender", Hash, nullable=False),
    Column("recipient", Hash, nullable=False),
    Column("leaf", Hash, nullable=True),
    Column("code", Integer, nullable=False),
    Column("reply_by", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # {"salt", "text"} behind the subject's hash
    Column("answer_act_id", Id, nullable=True),
    Column("answer_sealed", LargeBinary, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "sender", "id"),
    Index(None, "recipient", "id"),
)

# Organisations and council members by name: the chain knows only hashes and addresses.
members = Table(
    "members",
    metadata,
    Column("organisation", Hash, primary_key=True),
    Column("identifier", String(200), nullable=False),
    Column("name", String(400), nullable=False),
    Column("territory", String(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("identifier"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # organisation, council, trader, operator
    Column("organisation", Hash, nullable=True),
    Column("member", Address, nullable=True),
    Column("label", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=True),
    Column("person", String(200), nullable=True),  # who uses it, where the organisation says so
    UniqueConstraint("hash"),
    Index(None, "organisation"),
)

organisation_secrets = Table(
    "organisation_secrets",
    metadata,
    Column("organisation", Hash, primary_key=True),
    Column("purpose", String(32), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("response", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "created_at"),
)

# When each signer last asked for work. `desk`: the organisation's id, or the council member's address.
signers_seen = Table(
    "signers_seen",
    metadata,
    Column("desk", String(66), primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
)
