"""Finding the certificate that an act is about: by what this installation holds, or by a bundle that the
caller brings.

Nothing found here is believed: the leaf is rebuilt from the document (or from the disclosed fields), and the
contracts recompute the batch from the leaf.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.domain.terms import scheme_code
from ledger_app.domain.words import printable
from ledger_app.errors import (
    BadInput,
    Broken,
    CheckFailed,
    Conflict,
    LedgerError,
    NotFound,
    NotPermitted,
    Unprocessable,
)
from ledger_app.proof.bundle import Bundle, Registered, bundle_from_json, parse_bundle
from ledger_app.proof.canonical import JsonObject
from ledger_app.proof.comparison import compare_shown
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import NO_ITEMS, Leaf, leaf_for
from ledger_app.proof.merkle import process_proof
from ledger_app.services.acts import own_organisation
from ledger_app.services.batches import paper
from ledger_app.services.context import Services
from ledger_app.services.names import id_of
from ledger_app.services.recipients.noting import brought
from ledger_app.services.visibility import may_see, visible
from ledger_app.store import certificates
from ledger_app.store.acts import DEAD
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id
from ledger_app.store.recipients import Paper


@dataclass(frozen=True, slots=True)
class Reference:
    """How a caller names a certificate: exactly one of id, number (with the issuer's identifier if several
    use it), digest, leaf or bundle. Hashes are 0x… text; `bundle` is its JSON object."""

    id: str | None = None
    number: str | None = None
    issuer: str | None = None
    digest: str | None = None
    leaf: str | None = None
    bundle: JsonObject | None = None

    def __post_init__(self) -> None:
        given = [self.id, self.number, self.digest, self.leaf, self.bundle]
        if sum(value is not None for value in given) != 1:
            raise BadInput("REFERENCE_UNCLEAR")


@dataclass(frozen=True, slots=True)
class Located:
    """A certificate as it was found. `document` and `secret` are None when only disclosed fields are at
    hand.
    """

    leaf: Leaf
    proof: tuple[bytes, ...]
    document: JsonObject | None
    secret: bytes | None
    bundle: Bundle | None
    row: CertificateRow | None
    received_id: str | None

    @property
    def leaf_hex(self) -> str:
        """The leaf hash as 0x… text."""
        return to_hex(self.leaf.hash())

    @property
    def known(self) -> JsonObject:
        """What is known of its document: all of it, its number, or nothing."""
        if self.document is not None:
            return self.document
        return {"number": self.row.number} if self.row else {}

    @property
    def name(self) -> str:
        """Its number if known, else its digest, for summaries."""
        number = self.known.get("number")
        if not number:
            return f"certificate {to_hex(self.leaf.digest)[:18]}…"
        return f"certificate {printable(number, 60)}"  # whoever brought the bundle wrote it

    @property
    def evidence(self) -> dict[str, str]:
        """Where the signing request finds the paper again."""
        if self.row is not None:
            return {"certificate": self.row.id}
        return {"received": self.received_id or ""}

    def as_paper(self) -> Paper:
        """What is kept of it when its bundle was brought from elsewhere."""
        number = (self.document or {}).get("number")
        fits = isinstance(number, str) and 0 < len(number) <= 128 and number.isprintable()
        root = process_proof(self.leaf.hash(), self.proof)
        return Paper(
            leaf=self.leaf_hex,
            digest=to_hex(self.leaf.digest),
            issuer=to_hex(self.leaf.issuer),
            batch=to_hex(self.leaf.batch_id(root)),
            number=str(number) if fits else None,
            allowance=self.leaf.allowance,
            valid_until=self.leaf.valid_until or None,
        )

    def call(self) -> dict[str, Any]:
        """The leaf's preimage and proof, as the contract takes them."""
        return {"leaf": self.leaf.to_json(), "proof": [to_hex(node) for node in self.proof]}

    def keep(self, ctx: Services, conn: Connection, principal: Principal) -> None:
        """Keep a bundle that the caller brought, in the transaction that records the act on it."""
        if self.bundle is None or self.received_id is None:
            return
        organisation = own_organisation(principal)
        brought(ctx, conn, organisation, self.as_paper())
        certificates.keep_received(
            conn,
            bundle_id=self.received_id,
            organisation=organisation,
            digest=to_hex(self.leaf.digest),
            leaf=self.leaf_hex,
            sealed=ctx.vault.seal(self.bundle.serialise(), f"received/{self.received_id}"),
        )


