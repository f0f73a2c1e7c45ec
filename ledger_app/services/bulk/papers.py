"""Papers: documents that were admitted, each with its secret, its leaf and what it is found by."""

import secrets
from collections.abc import Sequence
from typing import Any

from ledger_app.errors import BadInput
from ledger_app.services.batches import Paper, opened
from ledger_app.services.bulk.reading import Read, content_of, read_page, refusal
from ledger_app.services.context import Services
from ledger_app.store import import_rows
from ledger_app.store.secrets import Vault


def papers_of(vault: Vault, rows: Sequence[Read]) -> dict[str, Paper]:
    """By content; a row whose document cannot be committed to is refused, and has none."""
    papers: dict[str, Paper] = {}
    for row in rows:
        if row.content in papers or row.refused:
            continue
        try:
            papers[row.content] = Paper.of(vault, row.document, secrets.token_bytes(32))
        except BadInput as bad:  # more values than a document may hold
            fix = "Split it into several certificates."
            row.findings.append(refusal(bad.reason, bad.detail, fix, pointer=""))
    return papers


def issued_otherwise(ctx: Services, organisation: str, key: bytes, numbers: Sequence[str]) -> set[str]:
    """The contents of the organisation's certificates under these numbers that were issued without an import:
    no row of one remembers them."""
    with ctx.store.read() as conn:
        found = import_rows.issued_otherwise(conn, organisation, numbers)
    return {content_of(opened(ctx, *each)["document"], key) for each in found.values()}


def read_apart(keys: Sequence[bytes], *page: Any) -> tuple[list[Read], dict[str, Paper]]:
    """The rows of a page (see `reading.read_page`) and the papers of those that lack nothing, as one of
    `services.readers` sends them: a document that is in its paper is not in its row.
    """
    rows = read_page(*page)
    papers = papers_of(Vault(keys), [row for row in rows if row.content and not row.lacks_number])
    for row in rows:
        if row.content in papers:
            row.document = {}
    return rows, papers
