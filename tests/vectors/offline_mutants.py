"""The cases of verifying offline: honest bundles, and mutants each with the reason it must be refused for.

A case names a bundle and a snapshot of `bases()` and what is changed in them: `{"pointer", "value"}` puts a
value, `{"pointer", "remove": true}` takes one away.
"""

from collections.abc import Iterator
from typing import Any

from tests.proof import naive
from tests.vectors import offline_cases as made
from tests.vectors.cases import CHAIN_ID, GENESIS, Json, hexed, seeded
from tests.vectors.offline_cases import COUNCIL, NOW, STRANGER, bundle, content, signed, snapshot, statement

_ORDER = naive.ORDER


def bases() -> Json:
    """The files that cases start from."""
    names = (
        "good",
        "revoked",
        "suspended",
        "superseded",
        "used up",
        "half used",
        "successor",
        "ended",
        "disowned",
        "confirmed",
        "lost",
        "self-certified",
    )
    found = {name: bundle(name) for name in names}
    found["some fields"] = made.partial("good")
    early = {"block": 600, "blockHash": seeded("block 600"), "time": made.BLOCK_TIME - 5000}
    empty = signed("Checkpoint", statement(**early, standings=0, standingsRoot=naive.mth([])))
    found["nothing happened yet"] = bundle("good", evidence=made.evidence("good", empty, {}))
    found["without evidence"] = bundle("good", evidence=None)
    return {"bundles": found, "snapshots": {"now": snapshot()}, "council": hexed(made.fingerprint())}


def offline_cases() -> list[Json]:
    """Each bundle with the verdict, standing and reason that it must get by the snapshot, at `now` on the day
    `at`."""
    cases = []
    for name, outcome, base, more in [*_honest(), *_mutants()]:
        verdict, standing, reason = outcome
        case = {
            "name": name,
            "verdict": verdict,
            "standing": standing,
            "reason": reason,
            "bundle": base,
            "snapshot": "now",
            "bundleChanges": [],
            "snapshotChanges": [],
            "council": "",
            "now": NOW,
            "at": made.AT,
            "maxAge": made.MAX_AGE,
        }
        cases.append(case | more)
    return cases


Case = tuple[str, tuple[str, str, str], str, Json]


def _honest() -> Iterator[Case]:
    standings = {
        "good": "good",
        "half used": "good",
        "successor": "good",
        "confirmed": "good",
        "self-certified": "good",
        "some fields": "good",
        "nothing happened yet": "good",
        "revoked": "revoked",
        "suspended": "suspended",
        "superseded": "superseded",
        "used up": "used-up",
        "ended": "expired",
        "disowned": "issuer-key-disowned",
        "lost": "issuer-key-disowned",
    }
    for base, standing in standings.items():
        yield base, ("GENUINE", standing, ""), base, {}
    yield "good, the council named", _good(), "good", {"council": hexed(made.fingerprint())}
    yield "the day before it was valid", ("GENUINE", "not-yet-valid", ""), "good", {"at": "2026-11-21"}
    two = signed("Checkpoint", statement(), tuple(COUNCIL))
    yield "signed by all three", _good(), "good", _with("/evidence/checkpoint", two)
    newer = signed("Checkpoint", statement(block=900, time=NOW - 60, blockHash=seeded("block 900")))
    yield "a checkpoint after the snapshot", _good(), "good", _with("/evidence/checkpoint", newer)


def _good() -> tuple[str, str, str]:
    return "GENUINE", "good", ""


def _no(reason: str) -> tuple[str, str, str]:
    return "CANNOT_TELL", "unknown", reason


def _forged(reason: str) -> tuple[str, str, str]:
    return "NOT_GENUINE", "unknown", reason


def _with(pointer: str, value: Any, at: str = "bundleChanges") -> Json:
    return {at: [{"pointer": pointer, "value": hexed(value)}]}


def _without(pointer: str, at: str = "bundleChanges") -> Json:
    return {at: [{"pointer": pointer, "remove": True}]}


