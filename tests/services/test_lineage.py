"""What replaced a certificate, and what it replaced, is told by number to those who may read it only."""

from typing import Any

from ledger_app.proof.canonical import parse_object
from ledger_app.services import certificates, issuing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from ledger_app.store import index
from tests.support.world import World


def shown(world: World, certificate: dict[str, Any], by: str) -> dict[str, Any]:
    world.catch_up()
    return certificates.show(world.ctx, world.principal(by), certificate["id"])


def told(one: dict[str, Any]) -> tuple[Any, ...]:
    return one["leaf"], one["act"], one["number"], one["certificate"]


def test_what_replaced_a_certificate_is_named_to_those_who_may_read_it_and_by_its_leaf_to_others(
    world: World,
) -> None:
    (original,) = world.issue(world.document(allowance=3))
    parts = [
        world.document(allowance=1),
        world.document(allowance=2, destination="KR", importCountry="KR"),
    ]
    chamber = world.principal("chamber-cn")
    answer = issuing.supersede(world.ctx, chamber, Reference(id=original["id"]), parts, "SPLIT", ALWAYS)
    world.done(answer)
    here, elsewhere = answer["certificates"]

    seen = shown(world, original, "chamber-cn")
    assert seen["predecessor"] is None
    assert {told(one) for one in seen["successors"]} == {
        (one["leaf"], "supersede", one["number"], one["id"]) for one in (here, elsewhere)
    }
    with world.ctx.store.read() as conn:
        (ended,) = index.history(conn, original["leaf"])
    assert {one["time"] for one in seen["successors"]} == {ended.block_time}
    assert seen["moreSuccessors"] is False
    hidden = (elsewhere["leaf"], "supersede", None, None)
    for found in (
        shown(world, original, "customs-au"),
        world.verify("customs-au", digest=original["digest"]),
    ):
        assert {told(one) for one in found["successors"]} == {
            (here["leaf"], "supersede", here["number"], here["id"]),
            hidden,
        }
    stranger = world.verify(digest=original["digest"])
    assert {told(one) for one in stranger["successors"]} == {
        hidden,
        (here["leaf"], "supersede", None, None),
    }
    assert not {here["number"], elsewhere["number"], original["number"]} & set(_texts(stranger))

    for who in ("chamber-cn", "customs-au"):
        assert told(shown(world, here, who)["predecessor"]) == (
            original["leaf"],
            "supersede",
            original["number"],
            original["id"],
        )
    before = world.verify(digest=here["digest"])["predecessor"]
    assert told(before) == (original["leaf"], "supersede", None, None)


def test_what_was_made_out_of_a_certificate_of_another_issuer_names_it_where_it_may_be_read(
    world: World,
) -> None:
    (original,) = world.issue(world.document(allowance=10))
    chamber = world.actors["chamber-au"]
    flags = {"flags": ["back-to-back"], "original": {"number": original["number"]}}
    successor = world.document(allowance=6, destination="NZ", importCountry="NZ", **flags)
    successor["issuer"] = {"identifier": chamber.identifier, "name": "chamber-au", "territory": "AU"}
    bundle = parse_object(certificates.bundle(world.ctx, world.principal("chamber-cn"), original["id"]))
    who = world.principal("chamber-au")
    answer = issuing.consume(world.ctx, who, Reference(bundle=bundle), [successor], 6, None, ALWAYS)
    world.done(answer)
    (made,) = answer["certificates"]
    (after,) = shown(world, original, "chamber-cn")["successors"]
    assert told(after) == (made["leaf"], "consume", None, None)
    assert told(shown(world, made, "chamber-au")["predecessor"]) == (original["leaf"], "consume", None, None)
    both = world.verify("customs-au", digest=made["digest"])["predecessor"]
    assert told(both) == (original["leaf"], "consume", original["number"], original["id"])


def test_what_nothing_followed_says_so(world: World) -> None:
    (certificate,) = world.issue()
    for found in (
        shown(world, certificate, "chamber-cn"),
        world.verify(digest=certificate["digest"]),
    ):
        assert (found["predecessor"], found["successors"], found["moreSuccessors"]) == (None, [], False)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []
