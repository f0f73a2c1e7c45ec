"""Number ranges of issuing bodies, how far they are given out, and what became of each number.

The counters are only moved inside a write transaction, and those take turns (`store.engine`): no number is
given twice. What became of a number is not kept here: the certificate that holds it says so.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from ledger_app.store.tables_applications import number_counters, number_ranges
from ledger_app.store.tables_records import acts, certificate_numbers

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RangeRow:
    """One range. `scheme` None: for every scheme."""

    id: str
    issuer: str
    scheme: str | None
    pattern: str
    first: int
    last: int
    created_at: int


def add(conn: Connection, row: RangeRow) -> None:
    """Record a range."""
    conn.execute(insert(number_ranges).values(asdict(row)))


def by_id(conn: Connection, range_id: str) -> RangeRow | None:
    """The range with this id."""
    row = conn.execute(select(number_ranges).where(number_ranges.c.id == range_id)).mappings().one_or_none()
    return None if row is None else RangeRow(**row)


def of_issuer(
    conn: Connection, issuer: str, *, before: str | None = None, limit: int | None = None
) -> list[RangeRow]:
    """The ranges of an issuing body, newest first; `before` is the id to continue from."""
    query = select(number_ranges).where(number_ranges.c.issuer == issuer).order_by(number_ranges.c.id.desc())
    if before is not None:
        query = query.where(number_ranges.c.id < before)
    if limit is not None:
        query = query.limit(limit)
    return [RangeRow(**row) for row in conn.execute(query).mappings()]


def count(conn: Connection, issuer: str) -> int:
    """How many ranges an issuing body has."""
    query = select(func.count()).select_from(number_ranges).where(number_ranges.c.issuer == issuer)
    return conn.execute(query).scalar_one()


def used(conn: Connection, range_id: str) -> dict[int, int]:
    """The last counter given out, by year (0 where the pattern has no year)."""
    query = select(number_counters.c.year, number_counters.c.used)
    rows = conn.execute(query.where(number_counters.c.range_id == range_id).order_by(number_counters.c.year))
    return {row.year: row.used for row in rows}


def move(conn: Connection, range_id: str, year: int, to: int) -> None:
    """Every counter up to `to` is given out."""
    mine = (number_counters.c.range_id == range_id) & (number_counters.c.year == year)
    if conn.execute(update(number_counters).where(mine).values(used=to)).rowcount == 0:
        conn.execute(insert(number_counters).values(range_id=range_id, year=year, used=to))


def held(conn: Connection, issuer: str, numbers: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What holds each of `numbers`: certificate_id, act_id, state and reason of the act."""
    table = certificate_numbers
    query = select(
        table.c.number, table.c.certificate_id, table.c.act_id, acts.c.state, acts.c.reason
    ).select_from(table.join(acts, acts.c.id == table.c.act_id))
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        some = table.c.number.in_(numbers[start : start + _AT_ONCE])
        rows = conn.execute(query.where(table.c.issuer == issuer, some)).mappings()
        found.update((row["number"], dict(row)) for row in rows)
    return found
