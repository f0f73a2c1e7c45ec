"""What a signer is shown, so that it can rebuild what it signs (docs/signer.md lists it by kind).

An act keeps references only; documents and secrets are opened here, when its own organisation asks. Members
of an act's `evidence`: `documents` (the certificates it issues), `subject` (the certificate it is about),
`claim` (show the claim secret), `plain` (shown as it stands). Kinds that need more register a builder in
`BUILDERS`.
"""

from collections.abc import Callable
from typing import Any, Final

import orjson

from ledger_app.errors import Conflict, NotFound
from ledger_app.proof.bundle import parse_bundle
from ledger_app.proof.hexes import to_hex
from ledger_app.services.acts import private_of
from ledger_app.services.batches import paper
from ledger_app.services.claims import claim_secret
from ledger_app.services.context import Services
from ledger_app.store import certificates
from ledger_app.store.acts import Act
from ledger_app.store.certificates import CertificateRow

Builder = Callable[[Services, Act], dict[str, Any]]

BUILDERS: Final[dict[str, Builder]] = {}
"""More evidence by kind of act, added to what is built here (cargo adds `Anchor`)."""


def evidence_for(ctx: Services, act: Act) -> dict[str, Any]:
    """The evidence of `act`, in the clear: only for the organisation that is to sign it. To be written by
    orjson: `documents` are pieces of JSON."""
    shown: dict[str, Any] = {**act.evidence.get("plain", {}), **private_of(ctx, act)}
    if act.evidence.get("documents"):
        with ctx.store.read() as conn:
            sealed = certificates.sealed_of_act(conn, act.id)
        shown["documents"] = [_as_kept(ctx, *each) for each in sealed]
    if "subject" in act.evidence:
        shown["subject"] = _subject(ctx, act.evidence["subject"])
    if act.evidence.get("claim"):
        shown["claimSecret"] = to_hex(claim_secret(ctx, act.organisation))
    if builder := BUILDERS.get(act.kind):
        shown |= builder(ctx, act)
    return shown


def _as_kept(ctx: Services, certificate_id: str, sealed: bytes | None) -> orjson.Fragment:
    """A paper as it was sealed: JSON, which a large batch need not be read into and written from again."""
    if sealed is None:
        raise Conflict("DOCUMENT_ERASED")
    return orjson.Fragment(ctx.vault.open(sealed, f"certificates/{certificate_id}"))


def _subject(ctx: Services, reference: dict[str, str]) -> dict[str, Any]:
    with ctx.store.read() as conn:
        if "certificate" in reference:
            row = certificates.by_id(conn, reference["certificate"])
            if row is None:
                raise NotFound("CERTIFICATE_UNKNOWN")
            return _paper(ctx, row)
        received = certificates.received_by_id(conn, reference["received"])
    if received is None:
        raise NotFound("CERTIFICATE_UNKNOWN")
    bundle = parse_bundle(ctx.vault.open(received.sealed, f"received/{received.id}")).to_json()
    kept = ("document", "secret", "disclosed", "commitments", "leaf")
    return {name: bundle[name] for name in kept if name in bundle}


def _paper(ctx: Services, row: CertificateRow) -> dict[str, Any]:
    opened = paper(ctx, row)
    if opened is None:
        raise Conflict("DOCUMENT_ERASED")
    return opened
