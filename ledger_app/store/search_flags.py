"""What the ledger and the acts say of certificates now, as flags in the postings.

Flags change in the transaction that changes what they are derived from: the row of an act, or the index. A
search therefore never says something else than they do, also after a reorganisation or a rebuild.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, delete, insert, select, update

from ledger_app.domain.act_states import DEAD, DONE
from ledger_app.domain.standing import Status
from ledger_app.store import search_bits, standings
from ledger_app.store.tables import index_batches, index_keys, index_standings
from ledger_app.store.tables_records import certificates
from ledger_app.store.tables_search import certificate_search, search_postings

PENDING: Final = -1
"""Its issuing act is not on the ledger (yet, or after a reorganisation not any more)."""
ENDED: Final = -2
"""Its issuing act came to nothing."""
SUSPENDED: Final = -3
REVOKED: Final = -4
SUPERSEDED: Final = -5
USED: Final = -6
"""Something of it is used, or all."""
USED_UP: Final = -7
DISOWNED: Final = -8
"""Issued with a key that was disowned since, and not confirmed under a good one."""

_OF_ACT: Final = (PENDING, ENDED)
_OF_LEDGER: Final = (SUSPENDED, REVOKED, SUPERSEDED, USED, USED_UP, DISOWNED)
_OF_STATUS: Final = {
    SUSPENDED: int(Status.SUSPENDED),
    REVOKED: int(Status.REVOKED),
    SUPERSEDED: int(Status.SUPERSEDED),
}
_AT_ONCE: Final = 500


def act_moved(conn: Connection, act_id: Any, state: str) -> None:
    """An act went into `state`. `act_id`: its id, or a query that gives it."""
    query = select(certificate_search.c.ordinal).where(certificate_search.c.act_id == act_id)
    ordinals = list(conn.execute(query).scalars())
    if ordinals:
        put(conn, of_act(state, ordinals), ordinals, _OF_ACT)


def of_act(state: str | None, ordinals: Sequence[int]) -> dict[int, Sequence[int]]:
    """The flags of certificates whose issuing act is in `state`."""
    if state in DONE:
        return {}
    return {ENDED if state in DEAD else PENDING: ordinals}


def index_changed(conn: Connection, changed: Mapping[str, Collection[tuple[Any, ...]]]) -> None:
    """Derived rows of the index were written: their keys, by the name of their table in `store.index`."""
    _standings(conn, [str(key[0]) for key in changed.get("standings", ())])
    if changed.get("keys") or changed.get("batches"):
        _disowned(conn)


def index_dropped(conn: Connection) -> None:
    """The derived rows of the index were thrown away."""
    conn.execute(delete(search_postings).where(search_postings.c.term.in_(_OF_LEDGER)))


def recorded(conn: Connection, certificate_ids: Sequence[str]) -> None:
    """Certificates whose standing may be in the index already became searchable."""
    for part in _parts(certificate_ids):
        query = _standing_of().where(certificate_search.c.certificate_id.in_(part))
        _put_standings(conn, conn.execute(query))
    _disowned(conn)


def put(
    conn: Connection,
    flags: Mapping[int, Iterable[int]],
    ordinals: Iterable[int],
    kinds: Sequence[int],
) -> None:
    """Of `kinds`, let `ordinals` have the flags that `flags` says and no others."""
    touched = _by_segment(ordinals)
    if not touched:
        return
    wanted = {flag: _by_segment(having) for flag, having in flags.items()}
    table = search_postings
    for part in _parts(sorted(touched)):
        query = select(table).where(table.c.term.in_(kinds), table.c.segment.in_(part))
        stored = {(row.term, row.segment): bytes(row.bits) for row in conn.execute(query)}
        for segment in part:
            for flag in kinds:
                before = stored.get((flag, segment))
                bits = search_bits.unpack(before) if before is not None else 0
                after = bits & ~touched[segment] | wanted.get(flag, {}).get(segment, 0)
                if after != bits:
                    write(conn, flag, segment, after, new=before is None)


def write(conn: Connection, term: int, segment: int, bits: int, *, new: bool) -> None:
    """Write one posting; an empty one goes away."""
    table = search_postings
    same = and_(table.c.term == term, table.c.segment == segment)
    if new:
        conn.execute(insert(table).values(term=term, segment=segment, bits=search_bits.pack(bits)))
    elif bits:
        conn.execute(update(table).where(same).values(bits=search_bits.pack(bits)))
    else:
        conn.execute(delete(table).where(same))


def _standings(conn: Connection, leaves: Sequence[str]) -> None:
    rows: list[Any] = []
    for part in _parts(leaves):
        rows += conn.execute(_standing_of().where(index_standings.c.leaf.in_(part)))
    _put_standings(conn, rows)


def _put_standings(conn: Connection, rows: Iterable[Any]) -> None:
    flags: dict[int, list[int]] = {flag: [] for flag in _OF_LEDGER if flag != DISOWNED}
    touched = []
    for row in rows:
        touched.append(row.ordinal)
        for flag, status in _OF_STATUS.items():
            if row.status == status:
                flags[flag].append(row.ordinal)
        if row.used:
            flags[USED].append(row.ordinal)
        if row.used >= row.allowance:
            flags[USED_UP].append(row.ordinal)
    put(conn, flags, touched, tuple(flags))


def _standing_of() -> Select[Any]:
    searched = certificate_search.c
    return (
        select(searched.ordinal, searched.allowance, index_standings.c.status, index_standings.c.used)
        .select_from(index_standings)
        .join(certificates, certificates.c.leaf == index_standings.c.leaf)
        .join(certificate_search, searched.certificate_id == certificates.c.id)
    )


def _disowned(conn: Connection) -> None:
    table = search_postings
    had = {
        row.segment: search_bits.unpack(bytes(row.bits))
        for row in conn.execute(select(table).where(table.c.term == DISOWNED))
    }
    disowned = index_keys.c.disowned_since.is_not(None)
    any_key = conn.execute(select(index_keys.c.key).where(disowned).limit(1)).first()
    if any_key is None and not had:
        return
    query = (
        standings.disowned_batches()
        .join(certificates, certificates.c.batch == index_batches.c.batch)
        .join(certificate_search, certificate_search.c.certificate_id == certificates.c.id)
        .with_only_columns(certificate_search.c.ordinal)
    )
    now = _by_segment(conn.execute(query).scalars())
    for segment in had.keys() | now.keys():
        if had.get(segment, 0) != now.get(segment, 0):
            write(conn, DISOWNED, segment, now.get(segment, 0), new=segment not in had)


def _by_segment(ordinals: Iterable[int]) -> dict[int, int]:
    places: dict[int, list[int]] = {}
    for ordinal in ordinals:
        segment, bit = search_bits.place(ordinal)
        places.setdefault(segment, []).append(bit)
    return {segment: search_bits.of_places(bits) for segment, bits in places.items()}


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
