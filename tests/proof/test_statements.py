"""Signatures under statements of the council: M distinct members of this council, ledger, kind and time, or
nothing. `FORGED_SIGNATURES` sets how many forged and replayed ones the long run tries."""

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger_app.errors import BadInput, LedgerError
from ledger_app.proof import split_view
from ledger_app.proof.eip712 import Domain
from ledger_app.proof.log_tree import EMPTY_ROOT, LogTree
from ledger_app.proof.statements import (
    Checkpoint,
    Council,
    Signed,
    TrustSnapshot,
    check_time,
    collected,
    parse_signed,
)
from ledger_app.proof.typed_data import MemberPause, Vote, address_of, sign

SHORT, LONG = 1_000, 10_000
NOW = 1_797_000_000
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEYS = sorted((bytes([n]) * 32 for n in range(1, 6)), key=address_of)
SEATS = tuple(address_of(key) for key in KEYS)
COUNCIL = Council(7, 3, SEATS)
DOMAIN = Domain(1337, "0x" + "b2" * 20)
LOG = LogTree(b"batch %d" % n for n in range(12))
STATEMENT = Checkpoint(
    genesis=b"\x9e" * 32,
    registry="0x" + "a1" * 20,
    block=700,
    block_hash=b"\x70" * 32,
    time=NOW - 600,
    batches=8,
    batches_root=LOG.root(8),
    standings=3,
    standings_root=b"\x33" * 32,
    epoch=7,
    expires=NOW + 600,
)


def accepted(signed: Signed) -> str:
    """ "" when a verifier that pinned this ledger and council takes it now; else the reason."""
    try:
        stated = signed.statement
        if (signed.domain, stated.genesis, stated.registry) != (
            DOMAIN,
            STATEMENT.genesis,
            STATEMENT.registry,
        ):
            return "OTHER_LEDGER"
        if not signed.is_checkpoint:
            return "STATEMENT_INVALID"
        signed.check(COUNCIL)
        check_time(stated, NOW, "CHECKPOINT_EXPIRED")
    except LedgerError as refused:
        return refused.reason
    return ""


def file(statement: Checkpoint = STATEMENT, domain: Domain = DOMAIN, keys: list[bytes] = KEYS[:3]) -> Signed:
    digest = statement.digest(domain)
    return collected(domain, statement, [sign(digest, key) for key in keys])


def forgeries(chance: random.Random) -> list[tuple[str, Callable[[], Signed]]]:
    """Ways to make a file that must not be taken."""
    honest = file(keys=chance.sample(KEYS, chance.choice([3, 4, 5])))
    kept = list(honest.signatures)
    some = chance.randrange(len(kept))

    def relabel(signed: Signed) -> Signed:
        """Signatures over something else, put under the honest message."""
        return replace(honest, signatures=signed.signatures)

    def with_one(signature: bytes) -> Signed:
        return replace(honest, signatures=(*kept[:some], signature, *kept[some + 1 :]))

    def twin() -> Signed:
        r, vs = kept[some][:32], int.from_bytes(kept[some][32:], "big")
        s = ORDER - (vs & ((1 << 255) - 1))
        return with_one(r + (s | ((vs >> 255) ^ 1) << 255).to_bytes(32, "big"))

    def flipped() -> Signed:
        bit = chance.randrange(512)
        value = int.from_bytes(kept[some], "big") ^ 1 << bit
        return with_one(value.to_bytes(64, "big"))

    def other_kind() -> Signed:
        act = chance.choice(
            [
                Vote(STATEMENT.batches_root, STATEMENT.genesis, 7, STATEMENT.expires),
                MemberPause(SEATS[0], STATEMENT.expires, 7, STATEMENT.expires),
                TrustSnapshot(
                    STATEMENT.genesis, STATEMENT.registry, 700, STATEMENT.block_hash, STATEMENT.time,
                    STATEMENT.batches_root, 7, STATEMENT.expires,
                ),
            ]
        )  # fmt: skip
        return replace(honest, signatures=tuple(sign(act.digest(DOMAIN), key) for key in KEYS))

    changes: dict[str, Any] = {
        "genesis": chance.randbytes(32),
        "registry": "0x" + chance.randbytes(20).hex(),
        "block": chance.randrange(1 << 30),
        "block_hash": chance.randbytes(32),
        "batches": chance.randrange(1 << 30),
        "batches_root": chance.randbytes(32),
        "standings": chance.randrange(1 << 30),
        "standings_root": chance.randbytes(32),
    }
    name = chance.choice(sorted(changes))
    altered = replace(STATEMENT, **{name: changes[name]})
    epoch = chance.choice([0, 6, 8, chance.randrange(1 << 40)])
    old = replace(STATEMENT, expires=NOW - 1 - chance.randrange(10**8))
    stranger = chance.randbytes(31) + b"\1"
    chain = Domain(chance.choice([1, 1338, chance.randrange(1, 1 << 50) | 1 << 51]), DOMAIN.contract)
    contract = Domain(DOMAIN.chain_id, "0x" + chance.randbytes(20).hex())
    few = chance.sample(KEYS, chance.randrange(3))
    return [
        ("another chain", lambda: file(domain=chain)),
        ("another contract", lambda: file(domain=contract)),
        ("another chain, relabelled", lambda: relabel(file(domain=chain))),
        ("another contract, relabelled", lambda: relabel(file(domain=contract))),
        ("another message", lambda: relabel(file(altered))),
        ("another message under its own", lambda: replace(file(altered), statement=STATEMENT)),
        ("altered after", lambda: replace(honest, statement=altered)),
        ("deadline moved", lambda: replace(file(old), statement=STATEMENT)),
        ("expired", lambda: file(old)),
        ("another epoch", lambda: file(replace(STATEMENT, epoch=epoch))),
        ("another epoch, relabelled", lambda: relabel(file(replace(STATEMENT, epoch=epoch)))),
        ("another kind", other_kind),
        ("too few", lambda: file(keys=few)),
        ("one of few twice", lambda: replace(honest, signatures=(kept[0], kept[0], *kept[1:2]))),
        ("all the same", lambda: replace(honest, signatures=(kept[some],) * 3)),
        ("out of order", lambda: replace(honest, signatures=(*kept[1:], kept[0]))),
        ("a stranger", lambda: file(keys=[*KEYS[:2], stranger])),
        ("a stranger besides", lambda: file(keys=[*KEYS[:3], stranger])),
        ("high-s twin", twin),
        ("twin besides", lambda: replace(honest, signatures=(*kept, twin().signatures[some]))),
        ("one bit", flipped),
        ("noise", lambda: with_one(chance.randbytes(64))),
    ]  # fmt: skip


