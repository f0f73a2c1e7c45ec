"""What is left by item, and customs' own claims, are shown with a certificate."""

from typing import Any

from ledger_app.services import certificates, clearing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.support.world import World


def shown(world: World, certificate: dict[str, Any], by: str) -> dict[str, Any]:
    world.catch_up()
    return certificates.show(world.ctx, world.principal(by), certificate["id"])


def left(found: dict[str, Any]) -> list[tuple[int, int, int]]:
    assert all(one["allowance"] == one["used"] + one["left"] for one in found["items"])
    return [(one["item"], one["used"], one["left"]) for one in found["items"]]


def test_what_is_left_by_item_and_customs_own_claims_are_shown(world: World) -> None:
    made = world.document(items=2, per_item_allowance=5, destination=None, importCountry="AU")
    (certificate,) = world.issue(made)
    named = Reference(id=certificate["id"])
    au, cn = world.principal("customs-au"), world.principal("customs-cn")
    assert left(shown(world, certificate, "chamber-cn")) == [(1, 0, 5), (2, 0, 5)]
    assert shown(world, certificate, "customs-au")["claims"] == []

    two = [{"item": 1, "units": 3}, {"item": 2, "units": 1}]
    world.done(clearing.acquit(world.ctx, au, named, " AU-<1> ", None, two, ALWAYS))
    world.done(clearing.acquit(world.ctx, cn, named, "CN-1", None, [{"item": 2, "units": 2}], ALWAYS))
    world.done(clearing.refuse(world.ctx, au, named, "AU-2", "NOT_ORIGINATING", ALWAYS))
    for who in ("chamber-cn", "customs-au", "customs-cn"):
        assert left(shown(world, certificate, who)) == [(1, 3, 2), (2, 3, 2)]
    assert shown(world, certificate, "chamber-cn")["claims"] is None
    refused, acquitted = shown(world, certificate, "customs-au")["claims"]
    assert (acquitted["declaration"], acquitted["state"]) == ("AU-<1>", "acquitted")
    assert (acquitted["units"], acquitted["items"], acquitted["reason"]) == (4, two, None)
    assert (refused["declaration"], refused["state"], refused["units"]) == ("AU-2", "refused", 0)
    assert refused["reason"]
    (other,) = shown(world, certificate, "customs-cn")["claims"]
    assert other["declaration"] == "CN-1"

    world.done(clearing.withdraw(world.ctx, au, named, "AU-<1>", 1, ALWAYS))
    found = shown(world, certificate, "customs-au")
    assert left(found) == [(1, 0, 5), (2, 2, 3)]
    assert [(one["declaration"], one["state"]) for one in found["claims"]] == [
        ("AU-<1>", "withdrawn"),
        ("AU-2", "refused"),
    ]

    headers = {"Cookie": f"origin_token={world.token('customs-au')}"}
    with world.client() as client:
        page = client.get(f"/c/{certificate['leaf']}", headers=headers).text
        assert "AU-&lt;1&gt;" in page
        assert "3 of 5" in page
        assert "CN-1" not in page
        stranger = client.get(f"/c/{certificate['leaf']}").text
        assert "AU-2" not in stranger
        assert "of 5" not in stranger


def test_one_allowance_for_all_has_no_items(world: World) -> None:
    (certificate,) = world.issue(world.document(allowance=3))
    assert shown(world, certificate, "customs-au")["items"] == []
