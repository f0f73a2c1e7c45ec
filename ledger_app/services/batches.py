"""From documents to a batch: secrets, digests, leaves, the tree, and the rows that will hold them.

Everything here happens before the write transaction, so that a large batch keeps no other writer waiting.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from ledger_app.domain.certificate import admit
from ledger_app.domain.terms import organisation_id, territory_code
from ledger_app.errors import BadInput, Conflict, TooLarge, Unprocessable
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import Leaf, leaf_for
from ledger_app.proof.merkle import MerkleTree
from ledger_app.services import offices
from ledger_app.services.context import Services
from ledger_app.services.search.terms import entry, search_key
from ledger_app.store import certificates, search_index
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id
from ledger_app.store.search_index import Entry
from ledger_app.store.secrets import Vault

_PARTIES: Final = ("exporter", "producer", "consignee", "importer", "agent")


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate before it is part of a batch. `plain`: JSON of document and secret, to be sealed;
    `links`: (kind, value) of what it is found by."""

    id: str
    number: str
    scheme: str
    territory: str
    leaf: Leaf
    plain: bytes
    links: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, vault: Vault, document: dict[str, Any], secret: bytes) -> "Paper":
        """Of a document that was admitted, under its secret. Raises BadInput as `leaf_for`."""
        return cls(
            id=new_id(),
            number=document["number"],
            scheme=document["scheme"],
            territory=document["issuer"]["territory"],
            leaf=leaf_for(document, secret),
            plain=orjson.dumps({"document": document, "secret": to_hex(secret)}),
            links=tuple(_links(vault, document)),
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """A prepared batch: `leaves[i]`, `rows[i]` belong to document i as given."""

    scheme: str
    tree: MerkleTree
    leaves: tuple[Leaf, ...]
    rows: tuple[CertificateRow, ...]
    links: tuple[tuple[str, str, str], ...]
    entries: tuple[Entry, ...]

    @property
    def root(self) -> bytes:
        """The root of the batch tree."""
        return self.tree.root

    @property
    def id(self) -> bytes:
        """The batch id of the protocol."""
        return self.leaves[0].batch_id(self.root)

    def shown(self) -> list[dict[str, Any]]:
        """All leaves with their proofs, as the contract takes successors."""
        return [
            {"leaf": leaf.to_json(), "proof": [to_hex(node) for node in self.tree.proof(leaf.hash())]}
            for leaf in self.leaves
        ]

    def certificates_json(self) -> list[dict[str, Any]]:
        """What the caller is told of each certificate."""
        return [
            {
                "id": row.id,
                "number": row.number,
                "digest": row.digest,
                "leaf": row.leaf,
                "state": "needs-signature",
            }
            for row in self.rows
        ]


def prepare(ctx: Services, issuer: str, documents: list[Any], act_id: str) -> Batch:
    """Check and commit `documents` (JSON objects) for `issuer` (organisation id).

    Raises BadInput `BATCH_EMPTY`, TooLarge `BATCH_TOO_LARGE`, Unprocessable `DOCUMENT_INVALID` (with `index`
    and `findings`), `ISSUER_DIFFERS`, `SCHEMES_DIFFER` or `NUMBER_TWICE`, NotPermitted `NOT_ACCREDITED`.
    """
    if not documents:
        raise BadInput("BATCH_EMPTY")
    if len(documents) > ctx.settings.max_batch:
        raise TooLarge("BATCH_TOO_LARGE", f"A batch holds at most {ctx.settings.max_batch} certificates.")
    for index, document in enumerate(documents):
        _check(document, index, issuer)
    scheme = documents[0]["scheme"]
    for index, document in enumerate(documents):
        if document["scheme"] != scheme:
            raise Unprocessable("SCHEMES_DIFFER", index=index, schemes=[scheme, document["scheme"]])
    _check_numbers(documents)
    offices.require(ctx, issuer, documents)
    fresh = [Paper.of(ctx.vault, document, secrets.token_bytes(32)) for document in documents]
    papers = as_before(ctx, issuer, fresh)
    return batch_of(ctx, papers, MerkleTree(paper.leaf.hash() for paper in papers), act_id)


def as_before(ctx: Services, issuer: str, papers: Sequence["Paper"]) -> list["Paper"]:
    """The papers; in the place of one that `issuer` (0x…) asked for before, to the letter, and that came to
    nothing, that one: under its secret it has the leaf that a signer may have signed under the number, and
    signs no other."""
    with ctx.store.read() as conn:
        rows = certificates.come_to_nothing(conn, issuer, [each.number for each in papers])
    before: dict[str, list[CertificateRow]] = defaultdict(list)
    for row in rows:
        before[row.number].append(row)
    return [_again(ctx, each, before[each.number]) if each.number in before else each for each in papers]


def _again(ctx: Services, fresh: "Paper", before: Sequence[CertificateRow]) -> "Paper":
    document = orjson.loads(fresh.plain)["document"]
    for row in before:
        old = paper(ctx, row)
        if old is not None and old["document"] == document:
            return replace(Paper.of(ctx.vault, document, from_hex(old["secret"], 32)), id=row.id)
    return fresh


def batch_of(ctx: Services, papers: Sequence["Paper"], tree: MerkleTree, act_id: str) -> Batch:
    """The batch of `papers`, all of one issuer and scheme, over whose leaves `tree` stands."""
    batch = to_hex(papers[0].leaf.batch_id(tree.root))
    root, now = to_hex(tree.root), ctx.now()
    rows = tuple(_row(ctx, paper, tree, root, batch, act_id, now) for paper in papers)
    links = tuple((paper.id, kind, value) for paper in papers for kind, value in paper.links)
    key = search_key(ctx)
    entries = tuple(_entry(key, row, paper) for row, paper in zip(rows, papers, strict=True))
    return Batch(papers[0].scheme, tree, tuple(paper.leaf for paper in papers), rows, links, entries)


def keep(conn: Connection, batch: Batch) -> None:
    """Record the batch's certificates. Raises Conflict `NUMBER_TAKEN` with the numbers that live ones
    hold.
    """
    again = certificates.present(conn, [row.id for row in batch.rows])
    taken = certificates.add_many(conn, batch.rows, batch.links, again)
    if taken:
        shown = ", ".join(taken[:5]) + (" and others" if len(taken) > 5 else "")
        raise Conflict("NUMBER_TAKEN", f"Already used by this issuer: {shown}.", numbers=taken[:100])
    search_index.add(conn, [entry for entry in batch.entries if entry.certificate_id not in again])
    search_index.ask_again(conn, [entry for entry in batch.entries if entry.certificate_id in again])


def paper(ctx: Services, row: CertificateRow) -> dict[str, Any] | None:
    """`{"document", "secret"}` of a certificate, opened; None once erased."""
    return None if row.sealed is None else opened(ctx, row.id, row.sealed)


def opened(ctx: Services, certificate_id: str, sealed: bytes) -> dict[str, Any]:
    """The same of what was sealed for the certificate with this id."""
    found: dict[str, Any] = orjson.loads(ctx.vault.open(sealed, f"certificates/{certificate_id}"))
    return found


def _check(document: Any, index: int, issuer: str) -> None:
    try:
        admit(document)
        named = to_hex(organisation_id(document["issuer"]["identifier"]))
    except BadInput as refused:
        detail = f"Document {index + 1}: {refused.detail}"
        raise Unprocessable(refused.reason, detail, **{**refused.context, "index": index}) from None
    if named != issuer:
        raise Unprocessable("ISSUER_DIFFERS", index=index, identifier=document["issuer"]["identifier"])


def _check_numbers(documents: list[Any]) -> None:
    seen: set[str] = set()
    for index, document in enumerate(documents):
        if document["number"] in seen:
            raise Unprocessable("NUMBER_TWICE", index=index, number=document["number"])
        seen.add(document["number"])


def _row(
    ctx: Services, paper: "Paper", tree: MerkleTree, root: str, batch: str, act_id: str, now: int
) -> CertificateRow:
    leaf, leaf_hash = paper.leaf, paper.leaf.hash()
    return CertificateRow(
        id=paper.id,
        number=paper.number,
        issuer=to_hex(leaf.issuer),
        scheme=paper.scheme,
        territory=paper.territory,
        destination=territory_code(leaf.destination),
        digest=to_hex(leaf.digest),
        leaf=to_hex(leaf_hash),
        leaf_fields=leaf.to_json(),
        root=root,
        batch=batch,
        proof=[to_hex(node) for node in tree.proof(leaf_hash)],
        act_id=act_id,
        sealed=ctx.vault.seal(paper.plain, f"certificates/{paper.id}"),
        created_at=now,
    )


def _entry(key: bytes, row: CertificateRow, paper: "Paper") -> Entry:
    named = [value for kind, value in paper.links if kind == "organisation"]
    return entry(key, row, orjson.loads(paper.plain)["document"], named)


def names_of(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(role, name) of the parties that a certificate is found by; only keyed hashes of them are kept."""
    for role in _PARTIES:
        party = document.get(role)
        if isinstance(party, dict) and (name := party.get("name")):
            yield role, name


def _links(vault: Vault, document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for role, name in names_of(document):
        yield role, vault.blind("name", name)
    for role in _PARTIES:
        party = document.get(role)
        if party is None:
            continue
        if identifier := party.get("identifier"):
            yield "organisation", to_hex(organisation_id(identifier))
    if consignment := document.get("consignment"):
        yield "consignment", consignment
    for container in document.get("containers", ()):
        yield "container", container
