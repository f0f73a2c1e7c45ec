"""Reasons of search and export."""

from ledger_app.reasons.table import Rows

ROWS: Rows = ()