def locate(ctx: Services, principal: Principal, reference: Reference) -> Located:
    """The certificate that `reference` names, among those the caller may see or the bundle it brings.

    Raises NotFound `CERTIFICATE_UNKNOWN`; Conflict `CERTIFICATE_NEVER_ISSUED` where its issue came to
    nothing, `NUMBER_AMBIGUOUS` (with `issuers`), `DOCUMENT_ERASED`; Unprocessable `BUNDLE_DIFFERS` for a
    bundle whose document does not lead to its leaf.
    """
    if reference.bundle is not None:
        return from_bundle(bundle_from_json(reference.bundle))
    with ctx.store.read() as conn:
        rows = visible(conn, principal, _candidates(conn, reference))
        if not rows and principal.organisation is not None:
            received = certificates.received(
                conn, principal.organisation, leaf=reference.leaf, digest=reference.digest
            )
            if (reference.leaf or reference.digest) and received is not None:
                sealed = ctx.vault.open(received.sealed, f"received/{received.id}")
                return from_bundle(parse_bundle(sealed))
    if not rows:
        raise NotFound("CERTIFICATE_UNKNOWN")
    rows = [row for row in rows if row.state not in DEAD]
    if not rows:
        raise Conflict("CERTIFICATE_NEVER_ISSUED")
    if len(rows) > 1:
        raise Conflict("NUMBER_AMBIGUOUS", issuers=sorted({row.issuer for row in rows}))
    return from_row(ctx, rows[0])


def own_certificate(ctx: Services, principal: Principal, reference: Reference) -> Located:
    """The same for acts of the issuer: raises NotPermitted `OTHER_ISSUER` for a certificate of somebody
    else.
    """
    found = locate(ctx, principal, reference)
    if to_hex(found.leaf.issuer) != own_organisation(principal):
        raise NotPermitted("OTHER_ISSUER")
    return found


def own_original(ctx: Services, principal: Principal, reference: Reference) -> Located:
    """The same for acts that issue successors, by this service's own paper where the bundle shows a part.

    Raises Unprocessable `DOCUMENT_NEEDED` where there is none, and the items of the original are hidden.
    """
    found = own_certificate(ctx, principal, reference)
    if found.document is not None:
        return found
    with ctx.store.read() as conn:
        row = certificates.by_leaf(conn, found.leaf_hex)
    if row is not None and row.sealed is not None and row.state not in DEAD:
        return from_row(ctx, row)
    if found.leaf.items_root != NO_ITEMS:
        raise Unprocessable("DOCUMENT_NEEDED")
    return found


def of_evidence(ctx: Services, evidence: Mapping[str, str]) -> Located:
    """The certificate that an act is about, by its `Located.evidence`. Raises NotFound `CERTIFICATE_UNKNOWN`
    where it is no longer here."""
    with ctx.store.read() as conn:
        if "certificate" in evidence:
            row = certificates.by_id(conn, evidence["certificate"])
            if row is not None:
                return from_row(ctx, row)
        elif (received := certificates.received_by_id(conn, evidence["received"])) is not None:
            return from_bundle(parse_bundle(ctx.vault.open(received.sealed, f"received/{received.id}")))
    raise NotFound("CERTIFICATE_UNKNOWN")


def visible_row(ctx: Services, principal: Principal, certificate_id: str) -> CertificateRow:
    """The row with this id. Raises NotFound `CERTIFICATE_UNKNOWN` for one that is not the caller's to see."""
    with ctx.store.read() as conn:
        row = certificates.by_id(conn, certificate_id)
        if row is None or not may_see(conn, principal, row):
            raise NotFound("CERTIFICATE_UNKNOWN")
    return row


