"""Issuing certificates, one or many at a time; and the two acts that issue out of another: supersede and
consume.
"""

from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.domain.course import TRUE_COPY, Deed, Successor
from ledger_app.domain.successors import require_back_to_back, require_replacements
from ledger_app.domain.terms import scheme_id
from ledger_app.errors import BadInput, Conflict, TooLarge, Unprocessable
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import NO_ITEMS
from ledger_app.proof.typed_data import Consume, Issue, Supersede
from ledger_app.services import batches, numbering
from ledger_app.services.acts import Draft, own_organisation, reason_number, record
from ledger_app.services.batches import Batch
from ledger_app.services.context import Once, Services
from ledger_app.services.lives import require, successors
from ledger_app.services.locating import Reference, locate, of_evidence, own_original
from ledger_app.services.originals import require_elsewhere
from ledger_app.services.search.terms import search_key
from ledger_app.services.units import choose_units
from ledger_app.store import certificates
from ledger_app.store.acts import Act
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id

MAX_SUCCESSORS = 100
MAX_UNNUMBERED: Final = 1000
"""Preparing so many takes about a second, in which no other writer writes."""


def issue(ctx: Services, principal: Principal, documents: list[Any], once: Once) -> dict[str, Any]:
    """Record `documents` as certificates of the caller and ask for its signature: one batch, one act, one
    signature.

    Those without a number get the next ones of the caller's ranges. Gives `{"act", "batch", "certificates":
    [{"id", "number", "digest", "leaf", "state"}]}`. Raises as `batches.prepare` and `numbering.take_numbers`,
    Conflict `NUMBER_TAKEN`, `ORIGINAL_HERE`, TooLarge `NUMBERS_MANY`, `ISSUE_NEEDS_APPROVAL`.
    """
    if (earlier := once.answered(ctx.store)) is not None:
        return _answer(earlier)
    issuer = own_organisation(principal)
    if len(documents) > (most := ctx.settings.import_approval_above):
        # An import of so many waits for a second person: this must not be the way around.
        raise TooLarge("ISSUE_NEEDS_APPROVAL", f"One person issues at most {most} certificates at once.")
    unnumbered = sum(numbering.lacks_number(document) for document in documents)
    if unnumbered > MAX_UNNUMBERED:
        raise TooLarge("NUMBERS_MANY", f"At most {MAX_UNNUMBERED} certificates without a number at once.")
    if unnumbered:
        # A number is part of what is committed: taking it and preparing the batch are one transaction.
        make_ready(ctx)
        return _answer(
            once.run(
                ctx.store,
                lambda conn: ask(ctx, conn, issuer, numbering.all_numbered(conn, issuer, documents)),
            )
        )
    act_id = new_id()
    batch = _by_themselves(ctx, issuer, documents, act_id)
    draft = draft_of(ctx, issuer, batch, act_id)
    return _answer(once.run(ctx.store, lambda conn: _kept(ctx, conn, draft, batch)))


def make_ready(ctx: Services) -> None:
    """Make what preparing a batch needs, once; `ask` could not within a write transaction."""
    search_key(ctx)


def ask(ctx: Services, conn: Connection, issuer: str, documents: list[Any]) -> dict[str, Any]:
    """The same for few numbered `documents` of `issuer` (0x…), within the caller's write transaction, before
    which `make_ready` was called."""
    act_id = new_id()
    batch = _by_themselves(ctx, issuer, documents, act_id)
    return _kept(ctx, conn, draft_of(ctx, issuer, batch, act_id), batch)


def draft_of(ctx: Services, issuer: str, batch: Batch, act_id: str) -> Draft:
    """The act that issues `batch`."""
    return Draft(
        id=act_id,
        desk=issuer,
        message=Issue(
            issuer=from_hex(issuer, 32),
            scheme=scheme_id(batch.scheme),
            root=batch.root,
            count=len(batch.leaves),
            deadline=ctx.deadline(),
        ),
        summary=f"Issue {_counted(batch)} under {batch.scheme}",
        subject=to_hex(batch.id),
        evidence={"documents": True},
    )


def supersede(
    ctx: Services,
    principal: Principal,
    reference: Reference,
    documents: list[Any],
    reason: int | str,
    once: Once,
) -> dict[str, Any]:
    """Replace a certificate of the caller by `documents`, which together allow at most what is left of it."""
    if (earlier := once.answered(ctx.store)) is not None:
        return _answer(earlier)
    issuer = own_organisation(principal)
    original = own_original(ctx, principal, reference)
    number = reason_number("supersede", reason)
    true_copy, whole = number == TRUE_COPY, original.document is not None
    if true_copy and not whole:
        raise Unprocessable("DOCUMENT_NEEDED", "A true copy is compared with all that its original says.")
    known, digest = original.known, to_hex(original.leaf.digest)
    require_replacements(documents, known, digest, true_copy=true_copy, whole=whole)
    if parts := _parts(documents):
        require(ctx, principal, original, Deed("supersede", number, successors=parts))
    make_ready(ctx)

    def effect(conn: Connection) -> dict[str, Any]:
        act_id = new_id()
        batch = _successors(ctx, conn, issuer, documents, act_id)
        draft = Draft(
            id=act_id,
            desk=issuer,
            message=Supersede(
                leaf=original.leaf.hash(),
                scheme=scheme_id(batch.scheme),
                root=batch.root,
                count=len(batch.leaves),
                successors=tuple(leaf.hash() for leaf in batch.leaves),
                reason=number,
                deadline=ctx.deadline(),
            ),
            summary=f"Replace {original.name} by {_counted(batch)}",
            subject=original.leaf_hex,
            call={**original.call(), "successors": batch.shown()},
            evidence={"documents": True, "subject": original.evidence},
        )
        original.keep(ctx, conn, principal)
        return _kept(ctx, conn, draft, batch)

    return _answer(once.run(ctx.store, effect))


