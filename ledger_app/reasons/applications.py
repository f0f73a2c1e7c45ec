"""Reasons of applications, numbers and evidence."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "NUMBERS_NONE",
        "The issuing body has no range of numbers for this scheme.",
        "Register one (`origin numbers add`), or write the number into the certificate.",
    ),
    (
        "NUMBERS_MANY",
        "Too many certificates without a number are sent at once.",
        "Send fewer at a time, or number them.",
    ),
    (
        "NUMBER_RANGE_OVERLAPS",
        "Another range gives some of the same numbers.",
        "Choose other counters, or another pattern.",
    ),
    ("NUMBER_RANGES_MANY", "The issuing body has too many ranges.", "Register longer ranges instead."),
    ("NUMBER_RANGE_UNKNOWN", "There is no such range of yours.", "List the ranges to see their ids."),
    ("NUMBER_STATE_UNKNOWN", "Numbers have no such state.", "Use one of those that the detail lists."),
)
