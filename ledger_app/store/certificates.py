"""Certificates: what was issued here, how to find it, and bundles received from elsewhere.

Rows locate; they prove nothing. Whoever relies on one opens the sealed document, rebuilds its digest and asks
the ledger. Rows that cannot be read as what their columns are declared to hold raise Broken `RECORD_DAMAGED`.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from ledger_app.errors import Broken
from ledger_app.store.acts import DEAD, REVERTED
from ledger_app.store.tables_records import (
    acts,
    certificate_links,
    certificate_numbers,
    certificates,
    received_bundles,
)


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate. Hashes and ids as 0x… text; `sealed` opens (context `certificates/<id>`) to JSON
    `{"document", "secret"}` and is None once erased; `state` is that of the issuing act."""

    id: str
    number: str
    issuer: str
    scheme: str
    territory: str
    destination: str | None
    digest: str
    leaf: str
    leaf_fields: dict[str, Any]
    root: str
    batch: str
    proof: list[str]
    act_id: str
    sealed: bytes | None
    created_at: int
    state: str = "needs-signature"


@dataclass(frozen=True, slots=True)
class ReceivedRow:
    """A bundle that `organisation` brought; `sealed` opens (context `received/<id>`) to the bundle's
    bytes.
    """

    id: str
    organisation: str
    digest: str
    leaf: str
    sealed: bytes
    created_at: int


def add_many(
    conn: Connection,
    rows: Sequence[CertificateRow],
    links: Iterable[tuple[str, str, str]],
    again: Collection[str] = (),
) -> list[str]:
    """Record new certificates and their links (certificate id, kind, value). `again`: ids of those that are
    here, came to nothing and are asked for once more.

    Gives the numbers that are taken by live certificates of the same issuer; if any, nothing was written.
    """
    taken = _claim_numbers(conn, rows)
    if taken:
        return taken
    if again:
        ids = list(again)
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            conn.execute(delete(certificates).where(certificates.c.id.in_(some)))
            conn.execute(delete(certificate_links).where(certificate_links.c.certificate_id.in_(some)))
    conn.execute(insert(certificates), [_values(row) for row in rows])
    values = [{"certificate_id": i, "kind": kind, "value": value} for i, kind, value in sorted(set(links))]
    if values:
        conn.execute(insert(certificate_links), values)
    return []


def present(conn: Connection, ids: Sequence[str]) -> frozenset[str]:
    """Those of `ids` that are here."""
    found: list[str] = []
    for start in range(0, len(ids), 500):
        query = select(certificates.c.id).where(certificates.c.id.in_(ids[start : start + 500]))
        found += conn.execute(query).scalars()
    return frozenset(found)


def come_to_nothing(conn: Connection, issuer: str, numbers: Sequence[str]) -> list[CertificateRow]:
    """Certificates of the issuer (0x…) under these numbers whose act came to nothing and whose document is
    still here; first those whose act was signed and refused by the ledger, oldest first."""
    found: list[CertificateRow] = []
    for start in range(0, len(numbers), 500):
        query = _query().where(
            certificates.c.number.in_(numbers[start : start + 500]),
            certificates.c.issuer == issuer,
            certificates.c.sealed.is_not(None),
            acts.c.state.in_(DEAD),
        )
        found += _rows(conn, query)
    return sorted(found, key=lambda row: (row.state != REVERTED, row.id))


def by_id(conn: Connection, certificate_id: str) -> CertificateRow | None:
    """The certificate with this id."""
    return _one(conn, _query().where(certificates.c.id == certificate_id))


def by_digest(conn: Connection, digest: str) -> CertificateRow | None:
    """The certificate with this digest (0x…)."""
    return _one(conn, _query().where(certificates.c.digest == digest))


def by_leaf(conn: Connection, leaf: str) -> CertificateRow | None:
    """The certificate with this leaf hash (0x…)."""
    return _one(conn, _query().where(certificates.c.leaf == leaf))


