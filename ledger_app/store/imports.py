"""Imports: jobs, their pages, and the acts that issue them; the rows are in `import_rows`.

States of a job: receiving → issuing → done; between the first two awaiting-approval where a second person
must agree; stopped (a row was refused and all or nothing was asked, or it was left alone too long) and
rejected end it with nothing issued. Only a job in `receiving` takes pages.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from ledger_app.store.tables_imports import import_acts, import_jobs, import_pages, import_rows
from ledger_app.store.tables_records import acts

RECEIVING: Final = "receiving"
AWAITING: Final = "awaiting-approval"
ISSUING: Final = "issuing"
DONE: Final = "done"
STOPPED: Final = "stopped"
REJECTED: Final = "rejected"
OPEN: Final = (RECEIVING, AWAITING, ISSUING)
CLOSED: Final = (AWAITING, ISSUING)


@dataclass(frozen=True, slots=True)
class Job:
    """One row of `import_jobs`; times in Unix seconds. `sealed`: context `import_jobs/<id>`."""

    id: str
    organisation: str
    file: str
    kind: str
    sealed: bytes
    whole: bool
    page_rows: int
    page_size: int
    state: str
    reason: str | None
    rows: int
    ready: int
    refused: int
    repeated: int
    maker: str
    maker_person: str
    approver: str | None
    approver_person: str | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Page:
    """One row of `import_pages`. Contexts: `import_pages/<job>/<page>`, `import_reports/<job>/<page>`."""

    job_id: str
    page: int
    digest: str
    first_row: int
    ready: int
    waiting: bool
    sealed: bytes | None
    report: bytes | None


# --- jobs ---------------------------------------------------------------------------------------------------


def add_job(conn: Connection, row: Job) -> None:
    """Record a new job."""
    conn.execute(insert(import_jobs).values({name: getattr(row, name) for name in Job.__slots__}))


def job(conn: Connection, job_id: str) -> Job | None:
    """The job with this id."""
    return _job(conn.execute(select(import_jobs).where(import_jobs.c.id == job_id)).mappings().one_or_none())


def job_of_file(conn: Connection, organisation: str, file: str) -> Job | None:
    """The newest job of this file that has not ended."""
    query = (
        select(import_jobs)
        .where(import_jobs.c.organisation == organisation, import_jobs.c.file == file)
        .where(import_jobs.c.state.in_(OPEN))
        .order_by(import_jobs.c.id.desc())
        .limit(1)
    )
    return _job(conn.execute(query).mappings().one_or_none())


def jobs(conn: Connection, organisation: str, *, before: str | None = None, limit: int = 50) -> list[Job]:
    """The organisation's jobs, newest first."""
    query = select(import_jobs).where(import_jobs.c.organisation == organisation)
    if before is not None:
        query = query.where(import_jobs.c.id < before)
    rows = conn.execute(query.order_by(import_jobs.c.id.desc()).limit(limit)).mappings()
    return [Job(**row) for row in rows]


def in_state(conn: Connection, *states: str, before: int | None = None, limit: int = 100) -> list[Job]:
    """Jobs in any of these states, oldest first; `before`: not touched since (Unix seconds)."""
    query = select(import_jobs).where(import_jobs.c.state.in_(states))
    if before is not None:
        query = query.where(import_jobs.c.updated_at < before)
    return [Job(**row) for row in conn.execute(query.order_by(import_jobs.c.id).limit(limit)).mappings()]


def change(conn: Connection, job_id: str, **values: Any) -> None:
    """Set columns of a job."""
    values["updated_at"] = int(time.time())
    conn.execute(update(import_jobs).where(import_jobs.c.id == job_id).values(values))


def count_up(conn: Connection, job_id: str, **counts: int) -> None:
    """Add to the job's counts."""
    added = {name: import_jobs.c[name] + number for name, number in counts.items()}
    change(conn, job_id, **added)


# --- pages --------------------------------------------------------------------------------------------------


def add_page(conn: Connection, row: Page) -> None:
    """Keep a page."""
    conn.execute(insert(import_pages).values({name: getattr(row, name) for name in Page.__slots__}))


def page(conn: Connection, job_id: str, number: int) -> Page | None:
    """A page by its number."""
    found = import_pages.c.job_id == job_id, import_pages.c.page == number
    row = conn.execute(select(import_pages).where(*found)).mappings().one_or_none()
    return None if row is None else Page(**row)


