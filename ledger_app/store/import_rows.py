"""The rows of imports that were taken in: which contents are known, which numbers are held."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from ledger_app.store import dialects
from ledger_app.store.acts import DEAD
from ledger_app.store.imports import CLOSED
from ledger_app.store.tables_imports import import_jobs, import_rows
from ledger_app.store.tables_records import acts, certificate_numbers, certificates

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """A content that was taken in before, and what became of it; `act_state` is None before its act."""

    content: str
    job_id: str
    job_state: str
    page: int
    row: int
    number: str
    certificate_id: str
    act_state: str | None

    @property
    def is_certificate(self) -> bool:
        """Whether it is a certificate now, or about to be one."""
        return self.act_state is not None and self.act_state not in DEAD


def entries(conn: Connection, organisation: str, contents: Sequence[str]) -> dict[str, Entry]:
    """What is known of these contents."""
    found: dict[str, Entry] = {}
    for some in _parts(contents):
        query = (
            select(
                import_rows.c.content, import_rows.c.job_id, import_jobs.c.state.label("job_state"),
                import_rows.c.page, import_rows.c.row, import_rows.c.number, import_rows.c.certificate_id,
                acts.c.state.label("act_state"),
            )
            .select_from(
                import_rows.join(import_jobs, import_jobs.c.id == import_rows.c.job_id)
                .outerjoin(certificates, certificates.c.id == import_rows.c.certificate_id)
                .outerjoin(acts, acts.c.id == certificates.c.act_id)
            )
            .where(import_rows.c.organisation == organisation, import_rows.c.content.in_(some))
        )  # fmt: skip
        found.update((row["content"], Entry(**row)) for row in conn.execute(query).mappings())
    return found


def numbers_held(
    conn: Connection, organisation: str, job_id: str, wanted: Sequence[str]
) -> dict[str, tuple[str, int] | None]:
    """Of `wanted`, the numbers that are held: by a live certificate (None), or by a row (content, row number)
    of this job, or of another one that has been sent in full."""
    held: dict[str, tuple[str, int] | None] = {}
    for some in _parts(wanted):
        rows = (
            select(import_rows.c.number, import_rows.c.content, import_rows.c.row)
            .select_from(import_rows.join(import_jobs, import_jobs.c.id == import_rows.c.job_id))
            .where(import_rows.c.organisation == organisation, import_rows.c.number.in_(some))
            .where((import_jobs.c.id == job_id) | import_jobs.c.state.in_(CLOSED))
        )
        held.update((row.number, (row.content, row.row)) for row in conn.execute(rows))
        live = (
            select(certificate_numbers.c.number)
            .select_from(certificate_numbers.join(acts, acts.c.id == certificate_numbers.c.act_id))
            .where(certificate_numbers.c.issuer == organisation, certificate_numbers.c.number.in_(some))
            .where(acts.c.state.not_in(DEAD))
        )
        held.update((number, None) for number in conn.execute(live).scalars())
    return held


def issued_otherwise(
    conn: Connection, organisation: str, wanted: Sequence[str]
) -> dict[str, tuple[str, bytes]]:
    """Of the numbers in `wanted`, those of live certificates that were issued without an import: the id and
    the sealed document, where it was not erased."""
    found: dict[str, tuple[str, bytes]] = {}
    held, table = certificate_numbers.c, import_rows.c
    for some in _parts(wanted):
        of_an_import = (
            (table.organisation == held.issuer)
            & (table.number == held.number)
            & (table.certificate_id == held.certificate_id)
        )
        query = (
            select(held.number, certificates.c.id, certificates.c.sealed)
            .select_from(
                certificate_numbers.join(certificates, certificates.c.id == held.certificate_id)
                .join(acts, acts.c.id == held.act_id)
                .outerjoin(import_rows, of_an_import)
            )
            .where(held.issuer == organisation, held.number.in_(some), acts.c.state.not_in(DEAD))
            .where(table.content.is_(None), certificates.c.sealed.is_not(None))
        )
        found.update((row.number, (row.id, row.sealed)) for row in conn.execute(query))
    return found


def put(conn: Connection, organisation: str, rows: Sequence[Mapping[str, Any]], old: Sequence[str]) -> None:
    """Keep rows (members: content, job_id, page, row, number, certificate_id); those of the contents in `old`
    are replaced."""
    for some in _parts(old):
        same = import_rows.c.organisation == organisation, import_rows.c.content.in_(some)
        conn.execute(delete(import_rows).where(*same))
    names = [column.name for column in import_rows.columns if column.name != "organisation"]
    if rows:
        dialects.take_in(conn, import_rows, [[organisation, *(row[name] for name in names)] for row in rows])


def certificates_of(conn: Connection, job_id: str, number: int) -> set[str]:
    """The ids of the certificates that a page is to become: rows that another job took over are not its."""
    query = select(import_rows.c.certificate_id)
    found = conn.execute(query.where(import_rows.c.job_id == job_id, import_rows.c.page == number))
    return set(found.scalars())


def listed(
    conn: Connection, job_id: str, *, after: tuple[int, int] = (-1, -1), limit: int = 200
) -> list[dict[str, Any]]:
    """Rows of a job and their certificates in the order of the file, after (page, row): {page, row, number,
    certificate, digest, leaf, state}, where digest, leaf and state are None before the act."""
    table = import_rows
    query = (
        select(
            table.c.page, table.c.row, table.c.number, table.c.certificate_id.label("certificate"),
            certificates.c.digest, certificates.c.leaf, acts.c.state,
        )
        .select_from(
            table.outerjoin(certificates, certificates.c.id == table.c.certificate_id)
            .outerjoin(acts, acts.c.id == certificates.c.act_id)
        )
        .where(table.c.job_id == job_id)
        .where((table.c.page > after[0]) | ((table.c.page == after[0]) & (table.c.row > after[1])))
        .order_by(table.c.page, table.c.row)
        .limit(limit)
    )  # fmt: skip
    return [dict(row) for row in conn.execute(query).mappings()]


def first_and_last(conn: Connection, job_id: str) -> tuple[str, str] | None:
    """The numbers of the first and the last row of a job, in the order of the file, that certificates were
    asked for; None before the first."""
    table = import_rows
    query = (
        select(table.c.number)
        .select_from(table.join(certificates, certificates.c.id == table.c.certificate_id))
        .where(table.c.job_id == job_id)
        .limit(1)
    )
    first = conn.execute(query.order_by(table.c.page, table.c.row)).scalar()
    last = conn.execute(query.order_by(table.c.page.desc(), table.c.row.desc())).scalar()
    return None if first is None or last is None else (first, last)


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
