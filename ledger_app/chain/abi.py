"""The contracts' interfaces as their artifacts describe them: calls, answers, events and errors.

Built on `eth_abi`, the codec that web3 uses itself; the types are read once, so a call costs one `encode`.
Values: bytes as `bytes`, addresses as lower-case `0x…` strings, numbers as `int`, tuples as tuples.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from ledger_app.errors import Broken

#: The contracts of the ledger, in the order of their deployment.
CONTRACTS = ("Consortium", "CertificateRegistry", "CargoLog")
_ARTIFACTS = Path(__file__).parent / "artifacts"
_PANIC = bytes.fromhex("4e487b71")
_ERROR_STRING = bytes.fromhex("08c379a0")


@dataclass(frozen=True, slots=True)
class Function:
    """One function: `selector` and the ABI types of what goes in and comes out."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def encode(self, *values: Any) -> bytes:
        """Calldata. Raises an `eth_abi` EncodingError when a value does not fit."""
        return self.selector + encode(self.inputs, values)

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """What the function returned. Raises Broken `NODE_ANSWER` when it is something else."""
        try:
            return tuple(decode(self.outputs, data))
        except DecodingError as bad:
            raise Broken("NODE_ANSWER", f"the answer of {self.name} cannot be decoded") from bad


@dataclass(frozen=True, slots=True)
class Event:
    """One event: names and types of its topics and data."""

    contract: str
    name: str
    topic: bytes
    indexed: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """The arguments by name."""
        pairs = zip(self.indexed, topics[1:], strict=True)
        values = {name: decode((kind,), topic)[0] for (name, kind), topic in pairs}
        names = [name for name, _ in self.plain]
        values.update(zip(names, decode([kind for _, kind in self.plain], data), strict=True))
        return values


@dataclass(frozen=True, slots=True)
class Refusal:
    """One custom error. `reason` is its stable code: the name in UPPER_SNAKE."""

    name: str
    reason: str
    selector: bytes
    names: tuple[str, ...]
    types: tuple[str, ...]


class Interface:
    """One contract: its functions, events and code."""

    def __init__(self, name: str) -> None:
        artifact = artifact_of(name)
        abi: list[dict[str, Any]] = artifact["abi"]
        self.name = name
        self.bytecode = bytes.fromhex(artifact["bytecode"].removeprefix("0x"))
        self.functions = {row["name"]: _function(row) for row in abi if row["type"] == "function"}
        self.events = {event.topic: event for event in (_event(name, r) for r in abi if r["type"] == "event")}
        self.refusals = [_refusal(row) for row in abi if row["type"] == "error"]
        self._constructor = tuple(
            _type(entry) for row in abi if row["type"] == "constructor" for entry in row["inputs"]
        )
        self._runtime = bytes.fromhex(artifact["deployedBytecode"].removeprefix("0x"))
        self._holes = [(start, length) for start, length in artifact["immutableReferences"]]

    def call(self, name: str, *values: Any) -> bytes:
        """Calldata of a function."""
        return self.functions[name].encode(*values)

    def result(self, name: str, data: bytes) -> tuple[Any, ...]:
        """Decoded return values of a function."""
        return self.functions[name].decode(data)

    def creation(self, *values: Any) -> bytes:
        """The code that deploys the contract with these constructor arguments."""
        return self.bytecode + encode(self._constructor, values)

    def is_code(self, code: bytes) -> bool:
        """Whether `code` is this contract's, whatever its constructor set."""
        return self._masked(code) == self._masked(self._runtime)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for start, length in self._holes:
            masked[start : start + length] = bytes(length)
        return bytes(masked)


@cache
def interface(name: str) -> Interface:
    """The contract `name`: one of CONTRACTS."""
    return Interface(name)


def artifact_of(name: str) -> dict[str, Any]:
    """The compiled artifact as committed."""
    artifact: dict[str, Any] = orjson.loads((_ARTIFACTS / f"{name}.json").read_bytes())
    return artifact


@cache
def refusals() -> Mapping[bytes, Refusal]:
    """All custom errors of all contracts by selector."""
    return {refusal.selector: refusal for name in CONTRACTS for refusal in interface(name).refusals}


def explain(data: bytes | None) -> tuple[str, dict[str, Any]]:
    """Revert data as (reason code, arguments by name, JSON-serialisable). `REVERTED` when it says nothing."""
    refusal = refusals().get(data[:4]) if data else None
    if data is None or len(data) < 4:
        return "REVERTED", {}
    try:
        if refusal is not None:
            values = decode(refusal.types, data[4:])
            return refusal.reason, {n: plain(v) for n, v in zip(refusal.names, values, strict=True)}
        if data[:4] == _PANIC:
            return "REVERTED", {"panic": int.from_bytes(data[4:36], "big")}
        if data[:4] == _ERROR_STRING:
            return "REVERTED", {"message": decode(("string",), data[4:])[0][:200]}
    except DecodingError:
        pass
    return "REVERTED", {"data": "0x" + data[:68].hex()}


def plain(value: Any) -> Any:
    """A decoded value as JSON: bytes as `0x…`, addresses lower-case, tuples as lists."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return value


def reason_code(error_name: str) -> str:
    """`KeyNotValid` → `KEY_NOT_VALID`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", error_name).upper()


def _type(entry: Mapping[str, Any]) -> str:
    kind = str(entry["type"])
    if kind.startswith("tuple"):
        inner = ",".join(_type(component) for component in entry["components"])
        return f"({inner}){kind.removeprefix('tuple')}"
    return kind


def _signature_hash(row: Mapping[str, Any]) -> tuple[tuple[str, ...], bytes]:
    types = tuple(_type(entry) for entry in row["inputs"])
    return types, keccak(f"{row['name']}({','.join(types)})".encode())


def _function(row: Mapping[str, Any]) -> Function:
    types, digest = _signature_hash(row)
    return Function(row["name"], digest[:4], types, tuple(_type(entry) for entry in row["outputs"]))


def _event(contract: str, row: Mapping[str, Any]) -> Event:
    _, digest = _signature_hash(row)
    indexed = tuple((e["name"], _type(e)) for e in row["inputs"] if e["indexed"])
    rest = tuple((e["name"], _type(e)) for e in row["inputs"] if not e["indexed"])
    return Event(contract, row["name"], digest, indexed, rest)


def _refusal(row: Mapping[str, Any]) -> Refusal:
    types, digest = _signature_hash(row)
    names = tuple(entry["name"] for entry in row["inputs"])
    return Refusal(row["name"], reason_code(row["name"]), digest[:4], names, types)
