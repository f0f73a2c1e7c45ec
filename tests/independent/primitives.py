"""A second reading of docs/protocol.md, sections 1, 2 and 6: hashes, strict JSON, typed data, signatures.

Written from the page with the standard library and coincurve alone: nothing of `ledger_app`, and nothing of
the reference that makes the vectors. It is plain rather than fast.
"""

import hashlib
import json
import re
from functools import lru_cache
from typing import Any

import coincurve

MOST_INTEGER = 2**53 - 1
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_MASK = 2**64 - 1
_ROUNDS = [
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]  # fmt: skip
# Lane by lane along the cycle of rho and pi: where it goes, and how far it is turned.
_CYCLE = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1]
_TURNS = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44]


class RefusedError(Exception):
    """Why something is not accepted: a reason code of the protocol's published table."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@lru_cache(maxsize=1 << 16)
def keccak(data: bytes) -> bytes:
    """Keccak-256. The same types, domains and leaves are hashed over and over."""
    block = bytearray(data) + bytearray(136 - len(data) % 136)
    block[len(data)] ^= 0x01
    block[-1] ^= 0x80
    lanes = [0] * 25
    for start in range(0, len(block), 136):
        for place in range(17):
            lanes[place] ^= int.from_bytes(block[start + 8 * place : start + 8 * place + 8], "little")
        for constant in _ROUNDS:
            sums = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
            for x in range(5):
                right = sums[(x + 1) % 5]
                mixed = sums[x - 1] ^ ((right << 1 | right >> 63) & _MASK)
                for y in range(x, 25, 5):
                    lanes[y] ^= mixed
            moved = lanes[1]
            for target, turn in zip(_CYCLE, _TURNS, strict=True):
                lanes[target], moved = (moved << turn | moved >> (64 - turn)) & _MASK, lanes[target]
            for y in range(0, 25, 5):
                a, b, c, d, e = lanes[y : y + 5]
                lanes[y : y + 5] = [a ^ ~b & c, b ^ ~c & d, c ^ ~d & e, d ^ ~e & a, e ^ ~a & b]
            lanes[0] ^= constant
    return b"".join((lane & _MASK).to_bytes(8, "little") for lane in lanes[:4])


def sha256(*parts: bytes) -> bytes:
    """SHA-256 over the parts together."""
    return hashlib.sha256(b"".join(parts)).digest()


# --- JSON ---------------------------------------------------------------------------------------


def read_json(data: bytes, most_bytes: int, most_levels: int) -> Any:
    """The one value in `data`, as strictly as section 2 says. Raises RefusedError("JSON")."""
    try:
        if len(data) > most_bytes or data[:1] == b"\xef":
            raise ValueError("size or byte order mark")
        text = data.decode("utf-8")
        _levels(text, most_levels)
        value = json.loads(
            text, object_pairs_hook=_members, parse_int=_integer, parse_float=_no, parse_constant=_no
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no bytes
        if any("\0" in each for each in _texts(value)):
            raise ValueError("U+0000")
    except (ValueError, RecursionError):
        raise RefusedError("JSON") from None
    return value


def _texts(value: Any) -> list[str]:
    if type(value) is str:
        return [value]
    inside = [*value, *value.values()] if type(value) is dict else value if type(value) is list else []
    return [text for each in inside for text in _texts(each)]


def _levels(text: str, most: int) -> None:
    depth = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(bracket, 0)
        if depth > most:
            raise ValueError("too deep")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _integer(text: str) -> int:
    if text == "-0" or len(text) > 17 or abs(int(text)) > MOST_INTEGER:
        raise ValueError("integer")
    return int(text)


def _no(_: str) -> Any:
    raise ValueError("number")


def jcs(value: Any) -> bytes:
    """RFC 8785 bytes (there are no floats)."""
    if type(value) is dict:
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return b"{" + b",".join(jcs(name) + b":" + jcs(value[name]) for name in names) + b"}"
    if type(value) is list:
        return b"[" + b",".join(map(jcs, value)) + b"]"
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def exactly(value: Any, *names: str, reason: str) -> dict[str, Any]:
    """The object, if it has exactly these members."""
    if type(value) is not dict or value.keys() != set(names):
        raise RefusedError(reason)
    return value


def number(value: Any, most: int, reason: str) -> int:
    """A whole number from 0 to `most`."""
    if type(value) is not int or not 0 <= value <= most:
        raise RefusedError(reason)
    return value


def listed(value: Any, most: int, reason: str) -> list[Any]:
    """A list of at most `most`."""
    if type(value) is not list or len(value) > most:
        raise RefusedError(reason)
    return value


def octets(text: Any, size: int | None = None) -> bytes:
    """The bytes of lower-case hex with 0x in front."""
    if type(text) is not str or not re.fullmatch(r"0x([0-9a-f]{2})*", text, re.ASCII) or text[-1] == "\n":
        raise RefusedError("HEX_INVALID")
    found = bytes.fromhex(text[2:])
    if size is not None and len(found) != size:
        raise RefusedError("HEX_INVALID")
    return found


# --- typed data and signatures --------------------------------------------------------------------


def typed_digest(chain_id: int, contract: bytes, type_string: str, message: dict[str, Any]) -> bytes:
    """What is signed (EIP-712). `message` by name: integers, bytes, lists."""
    kind = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    words = [keccak(kind), keccak(b"Origin Ledger"), keccak(b"1"), chain_id.to_bytes(32, "big")]
    domain = keccak(b"".join(words) + bytes(12) + contract)
    return keccak(b"\x19\x01" + domain + struct_hash(type_string, message))


def struct_hash(type_string: str, message: dict[str, Any]) -> bytes:
    """EIP-712 hashStruct; the nested type, if any, follows the main one."""
    main, _, nested = type_string.partition(")")
    words = [keccak(type_string.encode())]
    for part in main[main.index("(") + 1 :].split(","):
        kind, name = part.split(" ")
        value = message[name]
        if kind == "ItemUnits[]":
            words.append(keccak(b"".join(struct_hash(nested, each) for each in value)))
        elif kind == "bytes32[]":
            words.append(keccak(b"".join(value)))
        elif kind == "bytes":
            words.append(keccak(value))
        elif kind == "address":
            words.append(bytes(12) + value)
        else:
            words.append(value.to_bytes(32, "big") if type(value) is int else value + bytes(32 - len(value)))
    return keccak(b"".join(words))


def signer(digest: bytes, signature: bytes) -> bytes:
    """The 20-byte address that made an EIP-2098 signature. Raises RefusedError("SIGNATURE_INVALID")."""
    vs = int.from_bytes(signature[32:], "big")
    s, parity = vs % 2**255, vs >> 255
    if len(signature) != 64 or s > HALF_ORDER:
        raise RefusedError("SIGNATURE_INVALID")
    whole = signature[:32] + s.to_bytes(32, "big") + bytes([parity])
    try:
        key = coincurve.PublicKey.from_signature_and_message(whole, digest, hasher=None)
    except Exception:  # noqa: BLE001 - what coincurve raises for a signature that no key can have made
        raise RefusedError("SIGNATURE_INVALID") from None
    return keccak(key.format(compressed=False)[1:])[12:]