def from_row(ctx: Services, row: CertificateRow) -> Located:
    """A certificate of this installation, its leaf rebuilt from the sealed document. Raises Conflict
    `DOCUMENT_ERASED`, Broken `RECORD_DAMAGED` when the row and the document do not belong together."""
    with intact(row):
        opened = paper(ctx, row)
        if opened is None:
            raise Conflict("DOCUMENT_ERASED")
        document, secret = opened["document"], from_hex(opened["secret"], 32)
        leaf = leaf_for(document, secret)
    if to_hex(leaf.hash()) != row.leaf:
        raise Broken("RECORD_DAMAGED", certificate=row.id)
    return Located(leaf, proof_of(row), document, secret, None, row, None)


def proof_of(row: CertificateRow) -> tuple[bytes, ...]:
    """The nodes from the row's leaf to its root. Raises Broken `RECORD_DAMAGED` when they are none."""
    with intact(row):
        return tuple(from_hex(node, 32) for node in row.proof)


@contextmanager
def intact(row: CertificateRow) -> Iterator[None]:
    """Raises Broken `RECORD_DAMAGED` for what the row holds of another shape than was stored."""
    try:
        yield
    except (BadInput, KeyError, TypeError, ValueError) as bad:
        raise Broken("RECORD_DAMAGED", certificate=row.id) from bad


def from_bundle(bundle: Bundle) -> Located:
    """A certificate from a bundle, checked within itself: whether it is registered is the ledger's to say."""
    if bundle.document is not None and bundle.secret is not None:
        try:
            rebuilt = leaf_for(bundle.document, bundle.secret)
        except LedgerError as bad:
            raise Unprocessable("BUNDLE_DIFFERS", bad.detail) from None
        if rebuilt != bundle.leaf:
            raise Unprocessable("BUNDLE_DIFFERS")
        document: JsonObject | None = bundle.document
    else:
        document = None
        shown = bundle.disclosure.verify() if bundle.disclosure is not None else None
        if shown is None or shown.digest != bundle.leaf.digest:
            raise Unprocessable("BUNDLE_DIFFERS")
        try:
            compare_shown(bundle.leaf, shown)
        except CheckFailed as differs:
            raise Unprocessable("BUNDLE_DIFFERS", differs.detail) from None
    return Located(bundle.leaf, bundle.proof, document, bundle.secret, bundle, None, new_id())


def bundle_of(ctx: Services, located: Located, transaction: str | None = None) -> Bundle:
    """The full bundle of a located certificate, registered on the pinned ledger."""
    if located.bundle is not None:
        return located.bundle
    pin = ctx.pin
    registered = Registered(
        chain_id=pin.chain_id,
        genesis=from_hex(pin.genesis, 32),
        registry=pin.registry.lower(),
        transaction=from_hex(transaction, 32) if transaction else None,
    )
    return Bundle(located.leaf, located.proof, registered, document=located.document, secret=located.secret)


def describe(leaf: Leaf) -> dict[str, Any]:
    """What a leaf says by itself, for reports about certificates whose document is not at hand."""
    return {"digest": to_hex(leaf.digest), "leaf": to_hex(leaf.hash()), "scheme": scheme_code(leaf.scheme)}


def _candidates(conn: Connection, reference: Reference) -> list[CertificateRow]:
    if reference.number is not None:
        rows = certificates.by_number(conn, reference.number)
        if reference.issuer is not None:
            issuer = id_of(reference.issuer)
            rows = [row for row in rows if row.issuer == issuer]
        return rows
    if reference.id is not None:
        row = certificates.by_id(conn, reference.id)
    elif reference.digest is not None:
        row = certificates.by_digest(conn, reference.digest)
    else:
        row = certificates.by_leaf(conn, reference.leaf or "")
    return [] if row is None else [row]
