"""What a council seat reads of the ledger by itself: the events of its own node, not what the service shows.

A checkpoint is signed only when this seat comes to the same bytes from its own node. The table of events is
kept here because a signer takes nothing from the service; a test holds it against the contracts' ABI.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger_app import errors
from ledger_app.client import Client
from ledger_app.proof.hashes import keccak
from ledger_app.proof.ledger_state import LedgerState
from ledger_app.signer.settings import Pins

_SPAN = 2_000
_MANY = 2_000
"""Headers asked for in one batch."""

EVENTS: dict[str, tuple[tuple[str, str, bool], ...]] = {
    name: tuple((part.split()[1], part.split()[0], part.endswith(" indexed")) for part in parts.split(", "))
    for name, parts in {
        "Issued": "bytes32 batch indexed, bytes32 issuer indexed, bytes32 scheme indexed, bytes32 root, "
        "uint32 count, uint8 kind, address key",
        "Confirmed": "bytes32 batch indexed, bytes32 issuer indexed, address key",
        "Suspended": "bytes32 leaf indexed, bytes32 issuer indexed, uint16 reason, uint32 epoch, address key",
        "Reinstated": "bytes32 leaf indexed, bytes32 issuer indexed, uint32 epoch, address key",
        "Revoked": "bytes32 leaf indexed, bytes32 issuer indexed, uint16 reason, address key",
        "Superseded": "bytes32 leaf indexed, bytes32 issuer indexed, bytes32 batch indexed, uint16 reason, "
        "address key",
        "Succeeded": "bytes32 original indexed, bytes32 successor indexed",
        "Acquitted": "bytes32 leaf indexed, bytes32 customs indexed, bytes32 claim indexed, uint64 units, "
        "uint64 used, address key",
        "Withdrawn": "bytes32 leaf indexed, bytes32 customs indexed, bytes32 claim indexed, uint16 reason, "
        "uint64 units, uint64 used, address key",
        "Consumed": "bytes32 leaf indexed, bytes32 issuer indexed, bytes32 batch indexed, uint64 units, "
        "uint64 used, address key",
        "Admitted": "bytes32 organisation indexed, bytes8 territory indexed, uint16 roles",
        "Enrolled": "bytes32 organisation indexed, bytes32 authority indexed, bytes8 territory indexed, "
        "uint16 roles, uint32 epoch, address signer",
        "Accredited": "bytes32 organisation indexed, bytes32 scheme indexed, bytes32 authority indexed, "
        "uint8 kind, uint32 fromDay, uint32 untilDay, uint32 epoch, address signer",
        "KeyAdded": "bytes32 organisation indexed, address key indexed, bytes32 sponsor indexed, "
        "bool vouched, address signer",
        "KeyEnded": "bytes32 organisation indexed, address key indexed, address signer",
        "KeyDisowned": "bytes32 organisation indexed, address key indexed, uint64 since",
        "CouncilChanged": "uint64 epoch indexed, address[] members, uint8 threshold",
    }.items()
}
"""Event name: its (parameter, type, indexed) in order."""
TOPICS = {
    "0x" + keccak(f"{name}({','.join(kind for _, kind, _ in parts)})".encode()).hex(): name
    for name, parts in EVENTS.items()
}
_PREDECESSOR = "0x" + keccak(b"predecessor()")[:4].hex()


@dataclass(frozen=True, slots=True)
class Block:
    """A block as this seat's own node gives it."""

    number: int
    hash: bytes
    time: int


