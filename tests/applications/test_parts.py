"""Parts of an original on a running ledger: none takes more of an item than is left of it."""

from typing import Any

import pytest

from ledger_app.errors import Conflict, Unprocessable
from ledger_app.proof.canonical import parse_object
from ledger_app.services import certificates, clearing, issuing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.support.world import World


def itemised(world: World, *items: tuple[int, int | None], **changes: Any) -> dict[str, Any]:
    """A document with these units and `originalItem` of each item."""
    made = world.document(items=len(items), per_item_allowance=1, **changes)
    made["allowance"]["units"] = sum(units for units, _ in items)
    for item, (units, drawn) in zip(made["items"], items, strict=True):
        item["allowance"] = units
        if drawn is not None:
            item["originalItem"] = drawn
    return made


def part(
    world: World, original: dict[str, Any], *items: tuple[int, int | None], **changes: Any
) -> dict[str, Any]:
    return itemised(world, *items, original={"number": original["number"]}, **changes)


def supersede(world: World, original: dict[str, Any], *parts: dict[str, Any], reason: str = "SPLIT") -> Any:
    chamber, named = world.principal("chamber-cn"), Reference(id=original["id"])
    return issuing.supersede(world.ctx, chamber, named, list(parts), reason, ALWAYS)


def test_a_split_stays_within_what_is_left_of_each_item(world: World) -> None:
    (original,) = world.issue(itemised(world, (6, None), (4, None)))
    customs, named = world.principal("customs-au"), Reference(id=original["id"])
    used = [{"item": 1, "units": 2}]
    world.done(clearing.acquit(world.ctx, customs, named, "D-1", None, used, ALWAYS))

    too_much = [part(world, original, (5, None)), part(world, original, (3, 2))]
    with pytest.raises(Conflict, match=r"of item 1 .* may allow 4, and allow 5") as refused:
        supersede(world, original, *too_much)
    assert refused.value.reason == "SUCCESSORS_EXCEED"
    assert (refused.value.context["item"], refused.value.context["left"]) == (1, 4)
    # As the first item of its own document the second item of the original would be taken for the first.
    with pytest.raises(Conflict, match="originalItem"):
        supersede(world, original, part(world, original, (4, None)), part(world, original, (4, None)))
    world.done(
        supersede(world, original, part(world, original, (4, None)), part(world, original, (3, 2), (1, None)))
    )


def test_a_true_copy_allows_the_same_of_each_item(world: World) -> None:
    document = itemised(world, (6, None), (4, None))
    (original,) = world.issue(document)
    flags, named = ["certified-true-copy"], {"number": original["number"]}
    same = {**document, "number": f"{original['number']}-C", "flags": flags, "original": named}
    items = itemised(world, (5, None), (5, None))["items"]
    with pytest.raises(Conflict, match="TRUE_COPY_DIFFERS"):
        supersede(world, original, {**same, "items": items}, reason="TRUE_COPY")
    world.done(supersede(world, original, same, reason="TRUE_COPY"))


def test_a_successor_that_names_another_original_or_act_is_refused(world: World) -> None:
    original, other = world.issue(world.document(), world.document())
    with pytest.raises(Unprocessable, match="ORIGINAL_DIFFERS"):
        supersede(world, original, world.document(original={"number": other["number"]}))
    named = {"number": original["number"], "digest": other["digest"]}
    with pytest.raises(Unprocessable, match="ORIGINAL_DIFFERS"):
        supersede(world, original, world.document(original=named))
    with pytest.raises(Unprocessable, match="FLAGS_DIFFER"):
        supersede(world, original, world.document(flags=["back-to-back"]))
    named = {"number": original["number"], "digest": original["digest"]}
    world.done(supersede(world, original, world.document(original=named, flags=["replacement"])))


def test_an_item_that_the_original_does_not_have_gives_nothing(world: World) -> None:
    (original,) = world.issue(itemised(world, (6, None), (4, None)))
    with pytest.raises(Conflict, match=r"of item 3 .* may allow 0, and allow 1"):
        supersede(world, original, part(world, original, (1, 3)))
    with pytest.raises(Unprocessable, match="DOCUMENT_INVALID"):
        supersede(world, original, itemised(world, (1, 1)))


