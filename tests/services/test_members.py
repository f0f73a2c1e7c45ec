"""The council's, authorities' and key holders' acts, on a real chain."""

import secrets

import pytest

from ledger_app.access.principals import Kind
from ledger_app.errors import ActRefused, BadInput, Conflict, NotFound, NotPermitted
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.typed_data import address_of
from ledger_app.services import certificates, directory, issuing, lifecycle, members, registering, signing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.support.world import Actor, World


def test_the_directory_shows_roles_keys_and_rights_as_the_ledger_has_them(world: World) -> None:
    world.catch_up()
    chamber = world.actors["chamber-cn"]
    shown = directory.organisation(world.ctx, chamber.identifier)
    assert shown["roles"] == ["ISSUER"]
    assert [key["key"] for key in shown["keys"]] == [chamber.address]
    assert {right["scheme"] for right in shown["accreditations"]} >= {"RCEP", "CHAFTA"}
    assert directory.organisation(world.ctx, chamber.id)["identifier"] == chamber.identifier


def test_the_council_needs_as_many_signatures_as_its_threshold(world: World) -> None:
    answer = members.unpause(world.ctx, ALWAYS)
    first, second, third = world.council
    request = signing.request(world.ctx, world.principal(first.name), answer["act"]["id"])
    once = world.sign(first, request)
    assert (once["state"], once["signatures"], once["needed"]) == ("needs-signature", 1, 2)
    assert answer["act"]["id"] not in [
        row["id"] for row in signing.requests(world.ctx, world.principal(first.name))[0]
    ]
    twice = world.sign(second, request)
    assert twice["signatures"] == 2
    assert world.settle(answer)["state"] in ("included", "final")
    assert world.sign(third, request)["signatures"] == 2  # too late, and no harm


def test_a_stranger_cannot_vote(world: World) -> None:
    answer = members.unpause(world.ctx, ALWAYS)
    stranger = Actor("stranger", "", "", ())
    seat = world.council[0]
    request = signing.request(world.ctx, world.principal(seat.name), answer["act"]["id"])
    impostor = Actor(seat.name, "", "", (), key=stranger.key)
    with pytest.raises(NotPermitted, match="SIGNATURE_KEY_DIFFERS"):
        world.sign(impostor, request)
    signing.refuse(world.ctx, world.principal("council-1"), request["id"], "NO")
    signing.refuse(world.ctx, world.principal("council-2"), request["id"], "NO")


def test_a_council_act_is_refused_once_too_few_could_still_agree(world: World) -> None:
    answer = members.unpause(world.ctx, ALWAYS)
    act_id = answer["act"]["id"]
    one = signing.refuse(world.ctx, world.principal("council-1"), act_id, "SIGNER_PERSON_REFUSED", "no")
    assert one["state"] == "needs-signature"
    same = signing.refuse(world.ctx, world.principal("council-1"), act_id, "SIGNER_PERSON_REFUSED", "no")
    assert same["state"] == "needs-signature"
    two = signing.refuse(world.ctx, world.principal("council-2"), act_id, "SIGNER_PERSON_REFUSED", "no")
    assert two["state"] == "refused"


def test_a_pause_stops_issuing_until_the_council_ends_it(world: World) -> None:
    (certificate,) = world.issue()
    world.done(members.pause_for(world.ctx, 3600, ALWAYS))
    world.catch_up()
    chamber = world.principal("chamber-cn")
    try:
        assert directory.council(world.ctx)["pausedUntil"] > world.ctx.now()
        waiting = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
        request = signing.request(world.ctx, chamber, waiting["act"]["id"])
        with pytest.raises(ActRefused, match="PAUSED"):
            world.sign(world.actors["chamber-cn"], request)
        revocation = lifecycle.revoke(world.ctx, chamber, Reference(id=certificate["id"]), 1, ALWAYS)
        revoking = signing.request(world.ctx, chamber, revocation["act"]["id"])
        world.sign(world.actors["chamber-cn"], revoking)
        assert world.settle(revocation)["state"] in ("included", "final")
    finally:
        world.done(members.unpause(world.ctx, ALWAYS))
        world.catch_up()
    assert world.done(waiting)["state"] in ("included", "final")


