"""What is refused to whom on the way to a certificate; what is kept when two act at once, or an act fails."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import text

from ledger_app.access.principals import Kind, Principal, create_token, principal_for
from ledger_app.errors import Conflict, LedgerError
from ledger_app.services import signing
from ledger_app.services.applying import steps
from ledger_app.services.context import ALWAYS
from tests.applications.desk import Desk, add_range, document, ok, refusal, self_certified
from tests.support.world import World


class Desks:
    """The three parties of an application."""

    def __init__(self, world: World, exporter: Desk, chamber: Desk) -> None:
        self.world, self.exporter, self.chamber = world, exporter, chamber
        self.chamber_id = world.actors["chamber-cn"].identifier

    def drafted(self, **changes: Any) -> dict[str, Any]:
        return self.exporter.draft(document(self.world, **changes), self.chamber_id)

    def submitted(self, **changes: Any) -> dict[str, Any]:
        return self.exporter.do(self.drafted(**changes), "submit")

    def taken(self, **changes: Any) -> dict[str, Any]:
        return self.chamber.do(self.submitted(**changes), "take")


@pytest.fixture
def desks(world: World) -> Iterator[Desks]:
    with ExitStack() as stack:
        exporter, chamber = (
            Desk(stack.enter_context(world.client(name))) for name in ("exporter-cn", "chamber-cn")
        )
        yield Desks(world, exporter, chamber)


def person(world: World, name: str, who: str) -> Principal:
    """The principal of an actor whose token names a person."""
    token = create_token(world.ctx.store, Kind.ORGANISATION, organisation=world.actors[name].id, person=who)
    return principal_for(world.ctx.store, f"Bearer {token}")


def test_it_can_be_recalled_until_it_is_taken_and_withdrawn_until_it_is_issued(desks: Desks) -> None:
    submitted = desks.submitted()
    recalled = desks.exporter.do(submitted, "recall")
    assert recalled["stage"] == "draft"
    assert desks.chamber.show(recalled)["document"] is None
    taken = desks.chamber.do(desks.exporter.do(recalled, "submit"), "take")
    assert refusal(desks.exporter.try_(taken, "recall")) == (409, "LIFE_FORBIDS")
    withdrawn = desks.exporter.do(taken, "withdraw")
    assert withdrawn["stage"] == "withdrawn"
    assert refusal(desks.chamber.try_(withdrawn, "issue")) == (409, "LIFE_FORBIDS")


def test_a_refusal_is_final_and_says_why(desks: Desks) -> None:
    taken = desks.taken()
    assert refusal(desks.chamber.try_(taken, "refuse", reasons=[" "])) == (400, "REASONS_NEEDED")
    assert refusal(desks.chamber.try_(taken, "refuse")) == (400, "BODY_INVALID")
    refused = desks.chamber.do(taken, "refuse", reasons=["No evidence of origin.", "Item 2 is of another."])
    shown = desks.exporter.show(refused)
    assert (shown["stage"], shown["reasons"]) == (
        "refused",
        ["No evidence of origin.", "Item 2 is of another."],
    )
    assert desks.exporter.steps(refused)[0]["reasons"] == shown["reasons"]
    assert refusal(desks.exporter.edit(shown, {})) == (409, "LIFE_FORBIDS")


@pytest.mark.parametrize("step", ["take", "return", "refuse"])
def test_what_the_issuing_body_decides_the_applicant_may_not(desks: Desks, step: str) -> None:
    submitted = desks.submitted()
    body = {} if step == "take" else {"reasons": ["Because."]}
    assert refusal(desks.exporter.try_(submitted, step, **body)) == (403, "NOT_ENTITLED")


def test_the_issuing_body_writes_nothing_in_the_applicants_name(desks: Desks, world: World) -> None:
    submitted = desks.submitted()
    chamber = world.principal("chamber-cn")
    for step in ("recall", "withdraw"):
        with pytest.raises(LedgerError, match="LIFE_NOT_YOURS"):
            steps.decide(world.ctx, chamber, submitted["id"], step, submitted["version"], [], ALWAYS)
    assert refusal(desks.chamber.edit(submitted, {})) == (403, "NOT_ENTITLED")


def test_who_did_not_see_the_last_version_decides_nothing(desks: Desks) -> None:
    drafted = desks.drafted()
    edited = ok(desks.exporter.edit(drafted, document(desks.world, remarks="New.")))
    reply = desks.exporter.try_(drafted, "submit")
    assert refusal(reply) == (409, "APPLICATION_MOVED")
    assert (reply.json()["version"], reply.json()["stage"]) == (2, "draft")
    assert refusal(desks.exporter.edit(drafted, {})) == (409, "APPLICATION_MOVED")
    assert desks.exporter.show(edited)["document"]["remarks"] == "New."


def test_of_two_examiners_at_once_one_is_told_that_it_moved(desks: Desks, world: World) -> None:
    add_range(world, desks.chamber.client)
    taken, chamber = desks.taken(), world.principal("chamber-cn")
    start, outcomes = threading.Barrier(2), []

    def act(refuses: bool) -> None:
        start.wait(60)
        try:
            if refuses:
                steps.decide(world.ctx, chamber, taken["id"], "refuse", taken["version"], ["No."], ALWAYS)
            else:
                steps.issue(world.ctx, chamber, taken["id"], taken["version"], ALWAYS)
            outcomes.append("done")
        except Conflict as refused:
            outcomes.append(refused.reason)

    threads = [threading.Thread(target=act, args=(each,)) for each in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(outcomes) == ["APPLICATION_MOVED", "done"]
    assert [step["version"] for step in desks.exporter.steps(taken)] == [4, 3, 2, 1]


def test_a_repeated_request_has_one_effect_and_one_answer(desks: Desks, world: World) -> None:
    add_range(world, desks.chamber.client)
    key = {"Idempotency-Key": "k-" + desks.drafted()["id"]}
    body = {"document": document(desks.world), "issuer": desks.chamber_id}
    first, second = (
        ok(desks.exporter.client.post("/v1/applications", json=body, headers=key)) for _ in range(2)
    )
    assert first == second
    taken = desks.chamber.do(desks.exporter.do(first, "submit"), "take")
    url, version = f"/v1/applications/{taken['id']}/issue", {"version": taken["version"]}
    once, again = (ok(desks.chamber.client.post(url, json=version, headers=key)) for _ in range(2))
    assert once["act"]["id"] == again["act"]["id"]
    assert once["certificates"] == again["certificates"]


def test_where_the_act_comes_to_nothing_it_is_examined_again_and_the_number_is_shown_as_void(
    desks: Desks, world: World
) -> None:
    prefix = add_range(world, desks.chamber.client)
    asked = desks.chamber.do(desks.taken(), "issue")
    chamber = world.principal("chamber-cn")
    signing.refuse(world.ctx, chamber, asked["act"]["id"], "LIMIT_EXCEEDED", "Too many today.")
    back = desks.chamber.show(asked["application"])
    assert (back["stage"], back["act"]["state"], back["act"]["reason"]) == (
        "under-examination",
        "refused",
        "LIMIT_EXCEEDED",
    )
    latest = desks.exporter.steps(back)[0]
    assert (latest["step"], latest["act"]["state"]) == ("issue", "refused")
    listed = ok(desks.chamber.client.get("/v1/applications?stage=under-examination&limit=200"))
    assert back["id"] in {row["id"] for row in listed["applications"]}
    (row, *_) = ok(desks.chamber.client.get("/v1/numbers"))["ranges"]
    numbers = ok(desks.chamber.client.get(f"/v1/numbers/{row['id']}"))["numbers"]
    assert [(one["number"], one["state"], one["reason"]) for one in numbers] == [
        (prefix + "0001", "void", "LIMIT_EXCEEDED")
    ]
    again = desks.chamber.do(back, "issue")
    assert again["certificates"][0]["number"] == prefix + "0002"
    world.done(again)
    assert desks.exporter.show(back)["certificate"]["number"] == prefix + "0002"
    wanted = ok(desks.chamber.client.get("/v1/applications?stage=issued&limit=200"))["applications"]
    assert back["id"] in {row["id"] for row in wanted}


def test_without_a_range_the_examiner_names_the_number_or_it_is_not_issued(
    desks: Desks, world: World
) -> None:
    taken = desks.taken(scheme="NON-PREFERENTIAL")
    with world.ctx.store.begin() as conn:
        conn.execute(text("DELETE FROM number_ranges"))
    assert refusal(desks.chamber.try_(taken, "issue")) == (409, "NUMBERS_NONE")
    assert desks.chamber.show(taken)["version"] == taken["version"]
    number, day = f"HAND-{taken['id'][-8:]}", world.ctx.clock().date().isoformat()
    asked = desks.chamber.do(taken, "issue", number=number, issueDate=day)
    world.done(asked)
    issued = ok(desks.exporter.client.get(f"/v1/certificates/{asked['certificates'][0]['id']}"))
    assert (issued["document"]["number"], issued["document"]["issueDate"]) == (number, day)
    other = desks.taken()
    assert refusal(desks.chamber.try_(other, "issue", number=number)) == (409, "NUMBER_TAKEN")
    assert refusal(desks.chamber.try_(other, "issue", number="X", issueDate="21/11")) == (400, "DAY_INVALID")
    assert desks.chamber.show(other)["stage"] == "under-examination"


def test_documents_without_a_number_are_issued_under_the_next_ones(desks: Desks, world: World) -> None:
    prefix = add_range(world, desks.chamber.client)
    documents = [
        {name: value for name, value in world.document().items() if name != "number"} for _ in range(3)
    ]
    documents[1]["number"] = f"OWN-{prefix}1"
    answer = ok(desks.chamber.client.post("/v1/certificates", json={"documents": documents}))
    assert [one["number"] for one in answer["certificates"]] == [
        prefix + "0001",
        f"OWN-{prefix}1",
        prefix + "0002",
    ]
    bad = [{**documents[0], "items": []}]
    assert refusal(desks.chamber.client.post("/v1/certificates", json={"documents": bad})) == (
        422,
        "DOCUMENT_INVALID",
    )
    (row, *_) = ok(desks.chamber.client.get("/v1/numbers"))["ranges"]
    assert row["years"][0]["given"] == 2


# --- who may apply ----------------------------------------------------------------------------------------


def test_only_the_exporter_or_its_agent_with_a_mandate_applies(desks: Desks, world: World) -> None:
    other = {"name": "Somebody else", "identifier": "urn:test:somebody-else"}
    drafted = desks.drafted(exporter=other)
    assert refusal(desks.exporter.try_(drafted, "submit")) == (403, "APPLICANT_DIFFERS")
    unnamed = ok(desks.exporter.edit(drafted, document(world, exporter={"name": "No identifier"})))
    assert refusal(desks.exporter.try_(unnamed, "submit")) == (403, "APPLICANT_DIFFERS")


def test_an_agent_applies_by_a_mandate_that_holds(desks: Desks, world: World) -> None:
    if "agent-cn" not in world.actors:
        agent = world._actor("agent-cn", "CN", ("AGENT",))
        world.done(world.enrolment(agent))
        world.catch_up()
    me = {"name": "Agent", "identifier": world.actors["agent-cn"].identifier}
    with world.client("agent-cn") as client:
        desk = Desk(client)
        case = desk.draft(document(world, agent=me), desks.chamber_id)
        assert refusal(desk.try_(case, "submit")) == (403, "APPLICANT_DIFFERS")
        over = {**me, "mandate": {"reference": "POA 1", "validUntil": "2020-01-01"}}
        case = ok(desk.edit(case, document(world, agent=over)))
        assert desk.try_(case, "submit").status_code in (403, 422)
        good = {**me, "mandate": {"reference": "POA 2", "validUntil": "2099-12-31"}}
        case = ok(desk.edit(case, document(world, agent=good)))
        assert desk.do(case, "submit")["stage"] == "submitted"
    assert refusal(desks.exporter.client.get(f"/v1/applications/{case['id']}")) == (
        404,
        "APPLICATION_UNKNOWN",
    )


def test_who_does_not_issue_for_others_is_not_asked(desks: Desks, world: World) -> None:
    ask = desks.exporter.client
    carrier = world.actors["carrier"].identifier
    body = {"document": document(world)}
    assert refusal(ask.post("/v1/applications", json={**body, "issuer": carrier})) == (
        422,
        "NOT_AN_ISSUING_BODY",
    )
    assert refusal(ask.post("/v1/applications", json=body)) == (400, "APPLY_WHERE")
    assert refusal(ask.post("/v1/applications", json={**body, "issuer": "urn:test:nobody"})) == (
        404,
        "ORGANISATION_UNKNOWN_HERE",
    )
    elsewhere = {**document(world), "issuer": {"identifier": carrier}}
    assert refusal(
        ask.post("/v1/applications", json={"document": elsewhere, "issuer": desks.chamber_id})
    ) == (
        422,
        "ISSUER_DIFFERS",
    )


def test_nothing_is_applied_for_that_an_exporter_certifies_itself_and_the_other_way_round(
    desks: Desks, world: World
) -> None:
    me = world.actors["exporter-cn"].identifier
    drafted = desks.exporter.draft(document(world, scheme="NON-PREFERENTIAL"), me)
    assert drafted["side"] == "self"
    assert refusal(desks.exporter.try_(drafted, "submit")) == (403, "LIFE_NOT_YOURS")
    assert refusal(desks.exporter.try_(drafted, "issue", number="N-1")) == (422, "BASIS_DIFFERS")


def test_an_approved_exporter_certifies_its_own_draft(desks: Desks, world: World) -> None:
    world.done(world.accreditation("exporter-cn", "RCEP", 2))
    world.catch_up()
    made = self_certified(world)
    drafted = desks.exporter.draft(made)
    assert [one["act"] for one in drafted["may"] if one["possible"]] == ["edit", "self-issue", "withdraw"]
    asked = desks.exporter.do(drafted, "issue")
    assert asked["certificates"][0]["number"] == made["number"]
    world.done(asked)
    assert desks.exporter.show(drafted)["stage"] == "issued"
    latest = desks.exporter.steps(drafted)[0]
    assert (latest["step"], latest["organisation"]["name"]) == ("self-issue", "exporter-cn")


def test_where_no_authority_issues_no_chamber_is_asked(desks: Desks, world: World) -> None:
    drafted = desks.drafted(scheme="USMCA")
    reply = desks.exporter.try_(drafted, "submit")
    assert refusal(reply) == (422, "DOCUMENT_INVALID")
    assert "/issuanceBasis" in {one["pointer"] for one in reply.json()["findings"]}


# --- four eyes --------------------------------------------------------------------------------------------


def test_with_four_eyes_who_examined_it_does_not_issue_it(desks: Desks, world: World) -> None:
    add_range(world, desks.chamber.client)
    submitted = desks.submitted()
    anna, boris = (person(world, "chamber-cn", name) for name in ("Anna", "Boris"))
    nameless = world.principal("chamber-cn")
    with pytest.raises(Conflict, match="FOUR_EYES"):
        steps.decide(
            world.ctx, nameless, submitted["id"], "take", submitted["version"], [], ALWAYS, four_eyes=True
        )
    taken = steps.decide(
        world.ctx, anna, submitted["id"], "take", submitted["version"], [], ALWAYS, four_eyes=True
    )
    for one in (anna, nameless):
        with pytest.raises(Conflict, match="FOUR_EYES"):
            steps.issue(world.ctx, one, taken["id"], taken["version"], ALWAYS)
    asked = steps.issue(world.ctx, boris, taken["id"], taken["version"], ALWAYS)
    assert asked["application"]["stage"] == "issuing"
    shown = desks.chamber.steps(submitted)
    assert [(one["step"], one["person"]) for one in shown[:2]] == [("issue", "Boris"), ("take", "Anna")]


def test_with_four_eyes_who_drafted_it_does_not_issue_it_by_putting_it_again_namelessly(
    desks: Desks, world: World
) -> None:
    before = world.ctx.settings
    world.ctx.settings = before.model_copy(update={"application_four_eyes": True})
    try:
        anna, boris = (person(world, "exporter-cn", name) for name in ("Anna", "Boris"))
        nameless, made = world.principal("exporter-cn"), self_certified(world)
        with pytest.raises(Conflict, match="FOUR_EYES"):
            steps.draft(world.ctx, nameless, None, made, ALWAYS)
        case = steps.draft(world.ctx, anna, None, made, ALWAYS)
        with pytest.raises(Conflict, match="FOUR_EYES"):
            steps.edit(world.ctx, nameless, case["id"], case["version"], made, ALWAYS)
        edited = steps.edit(world.ctx, boris, case["id"], case["version"], made, ALWAYS)
        for writer in (anna, boris, nameless):
            with pytest.raises(Conflict, match="FOUR_EYES"):
                steps.issue(world.ctx, writer, edited["id"], edited["version"], ALWAYS)
        clara = person(world, "exporter-cn", "Clara")
        asked = steps.issue(world.ctx, clara, edited["id"], edited["version"], ALWAYS)
        assert asked["application"]["stage"] == "issuing"
    finally:
        world.ctx.settings = before


def test_a_persons_token_makes_no_token_of_somebody_else(world: World) -> None:
    token = create_token(
        world.ctx.store, Kind.ORGANISATION, organisation=world.actors["chamber-cn"].id, person="Anna"
    )
    identifier = world.actors["chamber-cn"].identifier
    with world.client() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        body = {"kind": "organisation", "subject": identifier}
        assert refusal(client.post("/v1/tokens", json={**body, "person": "Boris"})) == (403, "NOT_ENTITLED")
        own = ok(client.post("/v1/tokens", json=body))["token"]
        client.headers["Authorization"] = f"Bearer {own}"
        assert ok(client.get("/v1/me"))["person"] == "Anna"


# --- what stays -------------------------------------------------------------------------------------------


def test_what_applicants_write_is_not_readable_in_the_database(desks: Desks, world: World) -> None:
    secret = "The margin of this shipment is confidential"
    taken = desks.taken(remarks=secret)
    desks.chamber.do(taken, "return", reasons=[secret])
    with world.ctx.store.read() as conn:
        for table in ("applications", "application_steps"):
            for row in conn.execute(text(f"SELECT * FROM {table}")):
                assert secret.encode() not in repr(tuple(row)).encode()


def test_an_erased_application_says_nothing_any_more(desks: Desks) -> None:
    taken = desks.taken()
    url = f"/v1/applications/{taken['id']}"
    assert refusal(desks.exporter.client.delete(url)) == (409, "APPLICATION_PENDING")
    desks.chamber.do(taken, "refuse", reasons=["For a reason that names somebody."])
    assert desks.exporter.client.delete(url).status_code == 204
    for desk in (desks.exporter, desks.chamber):
        shown = desk.show(taken)
        assert (shown["stage"], shown["erased"], shown["document"]) == ("refused", True, None)
        assert all(step["reasons"] == [] for step in desk.steps(taken))
    assert refusal(desks.exporter.edit(shown, {})) == (409, "APPLICATION_ERASED")


def test_lists_go_page_by_page_and_by_side(desks: Desks) -> None:
    made = [desks.submitted()["id"] for _ in range(3)]
    seen, cursor = [], ""
    while True:
        page = ok(desks.chamber.client.get(f"/v1/applications?received=true&limit=2{cursor}"))
        seen += [row["id"] for row in page["applications"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert [one for one in seen if one in made] == made[::-1]
    assert len(seen) == len(set(seen))
    assert ok(desks.exporter.client.get("/v1/applications?received=true"))["applications"] == []
    assert refusal(desks.exporter.client.get("/v1/applications?stage=lost")) == (400, "STAGE_UNKNOWN")
    first = ok(desks.exporter.client.get(f"/v1/applications/{made[0]}/history?limit=1"))
    rest = ok(desks.exporter.client.get(f"/v1/applications/{made[0]}/history?cursor={first['next']}"))
    assert [one["step"] for one in first["steps"] + rest["steps"]] == ["submit", "draft"]
