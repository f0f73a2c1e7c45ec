"""How many units an acquittal or consumption uses, and of which items."""

from dataclasses import dataclass
from typing import Any

from ledger_app.domain.terms import item_allowances
from ledger_app.errors import BadInput, Conflict, Unprocessable
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.leaf import NO_ITEMS, item_leaf
from ledger_app.proof.merkle import MerkleTree
from ledger_app.proof.typed_data import ItemUnits
from ledger_app.services.context import Services
from ledger_app.services.locating import Located


@dataclass(frozen=True, slots=True)
class Use:
    """`signed` goes into the message, `shown` (with allowance and proof of each item) into the call."""

    units: int
    signed: tuple[ItemUnits, ...]
    shown: list[dict[str, Any]]


def choose_units(
    ctx: Services, located: Located, units: int | None, items: list[dict[str, int]] | None
) -> Use:
    """The units to use: those given, or everything that is left.

    For a certificate with allowances per item, `items` ([{"item", "units"}]) says of which; without it,
    everything of every item, which the ledger takes only if none has been used. Raises BadInput
    `UNITS_INVALID`, `ITEMS_INVALID`, Conflict `NOTHING_LEFT`, Unprocessable `DOCUMENT_NEEDED` when the items
    are not known from a partial bundle.
    """
    if located.leaf.items_root == NO_ITEMS:
        if items:
            raise BadInput("ITEMS_INVALID", "This certificate has no allowance per item.")
        return Use(_whole(ctx, located, units), (), [])
    if located.document is None:
        raise Unprocessable("DOCUMENT_NEEDED")
    return _by_items(located, units, items)


def _whole(ctx: Services, located: Located, units: int | None) -> int:
    if units is None:
        left: int = located.leaf.allowance - ctx.gateway.standing(located.leaf.hash()).used
        if left < 1:
            raise Conflict("NOTHING_LEFT")
        return left
    if not 1 <= units <= located.leaf.allowance:
        raise BadInput("UNITS_INVALID", f"The certificate allows 1 to {located.leaf.allowance} units.")
    return units


def _by_items(located: Located, units: int | None, items: list[dict[str, int]] | None) -> Use:
    known = item_allowances(located.document or {})
    allowed = dict(known)
    wanted = {use["item"]: use["units"] for use in items} if items else allowed
    if items and len(wanted) != len(items):
        raise BadInput("ITEMS_INVALID", "An item is named twice.")
    for item, count in wanted.items():
        if item not in allowed:
            raise BadInput("ITEMS_INVALID", f"The certificate has no allowance for item {item}.")
        if not 1 <= count <= allowed[item]:
            raise BadInput("UNITS_INVALID", f"Item {item} allows 1 to {allowed[item]} units.")
    total = sum(wanted.values())
    if units is not None and units != total:
        raise BadInput("UNITS_INVALID", f"The items add up to {total} units, not {units}.")
    tree = MerkleTree(item_leaf(item, count) for item, count in known)
    shown = [
        {
            "item": item,
            "allowance": allowed[item],
            "units": wanted[item],
            "proof": [to_hex(node) for node in tree.proof(item_leaf(item, allowed[item]))],
        }
        for item in sorted(wanted)
    ]
    return Use(total, tuple(ItemUnits(item, wanted[item]) for item in sorted(wanted)), shown)
