"""Presence and absence in a sorted tree: proven where true, never where false."""

import random
from dataclasses import replace

import pytest

from ledger_app.errors import BadInput
from ledger_app.proof.hashes import sha256
from ledger_app.proof.log_tree import EMPTY_ROOT
from ledger_app.proof.sorted_tree import Absence, Presence, SortedTree, entry, found_from_json, verify
from tests.proof import naive


def pairs(size: int) -> dict[bytes, bytes]:
    return {sha256(b"key %d" % n): b"value %d" % n for n in range(size)}


@pytest.mark.parametrize("size", [*range(10), 31, 32, 33, 100])
def test_the_tree_is_that_of_the_reference_and_proves_every_key(size: int) -> None:
    held = pairs(size)
    tree = SortedTree(held)
    assert tree.root == naive.mth([entry(key, sha256(held[key])) for key in sorted(held)])
    for key, value in held.items():
        found = tree.prove(key)
        assert isinstance(found, Presence)
        assert verify(key, found, size, tree.root) == value
        assert found_from_json(found.to_json(), "x") == found
    lowest, highest = bytes(32), b"\xff" * 32
    for key in (lowest, highest, *(sha256(b"missing %d" % n) for n in range(30))):
        found = tree.prove(key)
        assert isinstance(found, Absence)
        assert verify(key, found, size, tree.root) is None
        assert found_from_json(found.to_json(), "x") == found


def refused(key: bytes, found: Presence | Absence, size: int, root: bytes) -> bool:
    try:
        verify(key, found, size, root)
    except BadInput as error:
        return error.reason == "EVIDENCE_INVALID"
    return False


def test_no_key_that_is_there_is_proven_absent() -> None:
    held = pairs(20)
    tree, keys = SortedTree(held), sorted(pairs(20))
    gaps = [tree.prove(sha256(b"missing %d" % n)) for n in range(60)]
    for key in keys:
        for gap in gaps:
            assert refused(key, gap, 20, tree.root)
        assert refused(key, Absence(None, None), 20, tree.root)
    # Two neighbours with one between them, as they are, and one said to stand beside the other.
    for place in range(1, 19):
        gap = tree.prove(_between(keys[place - 1], keys[place]))
        other = tree.prove(_between(keys[place], keys[place + 1]))
        assert isinstance(gap, Absence)
        assert isinstance(other, Absence)
        wide = Absence(gap.before, other.after)
        assert refused(keys[place], wide, 20, tree.root)
        assert other.after is not None
        assert refused(keys[place], Absence(gap.before, replace(other.after, index=place)), 20, tree.root)


def _between(low: bytes, high: bytes) -> bytes:
    middle = (int.from_bytes(low, "big") + int.from_bytes(high, "big")) // 2
    return middle.to_bytes(32, "big")


def test_a_proof_holds_for_its_own_key_value_place_size_and_root_only() -> None:
    chance = random.Random(6)
    held = pairs(50)
    tree, keys = SortedTree(held), sorted(pairs(50))
    for _ in range(400):
        key = chance.choice(keys)
        found = tree.prove(key)
        assert isinstance(found, Presence)
        other = chance.choice([each for each in keys if each != key])
        assert refused(other, found, 50, tree.root)
        assert refused(key, replace(found, value=found.value + b"x"), 50, tree.root)
        assert refused(key, replace(found, index=(found.index + chance.randrange(1, 50)) % 50), 50, tree.root)
        assert refused(key, replace(found, proof=found.proof[:-1]), 50, tree.root)
        assert refused(key, replace(found, proof=(*found.proof, bytes(32))), 50, tree.root)
        assert refused(key, found, 50, bytes(32))
        assert refused(key, found, found.index, tree.root)


def test_nothing_is_in_an_empty_tree_and_only_there_no_neighbour_is_needed() -> None:
    nothing = Absence(None, None)
    assert verify(bytes(32), nothing, 0, EMPTY_ROOT) is None
    assert refused(bytes(32), nothing, 0, bytes(32))
    assert refused(bytes(32), nothing, 1, SortedTree(pairs(1)).root)
