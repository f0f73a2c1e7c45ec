"""Customs' acts on a certificate: use it up against an import claim, give that back, or refuse the claim."""

from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.domain.course import Deed
from ledger_app.domain.standing import act_reason_words
from ledger_app.domain.terms import day_date, day_number
from ledger_app.errors import BadInput
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.typed_data import Acquit, Refuse, Withdraw
from ledger_app.services.acts import Draft, own_organisation, reason_number, record
from ledger_app.services.claims import claim_id
from ledger_app.services.context import Once, Services
from ledger_app.services.lives import require
from ledger_app.services.locating import Located, Reference, locate
from ledger_app.services.units import choose_units
from ledger_app.store import acts
from ledger_app.store.engine import Connection

_MAX_DECLARATION = 200


def acquit(
    ctx: Services,
    principal: Principal,
    reference: Reference,
    declaration: str,
    units: int | None,
    items: list[dict[str, int]] | None,
    once: Once,
    presented: str | None = None,
) -> dict[str, Any]:
    """Ask for the caller's signature to use `units` (default: all that is left) against `declaration`.

    `presented`: the day by which validity is judged, that of the declaration; default today. Raises as
    `lives.require`.
    """
    if (earlier := once.answered(ctx.store)) is not None:
        return dict(earlier)
    customs = own_organisation(principal)
    found = locate(ctx, principal, reference)
    day = None if presented is None else day_date(day_number(presented))
    use = choose_units(ctx, found, units, items)
    draft = _draft(customs, found, declaration)
    draft.message = Acquit(
        leaf=found.leaf.hash(),
        customs=from_hex(customs, 32),
        claim=claim_id(ctx, customs, declaration),
        units=use.units,
        items=use.signed,
        deadline=ctx.deadline(),
    )
    draft.summary = f"Acquit {use.units} of {found.leaf.allowance} units of {found.name}"
    draft.call = {**found.call(), "items": use.shown}
    wanted = {item.item: item.units for item in use.signed}
    deed = Deed("acquit", claim=declaration, units=use.units, items=wanted)
    require(ctx, principal, found, deed, claim=draft.message.claim, presented=day)
    return _recorded(ctx, principal, found, draft, once)


def withdraw(
    ctx: Services, principal: Principal, reference: Reference, declaration: str, reason: int | str, once: Once
) -> dict[str, Any]:
    """Ask for the caller's signature to give back what it acquitted against `declaration`. Possible once."""
    if (earlier := once.answered(ctx.store)) is not None:
        return dict(earlier)
    customs = own_organisation(principal)
    found = locate(ctx, principal, reference)
    number = reason_number("withdraw", reason)
    draft = _draft(customs, found, declaration)
    claim = claim_id(ctx, customs, declaration)
    draft.message = Withdraw(found.leaf.hash(), from_hex(customs, 32), claim, number, ctx.deadline())
    draft.summary = f"Withdraw from {found.name} ({act_reason_words('withdraw', number).rstrip('.')})"
    draft.call = {"items": _acquitted_items(ctx, customs, found.leaf_hex, to_hex(claim))}
    require(ctx, principal, found, Deed("withdraw", number, claim=declaration), claim=claim)
    return _recorded(ctx, principal, found, draft, once)


def refuse(
    ctx: Services, principal: Principal, reference: Reference, declaration: str, reason: int | str, once: Once
) -> dict[str, Any]:
    """Ask for the caller's signature to refuse the claim of `declaration`. Changes no standing."""
    if (earlier := once.answered(ctx.store)) is not None:
        return dict(earlier)
    customs = own_organisation(principal)
    found = locate(ctx, principal, reference)
    number = reason_number("refuse", reason)
    draft = _draft(customs, found, declaration)
    claim = claim_id(ctx, customs, declaration)
    draft.message = Refuse(found.leaf.hash(), from_hex(customs, 32), claim, number, ctx.deadline())
    draft.summary = f"Refuse {found.name} ({act_reason_words('refuse', number).rstrip('.')})"
    draft.call = found.call()
    require(ctx, principal, found, Deed("refuse", number, claim=declaration), claim=claim)
    return _recorded(ctx, principal, found, draft, once)


def _draft(customs: str, found: Located, declaration: str) -> Draft:
    text = declaration.strip()
    if not 1 <= len(text) <= _MAX_DECLARATION:
        raise BadInput(
            "DECLARATION_INVALID", f"A declaration's reference has 1 to {_MAX_DECLARATION} characters."
        )
    return Draft(
        desk=customs,
        message=Withdraw(bytes(32), bytes(32), bytes(32), 0, 0),  # replaced by the caller
        summary="",
        subject=found.leaf_hex,
        evidence={"subject": found.evidence, "claim": True},
        private={"declaration": text},
    )


def _recorded(
    ctx: Services, principal: Principal, found: Located, draft: Draft, once: Once
) -> dict[str, Any]:
    def effect(conn: Connection) -> dict[str, Any]:
        found.keep(ctx, conn, principal)
        return {"act": record(ctx, conn, draft)}

    answer: dict[str, Any] = once.run(ctx.store, effect)
    return answer


def _acquitted_items(ctx: Services, customs: str, leaf: str, claim: str) -> list[dict[str, int]]:
    """The items of the acquittal to withdraw, which the contract compares by hash; empty for whole
    certificates.
    """
    with ctx.store.read() as conn:
        earlier = acts.listed(conn, desks=[customs], subject=leaf, limit=500)
    mine = [
        act
        for act in earlier
        if act.kind == "Acquit" and act.message["claim"] == claim and act.state not in acts.DEAD
    ]
    # A claim acquits once: others that wait under it are not what the ledger has.
    done = next((act for act in mine if act.state in acts.DONE), mine[0] if mine else None)
    items: list[dict[str, int]] = done.message["items"] if done else []
    return items
