"""The tables of search: derived from certificates, acts and the index, and made again from them
(docs/adr/0014-search.md).

Terms are keyed hashes: these tables say which certificates have something in common, never what.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from ledger_app.store.tables import metadata
from ledger_app.store.tables_records import Id

# One row for each certificate. `ordinal` counts up in the order of recording; certificates from before the
# search was there have negative ones, the newest of them -1. Days are counted from 1970-01-01.
certificate_search = Table(
    "certificate_search",
    metadata,
    Column("ordinal", BigInteger, primary_key=True, autoincrement=False),
    Column("certificate_id", Id, nullable=False),
    Column("act_id", Id, nullable=False),
    # By its bytes on either kind of database, so that a prefix is a range.
    Column("number", String(128).with_variant(String(128, collation="C"), "postgresql"), nullable=False),
    Column("allowance", BigInteger, nullable=False),
    Column("issued", Integer, nullable=False),
    Column("valid_from", Integer, nullable=False),
    Column("valid_until", Integer, nullable=False),
    Column("terms", LargeBinary, nullable=False),  # 8 bytes each, ascending
    UniqueConstraint("certificate_id"),
    Index(None, "act_id"),
    Index(None, "number", "ordinal"),
)

# Which certificates of a segment (`store.search_bits.SIZE` ordinals) have a term, as bits. Negative terms
# are flags: what the ledger says of a certificate now.
search_postings = Table(
    "search_postings",
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("segment", BigInteger, primary_key=True, autoincrement=False),
    Column("bits", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# The days of the certificates of a full segment, bit by bit; `field` is a column of certificate_search.
search_days = Table(
    "search_days",
    metadata,
    Column("field", String(12), primary_key=True),
    Column("segment", BigInteger, primary_key=True, autoincrement=False),
    Column("low", Integer, nullable=False),
    Column("high", Integer, nullable=False),
    Column("slices", LargeBinary, nullable=False),
)
