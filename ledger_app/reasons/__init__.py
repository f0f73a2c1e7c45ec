"""The stable reason codes, a module for each part: what each means and what to do next.

A code, once published, keeps its meaning. `origin reasons --json` and `GET /v1/reasons` print the table.
"""

from ledger_app.reasons import (
    applications,
    bulk,
    cargo,
    chain,
    contracts,
    documents,
    general,
    offline,
    operations,
    proof,
    recipients,
    search,
    service,
    signer,
    verification,
)
from ledger_app.reasons.table import Reason, together

__all__ = ["REASONS", "Reason", "describe"]

REASONS: dict[str, Reason] = together(
    (
        general.ROWS,
        proof.ROWS,
        verification.ROWS,
        offline.ROWS,
        documents.ROWS,
        applications.ROWS,
        bulk.ROWS,
        recipients.ROWS,
        search.ROWS,
        cargo.ROWS,
        chain.ROWS,
        contracts.ROWS,
        service.ROWS,
        signer.ROWS,
        operations.ROWS,
    )
)


def describe(code: str) -> Reason:
    """The entry for `code`. Raises KeyError for a code that is not in the table: none is made up."""
    return REASONS[code]
