"""Reading certificates: lists, one in full, and the bundle to pass on."""

from dataclasses import replace
from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.domain.standing import Status
from ledger_app.domain.terms import day_date
from ledger_app.errors import Conflict
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.commitments import disclose
from ledger_app.services import sight, uses
from ledger_app.services.batches import paper
from ledger_app.services.checkpoints import with_evidence
from ledger_app.services.context import Services
from ledger_app.services.lineage import relatives
from ledger_app.services.locating import bundle_of, from_row, intact, visible_row
from ledger_app.services.recipients.noting import fetched
from ledger_app.services.standing import standing_word
from ledger_app.store import acts, certificates, members, standings
from ledger_app.store.certificates import CertificateRow

_LEAF_MEMBERS: Final = ("scheme", "destination", "issueDate", "validFrom", "validUntil", "issuanceBasis")


def show(ctx: Services, principal: Principal, certificate_id: str) -> dict[str, Any]:
    """One certificate with its document and its acts. Raises NotFound `CERTIFICATE_UNKNOWN`."""
    row = visible_row(ctx, principal, certificate_id)
    opened = paper(ctx, row)
    with ctx.store.read() as conn:
        names = members.names(conn, [row.issuer])
        seen = standings.of_leaves(conn, [row.leaf]).get(row.leaf)
        issuing = acts.get(conn, row.act_id)
        later = acts.listed(conn, desks=principal.desks, subject=row.leaf, limit=100)
        links = certificates.links_of(conn, row.id)
        disowned = standings.disowned(conn, row.batch)
        related = relatives(conn, principal, row.leaf)
        used = uses.of_certificate(ctx, conn, principal, row.leaf, opened["document"] if opened else None)
    told = brief(row, names, seen)
    return {
        **told,
        "standing": standing_word(told, ctx.clock().date(), disowned=disowned),
        "document": opened["document"] if opened else None,
        "erased": opened is None,
        "links": [
            {"kind": kind, "value": value} for kind, value in links if kind in ("consignment", "container")
        ],
        "transaction": issuing.tx_hash if issuing else None,
        "block": issuing.block_number if issuing else None,
        **sight.of_certificate(ctx, principal, row, opened["document"] if opened else None),
        **related,
        **used,
        "acts": [
            {"id": act.id, "kind": act.kind, "state": act.state, "summary": act.summary} for act in later
        ],
    }


def bundle(
    ctx: Services,
    principal: Principal,
    certificate_id: str,
    pointers: list[str] | None = None,
    evidence: bool | None = None,
) -> bytes:
    """The bundle file of a certificate: in full, or with only the fields at `pointers` disclosed; with
    evidence where there is a checkpoint (`evidence` True: or NotFound `CHECKPOINT_NONE`,
    `CHECKPOINT_TOO_OLD`; False: without).

    Raises NotFound `CERTIFICATE_UNKNOWN`; Conflict `DOCUMENT_ERASED`; Conflict `NOT_REGISTERED_YET` until its
    issuing act is on the ledger; BadInput `POINTER_UNKNOWN`.
    """
    row = visible_row(ctx, principal, certificate_id)
    if row.state not in acts.DONE:
        raise Conflict("NOT_REGISTERED_YET", f"Its issuing act is {row.state}.", state=row.state)
    with ctx.store.read() as conn:
        issuing = acts.get(conn, row.act_id)
    whole = bundle_of(ctx, from_row(ctx, row), issuing.tx_hash if issuing else None)
    if evidence is not False:
        whole = replace(whole, evidence=with_evidence(ctx, whole, wanted=evidence is True))
    part = shown_part(whole, pointers).serialise()
    fetched(ctx, principal, row)
    return part


def shown_part(whole: Bundle, pointers: list[str] | None) -> Bundle:
    """The bundle with only `pointers` disclosed, and what the leaf repeats; itself when there are none."""
    if not pointers or whole.document is None or whole.secret is None:
        return whole
    part = disclose(whole.document, whole.secret, [*pointers, *_repeated(whole.document)])
    return Bundle(whole.leaf, whole.proof, whole.registered, disclosure=part, evidence=whole.evidence)


def _repeated(document: dict[str, Any]) -> list[str]:
    """Pointers of what the leaf repeats of the document: public anyway, and no verification without it."""
    found = [f"/{name}" for name in _LEAF_MEMBERS if name in document]
    return [*found, "/issuer/identifier"]


def brief(row: CertificateRow, names: dict[str, str], seen: dict[str, Any] | None) -> dict[str, Any]:
    """A certificate in a list. `status` and `used` are what the index saw on the ledger last."""
    with intact(row):
        allowance = row.leaf_fields["allowance"]
        first, last = _day(row.leaf_fields["validFrom"]), _day(row.leaf_fields["validUntil"])
    return {
        "id": row.id,
        "number": row.number,
        "issuer": {"id": row.issuer, "name": names.get(row.issuer)},
        "scheme": row.scheme,
        "territory": row.territory,
        "destination": row.destination,
        "digest": row.digest,
        "leaf": row.leaf,
        "batch": row.batch,
        "state": row.state,
        "act": row.act_id,
        "status": Status(seen["status"]).name.lower() if seen else "good",
        "used": seen["used"] if seen else 0,
        "allowance": allowance,
        "validFrom": first,
        "validUntil": last,
        "createdAt": row.created_at,
    }


def _day(number: int) -> str | None:
    day = day_date(number)
    return day.isoformat() if day else None