def hold_again(ctx: Services, principal: Principal, act: Act) -> None:
    """Hold a supersession that was signed against the ledger as it is now: what customs has used of an item
    since it was asked for, the contract does not hold against the successors. Raises as `lives.require`."""
    original = of_evidence(ctx, act.evidence["subject"])
    if original.leaf.items_root == NO_ITEMS:
        return  # then the contract holds all of it, as of the very block
    with ctx.store.read() as conn:
        rows = certificates.by_act(conn, act.id)
    documents = [opened["document"] for row in rows if (opened := batches.paper(ctx, row)) is not None]
    deed = Deed("supersede", act.message["reason"], successors=successors(documents))
    require(ctx, principal, original, deed)


def consume(
    ctx: Services,
    principal: Principal,
    reference: Reference,
    documents: list[Any],
    units: int | None,
    items: list[dict[str, int]] | None,
    once: Once,
) -> dict[str, Any]:
    """Back-to-back: use units of another issuer's certificate for `documents` of the caller (docs/protocol.md
    §7).
    """
    if (earlier := once.answered(ctx.store)) is not None:
        return _answer(earlier)
    issuer = own_organisation(principal)
    original = locate(ctx, principal, reference)
    if to_hex(original.leaf.issuer) == issuer:
        raise Conflict("OWN_CERTIFICATE")
    require_back_to_back(documents, original.known, to_hex(original.leaf.digest))
    use = choose_units(ctx, original, units, items)
    wanted = {item.item: item.units for item in use.signed}
    if parts := _parts(documents):
        deed = Deed("consume", units=use.units, items=wanted, successors=parts)
        require(ctx, principal, original, deed)
    make_ready(ctx)

    def effect(conn: Connection) -> dict[str, Any]:
        act_id = new_id()
        batch = _successors(ctx, conn, issuer, documents, act_id)
        if scheme_id(batch.scheme) != original.leaf.scheme:
            raise Unprocessable("SCHEMES_DIFFER", schemes=[batch.scheme])
        draft = Draft(
            id=act_id,
            desk=issuer,
            message=Consume(
                leaf=original.leaf.hash(),
                issuer=from_hex(issuer, 32),
                units=use.units,
                items=use.signed,
                root=batch.root,
                count=len(batch.leaves),
                successors=tuple(leaf.hash() for leaf in batch.leaves),
                deadline=ctx.deadline(),
            ),
            summary=f"Use {use.units} units of {original.name} for {_counted(batch)}",
            subject=original.leaf_hex,
            call={**original.call(), "items": use.shown, "successors": batch.shown()},
            evidence={"documents": True, "subject": original.evidence},
        )
        original.keep(ctx, conn, principal)
        return _kept(ctx, conn, draft, batch)

    return _answer(once.run(ctx.store, effect))


def _parts(documents: list[Any]) -> tuple[Successor, ...]:
    """Raises BadInput `BATCH_EMPTY`, `BATCH_TOO_LARGE`."""
    if not documents:
        raise BadInput("BATCH_EMPTY")
    if len(documents) > MAX_SUCCESSORS:
        raise BadInput("BATCH_TOO_LARGE", f"An original has at most {MAX_SUCCESSORS} successors at a time.")
    return successors(documents)


def _by_themselves(ctx: Services, issuer: str, documents: list[Any], act_id: str) -> Batch:
    batch = batches.prepare(ctx, issuer, documents, act_id)
    require_elsewhere(ctx, issuer, documents)
    return batch


def _successors(ctx: Services, conn: Connection, issuer: str, documents: list[Any], act_id: str) -> Batch:
    return batches.prepare(ctx, issuer, numbering.all_numbered(conn, issuer, documents), act_id)


def _kept(ctx: Services, conn: Connection, draft: Draft, batch: Batch) -> dict[str, Any]:
    batches.keep(conn, batch)
    return {
        "act": record(ctx, conn, draft),
        "batch": to_hex(batch.id),
        "certificates": batch.certificates_json(),
    }


def _answer(value: Any) -> dict[str, Any]:
    answer: dict[str, Any] = value
    return answer


def _counted(batch: Batch) -> str:
    if len(batch.rows) == 1:
        return f"certificate {batch.rows[0].number}"
    return f"{len(batch.rows)} certificates"
