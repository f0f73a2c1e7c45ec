"""Enquiries as they are asked and listed: the time to answer, what they are about, and how they stand."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger_app.domain.deadlines import add_days
from ledger_app.errors import BadInput, NotFound
from ledger_app.proof.canonical import parse_object
from ledger_app.services import certificates, enquiries, signing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.support.world import World


def ask(world: World, about: Reference | None, by: str = "customs-au", **more: Any) -> dict[str, Any]:
    chamber = world.actors["chamber-cn"].identifier
    rest = {"code": 1, "reply_by": None, "text": "Is it yours?", "once": ALWAYS, **more}
    return enquiries.enquire(world.ctx, world.principal(by), chamber, about, **rest)


def listed(world: World, enquiry: str, by: str) -> dict[str, Any]:
    world.catch_up()
    rows = enquiries.listed(world.ctx, world.principal(by))
    (row,) = [row for row in rows if row["id"] == enquiry]
    assert row == enquiries.show(world.ctx, world.principal(by), enquiry)
    return row


@pytest.mark.parametrize(("scheme", "days"), [("RCEP", 90), ("NON-PREFERENTIAL", 30), (None, 30)])
def test_without_a_day_the_agreement_says_how_long_there_is_to_answer(
    world: World, scheme: str | None, days: int
) -> None:
    about = None
    if scheme is not None:
        (certificate,) = world.issue(world.document(scheme=scheme))
        about = Reference(id=certificate["id"])
    today = datetime.now(UTC).date()
    found = listed(world, ask(world, about)["enquiry"], "customs-au")
    assert found["replyByDay"] in (add_days(today, days).isoformat(), add_days(today, days + 1).isoformat())
    moment = datetime.fromtimestamp(found["replyBy"], UTC)
    assert (moment.hour, moment.minute, moment.date()) == (23, 59, date.fromisoformat(found["replyByDay"]))


def test_an_answer_is_not_asked_for_on_the_same_day(world: World) -> None:
    moment = datetime.fromtimestamp(world.ctx.now(), UTC)
    last = int(moment.replace(hour=23, minute=59, second=59).timestamp())
    for seconds in (world.ctx.now() - 1, world.ctx.now() + 3, last):
        with pytest.raises(BadInput, match="REPLY_BY_INVALID"):
            ask(world, None, reply_by=seconds)
    ask(world, None, reply_by=last + 86_400)


def test_the_list_says_about_which_certificate_with_whom_and_how_it_stands(world: World) -> None:
    (certificate,) = world.issue()
    asked = ask(world, Reference(id=certificate["id"]), reply_by=world.ctx.now() + 86_400)
    enquiry = asked["enquiry"]
    assert listed(world, enquiry, "customs-au")["state"] == "pending"
    world.done(asked)
    mine, theirs = listed(world, enquiry, "customs-au"), listed(world, enquiry, "chamber-cn")
    for row, direction in ((mine, "asked"), (theirs, "received")):
        assert (row["number"], row["direction"], row["state"]) == (certificate["number"], direction, "open")
        assert (row["from"]["name"], row["to"]["name"]) == ("customs-au", "chamber-cn")
    before = world.ctx.clock
    world.ctx.clock = lambda: datetime.fromtimestamp(mine["replyBy"] + 1, UTC)
    try:
        assert listed(world, enquiry, "customs-au")["state"] == "overdue"
    finally:
        world.ctx.clock = before
    chamber = world.principal("chamber-cn")
    world.done(enquiries.answer(world.ctx, chamber, enquiry, "CONFIRMED", "It is.", ALWAYS))
    assert listed(world, enquiry, "customs-au")["state"] == "answered"


def test_the_number_is_told_to_those_only_who_may_read_the_certificate_or_brought_it(world: World) -> None:
    (certificate,) = world.issue(world.document(destination="KR", importCountry="KR"))
    bundle = parse_object(certificates.bundle(world.ctx, world.principal("chamber-cn"), certificate["id"]))
    carrier = world.actors["chamber-au"]
    asked = enquiries.enquire(
        world.ctx,
        world.principal("customs-au"),
        carrier.identifier,
        Reference(bundle=bundle),
        1,
        None,
        "Do you know it?",
        ALWAYS,
    )
    world.done(asked)
    assert listed(world, asked["enquiry"], "customs-au")["number"] == certificate["number"]
    row = listed(world, asked["enquiry"], "chamber-au")
    assert (row["number"], row["leaf"]) == (None, certificate["leaf"])


def test_an_enquiry_that_was_never_signed_says_so(world: World) -> None:
    asked = ask(world, None)
    signing.refuse(world.ctx, world.principal("customs-au"), asked["act"]["id"], "SIGNER_LIMIT", "no")
    assert listed(world, asked["enquiry"], "customs-au")["state"] == "not-asked"


def test_a_number_that_is_not_here_leads_to_how_one_asks_about_a_paper(world: World) -> None:
    with pytest.raises(NotFound) as refused:
        ask(world, Reference(number="PAPER-77"))
    assert refused.value.reason == "ENQUIRED_UNKNOWN"
    assert "--paper" in refused.value.next_step