def by_leaves(conn: Connection, leaves: Sequence[str]) -> list[CertificateRow]:
    """Those of these leaf hashes (0x…, at most some hundreds) that are recorded here."""
    return _rows(conn, _query().where(certificates.c.leaf.in_(leaves))) if leaves else []


def by_number(conn: Connection, number: str, *, limit: int = 50) -> list[CertificateRow]:
    """Every certificate with this number: several issuers may use the same. Those that came to nothing come
    last.
    """
    query = _query().where(certificates.c.number == number).order_by(certificates.c.id.desc()).limit(limit)
    rows = _rows(conn, query)
    return sorted(rows, key=lambda row: row.state in DEAD)


def by_act(conn: Connection, act_id: str) -> list[CertificateRow]:
    """The certificates that an act issues, in the order they were given."""
    return _rows(conn, _query().where(certificates.c.act_id == act_id).order_by(certificates.c.id))


def by_ids(conn: Connection, ids: Sequence[str]) -> dict[str, CertificateRow]:
    """The certificates with these ids, at most some hundreds."""
    return {row.id: row for row in _rows(conn, _query().where(certificates.c.id.in_(ids)))}


def erased_of(conn: Connection, ids: Sequence[str]) -> list[CertificateRow]:
    """Those of `ids` whose document was destroyed."""
    found: list[CertificateRow] = []
    for start in range(0, len(ids), 500):
        gone = certificates.c.id.in_(ids[start : start + 500]) & certificates.c.sealed.is_(None)
        found += _rows(conn, _query().where(gone))
    return found


