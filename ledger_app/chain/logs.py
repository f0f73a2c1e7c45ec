"""Reading the contracts' events of a range of blocks, so that they are known to belong to one chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger_app.chain.abi import CONTRACTS, interface
from ledger_app.chain.facts import Head, read_head
from ledger_app.chain.rpc import Call, RpcError
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

    The logs are read between two looks at the last header: the same hash both times means that they belong
    to the chain that ends there. Raises ChainMovedError when they do not, or when block `first` does not
    follow `parent`.
    """
    addresses = [gateway.pin.address(name) for name in contracts]
    span = {"fromBlock": hex(first), "toBlock": hex(last.number), "address": addresses}
    raw = _ask(gateway, [("eth_getLogs", [span])])[0]
    numbers = sorted({int(log["blockNumber"], 16) for log in raw} | {first, last.number})
    headers = {
        number: read_head(block)
        for number, block in zip(
            numbers, _ask(gateway, [("eth_getBlockByNumber", [hex(n), False]) for n in numbers]), strict=True
        )
    }
    if headers[last.number].hash != last.hash or (parent is not None and headers[first].parent != parent):
        raise ChainMovedError
    logs = [_decode(gateway, log, headers) for log in raw]
    return Range(
        tuple(
            sorted(
                (log for log in logs if log is not None), key=lambda log: (log.block_number, log.log_index)
            )
        ),
        tuple(headers[number] for number in numbers),
    )


def _decode(gateway: "Gateway", raw: dict[str, Any], headers: dict[int, Head]) -> Log | None:
    number = int(raw["blockNumber"], 16)
    if raw["blockHash"].lower() != headers[number].hash:
        raise ChainMovedError
    contract = gateway.pin.contracts()[raw["address"].lower()]
    topics = [bytes.fromhex(topic[2:]) for topic in raw["topics"]]
    event = interface(contract).events.get(topics[0]) if topics else None
    if event is None:
        return None
    args = event.decode(topics, bytes.fromhex(raw["data"][2:]))
    index = int(raw["logIndex"], 16)
    return Log(
        number, index, headers[number].time, raw["transactionHash"].lower(), contract, event.name, args
    )


def _ask(gateway: "Gateway", calls: list[Call]) -> list[Any]:
    answers = gateway.rpc.batch(calls)
    for answer in answers:
        if answer is None or isinstance(answer, RpcError):
            raise NodeUnavailable("NODE_UNAVAILABLE", "the node cannot give blocks and events")
    return answers
