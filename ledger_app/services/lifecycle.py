"""Acts of the issuer on its own certificates: suspend, reinstate, revoke; and confirming a batch of a
disowned key.
"""

from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.domain.course import Deed
from ledger_app.domain.standing import act_reason_words
from ledger_app.errors import Conflict, NotFound
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import Leaf
from ledger_app.proof.typed_data import Confirm, Reinstate, Revoke, Suspend
from ledger_app.services.acts import Draft, Message, own_organisation, reason_number, record
from ledger_app.services.context import Once, Services
from ledger_app.services.lives import require
from ledger_app.services.locating import Located, Reference, intact, own_certificate, proof_of
from ledger_app.services.search.recording import forget
from ledger_app.store import applications, certificates


def suspend(
    ctx: Services, principal: Principal, reference: Reference, reason: int | str, once: Once
) -> dict[str, Any]:
    """Ask for the caller's signature to suspend its certificate. The epoch it signs is the ledger's at this
    moment.
    """
    found = own_certificate(ctx, principal, reference)
    number = reason_number("suspend", reason)
    epoch = ctx.gateway.standing(found.leaf.hash()).epoch
    message = Suspend(found.leaf.hash(), number, epoch, ctx.deadline())
    return _ask(ctx, principal, found, message, Deed("suspend", number), once)


def reinstate(ctx: Services, principal: Principal, reference: Reference, once: Once) -> dict[str, Any]:
    """Ask for the caller's signature to make its suspended certificate good again."""
    found = own_certificate(ctx, principal, reference)
    epoch = ctx.gateway.standing(found.leaf.hash()).epoch
    message = Reinstate(found.leaf.hash(), epoch, ctx.deadline())
    return _ask(ctx, principal, found, message, Deed("reinstate"), once)


def revoke(
    ctx: Services, principal: Principal, reference: Reference, reason: int | str, once: Once
) -> dict[str, Any]:
    """Ask for the caller's signature to revoke its certificate, for ever."""
    found = own_certificate(ctx, principal, reference)
    number = reason_number("revoke", reason)
    message = Revoke(found.leaf.hash(), number, ctx.deadline())
    return _ask(ctx, principal, found, message, Deed("revoke", number), once)


def confirm(ctx: Services, principal: Principal, batch: str, once: Once) -> dict[str, Any]:
    """Ask for the caller's signature that a batch, whose key was disowned, is its own.

    `batch` is the batch id (0x…) of a batch recorded here. Raises NotFound `BATCH_UNKNOWN_HERE`, and as
    `lives.require` where there is nothing to confirm.
    """
    if (earlier := once.answered(ctx.store)) is not None:
        return dict(earlier)
    organisation = own_organisation(principal)
    with ctx.store.read() as conn:
        row = certificates.first_of_batch(conn, batch)
    if row is None or row.issuer != organisation:
        raise NotFound("BATCH_UNKNOWN_HERE")
    with intact(row):
        leaf = Leaf.from_json(row.leaf_fields)
    # By its leaf alone, of which all in the batch share the fate: its document may have been erased.
    require(ctx, principal, Located(leaf, proof_of(row), None, None, None, row, None), Deed("confirm"))
    draft = Draft(
        desk=organisation,
        message=Confirm(from_hex(batch, 32), ctx.deadline()),
        summary=f"Confirm the batch of certificate {row.number} under {row.scheme}",
        subject=batch,
        call={"issuer": row.issuer, "scheme": to_hex(leaf.scheme), "root": row.root},
        evidence={"plain": {"scheme": row.scheme, "root": row.root}},
    )
    answer: dict[str, Any] = once.run(ctx.store, lambda conn: {"act": record(ctx, conn, draft)})
    return answer


def erase(ctx: Services, principal: Principal, certificate_id: str) -> None:
    """Destroy the document and secret of the caller's own certificate, what it could be found by, and what
    the application for it says, its files included.

    What others hold of it is theirs. Raises NotFound `CERTIFICATE_UNKNOWN`; Conflict `ACT_PENDING` while its
    issuing act still waits for a signature, which needs the document.
    """
    with ctx.store.begin() as conn:
        row = certificates.by_id(conn, certificate_id)
        if row is None or row.issuer != own_organisation(principal):
            raise NotFound("CERTIFICATE_UNKNOWN")
        if row.state == "needs-signature":
            raise Conflict("ACT_PENDING")
        certificates.erase(conn, certificate_id)
        if (case := applications.of_certificate(conn, certificate_id)) is not None:
            applications.erase(conn, case.id)
        forget(ctx, conn, row)


def _ask(
    ctx: Services, principal: Principal, found: Located, message: Message, deed: Deed, once: Once
) -> dict[str, Any]:
    if (earlier := once.answered(ctx.store)) is not None:
        return dict(earlier)
    require(ctx, principal, found, deed)
    reason = act_reason_words(deed.act, deed.reason) if deed.reason else ""
    draft = Draft(
        desk=own_organisation(principal),
        message=message,
        summary=f"{deed.act.capitalize()} {found.name}" + (f" ({reason.rstrip('.')})" if reason else ""),
        subject=to_hex(found.leaf.hash()),
        call=found.call(),
        evidence={"subject": found.evidence},
    )

    def effect(conn: Any) -> dict[str, Any]:
        found.keep(ctx, conn, principal)
        return {"act": record(ctx, conn, draft)}

    answer: dict[str, Any] = once.run(ctx.store, effect)
    return answer