def organisations_of(conn: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    """The organisations (0x…) that certificates name by identifier, by the certificate's id."""
    links = certificate_links.c
    query = select(links.certificate_id, links.value).where(
        links.kind == "organisation", links.certificate_id.in_(ids)
    )
    found: dict[str, list[str]] = {}
    for row in conn.execute(query):
        found.setdefault(row.certificate_id, []).append(row.value)
    return found


def sealed_of_act(conn: Connection, act_id: str) -> list[tuple[str, bytes | None]]:
    """Id and sealed paper of the same, and no more of them."""
    query = select(certificates.c.id, certificates.c.sealed).where(certificates.c.act_id == act_id)
    with _intact():
        return [(row.id, row.sealed) for row in conn.execute(query.order_by(certificates.c.id))]


def first_of_batch(conn: Connection, batch: str) -> CertificateRow | None:
    """One certificate of the batch with this id (0x…)."""
    query = _query().where(certificates.c.batch == batch).order_by(certificates.c.id).limit(1)
    return _one(conn, query)


def by_digests(conn: Connection, digests: Sequence[str]) -> dict[str, CertificateRow]:
    """The certificates with these digests."""
    found: dict[str, CertificateRow] = {}
    for start in range(0, len(digests), 500):
        query = _query().where(certificates.c.digest.in_(digests[start : start + 500]))
        found.update((row.digest, row) for row in _rows(conn, query))
    return found


def links_of(conn: Connection, certificate_id: str) -> list[tuple[str, str]]:
    """(kind, value) of everything the certificate can be found by."""
    query = select(certificate_links.c.kind, certificate_links.c.value)
    rows = conn.execute(query.where(certificate_links.c.certificate_id == certificate_id))
    return [(row.kind, row.value) for row in rows]


def erase(conn: Connection, certificate_id: str) -> None:
    """Destroy the document, its secret and what it could be found by. The ledger keeps its leaf, now
    meaningless.
    """
    conn.execute(update(certificates).where(certificates.c.id == certificate_id).values(sealed=None))
    gone = certificate_links.c.certificate_id == certificate_id
    conn.execute(delete(certificate_links).where(gone))


# --- bundles from elsewhere ------------------------------------------------------------------------------


def keep_received(
    conn: Connection, *, bundle_id: str, organisation: str, digest: str, leaf: str, sealed: bytes
) -> str:
    """Keep a bundle for the acts of `organisation` on it; the newest one replaces an earlier one. Gives its
    id.
    """
    same = (received_bundles.c.organisation == organisation) & (received_bundles.c.leaf == leaf)
    conn.execute(delete(received_bundles).where(same))
    conn.execute(
        insert(received_bundles).values(
            id=bundle_id,
            organisation=organisation,
            digest=digest,
            leaf=leaf,
            sealed=sealed,
            created_at=int(time.time()),
        )
    )
    return bundle_id


def received(
    conn: Connection, organisation: str, *, leaf: str | None = None, digest: str | None = None
) -> ReceivedRow | None:
    """The bundle that `organisation` brought, by leaf hash or digest."""
    query = select(received_bundles).where(received_bundles.c.organisation == organisation)
    if leaf is not None:
        query = query.where(received_bundles.c.leaf == leaf)
    if digest is not None:
        query = query.where(received_bundles.c.digest == digest)
    with _intact():
        row = conn.execute(query).mappings().first()
        return None if row is None else ReceivedRow(**row)


def received_by_id(conn: Connection, bundle_id: str) -> ReceivedRow | None:
    """A received bundle by its id."""
    query = select(received_bundles).where(received_bundles.c.id == bundle_id)
    with _intact():
        row = conn.execute(query).mappings().one_or_none()
        return None if row is None else ReceivedRow(**row)


def numbers_taken(conn: Connection, issuer: str, wanted: Sequence[str]) -> list[str]:
    """Of `wanted`, the numbers that live certificates of the issuer hold."""
    return sorted(number for number, state in _holders(conn, issuer, wanted).items() if state not in DEAD)


def _holders(conn: Connection, issuer: str, wanted: Sequence[str]) -> dict[str, str]:
    """The state of the act behind each number that is held."""
    table, held = certificate_numbers, dict[str, str]()
    for start in range(0, len(wanted), 500):
        query = (
            select(table.c.number, acts.c.state)
            .select_from(table.join(acts, acts.c.id == table.c.act_id))
            .where(table.c.issuer == issuer, table.c.number.in_(wanted[start : start + 500]))
        )
        held.update((row.number, row.state) for row in conn.execute(query))
    return held


def _claim_numbers(conn: Connection, rows: Sequence[CertificateRow]) -> list[str]:
    table = certificate_numbers
    if not rows:
        return []
    issuer = rows[0].issuer
    held = _holders(conn, issuer, [row.number for row in rows])
    if taken := [number for number, state in held.items() if state not in DEAD]:
        return sorted(taken)
    freed = list(held)
    for start in range(0, len(freed), 500):
        some = freed[start : start + 500]
        conn.execute(delete(table).where(table.c.issuer == issuer, table.c.number.in_(some)))
    conn.execute(
        insert(table),
        [
            {"issuer": row.issuer, "number": row.number, "certificate_id": row.id, "act_id": row.act_id}
            for row in rows
        ],
    )
    return []


def _query() -> Select[Any]:
    return select(certificates, acts.c.state).select_from(
        certificates.outerjoin(acts, acts.c.id == certificates.c.act_id)
    )


def _rows(conn: Connection, query: Select[Any]) -> list[CertificateRow]:
    with _intact():
        return [_row(row) for row in conn.execute(query).mappings()]


def _one(conn: Connection, query: Select[Any]) -> CertificateRow | None:
    with _intact():
        row = conn.execute(query).mappings().one_or_none()
        return None if row is None else _row(row)


@contextmanager
def _intact() -> Iterator[None]:
    """Raises Broken `RECORD_DAMAGED` for columns that hold no JSON, or text where bytes belong."""
    try:
        yield
    except (TypeError, ValueError) as bad:
        raise Broken("RECORD_DAMAGED") from bad


def _row(row: RowMapping) -> CertificateRow:
    values = dict(row)
    values["state"] = values["state"] or "needs-signature"
    return CertificateRow(**values)


def _values(row: CertificateRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CertificateRow.__slots__ if name != "state"}
