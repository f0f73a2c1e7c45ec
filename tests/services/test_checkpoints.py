"""Checkpoints and trust snapshots of a running installation: asked for, signed, published, proven from."""

import secrets
import time
from dataclasses import replace
from datetime import date

import pytest

from ledger_app.domain.standing import Standing, Verdict
from ledger_app.errors import BadInput, NotFound, NotPermitted, Unavailable
from ledger_app.proof import offline
from ledger_app.proof.bundle import Bundle, parse_bundle
from ledger_app.proof.facts import Question
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.ledger_state import LedgerState
from ledger_app.proof.log_tree import verify_consistency
from ledger_app.proof.statements import Signed, collected
from ledger_app.proof.trust import Trust, read_trust
from ledger_app.proof.typed_data import address_of, sign
from ledger_app.services import (
    certificates,
    checkpoints,
    clearing,
    issuing,
    lifecycle,
    members,
    signing,
    witness,
)
from ledger_app.services.books import Books
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from ledger_app.store import statements
from ledger_app.store.tables_statements import statements as table
from tests.support.world import Actor, World

TODAY = date(2026, 12, 1)


pytestmark = pytest.mark.usefixtures("no_split_view_stays")


def published(world: World, kind: str = statements.CHECKPOINT) -> Signed:
    """A new checkpoint or snapshot of now, signed by the council."""
    world.catch_up()
    ask = checkpoints.propose_checkpoint if kind == statements.CHECKPOINT else checkpoints.propose_snapshot
    act = world.done(ask(world.ctx, 30, ALWAYS))
    assert (act["state"], act["transaction"]) == ("final", None)
    return checkpoints.newest(world.ctx, kind)


def trusted(world: World) -> Trust:
    return read_trust(published(world, statements.SNAPSHOT), now=int(time.time()))


def bundle(world: World, certificate: dict[str, str], by: str = "chamber-cn") -> Bundle:
    return parse_bundle(certificates.bundle(world.ctx, world.principal(by), certificate["id"]))


def judged(found: Bundle, trust: Trust) -> tuple[Verdict, Standing, str]:
    result = offline.judge(found, trust, Question(TODAY, 86_400), int(time.time()))
    return result.judgement.verdict, result.judgement.standing, result.judgement.reason


def forged(world: World, **changes: object) -> Signed:
    """The newest checkpoint with something else in it, signed by two members all the same."""
    newest = checkpoints.newest(world.ctx, statements.CHECKPOINT)
    message = replace(newest.statement, **changes)
    digest = message.digest(newest.domain)
    return collected(newest.domain, message, [sign(digest, seat.key) for seat in world.council[:2]])


def test_verdict_and_standing_are_as_of_the_checkpoint(world: World) -> None:
    kept, ended, used, paused, original = world.issue(
        *(world.document(allowance=10) for _ in range(5)),
    )
    who, customs = world.principal("chamber-cn"), world.principal("customs-au")
    published(world)
    trust = trusted(world)
    before = {c["id"]: bundle(world, c) for c in (kept, ended, used, paused, original)}
    assert {judged(found, trust) for found in before.values()} == {(Verdict.GENUINE, Standing.GOOD, "")}

    world.done(lifecycle.revoke(world.ctx, who, Reference(id=ended["id"]), 1, ALWAYS))
    world.done(lifecycle.suspend(world.ctx, who, Reference(id=paused["id"]), 1, ALWAYS))
    reference = Reference(id=used["id"])
    world.done(clearing.acquit(world.ctx, customs, reference, "D-1", 10, None, ALWAYS))
    successor = world.document(allowance=10)
    replaced = issuing.supersede(world.ctx, who, Reference(id=original["id"]), [successor], "SPLIT", ALWAYS)
    world.done(replaced)
    published(world)
    standings = {
        name: judged(bundle(world, certificate), trust)[1]
        for name, certificate in {
            "kept": kept,
            "ended": ended,
            "used": used,
            "paused": paused,
            "original": original,
            "successor": replaced["certificates"][0],
        }.items()
    }
    assert standings == {
        "kept": Standing.GOOD,
        "ended": Standing.REVOKED,
        "used": Standing.USED_UP,
        "paused": Standing.SUSPENDED,
        "original": Standing.SUPERSEDED,
        "successor": Standing.GOOD,
    }
    # The older evidence still says what it said: it is as of its own block.
    assert judged(before[ended["id"]], trust) == (Verdict.GENUINE, Standing.GOOD, "")


