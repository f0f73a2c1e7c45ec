"""Finding certificates: which ones match an expression, in order, page by page.

Full segments are read as postings, the open one as rows. What a search costs is bounded by the number of
segments and terms, not by how many certificates have them.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, or_, select

from ledger_app.store import search_bits, search_index
from ledger_app.store.search_bits import ALL, SIZE, Days, Every, Having, Wanted, leaves, matching, terms_of
from ledger_app.store.search_index import among
from ledger_app.store.tables_records import acts, certificate_links, certificates
from ledger_app.store.tables_search import certificate_search, search_days, search_postings

_WINDOWS: Final = (2, 8, 32, 128)
_CHECKED_AT_ONCE: Final = 250
_CHECKED_AT_MOST: Final = 4_000
_SORTED_AT_ONCE: Final = 2_500
_WALKED_AT_ONCE: Final = 4_000
_WALKED_AT_MOST: Final = 24_000


@dataclass(frozen=True, slots=True)
class Question:
    """What is wanted. `among`: certificate ids to choose from, None = all. `prefix`: of the number."""

    wanted: Wanted
    among: frozenset[str] | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page: (ordinal, number) in order. `after`: where the next one goes on, None at the end."""

    rows: list[tuple[int, str]]
    after: tuple[int, str] | None


def newest(conn: Connection, question: Question, below: int | None, limit: int) -> Found:
    """Those with an ordinal lower than `below`, newest first. Their numbers are left out.

    A page may have fewer rows although there are more, where the beginning of each number has to be looked
    at: then it was looked far enough for one request, and `after` is set.
    """
    found: list[int] = []
    checked = 0
    for segment, bits in _segments(conn, question, below):
        places = (segment * SIZE + bit for bit in search_bits.places(bits))
        if not question.prefix:
            found += islice(places, limit + 1 - len(found))
        while question.prefix and (part := list(islice(places, _CHECKED_AT_ONCE))):
            numbers = _numbers(conn, part)
            found += (one for one in part if numbers.get(one, "").startswith(question.prefix))
            checked += len(part)
            if len(found) > limit:
                break
            if checked >= _CHECKED_AT_MOST:
                return Found([(ordinal, "") for ordinal in found], (part[-1], ""))
        if len(found) > limit:
            return Found([(ordinal, "") for ordinal in found[:limit]], (found[limit - 1], ""))
    return Found([(ordinal, "") for ordinal in found], None)


def by_number(conn: Connection, question: Question, after: tuple[int, str] | None, limit: int) -> Found:
    """The same in the order of their numbers (by bytes). A page may have fewer rows although there are more:
    then it was looked far enough for one request, and `after` is set.
    """
    sets = {segment: bits for segment, bits in _segments(conn, question, None) if bits}
    searched = certificate_search.c
    query = select(searched.ordinal, searched.number).order_by(searched.number, searched.ordinal)
    if question.prefix:
        query = query.where(_begins(question.prefix))

    def onwards(place: tuple[int, str] | None) -> Any:
        if place is None:
            return query
        later = (searched.number == place[1]) & (searched.ordinal > place[0])
        return query.where(searched.number >= place[1], or_(searched.number > place[1], later))

    count = sum(bits.bit_count() for bits in sets.values())
    if count <= _SORTED_AT_ONCE:
        ordinals = list(_ordinals(sets))
        chosen = onwards(after).where(among(searched.ordinal, ordinals)).limit(limit + 1)
        rows = [(row.ordinal, row.number) for row in conn.execute(chosen)] if ordinals else []
        return Found(rows[:limit], rows[limit - 1] if len(rows) > limit else None)
    rows, walked, place = [], 0, after
    wanted = search_bits.Members(sets)
    while walked < _WALKED_AT_MOST:
        part = conn.execute(onwards(place).limit(_WALKED_AT_ONCE)).all()
        for ordinal, number in part:
            if ordinal in wanted:
                rows.append((ordinal, number))
                if len(rows) > limit:
                    return Found(rows[:limit], rows[limit - 1])
        if len(part) < _WALKED_AT_ONCE:
            return Found(rows, None)
        walked += len(part)
        place = (part[-1].ordinal, part[-1].number)
    return Found(rows, place)


def count(conn: Connection, question: Question) -> int | None:
    """How many there are; None where the prefix of the number would have to be looked for in very many."""
    sets = {segment: bits for segment, bits in _segments(conn, question, None) if bits}
    found = sum(bits.bit_count() for bits in sets.values())
    if not question.prefix:
        return found
    if found > _CHECKED_AT_MOST:
        return None
    numbers = _numbers(conn, list(_ordinals(sets))) if found else {}
    return sum(number.startswith(question.prefix) for number in numbers.values())