class OwnNode:
    """The pinned ledger behind this seat's own node at `url`; keeps what it has folded, so that the next
    checkpoint costs only what is new. Raises Unavailable NODE_UNAVAILABLE for a node that does not answer, or
    answers nonsense."""

    def __init__(self, url: str, pins: Pins) -> None:
        self._client = Client(url, timeout=120)
        self._pins = pins
        self._state = LedgerState()
        self._at: Block | None = None

    def close(self) -> None:
        self._client.close()

    def genesis(self) -> bytes:
        """Hash of block 0, after checking the chain id and that the registry has no predecessor. Raises
        NotPermitted SIGNER_NODE_DIFFERS, SIGNER_OTHER_LEDGER."""
        if self._number("eth_chainId", []) != self._pins.chain_id:
            raise errors.NotPermitted("SIGNER_OTHER_LEDGER", "this seat's own node is of another chain")
        if self._number("eth_call", [{"to": self._pins.registry, "data": _PREDECESSOR}, "latest"]):
            raise errors.NotPermitted("LEDGER_CONTINUES")
        return self._blocks([0])[0].hash

    def block(self, number: int) -> Block:
        """A block by its number."""
        return self._blocks([number])[0]

    def state(self, until: Block) -> LedgerState:
        """What the events up to `until` add up to; exactly as of that block."""
        try:
            return self._up_to(until)
        except BaseException:
            # A range that was read in part would be read twice.
            self._at, self._state = None, LedgerState()
            raise

    def _up_to(self, until: Block) -> LedgerState:
        at = self._at
        if at is not None and (at.number > until.number or self.block(at.number).hash != at.hash):
            at, self._state = None, LedgerState()
        number = -1 if at is None else at.number
        while number < until.number:
            last = min(number + _SPAN, until.number)
            self._fold(number + 1, last)
            number = last
        if self.block(until.number).hash != until.hash:
            raise errors.Unavailable(
                "NODE_UNAVAILABLE", "this seat's node has moved to another chain of blocks"
            )
        self._at = until
        return self._state

    def _fold(self, first: int, last: int) -> None:
        logs = self._ask(
            "eth_getLogs",
            [
                {
                    "fromBlock": hex(first),
                    "toBlock": hex(last),
                    "address": [self._pins.consortium, self._pins.registry],
                }
            ],
        )
        try:
            rows = sorted((int(row["blockNumber"], 16), int(row["logIndex"], 16), row) for row in logs)
            numbers = sorted({number for number, _, _ in rows})
            times = {block.number: block for block in self._blocks(numbers)}
            for number, _, row in rows:
                block = times[number]
                if row["blockHash"].lower() != "0x" + block.hash.hex() or row.get("removed"):
                    raise errors.Unavailable(
                        "NODE_UNAVAILABLE", "this seat's node gives events of two chains"
                    )
                found = decode(row["topics"], row["data"])
                if found is not None:
                    self._state.apply(*found, block.time)
        except (
            AttributeError,
            IndexError,
            KeyError,
            OverflowError,
            TypeError,
            ValueError,
            errors.BadInput,
        ) as bad:
            raise errors.Unavailable(
                "NODE_UNAVAILABLE", f"this seat's node gives no events: {bad!r}"
            ) from bad

    def _blocks(self, numbers: Sequence[int]) -> list[Block]:
        found: list[Block] = []
        for start in range(0, len(numbers), _MANY):
            part = numbers[start : start + _MANY]
            calls = [("eth_getBlockByNumber", [hex(number), False]) for number in part]
            for number, answer in zip(part, self._batch(calls), strict=True):
                try:
                    block = Block(
                        int(answer["number"], 16),
                        bytes.fromhex(answer["hash"][2:]),
                        int(answer["timestamp"], 16),
                    )
                except (KeyError, TypeError, ValueError) as bad:
                    raise errors.NodeBehind(
                        "NODE_BEHIND", f"this seat's own node has no block {number} yet"
                    ) from bad
                if block.number != number or len(block.hash) != 32:
                    raise errors.Unavailable("NODE_UNAVAILABLE", "this seat's node gives another block")
                found.append(block)
        return found

    def _number(self, method: str, params: list[Any]) -> int:
        try:
            return int(self._ask(method, params), 16)
        except (TypeError, ValueError) as bad:
            raise errors.Unavailable("NODE_UNAVAILABLE", f"this seat's node answers {method} oddly") from bad

    def _ask(self, method: str, params: list[Any]) -> Any:
        return self._batch([(method, params)])[0]

    def _batch(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": place, "method": method, "params": params}
            for place, (method, params) in enumerate(calls, 1)
        ]
        try:
            answers = self._client.post("", body)
            by_id = {answer["id"]: answer for answer in answers}
            return [by_id[place]["result"] for place in range(1, len(calls) + 1)]
        except (errors.LedgerError, KeyError, TypeError) as bad:
            raise errors.Unavailable(
                "NODE_UNAVAILABLE", f"this seat's node does not answer {calls[0][0]}"
            ) from bad


def decode(topics: Sequence[str], data: str) -> tuple[str, dict[str, Any]] | None:
    """Name and plain arguments of one log; None for an event that does not count here. Raises ValueError or
    IndexError for a log that is not of its event's shape."""
    name = TOPICS.get(topics[0].lower())
    if name is None:
        return None
    words, indexed = bytes.fromhex(data[2:]), [bytes.fromhex(topic[2:]) for topic in topics[1:]]
    args: dict[str, Any] = {}
    at = 0
    for parameter, kind, in_topic in EVENTS[name]:
        if in_topic:
            word = indexed.pop(0)
        else:
            word, at = words[at : at + 32], at + 32
        if len(word) != 32:
            raise ValueError(f"{name} is cut short")
        args[parameter] = _array(words, word) if kind == "address[]" else _plain(kind, word)
    return name, args


def _plain(kind: str, word: bytes) -> Any:
    if kind == "address":
        return "0x" + word[12:].hex()
    if kind.startswith("bytes"):
        return "0x" + word[: int(kind[5:])].hex()
    return int.from_bytes(word, "big")


def _array(words: bytes, offset: bytes) -> list[str]:
    start = int.from_bytes(offset, "big")
    count = int.from_bytes(words[start : start + 32], "big")
    found = [words[start + 32 * place : start + 32 * place + 32] for place in range(1, count + 1)]
    if any(len(word) != 32 for word in found):
        raise ValueError("an array is cut short")
    return [_plain("address", word) for word in found]
