"""EIP-712 messages of every act, their digests and signatures (docs/protocol.md, section 6).

One frozen dataclass an act, its fields in the order of the type string; `ACTS` finds them by name. Byte
fields are
`bytes`, addresses lower-case `0x…` strings, the rest integers. Hashing is our own: struct hashes are a
handful of concatenations, and `eth_account` (which the tests compare with) spends most of its time on
parsing types.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

import coincurve

from ledger_app.errors import BadInput
from ledger_app.proof.hashes import keccak
from ledger_app.proof.hexes import from_hex, to_hex

DOMAIN_NAME = "Origin Ledger"
DOMAIN_VERSION = "1"
_DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_S_MASK = (1 << 255) - 1
_MAX_ITEMS = 65_536
_ITEM_UNITS_TYPE = "ItemUnits(uint32 item,uint64 units)"
_ITEM_UNITS_HASH = keccak(_ITEM_UNITS_TYPE.encode())


@dataclass(frozen=True, slots=True)
class Domain:
    """Which contract on which chain takes the act. `contract` is its address, `0x…`."""

    chain_id: int
    contract: str

    def separator(self) -> bytes:
        """32 bytes: the EIP-712 domain separator. Raises BadInput HEX_INVALID."""
        return _separator(self.chain_id, self.contract)


@lru_cache(maxsize=256)
def _separator(chain_id: int, contract: str) -> bytes:
    return keccak(
        keccak(_DOMAIN_TYPE)
        + keccak(DOMAIN_NAME.encode())
        + keccak(DOMAIN_VERSION.encode())
        + chain_id.to_bytes(32, "big")
        + from_hex(contract, 20, field="contract", any_case=True).rjust(32, b"\0")
    )


@dataclass(frozen=True, slots=True)
class ItemUnits:
    """Units of one item, in `Acquit` and `Consume`."""

    item: int
    units: int


@dataclass(frozen=True)
class Act:
    """Base of the messages. `SOLIDITY` maps Solidity names to types, in order; `CONTRACT` names who takes
    the act."""

    CONTRACT: ClassVar[str]
    SOLIDITY: ClassVar[Mapping[str, str]]
    _FIELDS: ClassVar[tuple[str, ...]]
    _TYPE_HASH: ClassVar[bytes]

    @classmethod
    def type_string(cls) -> str:
        """EIP-712 `encodeType`."""
        own = f"{cls.__name__}({','.join(f'{kind} {name}' for name, kind in cls.SOLIDITY.items())})"
        return own + (_ITEM_UNITS_TYPE if "ItemUnits[]" in cls.SOLIDITY.values() else "")

    def struct_hash(self) -> bytes:
        """EIP-712 `hashStruct`. Raises BadInput ACT_INVALID where a field does not fit its type."""
        encoded = [self._TYPE_HASH]
        for (name, kind), field in zip(self.SOLIDITY.items(), self._FIELDS, strict=True):
            try:
                encoded.append(_ENCODERS[kind](getattr(self, field)))
            except BadInput:
                raise
            except (ValueError, OverflowError, TypeError, AttributeError):
                raise BadInput("ACT_INVALID", f"{name} is not a {kind}", field=name) from None
        return keccak(b"".join(encoded))

    def digest(self, domain: Domain) -> bytes:
        """32 bytes: what the key signs."""
        return keccak(b"\x19\x01" + domain.separator() + self.struct_hash())

    def to_json(self) -> dict[str, Any]:
        """The message under its Solidity names: hex strings, integers, lists."""
        values = zip(self.SOLIDITY.items(), self._FIELDS, strict=True)
        return {name: _to_json(kind, getattr(self, field)) for (name, kind), field in values}

    @classmethod
    def from_json(cls: type["A"], value: Any) -> "A":
        """Inverse of `to_json`; exactly its members. Raises BadInput ACT_INVALID or HEX_INVALID."""
        if type(value) is not dict or value.keys() != cls.SOLIDITY.keys():
            raise BadInput("ACT_INVALID", f"{cls.__name__} has exactly the members {', '.join(cls.SOLIDITY)}")
        act = cls(*(_from_json(kind, value[name], name) for name, kind in cls.SOLIDITY.items()))
        act.struct_hash()
        return act

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        """The full EIP-712 JSON object, for wallets and for other implementations."""
        types = {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            type(self).__name__: [{"name": name, "type": kind} for name, kind in self.SOLIDITY.items()],
        }
        if "ItemUnits[]" in self.SOLIDITY.values():
            types["ItemUnits"] = [{"name": "item", "type": "uint32"}, {"name": "units", "type": "uint64"}]
        return {
            "types": types,
            "primaryType": type(self).__name__,
            "domain": {
                "name": DOMAIN_NAME,
                "version": DOMAIN_VERSION,
                "chainId": domain.chain_id,
                "verifyingContract": domain.contract,
            },
            "message": self.to_json(),
        }


A = TypeVar("A", bound=Act)
ACTS: dict[str, type[Act]] = {}


def _act(contract: str, solidity: str) -> Callable[[type[A]], type[A]]:
    """Registers an act with the Solidity side of its fields, written as in the type string."""

    def register(cls: type[A]) -> type[A]:
        cls.CONTRACT = contract
        cls.SOLIDITY = {name: kind for kind, name in (part.split(" ") for part in solidity.split(","))}
        cls._FIELDS = tuple(field.name for field in fields(cls))
        cls._TYPE_HASH = keccak(cls.type_string().encode())
        if len(cls._FIELDS) != len(cls.SOLIDITY):
            raise TypeError(f"{cls.__name__} does not match its type string")
        ACTS[cls.__name__] = cls
        return cls

    return register


_REGISTRY, _CONSORTIUM, _CARGO = "CertificateRegistry", "Consortium", "CargoLog"


@_act(_REGISTRY, "bytes32 issuer,bytes32 scheme,bytes32 root,uint32 count,uint64 deadline")
@dataclass(frozen=True)
class Issue(Act):
    issuer: bytes
    scheme: bytes
    root: bytes
    count: int
    deadline: int


@_act(_REGISTRY, "bytes32 leaf,uint16 reason,uint32 epoch,uint64 deadline")
@dataclass(frozen=True)
class Suspend(Act):
    leaf: bytes
    reason: int
    epoch: int
    deadline: int


@_act(_REGISTRY, "bytes32 leaf,uint32 epoch,uint64 deadline")
@dataclass(frozen=True)
class Reinstate(Act):
    leaf: bytes
    epoch: int
    deadline: int


@_act(_REGISTRY, "bytes32 leaf,uint16 reason,uint64 deadline")
@dataclass(frozen=True)
class Revoke(Act):
    leaf: bytes
    reason: int
    deadline: int


@_act(
    _REGISTRY,
    "bytes32 leaf,bytes32 scheme,bytes32 root,uint32 count,bytes32[] successors,uint16 reason,"
    "uint64 deadline",
)
@dataclass(frozen=True)
class Supersede(Act):
    leaf: bytes
    scheme: bytes
    root: bytes
    count: int
    successors: tuple[bytes, ...]
    reason: int
    deadline: int


@_act(_REGISTRY, "bytes32 leaf,bytes32 customs,bytes32 claim,uint64 units,ItemUnits[] items,uint64 deadline")
@dataclass(frozen=True)
class Acquit(Act):
    leaf: bytes
    customs: bytes
    claim: bytes
    units: int
    items: tuple[ItemUnits, ...]
    deadline: int


@_act(_REGISTRY, "bytes32 leaf,bytes32 customs,bytes32 claim,uint16 reason,uint64 deadline")
@dataclass(frozen=True)
class Withdraw(Act):
    leaf: bytes
    customs: bytes
    claim: bytes
    reason: int
    deadline: int


@_act(_REGISTRY, "bytes32 leaf,bytes32 customs,bytes32 claim,uint16 reason,uint64 deadline")
@dataclass(frozen=True)
class Refuse(Act):
    leaf: bytes
    customs: bytes
    claim: bytes
    reason: int
    deadline: int


@_act(
    _REGISTRY,
    "bytes32 leaf,bytes32 issuer,uint64 units,ItemUnits[] items,bytes32 root,uint32 count,"
    "bytes32[] successors,uint64 deadline",
)
@dataclass(frozen=True)
class Consume(Act):
    leaf: bytes
    issuer: bytes
    units: int
    items: tuple[ItemUnits, ...]
    root: bytes
    count: int
    successors: tuple[bytes, ...]
    deadline: int


@_act(
    _REGISTRY,
    "bytes32 from,bytes32 to,bytes32 leaf,bytes32 subject,uint16 code,uint64 replyBy,uint64 deadline",
)
@dataclass(frozen=True)
class Enquire(Act):
    sender: bytes
    to: bytes
    leaf: bytes
    subject: bytes
    code: int
    reply_by: int
    deadline: int


@_act(_REGISTRY, "bytes32 enquiry,uint16 code,bytes32 reply,uint64 deadline")
@dataclass(frozen=True)
class Answer(Act):
    enquiry: bytes
    code: int
    reply: bytes
    deadline: int


@_act(_REGISTRY, "bytes32 batch,uint64 deadline")
@dataclass(frozen=True)
class Confirm(Act):
    batch: bytes
    deadline: int


@_act(_CONSORTIUM, "bytes call,bytes32 salt,uint64 epoch,uint64 expires")
@dataclass(frozen=True)
class Vote(Act):
    call: bytes
    salt: bytes
    epoch: int
    expires: int


@_act(_CONSORTIUM, "address member,uint64 deadline")
@dataclass(frozen=True)
class AcceptSeat(Act):
    member: str
    deadline: int


@_act(_CONSORTIUM, "address member,uint64 until,uint64 epoch,uint64 deadline")
@dataclass(frozen=True)
class MemberPause(Act):
    member: str
    until: int
    epoch: int
    deadline: int


@_act(_CONSORTIUM, "bytes32 organisation,address key,uint64 deadline")
@dataclass(frozen=True)
class AcceptKey(Act):
    organisation: bytes
    key: str
    deadline: int


@_act(_CONSORTIUM, "bytes32 sponsor,bytes32 organisation,address key,uint64 deadline")
@dataclass(frozen=True)
class AddKey(Act):
    sponsor: bytes
    organisation: bytes
    key: str
    deadline: int


@_act(_CONSORTIUM, "bytes32 organisation,address key,uint64 deadline")
@dataclass(frozen=True)
class RetireKey(Act):
    organisation: bytes
    key: str
    deadline: int


@_act(_CONSORTIUM, "bytes32 authority,bytes32 organisation,uint16 roles,uint32 epoch,uint64 deadline")
@dataclass(frozen=True)
class Enrol(Act):
    authority: bytes
    organisation: bytes
    roles: int
    epoch: int
    deadline: int


@_act(
    _CONSORTIUM,
    "bytes32 authority,bytes32 organisation,bytes32 scheme,uint8 kind,uint32 fromDay,uint32 untilDay,"
    "uint32 epoch,uint64 deadline",
)
@dataclass(frozen=True)
class Accredit(Act):
    authority: bytes
    organisation: bytes
    scheme: bytes
    kind: int
    from_day: int
    until_day: int
    epoch: int
    deadline: int


@_act(_CARGO, "bytes32 reporter,bytes32 stream,bytes32 previous,bytes32 head,uint64 count,uint64 deadline")
@dataclass(frozen=True)
class Anchor(Act):
    reporter: bytes
    stream: bytes
    previous: bytes
    head: bytes
    count: int
    deadline: int


def recover(digest: bytes, signature: bytes) -> str:
    """The address (lower-case `0x…`) whose key signed `digest` with this EIP-2098 signature `r || vs`.

    Raises BadInput SIGNATURE_INVALID unless it has exactly 64 bytes, r and s are in range, s is low, and a
    key exists.
    """
    if type(signature) is not bytes or len(signature) != 64:
        raise BadInput("SIGNATURE_INVALID", "a signature has 64 bytes: r and vs")
    vs = int.from_bytes(signature[32:], "big")
    s = vs & _S_MASK
    if s > _CURVE_ORDER // 2:
        raise BadInput("SIGNATURE_INVALID", "s is in the upper half of its range")
    try:
        point = coincurve.PublicKey.from_signature_and_message(
            signature[:32] + s.to_bytes(32, "big") + bytes([vs >> 255]), digest, hasher=None
        )
    except Exception:  # noqa: BLE001 - coincurve raises bare Exception for what libsecp256k1 refuses
        raise BadInput("SIGNATURE_INVALID", "no key can have made this signature") from None
    return _address(point)


def sign(digest: bytes, private_key: bytes) -> bytes:
    """64 bytes `r || vs` (EIP-2098, low s). Raises BadInput KEY_INVALID for something that is not a private
    key."""
    signature = _private_key(private_key).sign_recoverable(digest, hasher=None)
    vs = int.from_bytes(signature[32:64], "big") | signature[64] << 255
    return signature[:32] + vs.to_bytes(32, "big")


def address_of(private_key: bytes) -> str:
    """The address of a private key, lower-case `0x…`. Raises BadInput KEY_INVALID."""
    return _address(_private_key(private_key).public_key)


@lru_cache(maxsize=64)
def _private_key(secret: bytes) -> coincurve.PrivateKey:
    try:
        if len(secret) != 32:
            raise ValueError
        return coincurve.PrivateKey(secret)
    except ValueError:
        raise BadInput(
            "KEY_INVALID", "a private key is 32 bytes, not zero, below the order of the curve"
        ) from None


def _address(point: coincurve.PublicKey) -> str:
    return to_hex(keccak(point.format(compressed=False)[1:])[12:])


def _uint(bits: int) -> Callable[[Any], bytes]:
    def encode(value: Any) -> bytes:
        if type(value) is not int or value >> bits:
            raise ValueError
        return value.to_bytes(32, "big")

    return encode


def _bytes32(value: Any) -> bytes:
    if type(value) is not bytes or len(value) != 32:
        raise ValueError
    return value


def _dynamic_bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        raise ValueError
    return keccak(value)


def _bytes32_array(values: Any) -> bytes:
    return keccak(b"".join(map(_bytes32, values)))


def _item_units(values: Any) -> bytes:
    item, units = _uint(32), _uint(64)
    return keccak(b"".join(keccak(_ITEM_UNITS_HASH + item(v.item) + units(v.units)) for v in values))


_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "bytes32": _bytes32,
    "bytes": _dynamic_bytes,
    "address": lambda value: from_hex(value, 20).rjust(32, b"\0"),
    "bytes32[]": _bytes32_array,
    "ItemUnits[]": _item_units,
    **{f"uint{bits}": _uint(bits) for bits in (8, 16, 32, 64)},
}


def _to_json(kind: str, value: Any) -> Any:
    if kind == "bytes32[]":
        return [to_hex(each) for each in value]
    if kind == "ItemUnits[]":
        return [{"item": each.item, "units": each.units} for each in value]
    return to_hex(value) if isinstance(value, bytes) else value


def _from_json(kind: str, value: Any, name: str) -> Any:
    if kind == "address":
        return to_hex(from_hex(value, 20, field=name, any_case=True))
    if kind in ("bytes32", "bytes"):
        return from_hex(value, 32 if kind == "bytes32" else None, field=name)
    if not kind.endswith("[]"):
        return value  # an integer: its range is checked when the struct is hashed
    if type(value) is not list or len(value) > _MAX_ITEMS:
        raise BadInput("ACT_INVALID", f"{name} is not a list of at most {_MAX_ITEMS}", field=name)
    if kind == "bytes32[]":
        return tuple(from_hex(each, 32, field=name) for each in value)
    if any(type(each) is not dict or each.keys() != {"item", "units"} for each in value):
        raise BadInput("ACT_INVALID", f"{name} has elements with exactly item and units", field=name)
    return tuple(ItemUnits(each["item"], each["units"]) for each in value)
