"""Rows that were ready when their page came, and cannot be issued any more: another import, or another
certificate, was first. Whoever sends the file is told of each, and no count says more than what is issued.
"""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from ledger_app.domain.findings import Finding
from ledger_app.services.bulk.reading import column_of, refusal
from ledger_app.services.context import Services
from ledger_app.store import import_rows, imports
from ledger_app.store.engine import Connection
from ledger_app.store.import_rows import Entry
from ledger_app.store.imports import Job, Page

_LATE: Final = "late"


def opened(ctx: Services, page: Page) -> list[dict[str, Any]]:
    """The rows of a page that wait to become certificates, as `staging` keeps them."""
    if page.sealed is None:
        return []
    found: list[dict[str, Any]] = orjson.loads(
        ctx.vault.open(page.sealed, f"import_pages/{page.job_id}/{page.page}")
    )
    return found


def reported(
    ctx: Services, page: Page, refused: Sequence[tuple[int, Finding]], repeated: int = 0
) -> bytes | None:
    """The page's report with rows (number, why) that were ready and are `refused` now, and some that another
    import made certificates of meanwhile (`repeated`)."""
    if page.report is None or not (refused or repeated):
        return page.report
    context = f"import_reports/{page.job_id}/{page.page}"
    report: dict[str, Any] = orjson.loads(ctx.vault.open(page.report, context))
    late = [{"row": row, "column": column_of(why.pointer), **why.to_json()} for row, why in refused]
    report["findings"] += late
    report[_LATE] = report.get(_LATE, []) + late
    report["ready"] -= len(refused) + repeated
    report["refused"] += len(refused)
    report["repeated"] += repeated
    return ctx.vault.seal(orjson.dumps(report), context)


def settle(ctx: Services, conn: Connection, job: Job) -> None:
    """Before the import ends: take out of it, and tell, the rows that another one took over since their page
    came. What that one issues counts as repeated; what it may never issue is refused here."""
    for page in imports.short_pages(conn, job.id):
        mine = import_rows.certificates_of(conn, job.id, page.page)
        kept = opened(ctx, page)
        gone = [each for each in kept if each["id"] not in mine]
        found = import_rows.entries(conn, job.organisation, [each.get("content", "") for each in gone])
        refused = [
            (each["row"], _taken_over(each["number"]))
            for each in gone
            if not _is_issued(found.get(each.get("content", "")))
        ]
        repeated = len(gone) - len(refused)
        left = [each for each in kept if each["id"] in mine]
        sealed = ctx.vault.seal(orjson.dumps(left), f"import_pages/{job.id}/{page.page}") if left else None
        imports.change_page(
            conn, page, ready=len(left), waiting=bool(left), sealed=sealed,
            report=reported(ctx, page, refused, repeated),
        )  # fmt: skip
        imports.count_up(conn, job.id, ready=-len(gone), refused=len(refused), repeated=repeated)


def told(ctx: Services, page: Page) -> list[dict[str, Any]]:
    """The findings about rows of the page that were refused after it was answered."""
    if page.report is None:
        return []
    report = orjson.loads(ctx.vault.open(page.report, f"import_reports/{page.job_id}/{page.page}"))
    found: list[dict[str, Any]] = report.get(_LATE, [])
    return found


def _is_issued(entry: Entry | None) -> bool:
    """Whether whoever took the row over issues it, or has."""
    if entry is None:
        return False
    return entry.is_certificate if entry.act_state is not None else entry.job_state in imports.CLOSED


def _taken_over(number: str) -> Finding:
    return refusal(
        "ROW_TAKEN_OVER",
        "Another import of this organisation, which is not sent in full yet, took the row over.",
        "Send the file again: the row is issued with it, and nothing twice.",
        value=number,
    )
