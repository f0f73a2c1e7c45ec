"""What of a certificate is used, by item, and what customs itself claimed of it, as the index has it."""

from collections.abc import Mapping
from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.domain.standing import ClaimState, Role, act_reason_words
from ledger_app.domain.terms import item_allowances
from ledger_app.errors import Broken
from ledger_app.services.acts import private_of
from ledger_app.services.context import Services
from ledger_app.store import acts, index
from ledger_app.store.acts import Act
from ledger_app.store.engine import Connection

_MOST: Final = 200
_ACTS: Final = ("Acquit", "Withdraw", "Refuse")
_REASON_OF: Final = {ClaimState.WITHDRAWN: "withdraw", ClaimState.REFUSED: "refuse"}


def of_certificate(
    ctx: Services, conn: Connection, principal: Principal, leaf: str, document: Mapping[str, Any] | None
) -> dict[str, Any]:
    """`{"items", "claims"}` of a leaf (0x…).

    `items`: `{"item", "allowance", "used", "left"}` of each item with an allowance of its own; empty where
    one is for all of them, null where the document is not here. `claims`: the caller's own as customs, at
    most 200, the newest first, `{"claim", "declaration", "state", "units", "items", "reason", "time"}`;
    `declaration` and `items` are null where this service did not make the claim; null for others than
    customs.
    """
    return {
        "items": None if document is None else _items(conn, leaf, document),
        "claims": _claims(ctx, conn, principal, leaf) if Role.CUSTOMS in principal.roles else None,
    }


def _items(conn: Connection, leaf: str, document: Mapping[str, Any]) -> list[dict[str, int]]:
    allowances = item_allowances(document)
    used = index.items_used(conn, leaf) if allowances else {}
    return [
        {
            "item": item,
            "allowance": units,
            "used": used.get(item, 0),
            "left": max(units - used.get(item, 0), 0),
        }
        for item, units in allowances
    ]


def _claims(ctx: Services, conn: Connection, principal: Principal, leaf: str) -> list[dict[str, Any]]:
    customs = principal.organisation or ""
    found = index.claims(conn, leaf, customs=customs)
    found = sorted(found, key=lambda one: one["block_number"], reverse=True)[:_MOST]
    made: dict[str, list[Act]] = {}
    for act in acts.listed(conn, desks=[customs], subject=leaf, limit=3 * _MOST) if found else ():
        if act.kind in _ACTS and act.state in acts.DONE:
            made.setdefault(act.message["claim"], []).append(act)
    return [_claim(ctx, one, made.get(one["claim"], [])) for one in found]


def _claim(ctx: Services, one: Mapping[str, Any], made: list[Act]) -> dict[str, Any]:
    state = ClaimState(one["state"])
    acquitted = next((act for act in made if act.kind == "Acquit"), None)
    reason = _REASON_OF.get(state)
    return {
        "claim": one["claim"],
        "declaration": _declaration(ctx, made[0]) if made else None,
        "state": state.name.lower(),
        "units": one["units"],
        "items": None if acquitted is None else acquitted.message["items"],
        "reason": act_reason_words(reason, one["reason"]) if reason else None,
        "time": one["block_time"],
    }


def _declaration(ctx: Services, act: Act) -> str | None:
    try:
        return private_of(ctx, act).get("declaration")
    except Broken:
        return None  # the claim itself is on the ledger all the same
