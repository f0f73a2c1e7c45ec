"""From documents to a batch: secrets, digests, leaves, the tree, and the rows that will hold them.

Everything here happens before the write transaction, so that a large batch keeps no other writer waiting.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from ledger_app.domain.certificate import admit
from ledger_app.domain.terms import organisation_id, territory_code
from ledger_app.errors import BadInput, Conflict, TooLarge, Unprocessable
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.leaf import Leaf, leaf_for
from ledger_app.proof.merkle import MerkleTree
from ledger_app.services.context import Services
from ledger_app.store import certificates
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id

_PARTIES: Final = ("exporter", "producer", "consignee", "importer", "agent")


@dataclass(frozen=True, slots=True)
class Batch:
    """A prepared batch: `leaves[i]`, `rows[i]` belong to document i as given."""

    scheme: str
    tree: MerkleTree
    leaves: tuple[Leaf, ...]
    rows: tuple[CertificateRow, ...]
    links: tuple[tuple[str, str, str], ...]

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
    and `findings`), `ISSUER_DIFFERS`, `SCHEMES_DIFFER` or `NUMBER_TWICE`.
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
    keys = [secrets.token_bytes(32) for _ in documents]
    leaves = tuple(leaf_for(document, secret) for document, secret in zip(documents, keys, strict=True))
    tree = MerkleTree(leaf.hash() for leaf in leaves)
    rows: list[CertificateRow] = []
    links: list[tuple[str, str, str]] = []
    batch = to_hex(leaves[0].batch_id(tree.root))
    for document, secret, leaf in zip(documents, keys, leaves, strict=True):
        row = _row(ctx, document, secret, leaf, tree, batch, act_id)
        rows.append(row)
        links.extend((row.id, kind, value) for kind, value in _links(ctx, document))
    return Batch(scheme, tree, leaves, tuple(rows), tuple(links))


def keep(conn: Connection, batch: Batch) -> None:
    """Record the batch's certificates. Raises Conflict `NUMBER_TAKEN` with the numbers that live ones
    hold.
    """
    taken = certificates.add_many(conn, batch.rows, batch.links)
    if taken:
        shown = ", ".join(taken[:5]) + (" and others" if len(taken) > 5 else "")
        raise Conflict("NUMBER_TAKEN", f"Already used by this issuer: {shown}.", numbers=taken[:100])


def paper(ctx: Services, row: CertificateRow) -> dict[str, Any] | None:
    """`{"document", "secret"}` of a certificate, opened; None once erased."""
    if row.sealed is None:
        return None
    opened: dict[str, Any] = orjson.loads(ctx.vault.open(row.sealed, f"certificates/{row.id}"))
    return opened


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
    ctx: Services,
    document: dict[str, Any],
    secret: bytes,
    leaf: Leaf,
    tree: MerkleTree,
    batch: str,
    act_id: str,
) -> CertificateRow:
    certificate_id = new_id()
    leaf_hash = leaf.hash()
    plain = orjson.dumps({"document": document, "secret": to_hex(secret)})
    return CertificateRow(
        id=certificate_id,
        number=document["number"],
        issuer=to_hex(leaf.issuer),
        scheme=document["scheme"],
        territory=document["issuer"]["territory"],
        destination=territory_code(leaf.destination),
        digest=to_hex(leaf.digest),
        leaf=to_hex(leaf_hash),
        leaf_fields=leaf.to_json(),
        root=to_hex(tree.root),
        batch=batch,
        proof=[to_hex(node) for node in tree.proof(leaf_hash)],
        act_id=act_id,
        sealed=ctx.vault.seal(plain, f"certificates/{certificate_id}"),
        created_at=ctx.now(),
    )


def names_of(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(role, name) of the parties that a certificate is found by; only keyed hashes of them are kept."""
    for role in _PARTIES:
        party = document.get(role)
        if isinstance(party, dict) and (name := party.get("name")):
            yield role, name


def _links(ctx: Services, document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for role, name in names_of(document):
        yield role, ctx.vault.blind("name", name)
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
