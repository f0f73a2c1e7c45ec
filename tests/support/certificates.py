"""Many certificates in a database without a chain: the rows that issuing, acts and the index would have left.

Seeded, so that a run can be repeated. What a certificate says is kept beside it (`Made`), in words, for a
naive search to look at.
"""

import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import Any

import orjson

from ledger_app.access.principals import Kind, Principal
from ledger_app.domain.standing import Role
from ledger_app.domain.terms import day_number, organisation_id
from ledger_app.proof.hexes import to_hex
from ledger_app.services.context import Services
from ledger_app.services.search.terms import entry, search_key
from ledger_app.store import search_flags, search_index
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.dialects import take_in
from ledger_app.store.ids import new_id
from ledger_app.store.tables import index_standings
from ledger_app.store.tables_records import acts, certificate_links, certificates

TODAY = date(2026, 11, 22)
_ISSUERS = (
    ("CCPIT", "CN", 60),
    ("AUCCI", "AU", 12),
    ("KCCI", "KR", 10),
    ("VCCI", "VN", 8),
    ("IHK", "EU", 10),
)
_SCHEMES = (("RCEP", 40), ("NON-PREFERENTIAL", 30), ("CHAFTA", 15), ("ATIGA", 10), ("EUR1", 5))
_COUNTRIES = ("AU", "KR", "JP", "VN", "US", "DE", "TH", "NZ", "MY", "BR")
_STATUS = ((0, 965), (1, 5), (2, 10), (3, 20))


@dataclass(slots=True)
class Made:
    """A certificate as it was made: its row, what its document says, and what happened to it since."""

    row: CertificateRow
    document: dict[str, Any]
    organisations: tuple[str, ...]
    status: int = 0
    used: int = 0

    @property
    def state(self) -> str:
        return self.row.state


def organisation(name: str) -> str:
    return to_hex(organisation_id(f"test:{name}"))


def member(name: str, roles: Role = Role.NONE, territory: str | None = None) -> Principal:
    """The principal of an organisation that certificates name."""
    return Principal(
        Kind.ORGANISATION, token_id=name, organisation=organisation(name), roles=roles, territory=territory
    )


