"""Papers: documents that were admitted, each with its secret, its leaf and what it is found by."""

import secrets
from collections.abc import Sequence
from typing import Any

from ledger_app.errors import BadInput
from ledger_app.services.batches import Paper
from ledger_app.services.bulk.reading import Read, read_page, refusal
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
