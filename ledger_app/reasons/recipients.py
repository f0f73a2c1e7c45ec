"""Reasons of recipients and webhooks."""

from ledger_app.reasons.table import Rows

ROWS: Rows = ()
