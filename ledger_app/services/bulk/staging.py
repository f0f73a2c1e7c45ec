"""Taking a page of an import in: known rows are left alone, the others become papers that wait for a batch.

A content that is a certificate already, or is about to become one, is `repeated`, in whichever file and place
it stood. A number names one certificate of an issuer.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import orjson

from ledger_app.access.principals import Principal
from ledger_app.domain.certificate import check_for_issue
from ledger_app.errors import BadInput, Conflict, NotFound
from ledger_app.proof.leaf import Leaf
from ledger_app.services.batches import Paper, as_before
from ledger_app.services.bulk.jobs import job_key, own, page_digest, sent_by
from ledger_app.services.bulk.papers import issued_otherwise, papers_of
from ledger_app.services.bulk.reading import Read, number_taken, number_twice, refusal
from ledger_app.services.bulk.rows import rows_of_page
from ledger_app.services.context import Services
from ledger_app.services.numbering import take_numbers
from ledger_app.store import import_rows, imports
from ledger_app.store.engine import Connection
from ledger_app.store.import_rows import Entry
from ledger_app.store.imports import Job, Page

MAX_PAGES: Final = 1_000_000


def put_page(
    ctx: Services, principal: Principal, job_id: str, number: int, first_row: int, body: bytes
) -> dict[str, Any]:
    """Take page `number` (from 0) of the import: a small file of the import's kind, whose first row stands at
    `first_row` of the whole.

    Gives `{"page", "firstRow", "rows", "ready", "refused", "repeated", "findings"}`, where findings are of
    refused rows: each has row, column, and what any finding has. The same page again gives the same answer
    and does nothing. Raises NotFound `IMPORT_UNKNOWN`; Conflict `IMPORT_CLOSED`, `IMPORT_PAGE_DIFFERS`;
    Unprocessable `IMPORT_UNREADABLE`.
    """
    if not 0 <= number < MAX_PAGES:
        raise BadInput("IMPORT_UNREADABLE", f"pages are counted from 0 to {MAX_PAGES - 1}")
    with ctx.store.read() as conn:
        job = own(conn, principal, job_id)
        known = imports.page(conn, job_id, number)
    key = job_key(ctx, job.organisation)
    digest = page_digest(key, hashlib.sha256(body).hexdigest())
    if known is not None:
        if known.digest != digest:
            raise Conflict("IMPORT_PAGE_DIFFERS", page=number)
        return _report(ctx, known)
    _must_receive(job)
    read, papers = rows_of_page(ctx, principal, job.organisation, key, body, job.kind, first_row)
    fresh = _number(ctx, job, [row for row in read if row.content])
    papers |= papers_of(ctx.vault, [row for row in fresh if row.content not in papers])
    numbers = [paper.number for paper in papers.values()]
    issued = issued_otherwise(ctx, job.organisation, key, numbers)
    papers = dict(zip(papers, as_before(ctx, job.organisation, list(papers.values())), strict=True))
    with ctx.store.begin() as conn:
        job = own(conn, principal, job_id)
        if (known := imports.page(conn, job_id, number)) is not None and known.digest == digest:
            return _report(ctx, known)
        _must_receive(job)
        sent_by(ctx, conn, principal, job)
        kept, old = _take(conn, job, read, papers, issued)
        page = Page(job_id, number, digest, first_row, len(kept), bool(kept), None, None)
        return _keep(ctx, conn, job, page, read, kept, old)


def page_report(ctx: Services, principal: Principal, job_id: str, number: int, sha256: str) -> dict[str, Any]:
    """The answer to a page that was sent before, by the SHA-256 (hex) of its bytes.

    Raises NotFound `IMPORT_PAGE_UNKNOWN` when it was not, or was another one.
    """
    with ctx.store.read() as conn:
        job = own(conn, principal, job_id)
        known = imports.page(conn, job_id, number) if 0 <= number < MAX_PAGES else None
    if known is None or known.digest != page_digest(job_key(ctx, job.organisation), sha256.lower()):
        raise NotFound("IMPORT_PAGE_UNKNOWN")
    return _report(ctx, known)


def paper_from(kept: dict[str, Any]) -> Paper:
    """A paper as `_kept` wrote it."""
    return Paper(
        id=kept["id"],
        number=kept["number"],
        scheme=kept["scheme"],
        territory=kept["territory"],
        leaf=Leaf.from_json(kept["leaf"]),
        plain=kept["plain"].encode(),
        links=tuple((kind, value) for kind, value in kept["links"]),
    )


def _must_receive(job: Job) -> None:
    if job.state != imports.RECEIVING:
        raise Conflict("IMPORT_CLOSED", f"The import is {job.state}.", state=job.state)


def _number(ctx: Services, job: Job, rows: Sequence[Read]) -> list[Read]:
    """The rows of contents that are new, each with a number: the same content takes none twice."""
    with ctx.store.read() as conn:
        found = import_rows.entries(conn, job.organisation, [row.content for row in rows])
    fresh: list[Read] = []
    seen: set[str] = set()
    for row in rows:
        if is_repeated(found.get(row.content), job.id) or row.content in seen:
            row.findings = []  # the number that it lacks was given already
        else:
            fresh.append(row)
            seen.add(row.content)
    waiting: dict[tuple[str, str], list[Read]] = defaultdict(list)
    for row in fresh:
        if row.lacks_number:
            waiting[str(row.document["scheme"]), str(row.document["issueDate"])].append(row)
    for (scheme, day), some in waiting.items():
        try:
            with ctx.store.begin() as conn:
                numbers = take_numbers(conn, job.organisation, scheme, date.fromisoformat(day), len(some))
        except Conflict as none:
            for row in some:
                row.findings.append(refusal(none.reason, none.detail, none.next_step))
            continue
        for row, number in zip(some, numbers, strict=True):
            row.document = {**row.document, "number": number}
            row.findings = check_for_issue(row.document)
    return [row for row in fresh if not row.refused]


def is_repeated(entry: Entry | None, job_id: str) -> bool:
    """Whether the content is a certificate, or will be one without this row."""
    if entry is None:
        return False
    if entry.act_state is not None:
        return entry.is_certificate
    # A job that was not sent in full may never be: its rows go to whoever sends them next.
    return entry.job_id == job_id or entry.job_state in imports.CLOSED


def _take(
    conn: Connection, job: Job, read: Sequence[Read], papers: dict[str, Paper], issued: set[str]
) -> tuple[dict[str, tuple[Read, Paper]], list[str]]:
    """The rows that become certificates, by content, those of `issued` contents being some already; and the
    contents that were known and come to nothing."""
    found = import_rows.entries(conn, job.organisation, list(papers))
    wanted = [paper.number for paper in papers.values()]
    held = import_rows.numbers_held(conn, job.organisation, job.id, wanted)
    kept: dict[str, tuple[Read, Paper]] = {}
    mine: dict[str, int] = {}
    for row in read:
        paper = papers.get(row.content)
        known = row.content in issued or is_repeated(found.get(row.content), job.id)
        if paper is None or row.refused or row.content in kept or known:
            continue
        holder = held.get(paper.number, ())
        if paper.number in mine:
            row.findings.append(number_twice(paper.number, mine[paper.number]))
        elif holder is None:
            row.findings.append(number_taken(paper.number))
        elif holder and holder[0] != row.content:
            row.findings.append(number_twice(paper.number, holder[1]))
        else:
            kept[row.content] = row, paper
            mine[paper.number] = row.row
    return kept, [content for content in kept if content in found]


def _keep(
    ctx: Services, conn: Connection, job: Job, page: Page, read: Sequence[Read],
    kept: dict[str, tuple[Read, Paper]], old: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    refused = [row for row in read if row.refused]
    counts = {
        "rows": len(read),
        "ready": len(kept),
        "refused": len(refused),
        "repeated": len(read) - len(kept) - len(refused),
    }
    report = {**counts, "findings": [finding for row in refused for finding in row.told()]}
    place = f"{page.job_id}/{page.page}"
    rows = [
        {
            "content": content,
            "job_id": page.job_id,
            "page": page.page,
            "row": row.row,
            "number": paper.number,
            "certificate_id": paper.id,
        }
        for content, (row, paper) in kept.items()
    ]
    full = Page(
        job_id=page.job_id, page=page.page, digest=page.digest, first_row=page.first_row, ready=page.ready,
        waiting=page.waiting, report=ctx.vault.seal(orjson.dumps(report), f"import_reports/{place}"),
        sealed=ctx.vault.seal(orjson.dumps([_kept(row, paper) for row, paper in kept.values()]),
                              f"import_pages/{place}") if kept else None,
    )  # fmt: skip
    imports.add_page(conn, full)
    import_rows.put(conn, job.organisation, rows, old)
    imports.count_up(conn, job.id, **counts)
    return _report(ctx, full)


def _kept(row: Read, paper: Paper) -> dict[str, Any]:
    return {
        "row": row.row,
        "content": row.content,
        "id": paper.id,
        "number": paper.number,
        "scheme": paper.scheme,
        "territory": paper.territory,
        "leaf": paper.leaf.to_json(),
        "plain": paper.plain.decode(),
        "links": paper.links,
    }


def _report(ctx: Services, page: Page) -> dict[str, Any]:
    told: dict[str, Any] = {"rows": 0, "ready": page.ready, "refused": 0, "repeated": 0, "findings": []}
    if page.report is not None:
        told = orjson.loads(ctx.vault.open(page.report, f"import_reports/{page.job_id}/{page.page}"))
    return {"page": page.page, "firstRow": page.first_row, **told}