def test_a_disowned_key_shows_by_either_file_until_the_issuer_confirms(world: World) -> None:
    chamber, who = world.actors["chamber-au"], world.principal("chamber-au")
    spare = secrets.token_bytes(32)
    accepted = world.acceptance(chamber, spare)
    world.done(members.add_key(world.ctx, who, chamber.identifier, address_of(spare), accepted, ALWAYS))
    document = world.document(destination="NZ", importCountry="NZ")
    document["issuer"] = {"identifier": chamber.identifier, "name": "chamber-au", "territory": "AU"}
    issued = issuing.issue(world.ctx, who, [document], ALWAYS)
    thief = Actor("chamber-au", chamber.identifier, "AU", (), key=spare)
    world.sign(thief, signing.request(world.ctx, who, issued["act"]["id"]))
    world.settle(issued)
    certificate = issued["certificates"][0]
    published(world)
    old_trust, old = trusted(world), bundle(world, certificate, "chamber-au")
    assert judged(old, old_trust)[1] is Standing.GOOD

    since = world.ctx.gateway.batch(bytes.fromhex(issued["batch"][2:])).time
    world.done(members.disown(world.ctx, chamber.identifier, address_of(spare), since, ALWAYS))
    new_trust = trusted(world)
    assert judged(old, new_trust)[1] is Standing.ISSUER_KEY_DISOWNED
    published(world)
    new = bundle(world, certificate, "chamber-au")
    assert judged(new, old_trust)[1] is Standing.ISSUER_KEY_DISOWNED

    world.done(lifecycle.confirm(world.ctx, who, issued["batch"], ALWAYS))
    published(world)
    confirmed = bundle(world, certificate, "chamber-au")
    assert judged(confirmed, new_trust)[1] is Standing.GOOD
    unshown = replace(confirmed, evidence={**(confirmed.evidence or {}), "confirmation": None})
    assert judged(unshown, new_trust)[1] is Standing.ISSUER_KEY_DISOWNED


def test_a_later_checkpoint_is_proven_to_follow_from_an_earlier_one(world: World) -> None:
    world.issue()
    old = published(world)
    world.issue(), world.issue()
    new = published(world)
    found = checkpoints.consistency(world.ctx, to_hex(new.digest), to_hex(old.digest))
    proof = [from_hex(node, 32) for node in found["proof"]]
    a, b = old.statement, new.statement
    assert b.batches == a.batches + 2
    assert (found["from"], found["to"]) == (to_hex(old.digest), to_hex(new.digest))
    assert verify_consistency(a.batches, b.batches, a.batches_root, b.batches_root, proof)


def test_evidence_is_left_out_or_insisted_on(world: World) -> None:
    published(world)
    (late,) = world.issue()
    who = world.principal("chamber-cn")
    assert bundle(world, late).evidence is None
    with pytest.raises(NotFound, match="CHECKPOINT_TOO_OLD"):
        certificates.bundle(world.ctx, who, late["id"], None, True)
    published(world)
    assert bundle(world, late).evidence is not None
    partly = parse_bundle(certificates.bundle(world.ctx, who, late["id"], ["/number"]))
    assert judged(partly, trusted(world)) == (Verdict.GENUINE, Standing.GOOD, "")
    assert parse_bundle(certificates.bundle(world.ctx, who, late["id"], None, False)).evidence is None
    assert world.verify(file=bundle(world, late).serialise())["verdict"] == "GENUINE"


def test_a_restarted_service_makes_the_same_evidence(world: World) -> None:
    (certificate,) = world.issue()
    published(world)
    first = bundle(world, certificate)
    world.issue()
    world.ctx.books = Books()
    assert bundle(world, certificate) == first
    world.catch_up()
    checkpoints.propose_checkpoint(world.ctx, 1, ALWAYS)
    assert bundle(world, certificate) == first


def test_a_fold_that_broke_off_leaves_nothing_half_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("in the middle of it")

    (certificate,) = world.issue()
    published(world)
    first = bundle(world, certificate)
    assert first.evidence is not None
    world.issue()
    world.catch_up()
    with monkeypatch.context() as patched:
        patched.setattr(LedgerState, "apply", broken)
        with pytest.raises(OSError, match="in the middle"):
            checkpoints.propose_checkpoint(world.ctx, 1, ALWAYS)
    assert bundle(world, certificate) == first


def test_evidence_is_refused_where_the_index_comes_to_other_trees(world: World) -> None:
    (certificate,) = world.issue()
    newest = published(world)
    with world.ctx.store.begin() as conn:
        file = forged(world, standings_root=bytes(32)).serialise()
        row = table.c.digest == to_hex(newest.digest)
        conn.execute(table.update().where(row).values(file=file))
    try:
        assert bundle(world, certificate).evidence is None
        with pytest.raises(Unavailable, match="LEDGER_INCONSISTENT"):
            certificates.bundle(world.ctx, world.principal("chamber-cn"), certificate["id"], None, True)
    finally:
        with world.ctx.store.begin() as conn:
            conn.execute(table.update().where(row).values(file=newest.serialise()))


