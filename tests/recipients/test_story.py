"""A certificate's recipients over the API: who is told what, who may read it, and who may not."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger_app.services import clearing, enquiries, issuing, lifecycle
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from ledger_app.store import index
from tests.recipients.receiver import Receiver
from tests.support.world import World

BANK = "urn:test:carrier"


@pytest.fixture
def clients(world: World) -> Any:
    with ExitStack() as open_:
        yield {
            name: open_.enter_context(world.client(name))
            for name in ("chamber-cn", "chamber-au", "exporter-cn", "carrier", "customs-au", "trader")
        }


Clients = dict[str, TestClient]


def told(client: TestClient, leaf: str, count: int, type_: str = "") -> list[dict[str, Any]]:
    """The notices about a leaf, once there are `count`; `type_` narrows."""
    until = time.monotonic() + 60
    while True:
        found, cursor = [], None
        while True:
            page = client.get(
                "/v1/inbox", params={"limit": 200, **({"cursor": cursor} if cursor else {})}
            ).json()
            found += [one for one in page["notices"] if one["data"].get("leaf") == leaf]
            if not page["notices"]:
                break
            cursor = page["next"]
        found = [one for one in found if type_ in one["type"]]
        if len(found) >= count:
            return found
        assert time.monotonic() < until, [one["type"] for one in found]
        time.sleep(0.1)


def send(client: TestClient, certificate: dict[str, Any], to: str = BANK) -> Any:
    return client.post(f"/v1/certificates/{certificate['id']}/send", json={"to": to})


def do(
    world: World, who: str, act: Callable[..., dict[str, Any]], certificate: dict[str, Any], *more: Any
) -> None:
    world.done(act(world.ctx, world.principal(who), Reference(id=certificate["id"]), *more, ALWAYS))


def reason(answer: Any) -> str:
    return str(answer.json()["reason"])


def test_who_is_sent_a_certificate_may_read_it_fetch_it_find_it_and_send_it_on(
    world: World, clients: Clients
) -> None:
    (made,) = world.issue()
    path = f"/v1/certificates/{made['id']}"
    for name in ("carrier", "chamber-au"):
        assert clients[name].get(path).status_code == 404
        assert clients[name].get(f"{path}/recipients").status_code == 404
    assert send(clients["chamber-cn"], made).status_code == 200
    bank = clients["carrier"]
    assert bank.get(path).json()["number"] == made["number"]
    assert bank.get(f"{path}/bundle").status_code == 200
    found = bank.get("/v1/certificates", params={"number": made["number"]}).json()["certificates"]
    assert [one["id"] for one in found] == [made["id"]]
    assert send(bank, made, "urn:test:chamber-au").status_code == 200
    assert clients["chamber-au"].get(path).status_code == 200
    rows = clients["chamber-cn"].get(f"{path}/recipients").json()["recipients"]
    by_name = {row["organisation"]["name"]: row for row in rows}
    assert {name: row["sentBy"]["name"] for name, row in by_name.items()} == {
        "carrier": "chamber-cn",
        "chamber-au": "carrier",
    }
    assert by_name["carrier"]["fetchedAt"] >= by_name["carrier"]["sentAt"]
    assert by_name["chamber-au"]["fetchedAt"] is None
    # who has it from the bank is not told who has it from others
    rows = clients["chamber-au"].get(f"{path}/recipients").json()["recipients"]
    assert [row["organisation"]["name"] for row in rows] == ["chamber-au"]


def test_sending_twice_tells_once_and_a_key_makes_one_of_two_requests(world: World, clients: Clients) -> None:
    (made,) = world.issue()
    first = send(clients["chamber-cn"], made)
    assert send(clients["chamber-cn"], made).json() == first.json()
    headers = {"Idempotency-Key": "send-it-once"}
    path = f"/v1/certificates/{made['id']}/send"
    again = [clients["chamber-cn"].post(path, json={"to": BANK}, headers=headers) for _ in range(2)]
    assert again[0].json() == again[1].json() == first.json()
    assert len(told(clients["carrier"], made["leaf"], 1)) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "RECIPIENT_UNCLEAR"),
        ({"to": BANK, "endpoint": "0" * 32}, 400, "RECIPIENT_UNCLEAR"),
        ({"to": "urn:test:chamber-cn"}, 400, "RECIPIENT_UNCLEAR"),
        ({"to": "urn:test:nobody"}, 404, "ORGANISATION_UNKNOWN_HERE"),
        ({"endpoint": "0" * 32}, 404, "WEBHOOK_UNKNOWN"),
        ({"endpoint": "nonsense"}, 400, "BODY_INVALID"),
    ],
)
def test_what_names_no_recipient_is_refused(
    world: World, clients: Clients, body: dict[str, Any], status: int, code: str
) -> None:
    (made,) = world.issue()
    answer = clients["chamber-cn"].post(f"/v1/certificates/{made['id']}/send", json=body)
    assert (answer.status_code, reason(answer)) == (status, code)


def test_who_sees_a_certificate_only_by_office_does_not_pass_it_on(world: World, clients: Clients) -> None:
    (made,) = world.issue()
    assert clients["customs-au"].get(f"/v1/certificates/{made['id']}").status_code == 200
    answer = send(clients["customs-au"], made)
    assert (answer.status_code, reason(answer)) == (403, "SEND_NOT_YOURS")
    assert send(clients["chamber-au"], made).status_code == 404
    assert send(clients["trader"], made).status_code == 403
    with world.client() as stranger:
        assert send(stranger, made).status_code == 401
        assert stranger.get("/v1/inbox").status_code == 401
        assert stranger.get("/v1/webhooks").status_code == 401


def test_what_is_not_on_the_ledger_yet_is_not_sent(world: World, clients: Clients) -> None:
    answer = issuing.issue(world.ctx, world.principal("chamber-cn"), [world.document()], ALWAYS)
    refused = send(clients["chamber-cn"], answer["certificates"][0])
    assert (refused.status_code, reason(refused)) == (409, "NOT_REGISTERED_YET")


def test_nothing_is_sent_by_an_index_that_does_not_know_again_what_it_told(
    world: World, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = world.issue()
    assert send(clients["chamber-cn"], made).status_code == 200
    do(world, "chamber-cn", lifecycle.revoke, made, 2)
    told(clients["carrier"], made["leaf"], 1, "revoked")
    follower = world.ctx.follower
    assert follower is not None
    with monkeypatch.context() as held:
        held.setattr(follower, "step", lambda until=None: False)
        time.sleep(0.3)  # a step that is under way
        with world.ctx.store.begin() as conn:  # as a rebuild that was stopped left it
            index.drop_above(conn, -1)
            index.set_cursor(conn, None)
        answer = send(clients["chamber-cn"], made, "urn:test:customs-au")
        assert (answer.status_code, reason(answer)) == (503, "INDEX_CATCHING_UP")
    world.catch_up()
    assert send(clients["chamber-cn"], made, "urn:test:customs-au").status_code == 200
    (sent,) = told(clients["customs-au"], made["leaf"], 1, "certificate.sent")
    assert sent["data"]["standing"] == "revoked"


def test_the_life_of_a_certificate_reaches_its_recipients_and_its_uses_those_who_are_entitled(
    world: World, clients: Clients, receiver: Receiver
) -> None:
    chamber = clients["chamber-cn"]
    outside = chamber.post("/v1/webhooks", json={"url": receiver.url, "outside": True}).json()
    (made,) = world.issue(world.document(allowance=3))
    assert send(chamber, made).status_code == 200
    path = f"/v1/certificates/{made['id']}/send"
    assert chamber.post(path, json={"endpoint": outside["id"]}).status_code == 200
    do(world, "chamber-cn", lifecycle.suspend, made, "UNDER_INVESTIGATION")
    do(world, "chamber-cn", lifecycle.reinstate, made)
    do(world, "customs-au", clearing.acquit, made, "IMPORT-1", 1, [])
    do(world, "customs-au", clearing.acquit, made, "IMPORT-2", 2, [])
    do(world, "customs-au", clearing.withdraw, made, "IMPORT-1", "ENTERED_IN_ERROR")
    do(world, "customs-au", clearing.refuse, made, "IMPORT-3", "GOODS_DIFFER")
    do(world, "chamber-cn", lifecycle.revoke, made, "NOT_ORIGINATING")
    story = ["suspended", "reinstated", "used", "used_up", "use_withdrawn", "claim_refused", "revoked"]
    for name, expected in (("carrier", ["sent", *story]), ("chamber-cn", story)):
        notices = told(clients[name], made["leaf"], len(expected))
        assert [one["type"].partition(".")[2] for one in notices] == expected, name
        assert all(one["data"]["number"] == made["number"] for one in notices)
        by = {one["type"]: one["data"].get("by") for one in notices}
        customs = world.actors["customs-au"].id if name == "chamber-cn" else None
        assert by["certificate.used"] == customs
    receiver.until(lambda r: len(r.got) >= 4, "four notices")
    bodies = [one.verified(outside["secret"]) for one in receiver.got]
    # An outside endpoint is told of the standing, and of no use.
    assert [body["type"] for body in bodies] == [
        "certificate.sent",
        *(f"certificate.{name}" for name in ("suspended", "reinstated", "revoked")),
    ]
    assert [body["data"]["standing"] for body in bodies] == ["good", "suspended", "good", "revoked"]
    assert {body["data"]["certificate"] for body in bodies} == {None}
    assert bodies[-1]["data"]["reason"] == {"number": 2, "code": "NOT_ORIGINATING"}


def test_no_name_and_no_document_goes_out_with_a_notice(
    world: World, clients: Clients, receiver: Receiver
) -> None:
    bank = clients["carrier"]
    hook = bank.post("/v1/webhooks", json={"url": receiver.url}).json()
    document = world.document()
    (made,) = world.issue(document)
    send(clients["chamber-cn"], made)
    do(world, "chamber-cn", lifecycle.revoke, made, "HOLDER_REQUEST")
    receiver.until(lambda r: r.of_type("certificate.revoked"), "revoked")
    sent = b"".join(one.body for one in receiver.got).decode()
    for party in ("exporter", "consignee", "producer", "issuer"):
        for value in (document.get(party) or {}).values():
            if isinstance(value, str) and len(value) > 3:
                assert value not in sent, party
    bank.delete(f"/v1/webhooks/{hook['id']}")


def test_a_correction_tells_everybody_who_had_the_old_one_and_shows_the_new_one_to_who_may_read_it(
    world: World, clients: Clients
) -> None:
    (made,) = world.issue()
    send(clients["chamber-cn"], made)
    answer = issuing.supersede(
        world.ctx,
        world.principal("chamber-cn"),
        Reference(id=made["id"]),
        [world.document()],
        "CORRECTION",
        ALWAYS,
    )
    world.done(answer)
    (new,) = answer["certificates"]
    old = told(clients["carrier"], made["leaf"], 1, "superseded")[0]["data"]
    assert (old["standing"], old["reason"]["code"]) == ("superseded", "CORRECTION")
    (successor,) = old["successors"]
    assert (successor["leaf"], successor["digest"]) == (new["leaf"], new["digest"])
    assert "number" not in successor
    own = told(clients["chamber-cn"], made["leaf"], 1, "superseded")[0]["data"]["successors"]
    assert own[0]["number"] == new["number"]


def test_an_enquiry_and_its_answer_reach_the_two_that_it_is_between(world: World, clients: Clients) -> None:
    (made,) = world.issue()
    send(clients["chamber-cn"], made)
    ctx, customs = world.ctx, world.principal("customs-au")
    reference, to = Reference(id=made["id"]), world.actors["chamber-cn"].identifier
    day = ctx.now() + 86_400
    asked = enquiries.enquire(ctx, customs, to, reference, "ORIGIN", day, "Really?", ALWAYS)
    world.done(asked)
    (question,) = told(clients["chamber-cn"], made["leaf"], 1, "enquiry.asked")
    assert (question["data"]["enquiry"], question["data"]["replyBy"]) == (asked["enquiry"], day)
    chamber = world.principal("chamber-cn")
    world.done(enquiries.answer(ctx, chamber, asked["enquiry"], "CONFIRMED", "Yes.", ALWAYS))
    (answered,) = told(clients["customs-au"], made["leaf"], 1, "enquiry.answered")
    assert answered["data"]["answer"]["code"] == "CONFIRMED"
    assert not [one for one in told(clients["carrier"], made["leaf"], 0) if "enquiry" in one["type"]]
    assert "Really?" not in clients["chamber-cn"].get("/v1/inbox", params={"limit": 200}).text


def test_the_inbox_goes_on_where_it_was_left_and_shows_the_newest_first_when_asked(
    world: World, clients: Clients
) -> None:
    bank = clients["carrier"]
    made = world.issue(*(world.document() for _ in range(5)))
    for one in made:
        send(clients["chamber-cn"], one)
    newest = bank.get("/v1/inbox", params={"order": "newest", "limit": 3}).json()
    assert [one["data"]["leaf"] for one in newest["notices"]] == [one["leaf"] for one in reversed(made[2:])]
    more = bank.get("/v1/inbox", params={"order": "newest", "limit": 2, "cursor": newest["next"]}).json()
    assert [one["data"]["leaf"] for one in more["notices"]] == [made[1]["leaf"], made[0]["leaf"]]
    cursor = None
    while page := bank.get("/v1/inbox", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json():
        cursor = page["next"]
        if not page["notices"]:
            break
    (late,) = world.issue()
    send(clients["chamber-cn"], late)
    page = bank.get("/v1/inbox", params={"cursor": cursor, "type": ["certificate.sent"]}).json()
    assert [one["data"]["leaf"] for one in page["notices"]] == [late["leaf"]]
    assert bank.get("/v1/inbox", params={"type": "certificate.lost"}).status_code == 400
    assert bank.get("/v1/inbox", params={"cursor": "djEueA"}).status_code == 400


def test_who_brings_a_bundle_for_an_act_is_known_and_told(world: World, clients: Clients) -> None:
    (made,) = world.issue()
    bundle = clients["chamber-cn"].get(f"/v1/certificates/{made['id']}/bundle").json()
    body = {"declaration": "IMPORT-9", "units": 1, "certificate": {"bundle": bundle}}
    answer = clients["customs-au"].post("/v1/certificates/by-reference/acquit", json=body)
    world.done(answer.json())
    rows = clients["chamber-cn"].get(f"/v1/certificates/{made['id']}/recipients").json()["recipients"]
    assert [(row["organisation"]["name"], row["receivedAt"] is None) for row in rows] == [
        ("customs-au", False)
    ]
    (used,) = told(clients["customs-au"], made["leaf"], 1)
    assert used["type"] == "certificate.used_up"


def test_a_certificate_of_elsewhere_is_passed_on_as_its_file(world: World, clients: Clients) -> None:
    (made,) = world.issue()
    bundle = clients["chamber-cn"].get(f"/v1/certificates/{made['id']}/bundle").json()
    body = {"to": BANK, "certificate": {"bundle": bundle}}
    answer = clients["exporter-cn"].post("/v1/certificates/by-reference/send", json=body)
    assert (answer.status_code, reason(answer)) == (422, "CERTIFICATE_ELSEWHERE")
