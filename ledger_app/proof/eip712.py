"""EIP-712 hashing of flat structs (docs/protocol.md, section 6): domain separator, struct hash, digest.

Our own, because struct hashes are a handful of concatenations, and `eth_account` (which the tests compare
with) spends most of its time on parsing types.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

from ledger_app.errors import BadInput
from ledger_app.proof.hashes import keccak
from ledger_app.proof.hexes import from_hex, to_hex

DOMAIN_NAME = "Origin Ledger"
DOMAIN_VERSION = "1"
_DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
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
STATEMENTS: dict[str, type[Act]] = {}
"""Messages that the council signs for people to carry about: no contract takes them."""


def message_type(kind: str) -> type[Act] | None:
    """The act or statement of this name, or None."""
    return ACTS.get(kind) or STATEMENTS.get(kind)


def act(contract: str, solidity: str, among: dict[str, type[Act]] = ACTS) -> Callable[[type[A]], type[A]]:
    """Registers an act with the Solidity side of its fields, written as in the type string."""

    def register(cls: type[A]) -> type[A]:
        cls.CONTRACT = contract
        cls.SOLIDITY = {name: kind for kind, name in (part.split(" ") for part in solidity.split(","))}
        cls._FIELDS = tuple(field.name for field in fields(cls))
        cls._TYPE_HASH = keccak(cls.type_string().encode())
        if len(cls._FIELDS) != len(cls.SOLIDITY):
            raise TypeError(f"{cls.__name__} does not match its type string")
        among[cls.__name__] = cls
        return cls

    return register


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
