"""The contracts' interfaces as their artifacts describe them: calls, answers, events and errors.

web3 reads the artifacts, encodes and decodes; here its contracts are kept, and what it says is put into one
form. Values: bytes as `bytes`, addresses as lower-case `0x…` strings, numbers as `int`, tuples as tuples.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson
from eth_abi.exceptions import DecodingError, EncodingError
from eth_typing import ABIFunction
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractEvent
from web3.exceptions import Web3Exception
from web3.providers.base import BaseProvider
from web3.types import LogReceipt
from web3.utils import (
    abi_to_signature,
    filter_abi_by_type,
    function_signature_to_4byte_selector,
    get_abi_input_names,
    get_abi_input_types,
    get_abi_output_types,
)

from ledger_app.errors import BadInput, Broken

#: The contracts of the ledger, in the order of their deployment.
CONTRACTS = ("Consortium", "CertificateRegistry", "CargoLog")
_ARTIFACTS = Path(__file__).parent / "artifacts"
_PANIC = bytes.fromhex("4e487b71")
_ERROR_STRING = bytes.fromhex("08c379a0")
#: No node behind it, and no name service: it only encodes and decodes.
_WEB3 = Web3(BaseProvider(), middleware=[], ens=cast(Any, None))


@dataclass(frozen=True, slots=True)
class Function:
    """One function: `selector` and the ABI types of what goes in and comes out."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it came with a log: its name and its arguments by name."""

    name: str
    args: dict[str, Any]


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
        abi = artifact["abi"]
        self.name = name
        self.contract: type[Contract] = _WEB3.eth.contract(abi=abi, bytecode=artifact["bytecode"])
        self.functions = {row["name"]: _function(row) for row in filter_abi_by_type("function", abi)}
        self.refusals = [_refusal(row) for row in filter_abi_by_type("error", abi)]
        events = [self.contract.events[row["name"]] for row in filter_abi_by_type("event", abi)]
        self._events: dict[bytes, ContractEvent] = {bytes.fromhex(e.topic[2:]): e for e in events}
        self._runtime = bytes.fromhex(artifact["deployedBytecode"].removeprefix("0x"))
        self._holes = [(start, length) for start, length in artifact["immutableReferences"]]

    def call(self, name: str, *values: Any) -> bytes:
        """Calldata of a function. Raises BadInput `ACT_ENCODING` when it does not take these values."""
        try:
            return bytes.fromhex(self.contract.encode_abi(name, _given(values))[2:])
        except (Web3Exception, EncodingError, TypeError, ValueError) as bad:
            raise BadInput("ACT_ENCODING", f"{name} does not take these values", function=name) from bad

    def call_many(self, name: str, rows: list[Any]) -> bytes:
        """Calldata of a function whose only argument is a list of well-formed rows.

        By web3's codec alone: `encode_abi` looks at every value of every row several times, to find an
        overload that fits, and takes 80 ms for 250 rows, longer than a fast node for the answer.
        """
        function = self.functions[name]
        return function.selector + _WEB3.codec.encode(function.inputs, (rows,))

    def result(self, name: str, data: bytes) -> tuple[Any, ...]:
        """Decoded return values of a function. Raises Broken `NODE_ANSWER` when it is something else."""
        try:
            return tuple(_WEB3.codec.decode(self.functions[name].outputs, data))
        except DecodingError as bad:
            raise Broken("NODE_ANSWER", f"the answer of {name} cannot be decoded") from bad

    def event(self, log: LogReceipt) -> Event | None:
        """What a log of this contract says, None for an event that its artifact does not have.

        Raises Broken `NODE_ANSWER` when topics or data are not the event's.
        """
        known = self._events.get(bytes(log["topics"][0])) if log["topics"] else None
        if known is None:
            return None
        try:
            args = known.process_log(log)["args"]
        except (Web3Exception, DecodingError, TypeError, ValueError) as bad:
            raise Broken("NODE_ANSWER", f"the log of {known.name} cannot be decoded") from bad
        return Event(known.name, {name: _lower(value) for name, value in args.items()})

    def creation(self, *values: Any) -> bytes:
        """The code that deploys the contract with these constructor arguments."""
        return bytes.fromhex(self.contract.constructor(*_given(values)).data_in_transaction[2:])

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
    """Revert data as (reason code, arguments by name, JSON-serialisable). `REVERTED` when it says nothing.

    web3 raises custom errors as undecoded bytes; their names and arguments are read here, with its codec.
    """
    refusal = refusals().get(data[:4]) if data else None
    if data is None or len(data) < 4:
        return "REVERTED", {}
    try:
        if refusal is not None:
            values = _WEB3.codec.decode(refusal.types, data[4:])
            return refusal.reason, {n: plain(v) for n, v in zip(refusal.names, values, strict=True)}
        if data[:4] == _PANIC:
            return "REVERTED", {"panic": int.from_bytes(data[4:36], "big")}
        if data[:4] == _ERROR_STRING:
            return "REVERTED", {"message": _WEB3.codec.decode(("string",), data[4:])[0][:200]}
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


def _given(value: Any) -> Any:
    """Addresses with web3's mixed case, which it demands. Nothing else that our contracts take is a string.

    Raises ValueError for a string that is none, a name of the Ethereum name service for one.
    """
    if isinstance(value, str):
        if not Web3.is_address(value):
            raise ValueError(f"{value!r} is no address")
        return Web3.to_checksum_address(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_given(entry) for entry in value)
    return value


def _lower(value: Any) -> Any:
    """web3 gives the addresses of events with mixed case; nothing else in our events is a string."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, (list, tuple)):
        return tuple(_lower(entry) for entry in value)
    return value


def _function(row: ABIFunction) -> Function:
    selector = function_signature_to_4byte_selector(abi_to_signature(row))
    return Function(row["name"], selector, tuple(get_abi_input_types(row)), tuple(get_abi_output_types(row)))


def _refusal(row: Any) -> Refusal:
    selector = function_signature_to_4byte_selector(abi_to_signature(row))
    names, types = get_abi_input_names(row), get_abi_input_types(row)
    return Refusal(row["name"], reason_code(row["name"]), selector, tuple(map(str, names)), tuple(types))
