"""What an import would do with a page, without recording anything of it."""

from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.domain.findings import unknown
from ledger_app.services.acts import own_organisation
from ledger_app.services.bulk.jobs import job_key
from ledger_app.services.bulk.papers import issued_otherwise
from ledger_app.services.bulk.reading import Read, number_taken, number_twice
from ledger_app.services.bulk.rows import rows_of_page
from ledger_app.services.bulk.staging import is_repeated
from ledger_app.services.context import Services
from ledger_app.services.numbering import gives_numbers
from ledger_app.store import import_rows
from ledger_app.store.engine import Connection


def judged(
    ctx: Services, principal: Principal, kind: str, first_row: int, body: bytes
) -> list[dict[str, Any]]:
    """The rows of a page as `staging.put_page` would judge them as the first page of an import:
    `{"row", "number", "content", "known", "ready", "document", "findings"}`.

    `content` is the same for rows that say the same; `known`: it is a certificate already, or about to be
    one. Whether the ranges have numbers enough for the rows without one shows only when they are taken.
    Raises Unprocessable `IMPORT_UNREADABLE`.
    """
    organisation = own_organisation(principal)
    key = job_key(ctx, organisation)
    read, _ = rows_of_page(ctx, principal, organisation, key, body, kind, first_row)
    numbers = [row.number for row in read if row.content]
    issued = issued_otherwise(ctx, organisation, key, numbers)
    with ctx.store.read() as conn:
        found = import_rows.entries(conn, organisation, [row.content for row in read if row.content])
        held = import_rows.numbers_held(conn, organisation, "", numbers)
        told = []
        for row in read:
            known = row.content in issued or is_repeated(found.get(row.content), "")
            if known:
                row.findings = []
            elif row.lacks_number:
                _number_to_come(conn, organisation, row)
            elif row.content and row.number in held:
                holder = held[row.number]
                if holder is None:
                    row.findings.append(number_taken(row.number))
                elif holder[0] != row.content:
                    row.findings.append(number_twice(row.number, holder[1]))
            told.append(_json(row, known=known))
    return told


def _number_to_come(conn: Connection, organisation: str, row: Read) -> None:
    if not gives_numbers(conn, organisation, str(row.document["scheme"])):
        return
    words = "It has no number. The import takes the next of the issuer's ranges, if any is left then."
    given = unknown("/number", "NUMBER_TO_COME", words, "See `origin numbers list` for how many are left.")
    row.findings = [finding for finding in row.findings if not finding.is_error] + [given]


def _json(row: Read, *, known: bool) -> dict[str, Any]:
    return {
        "row": row.row,
        "number": row.number or None,
        "content": row.content or None,
        "known": known,
        "ready": not row.refused,
        "document": row.document,
        "findings": row.told(),
    }