@dataclass
class Stock:
    """Makes certificates. `exporters`: how many there are; the first ones have most of the certificates.
    `sealed_bytes`: of random bytes in place of each document, 0 = the document itself.
    """

    seed: int = 1
    exporters: int = 4000
    sealed_bytes: int = 3000
    proof_length: int = 10
    since: date = TODAY - timedelta(days=3 * 365)
    _made: int = field(default=0, init=False)
    _last_act: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.headings = [
            f"{chapter:02d}{heading:02d}"
            for chapter in range(1, 98)
            if chapter != 77
            for heading in range(1, 6)
        ]
        self.weights = [1 / (place + 1) for place in range(len(self.headings))]
        self.rng.shuffle(self.headings)
        self.headings.sort(key=lambda code: not code.startswith(("85", "84")))

    def make(self, count: int, total: int | None = None) -> Iterator[Made]:
        """`count` certificates, the days of issue running from `since` until today over `total` of them."""
        days = (TODAY - self.since).days
        left = 0
        for _ in range(count):
            if left == 0:
                left = self.rng.choice((1, 1, 1, 20, 200))
                act, batch = new_id(), "0x" + secrets.token_hex(32)
                name, territory, _weight = self._weighted(_ISSUERS)
                scheme = self._weighted(_SCHEMES)[0]
                state = self.rng.choices(("final", "needs-signature", "reverted"), (985, 5, 10))[0]
            left -= 1
            issued = self.since + timedelta(days=days * self._made // max(total or count, 1))
            yield self._one(name, territory, scheme, issued, act, batch, state)

    def record(
        self, ctx: Services, count: int, total: int | None = None, *, searchable: bool = True
    ) -> list[Made]:
        """Make `count` and write them, in one transaction for each 10,000."""
        made: list[Made] = []
        source = self.make(count, total)
        while part := list(islice(source, 10_000)):
            sealed = self.rng.randbytes(self.sealed_bytes) if self.sealed_bytes else None
            write(ctx, part, sealed, searchable=searchable, begun=self._last_act)
            self._last_act = part[-1].row.act_id
            made += part
        return made

    def _one(
        self, name: str, territory: str, scheme: str, issued: date, act: str, batch: str, state: str
    ) -> Made:
        self._made += 1
        rng = self.rng
        exporter = min(int(rng.paretovariate(0.9)) - 1, self.exporters - 1)
        consignee = rng.randrange(self.exporters * 3)
        target = rng.choice(_COUNTRIES)
        origin = territory if rng.random() < 0.9 else rng.choice(_COUNTRIES)
        starts = issued + timedelta(days=rng.choice((0, 0, 0, 7)))
        ends = rng.choice((180, 365, 365, 730, None))
        until = None if ends is None else starts + timedelta(days=ends)
        headings = rng.choices(self.headings, self.weights, k=rng.choice((1, 1, 2, 3, 6)))
        allowance = rng.choice((1, 1, 1, 10))
        digits = f"{self._made:07d}"
        document = {
            "number": f"{name}-{issued.year}-{digits}",
            "issueDate": issued.isoformat(),
            "exporter": {"name": f"Exporter {exporter} Co., Ltd."},
            "consignee": {"name": f"Consignee {consignee} Pty Ltd"},
            "exportCountry": territory,
            "importCountry": target,
            "originCountry": origin,
            "items": [{"hsCode": code + rng.choice(("10", "90", "9010", "10"))} for code in headings],
        }
        leaf: dict[str, Any] = {
            "digest": "0x" + rng.randbytes(32).hex(),
            "issuer": organisation(name),
            "validFrom": day_number(starts),
            "validUntil": 0 if until is None else day_number(until),
            "allowance": allowance,
        }
        row = CertificateRow(
            id=new_id(), number=str(document["number"]), issuer=organisation(name), scheme=scheme,
            territory=territory, destination=None if rng.random() < 0.2 else target,
            digest=leaf["digest"], leaf="0x" + rng.randbytes(32).hex(), leaf_fields=leaf,
            root="0x" + "0" * 64, batch=batch, proof=["0x" + "0" * 64] * self.proof_length, act_id=act,
            sealed=None, created_at=day_number(issued) * 86_400, state=state,
        )  # fmt: skip
        made = Made(row, document, (organisation(f"exporter-{exporter}"),))
        if state == "final":
            made.status = self._weighted(_STATUS)[0]
            made.used = rng.choices((0, allowance, (allowance + 1) // 2), (60, 37, 3))[0]
        return made

    def _weighted(self, table: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
        return self.rng.choices(table, [row[-1] for row in table])[0]


def write(
    ctx: Services, made: Sequence[Made], sealed: bytes | None, *, searchable: bool = True, begun: str = ""
) -> None:
    """Write certificates with their acts, links and standings; `searchable`: as issuing does, or without.
    `begun`: an act that was written before. `sealed`: instead of each one's own document.
    """
    key = search_key(ctx)
    with ctx.store.begin() as conn:
        _many(conn, acts, [act for act in _acts(made) if act["id"] != begun])
        _many(
            conn,
            certificates,
            [
                {name: getattr(one.row, name) for name in CertificateRow.__slots__ if name != "state"}
                | {"sealed": sealed or _sealed(ctx, one)}
                for one in made
            ],
        )
        _many(conn, certificate_links, [link for one in made for link in _links(ctx, one)])
        if searchable:
            search_index.add(conn, [entry(key, one.row, one.document, one.organisations) for one in made])
        states = {one.row.act_id: one.state for one in made}
        for act, state in states.items():
            search_flags.act_moved(conn, act, state)
        happened = [one for one in made if one.status or one.used]
        _many(conn, index_standings, [_standing(one) for one in happened])
        search_flags.index_changed(conn, {"standings": [(one.row.leaf,) for one in happened]})


def _sealed(ctx: Services, one: Made) -> bytes:
    plain = orjson.dumps({"document": one.document, "secret": "0x" + "0" * 64})
    return ctx.vault.seal(plain, f"certificates/{one.row.id}")


def _many(conn: Any, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        take_in(conn, table, [[row.get(column.name) for column in table.columns] for row in rows])


def _acts(made: Sequence[Made]) -> list[dict[str, Any]]:
    found = {
        one.row.act_id: {
            "id": one.row.act_id, "kind": "Issue", "contract": "CertificateRegistry",
            "organisation": one.row.issuer, "subject": one.row.batch, "summary": "", "message": {},
            "call": {}, "evidence": {}, "signatures": [], "needed": 1, "state": one.state, "deadline": 0,
            "created_at": 0, "updated_at": 0,
        }
        for one in made
    }  # fmt: skip
    return list(found.values())


def _links(ctx: Services, one: Made) -> Iterator[dict[str, str]]:
    for role in ("exporter", "consignee"):
        blind = ctx.vault.blind("name", one.document[role]["name"])
        yield {"certificate_id": one.row.id, "kind": role, "value": blind}
    for name in one.organisations:
        yield {"certificate_id": one.row.id, "kind": "organisation", "value": name}


def _standing(one: Made) -> dict[str, Any]:
    return {
        "leaf": one.row.leaf, "status": one.status, "reason": 0, "epoch": 0, "used": one.used,
        "changed_at": 0, "predecessor": None, "successor_batch": None, "block_number": 1, "block_time": 0,
        "tx_hash": "0x" + "0" * 64,
    }  # fmt: skip
