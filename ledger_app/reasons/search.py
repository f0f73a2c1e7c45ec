"""Reasons of search and export."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "HS_PREFIX_INVALID",
        "Not the beginning of an HS code.",
        "Give 2 digits (chapter), 4 (heading), or 6 to 10.",
    ),
    (
        "STANDING_UNKNOWN",
        "There is no standing of this name to search for.",
        "Use one of those in docs/search.md, such as good, suspended or expired.",
    ),
    ("DAYS_REVERSED", "The first day lies after the last.", "Exchange the two days."),
    (
        "EXPORT_INCOMPLETE",
        "The export ended before its last row.",
        "Try again; nothing was written to the file.",
    ),
)
