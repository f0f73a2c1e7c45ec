"""The batch tree of sorted pairs."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.errors import BadInput
from ledger_app.proof.merkle import MAX_PROOF, MerkleTree, hash_pair, process_proof
from tests.proof import naive
from tests.proof.strategies import HASHES
from tests.vectors.cases import seeded


def _hashes(size: int) -> list[bytes]:
    return [seeded(f"hash/{i}") for i in range(size)]


@pytest.mark.parametrize("size", range(1, 71))
def test_every_leaf_of_every_size_is_proven_and_as_the_reference_proves_it(size: int) -> None:
    hashes = _hashes(size)
    tree = MerkleTree(hashes)
    assert tree.root == naive.tree(hashes)[-1][0]
    assert tree.leaves == tuple(sorted(hashes))
    assert len(tree) == size
    for place, leaf in enumerate(hashes):
        proof = tree.proof(leaf)
        assert process_proof(leaf, proof) == tree.root
        assert len(proof) <= max(size - 1, 0).bit_length()
        if place % 7 == 0:
            assert list(proof) == naive.proof(hashes, leaf)


@given(st.lists(HASHES, min_size=1, max_size=300, unique=True), st.randoms(use_true_random=False))
def test_the_order_given_does_not_matter_and_proofs_hold_for_any_size(
    hashes: list[bytes], chance: random.Random
) -> None:
    tree = MerkleTree(hashes)
    shuffled = hashes[:]
    chance.shuffle(shuffled)
    assert MerkleTree(shuffled).root == tree.root
    leaf = chance.choice(hashes)
    assert process_proof(leaf, tree.proof(leaf)) == tree.root


@given(st.lists(HASHES, min_size=2, max_size=40, unique=True), HASHES, st.randoms(use_true_random=False))
def test_a_leaf_that_is_not_in_the_tree_is_not_proven_by_any_of_its_proofs(
    hashes: list[bytes], foreign: bytes, chance: random.Random
) -> None:
    if foreign in hashes:
        return
    tree = MerkleTree(hashes)
    assert process_proof(foreign, tree.proof(chance.choice(hashes))) != tree.root
    with pytest.raises(BadInput, match="LEAF_NOT_IN_BATCH"):
        tree.proof(foreign)


def test_a_tree_of_one_is_its_leaf_with_an_empty_proof() -> None:
    leaf = seeded("one")
    assert MerkleTree([leaf]).root == leaf
    assert MerkleTree([leaf]).proof(leaf) == ()


def test_an_odd_last_node_is_carried_up_unchanged() -> None:
    a, b, c = sorted(_hashes(3))
    assert MerkleTree([a, b, c]).root == hash_pair(hash_pair(a, b), c)
    assert MerkleTree([a, b, c]).proof(c) == (hash_pair(a, b),)


def test_a_pair_hashes_the_same_either_way_round() -> None:
    a, b = _hashes(2)
    assert hash_pair(a, b) == hash_pair(b, a) == naive.pair(a, b)


def test_a_batch_holds_each_leaf_once_and_at_least_one() -> None:
    leaf = seeded("one")
    for hashes, reason in [
        ([], "BATCH_EMPTY"),
        ([leaf, leaf], "BATCH_DUPLICATE"),
        ([leaf[:31]], "PROOF_INVALID"),
    ]:
        with pytest.raises(BadInput) as caught:
            MerkleTree(hashes)
        assert caught.value.reason == reason


def test_malformed_proofs_are_refused() -> None:
    leaf = seeded("leaf")
    assert len(process_proof(leaf, [leaf] * MAX_PROOF)) == 32
    for start, proof in [(leaf, [leaf] * 33), (leaf, [leaf[:31]]), (leaf, [leaf + b"\0"]), (leaf[:31], [])]:
        with pytest.raises(BadInput, match="PROOF_INVALID"):
            process_proof(start, proof)
