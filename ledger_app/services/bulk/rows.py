"""The rows of a page of an import, held against what the ledger says of the issuer and against what was
recorded before. Nothing is recorded here.
"""

from collections.abc import Sequence
from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.domain.offices import RULES
from ledger_app.reasons import describe
from ledger_app.services import offices
from ledger_app.services.batches import Paper
from ledger_app.services.bulk.papers import papers_of, read_apart
from ledger_app.services.bulk.reading import Read, read_page, refusal
from ledger_app.services.context import Services
from ledger_app.services.importing import own_issuer
from ledger_app.services.originals import is_here
from ledger_app.store import import_rows

_FEWEST_APART: Final = 50
"""A page of fewer lines is read faster than it is handed over."""


def rows_of_page(
    ctx: Services, principal: Principal, organisation: str, key: bytes, body: bytes, kind: str, first_row: int
) -> tuple[list[Read], dict[str, Paper]]:
    """The rows of a page, and by content the papers of those that lack nothing; the arguments are those of
    `reading.read_page`. Raises Unprocessable `IMPORT_UNREADABLE`."""
    task = body, kind, first_row, own_issuer(ctx, principal), organisation, key
    office = offices.known(ctx, organisation)
    rows, papers = _read(ctx, (*task, office))
    if doubted := {row.document["scheme"] for row in rows if any(one.rule in RULES for one in row.findings)}:
        rows, papers = _read(ctx, (*task, offices.asked(ctx, organisation, office, doubted)))
    _as_recorded(ctx, organisation, rows, papers)
    _refuse_originals(ctx, organisation, rows, papers)
    return rows, papers


def _read(ctx: Services, task: tuple[Any, ...]) -> tuple[list[Read], dict[str, Paper]]:
    """The rows of a page and the papers of those that lack nothing, made by a process beside this one where
    one is free."""
    if task[0].count(b"\n") >= _FEWEST_APART:
        found = ctx.readers.ask(read_apart, ctx.settings.master_keys(), *task)
        if found is not None:
            return found
    rows = read_page(*task)
    return rows, papers_of(ctx.vault, [row for row in rows if row.content and not row.lacks_number])


def _refuse_originals(
    ctx: Services, organisation: str, rows: Sequence[Read], papers: dict[str, Paper]
) -> None:
    """Refuse the rows whose original is a certificate of ours: they are issued out of it, not beside it."""
    marked = [row for row in rows if row.marked]
    if not marked:
        return
    numbers = {paper.number for paper in papers.values()}
    with ctx.store.read() as conn:
        for row in marked:
            if is_here(ctx, conn, organisation, row.marked, numbers):
                told = describe("ORIGINAL_HERE")
                found = refusal(told.code, told.meaning, told.next_step, pointer="/original")
                row.findings.append(found)
                papers.pop(row.content, None)
                row.content, row.lacks_number = "", False


def _as_recorded(ctx: Services, organisation: str, rows: Sequence[Read], papers: dict[str, Paper]) -> None:
    """Rows that were recorded when the issuer's name still counted go by what they were recorded under."""
    with ctx.store.read() as conn:
        old = import_rows.entries(conn, organisation, [row.before for row in rows if row.before])
    if not old:
        return
    recorded = {row.content: row.before for row in rows if row.before in old}
    for row in rows:
        row.content = recorded.get(row.content, row.content)
    for content, before in recorded.items():
        if content in papers:
            papers[before] = papers.pop(content)