def _mutants() -> Iterator[Case]:
    yield "no snapshot", _no("TRUST_SNAPSHOT_MISSING"), "good", {"snapshot": ""}
    yield "no evidence", _no("EVIDENCE_MISSING"), "without evidence", {}
    yield "other evidence", _no("EVIDENCE_MISSING"), "good", _with("/evidence", {"invoice": "x"})
    yield (
        "altered, no snapshot",
        _forged("DIGEST_DIFFERS"),
        "good",
        _with("/document/number", "X") | {"snapshot": ""},
    )
    yield "altered", _forged("DIGEST_DIFFERS"), "good", _with("/document/number", "X")
    yield "another leaf", _forged("LEAF_DIFFERS"), "good", _with("/leaf/allowance", 11)
    yield "another ledger", _no("OTHER_LEDGER"), "good", _with("/registered/chainId", 1)
    yield "half of another bundle", _no("EVIDENCE_INVALID"), "good", _with("/proof", [])
    yield from _checkpoints()
    yield from _snapshots()
    yield from _evidence()


def _checkpoints() -> Iterator[Case]:
    types = made.statement_types()
    one, two, three = COUNCIL

    def put(name: str, reason: str, file: Json) -> Case:
        return f"checkpoint: {name}", _no(reason), "good", _with("/evidence/checkpoint", file)

    def state(**changes: Any) -> Json:
        return signed("Checkpoint", statement(**changes))

    honest = signed("Checkpoint", statement())
    yield put("one signature", "STATEMENT_UNDER_THRESHOLD", signed("Checkpoint", statement(), (one,)))
    yield put("no signature", "STATEMENT_UNDER_THRESHOLD", signed("Checkpoint", statement(), ()))
    yield put("one member twice", "STATEMENT_SIGNER_TWICE", signed("Checkpoint", statement(), (one, one)))
    yield put("out of order", "STATEMENT_SIGNER_TWICE", signed("Checkpoint", statement(), (two, one)))
    stranger = tuple(sorted((one, STRANGER), key=naive.address))
    yield put("a stranger", "STATEMENT_SIGNER_UNKNOWN", signed("Checkpoint", statement(), stranger))
    all_and_stranger = tuple(sorted((one, two, three, STRANGER), key=naive.address))
    yield put(
        "a stranger besides", "STATEMENT_SIGNER_UNKNOWN", signed("Checkpoint", statement(), all_and_stranger)
    )
    good = bytes.fromhex(honest["signatures"][0][2:])
    vs = int.from_bytes(good[32:], "big")
    s, parity = vs & ((1 << 255) - 1), vs >> 255

    def first(signature: bytes) -> Json:
        return honest | {"signatures": [hexed(signature), honest["signatures"][1]]}

    # The compact form has no room for a high s: its top bit is the parity.
    twin = good[:32] + ((_ORDER - s) | (parity ^ 1) << 255).to_bytes(32, "big")
    yield put("high-s twin", "STATEMENT_SIGNER_UNKNOWN", first(twin))
    yield put(
        "s just above half the order",
        "SIGNATURE_INVALID",
        first(good[:32] + (_ORDER // 2 + 1).to_bytes(32, "big")),
    )
    yield put(
        "the other parity",
        "STATEMENT_SIGNER_UNKNOWN",
        first(good[:32] + (s | (1 - parity) << 255).to_bytes(32, "big")),
    )
    long = good[:32] + s.to_bytes(32, "big") + bytes([27 + parity])
    yield put("65 bytes: r, s, v", "HEX_INVALID", first(long))
    both = honest | {"signatures": [honest["signatures"][0], hexed(twin), honest["signatures"][1]]}
    yield put("a signature and its twin", "STATEMENT_SIGNER_UNKNOWN", both)
    as_vote = signed("Checkpoint", statement(), signed_as=types["Checkpoint"].replace("Checkpoint", "Vote"))
    yield put("signed as a vote", "STATEMENT_SIGNER_UNKNOWN", as_vote)
    elsewhere = signed("Checkpoint", statement(), chain_id=CHAIN_ID + 1)
    yield put("of another chain", "OTHER_LEDGER", elsewhere)
    relabelled = elsewhere | {"domain": honest["domain"]}
    yield put("signed for another chain", "STATEMENT_SIGNER_UNKNOWN", relabelled)
    other = "0x" + "b3" * 20
    yield put("of another consortium", "OTHER_LEDGER", signed("Checkpoint", statement(), contract=other))
    yield put("of another registry", "OTHER_LEDGER", state(registry=bytes(20)))
    yield put("of another genesis", "OTHER_LEDGER", state(genesis=bytes(32)))
    yield put("an older council", "STATEMENT_OTHER_COUNCIL", state(epoch=made.EPOCH - 1))
    yield put("a later council", "STATEMENT_OTHER_COUNCIL", state(epoch=made.EPOCH + 1))
    yield put("expired", "CHECKPOINT_EXPIRED", state(expires=NOW - 1))
    ahead = state(block=900, time=NOW + 301)
    yield put("from the future", "STATEMENT_FROM_FUTURE", ahead)
    yield put(
        "the snapshot's block, another hash",
        "SPLIT_VIEW",
        state(block=800, time=made.BLOCK_TIME + 1000),
    )
    yield put("a later block, an earlier time", "SPLIT_VIEW", state(block=801))
    yield put("a snapshot instead", "EVIDENCE_INVALID", snapshot())
    for name, value in honest["statement"].items():
        changed = value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")
        reason = "OTHER_LEDGER" if name in ("genesis", "registry") else "STATEMENT_SIGNER_UNKNOWN"
        reason = "STATEMENT_OTHER_COUNCIL" if name == "epoch" else reason
        file = honest | {"statement": honest["statement"] | {name: changed}}
        yield put(f"{name} changed", reason, file)
    yield put("a member more", "STATEMENT_INVALID", honest | {"content": {}})
    yield put("unknown format", "STATEMENT_INVALID", honest | {"format": "origin-ledger/checkpoint/v2"})
    yield "too old for the reader", _no("LEDGER_STALE"), "good", {"maxAge": 86_400}
    yield "replayed after it expired", _no("CHECKPOINT_EXPIRED"), "good", {"now": NOW + 86_401}


def _snapshots() -> Iterator[Case]:
    one, two, _ = COUNCIL

    def put(name: str, reason: str, file: Json) -> Case:
        return f"snapshot: {name}", _no(reason), "good", _with("", file, "snapshotChanges")

    yield put("one signature", "STATEMENT_UNDER_THRESHOLD", snapshot(by=(one,)))
    yield put("one member twice", "STATEMENT_SIGNER_TWICE", snapshot(by=(two, two)))
    stranger = tuple(sorted((one, STRANGER), key=naive.address))
    yield put("a stranger", "STATEMENT_SIGNER_UNKNOWN", snapshot(by=stranger))
    yield put("expired", "TRUST_SNAPSHOT_EXPIRED", snapshot(expires=NOW - 1))
    yield put("from the future", "STATEMENT_FROM_FUTURE", snapshot(time=NOW + 301))
    yield put("a checkpoint instead", "TRUST_SNAPSHOT_INVALID", signed("Checkpoint", statement()))
    yield put("another epoch than its council", "STATEMENT_OTHER_COUNCIL", snapshot(epoch=made.EPOCH + 1))
    held = content()
    council = held["council"]
    yield put(
        "a threshold of one",
        "TRUST_SNAPSHOT_INVALID",
        snapshot(content(council=council | {"threshold": 1}), (one,)),
    )
    yield put(
        "all must agree",
        "TRUST_SNAPSHOT_INVALID",
        snapshot(content(council=council | {"threshold": 3}), tuple(COUNCIL)),
    )
    twice = [council["members"][0]] * 3
    yield put(
        "a seat twice", "TRUST_SNAPSHOT_INVALID", snapshot(content(council=council | {"members": twice}))
    )
    yield put("keys out of order", "TRUST_SNAPSHOT_INVALID", snapshot(content(keys=held["keys"][::-1])))
    yield put("a key twice", "TRUST_SNAPSHOT_INVALID", snapshot(content(keys=held["keys"][:1] * 2)))
    yield put("no such issuer", "SNAPSHOT_LACKS_ISSUER", snapshot(content(organisations=[])))
    yield put("no such key", "SNAPSHOT_LACKS_ISSUER", snapshot(content(keys=[])))
    late = [row | {"since": made.ISSUED + 1} for row in held["keys"]]
    yield put("the key added after the batch", "LEDGER_INCONSISTENT", snapshot(content(keys=late)))
    ended = [row | {"until": made.ISSUED - 1} for row in held["keys"]]
    yield put("the key ended before the batch", "LEDGER_INCONSISTENT", snapshot(content(keys=ended)))
    foreign = snapshot(genesis=bytes(32))
    yield put("of another genesis", "OTHER_LEDGER", foreign)
    at = "snapshotChanges"
    grown = _with("/content/organisations/0/roles", 255, at)
    yield "snapshot: content changed", _no("TRUST_SNAPSHOT_INVALID"), "good", grown
    healed = {
        at: [
            {"pointer": f"/content/keys/{place}/disowned", "value": None}
            for place, row in enumerate(held["keys"])
            if row["disowned"] is not None
        ]
    }
    yield "snapshot: nothing disowned any more", _no("TRUST_SNAPSHOT_INVALID"), "lost", healed
    yield "snapshot: content left out", _no("STATEMENT_INVALID"), "good", _without("/content", at)
    yield (
        "snapshot: another council than named",
        _no("TRUST_COUNCIL_DIFFERS"),
        "good",
        {"council": hexed(seeded("another council"))},
    )
    yield (
        "snapshot: replayed after it expired",
        _no("TRUST_SNAPSHOT_EXPIRED"),
        "good",
        {"now": NOW + 31 * 86_400},
    )


def _evidence() -> Iterator[Case]:
    held = made.ledger()

    def put(
        name: str, pointer: str, value: Any, base: str = "good", reason: str = "EVIDENCE_INVALID"
    ) -> Case:
        return f"evidence: {name}", _no(reason), base, _with("/evidence" + pointer, value)

    good, revoked = made.evidence("good"), made.evidence("revoked")
    yield put("a later format", "/format", "origin-ledger/evidence/v2", reason="EVIDENCE_MISSING")
    yield put("a member more", "/note", "x")
    for name, value in (("key", seeded("key", 20)), ("time", made.ISSUED + 1), ("count", 1), ("kind", 2)):
        yield put(f"another {name} of the batch", f"/batch/{name}", value)
    yield put("another place", "/batch/index", good["batch"]["index"] - 1)
    yield put("a place beyond the log", "/batch/index", len(held["entries"]))
    yield put("a true place", "/batch/index", True)
    yield put("the batch of another", "/batch", made.evidence("disowned")["batch"])
    yield put("a shorter path", "/batch/proof", good["batch"]["proof"][:-1])
    yield put("a longer path", "/batch/proof", [*good["batch"]["proof"], bytes(32)])
    yield put("65 nodes", "/batch/proof", [bytes(32)] * 65)
    # A revoked certificate that pretends not to be.
    yield put("absent, by another's proof", "/standing", good["standing"], "revoked")
    yield put("nothing around it", "/standing", {"before": None, "after": None}, "revoked")
    only_before = {"before": made.look_up(held["standings"], seeded("x"))["before"], "after": None}
    yield put("no neighbour after it", "/standing", only_before, "revoked")
    pairs = held["standings"]
    mine = made.standing_key(1, naive.leaf_hash(held["leaves"]["revoked"]["leaf"]))
    wide = {key: value for key, value in pairs.items() if key != mine}
    gap = made.look_up(wide, mine)
    place = sorted(pairs).index(mine)
    data = made.pairs_of(pairs)
    if gap["before"]:
        gap["before"] |= {"index": place - 1, "proof": naive.path(place - 1, data)}
    if gap["after"]:
        gap["after"] |= {"index": place + 1, "proof": naive.path(place + 1, data)}
    yield put("the neighbours around its own entry", "/standing", gap, "revoked")
    if gap["after"]:
        shifted = {**gap, "after": gap["after"] | {"index": place}}
        yield put("a neighbour at another place", "/standing", shifted, "revoked")
    absent = made.look_up(wide, mine)
    yield put("absent, from a tree without it", "/standing", absent, "revoked")
    good_again = {**revoked["standing"], "value": made.standing("good")}
    yield put("another value", "/standing", good_again, "revoked")
    other = made.look_up(pairs, made.standing_key(1, naive.leaf_hash(held["leaves"]["half used"]["leaf"])))
    yield put("the standing of another leaf", "/standing", other, "revoked")
    yield put("less used", "/standing", other, "used up")
    yield put("the key said to be in order", "/disowned", made.evidence("good")["disowned"], "disowned")
    yield put(
        "no confirmation, taken for one",
        "/confirmation",
        {"standing": good["standing"], "disowned": good["disowned"]},
        "disowned",
    )
    borrowed = made.evidence("confirmed")["confirmation"]
    yield put("the confirmation of another batch", "/confirmation", borrowed, "disowned")
    forgotten = ("GENUINE", "issuer-key-disowned", "")
    yield "evidence: the confirmation left out", forgotten, "confirmed", _with("/evidence/confirmation", None)
    capital = hexed(good["batch"]["key"]).upper().replace("X", "x")
    yield put("capital hex", "/batch/key", capital, reason="HEX_INVALID")
    yield put("a short node", "/batch/proof/0", "0x00", reason="HEX_INVALID")
    forged = signed("Checkpoint", statement(batchesRoot=bytes.fromhex(GENESIS[2:])))
    yield put("a head over nothing of ours", "/checkpoint", forged)