def tried(count: int, seed: int) -> Counter[str]:
    """Tries so many, in turn over all ways; how often each reason was given. Fails at one that is taken."""
    chance, told = random.Random(seed), Counter[str]()
    done = 0
    while done < count:
        for name, make in forgeries(chance):
            try:
                reason = accepted(make())
            except BadInput as error:  # a file that cannot even be put together
                reason = error.reason
            assert reason, name
            told[reason] += 1
            done += 1
    return told


def test_honest_statements_are_taken_with_any_members_from_the_threshold_on() -> None:
    for keys in (KEYS[:3], KEYS[2:], KEYS[1:4], KEYS[:4], KEYS, KEYS[::2]):
        assert accepted(file(keys=keys)) == ""
    assert parse_signed(file().serialise()) == file()


def test_no_forged_or_replayed_signature_is_taken() -> None:
    told = tried(SHORT, 1)
    assert {
        "OTHER_LEDGER",
        "STATEMENT_SIGNER_UNKNOWN",
        "STATEMENT_SIGNER_TWICE",
        "STATEMENT_UNDER_THRESHOLD",
        "STATEMENT_OTHER_COUNCIL",
        "SIGNATURE_INVALID",
        "CHECKPOINT_EXPIRED",
    } <= set(told)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_forged_or_replayed_signature_of_many_is_taken() -> None:
    print(tried(int(os.environ.get("FORGED_SIGNATURES", LONG)), 2))


# --- split views ---------------------------------------------------------------------------------

LATER = replace(
    STATEMENT, block=900, block_hash=b"\x90" * 32, time=NOW, batches=12, batches_root=LOG.root(), standings=4
)
PROOF = LOG.consistency_proof(8)
SNAPSHOT = TrustSnapshot(
    STATEMENT.genesis, STATEMENT.registry, 700, STATEMENT.block_hash, STATEMENT.time, b"\x11" * 32, 7, NOW
)


def signed(statement: Checkpoint | TrustSnapshot) -> Signed:
    return Signed(DOMAIN, statement, ())


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        (STATEMENT, "same"),
        (replace(STATEMENT, expires=1), "same"),
        (LATER, "consistent"),
        (replace(LATER, batches=8, batches_root=LOG.root(8)), "consistent"),
        (replace(LATER, batches_root=LogTree([b"other"] * 12).root()), "unproven"),
        (replace(STATEMENT, batches_root=bytes(32)), "split"),
        (replace(STATEMENT, standings_root=bytes(32)), "split"),
        (replace(STATEMENT, standings=4), "split"),
        (replace(STATEMENT, block_hash=bytes(32)), "split"),
        (replace(STATEMENT, time=STATEMENT.time + 1), "split"),
        (replace(STATEMENT, epoch=8), "split"),
        (replace(LATER, batches=8, batches_root=bytes(32)), "split"),
        (replace(LATER, batches=7), "split"),
        (replace(LATER, standings=2), "split"),
        (replace(LATER, time=STATEMENT.time - 1), "split"),
        (replace(LATER, epoch=6), "split"),
        (replace(STATEMENT, block=1, time=1, standings=0, batches=0, batches_root=EMPTY_ROOT), "split"),
        (replace(STATEMENT, genesis=bytes(32), batches_root=bytes(32)), "unrelated"),
        (SNAPSHOT, "unproven"),
        (replace(SNAPSHOT, block_hash=bytes(32)), "split"),
        (replace(SNAPSHOT, block=701, time=1), "split"),
    ],
)
def test_two_statements_are_held_against_each_other_in_either_order(
    other: Checkpoint | TrustSnapshot, outcome: str
) -> None:
    for pair in ((signed(STATEMENT), signed(other)), (signed(other), signed(STATEMENT))):
        assert split_view.compare(*pair, PROOF).outcome == outcome


def test_two_snapshots_of_one_block_differ_in_their_content() -> None:
    other = signed(replace(SNAPSHOT, content=b"\x22" * 32))
    assert split_view.between(signed(SNAPSHOT), other) == "two statements about block 700 differ in content"
    assert split_view.between(signed(SNAPSHOT), signed(replace(SNAPSHOT, expires=1))) is None


def test_without_its_proof_growth_is_not_proven() -> None:
    assert split_view.compare(signed(STATEMENT), signed(LATER)).outcome == "unproven"
    with pytest.raises(BadInput, match="CONSISTENCY_UNPROVEN"):
        split_view.must_follow(signed(STATEMENT), signed(LATER), PROOF[:-1])
    with pytest.raises(BadInput, match="SPLIT_VIEW"):
        split_view.must_follow(signed(STATEMENT), signed(replace(LATER, batches=1)), PROOF)
    split_view.must_follow(signed(LATER), signed(STATEMENT), PROOF)
