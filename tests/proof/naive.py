"""A naive reference of the ledger protocol, written straight from docs/protocol.md with the standard library
alone.

It shares nothing with `ledger_app`: what both agree on is more likely the protocol than a shared mistake. It
is slow and checks nothing that the page does not ask for. Everything is bytes, integers, and plain JSON
values.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

# --- keccak-256 (FIPS 202 permutation with the original 0x01 padding) ------------------------------------

_ROTATIONS = [
    [0, 36, 3, 41, 18],
    [1, 44, 10, 45, 2],
    [62, 6, 43, 15, 61],
    [28, 55, 25, 21, 56],
    [27, 20, 39, 8, 14],
]
_WORD = (1 << 64) - 1


def _round_constants() -> list[int]:
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        constants.append(constant)
    return constants


_CONSTANTS = _round_constants()


def _rotate(word: int, by: int) -> int:
    return ((word << by) | (word >> (64 - by))) & _WORD if by else word


def _permute(a: list[list[int]]) -> list[list[int]]:
    for constant in _CONSTANTS:
        c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        d = [c[(x - 1) % 5] ^ _rotate(c[(x + 1) % 5], 1) for x in range(5)]
        a = [[a[x][y] ^ d[x] for y in range(5)] for x in range(5)]
        b = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                b[y][(2 * x + 3 * y) % 5] = _rotate(a[x][y], _ROTATIONS[x][y])
        a = [[b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]) for y in range(5)] for x in range(5)]
        a[0][0] ^= constant
    return a


def keccak(data: bytes) -> bytes:
    rate = 136
    padded = data + b"\x01"
    padded += b"\0" * (-len(padded) % rate)
    padded = padded[:-1] + bytes([padded[-1] | 0x80])
    state = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), rate):
        for i in range(rate // 8):
            word = int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
            state[i % 5][i // 5] ^= word
        state = _permute(state)
    return b"".join(state[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# --- section 1: identifiers -------------------------------------------------------------------------------


def organisation(identifier: str) -> bytes:
    return sha256(b"origin-ledger/organisation/v1\0" + identifier.encode("utf-8"))


def territory(code: str) -> bytes:
    return code.encode("ascii").ljust(8, b"\0")


def scheme(code: str) -> bytes:
    return code.encode("ascii").ljust(32, b"\0")


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


# --- section 2: canonical JSON (RFC 8785, without floats) -------------------------------------------------


def jcs(value: Any) -> bytes:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return b"{" + b",".join(jcs(key) + b":" + jcs(value[key]) for key in keys) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(jcs(each) for each in value) + b"]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")


# --- section 3: commitments and digest --------------------------------------------------------------------


def flatten(document: dict[str, Any]) -> dict[str, bytes]:
    """{pointer: entry bytes}"""
    found: dict[str, bytes] = {}

    def visit(pointer: str, node: Any) -> None:
        if pointer == "/extensions" or not isinstance(node, dict | list):
            found[pointer] = jcs([pointer, node])
        elif isinstance(node, dict):
            found[pointer] = jcs([pointer, "object", len(node)])
            for key, value in node.items():
                visit(pointer + "/" + key.replace("~", "~0").replace("/", "~1"), value)
        else:
            found[pointer] = jcs([pointer, "array", len(node)])
            for index, value in enumerate(node):
                visit(pointer + "/" + str(index), value)

    visit("", document)
    return found


def salts(secret: bytes, pointers: Iterable[str]) -> dict[str, bytes]:
    """{pointer: salt}"""
    ordered = sorted(pointers, key=lambda pointer: pointer.encode("utf-8"))
    stream = hashlib.shake_256(b"origin-ledger/salts/v1\0" + secret).digest(16 * len(ordered))
    return {pointer: stream[16 * i : 16 * i + 16] for i, pointer in enumerate(ordered)}


def commitments(document: dict[str, Any], secret: bytes) -> dict[str, bytes]:
    """{pointer: commitment}"""
    entries = flatten(document)
    by_pointer = salts(secret, entries)
    return {pointer: sha256(by_pointer[pointer] + entry) for pointer, entry in entries.items()}


def digest_of(all_commitments: Iterable[bytes]) -> bytes:
    return sha256(b"origin-ledger/certificate/v1\0" + b"".join(sorted(all_commitments)))


def digest(document: dict[str, Any], secret: bytes) -> bytes:
    return digest_of(commitments(document, secret).values())


# --- section 4: leaf, items, batch ------------------------------------------------------------------------

LEAF_TYPE = (
    b"Leaf(bytes32 digest,bytes32 issuer,bytes32 scheme,bytes8 destination,uint32 validFrom,"
    b"uint32 validUntil,uint64 allowance,bytes32 itemsRoot)"
)
LEAF_FIELDS = (
    "digest",
    "issuer",
    "scheme",
    "destination",
    "validFrom",
    "validUntil",
    "allowance",
    "itemsRoot",
)


def word(value: int | bytes) -> bytes:
    """One ABI word: numbers to the right, fixed bytes to the left."""
    return value.to_bytes(32, "big") if isinstance(value, int) else value.ljust(32, b"\0")


def leaf_preimage(leaf: dict[str, Any]) -> bytes:
    return keccak(LEAF_TYPE) + b"".join(word(leaf[name]) for name in LEAF_FIELDS)


def double(preimage: bytes) -> bytes:
    return keccak(keccak(preimage))


def leaf_hash(leaf: dict[str, Any]) -> bytes:
    return double(leaf_preimage(leaf))


def item_leaf(item: int, allowance: int) -> bytes:
    return double(keccak(b"Item(uint32 item,uint64 allowance)") + word(item) + word(allowance))


def key_of(*words: bytes) -> bytes:
    """batchId, claimKey, enquiryId, streamKey, anchorKey: K(abi.encode(…)) of 32-byte words."""
    return keccak(b"".join(words))


def leaf_of(document: dict[str, Any], secret: bytes) -> dict[str, Any]:
    items = [(i["number"], i["allowance"]) for i in document.get("items", []) if "allowance" in i]
    whole = document.get("allowance", {}).get("units", 1)
    return {
        "digest": digest(document, secret),
        "issuer": organisation(document["issuer"]["identifier"]),
        "scheme": scheme(document["scheme"]),
        "destination": territory(document["destination"]) if "destination" in document else bytes(8),
        "validFrom": day(document.get("validFrom", document["issueDate"])),
        "validUntil": day(document["validUntil"]) if "validUntil" in document else 0,
        "allowance": sum(units for _, units in items) if items else whole,
        "itemsRoot": tree([item_leaf(*item) for item in items])[-1][0] if items else bytes(32),
    }


def pair(a: bytes, b: bytes) -> bytes:
    return keccak(min(a, b) + max(a, b))


def tree(hashes: Iterable[bytes]) -> list[list[bytes]]:
    """All levels, leaves first."""
    level = sorted(set(hashes))
    levels = [level]
    while len(level) > 1:
        level = [pair(*level[i : i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
        levels.append(level)
    return levels


def proof(hashes: Iterable[bytes], leaf: bytes) -> list[bytes]:
    levels = tree(hashes)
    place, siblings = levels[0].index(leaf), []
    for level in levels[:-1]:
        beside = place + 1 if place % 2 == 0 else place - 1
        if beside < len(level):
            siblings.append(level[beside])
        place //= 2
    return siblings


def process(leaf: bytes, siblings: Iterable[bytes]) -> bytes:
    for sibling in siblings:
        leaf = pair(leaf, sibling)
    return leaf


# --- section 5: cargo (RFC 6962, by its recursive definitions) --------------------------------------------


def mth(entries: list[bytes]) -> bytes:
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\0" + entries[0])
    k = split(len(entries))
    return sha256(b"\1" + mth(entries[:k]) + mth(entries[k:]))


def split(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def path(m: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def consistency(m: int, entries: list[bytes]) -> list[bytes]:
    def subproof(m: int, entries: list[bytes], whole: bool) -> list[bytes]:
        if m == len(entries):
            return [] if whole else [mth(entries)]
        k = split(len(entries))
        if m <= k:
            return [*subproof(m, entries[:k], whole), mth(entries[k:])]
        return [*subproof(m - k, entries[k:], False), mth(entries[:k])]

    return subproof(m, entries, True)


def cargo_salt(stream_secret: bytes, index: int) -> bytes:
    data = b"origin-ledger/cargo-salt/v1\0" + index.to_bytes(8, "big")
    return hmac.new(stream_secret, data, "sha256").digest()[:16]


def cargo_leaf(salt: bytes, index: int, event_hash: bytes, event: bytes) -> bytes:
    return sha256(
        b"origin-ledger/cargo-event/v1\0" + salt + index.to_bytes(8, "big") + event_hash + sha256(event)
    )


# --- section 6: typed data (EIP-712) ----------------------------------------------------------------------


def domain_separator(chain_id: int, contract: bytes) -> bytes:
    kind = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    return keccak(
        keccak(kind) + keccak(b"Origin Ledger") + keccak(b"1") + word(chain_id) + contract.rjust(32, b"\0")
    )


def struct_hash(type_string: str, message: dict[str, Any]) -> bytes:
    """`type_string` as on the page; `message` maps names to bytes, integers or lists."""
    main, _, nested = type_string.partition(")")
    encoded = [keccak(type_string.encode())]
    for field in main.partition("(")[2].split(","):
        kind, name = field.split(" ")
        encoded.append(encode_field(kind, message[name], nested))
    return keccak(b"".join(encoded))


def encode_field(kind: str, value: Any, nested: str) -> bytes:
    if kind == "ItemUnits[]":
        return keccak(b"".join(struct_hash(nested, each) for each in value))
    if kind == "bytes32[]":
        return keccak(b"".join(value))
    if kind == "bytes":
        return keccak(value)
    return value.rjust(32, b"\0") if kind == "address" else word(value)


def typed_digest(separator: bytes, hashed: bytes) -> bytes:
    return keccak(b"\x19\x01" + separator + hashed)


# --- signatures: secp256k1, EIP-2098 ----------------------------------------------------------------------

_P = 2**256 - 2**32 - 977
Point = tuple[int, int]
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def _add(a: Point | None, b: Point | None) -> Point | None:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % _P == 0:
        return None
    if a == b:
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, _P) % _P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, _P) % _P
    x = (slope * slope - a[0] - b[0]) % _P
    return x, (slope * (a[0] - x) - a[1]) % _P


def _multiply(point: Point | None, by: int) -> Point | None:
    total: Point | None = None
    while by:
        if by & 1:
            total = _add(total, point)
        point, by = _add(point, point), by >> 1
    return total


def _address(point: Point | None) -> bytes:
    assert point is not None
    return keccak(point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big"))[12:]


def address(secret: int) -> bytes:
    return _address(_multiply(_G, secret))


def sign(hashed: bytes, secret: int, nonce: int) -> bytes:
    """64 bytes r || vs, low s. The nonce is given, because vectors must not change."""
    point = _multiply(_G, nonce)
    assert point is not None
    x, y = point
    r, odd = x % ORDER, y & 1
    s = pow(nonce, -1, ORDER) * (int.from_bytes(hashed, "big") + r * secret) % ORDER
    if s > ORDER // 2:
        s, odd = ORDER - s, odd ^ 1
    return r.to_bytes(32, "big") + (s | odd << 255).to_bytes(32, "big")


def recover(hashed: bytes, signature: bytes) -> bytes | None:
    """The 20-byte address, or None where the signature is refused."""
    if len(signature) != 64:
        return None
    r, vs = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    s, odd = vs & ((1 << 255) - 1), vs >> 255
    if not (0 < r < ORDER and 0 < s <= ORDER // 2):
        return None
    y = pow(r**3 + 7, (_P + 1) // 4, _P)
    if (y * y - r**3 - 7) % _P:
        return None
    if y & 1 != odd:
        y = _P - y
    inverse = pow(r, -1, ORDER)
    z = int.from_bytes(hashed, "big")
    point = _add(_multiply((r, y), s * inverse % ORDER), _multiply(_G, -z * inverse % ORDER))
    return _address(point) if point else None