def pages_held(conn: Connection, job_id: str) -> tuple[int, int]:
    """How many pages there are, and the number of the last one (-1 before the first)."""
    query = select(func.count(), func.max(import_pages.c.page)).where(import_pages.c.job_id == job_id)
    count, last = conn.execute(query).one()
    return int(count), -1 if last is None else int(last)


def next_page(conn: Connection, job_id: str) -> Page | None:
    """The first page that certificates are still to be made of."""
    waiting = import_pages.c.job_id == job_id, import_pages.c.waiting.is_(True)
    query = select(import_pages).where(*waiting).order_by(import_pages.c.page).limit(1)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else Page(**row)


def reports(conn: Connection, job_id: str, *, after: int = -1, limit: int = 50) -> list[Page]:
    """Pages of which it is kept what was wrong, in order."""
    query = select(import_pages).where(import_pages.c.job_id == job_id, import_pages.c.page > after)
    query = query.where(import_pages.c.report.is_not(None)).order_by(import_pages.c.page).limit(limit)
    return [Page(**row) for row in conn.execute(query).mappings()]


def short_pages(conn: Connection, job_id: str) -> Iterator[Page]:
    """Pages of which some rows are not the job's any more: another one took them over."""
    held = (
        select(import_rows.c.page, func.count().label("rows"))
        .where(import_rows.c.job_id == job_id)
        .group_by(import_rows.c.page)
        .subquery()
    )
    short = (
        select(import_pages.c.page)
        .select_from(import_pages.outerjoin(held, held.c.page == import_pages.c.page))
        .where(import_pages.c.job_id == job_id, import_pages.c.waiting.is_(True))
        .where(import_pages.c.ready > func.coalesce(held.c.rows, 0))
        .order_by(import_pages.c.page)
    )
    for number in list(conn.execute(short).scalars()):
        found = page(conn, job_id, number)
        if found is not None:
            yield found


def change_page(conn: Connection, row: Page, **values: Any) -> None:
    """Set columns of a page."""
    same = import_pages.c.job_id == row.job_id, import_pages.c.page == row.page
    conn.execute(update(import_pages).where(*same).values(values))


def finish_page(conn: Connection, row: Page, *, report: bytes | None) -> None:
    """Its rows are certificates: they are kept there, and not twice."""
    change_page(conn, row, waiting=False, sealed=None, report=report)


def drop_pages(conn: Connection, job_id: str, *, reports: bool = False) -> None:
    """Forget what the rows of an ended job said, and with `reports` what was wrong with them."""
    values: dict[str, Any] = {"waiting": False, "sealed": None}
    if reports:
        values["report"] = None
    conn.execute(update(import_pages).where(import_pages.c.job_id == job_id).values(values))


# --- acts ---------------------------------------------------------------------------------------------------


def add_act(conn: Connection, job_id: str, act_id: str, count: int) -> None:
    """The act issues so many of the job's certificates."""
    conn.execute(insert(import_acts).values(job_id=job_id, act_id=act_id, certificates=count))


def act_counts(conn: Connection, job_id: str) -> dict[str, tuple[int, int]]:
    """(acts, certificates) of a job by the state of the act."""
    query = (
        select(acts.c.state, func.count(), func.sum(import_acts.c.certificates))
        .select_from(import_acts.join(acts, acts.c.id == import_acts.c.act_id))
        .where(import_acts.c.job_id == job_id)
        .group_by(acts.c.state)
    )
    return {state: (int(number), int(total)) for state, number, total in conn.execute(query)}


def acts_of(conn: Connection, job_id: str, limit: int = 1000) -> list[dict[str, Any]]:
    """The job's acts: {id, state, reason, certificates, summary}, oldest first."""
    query = (
        select(acts.c.id, acts.c.state, acts.c.reason, import_acts.c.certificates, acts.c.summary)
        .select_from(import_acts.join(acts, acts.c.id == import_acts.c.act_id))
        .where(import_acts.c.job_id == job_id)
        .order_by(acts.c.id)
        .limit(limit)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def _job(row: RowMapping | None) -> Job | None:
    return None if row is None else Job(**row)
