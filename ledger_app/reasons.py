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
_section(
    ("NODE_UNAVAILABLE", "The chain's node does not answer.", "Try again shortly; if it persists, ask the operator."),
    ("NODE_BEHIND", "The chain's node answers with old data.", "Try again shortly; if it persists, ask the operator."),
    ("CLOCK_BEHIND", "This machine's clock is behind the chain's last block.", "Set the clock right before writing."),
    ("WRONG_LEDGER", "The node serves another ledger than the pinned one.", "Ask the operator; trust nothing it says."),
    ("NODE_URL", "The node's address is not usable.", "Set an http:// or https:// address."),
    ("CHAIN_TOOLS", "The embedded chain cannot be installed or started.", "Read the detail and the chain's log file."),
    ("CHAIN_LOCKED", "Another process runs this data folder's chain.", "Stop the other service first."),
    ("STORE_URL", "The database URL is not usable.", "Use sqlite:///FILE or postgresql://…"),
    ("STORE_NESTED_WRITE", "A write transaction was opened inside another.", "Report this to the developers."),
    ("LEASE_LOST", "Another process has taken over this work.", "Nothing: the other process goes on with it."),
    ("NONCE_GAP", "A transaction would leave a gap in its sender's nonces.", "Report this to the developers."),
    ("ACT_ENCODING", "The act cannot be turned into a contract call.", "Check the act's fields against the protocol."),
    ("REVERTED", "The contract refused the act without saying why.", "Report this to the operator."),
)

# --- access, acts, services, api ---------------------------------------------------------------------------------
_section(
    ("SETTING_INVALID", "A setting cannot be used as given.", "Correct the named ORIGIN_… variables."),
    (
        "SETTING_UNSAFE",
        "A setting is missing or weak, and this is not demo mode.",
        "Set the named variable to a strong value.",
    ),
    (
        "SETTING_NOT_FOR_DEMO",
        "Demo mode refuses production settings.",
        "Unset the named variables, or leave demo mode.",
    ),
    (
        "TOKEN_INVALID",
        "The bearer token is not known here, or was revoked.",
        "Use a current token, or ask the operator for one.",
    ),
    (
        "TOKEN_SUBJECT",
        "A token needs to say whom it stands for.",
        "Name the organisation, or the council member's address.",
    ),
    ("SIGN_IN", "This is for signed-in callers.", "Send a bearer token in the Authorization header."),
    (
        "NOT_ENTITLED",
        "The caller is known, but may not do this.",
        "Ask somebody with the right role, or the operator.",
    ),
    (
        "IDEMPOTENCY_KEY_REUSED",
        "This Idempotency-Key was used for another request.",
        "Use a fresh key for a different request.",
    ),
    (
        "SEALED_UNREADABLE",
        "An encrypted record cannot be opened.",
        "Restore the record, or configure the master key that sealed it.",
    ),
)

# --- signer, command line, demo ------------------------------------------------------------------------------------
