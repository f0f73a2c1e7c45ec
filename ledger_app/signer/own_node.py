"""What a council seat reads of the ledger by itself: the events of its own node, not what the service shows.

A checkpoint is signed only when this seat comes to the same bytes from its own node. The node's word is held
against its own blocks: each is the parent of the next, and their bloom filters say where there must be
events, so that an index of events that lags behind leaves none out. The table of events is kept here because
a signer takes nothing from the service; a test holds it against the contracts' ABI.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger_app import errors
from ledger_app.client import Client
from ledger_app.proof import bloom
from ledger_app.proof.hashes import keccak
from ledger_app.proof.ledger_state import LedgerState
from ledger_app.signer.settings import Pins

_SPAN = 2_000
_MANY = 500
"""Headers or receipts asked for in one batch: nodes refuse longer ones."""

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


class _Header(NamedTuple):
    block: Block
    parent: bytes
    bloom: int


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
        return self.block(0).hash

    def block(self, number: int) -> Block:
        """A block by its number."""
        return self._headers([number])[0].block

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
        number, tip = (-1, None) if at is None else (at.number, at.hash)
        while number < until.number:
            last = min(number + _SPAN, until.number)
            tip = self._fold(number + 1, last, tip)
            number = last
        if tip != until.hash or self.block(until.number).hash != until.hash:
            raise errors.Unavailable(
                "NODE_UNAVAILABLE", "this seat's node has moved to another chain of blocks"
            )
        self._at = until
        return self._state

    def _fold(self, first: int, last: int, tip: bytes | None) -> bytes:
        """Follow the events of these blocks, the first of which continues the block `tip`; gives the hash of
        the last."""
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
            headers = {header.block.number: header for header in self._headers(range(first, last + 1))}
            for header in headers.values():
                if tip is not None and header.parent != tip:
                    raise _two_chains()
                tip = header.block.hash
            self._none_left_out(rows, headers)
            for number, _, row in rows:
                block = headers[number].block
                if row["blockHash"].lower() != "0x" + block.hash.hex() or row.get("removed"):
                    raise _two_chains()
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
        assert tip is not None  # noqa: S101 - the range is never empty
        return tip

    def _none_left_out(self, rows: Sequence[tuple[int, int, Any]], headers: dict[int, _Header]) -> None:
        """Each contract that a block's bloom filter speaks of has events there, or is spoken of by
        coincidence, as the block's receipts must show."""
        given = {(number, row["address"].lower()) for number, _, row in rows}
        ours = {self._pins.consortium, self._pins.registry}
        if not {address for _, address in given} <= ours:
            raise ValueError("an event of another contract")
        for address in ours:
            bits = bloom.bits(bytes.fromhex(address[2:]))
            for number, header in headers.items():
                if header.bloom & bits == bits and (number, address) not in given:
                    self._must_be_coincidence(header, address)

    def _must_be_coincidence(self, header: _Header, address: str) -> None:
        block = header.block
        transactions = self._ask("eth_getBlockByNumber", [hex(block.number), False])["transactions"]
        logs: list[dict[str, Any]] = []
        for start in range(0, len(transactions), _MANY):
            calls = [("eth_getTransactionReceipt", [tx]) for tx in transactions[start : start + _MANY]]
            logs += [log for receipt in self._batch(calls) for log in receipt["logs"]]
        if not bloom.holds_none(header.bloom, logs, address):
            raise errors.Unavailable(
                "NODE_UNAVAILABLE", f"this seat's node left out events of block {block.number}"
            )

    def _headers(self, numbers: Sequence[int]) -> list[_Header]:
        found: list[_Header] = []
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
                    header = _Header(
                        block, bytes.fromhex(answer["parentHash"][2:]), int(answer["logsBloom"], 16)
                    )
                except (KeyError, TypeError, ValueError) as bad:
                    raise errors.NodeBehind(
                        "NODE_BEHIND", f"this seat's own node has no block {number} yet"
                    ) from bad
                if block.number != number or len(block.hash) != 32:
                    raise errors.Unavailable("NODE_UNAVAILABLE", "this seat's node gives another block")
                found.append(header)
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


def _two_chains() -> errors.Unavailable:
    return errors.Unavailable("NODE_UNAVAILABLE", "this seat's node gives blocks or events of two chains")


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