def test_one_member_pauses_alone_but_not_again(world: World) -> None:
    seat = world.principal("council-2")
    pause = members.member_pause(world.ctx, seat, 600, ALWAYS)
    assert signing.requests(world.ctx, world.principal("council-1"))[0] == []
    try:
        world.done(pause)
        second = world.settle(members.member_pause(world.ctx, world.principal("council-3"), 1200, ALWAYS))
        assert (second["state"], second["reason"]) == ("reverted", "PAUSE_SPENT")
    finally:
        world.done(members.unpause(world.ctx, ALWAYS))
    with pytest.raises(BadInput, match="PAUSE_INVALID"):
        members.member_pause(world.ctx, seat, 72 * 3600 + 1, ALWAYS)


def test_an_organisation_adds_a_key_and_retires_the_old_one(world: World) -> None:
    carrier = world.actors["carrier"]
    fresh = secrets.token_bytes(32)
    accepted = world.acceptance(carrier, fresh)
    who = world.principal("carrier")
    world.done(members.add_key(world.ctx, who, carrier.identifier, address_of(fresh), accepted, ALWAYS))
    retire = members.retire_key(world.ctx, who, address_of(fresh), ALWAYS)
    own = signing.request(world.ctx, who, retire["act"]["id"])
    itself = world.sign(Actor("carrier", carrier.identifier, "SG", (), key=fresh), own)
    assert (itself["state"], itself["reason"]) == ("reverted", "KEY_RETIRES_ITSELF")
    world.done(members.retire_key(world.ctx, who, address_of(fresh), ALWAYS))
    world.catch_up()
    keys = {k["key"]: k["until"] for k in directory.organisation(world.ctx, carrier.id)["keys"]}
    assert keys[carrier.address] is None
    assert keys[address_of(fresh)] is not None


def test_a_key_that_has_not_accepted_is_not_proposed(world: World) -> None:
    carrier = world.actors["carrier"]
    other = secrets.token_bytes(32)
    accepted = world.acceptance(carrier, other)
    with pytest.raises(BadInput, match="ACCEPTANCE_FOREIGN"):
        members.grant_key(world.ctx, carrier.identifier, to_hex(bytes(19) + b"\1"), accepted, ALWAYS)


def test_a_disowned_key_shows_in_the_standing_until_the_issuer_confirms(world: World) -> None:
    chamber = world.actors["chamber-au"]
    spare = secrets.token_bytes(32)
    who = world.principal("chamber-au")
    accepted = world.acceptance(chamber, spare)
    world.done(members.add_key(world.ctx, who, chamber.identifier, address_of(spare), accepted, ALWAYS))
    thief = Actor("chamber-au", chamber.identifier, "AU", (), key=spare)
    document = world.document(destination="NZ", importCountry="NZ")
    document["issuer"] = {"identifier": chamber.identifier, "name": "chamber-au", "territory": "AU"}
    issued = issuing.issue(world.ctx, who, [document], ALWAYS)
    world.sign(thief, signing.request(world.ctx, who, issued["act"]["id"]))
    registered = world.settle(issued)
    named = issued["certificates"][0]["id"]
    bundle = certificates.bundle(world.ctx, who, named)

    def shown() -> str:
        world.catch_up()
        return str(certificates.show(world.ctx, who, named)["standing"])

    assert world.verify(file=bundle)["standing"] == shown() == "good"

    since = world.ctx.gateway.batch(bytes.fromhex(issued["batch"][2:])).time
    world.done(members.disown(world.ctx, chamber.identifier, address_of(spare), since, ALWAYS))
    disowned = world.verify(file=bundle)
    assert (disowned["verdict"], disowned["standing"], disowned["exit_code"]) == (
        "GENUINE",
        "issuer-key-disowned",
        13,
    )
    assert shown() == "issuer-key-disowned"
    world.done(lifecycle.confirm(world.ctx, who, issued["batch"], ALWAYS))
    assert world.verify(file=bundle)["standing"] == shown() == "good"
    with pytest.raises(Conflict, match="not disowned"):
        lifecycle.confirm(world.ctx, who, issued["batch"], ALWAYS)
    assert registered["state"] in ("included", "final")
    with pytest.raises(NotFound, match="BATCH_UNKNOWN_HERE"):
        lifecycle.confirm(world.ctx, world.principal("chamber-cn"), issued["batch"], ALWAYS)


