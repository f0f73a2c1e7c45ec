"""Who has which certificate: whom it was sent to, who fetched its bundle, who brought one."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, insert, or_, select, update

from ledger_app.store.tables import index_batches
from ledger_app.store.tables_recipients import certificate_recipients as table
from ledger_app.store.tables_records import certificate_links, certificates

WAYS: Final = ("sent_at", "fetched_at", "received_at")
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known of a certificate without its document. `allowance` in units; `valid_until` a day number.

    `certificate_id` is None for a certificate that was issued elsewhere. `number` is only there where
    whoever has the paper may read it.
    """

    leaf: str
    digest: str
    issuer: str | None = None
    batch: str | None = None
    certificate_id: str | None = None
    number: str | None = None
    allowance: int | None = None
    valid_until: int | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """That `recipient` has a paper, since when and how (Unix seconds; None = not that way).

    `recipient` is an organisation's id, or the id of an endpoint of `owner`. What the ledger said up to
    block `since_block` was known when it got there.
    """

    paper: Paper
    recipient: str
    owner: str
    since_block: int
    sent_at: int | None = None
    sent_by: str | None = None
    fetched_at: int | None = None
    received_at: int | None = None

    @property
    def is_endpoint(self) -> bool:
        """Whether it was sent to an endpoint by name, not to an organisation."""
        return self.recipient != self.owner


def note(conn: Connection, holding: Holding) -> bool:
    """Record that it got there; True unless it had got there the same way before. The first time of each
    way stays.
    """
    known = get(conn, holding.paper.leaf, holding.recipient)
    if known is None:
        conn.execute(insert(table).values(expiry_told=False, **_values(holding)))
        return True
    news = {
        way: getattr(holding, way)
        for way in WAYS
        if getattr(holding, way) is not None and getattr(known, way) is None
    }
    if "sent_at" in news:
        news["sent_by"] = holding.sent_by
    for name in ("certificate_id", "number", "batch", "issuer", "allowance", "valid_until"):
        if getattr(known.paper, name) is None and getattr(holding.paper, name) is not None:
            news[name] = getattr(holding.paper, name)
    if news:
        same = (table.c.leaf == holding.paper.leaf) & (table.c.recipient == holding.recipient)
        conn.execute(update(table).where(same).values(news))
    return any(way in news for way in WAYS)


def get(conn: Connection, leaf: str, recipient: str) -> Holding | None:
    """Whether and how `recipient` has the leaf (0x…)."""
    query = select(table).where(table.c.leaf == leaf, table.c.recipient == recipient)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _holding(row)


def of_leaves(conn: Connection, leaves: Sequence[str]) -> dict[str, list[Holding]]:
    """Everybody who has one of these leaves, by leaf."""
    found: dict[str, list[Holding]] = {}
    for start in range(0, len(leaves), _AT_ONCE):
        query = select(table).where(table.c.leaf.in_(leaves[start : start + _AT_ONCE]))
        for row in conn.execute(query.order_by(table.c.leaf, table.c.recipient)).mappings():
            found.setdefault(row["leaf"], []).append(_holding(row))
    return found


def of_batch(conn: Connection, batch: str) -> list[Holding]:
    """Everybody who has a leaf of this batch (0x…)."""
    query = select(table).where(table.c.batch == batch).order_by(table.c.leaf, table.c.recipient)
    return [_holding(row) for row in conn.execute(query).mappings()]


def batches_of_key(conn: Connection, key: str, since: int) -> list[str]:
    """The batches of which somebody here has a leaf, and that `key` (an address) issued or confirmed at
    `since` (Unix seconds) or later.
    """
    b = index_batches.c
    by_key = or_(
        (b.key == key) & (b.block_time >= since),
        (b.confirmed_key == key) & (b.confirmed_at >= since),
    )
    query = select(b.batch).where(by_key, b.batch.in_(select(table.c.batch))).order_by(b.batch)
    return list(conn.execute(query).scalars())


def of_certificate(conn: Connection, certificate_id: str) -> list[Holding]:
    """Everybody who has the certificate with this id, the first one first."""
    query = select(table).where(table.c.certificate_id == certificate_id)
    holdings = [_holding(row) for row in conn.execute(query).mappings()]
    return sorted(holdings, key=lambda one: (min(_times(one), default=0), one.recipient))


def issued_here(conn: Connection, leaves: Sequence[str]) -> dict[str, Paper]:
    """Those of these leaves that are of certificates recorded here, whether or not anybody has them."""
    found: dict[str, Paper] = {}
    for start in range(0, len(leaves), _AT_ONCE):
        part = leaves[start : start + _AT_ONCE]
        try:
            found.update(_issued(conn, part, fields=True))
        except (AttributeError, TypeError, ValueError):
            # A row that does not hold what it should must not keep everybody else's news back.
            found.update(_issued(conn, part, fields=False))
    return found


def _issued(conn: Connection, leaves: Sequence[str], *, fields: bool) -> dict[str, Paper]:
    c = certificates.c
    query = select(c.id, c.leaf, c.digest, c.issuer, c.batch, c.number, *([c.leaf_fields] if fields else []))
    found = {}
    for row in conn.execute(query.where(c.leaf.in_(leaves))):
        units = row.leaf_fields.get("allowance") if fields else None
        last = (row.leaf_fields.get("validUntil") if fields else None) or None
        found[row.leaf] = Paper(row.leaf, row.digest, row.issuer, row.batch, row.id, row.number, units, last)
    return found


def reads(conn: Connection, paper: Paper, organisation: str) -> bool:
    """Whether an organisation may read a certificate recorded here as its issuer, or because it is named in
    it or was sent it."""
    link = certificate_links.c
    named = select(link.value).where(
        link.certificate_id == paper.certificate_id, link.kind == "organisation", link.value == organisation
    )
    return organisation == paper.issuer or conn.execute(named).first() is not None


def expired_before(conn: Connection, day: int, limit: int) -> list[Holding]:
    """Holdings of papers whose last day was before `day` (a day number), of which nobody was told."""
    query = (
        select(table)
        .where(table.c.expiry_told.is_(False), table.c.valid_until < day)
        .order_by(table.c.valid_until, table.c.leaf, table.c.recipient)
        .limit(limit)
    )
    return [_holding(row) for row in conn.execute(query).mappings()]


def expiry_told(conn: Connection, holdings: Iterable[Holding]) -> None:
    """Remember that these were told, or need not be."""
    for one in holdings:
        same = (table.c.leaf == one.paper.leaf) & (table.c.recipient == one.recipient)
        conn.execute(update(table).where(same).values(expiry_told=True))


def let_read(conn: Connection, certificate_id: str, organisation: str) -> None:
    """Let an organisation read a certificate that it was sent, as if it were named in it."""
    link = certificate_links.c
    row = {"certificate_id": certificate_id, "kind": "organisation", "value": organisation}
    same = [getattr(link, name) == value for name, value in row.items()]
    if conn.execute(select(link.value).where(*same)).first() is None:
        conn.execute(insert(certificate_links).values(row))


def _times(holding: Holding) -> list[int]:
    return [when for way in WAYS if (when := getattr(holding, way)) is not None]


def _holding(row: Any) -> Holding:
    paper = Paper(**{name: row[name] for name in Paper.__slots__})
    names = ("recipient", "owner", "since_block", "sent_at", "sent_by", "fetched_at", "received_at")
    return Holding(paper, **{name: row[name] for name in names})


def _values(holding: Holding) -> dict[str, Any]:
    values = asdict(holding)
    return {**values.pop("paper"), **values}
