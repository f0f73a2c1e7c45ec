"""Making certificates searchable: their rows, and the postings of each segment that is full.

A new certificate costs one row. Every `STEP` certificates their terms are turned round into postings, in the
transaction that adds the last of them; until then a search reads their rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, delete, func, insert, select, text, update

from ledger_app.store import meta, search_bits, search_flags
from ledger_app.store.dialects import take_in
from ledger_app.store.tables_records import acts, certificates
from ledger_app.store.tables_search import certificate_search, search_days, search_postings

STEP: Final = 512
FIELDS: Final = ("issued", "valid_from", "valid_until")
_FILLED: Final = "search-filled"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a certificate is found by. Days count from 1970-01-01 (`issued` 0: not known)."""

    certificate_id: str
    act_id: str
    number: str
    allowance: int
    issued: int
    valid_from: int
    valid_until: int
    terms: frozenset[int]


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """Make new certificates searchable, whose issuing acts are not on the ledger yet."""
    if not entries:
        return
    highest = conn.execute(select(func.max(certificate_search.c.ordinal))).scalar_one()
    first = 0 if highest is None else max(highest, -1) + 1
    after = first + len(entries)
    _insert(conn, enumerate(entries, first))
    search_flags.put(
        conn, {search_flags.PENDING: range(first, after)}, range(first, after), (search_flags.PENDING,)
    )
    _turn_round(conn, first // STEP * STEP, after // STEP * STEP)


def ask_again(conn: Connection, entries: Sequence[Entry]) -> None:
    """Let certificates that are searchable and came to nothing be those of the act that asks for them once
    more: what they are found by is the same."""
    searched = certificate_search.c
    ordinals: list[int] = []
    for entry in entries:
        same = searched.certificate_id == entry.certificate_id
        conn.execute(update(certificate_search).where(same).values(act_id=entry.act_id))
        ordinals += conn.execute(select(searched.ordinal).where(same)).scalars()
    kinds = (search_flags.PENDING, search_flags.ENDED)
    search_flags.put(conn, {search_flags.PENDING: ordinals}, ordinals, kinds)


def add_before(conn: Connection, entries: Sequence[Entry]) -> None:
    """Make certificates searchable that were recorded before search was there, newest first: a whole segment
    of them, or all that are left.
    """
    if not entries:
        return
    lowest = conn.execute(select(func.min(certificate_search.c.ordinal))).scalar_one()
    top = min(lowest if lowest is not None else 0, 0) - 1
    numbered = [(top - step, entry) for step, entry in enumerate(entries)]
    _insert(conn, numbered)
    _turn_round(conn, numbered[-1][0], top + 1)
    ids = [entry.act_id for entry in entries]
    states: dict[str, str] = {}
    for start in range(0, len(ids), 500):
        query = select(acts.c.id, acts.c.state).where(acts.c.id.in_(sorted(set(ids[start : start + 500]))))
        states.update((row.id, row.state) for row in conn.execute(query))
    by_state: dict[str | None, list[int]] = {}
    for ordinal, entry in numbered:
        by_state.setdefault(states.get(entry.act_id), []).append(ordinal)
    for state, ordinals in by_state.items():
        kinds = (search_flags.PENDING, search_flags.ENDED)
        search_flags.put(conn, search_flags.of_act(state, ordinals), ordinals, kinds)
    search_flags.recorded(conn, [entry.certificate_id for entry in entries])


def not_yet(conn: Connection, limit: int) -> list[str]:
    """Ids of certificates that are not searchable yet, newest first; empty once all are."""
    if is_filled(conn):
        return []
    searched = certificate_search.c
    lowest = select(searched.certificate_id).where(searched.ordinal < 0).order_by(searched.ordinal).limit(1)
    below = conn.execute(lowest).scalar_one_or_none()
    query = (
        select(certificates.c.id)
        .select_from(certificates.outerjoin(certificate_search, searched.certificate_id == certificates.c.id))
        .where(searched.ordinal.is_(None))
        .order_by(certificates.c.id.desc())
        .limit(limit)
    )
    if below is not None:
        query = query.where(certificates.c.id < below)
    return list(conn.execute(query).scalars())


def is_filled(conn: Connection) -> bool:
    """Whether every certificate is searchable."""
    return bool(meta.get(conn, _FILLED))


def filled(conn: Connection) -> None:
    """Remember that every certificate is searchable; later ones are from the moment they are recorded."""
    meta.put(conn, _FILLED, True)


def forget(conn: Connection, certificate_id: str, kept: frozenset[int]) -> None:
    """Let a certificate be found by the terms in `kept` only."""
    searched = certificate_search.c
    same = searched.certificate_id == certificate_id
    row = conn.execute(select(searched.ordinal, searched.terms).where(same)).one_or_none()
    if row is None:
        return
    gone = set(search_bits.unpack_terms(bytes(row.terms))) - kept
    rest = set(search_bits.unpack_terms(bytes(row.terms))) & kept
    conn.execute(update(certificate_search).where(same).values(terms=search_bits.pack_terms(rest)))
    segment, bit = search_bits.place(row.ordinal)
    table = search_postings
    query = select(table.c.term, table.c.bits).where(table.c.segment == segment, table.c.term.in_(gone))
    for posting in list(conn.execute(query)):
        bits = search_bits.unpack(bytes(posting.bits)) & ~(1 << bit)
        search_flags.write(conn, posting.term, segment, bits, new=False)


def learn(conn: Connection, certificate_id: str, terms: frozenset[int]) -> None:
    """Let a certificate that is searchable already be found by these terms too."""
    searched = certificate_search.c
    same = searched.certificate_id == certificate_id
    row = conn.execute(select(searched.ordinal, searched.terms).where(same)).one_or_none()
    if row is None:
        return
    known = set(search_bits.unpack_terms(bytes(row.terms)))
    conn.execute(update(certificate_search).where(same).values(terms=search_bits.pack_terms(known | terms)))
    if row.ordinal >= extent(conn)[1]:
        return  # its row is searched itself
    segment, bit = search_bits.place(row.ordinal)
    table = search_postings
    for term in terms - known:
        query = select(table.c.bits).where(table.c.segment == segment, table.c.term == term)
        before = conn.execute(query).scalar_one_or_none()
        bits = 0 if before is None else search_bits.unpack(bytes(before))
        search_flags.write(conn, term, segment, bits | 1 << bit, new=before is None)


def extent(conn: Connection) -> tuple[int, int]:
    """The lowest ordinal, and the first one whose row is searched: it has no postings yet."""
    ordinal = certificate_search.c.ordinal
    ends = select(select(func.min(ordinal)).scalar_subquery(), select(func.max(ordinal)).scalar_subquery())
    lowest, highest = conn.execute(ends).one()
    if highest is None or highest < 0:
        return lowest or 0, 0
    return lowest, (int(highest) + 1) // STEP * STEP


def _insert(conn: Connection, numbered: Iterable[tuple[int, Entry]]) -> None:
    rows = [
        (
            ordinal,
            entry.certificate_id,
            entry.act_id,
            entry.number,
            entry.allowance,
            entry.issued,
            entry.valid_from,
            entry.valid_until,
            search_bits.pack_terms(entry.terms),
        )
        for ordinal, entry in numbered
    ]
    take_in(conn, certificate_search, rows)


def _turn_round(conn: Connection, first: int, after: int) -> None:
    """Turn the rows from `first` until before `after` round into postings, segment by segment."""
    searched = certificate_search.c
    while first < after:
        start = first // search_bits.SIZE * search_bits.SIZE
        end = min(after, start + search_bits.SIZE)
        query = select(searched.ordinal, searched.terms)
        having: dict[int, list[int]] = {}
        for ordinal, terms in conn.execute(query.where(searched.ordinal.between(first, end - 1))):
            for term in search_bits.unpack_terms(bytes(terms)):
                having.setdefault(term, []).append(ordinal - start)
        bits = {term: search_bits.of_places(places) for term, places in having.items()}
        _merge(conn, start // search_bits.SIZE, bits, begun=first > start)
        _days(conn, start, end)
        first = end


def _merge(conn: Connection, segment: int, bits: dict[int, int], *, begun: bool) -> None:
    """Add these bits to the postings of the segment, of which there are some where it was `begun`."""
    table = search_postings
    if begun:
        there = (table.c.segment == segment) & among(table.c.term, bits)
        for term, stored in conn.execute(select(table.c.term, table.c.bits).where(there)):
            bits[term] |= search_bits.unpack(bytes(stored))
        conn.execute(delete(table).where(there))
    take_in(conn, table, [(term, segment, search_bits.pack(bits[term])) for term in sorted(bits)])


def _days(conn: Connection, start: int, end: int) -> None:
    searched, table = certificate_search.c, search_days
    query = select(searched.ordinal, *(searched[name] for name in FIELDS))
    rows = conn.execute(query.where(searched.ordinal.between(start, end - 1))).all()
    segment = start // search_bits.SIZE
    conn.execute(delete(table).where(table.c.segment == segment))
    for place, name in enumerate(FIELDS, 1):
        low, high, slices = search_bits.slices([(row[0] - start, row[place]) for row in rows])
        conn.execute(insert(table).values(field=name, segment=segment, low=low, high=high, slices=slices))


def among(column: Column[int], values: Iterable[int]) -> ColumnElement[bool]:
    """The column is one of `values`, written into the statement: as parameters, thousands of them would be
    beyond what drivers take.
    """
    return column.op("IN")(text("(" + (",".join(str(int(value)) for value in values) or "NULL") + ")"))
