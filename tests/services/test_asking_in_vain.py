"""What the ledger would refuse is refused before anybody signs: confirmations, questions, answers."""

from typing import Any

import pytest

from ledger_app.errors import BadInput, Conflict, NotFound, NotPermitted
from ledger_app.services import enquiries, issuing, lifecycle, signing
from ledger_app.services.context import ALWAYS
from tests.support.world import World


def waiting(world: World, name: str) -> int:
    return len(signing.requests(world.ctx, world.principal(name))[0])


def enquire(world: World, to: str, by: str = "customs-au") -> Any:
    day = world.ctx.now() + 86_400
    return enquiries.enquire(world.ctx, world.principal(by), to, None, "ORIGIN", day, "Is it so?", ALWAYS)


def answer(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    chamber = world.principal("chamber-cn")
    return enquiries.answer(world.ctx, chamber, asked["enquiry"], "CONFIRMED", "It is.", ALWAYS)


def test_a_batch_that_is_good_is_not_confirmed_and_its_document_is_not_needed_to_say_so(world: World) -> None:
    chamber = world.principal("chamber-cn")
    issued = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
    world.done(issued)
    lifecycle.erase(world.ctx, chamber, issued["certificates"][0]["id"])
    with pytest.raises(Conflict, match="not disowned") as refused:
        lifecycle.confirm(world.ctx, chamber, issued["batch"], ALWAYS)
    assert (refused.value.reason, waiting(world, "chamber-cn")) == ("LIFE_FORBIDS", 0)


def test_customs_asks_a_member_and_nobody_else_asks(world: World) -> None:
    with pytest.raises(BadInput, match="ASKED_UNKNOWN"):
        enquire(world, "urn:nobody:known")
    with pytest.raises(NotPermitted, match="LIFE_NOT_YOURS: Only customs"):
        enquire(world, world.actors["chamber-cn"].identifier, by="chamber-au")
    assert waiting(world, "customs-au") == waiting(world, "chamber-au") == 0


def test_an_enquiry_is_answered_once_it_is_on_the_ledger_and_once(world: World) -> None:
    asked = enquire(world, world.actors["chamber-cn"].identifier)
    with pytest.raises(NotFound, match="ENQUIRY_UNKNOWN: It is not on the ledger yet"):
        answer(world, asked)
    world.done(asked)
    world.done(answer(world, asked))
    with pytest.raises(Conflict, match="ENQUIRY_ANSWERED:"):
        answer(world, asked)
    assert waiting(world, "chamber-cn") == 0


def test_an_answer_repeated_after_it_was_given_is_the_first_one(world: World) -> None:
    asked = enquire(world, world.actors["chamber-cn"].identifier)
    world.done(asked)
    with world.client("chamber-cn") as client:
        url, key = f"/v1/enquiries/{asked['enquiry']}/answer", {"Idempotency-Key": asked["enquiry"][:40]}
        first = client.post(url, json={"code": 1, "text": "Yes."}, headers=key).json()
        world.done(first)
        again = client.post(url, json={"code": 1, "text": "Yes."}, headers=key)
        assert (again.status_code, again.json()) == (202, first)
        other = client.post(url, json={"code": 1, "text": "Yes."})
        assert (other.status_code, other.json()["reason"]) == (409, "ENQUIRY_ANSWERED")


def test_while_the_ledger_cannot_be_asked_nothing_is_held_up(world: World) -> None:
    asked = enquire(world, world.actors["chamber-cn"].identifier)
    world.done(asked)
    gateway, world.ctx.gateway_or_none = world.ctx.gateway_or_none, None
    try:
        answered, another = answer(world, asked), enquire(world, world.actors["chamber-cn"].identifier)
    finally:
        world.ctx.gateway_or_none = gateway
    world.done(answered)
    world.done(another)