def test_what_is_used_of_an_item_before_the_signature_comes_is_not_given_again(world: World) -> None:
    (original,) = world.issue(itemised(world, (10, None), (5, None)))
    customs, named = world.principal("customs-au"), Reference(id=original["id"])
    asked = supersede(world, original, part(world, original, (10, None)))
    used = [{"item": 1, "units": 5}]
    world.done(clearing.acquit(world.ctx, customs, named, "R-1", None, used, ALWAYS))
    # The ledger would take it: 10 of the 15 units are left, and it bounds no more than their sum.
    act = world.settle(asked)
    assert (act["state"], act["reason"]) == ("reverted", "SUCCESSORS_EXCEED")
    assert (act["context"]["item"], act["context"]["left"]) == (1, 5)
    world.done(supersede(world, original, part(world, original, (5, None), (5, None))))


def test_a_bundle_that_hides_the_items_does_not_loosen_what_is_left_of_them(world: World) -> None:
    (original,) = world.issue(itemised(world, (10, None), (5, None)))
    customs, chamber = world.principal("customs-au"), world.principal("chamber-cn")
    used = [{"item": 1, "units": 10}]
    world.done(clearing.acquit(world.ctx, customs, Reference(id=original["id"]), "P-1", None, used, ALWAYS))
    shown = certificates.bundle(world.ctx, chamber, original["id"], ["/number", "/issuer", "/scheme"])
    hidden = Reference(bundle=parse_object(shown))

    def split(*items: tuple[int, int | None]) -> Any:
        parts = [part(world, original, *items)]
        return issuing.supersede(world.ctx, chamber, hidden, parts, "SPLIT", ALWAYS)

    with pytest.raises(Conflict, match=r"of item 1 .* may allow 0, and allow 5"):
        split((5, None))
    world.done(split((5, 2)))


def test_an_original_with_allowances_by_item_has_no_successor_without_them(world: World) -> None:
    (original,) = world.issue(itemised(world, (10, None), (5, None)))
    with pytest.raises(Conflict, match="SUCCESSOR_ITEMS_MISSING"):
        supersede(world, original, world.document(allowance=5, original={"number": original["number"]}))
    parts = [part(world, original, (5, None)), world.document(allowance=5)]
    with pytest.raises(Conflict, match="SUCCESSOR_ITEMS_MISSING"):
        supersede(world, original, *parts)


def test_a_withdrawal_gives_back_what_was_acquitted_whatever_else_waits_under_the_claim(world: World) -> None:
    (original,) = world.issue(itemised(world, (6, None), (4, None)))
    customs, named = world.principal("customs-au"), Reference(id=original["id"])

    def acquit(item: int, units: int) -> Any:
        used = [{"item": item, "units": units}]
        return clearing.acquit(world.ctx, customs, named, "W-1", None, used, ALWAYS)

    first, second = acquit(1, 2), acquit(2, 3)
    world.sign_only(first)
    world.done(first)
    withdrawal = clearing.withdraw(world.ctx, customs, named, "W-1", 1, ALWAYS)
    world.sign_only(withdrawal)
    world.done(withdrawal)
    assert world.ctx.gateway.item_used(bytes.fromhex(original["leaf"][2:]), 1) == 0
    assert world.settle(second)["state"] == "reverted"


def test_back_to_back_takes_of_each_item_what_it_uses_of_it(world: World) -> None:
    (original,) = world.issue(itemised(world, (6, None), (4, None)))
    chamber = world.actors["chamber-au"]
    bundle = parse_object(certificates.bundle(world.ctx, world.principal("chamber-cn"), original["id"]))
    abroad = {
        "destination": "NZ",
        "importCountry": "NZ",
        "flags": ["back-to-back"],
    }

    def consume(*parts: dict[str, Any]) -> Any:
        for made in parts:
            made["issuer"] = {"identifier": chamber.identifier, "name": "Abroad", "territory": "AU"}
        used = [{"item": 1, "units": 2}, {"item": 2, "units": 3}]
        named = Reference(bundle=bundle)
        return issuing.consume(
            world.ctx, world.principal("chamber-au"), named, list(parts), None, used, ALWAYS
        )

    with pytest.raises(Unprocessable, match="FLAGS_DIFFER"):
        consume(part(world, original, (2, 1), **{**abroad, "flags": None}))
    with pytest.raises(Unprocessable, match="ORIGINAL_DIFFERS"):
        consume(part(world, {"number": "ANOTHER"}, (2, 1), **abroad))
    with pytest.raises(Conflict, match=r"of item 1 .* may allow 2, and allow 3"):
        consume(part(world, original, (3, None), **abroad))
    world.done(consume(part(world, original, (3, 2), **abroad), part(world, original, (2, 1), **abroad)))
