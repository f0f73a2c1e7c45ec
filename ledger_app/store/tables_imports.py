"""The tables of imports: jobs, their pages, every row that was ever taken in, and the acts made of them.

What rows say is sealed (`store.secrets`). Files, pages and rows are recognised by keyed digests, so that a
copied database tells nobody what was imported.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from ledger_app.store.tables import Hash, metadata
from ledger_app.store.tables_records import Id

_Digest = String(64)

import_jobs = Table(
    "import_jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Hash, nullable=False),
    Column("file", _Digest, nullable=False),  # keyed digest of the file's and of how it is to be imported
    Column("kind", String(8), nullable=False),  # csv, json
    Column("sealed", LargeBinary, nullable=False),  # {"name"}: the file's name
    Column("whole", Boolean, nullable=False),  # all rows or nothing
    Column("page_rows", Integer, nullable=False),
    Column("page_size", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(64), nullable=True),
    Column("rows", BigInteger, nullable=False),
    Column("ready", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("repeated", BigInteger, nullable=False),
    Column("maker", Id, nullable=False),  # the token that opened it
    Column("maker_person", String(200), nullable=False),  # who used that token, "" where nobody said
    Column("approver", Id, nullable=True),
    Column("approver_person", String(200), nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "organisation", "id"),
    Index(None, "organisation", "file"),
    Index(None, "state", "id"),
)

import_pages = Table(
    "import_pages",
    metadata,
    Column("job_id", Id, primary_key=True),
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("digest", _Digest, nullable=False),
    Column("first_row", BigInteger, nullable=False),
    Column("ready", Integer, nullable=False),
    Column("waiting", Boolean, nullable=False),  # certificates are still to be made of it
    Column("sealed", LargeBinary, nullable=True),  # its rows, until they are certificates
    Column("report", LargeBinary, nullable=True),  # what was wrong; sealed likewise
    Index(None, "job_id", "waiting", "page"),
)

# One row for each certificate that was to be issued, by its content: the same never becomes two.
import_rows = Table(
    "import_rows",
    metadata,
    Column("organisation", Hash, primary_key=True),
    Column("content", _Digest, primary_key=True),
    Column("job_id", Id, nullable=False),
    Column("page", Integer, nullable=False),
    Column("row", BigInteger, nullable=False),
    Column("number", String(128), nullable=False),
    Column("certificate_id", Id, nullable=False),
    Index(None, "job_id", "page", "row"),
    Index(None, "organisation", "number"),
)

import_acts = Table(
    "import_acts",
    metadata,
    Column("job_id", Id, primary_key=True),
    Column("act_id", Id, primary_key=True),
    Column("certificates", Integer, nullable=False),
)
