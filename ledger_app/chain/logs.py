"""Reading the contracts' events of a range of blocks, so that they are known to belong to one chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_typing import BlockNumber, ChecksumAddress
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.types import LogReceipt

from ledger_app.chain.abi import CONTRACTS, interface
from ledger_app.chain.facts import Head, read_head
from ledger_app.chain.rpc import RpcError
from ledger_app.errors import NodeUnavailable
from ledger_app.proof import bloom as bloom_filter

if TYPE_CHECKING:
    from ledger_app.chain.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Log:
    """One decoded event. `args` hold `bytes`, `0x…` addresses and integers."""

    block_number: int
    log_index: int
    block_time: int
    tx_hash: str
    contract: str
    name: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Range:
    """Events of blocks first…last, the last block's header, and those of blocks with events, ascending."""

    logs: tuple[Log, ...]
    headers: tuple[Head, ...]


class ChainMovedError(Exception):
    """The chain changed while it was read, or does not continue the known block: look again."""


def read_range(
    gateway: "Gateway", first: int, last: Head, parent: str | None, contracts: Sequence[str] = CONTRACTS
) -> Range:
    """The events of blocks `first` to `last`. `parent` is the known hash of block `first - 1`.

    The logs are read before the headers: the same last header afterwards, and the same block hash in each
    log, mean that they belong to the chain that ends there. No log is left out: the headers, each the parent
    of the next, say by their bloom filters which blocks must have some. Raises ChainMovedError when the logs
    do not belong together, or block `first` does not follow `parent`; NodeUnavailable when the node cannot
    give them, or withholds some.
    """
    addresses = [Web3.to_checksum_address(gateway.pin.address(name)) for name in contracts]
    try:
        raw = gateway.w3.eth.get_logs(
            {"fromBlock": BlockNumber(first), "toBlock": BlockNumber(last.number), "address": addresses}
        )
        headers, blooms = _headers(gateway, range(first, last.number + 1))
        if headers[last.number].hash != last.hash or (parent is not None and headers[first].parent != parent):
            raise ChainMovedError
        if any(headers[n].parent != headers[n - 1].hash for n in range(first + 1, last.number + 1)):
            raise ChainMovedError
        _none_withheld(gateway, raw, blooms, addresses)
        logs = [log for log in (_decode(gateway, row, headers) for row in raw) if log is not None]
    except (Web3Exception, KeyError, TypeError, ValueError, AttributeError) as bad:
        raise NodeUnavailable("NODE_UNAVAILABLE", f"the node cannot give blocks and events: {bad!r}") from bad
    logs.sort(key=lambda log: (log.block_number, log.log_index))
    kept = sorted({log.block_number for log in logs} | {first, last.number})
    return Range(tuple(logs), tuple(headers[number] for number in kept))


def _none_withheld(
    gateway: "Gateway",
    raw: Sequence[LogReceipt],
    blooms: dict[int, int],
    addresses: Sequence[ChecksumAddress],
) -> None:
    """A node whose log index lags behind its blocks answers with fewer logs, and no error. A bloom filter can
    speak of a contract by coincidence: only the block's receipts, which must make up the whole of it, say so.
    """
    given = {(log["blockNumber"], log["address"].lower()) for log in raw}
    for address in addresses:
        bits = bloom_filter.bits(bytes.fromhex(address[2:]))
        for number, bloom in blooms.items():
            if bloom & bits == bits and (number, address.lower()) not in given:
                _must_be_coincidence(gateway, number, bloom, address.lower())


def _must_be_coincidence(gateway: "Gateway", number: int, bloom: int, address: str) -> None:
    """Raises NodeUnavailable where block `number` has events of `address`, or the node does not show all that
    its bloom filter speaks of.
    """
    (block,) = gateway.rpc.batch([("eth_getBlockByNumber", [hex(number), False])])
    calls = [("eth_getTransactionReceipt", [tx]) for tx in block["transactions"]]
    receipts = gateway.rpc.batch(calls) if calls else []
    logs = [log for receipt in receipts for log in receipt["logs"]]
    if not bloom_filter.holds_none(bloom, logs, address):
        raise NodeUnavailable("NODE_UNAVAILABLE", f"the node left out events of block {number}")


def _decode(gateway: "Gateway", raw: LogReceipt, headers: dict[int, Head]) -> Log | None:
    number = raw["blockNumber"]
    if "0x" + raw["blockHash"].hex() != headers[number].hash:
        raise ChainMovedError
    contract = gateway.pin.contracts()[raw["address"].lower()]
    event = interface(contract).event(raw)
    if event is None:
        return None
    tx_hash = "0x" + raw["transactionHash"].hex()
    when = headers[number].time
    return Log(number, raw["logIndex"], when, tx_hash, contract, event.name, event.args)


def _headers(gateway: "Gateway", numbers: Sequence[int]) -> tuple[dict[int, Head], dict[int, int]]:
    """The headers of blocks and their bloom filters, in the order given."""
    answers = gateway.rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    if any(answer is None or isinstance(answer, RpcError) for answer in answers):
        raise NodeUnavailable("NODE_UNAVAILABLE", "the node cannot give blocks and events")
    heads = {number: read_head(block) for number, block in zip(numbers, answers, strict=True)}
    return heads, {n: int(block["logsBloom"], 16) for n, block in zip(numbers, answers, strict=True)}
