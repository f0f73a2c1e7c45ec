"""The stable reason codes, in one table: what each means and what to do next.

A code, once published, keeps its meaning. `origin reasons --json` and `GET /v1/reasons` print this table.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One published code. `meaning` says what happened; `next_step` what the reader should do."""

    code: str
    meaning: str
    next_step: str


REASONS: dict[str, Reason] = {}


def _section(*rows: tuple[str, str, str]) -> None:
    for code, meaning, next_step in rows:
        if code in REASONS:
            raise ValueError(f"reason code {code} is declared twice")
        REASONS[code] = Reason(code, meaning, next_step)


def describe(code: str) -> Reason:
    """The entry for `code`. Raises KeyError for a code that is not in the table: codes are never invented on the fly."""
    return REASONS[code]


# --- general -----------------------------------------------------------------------------------------------
_section(
    ("INTERNAL", "An unexpected fault in this service.", "Try again; if it persists, send the operator the request id."),
    ("NOT_FOUND", "Nothing with this name is recorded here.", "Check the number or digest, or ask the issuing body."),
    ("TOO_LARGE", "The input is beyond the accepted size.", "Split it, or send less at a time."),
)

# --- canonical JSON and proofs (proof/) ----------------------------------------------------------------------

# --- the certificate document and imports (domain/) ----------------------------------------------------------

# --- cargo ------------------------------------------------------------------------------------------------------

# --- the chain and the contracts (chain/) --------------------------------------------------------------------------

# --- access, acts, services, api ---------------------------------------------------------------------------------

# --- signer, command line, demo ------------------------------------------------------------------------------------