def numbered(conn: Connection, number: str) -> list[str]:
    """Ids of the certificates with this number."""
    searched = certificate_search.c
    return list(conn.execute(select(searched.certificate_id).where(searched.number == number)).scalars())


def beginning(conn: Connection, prefix: str, at_most: int) -> list[str] | None:
    """Ids of the certificates whose number begins so; None when there are more than `at_most`."""
    query = select(certificate_search.c.certificate_id).where(_begins(prefix))
    beyond = select(certificate_search.c.ordinal).where(_begins(prefix)).offset(at_most).limit(1)
    return None if conn.execute(beyond).first() is not None else list(conn.execute(query).scalars())


def linked(conn: Connection, kind: str, value: str) -> list[str]:
    """Ids of the certificates that have this link (consignment, container)."""
    links = certificate_links.c
    query = select(links.certificate_id).where(links.kind == kind, links.value == value)
    return list(conn.execute(query).scalars())


def with_digest(conn: Connection, digest: str) -> list[str]:
    """The id of the certificate with this digest."""
    return list(conn.execute(select(certificates.c.id).where(certificates.c.digest == digest)).scalars())


def rows(conn: Connection, ordinals: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What is shown of these certificates, by ordinal: the columns of `certificates` without the sealed
    document and the proof, the state of the issuing act, and `issued`.
    """
    shown = [column for column in certificates.c if column.name not in ("sealed", "proof")]
    query = (
        select(certificate_search.c.ordinal, certificate_search.c.issued, acts.c.state, *shown)
        .select_from(certificate_search)
        .join(certificates, certificates.c.id == certificate_search.c.certificate_id)
        .outerjoin(acts, acts.c.id == certificates.c.act_id)
        .where(among(certificate_search.c.ordinal, ordinals))
    )
    return {row["ordinal"]: dict(row) for row in conn.execute(query).mappings()}


def flagged(conn: Connection, ordinals: Collection[int], flag: int) -> set[int]:
    """Those of `ordinals` that have the flag."""
    table = search_postings
    query = select(table.c.segment, table.c.bits).where(
        table.c.term == flag, among(table.c.segment, {ordinal // SIZE for ordinal in ordinals})
    )
    bits = {row.segment: search_bits.unpack(bytes(row.bits)) for row in conn.execute(query)}
    return {one for one in ordinals if bits.get(one // SIZE, 0) >> one % SIZE & 1}


# --- segment by segment -------------------------------------------------------------------------------------


def _segments(conn: Connection, question: Question, below: int | None) -> Iterator[tuple[int, int]]:
    """(segment, matching bits), the newest first."""
    chosen = None if question.among is None else _chosen(conn, question.among)
    if chosen is not None and not chosen:
        return
    lowest, start = search_index.extent(conn)
    terms = terms_of(question.wanted)
    top = None if below is None else search_bits.place(below - 1)
    for window in _windows(lowest, start // SIZE, chosen, top[0] if top else None):
        parts = _load(conn, window, terms, start, question.wanted)
        for segment in window:
            found = parts[segment].answer & (ALL if chosen is None else chosen[segment])
            if top is not None and segment == top[0]:
                found &= (2 << top[1]) - 1
            yield segment, found


def _windows(
    lowest: int, open_segment: int, chosen: dict[int, int] | None, top: int | None
) -> Iterator[list[int]]:
    """Segments to look at, newest first, in growing portions: what is common is found in the first."""
    if chosen is not None:
        segments = sorted((one for one in chosen if top is None or one <= top), reverse=True)
    else:
        highest = open_segment if top is None else min(top, open_segment)
        segments = list(range(highest, lowest // SIZE - 1, -1))
    at = step = 0
    while at < len(segments):
        size = _WINDOWS[min(step, len(_WINDOWS) - 1)]
        yield segments[at : at + size]
        at, step = at + size, step + 1


def _load(
    conn: Connection, window: Sequence[int], terms: frozenset[int], start: int, wanted: Wanted
) -> "dict[int, _Part]":
    """What the segments of the window answer. What they must have is read first: most have nothing that has
    all of it, and the rest is not read of those.
    """
    parts = {segment: _Part() for segment in window}
    if (tail := parts.get(start // SIZE)) is not None:
        _read_rows(conn, tail, start, terms)
    must = [part for part in wanted.parts if isinstance(part, Having)] if isinstance(wanted, Every) else []
    first = terms_of(Every(tuple(must)))
    _read_postings(conn, parts, first)
    left = {segment: part for segment, part in parts.items() if matching(Every(tuple(must)), part)}
    if not left:
        return parts
    _read_postings(conn, left, terms - first)
    days = search_days.c
    fields = {leaf.field for leaf in leaves(wanted) if isinstance(leaf, Days)}
    if fields:
        bounds = select(days.field, days.segment, days.low, days.high)
        there = days.field.in_(fields) & among(days.segment, left)
        for name, segment, low, high in conn.execute(bounds.where(there)):
            left[segment].bounds[name] = (low, high)
    for part in left.values():
        part.answer = matching(wanted, part)
    if unsure := [segment for segment, part in left.items() if part.unsure and part.answer]:
        stored = select(days.field, days.segment, days.slices)
        there = days.field.in_(fields) & among(days.segment, unsure)
        for name, segment, slices in conn.execute(stored.where(there)):
            left[segment].slices[name] = bytes(slices)
        for segment in unsure:
            left[segment].answer = matching(wanted, left[segment])
    return parts


def _read_postings(conn: Connection, parts: "dict[int, _Part]", terms: frozenset[int]) -> None:
    if not terms:
        return
    low, high, table = min(parts), max(parts), search_postings
    # One stretch of the index for each term, unless that would read much in vain.
    near = high - low < 4 * len(parts)
    where: Any = table.c.segment.between(low, high) if near else among(table.c.segment, parts)
    query = select(table.c.term, table.c.segment, table.c.bits).where(among(table.c.term, terms), where)
    for term, segment, stored in conn.execute(query):
        if (part := parts.get(segment)) is not None:
            part.bits[term] = part.bits.get(term, 0) | search_bits.unpack(bytes(stored))


@dataclass(slots=True)
class _Part:
    """One segment, as far as it was read. `turned`: the bits that postings and slices are about; of others
    `days` tells. `unsure`: the answer may hold too many, for want of slices.
    """

    bits: dict[int, int] = field(default_factory=dict)
    bounds: dict[str, tuple[int, int]] = field(default_factory=dict)
    slices: dict[str, bytes] = field(default_factory=dict)
    days: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    turned: int = ALL
    unsure: bool = False
    answer: int = 0

    def having(self, term: int) -> int:
        return self.bits.get(term, 0)

    def between(self, days: Days) -> int:
        found = self._stored(days) & self.turned
        for bit, day in self.days.get(days.field, ()):
            if days.first <= day <= days.last:
                found |= 1 << bit
        return found

    def _stored(self, days: Days) -> int:
        low, high = self.bounds.get(days.field, (0, -1))
        if high < days.first or low > days.last or high < low:
            return 0
        if days.first <= low and high <= days.last:
            return ALL
        stored = self.slices.get(days.field)
        if stored is None:
            self.unsure = True
            return ALL
        last = search_bits.at_most(low, stored, days.last)
        return last & ~search_bits.at_most(low, stored, days.first - 1)


def _read_rows(conn: Connection, part: _Part, start: int, terms: frozenset[int]) -> None:
    """What has no postings yet, from its rows; flags are postings there too."""
    searched = certificate_search.c
    query = select(searched.ordinal, searched.terms, *(searched[name] for name in search_index.FIELDS))
    part.days = {name: [] for name in search_index.FIELDS}
    part.turned = (1 << start % SIZE) - 1
    for ordinal, stored, *days in conn.execute(query.where(searched.ordinal >= start)):
        bit = ordinal % SIZE
        for term in terms.intersection(search_bits.unpack_terms(bytes(stored))):
            part.bits[term] = part.bits.get(term, 0) | 1 << bit
        for name, day in zip(search_index.FIELDS, days, strict=True):
            part.days[name].append((bit, day))


def _chosen(conn: Connection, ids: Collection[str]) -> dict[int, int]:
    searched = certificate_search.c
    found: dict[int, int] = {}
    wanted = sorted(ids)
    for at in range(0, len(wanted), 500):
        query = select(searched.ordinal).where(searched.certificate_id.in_(wanted[at : at + 500]))
        for ordinal in conn.execute(query).scalars():
            segment, bit = search_bits.place(ordinal)
            found[segment] = found.get(segment, 0) | 1 << bit
    return found


def _ordinals(sets: dict[int, int]) -> Iterator[int]:
    for segment, bits in sets.items():
        for bit in search_bits.places(bits):
            yield segment * SIZE + bit


def _numbers(conn: Connection, ordinals: Sequence[int]) -> dict[int, str]:
    searched = certificate_search.c
    query = select(searched.ordinal, searched.number).where(among(searched.ordinal, ordinals))
    return {row.ordinal: row.number for row in conn.execute(query)}


def _begins(prefix: str) -> Any:
    """Of numbers, which are ASCII (`domain.fields.is_number`): nothing in a number is as high as the end."""
    return certificate_search.c.number.between(prefix, prefix + "\x7f")
