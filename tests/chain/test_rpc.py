"""The provider: what it asks a node, and which answers it takes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson
import pytest
from web3 import Web3

from ledger_app.chain.node import Ganache
from ledger_app.chain.rpc import Rpc, RpcError
from ledger_app.errors import NodeUnavailable

Answer = Callable[[Any], Any]


@contextmanager
def node(answer: Answer, seen: list[Any] | None = None) -> Iterator[str]:
    """A node that gives `answer(request)`; `seen` collects (port of the caller, request)."""

    class Node(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
            if seen is not None:
                seen.append((self.client_address[1], request))
            body = orjson.dumps(answer(request))
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Node) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def echo(request: Any) -> Any:
    """Each call's answer is its first parameter."""
    if isinstance(request, list):
        return [echo(one) for one in request]
    return {"jsonrpc": "2.0", "id": request["id"], "result": request["params"][0]}


CALLS: list[tuple[str, list[Any]]] = [("a", [1]), ("b", [2]), ("c", [3])]


def test_answers_come_in_the_order_asked_whatever_the_nodes() -> None:
    with node(lambda request: echo(request)[::-1]) as url:
        assert Rpc(url).batch(CALLS) == [1, 2, 3]


def test_an_error_stands_in_the_place_of_its_call() -> None:
    def second_fails(request: Any) -> Any:
        rows = echo(request)
        rows[1] = {"id": rows[1]["id"], "error": {"code": 3, "message": "no", "data": {"result": "0x0102"}}}
        return rows

    with node(second_fails) as url:
        one, failed, three = Rpc(url).batch(CALLS)
    assert (one, three) == (1, 3)
    assert isinstance(failed, RpcError)
    assert (failed.code, failed.message, failed.data) == (3, "no", b"\1\2")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows[:2],
        lambda rows: [*rows, rows[0]],
        lambda rows: [rows[0], rows[0], rows[2]],
        lambda rows: [rows[0], rows[1], {**rows[2], "id": rows[2]["id"] + 1}],
        lambda rows: [rows[0], rows[1], {"id": rows[2]["id"]}],
        lambda rows: rows[0],
        lambda rows: [rows[0], rows[1], {**rows[2], "id": None}],
    ],
    ids=["one less", "one more", "one twice", "one unasked", "one empty", "no list", "one nameless"],
)
def test_a_batch_that_is_not_answered_call_by_call_is_no_answer(spoil: Answer) -> None:
    with node(lambda request: spoil(echo(request))) as url, pytest.raises(NodeUnavailable):
        Rpc(url).batch(CALLS)


def test_an_answer_to_an_earlier_question_is_not_taken_for_this_one() -> None:
    def late(request: Any) -> Any:
        return {**echo(request), "id": request["id"] - 1}

    with node(late) as url, pytest.raises(NodeUnavailable):
        Rpc(url).call("a", 1)


def test_an_answer_beyond_the_bound_is_not_read() -> None:
    with node(echo) as url:
        rpc = Rpc(url, max_answer=1000)
        assert rpc.call("a", "x" * 500) == "x" * 500
        with pytest.raises(NodeUnavailable, match="1000 bytes"):
            rpc.call("a", "x" * 1000)
        assert rpc.call("a", "y") == "y"


def test_one_connection_is_kept_and_no_id_is_zero_or_used_twice() -> None:
    seen: list[Any] = []
    with node(echo, seen) as url:
        rpc = Rpc(url)
        rpc.call("a", 1)
        rpc.batch(CALLS)
        rpc.call("a", 1)
    assert len({port for port, _ in seen}) == 1
    ids = [one["id"] for _, request in seen for one in (request if isinstance(request, list) else [request])]
    assert ids == sorted(set(ids))
    assert ids[0] == 1


def test_web3_works_over_it(ganache: Ganache) -> None:
    rpc = Rpc(ganache.url)
    w3 = Web3(rpc, middleware=[])
    assert w3.is_connected()
    assert w3.eth.chain_id == int(rpc.call("eth_chainId"), 16)
    with w3.batch_requests() as batch:
        batch.add(w3.eth.get_block(0))
        batch.add(w3.eth.get_block("latest"))
        first, last = batch.execute()
    assert first["number"] == 0  # type: ignore[typeddict-item]
    assert last["number"] >= 0  # type: ignore[typeddict-item]


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n"])
def test_a_node_that_answers_byte_by_byte_is_given_up_in_time(greeting: bytes) -> None:
    class Dripping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.wfile.write(greeting)
            for byte in b"HTTP/1.1 200 OK and so on for ever":
                try:
                    self.wfile.write(bytes([byte]))
                except OSError:
                    return
                time.sleep(0.2)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Dripping) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        begun = time.monotonic()
        with pytest.raises(NodeUnavailable):
            Rpc(f"http://127.0.0.1:{server.server_port}", timeout=0.7).call("eth_chainId")
        assert time.monotonic() - begun < 2
        server.shutdown()
