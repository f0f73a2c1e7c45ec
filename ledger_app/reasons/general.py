"""Reasons that belong to no part."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "INTERNAL",
        "An unexpected fault in this service.",
        "Try again; if it persists, send the operator the request id.",
    ),
    (
        "NOT_FOUND",
        "Nothing with this name is recorded here.",
        "Check the number or digest, or ask the issuing body.",
    ),
    ("TOO_LARGE", "The input is beyond the accepted size.", "Split it, or send less at a time."),
    (
        "FILE_TOO_LARGE",
        "The file is larger than any certificate's bundle, which has at most 8 MiB.",
        "Choose the bundle that came with the certificate; a scan or a photograph cannot be verified.",
    ),
)
