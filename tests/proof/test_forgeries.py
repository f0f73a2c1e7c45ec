"""No forged or replayed signature recovers to the key that it claims; the upper-half twin is refused.

`FORGERIES=1000000` tries so many; the default is a short run with the same seed.
"""

import os
import random
from collections import Counter

import pytest

from ledger_app.errors import BadInput
from ledger_app.proof.hashes import keccak
from ledger_app.proof.signatures import address_of, recover, sign
from ledger_app.proof.typed_data import Anchor, Domain, Issue, Reinstate, Revoke, Suspend

COUNT = int(os.environ.get("FORGERIES", "5000"))
SEED = 20261122
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
LOW = (1 << 255) - 1
KINDS = (
    "chain",
    "contract",
    "deadline",
    "epoch",
    "message",
    "act",
    "key",
    "twin",
    "parity",
    "bit",
    "made up",
)
HOME = Domain(1337, "0x" + "a1" * 20)


def _twin(signature: bytes, parity: int) -> bytes:
    """The same r with n − s, which the curve accepts and the protocol does not."""
    s = ORDER - (int.from_bytes(signature[32:], "big") & LOW)
    return signature[:32] + (s | parity << 255).to_bytes(33, "big")[-32:]


def _flipped(signature: bytes, bit: int) -> bytes:
    return (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")


def test_no_forged_or_replayed_signature_is_taken_for_the_keys_own() -> None:
    chance = random.Random(SEED)
    keys = [chance.randbytes(32) for _ in range(20)]
    addresses = {key: address_of(key) for key in keys}
    tried: Counter[str] = Counter()
    refused = 0
    while tried.total() < COUNT:
        key, other = chance.sample(keys, 2)
        leaf, reason = chance.randbytes(32), chance.randrange(1, 1 << 16)
        epoch, deadline = chance.randrange(1 << 32), chance.randrange(1 << 40)
        digest = Suspend(leaf, reason, epoch, deadline).digest(HOME)
        good = sign(digest, key)
        assert recover(digest, good) == addresses[key]
        delta = chance.randrange(1, 1 << 20)
        later = Suspend(leaf, reason, epoch, deadline + delta)
        again = Suspend(leaf, reason, (epoch + delta) % (1 << 32), deadline)
        altered = Suspend(_changed(leaf, chance), reason, epoch, deadline)
        acts = (
            Reinstate(leaf, epoch, deadline),
            Revoke(leaf, reason, deadline),
            Issue(leaf, leaf, leaf, 1, deadline),
            Anchor(leaf, leaf, leaf, leaf, 1, deadline),
        )
        elsewhere = Domain(HOME.chain_id, "0x" + chance.randbytes(20).hex())
        forged = {
            "chain": (
                Suspend(leaf, reason, epoch, deadline).digest(Domain(1337 + delta, HOME.contract)),
                good,
            ),
            "contract": (Suspend(leaf, reason, epoch, deadline).digest(elsewhere), good),
            "deadline": (later.digest(HOME), good),
            "epoch": (again.digest(HOME), good),
            "message": (altered.digest(HOME), good),
            "act": (chance.choice(acts).digest(HOME), good),
            "key": (digest, sign(digest, other)),
            "twin": (digest, _twin(good, chance.randrange(2))),
            "parity": (digest, _flipped(good, 255)),
            "bit": (digest, _flipped(good, chance.randrange(512))),
            "made up": (digest, chance.randbytes(64)),
        }
        assert tuple(forged) == KINDS
        for kind, (claimed, signature) in forged.items():
            tried[kind] += 1
            found = _recovered(claimed, signature)
            assert found != addresses[key], kind
            refused += found == ""
    print(f"\nfigure: {tried.total():,} forged or replayed, none accepted; {refused:,} recover to nobody")
    assert min(tried.values()) >= COUNT // (2 * len(KINDS))


def _recovered(digest: bytes, signature: bytes) -> str:
    try:
        return recover(digest, signature)
    except BadInput as bad:
        if bad.reason != "SIGNATURE_INVALID":
            raise
        return ""


def _changed(leaf: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(32)
    return leaf[:at] + bytes([leaf[at] ^ 1 << chance.randrange(8)]) + leaf[at + 1 :]


def test_a_twin_that_the_compact_form_can_carry_is_refused_as_the_upper_half() -> None:
    # n − s hardly ever fits beside the parity bit. Where it does, it must not count as a second signature.
    for s in (ORDER // 2 + 1, ORDER // 2 + 2, LOW):
        for parity in (0, 1):
            signature = keccak(b"r") + (s | parity << 255).to_bytes(32, "big")
            with pytest.raises(BadInput, match="SIGNATURE_INVALID: s is in the upper half"):
                recover(bytes(32), signature)
