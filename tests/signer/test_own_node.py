"""A seat's own node: what it tells is read strictly, and a ledger that goes on elsewhere is not stated."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ledger_app.errors import NodeBehind, NotPermitted, Unavailable
from ledger_app.proof import bloom
from ledger_app.proof.hashes import keccak
from ledger_app.signer.own_node import TOPICS, Block, OwnNode, decode
from tests.signer.desk import PINS

Answer = Callable[[str, list[Any]], Any]
GENESIS = "0x" + "9e" * 32
TOPIC = {name: topic for topic, name in TOPICS.items()}
LEAF, ISSUER = "0x" + "11" * 32, "0x" + "22" * 32


@contextmanager
def node(answer: Answer) -> Iterator[OwnNode]:
    """A node that answers each call by `answer(method, params)`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            rows = [{"id": each["id"], "result": answer(each["method"], each["params"])} for each in asked]
            body = json.dumps(rows).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found = OwnNode(f"http://127.0.0.1:{server.server_port}", PINS)
    try:
        yield found
    finally:
        found.close()
        server.shutdown()
        server.server_close()


def name(number: int) -> str:
    return GENESIS if number == 0 else "0x" + number.to_bytes(32, "big").hex()


def block(number: int, logs: Any = ()) -> dict[str, Any]:
    """A block with `logs`, all of one transaction."""
    return {
        "number": hex(number),
        "hash": name(number),
        "parentHash": name(number - 1) if number else "0x" + "00" * 32,
        "timestamp": hex(1000 + number),
        "logsBloom": "0x" + bloom.of(logs).to_bytes(256, "big").hex(),
        "transactions": [f"0x{number:064x}"] if logs else [],
    }


def chain(method: str, params: list[Any], *, logs: Any = (), others: Any = (), predecessor: int = 0) -> Any:
    """An honest node whose last block is 9; `others` are logs of other contracts."""

    def of(number: int) -> list[Any]:
        return [log for log in (*logs, *others) if log["blockNumber"] == hex(number)]

    if method == "eth_chainId":
        return hex(PINS.chain_id)
    if method == "eth_call":
        assert params[0]["data"] == "0x" + keccak(b"predecessor()")[:4].hex()
        return "0x" + predecessor.to_bytes(32, "big").hex()
    if method == "eth_getLogs":
        first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
        assert params[0]["address"] == [PINS.consortium, PINS.registry]
        return [log for log in logs if first <= int(log["blockNumber"], 16) <= last]
    number = int(params[0], 16)
    if method == "eth_getTransactionReceipt":
        return {"logs": of(number)}
    return block(number, of(number)) if number <= 9 else None


def revoked(number: int, index: int = 0, **changes: Any) -> dict[str, Any]:
    data = "0x" + (7).to_bytes(32, "big").hex() + "00" * 32
    return {
        "blockNumber": hex(number),
        "address": PINS.registry,
        "blockHash": name(number),
        "logIndex": hex(index),
        "topics": [TOPIC["Revoked"], LEAF, ISSUER],
        "data": data,
        **changes,
    }


def test_block_zero_is_told_of_the_pinned_chain_only() -> None:
    with node(chain) as honest:
        assert honest.genesis() == bytes.fromhex(GENESIS[2:])
        assert honest.block(9) == Block(9, (9).to_bytes(32, "big"), 1009)
        with pytest.raises(NodeBehind, match="NODE_BEHIND"):
            honest.block(10)
    elsewhere = node(lambda m, p: "0x1" if m == "eth_chainId" else chain(m, p))
    with elsewhere as other, pytest.raises(NotPermitted, match="SIGNER_OTHER_LEDGER"):
        other.genesis()


def test_a_registry_that_continues_a_sealed_one_is_not_stated() -> None:
    after = node(lambda m, p: chain(m, p, predecessor=0xAB))
    with after as continued, pytest.raises(NotPermitted, match="LEDGER_CONTINUES"):
        continued.genesis()


def test_events_are_folded_once_and_in_their_order() -> None:
    asked: list[tuple[str, Any]] = []
    logs = [revoked(5, 1), revoked(5, 0, topics=[TOPIC["Suspended"], LEAF, ISSUER], data="0x" + "00" * 96)]

    def answer(method: str, params: list[Any]) -> Any:
        asked.append((method, params))
        return chain(method, params, logs=logs)

    with node(answer) as honest:
        state = honest.state(honest.block(6))
        (value,) = state.pairs.values()
        assert (value[0], value[1:3]) == (2, b"\0\7")
        asked.clear()
        assert honest.state(honest.block(9)) is state
        ranges = [params[0]["fromBlock"] for method, params in asked if method == "eth_getLogs"]
        assert ranges == [hex(7)]
        assert honest.state(honest.block(4)).pairs == {}


