"""Step 3 of a verification: does each field of the leaf equal the document's?

A leaf repeats what a contract must know of a document it never sees. Whoever registered a leaf that says
something else than its document would let customs use up more, or elsewhere, than the paper allows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger_app.domain import terms
from ledger_app.errors import BadInput, CheckFailed
from ledger_app.proof.disclosure import Shown
from ledger_app.proof.leaf import NO_ITEMS, Leaf, leaf_of_terms

STEP = 3
FIELDS = ("issuer", "scheme", "destination", "valid_from", "valid_until", "allowance", "items_root")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many of the seven fields could be compared; the others stay hidden. A field that differs raises."""

    compared: tuple[str, ...]
    hidden: tuple[str, ...]


def compare_document(leaf: Leaf, document: dict[str, Any]) -> Comparison:
    """Compares with the whole document. Raises CheckFailed LEAF_DIFFERS, naming the field."""
    try:
        expected = leaf_of_terms(leaf.digest, terms.leaf_terms(document))
    except BadInput as error:
        field = str(error.context.get("field", ""))
        raise CheckFailed(STEP, "LEAF_DIFFERS", error.detail, field=field) from None
    for field in FIELDS:
        if getattr(leaf, field) != getattr(expected, field):
            raise _differs(field)
    return Comparison(FIELDS, ())


def compare_shown(leaf: Leaf, shown: Shown) -> Comparison:
    """Compares with what is shown of a document.

    Who issued it and under which scheme must be shown: CheckFailed DISCLOSURE_TOO_LITTLE. Of the others,
    what is shown, or provably absent, must agree: CheckFailed LEAF_DIFFERS.
    """
    if shown.complete:
        return compare_document(leaf, shown.document)
    for pointer in ("/issuer/identifier", "/scheme"):
        if pointer not in shown.fields:
            raise CheckFailed(STEP, "DISCLOSURE_TOO_LITTLE", f"{pointer} is hidden", field=pointer)
    _check_leaf(leaf)
    compared = []
    for field in FIELDS:
        try:
            agrees = _COMPARE[field](leaf, shown)
        except BadInput as error:
            raise CheckFailed(STEP, "LEAF_DIFFERS", error.detail, field=field) from None
        if agrees is False:
            raise _differs(field)
        if agrees:
            compared.append(field)
    return Comparison(tuple(compared), tuple(field for field in FIELDS if field not in compared))


def _check_leaf(leaf: Leaf) -> None:
    """No document leads to days beyond the calendar or to a destination that is no code, shown or not."""
    try:
        terms.day_date(leaf.valid_from)
        terms.day_date(leaf.valid_until)
        terms.territory_code(leaf.destination)
    except BadInput as error:
        raise CheckFailed(STEP, "LEAF_DIFFERS", error.detail) from None


def _differs(field: str) -> CheckFailed:
    return CheckFailed(
        STEP, "LEAF_DIFFERS", f"{field} in the ledger entry is not the document's", field=field
    )


# Each answers True (agrees), False (differs) or None (hidden).


def _issuer(leaf: Leaf, shown: Shown) -> bool | None:
    return leaf.issuer == terms.organisation_id(_text(shown, "/issuer/identifier"))


def _scheme(leaf: Leaf, shown: Shown) -> bool | None:
    return leaf.scheme == terms.scheme_id(_text(shown, "/scheme"))


def _destination(leaf: Leaf, shown: Shown) -> bool | None:
    if "/destination" in shown.fields:
        return leaf.destination == terms.territory_id(_text(shown, "/destination"))
    return leaf.destination == terms.ANY_TERRITORY if shown.proves_absent("/destination") else None


def _valid_from(leaf: Leaf, shown: Shown) -> bool | None:
    if "/validFrom" in shown.fields:
        return leaf.valid_from == terms.day_number(_text(shown, "/validFrom"))
    if shown.proves_absent("/validFrom"):
        if "/issueDate" in shown.fields:
            return leaf.valid_from == terms.day_number(_text(shown, "/issueDate"))
        return False if shown.proves_absent("/issueDate") else None
    return None


def _valid_until(leaf: Leaf, shown: Shown) -> bool | None:
    if "/validUntil" in shown.fields:
        return leaf.valid_until == terms.day_number(_text(shown, "/validUntil"))
    return leaf.valid_until == terms.NO_DAY if shown.proves_absent("/validUntil") else None


def _allowance(leaf: Leaf, shown: Shown) -> bool | None:
    known = _items_are_known(shown)
    items = terms.item_allowances(shown.document) if known else ()
    if items and leaf.allowance != sum(units for _, units in items):
        return False
    if "/allowance/units" in shown.fields:
        units = shown.fields["/allowance/units"]
        return type(units) is int and leaf.allowance == units  # `true` equals 1 in Python, and not in a leaf
    if not known or not shown.proves_absent("/allowance/units"):
        return None
    return bool(items) or leaf.allowance == 1


def _items_root(leaf: Leaf, shown: Shown) -> bool | None:
    if _items_are_known(shown):
        items = terms.item_allowances(shown.document)
        expected = leaf_of_terms(
            leaf.digest,
            terms.LeafTerms(leaf.issuer, leaf.scheme, leaf.destination, 0, 0, leaf.allowance, items),
        )
        return leaf.items_root == expected.items_root
    states_one = any(
        pointer.startswith("/items/") and pointer.endswith("/allowance") and pointer.count("/") == 3
        for pointer in shown.fields
    )
    return False if states_one and leaf.items_root == NO_ITEMS else None


def _items_are_known(shown: Shown) -> bool:
    """Whether number and allowance of every item are shown or provably absent."""
    if shown.proves_absent("/items") or "/items" in shown.fields:
        return True
    if shown.hidden_members.get("/items", 1):
        return False
    return all(
        pointer in shown.fields or shown.proves_absent(pointer)
        for place, _ in enumerate(_items(shown))
        for pointer in (f"/items/{place}/allowance", f"/items/{place}/number")
    )


def _items(shown: Shown) -> list[Any]:
    items = shown.document.get("items")
    return items if isinstance(items, list) else []


def _text(shown: Shown, pointer: str) -> str:
    value = shown.fields[pointer]
    if not isinstance(value, str):
        raise BadInput("TERMS_INVALID", f"{pointer} is not text", field=pointer)
    return value


_COMPARE: dict[str, Callable[[Leaf, Shown], bool | None]] = {
    "issuer": _issuer,
    "scheme": _scheme,
    "destination": _destination,
    "valid_from": _valid_from,
    "valid_until": _valid_until,
    "allowance": _allowance,
    "items_root": _items_root,
}
