"""The leaf: what a batch tree holds of a certificate (docs/protocol.md, section 4). It names no chain and no
contract."""

from dataclasses import dataclass
from typing import Any

from ledger_app.domain.terms import LeafTerms, item_allowances, leaf_terms
from ledger_app.errors import BadInput
from ledger_app.proof.commitments import digest_document
from ledger_app.proof.hashes import keccak
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.merkle import MerkleTree

LEAF_TYPEHASH = keccak(
    b"Leaf(bytes32 digest,bytes32 issuer,bytes32 scheme,bytes8 destination,"
    b"uint32 validFrom,uint32 validUntil,uint64 allowance,bytes32 itemsRoot)"
)
ITEM_TYPEHASH = keccak(b"Item(uint32 item,uint64 allowance)")
NO_ITEMS = bytes(32)
_MAX_DAY = (1 << 32) - 1
_MAX_UNITS = (1 << 53) - 1
_SIZES = {"digest": 32, "issuer": 32, "scheme": 32, "destination": 8, "items_root": 32}
_LIMITS = {"valid_from": _MAX_DAY, "valid_until": _MAX_DAY, "allowance": _MAX_UNITS}
_JSON = {
    "digest": "digest",
    "issuer": "issuer",
    "scheme": "scheme",
    "destination": "destination",
    "validFrom": "valid_from",
    "validUntil": "valid_until",
    "allowance": "allowance",
    "itemsRoot": "items_root",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf's preimage. 32 bytes each but `destination` (8); days since 1970-01-01, 0 = not stated; units
    below 2^53.

    Raises BadInput LEAF_INVALID for any other size or range.
    """

    digest: bytes
    issuer: bytes
    scheme: bytes
    destination: bytes
    valid_from: int
    valid_until: int
    allowance: int
    items_root: bytes = NO_ITEMS

    def __post_init__(self) -> None:
        for name, size in _SIZES.items():
            value = getattr(self, name)
            if type(value) is not bytes or len(value) != size:
                raise BadInput("LEAF_INVALID", f"{name} has {size} bytes", field=name)
        for name, most in _LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not 0 <= value <= most:
                raise BadInput("LEAF_INVALID", f"{name} is an integer from 0 to {most}", field=name)

    def encoded(self) -> bytes:
        """`abi.encode(LEAF_TYPEHASH, …)`: 288 bytes."""
        return (
            LEAF_TYPEHASH
            + self.digest
            + self.issuer
            + self.scheme
            + self.destination.ljust(32, b"\0")
            + self.valid_from.to_bytes(32, "big")
            + self.valid_until.to_bytes(32, "big")
            + self.allowance.to_bytes(32, "big")
            + self.items_root
        )

    def hash(self) -> bytes:
        """The leaf hash, 32 bytes. Hashed twice, so that no inner node of a tree can pass for a leaf."""
        return keccak(keccak(self.encoded()))

    def batch_id(self, root: bytes) -> bytes:
        """The id of the batch with this `root` under the leaf's own issuer and scheme."""
        return batch_id(self.issuer, self.scheme, root)

    def to_json(self) -> dict[str, Any]:
        """The members as in Solidity's struct: hex strings and integers."""
        values = ((key, getattr(self, name)) for key, name in _JSON.items())
        return {key: to_hex(value) if isinstance(value, bytes) else value for key, value in values}

    @classmethod
    def from_json(cls, value: Any) -> "Leaf":
        """Inverse of `to_json`; exactly its members. Raises BadInput LEAF_INVALID or HEX_INVALID."""
        if type(value) is not dict or value.keys() != _JSON.keys():
            raise BadInput("LEAF_INVALID", "a leaf has exactly the members " + ", ".join(_JSON))
        members: dict[str, Any] = {name: value[key] for key, name in _JSON.items()}
        for name, size in _SIZES.items():
            members[name] = from_hex(members[name], size, field=f"leaf.{name}")
        return cls(**members)


def batch_id(issuer: bytes, scheme: bytes, root: bytes) -> bytes:
    """`K(abi.encode(issuer, scheme, root))`."""
    return keccak(issuer + scheme + root)


def claim_key(leaf: bytes, customs: bytes, claim: bytes) -> bytes:
    """`K(abi.encode(leaf, customs, claim))`."""
    return keccak(leaf + customs + claim)


def enquiry_id(sender: bytes, to: bytes, subject: bytes) -> bytes:
    """`K(abi.encode(from, to, subject))`."""
    return keccak(sender + to + subject)


def stream_key(reporter: bytes, stream: bytes) -> bytes:
    """`K(abi.encode(reporter, stream))`."""
    return keccak(reporter + stream)


def anchor_key(stream: bytes, head: bytes) -> bytes:
    """`K(abi.encode(streamKey, head))`, `stream` being the stream's key."""
    return keccak(stream + head)


def item_leaf(item: int, allowance: int) -> bytes:
    """The leaf of one item: its 1-based number in the document and its units."""
    return keccak(keccak(ITEM_TYPEHASH + item.to_bytes(32, "big") + allowance.to_bytes(32, "big")))


def item_tree(document: dict[str, Any]) -> MerkleTree | None:
    """The tree over the items that state an allowance; None when the allowance is for the certificate as a
    whole."""
    return tree_of_items(item_allowances(document))


def tree_of_items(items: tuple[tuple[int, int], ...]) -> MerkleTree | None:
    """The tree over (item number, units) pairs; None for no pairs."""
    return MerkleTree(item_leaf(item, units) for item, units in items) if items else None


def leaf_of_terms(digest: bytes, terms: LeafTerms) -> Leaf:
    """The leaf with this digest and these terms."""
    items = tree_of_items(terms.item_allowances)
    return Leaf(
        digest=digest,
        issuer=terms.issuer,
        scheme=terms.scheme,
        destination=terms.destination,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        allowance=terms.allowance,
        items_root=items.root if items else NO_ITEMS,
    )


def leaf_for(document: dict[str, Any], secret: bytes) -> Leaf:
    """The leaf that `document` under `secret` must have. Raises BadInput as `commit` and `leaf_terms`."""
    return leaf_of_terms(digest_document(document, secret), leaf_terms(document))
