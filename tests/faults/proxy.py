"""A node that cannot be relied on: a proxy in front of a real one.

Each request meets at most one fault, drawn by chance from `Faults`. A call is lost before the node has it, or
after (the node did it, and nobody hears so); it comes late, or twice. Answers may be of another chain, of an
earlier time, or untrue about receipts. `honest()` ends all that.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Faults:
    """The chance of each fault for one HTTP request, between 0 and 1; together at most 1."""

    before: float = 0.0  # dropped before delivery
    after: float = 0.0  # delivered, and the answer dropped
    twice: float = 0.0  # delivered twice; the second answer is given
    late: float = 0.0  # delivered after a while
    other_chain: float = 0.0  # answered with another chain's id
    no_receipt: float = 0.0  # receipts that exist are denied
    untrue_receipt: float = 0.0  # success told as failure, and failure as success
    other_receipt: float = 0.0  # the receipt of another transaction
    no_logs: float = 0.0  # a query for events answered with none
    nonsense: float = 0.0  # answers of the wrong types
    stale: float = 0.0  # the head and the nonce of an earlier time


class FaultyNode:
    """The proxy at `url`. `count` tells how often each fault came."""

    def __init__(self, node_url: str, seed: int, faults: Faults | None = None) -> None:
        self._parts = urlsplit(node_url)
        self.faults = faults or Faults()
        self.count: Counter[str] = Counter()
        self.sent = 0
        self._rng = random.Random(seed)
        self._turn = threading.Lock()
        self._local = threading.local()
        self._earlier: dict[str, Any] = {}
        self._once: tuple[str, Any] | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}{self._parts.path}"

    def honest(self) -> None:
        """From now on a faithful proxy."""
        self.faults = Faults()

    def only_first(self, method: str, result: Any) -> None:
        """Answer the next call of `method` with `result`; those after it truly."""
        self._once = (method, result)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> "FaultyNode":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- one request ----------------------------------------------------------------------------------------

    def answer(self, body: bytes) -> bytes | None:
        """What the client gets; None: the connection breaks."""
        fault = self._draw()
        if fault == "before":
            return None
        if fault == "late":
            time.sleep(0.2)
        if fault == "twice":
            self._forward(body)
        answer = self._forward(body)
        if fault == "after" or answer is None:
            return None
        return self._changed(fault, body, answer)

    def _draw(self) -> str:
        with self._turn:
            self.sent += 1
            left = self._rng.random()
            for name, chance in vars(self.faults).items():
                if left < chance:
                    self.count[name] += 1
                    return str(name)
                left -= chance
        return ""

    def _forward(self, body: bytes) -> bytes | None:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self._parts.hostname or "", self._parts.port, timeout=60)
        try:
            connection.request("POST", self._parts.path or "/", body, {"content-type": "application/json"})
            found = connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._local.connection = None
            return None
        self._local.connection = connection
        return bytes(found)

    # --- untrue answers -------------------------------------------------------------------------------------

    def _changed(self, fault: str, body: bytes, answer: bytes) -> bytes:
        asked, told = json.loads(body), json.loads(answer)
        calls = asked if isinstance(asked, list) else [asked]
        rows = told if isinstance(told, list) else [told]
        answers = {row.get("id"): row for row in rows}
        for call in calls:
            row = answers.get(call["id"])
            if row is None or "result" not in row:
                continue
            self._remember(call, row)
            if self._once is not None and self._once[0] == call["method"]:
                row["result"], self._once = self._once[1], None
                continue
            row["result"] = self._untrue(fault, call, row["result"])
        return json.dumps(told).encode()

    def _remember(self, call: dict[str, Any], row: dict[str, Any]) -> None:
        """An answer about the head, now and then, to be given again later."""
        name = json.dumps([call["method"], call["params"]])
        with self._turn:
            if name not in self._earlier or self._rng.random() < 0.02:
                self._earlier[name] = row["result"]

    def _untrue(self, fault: str, call: dict[str, Any], result: Any) -> Any:
        method = call["method"]
        match fault:
            case "other_chain" if method == "eth_chainId":
                return "0x1"
            case "stale" if "latest" in call["params"]:
                return self._earlier.get(json.dumps([method, call["params"]]), result)
            case "no_logs" if method == "eth_getLogs":
                return []
            case "nonsense" if method != "eth_call":
                return self._rng.choice([[], {}, 7, "0xzz", None, "x" * 80, {"hash": 5, "number": "?"}])
        if method != "eth_getTransactionReceipt" or not isinstance(result, dict):
            return result
        match fault:
            case "no_receipt":
                return None
            case "untrue_receipt":
                return {**result, "status": "0x0" if result["status"] == "0x1" else "0x1"}
            case "other_receipt":
                return {**result, "transactionHash": "0x" + "ab" * 32}
        return result

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = node.answer(body)
                if answer is None:
                    self.close_connection = True
                    return
                with suppress(OSError):
                    self.send_response(200)
                    self.send_header("content-length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