@pytest.mark.parametrize(
    "bad",
    [
        {"blockHash": "0x" + "77" * 32},
        {"removed": True},
        {"data": "0x"},
        {"data": "nonsense"},
        {"topics": [TOPIC["Revoked"]]},
        {"topics": []},
        {"topics": [TOPIC["Issued"], LEAF, ISSUER, ISSUER], "data": "0x" + "ff" * 128},
        {"logIndex": None},
        {"blockNumber": "0xzz"},
        {"address": "0x" + "55" * 20},
        {"address": None},
    ],
)
def test_an_event_that_is_none_is_not_passed_over(bad: dict[str, Any]) -> None:
    log = {**revoked(5), **bad}

    def answer(method: str, params: list[Any]) -> Any:
        return [log] if method == "eth_getLogs" else chain(method, params, logs=[revoked(5)])

    with node(answer) as odd, pytest.raises(Unavailable, match="NODE_UNAVAILABLE"):
        odd.state(odd.block(6))


def test_what_was_read_in_part_is_not_counted_twice() -> None:
    broken = [revoked(6, data="0x")]
    words = "".join(number.to_bytes(32, "big").hex() for number in (1, 2, 1, 4))  # root, count, kind, key
    logs = [revoked(5, topics=[TOPIC["Issued"], LEAF, ISSUER, "0x" + "33" * 32], data="0x" + words)]

    def answer(method: str, params: list[Any]) -> Any:
        return chain(method, params, logs=[*logs, *broken])

    with node(answer) as odd:
        with pytest.raises(Unavailable):
            odd.state(odd.block(6))
        broken.clear()
        assert len(odd.state(odd.block(6)).batches) == 1


def test_a_node_that_moves_to_other_blocks_is_read_anew() -> None:
    moved: list[int] = []

    def answer(method: str, params: list[Any]) -> Any:
        logs = [] if moved else [revoked(5)]
        found = chain(method, params, logs=logs)
        if moved and method == "eth_getBlockByNumber" and (number := int(params[0], 16)) >= 5:
            found["hash"] = "0x" + "aa" * 31 + f"{number:02x}"
            found["parentHash"] = "0x" + "aa" * 31 + f"{number - 1:02x}" if number > 5 else name(4)
        return found

    with node(answer) as turned:
        assert len(turned.state(turned.block(6)).pairs) == 1
        moved.append(1)
        assert turned.state(turned.block(6)).pairs == {}


@pytest.mark.parametrize("height", [6, 9])
def test_an_index_that_lags_behind_its_blocks_leaves_nothing_out(height: int) -> None:
    logs = [revoked(5), revoked(6, address=PINS.consortium)]

    def answer(method: str, params: list[Any]) -> Any:
        found = chain(method, params, logs=logs)
        return found[:1] if method == "eth_getLogs" else found

    with node(answer) as lagging, pytest.raises(Unavailable, match="left out events of block 6"):
        lagging.state(lagging.block(height))


def coincidence(number: int) -> dict[str, Any]:
    """A log of another contract whose topics set every bit of the registry's address."""
    wanted = bloom.bits(bytes.fromhex(PINS.registry[2:]))
    entries, left = [], wanted
    for candidate in range(100_000):
        topic = candidate.to_bytes(32, "big")
        if bloom.bits(topic) & left:
            entries.append("0x" + topic.hex())
            left &= ~bloom.bits(topic)
    assert left == 0
    return {**revoked(number), "address": "0x" + "55" * 20, "topics": entries}


def test_a_filter_that_speaks_of_a_contract_by_coincidence_is_seen_through_by_the_receipts() -> None:
    logs, others = [revoked(4)], [coincidence(6)]

    def hiding(method: str, params: list[Any]) -> Any:
        found = chain(method, params, logs=logs, others=others)
        return {"logs": []} if method == "eth_getTransactionReceipt" else found

    with node(lambda m, p: chain(m, p, logs=logs, others=others)) as honest:
        assert len(honest.state(honest.block(9)).pairs) == 1
    with node(hiding) as odd, pytest.raises(Unavailable, match="left out events of block 6"):
        odd.state(odd.block(9))


def test_blocks_that_do_not_follow_each_other_are_not_believed() -> None:
    def answer(method: str, params: list[Any]) -> Any:
        found = chain(method, params, logs=[revoked(5)])
        if method == "eth_getBlockByNumber" and int(params[0], 16) == 7:
            found["parentHash"] = "0x" + "ab" * 32
        return found

    with node(answer) as odd:
        assert len(odd.state(odd.block(6)).pairs) == 1
        for height in (7, 9):
            # Both when it goes on from what it has read, and from the start.
            with pytest.raises(Unavailable, match="two chains"):
                odd.state(odd.block(height))


def test_other_events_are_passed_over() -> None:
    assert decode(["0x" + "00" * 32], "0x") is None
    event, args = decode([TOPIC["Succeeded"], LEAF, ISSUER], "0x") or ("", {})
    assert (event, args) == ("Succeeded", {"original": LEAF, "successor": ISSUER})
