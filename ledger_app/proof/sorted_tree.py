"""A tree over key–value pairs in the order of their keys, with proofs of presence and of absence
(docs/protocol.md, section 10).

The pairs, sorted by key, are the leaves of an RFC 6962 tree. Its head (size and root) binds each place, so
two leaves at places i and i + 1 prove that no key lies between theirs. A leaf holds the value's hash only:
whoever is shown as a neighbour shows no value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger_app.errors import BadInput
from ledger_app.proof.canonical import JsonObject
from ledger_app.proof.hashes import sha256
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.log_tree import EMPTY_ROOT, LogTree, verify_inclusion

_ENTRY = b"origin-ledger/standing-entry/v1\0"
MAX_NODES = 64
_MAX_VALUE = 256


def entry(key: bytes, value_hash: bytes) -> bytes:
    """The leaf data of one pair: key 32 bytes, SHA-256 of the value."""
    return _ENTRY + key + value_hash


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A pair beside the gap where a key would be."""

    index: int
    key: bytes
    value_hash: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Presence:
    """The key has this value, at place `index`."""

    index: int
    value: bytes
    proof: tuple[bytes, ...]

    def to_json(self) -> JsonObject:
        """`{index, value, proof}`."""
        return {"index": self.index, "value": to_hex(self.value), "proof": _hexes(self.proof)}


@dataclass(frozen=True, slots=True)
class Absence:
    """No pair has the key: `before` and `after` are neighbours around it; None at an end of the tree."""

    before: Neighbour | None
    after: Neighbour | None

    def to_json(self) -> JsonObject:
        """`{before, after}`: each `{index, key, value, proof}` or null."""
        return {"before": _neighbour_json(self.before), "after": _neighbour_json(self.after)}


Found = Presence | Absence


class SortedTree:
    """The tree over `pairs` (32-byte keys)."""

    def __init__(self, pairs: Mapping[bytes, bytes]) -> None:
        self._keys = sorted(pairs)
        self._values = dict(pairs)
        self._place = {key: place for place, key in enumerate(self._keys)}
        self._tree = LogTree(entry(key, sha256(pairs[key])) for key in self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def root(self) -> bytes:
        return self._tree.root()

    def get(self, key: bytes) -> bytes | None:
        """The key's value, or None."""
        return self._values.get(key)

    def prove(self, key: bytes) -> Found:
        """The proof that `key` is there with its value, or that it is not there."""
        place = self._place.get(key)
        if place is not None:
            return Presence(place, self._values[key], self._tree.inclusion_proof(place))
        low, high = 0, len(self._keys)
        while low < high:
            middle = (low + high) // 2
            if self._keys[middle] < key:
                low = middle + 1
            else:
                high = middle
        return Absence(self._neighbour(low - 1), self._neighbour(low))

    def _neighbour(self, place: int) -> Neighbour | None:
        if not 0 <= place < len(self._keys):
            return None
        key = self._keys[place]
        return Neighbour(place, key, sha256(self._values[key]), self._tree.inclusion_proof(place))


def verify(key: bytes, found: Found, size: int, root: bytes) -> bytes | None:
    """The value of `key` under the head (size, root); None when its absence is proven. Raises BadInput
    EVIDENCE_INVALID."""
    if isinstance(found, Presence):
        data = entry(key, sha256(found.value))
        if not verify_inclusion(data, found.index, size, found.proof, root):
            raise invalid("a standing does not lead to the checkpoint's root")
        return found.value
    before, after = found.before, found.after
    for each in (before, after):
        if each is not None and not verify_inclusion(
            entry(each.key, each.value_hash), each.index, size, each.proof, root
        ):
            raise invalid("a neighbour does not lead to the checkpoint's root")
    first = before.index + 1 if before is not None else 0
    last = after.index if after is not None else size
    if first != last or (size == 0 and root != EMPTY_ROOT):
        raise invalid("the neighbours are not beside each other")
    if (before is not None and before.key >= key) or (after is not None and after.key <= key):
        raise invalid("the neighbours are not around what they should prove absent")
    return None


def found_from_json(value: Any, where: str) -> Found:
    """Inverse of `to_json`. Raises BadInput EVIDENCE_INVALID or HEX_INVALID."""
    if type(value) is dict and value.keys() == {"index", "value", "proof"}:
        held = from_hex(value["value"], field=where)
        if len(held) > _MAX_VALUE:
            raise invalid(f"{where}: a value is longer than {_MAX_VALUE} bytes")
        return Presence(index_of(value["index"], where), held, path_of(value["proof"], where))
    if type(value) is dict and value.keys() == {"before", "after"}:
        return Absence(_neighbour_of(value["before"], where), _neighbour_of(value["after"], where))
    raise invalid(f"{where} has index, value and proof, or before and after")


def index_of(value: Any, where: str) -> int:
    """A place in a tree. Raises BadInput EVIDENCE_INVALID."""
    if type(value) is not int or value < 0:
        raise invalid(f"{where}: index is not a whole number")
    return value


def path_of(value: Any, where: str) -> tuple[bytes, ...]:
    """The nodes of a proof. Raises BadInput EVIDENCE_INVALID or HEX_INVALID."""
    if type(value) is not list or len(value) > MAX_NODES:
        raise invalid(f"{where}: proof is not a list of at most {MAX_NODES}")
    return tuple(from_hex(node, 32, field=where) for node in value)


def invalid(detail: str) -> BadInput:
    return BadInput("EVIDENCE_INVALID", detail)


def _neighbour_of(value: Any, where: str) -> Neighbour | None:
    if value is None:
        return None
    if type(value) is not dict or value.keys() != {"index", "key", "value", "proof"}:
        raise invalid(f"{where}: a neighbour has index, key, value and proof")
    return Neighbour(
        index_of(value["index"], where),
        from_hex(value["key"], 32, field=where),
        from_hex(value["value"], 32, field=where),
        path_of(value["proof"], where),
    )


def _neighbour_json(found: Neighbour | None) -> JsonObject | None:
    if found is None:
        return None
    return {
        "index": found.index,
        "key": to_hex(found.key),
        "value": to_hex(found.value_hash),
        "proof": _hexes(found.proof),
    }


def _hexes(nodes: tuple[bytes, ...]) -> list[Any]:
    return [to_hex(node) for node in nodes]
