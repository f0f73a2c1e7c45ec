"""RFC 6962 trees: heads, inclusion and consistency."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.errors import BadInput
from ledger_app.proof import log_tree
from ledger_app.proof.log_tree import LogTree, verify_consistency, verify_inclusion
from tests.proof import naive

# The well-known eight leaves of the Certificate Transparency tests, and the heads of each prefix (RFC 6962,
# 2.1.3's tree).
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [index.to_bytes(2, "big") for index in range(140)]


def test_the_head_of_nothing_is_the_hash_of_nothing() -> None:
    assert log_tree.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_heads_of_the_certificate_transparency_tree() -> None:
    tree = LogTree()
    for size, (leaf, expected) in enumerate(zip(CT_LEAVES, CT_ROOTS, strict=True), 1):
        assert tree.append(leaf) == size - 1
        assert tree.root().hex() == expected == log_tree.root(CT_LEAVES[:size]).hex()


def test_the_proofs_of_the_certificate_transparency_tree() -> None:
    path = [node.hex() for node in log_tree.inclusion_proof(CT_LEAVES, 5)]
    assert path == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    consistency = [node.hex() for node in log_tree.consistency_proof(CT_LEAVES, 6)]
    assert consistency == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize("size", [*range(1, 71), 127, 128, 129])
def test_heads_and_all_proofs_are_those_of_the_recursive_definition_and_verify(size: int) -> None:
    tree, leaves = LogTree(LEAVES), LEAVES[:size]
    head = tree.root(size)
    assert head == naive.mth(leaves)
    for index in range(size) if size < 40 else (0, size // 3, size - 1):
        proof = tree.inclusion_proof(index, size)
        assert list(proof) == naive.path(index, leaves)
        assert verify_inclusion(leaves[index], index, size, proof, head)
    for first in range(size + 1) if size < 40 else (0, 1, size // 2, 64, size - 1, size):
        if first > size:
            continue
        consistency = tree.consistency_proof(first, size)
        if first:
            assert list(consistency) == naive.consistency(first, leaves)
        assert verify_consistency(first, size, tree.root(first), head, consistency)


@given(st.integers(1, 140), st.randoms(use_true_random=False))
def test_an_altered_inclusion_is_not_accepted(size: int, chance: random.Random) -> None:
    tree = LogTree(LEAVES[:size])
    index = chance.randrange(size)
    proof, head, data = list(tree.inclusion_proof(index)), tree.root(), LEAVES[index]
    assert verify_inclusion(data, index, size, proof, head)
    assert not verify_inclusion(data + b"\0", index, size, proof, head)
    assert not verify_inclusion(data, index, size, [*proof, head], head)
    assert not verify_inclusion(data, index, size, proof, log_tree.leaf_hash(head))
    assert not verify_inclusion(data, size, size, proof, head)
    assert not verify_inclusion(data, -1, size, proof, head)
    # A proof that is longer than the size allows is refused, even for a head that it would lead to.
    assert not verify_inclusion(data, index, size, [*proof, head], log_tree.node_hash(head, head))
    others = set(range(size)) - {index}
    if others:
        assert not verify_inclusion(data, chance.choice(sorted(others)), size, proof, head)
    if proof:
        assert not verify_inclusion(data, index, size, proof[:-1], head)
        assert not verify_inclusion(data, index, size, [proof[0][:31], *proof[1:]], head)
        place = chance.randrange(len(proof))
        broken = bytes([proof[place][0] ^ 1]) + proof[place][1:]
        assert not verify_inclusion(data, index, size, [*proof[:place], broken, *proof[place + 1 :]], head)


@given(st.integers(2, 140), st.randoms(use_true_random=False))
def test_an_altered_consistency_is_not_accepted(size: int, chance: random.Random) -> None:
    tree = LogTree(LEAVES[:size])
    first = chance.randrange(1, size)
    old, head, proof = tree.root(first), tree.root(), list(tree.consistency_proof(first))
    wrong = log_tree.leaf_hash(b"wrong")
    assert verify_consistency(first, size, old, head, proof)
    assert not verify_consistency(first, size, wrong, head, proof)
    assert not verify_consistency(first, size, old, wrong, proof)
    assert not verify_consistency(first, size, old, head, [*proof, wrong])
    assert not verify_consistency(first, size, old, head, proof[:-1])
    assert not verify_consistency(first, size, old, head, [])
    assert not verify_consistency(size, first, head, old, proof)
    place = chance.randrange(len(proof))
    assert not verify_consistency(first, size, old, head, [*proof[:place], wrong, *proof[place + 1 :]])
    rewritten = LogTree([b"other", *LEAVES[1:size]])
    assert not verify_consistency(first, size, old, rewritten.root(), rewritten.consistency_proof(first))


def test_equal_and_empty_prefixes_have_empty_proofs() -> None:
    head = log_tree.root(LEAVES[:5])
    assert verify_consistency(5, 5, head, head, [])
    assert not verify_consistency(5, 5, head, log_tree.EMPTY_ROOT, [])
    assert not verify_consistency(5, 5, head, head, [head])
    assert verify_consistency(0, 5, log_tree.EMPTY_ROOT, head, [])
    assert not verify_consistency(0, 5, head, head, [])


def test_a_leaf_and_a_node_never_hash_alike() -> None:
    left, right = log_tree.leaf_hash(b"a"), log_tree.leaf_hash(b"b")
    assert log_tree.leaf_hash(left + right) != log_tree.node_hash(left, right)


def test_a_grown_tree_still_answers_for_its_earlier_sizes() -> None:
    tree = LogTree(LEAVES[:10])
    before = tree.root(), tree.inclusion_proof(3), tree.consistency_proof(4)
    for leaf in LEAVES[10:]:
        tree.append(leaf)
    assert (tree.root(10), tree.inclusion_proof(3, 10), tree.consistency_proof(4, 10)) == before


def test_positions_beyond_the_tree_are_refused() -> None:
    tree = LogTree(LEAVES[:5])
    for ask in (
        lambda: tree.root(6),
        lambda: tree.root(-1),
        lambda: tree.inclusion_proof(5),
        lambda: tree.inclusion_proof(3, 3),
        lambda: tree.inclusion_proof(0, 0),
        lambda: tree.consistency_proof(6),
        lambda: tree.consistency_proof(4, 3),
    ):
        with pytest.raises(BadInput, match="LOG_RANGE"):
            ask()


def test_a_cargo_leaf_binds_salt_place_hash_and_every_byte_of_the_event() -> None:
    salt, event_hash, event = log_tree.cargo_salt(b"s" * 32, 7), b"h" * 32, b'{"a":1}'
    leaf = log_tree.cargo_leaf(salt, 7, event_hash, event)
    assert leaf == naive.cargo_leaf(naive.cargo_salt(b"s" * 32, 7), 7, event_hash, event)
    changed = {
        log_tree.cargo_leaf(log_tree.cargo_salt(b"s" * 32, 8), 7, event_hash, event),
        log_tree.cargo_leaf(salt, 8, event_hash, event),
        log_tree.cargo_leaf(salt, 7, b"H" + event_hash[1:], event),
        *(
            log_tree.cargo_leaf(salt, 7, event_hash, event[:i] + bytes([event[i] ^ 1]) + event[i + 1 :])
            for i in range(len(event))
        ),
    }
    assert len(changed) == 3 + len(event)
    assert leaf not in changed


def test_malformed_parts_of_a_cargo_leaf_are_refused() -> None:
    for salt, index, event_hash in [
        (b"", 0, bytes(32)),
        (bytes(16), -1, bytes(32)),
        (bytes(16), 0, bytes(31)),
    ]:
        with pytest.raises(BadInput, match="CARGO_LEAF_INVALID"):
            log_tree.cargo_leaf(salt, index, event_hash, b"")
