"""The calls that a council may vote for, read from their bytes: what a member is shown comes from what it
signs.

The table is kept here because a signer takes nothing from the service; a test holds it against the
contract's ABI.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger_app import errors
from ledger_app.domain.standing import Role
from ledger_app.domain.terms import territory_code
from ledger_app.domain.words import printable
from ledger_app.proof.hashes import keccak
from ledger_app.signer.rules import refused, when

_ACCEPTANCE = "(uint64,(bytes32,bytes32))"

SIGNATURES: dict[str, tuple[str, ...]] = {
    "admit": ("bytes32", "bytes8", "uint16"),
    "grantKey": ("bytes32", "address", _ACCEPTANCE),
    "endKey": ("bytes32", "address"),
    "disown": ("bytes32", "address", "uint64"),
    "setCouncil": ("address[]", "uint8", _ACCEPTANCE + "[]"),
    "pauseFor": ("uint64",),
    "unpause": (),
    "seal": ("address",),
}
_BY_SELECTOR = {keccak(f"{name}({','.join(types)})".encode())[:4]: name for name, types in SIGNATURES.items()}


@dataclass(frozen=True, slots=True)
class Call:
    """A decoded call: function name, arguments as eth_abi gives them, the organisation id it is about (or
    None)."""

    name: str
    arguments: tuple[Any, ...]

    @property
    def organisation(self) -> bytes | None:
        first: bytes | None = self.arguments[0] if SIGNATURES[self.name][:1] == ("bytes32",) else None
        return first


def decode(data: bytes) -> Call:
    """Read the bytes of a call. Raises NotPermitted SIGNER_CALL_UNREADABLE for any that is not exactly one
    of ours."""
    # Imported here: it takes longer to import than the rest of the signer, and only council seats need it.
    from eth_abi.abi import decode as abi_decode
    from eth_abi.abi import encode as abi_encode
    from eth_abi.exceptions import DecodingError, EncodingError

    name = _BY_SELECTOR.get(data[:4])
    if name is None:
        raise refused("SIGNER_CALL_UNREADABLE", f"0x{data[:4].hex()} is no function that a council votes for")
    types = SIGNATURES[name]
    try:
        arguments = tuple(abi_decode(types, data[4:]))
        again = abi_encode(types, arguments)
    except (DecodingError, EncodingError, OverflowError, ValueError) as exc:
        raise refused("SIGNER_CALL_UNREADABLE", f"the arguments of {name} cannot be read") from exc
    if again != data[4:]:
        # Two encodings of one call are two votes; and whatever hides in slack bytes is not shown.
        raise refused("SIGNER_CALL_UNREADABLE", f"the arguments of {name} are not plainly encoded")
    return Call(name, arguments)


def words(call: Call, names: dict[bytes, str]) -> str:
    """What the call does, in a sentence. `names` maps organisation ids to their identifiers."""
    return _WORDS[call.name](call.arguments, names)


def _organisation(identifier: bytes, names: dict[bytes, str]) -> str:
    return printable(names[identifier]) if identifier in names else f"organisation 0x{identifier.hex()}"


def _admit(a: tuple[Any, ...], names: dict[bytes, str]) -> str:
    try:
        place = territory_code(a[1]) or "no territory"
    except errors.BadInput as exc:
        raise refused("SIGNER_CALL_UNREADABLE", "the territory cannot be read") from exc
    roles = ", ".join(Role(a[2]).names) or "no role"
    return f"Admit {_organisation(a[0], names)} of {place} with {roles}"


_WORDS: dict[str, Callable[[tuple[Any, ...], dict[bytes, str]], str]] = {
    "admit": _admit,
    "grantKey": lambda a, n: f"Give {_organisation(a[0], n)} the key {a[1]}",
    "endKey": lambda a, n: f"End the key {a[1]} of {_organisation(a[0], n)}",
    "disown": lambda a, n: f"Disown the key {a[1]} of {_organisation(a[0], n)} since {when(a[2])}",
    "setCouncil": lambda a, _: f"Seat a new council, {a[1]} of {len(a[0])} must agree: {', '.join(a[0])}",
    "pauseFor": lambda a, _: f"Pause the ledger for {a[0]} seconds",
    "unpause": lambda *_: "End the pause",
    "seal": lambda a, _: f"Seal the contract {a[0]} for ever",
}
