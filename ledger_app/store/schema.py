"""The complete metadata: importing this module declares every table of every area."""

from ledger_app.store import (
    tables_applications,
    tables_cargo,
    tables_imports,
    tables_recipients,
    tables_records,
    tables_search,
    tables_statements,
)
from ledger_app.store.tables import metadata

__all__ = [
    "metadata",
    "tables_applications",
    "tables_cargo",
    "tables_imports",
    "tables_recipients",
    "tables_records",
    "tables_search",
    "tables_statements",
]
