"""The tables of applications, their history and evidence, and of the number ranges of issuing bodies.

What an applicant writes, and who did what, is sealed (`store.secrets`); in the clear stands what applications
are listed by.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from ledger_app.store.tables import Hash, metadata
from ledger_app.store.tables_records import Id

# One row for each application. `stage` is where people put it; while `act_id` is set and that act is alive,
# the act's state says more: see `domain.application.stage_now`.
applications = Table(
    "applications",
    metadata,
    Column("id", Id, primary_key=True),
    Column("applicant", Hash, nullable=False),
    Column("issuer", Hash, nullable=False),
    Column("scheme", String(31), nullable=True),  # as the draft says it; null where it says none
    Column("stage", String(24), nullable=False),
    Column("version", BigInteger, nullable=False),  # counts every step; who acts says which one they saw
    Column("turns", Integer, nullable=False),
    Column("four_eyes", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=True),  # document, reasons, persons; null once erased
    Column("act_id", Id, nullable=True),
    Column("certificate_id", Id, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "applicant", "id"),
    Index(None, "issuer", "id"),
    Index(None, "act_id"),
    Index(None, "certificate_id"),
)

# Every step of an application's life, in order. `sealed` opens to {"person", "reasons"}.
application_steps = Table(
    "application_steps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("application_id", Id, nullable=False),
    Column("step", String(16), nullable=False),
    Column("stage", String(24), nullable=False),  # the one it led to
    Column("version", BigInteger, nullable=False),
    Column("organisation", Hash, nullable=False),
    Column("act_id", Id, nullable=True),
    Column("sealed", LargeBinary, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("application_id", "version"),
)

# Files that belong to an application. `sealed` opens to what the certificate's `evidence` says of the file.
attachments = Table(
    "attachments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("application_id", Id, nullable=False),
    Column("digest", Hash, nullable=False),  # SHA-256 of the file
    Column("size", BigInteger, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("application_id", "digest"),
)

# A file's bytes in parts, so that none of them is large in memory.
attachment_parts = Table(
    "attachment_parts",
    metadata,
    Column("attachment_id", Id, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)

# Files that an issuing body shows to the customs that asked about the certificate.
attachments_shared = Table(
    "attachments_shared",
    metadata,
    Column("enquiry_id", Hash, primary_key=True),
    Column("attachment_id", Id, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

# Ranges that an issuing body takes its numbers from; `scheme` null: for every scheme.
number_ranges = Table(
    "number_ranges",
    metadata,
    Column("id", Id, primary_key=True),
    Column("issuer", Hash, nullable=False),
    Column("scheme", String(31), nullable=True),
    Column("pattern", String(80), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "issuer", "id"),
)

# How far each range is given out: every counter up to `used`. `year` is 0 where the pattern has none.
number_counters = Table(
    "number_counters",
    metadata,
    Column("range_id", Id, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("used", BigInteger, nullable=False),
)
