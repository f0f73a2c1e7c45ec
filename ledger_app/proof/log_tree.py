"""RFC 6962 Merkle trees with SHA-256, and the leaves of a cargo stream (docs/protocol.md, section 5).

`LogTree` grows by appending and answers heads and proofs in logarithmic time; `root` and the two `verify_…`
functions need no tree. Leaves are given as leaf *data*: hashing with the 0x00 prefix happens here.
"""

import hmac
from collections.abc import Iterable, Sequence

from ledger_app.errors import BadInput
from ledger_app.proof.hashes import sha256

EMPTY_ROOT = sha256(b"")
_EVENT = b"origin-ledger/cargo-event/v1\0"
_SALT = b"origin-ledger/cargo-salt/v1\0"


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 section 2.1: `H(0x00 || data)`."""
    return sha256(b"\0" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 section 2.1: `H(0x01 || left || right)`."""
    return sha256(b"\1" + left + right)


def cargo_salt(stream_secret: bytes, index: int) -> bytes:
    """The 16-byte salt of event `index` (from 0) of a stream."""
    return hmac.digest(stream_secret, _SALT + index.to_bytes(8, "big"), "sha256")[:16]


def cargo_leaf(salt: bytes, index: int, event_hash: bytes, event_bytes: bytes) -> bytes:
    """The leaf data (32 bytes) of event `index`: its CBV 2.0 event hash, and its RFC 8785 bytes as kept.

    The event hash alone ignores error declarations; without the salt it could be guessed. Raises BadInput
    CARGO_LEAF_INVALID.
    """
    if len(salt) != 16 or len(event_hash) != 32 or not 0 <= index < 1 << 64:
        raise BadInput("CARGO_LEAF_INVALID", "a salt has 16 bytes, an event hash 32, an index is below 2^64")
    return sha256(_EVENT + salt + index.to_bytes(8, "big") + event_hash + sha256(event_bytes))


class LogTree:
    """An append-only tree. Level k holds the hashes of all complete subtrees of 2^k leaves, so that an
    append costs O(1) hashes on average and a proof O(log n)."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for data in leaves:
            self.append(data)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, data: bytes) -> int:
        """Adds leaf data at the end and returns its index."""
        node = leaf_hash(data)
        level = 0
        while True:
            if level == len(self._levels):
                self._levels.append([])
            row = self._levels[level]
            row.append(node)
            if len(row) % 2:
                return len(self) - 1
            node = node_hash(row[-2], node)
            level += 1

    def holds(self, index: int, data: bytes) -> bool:
        """Whether this leaf data stands at `index`."""
        return 0 <= index < len(self) and self._levels[0][index] == leaf_hash(data)

    def root(self, size: int | None = None) -> bytes:
        """The head over the first `size` leaves (all by default). Raises BadInput LOG_RANGE."""
        size = self._checked(len(self) if size is None else size, len(self))
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """RFC 6962 section 2.1.1, PATH(index, D[size]). Raises BadInput LOG_RANGE."""
        size = self._checked(len(self) if size is None else size, len(self))
        self._checked(index, size - 1)
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return tuple(reversed(path))

    def consistency_proof(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """RFC 6962 section 2.1.2, PROOF(first, D[second]); empty for first = 0 or first = second. Raises
        BadInput LOG_RANGE."""
        second = self._checked(len(self) if second is None else second, len(self))
        self._checked(first, second)
        if first in (0, second):
            return ()
        path: list[bytes] = []
        start, end = 0, second
        whole = (
            True  # whether the remembered subtree starts at 0, whose hash the verifier knows as the old head
        )
        while first != end:
            middle = start + _split(end - start)
            if first <= middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self._range(start, end))
        return tuple(reversed(path))

    def _range(self, start: int, end: int) -> bytes:
        """Hash of the leaves [start, end), start being a multiple of the largest power of two below the
        length."""
        size = end - start
        level = size.bit_length() - 1
        if size == 1 << level:
            return self._levels[level][start >> level]
        middle = start + _split(size)
        return node_hash(self._range(start, middle), self._range(middle, end))

    @staticmethod
    def _checked(value: int, most: int) -> int:
        if not 0 <= value <= most:
            raise BadInput("LOG_RANGE", f"{value} is not between 0 and {most}")
        return value


def root(leaves: Sequence[bytes]) -> bytes:
    """The head over all `leaves` (leaf data)."""
    return LogTree(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of leaf `index`. Raises BadInput LOG_RANGE."""
    return LogTree(leaves).inclusion_proof(index)


def consistency_proof(leaves: Sequence[bytes], first: int) -> tuple[bytes, ...]:
    """The proof that the head over the first `first` leaves is a prefix of the head over all. Raises
    BadInput LOG_RANGE."""
    return LogTree(leaves).consistency_proof(first)


def verify_inclusion(data: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Whether leaf data `data` is leaf `index` of the tree with `size` leaves and `head` (RFC 9162 section
    2.1.3.2)."""
    if not 0 <= index < size or any(len(node) != 32 for node in proof):
        return False
    fn, sn = index, size - 1
    node = leaf_hash(data)
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            node = node_hash(node, sibling)
        fn >>= 1
        sn >>= 1
    return sn == 0 and node == head


def verify_consistency(
    first: int, second: int, first_head: bytes, second_head: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `first` leaves is a prefix of the tree of `second` leaves (RFC 9162 section
    2.1.4.2)."""
    if not 0 <= first <= second or any(len(node) != 32 for node in proof):
        return False
    if first == second:
        return not proof and first_head == second_head
    if first == 0:
        return not proof and first_head == EMPTY_ROOT
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_head)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            new = node_hash(new, sibling)
        fn >>= 1
        sn >>= 1
    return sn == 0 and old == first_head and new == second_head


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)