def test_one_member_alone_publishes_nothing_and_signs_once(world: World) -> None:
    world.issue()
    world.catch_up()
    asked = checkpoints.propose_checkpoint(world.ctx, 30, ALWAYS)
    seat = world.council[0]
    request = signing.request(world.ctx, world.principal(seat.name), asked["act"]["id"])
    for _ in range(2):
        act = world.sign(seat, request)
        assert (act["state"], act["signatures"]) == ("needs-signature", 1)
    stranger = Actor("council-1", "", "", (), key=secrets.token_bytes(32))
    with pytest.raises(NotPermitted):
        world.sign(stranger, request)
    assert checkpoints.newest(world.ctx, statements.CHECKPOINT).statement.block < request["message"]["block"]
    assert world.sign(world.council[1], request)["state"] == "final"


def test_a_second_head_for_the_same_batches_is_found_kept_and_reported(world: World) -> None:
    world.issue()
    honest = published(world)
    assert witness.none_found(world.ctx) == "no contradictions"
    other = forged(world, batches_root=bytes(32), block=honest.statement.block + 1)
    seen = witness.show(world.ctx, other)
    assert seen["conflicts"] == [f"two different heads over {honest.statement.batches} batches"]
    assert witness.show(world.ctx, other) == {**seen, "known": True}
    (found,) = witness.split_views(world.ctx)
    assert set(found["statements"]) == {to_hex(honest.digest), to_hex(other.digest)}
    assert checkpoints.by_digest(world.ctx, to_hex(other.digest)) == other
    with pytest.raises(Unavailable, match="SPLIT_VIEW"):
        witness.none_found(world.ctx)
    # Evidence goes on being made from the head that this service asked for.
    assert checkpoints.newest(world.ctx, statements.CHECKPOINT) == honest


def test_a_second_head_that_rides_in_a_bundle_is_found_by_verifying_it(world: World) -> None:
    (certificate,) = world.issue()
    honest = published(world)
    found = bundle(world, certificate)
    other = forged(world, standings_root=bytes(32))
    shown = replace(found, evidence={**(found.evidence or {}), "checkpoint": other.to_json()})
    assert world.verify(file=shown.serialise())["verdict"] == "GENUINE"
    (split,) = witness.split_views(world.ctx)
    assert split["detail"] == (
        f"two statements about block {honest.statement.block} differ in standings_root"
    )


def test_what_the_council_did_not_sign_is_no_evidence_of_a_split(world: World) -> None:
    world.issue()
    honest = published(world)
    message = replace(honest.statement, batches_root=bytes(32))
    digest = message.digest(honest.domain)
    mine = secrets.token_bytes(32)
    one = sign(digest, world.council[0].key)
    for signatures, reason in (
        ([sign(digest, mine), sign(digest, secrets.token_bytes(32))], "STATEMENT_SIGNER_UNKNOWN"),
        ([one], "STATEMENT_UNDER_THRESHOLD"),
        ([one, one], "STATEMENT_SIGNER_TWICE"),
    ):
        with pytest.raises(BadInput, match=reason):
            witness.show(world.ctx, collected(honest.domain, message, signatures))
    foreign = replace(honest, domain=replace(honest.domain, chain_id=1))
    with pytest.raises(BadInput, match="OTHER_LEDGER"):
        witness.show(world.ctx, foreign)
    assert witness.split_views(world.ctx) == []


def test_the_same_is_offered_over_http(world: World) -> None:
    (certificate,) = world.issue()
    old, trust = published(world), trusted(world)
    with world.client() as stranger, world.client("council-1") as council:
        world.catch_up()
        asked = council.post("/v1/checkpoints", json={"days": 7})
        assert asked.status_code == 202
        world.settle(asked.json())
        assert stranger.post("/v1/checkpoints", json={}).status_code == 401
        latest = stranger.get("/v1/checkpoints/latest")
        listed = stranger.get("/v1/checkpoints").json()["checkpoints"]
        assert latest.headers["content-type"] == "application/vnd.origin-ledger.statement+json"
        digests = [row["digest"] for row in listed if row["own"]]
        newest = to_hex(checkpoints.newest(world.ctx, statements.CHECKPOINT).digest)
        assert newest in digests
        assert to_hex(old.digest) in digests
        proof = stranger.get(f"/v1/checkpoints/{newest}/consistency/{to_hex(old.digest)}")
        assert proof.status_code == 200
        assert stranger.get(f"/v1/checkpoints/{newest}").content == latest.content
        assert stranger.get("/v1/checkpoints/0x" + "00" * 32).status_code == 404
        assert stranger.get("/v1/checkpoints/nonsense").status_code == 400
        assert read_trust(stranger.get("/v1/trust/latest").content).fingerprint == trust.fingerprint
        shown = stranger.post("/v1/checkpoints/seen", json={"statement": latest.json()}).json()
        assert shown == {"digest": newest, "known": True, "conflicts": []}
        assert stranger.get("/v1/split-views").json() == {"splitViews": []}
    with world.client("chamber-cn") as issuer:
        path = f"/v1/certificates/{certificate['id']}/bundle"
        assert "evidence" in issuer.get(path).json()
        assert "evidence" not in issuer.get(path, params={"evidence": "false"}).json()
