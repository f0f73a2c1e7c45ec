"""The batch tree: sorted-pair keccak, as OpenZeppelin's `MerkleProof` reads it (docs/protocol.md, section
4)."""

from collections.abc import Iterable, Sequence

from ledger_app.errors import BadInput
from ledger_app.proof.hashes import keccak

MAX_PROOF = 32


def hash_pair(a: bytes, b: bytes) -> bytes:
    """`K(min || max)`: the order of the two does not matter, so a proof carries no left or right."""
    return keccak(a + b if a < b else b + a)


def process_proof(leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that `proof` leads `leaf` to. It says nothing by itself: the caller asks whether that root is
    registered.

    Raises BadInput PROOF_INVALID for more than 32 siblings or one that is not 32 bytes.
    """
    if len(proof) > MAX_PROOF:
        raise BadInput("PROOF_INVALID", f"{len(proof)} siblings where at most {MAX_PROOF} fit")
    if len(leaf) != 32:
        raise BadInput("PROOF_INVALID", "a leaf hash has 32 bytes")
    node = leaf
    for sibling in proof:
        if len(sibling) != 32:
            raise BadInput("PROOF_INVALID", "a sibling has 32 bytes")
        node = hash_pair(node, sibling)
    return node


class MerkleTree:
    """A tree over distinct 32-byte leaf hashes, in any order given; they are sorted.

    Raises BadInput BATCH_EMPTY, BATCH_DUPLICATE or PROOF_INVALID (a hash that is not 32 bytes).
    """

    def __init__(self, hashes: Iterable[bytes]) -> None:
        leaves = sorted(hashes)
        if not leaves:
            raise BadInput("BATCH_EMPTY", "a batch has at least one leaf")
        if any(len(leaf) != 32 for leaf in leaves):
            raise BadInput("PROOF_INVALID", "a leaf hash has 32 bytes")
        self._place = {leaf: index for index, leaf in enumerate(leaves)}
        if len(self._place) != len(leaves):
            raise BadInput("BATCH_DUPLICATE", "the same leaf occurs twice in a batch")
        self._levels = [leaves]
        while len(level := self._levels[-1]) > 1:
            above = [hash_pair(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            if len(level) % 2:
                above.append(level[-1])  # an odd last node is carried up unchanged
            self._levels.append(above)

    @property
    def leaves(self) -> tuple[bytes, ...]:
        """The leaf hashes, ascending."""
        return tuple(self._levels[0])

    @property
    def root(self) -> bytes:
        """The root; with one leaf, that leaf."""
        return self._levels[-1][0]

    def __len__(self) -> int:
        return len(self._levels[0])

    def proof(self, leaf: bytes) -> tuple[bytes, ...]:
        """The siblings from `leaf` up. Raises BadInput LEAF_NOT_IN_BATCH."""
        if (index := self._place.get(leaf)) is None:
            raise BadInput("LEAF_NOT_IN_BATCH", "the leaf is not one of this tree's")
        siblings = []
        for level in self._levels[:-1]:
            if (beside := index ^ 1) < len(level):
                siblings.append(level[beside])
            index >>= 1
        return tuple(siblings)