def test_a_signature_with_a_key_of_another_organisation_leaves_the_act_waiting(world: World) -> None:
    chamber = world.principal("chamber-cn")
    answer = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
    request = signing.request(world.ctx, chamber, answer["act"]["id"])
    customs = world.actors["customs-au"]
    with pytest.raises(ActRefused, match="KEY_NOT_VALID"):
        world.sign(
            Actor("chamber-cn", world.actors["chamber-cn"].identifier, "CN", (), key=customs.key), request
        )
    assert world.done(answer)["state"] in ("included", "final")


def test_a_new_council_takes_over_and_old_votes_lapse(world: World) -> None:
    old = members.unpause(world.ctx, ALWAYS)
    newcomer = Actor("council-4", "", "", ())
    seats = [*world.council, newcomer]
    addresses = [seat.address for seat in seats]
    accepted = [world.seat_acceptance(newcomer)]
    with pytest.raises(BadInput, match="ACCEPTANCE_COUNT_WRONG"):
        members.set_council(world.ctx, addresses, 3, [], ALWAYS)
    world.done(members.set_council(world.ctx, addresses, 3, accepted, ALWAYS))
    try:
        request = signing.request(world.ctx, world.principal("council-1"), old["act"]["id"])
        if request["state"] == "needs-signature":
            with pytest.raises(Conflict, match="ACT_NOT_SIGNABLE"):
                world.sign(world.council[0], request)
        assert directory.council(world.ctx)["threshold"] == 3
    finally:
        world.actors["council-4"] = newcomer
        back = members.set_council(world.ctx, [seat.address for seat in world.council], 2, [], ALWAYS)
        world.done(back)
        del world.actors["council-4"]


@pytest.mark.parametrize("roles", [["ISSUER"], ["CUSTOMS", "KING"]])
def test_the_council_grants_only_its_own_roles(world: World, roles: list[str]) -> None:
    with pytest.raises(BadInput, match="ROLES_NOT_GRANTABLE"):
        members.admit(world.ctx, "urn:test:x", "x", "CN", roles, ALWAYS)


def test_an_authority_does_not_rename_what_is_known(world: World) -> None:
    customs = world.actors["customs-cn"]
    members.enrol(
        world.ctx, world.principal("authority-cn"), customs.identifier, "Renamed", ["AGENT"], ALWAYS
    )
    assert directory.organisation(world.ctx, customs.id)["name"] == "customs-cn"


def test_tokens_are_made_listed_and_ended_by_whom_they_belong_to(world: World) -> None:
    chamber, operator = world.principal("chamber-cn"), world.principal("operator")
    text = registering.new_token(
        world.ctx, chamber, Kind.ORGANISATION, world.actors["chamber-cn"].identifier, "desk 2"
    )
    assert text.startswith("olt_")
    with pytest.raises(NotPermitted):
        registering.new_token(world.ctx, chamber, Kind.ORGANISATION, world.actors["customs-au"].id, "")
    with pytest.raises(NotPermitted):
        registering.new_token(world.ctx, chamber, Kind.OPERATOR, None, "")
    (mine,) = [row for row in registering.tokens(world.ctx, chamber) if row["label"] == "desk 2"]
    with pytest.raises(NotFound):
        registering.revoke_token(world.ctx, world.principal("customs-au"), mine["id"])
    registering.revoke_token(world.ctx, operator, mine["id"])
    with pytest.raises(NotFound):
        registering.revoke_token(world.ctx, chamber, mine["id"])
