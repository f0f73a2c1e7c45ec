"""Searching certificates: a page of those that the caller may read and that are as wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.domain.terms import day_date
from ledger_app.errors import Broken
from ledger_app.services.certificates import brief
from ledger_app.services.context import Services
from ledger_app.services.locating import intact
from ledger_app.services.search import cursors
from ledger_app.services.search.filters import Filters, question
from ledger_app.services.search.terms import search_key
from ledger_app.services.standing import standing_word
from ledger_app.services.visibility import visible
from ledger_app.store import members, search, search_index, standings
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.engine import Connection
from ledger_app.store.search import Question
from ledger_app.store.search_flags import DISOWNED


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` as `certificates.brief` gives them, with `issueDate` and `standing`. `next`: the cursor of the
    next page, None at the end. `count`: of all pages, where it was asked for. `complete`: False while
    certificates from before search was there are still being taken in.
    """

    rows: list[dict[str, Any]]
    next: str | None
    count: int | None
    complete: bool

    def to_json(self, *, counted: bool) -> dict[str, Any]:
        """The page as the API gives it; `counted`: with the count, null where it is not known."""
        count = {"count": self.count} if counted else {}
        return {"certificates": self.rows, "next": self.next, "complete": self.complete, **count}


def find(
    ctx: Services,
    principal: Principal,
    filters: Filters,
    *,
    cursor: str | None = None,
    limit: int = 50,
    counted: bool = False,
) -> Page:
    """The page of at most `limit` that `cursor` continues with. A page may have fewer rows, and `next`.

    Raises BadInput as `filters.question` does, and CURSOR_INVALID; Broken RECORD_DAMAGED.
    """
    fingerprint, key = filters.fingerprint(principal), search_key(ctx)
    after = cursors.opened(key, fingerprint, cursor)
    with _readable(), ctx.store.read() as conn:
        complete = search_index.is_filled(conn)
        asked = question(ctx, conn, principal, filters)
        count = _count(ctx, conn, principal, filters, asked) if counted else None
        if asked is None:
            return Page([], None, count, complete)
        if filters.sort == "number":
            found = search.by_number(conn, asked, after, limit)
        else:
            found = search.newest(conn, asked, None if after is None else after[0], limit)
        rows = _shown(ctx, conn, principal, [ordinal for ordinal, _ in found.rows])
    return Page(rows, cursors.sealed(key, fingerprint, found.after), count, complete)


def _count(
    ctx: Services, conn: Connection, principal: Principal, filters: Filters, asked: Question | None
) -> int | None:
    """Whether it is told, and what, follows from what the caller may read alone."""
    if filters.number_prefix:
        asked = question(ctx, conn, principal, filters, shortcut=False)
    return 0 if asked is None else search.count(conn, asked)


@contextmanager
def _readable() -> Iterator[None]:
    """Raises Broken `RECORD_DAMAGED` for columns of the search tables that hold something else."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as bad:
        raise Broken("RECORD_DAMAGED") from bad


def _shown(
    ctx: Services, conn: Connection, principal: Principal, ordinals: list[int]
) -> list[dict[str, Any]]:
    found = search.rows(conn, ordinals)
    rows = {ordinal: _row(values) for ordinal, values in found.items()}
    # The search tables only locate: who may read it, the record itself says.
    readable = {row.id for row in visible(conn, principal, rows.values())}
    rows = {ordinal: row for ordinal, row in rows.items() if row.id in readable}
    names = members.names(conn, sorted({row.issuer for row in rows.values()}))
    seen = standings.of_leaves(conn, [row.leaf for row in rows.values()])
    disowned = search.flagged(conn, rows, DISOWNED)
    today = ctx.clock().date()
    shown = []
    for ordinal in ordinals:
        if (row := rows.get(ordinal)) is None:
            continue
        told = brief(row, names, seen.get(row.leaf))
        with intact(row):
            issued = day_date(found[ordinal]["issued"])
        told["issueDate"] = issued.isoformat() if issued else None
        told["standing"] = standing_word(told, today, disowned=ordinal in disowned)
        shown.append(told)
    return shown


def _row(values: dict[str, Any]) -> CertificateRow:
    known = {name: values[name] for name in CertificateRow.__slots__ if name in values}
    return CertificateRow(
        **{"proof": [], "sealed": None, **known, "state": values["state"] or "needs-signature"}
    )
