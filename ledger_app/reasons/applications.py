"""Reasons of applications, numbers and evidence."""

from ledger_app.reasons.table import Rows

ROWS: Rows = ()
