"""Reasons of imports and verifications in bulk."""

from ledger_app.reasons.table import Rows

ROWS: Rows = ()
