"""Reading the contracts' events of a range of blocks, so that they are known to belong to one chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_typing import BlockNumber
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.types import LogReceipt

from ledger_app.chain.abi import CONTRACTS, interface
from ledger_app.chain.facts import Head, read_head
from ledger_app.chain.rpc import RpcError
from ledger_app.errors import NodeUnavailable

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
    log, mean that they belong to the chain that ends there. Raises ChainMovedError when they do not, or when
    block `first` does not follow `parent`; NodeUnavailable when the node cannot give them.
    """
    addresses = [Web3.to_checksum_address(gateway.pin.address(name)) for name in contracts]
    try:
        raw = gateway.w3.eth.get_logs(
            {"fromBlock": BlockNumber(first), "toBlock": BlockNumber(last.number), "address": addresses}
        )
        headers = _headers(gateway, sorted({log["blockNumber"] for log in raw} | {first, last.number}))
        if headers[last.number].hash != last.hash or (parent is not None and headers[first].parent != parent):
            raise ChainMovedError
        logs = [log for log in (_decode(gateway, row, headers) for row in raw) if log is not None]
    except (Web3Exception, KeyError, TypeError, ValueError, AttributeError) as bad:
        raise NodeUnavailable("NODE_UNAVAILABLE", f"the node cannot give blocks and events: {bad!r}") from bad
    logs.sort(key=lambda log: (log.block_number, log.log_index))
    return Range(tuple(logs), tuple(headers.values()))


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


def _headers(gateway: "Gateway", numbers: list[int]) -> dict[int, Head]:
    """The headers of blocks, in the order given."""
    answers = gateway.rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    if any(answer is None or isinstance(answer, RpcError) for answer in answers):
        raise NodeUnavailable("NODE_UNAVAILABLE", "the node cannot give blocks and events")
    return {number: read_head(block) for number, block in zip(numbers, answers, strict=True)}
