"""Acts that wait: deadlines that pass, signatures that came too late, an installation without a ledger."""

import itertools
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ledger_app.app import Installation, create_app
from ledger_app.config import load_settings
from ledger_app.errors import Conflict, Unavailable
from ledger_app.services import acts as shown
from ledger_app.services import issuing, lifecycle, signing
from ledger_app.services.context import ALWAYS
from ledger_app.services.housekeeping import Housekeeper
from ledger_app.services.locating import Reference
from ledger_app.store import acts
from ledger_app.store.engine import Connection
from ledger_app.store.tables_records import acts as table
from tests.support.world import World


def backdate(world: World, act_id: str, **values: object) -> None:
    """Move an act's deadline into the past, as time would."""
    past = world.ctx.now() - 10
    with world.ctx.store.begin() as conn:
        act = acts.get(conn, act_id)
        assert act is not None
        message = {**act.message, "deadline": past}
        conn.execute(
            table.update().where(table.c.id == act_id).values(message=message, deadline=past, **values)
        )


def test_an_unsigned_act_expires_and_frees_its_number(world: World) -> None:
    chamber = world.principal("chamber-cn")
    document = world.document()
    answer = issuing.issue(world.ctx, chamber, [document], ALWAYS)
    act_id = answer["act"]["id"]
    backdate(world, act_id)
    request = signing.request(world.ctx, chamber, act_id)
    with pytest.raises(Conflict, match="ACT_NOT_SIGNABLE"):
        world.sign(world.actors["chamber-cn"], request)
    Housekeeper(world.ctx).step()
    ended = shown.show(world.ctx, chamber, act_id)
    assert (ended["state"], ended["reason"]) == ("expired", "DEADLINE_PASSED")
    world.done(issuing.issue(world.ctx, chamber, [document], ALWAYS))


def test_a_signed_act_that_came_too_late_is_asked_for_again_with_a_new_deadline(world: World) -> None:
    chamber = world.principal("chamber-cn")
    answer = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
    act_id = answer["act"]["id"]
    backdate(world, act_id, reason="DEADLINE_PASSED")  # as the submitter leaves it
    (request,) = [r for r in signing.requests(world.ctx, chamber)[0] if r["id"] == act_id]
    assert request["message"]["deadline"] > world.ctx.now()
    world.sign(world.actors["chamber-cn"], request)
    assert world.settle(answer)["state"] in ("included", "final")


def test_the_housekeeper_leaves_acts_alone_that_will_be_asked_for_again(world: World) -> None:
    chamber = world.principal("chamber-cn")
    answer = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
    backdate(world, answer["act"]["id"], reason="DEADLINE_PASSED")
    Housekeeper(world.ctx).step()
    assert shown.show(world.ctx, chamber, answer["act"]["id"])["state"] == "needs-signature"
    signing.requests(world.ctx, chamber)
    world.done(answer)


def test_repeating_a_signature_changes_nothing(world: World) -> None:
    chamber = world.principal("chamber-cn")
    answer = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
    request = signing.request(world.ctx, chamber, answer["act"]["id"])
    first = world.sign(world.actors["chamber-cn"], request)
    world.settle(answer)
    again = world.sign(world.actors["chamber-cn"], request)
    assert (first["id"], again["state"]) == (again["id"], "final")


def test_a_refused_act_takes_no_signature(world: World) -> None:
    chamber = world.principal("chamber-cn")
    refused = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
    asked = signing.request(world.ctx, chamber, refused["act"]["id"])
    signing.refuse(world.ctx, chamber, asked["id"], "SIGNER_PERSON_REFUSED")
    with pytest.raises(Conflict, match="ACT_NOT_SIGNABLE"):
        world.sign(world.actors["chamber-cn"], asked)


@pytest.mark.parametrize("failing", range(1, 6))
def test_a_request_is_shown_with_its_papers_or_not_at_all(
    world: World, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever read of the database fails: a signer that saw no papers would refuse for good."""
    chamber = world.principal("chamber-cn")
    answer = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
    reads = itertools.count(1)
    read, here = world.ctx.store.read, threading.get_ident()

    def sometimes() -> AbstractContextManager[Connection]:
        if threading.get_ident() == here and next(reads) == failing:
            raise Unavailable("STORE_UNAVAILABLE")
        return read()

    with monkeypatch.context() as patched:
        patched.setattr(world.ctx.store, "read", sometimes)
        try:
            shown = signing.requests(world.ctx, chamber)[0]
        except Unavailable:
            shown = []
    assert bool(shown) == (failing >= next(reads)), "what one read did not give makes the answer fail"
    assert all(request["evidence"].get("documents") for request in shown)
    assert signing.request(world.ctx, chamber, answer["act"]["id"])["evidence"]["documents"]
    world.done(answer)


def test_nothing_is_asked_about_a_certificate_whose_issue_came_to_nothing(world: World) -> None:
    chamber = world.principal("chamber-cn")
    answer = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
    named = Reference(number=answer["certificates"][0]["number"])
    signing.refuse(world.ctx, chamber, answer["act"]["id"], "SIGNER_PERSON_REFUSED")
    with pytest.raises(Conflict, match="CERTIFICATE_NEVER_ISSUED"):
        lifecycle.revoke(world.ctx, chamber, named, "FALSE_STATEMENT", ALWAYS)
    assert signing.requests(world.ctx, chamber)[0] == []


def test_requests_come_in_pages_and_end(world: World) -> None:
    chamber = world.principal("chamber-cn")
    answers = [issuing.issue(world.ctx, chamber, [world.document()], ALWAYS) for _ in range(5)]
    wanted = [answer["act"]["id"] for answer in answers]
    found, after = [], ""
    while True:
        page, next_after = signing.requests(world.ctx, chamber, after=after, limit=2)
        found += [request["id"] for request in page]
        if next_after is None:
            break
        after = next_after
    assert [act_id for act_id in found if act_id in wanted] == wanted
    assert len(found) == len(set(found))
    for answer in answers:
        world.done(answer)


def test_without_a_ledger_the_service_runs_and_says_so(tmp_path: Path) -> None:
    settings = load_settings(demo=True, data=tmp_path)
    with (
        Installation(settings) as installation,
        TestClient(create_app(settings, installation), raise_server_exceptions=False) as client,
    ):
        assert client.get("/livez").status_code == 200
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert {c["name"]: c["reason"] for c in ready.json()["checks"]}["ledger"] == "NO_LEDGER"
        for path in ("/v1/ledger", "/v1/council"):
            reply = client.get(path)
            assert (reply.status_code, reply.json()["reason"]) == (503, "NO_LEDGER")


def test_a_second_start_finds_everything_as_it_was(tmp_path: Path) -> None:
    with World.start(tmp_path) as world:
        (certificate,) = world.issue()
        pin, token = world.ctx.pin, world.token("chamber-cn")
        settings = world.installation.settings
    with (
        Installation(settings) as again,
        TestClient(create_app(settings, again), headers={"Authorization": f"Bearer {token}"}) as client,
    ):
        assert again.services.pin == pin
        assert client.get(f"/v1/certificates/{certificate['id']}").json()["state"] == "final"
        report = client.post("/v1/verify", json={"digest": certificate["digest"]}).json()
        assert (report["verdict"], report["standing"]) == ("GENUINE", "good")
