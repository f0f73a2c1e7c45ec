"""Imports: opened for a file, sent page by page, ended, approved where they are large, and followed.

Opening the same file again gives the import that is not finished, so that whoever was stopped goes on; every
page may be sent again. What the rows become is `issuing`'s.
"""

import hashlib
import hmac
from typing import Any, Final

import orjson

from ledger_app.access.principals import Principal
from ledger_app.errors import BadInput, Conflict, NotFound, NotPermitted
from ledger_app.services.acts import own_organisation
from ledger_app.services.bulk import late
from ledger_app.services.bulk.reading import MAX_PAGE_ROWS
from ledger_app.services.context import Services
from ledger_app.services.kept_secrets import kept_secret
from ledger_app.store import import_rows, imports
from ledger_app.store.acts import DEAD
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id
from ledger_app.store.imports import Job

PAGE_SIZE: Final = 2 << 20
"""Characters of a page, about: a single row may be longer."""
_PURPOSE: Final = "imports"
_SURE: Final = ("final",)
_PAGES_AT_ONCE: Final = 20


def open_job(
    ctx: Services, principal: Principal, file: str, name: str, kind: str, *, whole: bool
) -> dict[str, Any]:
    """The import of the file with the SHA-256 `file` (64 hex digits): the one that is not finished yet, or a
    new one.

    `kind`: `csv` or `json`; `whole`: all rows or nothing. Raises BadInput `HEX_INVALID`.
    """
    organisation = own_organisation(principal)
    key = job_key(ctx, organisation)
    known = hmac.digest(key, f"file\0{file}\0{kind}\0{int(whole)}".encode(), "sha256").hex()
    with ctx.store.begin() as conn:
        found = imports.job_of_file(conn, organisation, known)
        if found is None:
            job_id, now = new_id(), ctx.now()
            sealed = _sealed(ctx, job_id, {"name": name[:200], "makers": [_maker(principal)]})
            found = Job(
                id=job_id, organisation=organisation, file=known, kind=kind, sealed=sealed, whole=whole,
                page_rows=min(MAX_PAGE_ROWS, ctx.settings.max_batch), page_size=PAGE_SIZE,
                state=imports.RECEIVING, reason=None, rows=0, ready=0, refused=0, repeated=0,
                maker=principal.token_id, maker_person=principal.person, approver=None,
                approver_person=None, created_at=now, updated_at=now,
            )  # fmt: skip
            imports.add_job(conn, found)
        return _json(ctx, conn, found)


def end(
    ctx: Services, principal: Principal, job_id: str, pages: int, unreadable: list[int]
) -> dict[str, Any]:
    """The file has been sent in full: `pages` pages, and rows (`unreadable`: their numbers) that were too
    long to send.

    Rows that another import took over meanwhile are settled first (`late`). Its certificates are made from
    now on; or once a second person has agreed, where there are more than the setting says. Ending it again
    changes nothing. Raises Conflict `IMPORT_INCOMPLETE`.
    """
    with ctx.store.begin() as conn:
        job = own(conn, principal, job_id)
        if job.state != imports.RECEIVING:
            return _json(ctx, conn, job)
        held, last = imports.pages_held(conn, job_id)
        if (held, last) != (pages, pages - 1):
            raise Conflict("IMPORT_INCOMPLETE", f"{held} of {pages} pages are here.", held=held)
        sent_by(ctx, conn, principal, job)
        late.settle(ctx, conn, job)
        lost = len(set(unreadable))
        if lost:
            imports.count_up(conn, job_id, rows=lost, refused=lost)
        job = own(conn, principal, job_id)
        state, reason = _after(ctx, job)
        imports.change(conn, job_id, state=state, reason=reason)
        if state == imports.STOPPED:
            imports.drop_pages(conn, job_id)
        return _json(ctx, conn, own(conn, principal, job_id))


