"""What came to nothing is asked for again under the same leaf: a signer signs no other under its number."""

from typing import Any

from ledger_app.services import certificates, issuing, lifecycle, members, signing
from ledger_app.services.context import ALWAYS
from tests.bulk.desk import Desk
from tests.bulk.tables import record, table
from tests.support.world import World


def ask(world: World, *documents: dict[str, Any], by: str = "chamber-cn") -> Any:
    return issuing.issue(world.ctx, world.principal(by), list(documents), ALWAYS)


def refuse(world: World, asked: dict[str, Any]) -> None:
    chamber = world.principal("chamber-cn")
    signing.refuse(world.ctx, chamber, asked["act"]["id"], "SIGNER_PERSON_REFUSED", "not today")


def test_what_the_ledger_refused_after_it_was_signed_is_the_same_certificate_the_next_time(
    world: World,
) -> None:
    chamber, scheme = world.actors["chamber-au"], "CHAFTA"
    document = world.document(scheme=scheme)
    document["issuer"] = {"identifier": chamber.identifier, "name": "x", "territory": "AU"}
    first = ask(world, document, by="chamber-au")
    by = world.principal("authority-au")
    over = "2020-12-31"
    world.done(members.accredit(world.ctx, by, chamber.identifier, scheme, 1, "2020-01-01", over, ALWAYS))
    world.catch_up()
    try:
        act = world.settle(first)
    finally:
        world.done(world.accreditation("chamber-au", scheme))
        world.catch_up()
    assert (act["state"], act["reason"]) == ("reverted", "NOT_ACCREDITED")
    second = ask(world, document, by="chamber-au")
    (before,), (after,) = first["certificates"], second["certificates"]
    assert (after["leaf"], after["id"]) == (before["leaf"], before["id"])
    world.done(second)
    assert world.verify("trader", number=document["number"])["verdict"] == "GENUINE"
    shown = certificates.show(world.ctx, world.principal("chamber-au"), after["id"])
    assert shown["document"] == document


def test_of_a_batch_only_what_is_the_same_to_the_letter_keeps_its_leaf(world: World) -> None:
    same, other = world.document(), world.document()
    first = ask(world, same, other)
    refuse(world, first)
    changed = {**other, "remarks": "corrected"}
    second = ask(world, changed, same, world.document())
    leaves = {each["number"]: each["leaf"] for each in first["certificates"]}
    kept = {each["number"]: each["leaf"] for each in second["certificates"]}
    assert kept[same["number"]] == leaves[same["number"]]
    assert kept[other["number"]] != leaves[other["number"]]
    world.done(second)
    reports = [world.verify("trader", number=number) for number in kept]
    assert {(each["verdict"], each["standing"]) for each in reports} == {("GENUINE", "good")}


def test_it_is_found_again_and_by_what_it_is_now(world: World) -> None:
    document = world.document()
    asked = ask(world, document)
    refuse(world, asked)
    with world.client("chamber-cn") as client:

        def states() -> list[str]:
            named = {"numberPrefix": document["number"]}
            found = client.get("/v1/certificates", params=named).json()["certificates"]
            return [each["state"] for each in found]

        assert states() == ["refused"]
        again = ask(world, document)
        assert states() == ["needs-signature"]
        world.done(again)
        assert states()[0] in ("included", "final")


def test_one_that_was_erased_meanwhile_is_a_new_one(world: World) -> None:
    document = world.document()
    first = ask(world, document)
    refuse(world, first)
    (before,) = first["certificates"]
    lifecycle.erase(world.ctx, world.principal("chamber-cn"), before["id"])
    (after,) = ask(world, document)["certificates"]
    assert (after["id"] != before["id"], after["leaf"] != before["leaf"]) == (True, True)


def test_the_next_import_of_a_row_keeps_its_leaf(world: World) -> None:
    with Desk.of(world) as desk:
        number = desk.number()
        data = table([record(number)])
        first = ask(
            world,
            desk.client.post("/v1/imports", files={"file": ("x.csv", data)}).json()["documents"][0][
                "document"
            ],
        )
        refuse(world, first)
        assert desk.imported(data)["issued"] == 1
        (issued,) = desk.issued(number)
        assert issued["leaf"] == first["certificates"][0]["leaf"]
        assert desk.verdict(number) == "GENUINE/good"