def approve(ctx: Services, principal: Principal, job_id: str) -> dict[str, Any]:
    """A second person of the organisation agrees: its certificates are made from now on.

    Raises Conflict `IMPORT_NOT_WAITING`; NotPermitted `IMPORT_SAME_PERSON` for whoever opened it, sent any of
    it or ended it, and for a token that names nobody; `IMPORT_MAKER_UNNAMED` where any of those was one.
    """
    return _decide(ctx, principal, job_id, imports.ISSUING, None)


def reject(ctx: Services, principal: Principal, job_id: str) -> dict[str, Any]:
    """The import ends with nothing issued. Who sent it may take it back so. Raises as `approve`."""
    return _decide(ctx, principal, job_id, imports.REJECTED, "IMPORT_REJECTED")


def show(ctx: Services, principal: Principal, job_id: str) -> dict[str, Any]:
    """An import and how far it has come. Raises NotFound `IMPORT_UNKNOWN`."""
    with ctx.store.read() as conn:
        return _json(ctx, conn, own(conn, principal, job_id))


def listed(
    ctx: Services, principal: Principal, *, before: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The organisation's imports, newest first."""
    with ctx.store.read() as conn:
        found = imports.jobs(conn, own_organisation(principal), before=before, limit=limit)
        return [_json(ctx, conn, job) for job in found]


def rows(
    ctx: Services, principal: Principal, job_id: str, *, after: str | None = None, limit: int = 200
) -> tuple[list[dict[str, Any]], str | None]:
    """What became of each row that was taken: {row, number, certificate, digest, leaf, state}, in the order
    of the file; and what to continue after. Raises BadInput `CURSOR_INVALID`."""
    start = (-1, -1)
    if after is not None:
        page, _, row = after.partition("x")
        if not (page.isdigit() and row.isdigit() and len(after) < 30):
            raise BadInput("CURSOR_INVALID")
        start = (min(int(page), 2**31 - 1), min(int(row), 2**62))
    with ctx.store.read() as conn:
        own(conn, principal, job_id)
        found = import_rows.listed(conn, job_id, after=start, limit=limit)
    following = f"{found[-1]['page']}x{found[-1]['row']}" if len(found) == limit else None
    for row_found in found:
        del row_found["page"]
    return found, following


def acts(ctx: Services, principal: Principal, job_id: str) -> list[dict[str, Any]]:
    """The acts that issue the import's certificates: {id, state, reason, certificates, summary}."""
    with ctx.store.read() as conn:
        own(conn, principal, job_id)
        return imports.acts_of(conn, job_id)


def refused_late(
    ctx: Services, principal: Principal, job_id: str, *, after: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """The findings about rows that were refused after their page was answered, in the order of the pages; and
    what to continue after. A part may be empty, and go on all the same.

    Raises NotFound `IMPORT_UNKNOWN`, BadInput `CURSOR_INVALID`.
    """
    if after is not None and not (after.isdigit() and len(after) <= 9):
        raise BadInput("CURSOR_INVALID")
    start = -1 if after is None else int(after)
    with ctx.store.read() as conn:
        own(conn, principal, job_id)
        pages = imports.reports(conn, job_id, after=start, limit=_PAGES_AT_ONCE)
    found = [finding for page in pages for finding in late.told(ctx, page)]
    return found, str(pages[-1].page) if len(pages) == _PAGES_AT_ONCE else None


def own(conn: Connection, principal: Principal, job_id: str) -> Job:
    """The caller's import. Raises NotFound `IMPORT_UNKNOWN`."""
    found = imports.job(conn, job_id)
    if found is None or found.organisation != own_organisation(principal):
        raise NotFound("IMPORT_UNKNOWN")
    return found


def job_key(ctx: Services, organisation: str) -> bytes:
    """The organisation's key for the digests of files, pages and rows; made at first use."""
    return kept_secret(ctx, organisation, _PURPOSE)


def page_digest(key: bytes, sha256: str) -> str:
    """How a page with this SHA-256 (hex) is recognised."""
    return hmac.digest(key, f"page\0{sha256}".encode(), hashlib.sha256).hex()


def _after(ctx: Services, job: Job) -> tuple[str, str | None]:
    if job.whole and job.refused:
        return imports.STOPPED, "IMPORT_ROWS_REFUSED"
    if job.ready == 0:
        return imports.DONE, None
    large = job.ready > ctx.settings.import_approval_above
    return (imports.AWAITING if large else imports.ISSUING), None


def _decide(
    ctx: Services, principal: Principal, job_id: str, state: str, reason: str | None
) -> dict[str, Any]:
    with ctx.store.begin() as conn:
        job = own(conn, principal, job_id)
        if job.state == state and job.approver == principal.token_id:
            return _json(ctx, conn, job)
        if job.state != imports.AWAITING:
            raise Conflict("IMPORT_NOT_WAITING", f"The import is {job.state}.", state=job.state)
        if state == imports.ISSUING:
            _must_be_second(ctx, principal, job)
        decided = {"approver": principal.token_id, "approver_person": principal.person}
        imports.change(conn, job_id, state=state, reason=reason, **decided)
        if state == imports.REJECTED:
            imports.drop_pages(conn, job_id)
        return _json(ctx, conn, own(conn, principal, job_id))


def sent_by(ctx: Services, conn: Connection, principal: Principal, job: Job) -> None:
    """Write down that the caller had a hand in what the import says: they do not approve it."""
    content, maker = _content(ctx, job), _maker(principal)
    makers = _makers(job, content)
    if maker not in makers:
        imports.change(conn, job.id, sealed=_sealed(ctx, job.id, {**content, "makers": [*makers, maker]}))


def _must_be_second(ctx: Services, principal: Principal, job: Job) -> None:
    makers = _makers(job, _content(ctx, job))
    if not all(maker["person"] for maker in makers):
        raise NotPermitted("IMPORT_MAKER_UNNAMED")
    names = {maker["person"].casefold() for maker in makers}
    tokens = {maker["token"] for maker in makers}
    if not principal.person or principal.person.casefold() in names or principal.token_id in tokens:
        raise NotPermitted("IMPORT_SAME_PERSON")


def _maker(principal: Principal) -> dict[str, str]:
    return {"token": principal.token_id, "person": principal.person}


def _makers(job: Job, content: dict[str, Any]) -> list[dict[str, str]]:
    """Who had a hand in it: who opened it, and whoever sent a page or ended it."""
    opener = {"token": job.maker, "person": job.maker_person}
    found: list[dict[str, str]] = content.get("makers", [opener])
    return found


def _content(ctx: Services, job: Job) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(ctx.vault.open(job.sealed, f"import_jobs/{job.id}"))
    return found


def _sealed(ctx: Services, job_id: str, content: dict[str, Any]) -> bytes:
    return ctx.vault.seal(orjson.dumps(content), f"import_jobs/{job_id}")


def _json(ctx: Services, conn: Connection, job: Job) -> dict[str, Any]:
    counts = imports.act_counts(conn, job.id)
    held, _ = imports.pages_held(conn, job.id)
    issued = sum(number for state, (_, number) in counts.items() if state not in DEAD)
    content = _content(ctx, job)
    numbers = import_rows.first_and_last(conn, job.id) if job.state == imports.DONE else None
    return {
        "id": job.id,
        "state": job.state,
        "reason": job.reason,
        "name": content["name"],
        "kind": job.kind,
        "allOrNothing": job.whole,
        "pageRows": job.page_rows,
        "pageSize": job.page_size,
        "pages": held,
        "rows": job.rows,
        "ready": job.ready,
        "refused": job.refused,
        "repeated": job.repeated,
        "asked": sum(number for _, number in counts.values()),
        "issued": issued,
        "final": sum(counts.get(state, (0, 0))[1] for state in _SURE),
        "failed": sum(counts.get(state, (0, 0))[1] for state in DEAD),
        "numbers": None if numbers is None else {"first": numbers[0], "last": numbers[1]},
        "acts": {state: number for state, (number, _) in sorted(counts.items())},
        "approval": {
            "above": ctx.settings.import_approval_above,
            "by": job.approver_person,
            "sentBy": list(dict.fromkeys(maker["person"] for maker in _makers(job, content))),
        },
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
    }
