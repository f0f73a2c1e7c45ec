"""JSON-RPC as a web3 provider: one kept-alive HTTP connection per thread, single calls and batches.

What a node says in words is never truth; callers get its answers, its structured errors, or NodeUnavailable.
"""

import base64
import http.client
import io
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, cast
from urllib.parse import unquote, urlsplit

import orjson
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from ledger_app.errors import ConfigError, NodeUnavailable

T = TypeVar("T")
Call = tuple[str, list[Any]]

#: Bytes of one answer. The most that is asked for, the events of 500 full blocks, stays below.
MAX_ANSWER = 256 << 20


class RpcError(Exception):
    """The node answered a call with an error object. `data` is the revert data where there is any."""

    def __init__(self, code: int, message: str, data: bytes | None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class Rpc(JSONBaseProvider):
    """A node's HTTP endpoint, to be given to `Web3` or asked directly. Safe to share between threads.

    `make_request` and `make_batch_request` are web3's; `call` and `batch` give the results themselves. All
    raise NodeUnavailable when there is no complete answer within `timeout` seconds and `max_answer` bytes.

    web3's own HTTPProvider rests on `requests`, which takes longer to ask for a header than the node takes to
    answer; one verification is one such answer. So the standard library's client is used as it is.
    """

    def __init__(self, url: str, *, timeout: float = 30.0, max_answer: int = MAX_ANSWER) -> None:
        super().__init__()
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError("NODE_URL", "the node's address must be http://… or https://…")
        self.url = url
        # From 1: Ganache takes an id of 0 for none when it answers with an error.
        self.request_counter = itertools.count(1)
        self._https = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._timeout = timeout
        self._max_answer = max_answer
        self._headers = {"content-type": "application/json"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        self._local = threading.local()

    # --- as web3 asks ---------------------------------------------------------------------------------------

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One call; the node's answer object, which may hold an error."""
        request = self._request(method, params)
        return _sorted([request], [self._post(request)])[0]

    def make_batch_request(self, requests: Sequence[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        """Calls in one round trip; the answer objects in the order asked, none missing."""
        if not requests:
            return []
        payload = [self._request(method, params) for method, params in requests]
        rows = self._post(payload)
        if not isinstance(rows, list):
            raise NodeUnavailable("NODE_UNAVAILABLE", "the node does not answer a batch with a list")
        return _sorted(payload, rows)

    # --- as we ask ------------------------------------------------------------------------------------------

    def call(self, method: str, *params: Any) -> Any:
        """One call. Raises RpcError or NodeUnavailable."""
        return unwrap(_result(self.make_request(RPCEndpoint(method), list(params))))

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """All calls in one round trip, answers in the order asked; an error is an RpcError in its place."""
        requests = cast(Sequence[tuple[RPCEndpoint, Any]], calls)
        if len(requests) == 1:
            return [_result(self.make_request(*requests[0]))]
        return [_result(answer) for answer in self.make_batch_request(requests)]

    def close(self) -> None:
        """Close this thread's connection; the others' close with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    # --- inside ---------------------------------------------------------------------------------------------

    def _request(self, method: str, params: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self.request_counter), "method": method, "params": params or []}

    def _post(self, payload: Any) -> Any:
        body = orjson.dumps(payload, default=_plain)
        deadline = time.monotonic() + self._timeout
        connection = getattr(self._local, "connection", None)
        fresh = connection is None
        if connection is None:
            connection = self._connect()
        try:
            try:
                text, status = self._exchange(connection, body, deadline)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if fresh:
                    raise
                # A kept-alive connection may have been closed while it idled: once more, on a new one. All
                # our calls may be repeated: raw transactions are the same bytes.
                connection.close()
                connection = self._connect()
                text, status = self._exchange(connection, body, deadline)
            if len(text) > self._max_answer:
                raise ValueError(f"an answer of more than {self._max_answer} bytes")
            if status >= 300 and not text.startswith((b"{", b"[")):
                raise ValueError(f"HTTP status {status}")
            answer = orjson.loads(text)
        except (OSError, http.client.HTTPException, ValueError) as bad:
            connection.close()
            self._local.connection = None
            raise NodeUnavailable("NODE_UNAVAILABLE", f"the node does not answer: {bad}") from bad
        self._local.connection = connection
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        if self._https:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _exchange(
        self, connection: http.client.HTTPConnection, body: bytes, deadline: float
    ) -> tuple[bytes, int]:
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(_left(deadline))
        connection.response_class = cast(Any, partial(_Response, deadline))
        connection.request("POST", self._path, body, self._headers)
        response = connection.getresponse()
        return response.read(self._max_answer + 1), response.status


class _Response(http.client.HTTPResponse):
    """An answer that is complete before `deadline` (monotonic), however little of it comes at a time."""

    def __init__(self, deadline: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock, deadline))


class _Reader(io.RawIOBase):
    """What a socket receives until `deadline`; a socket's own timeout begins anew with every byte."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._deadline))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def unwrap(answer: Any) -> Any:
    """The answer itself, or its RpcError raised."""
    if isinstance(answer, RpcError):
        raise answer
    return answer


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`values` in slices of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _sorted(requests: Sequence[dict[str, Any]], rows: list[Any]) -> list[RPCResponse]:
    """The answers in the order of the requests: each one there, none twice, none unasked.

    web3 sorts a batch by its ids and takes what is there; a node that leaves one out would have the others
    taken for it.
    """
    places = {row["id"]: row for row in rows if isinstance(row, dict) and type(row.get("id")) is int}
    try:
        found = [places[request["id"]] for request in requests]
    except KeyError as missing:
        raise NodeUnavailable("NODE_UNAVAILABLE", "the node left calls unanswered") from missing
    if len(rows) != len(requests) or not all("result" in row or row.get("error") for row in found):
        raise NodeUnavailable("NODE_UNAVAILABLE", "the node's answer makes no sense")
    return cast(list[RPCResponse], found)


def _result(answer: RPCResponse) -> Any:
    error = answer.get("error")
    return _error(error) if error else answer["result"]


def _error(error: Any) -> RpcError:
    if not isinstance(error, dict):
        return RpcError(0, str(error), None)
    code = error.get("code")
    data = _revert_data(error.get("data"))
    return RpcError(code if isinstance(code, int) else 0, str(error.get("message", "")), data)


def _revert_data(data: Any) -> bytes | None:
    """Nodes put revert data as a hex string, or inside an object (Ganache: `data.result`, older: by tx
    hash).
    """
    if isinstance(data, dict):
        for key in ("result", "return", "data"):
            if key in data:
                return _revert_data(data[key])
        return None
    if isinstance(data, str) and data.startswith("0x"):
        try:
            return bytes.fromhex(data[2:])
        except ValueError:
            return None
    return None


def _plain(value: Any) -> Any:
    """What web3 puts into parameters beyond JSON's own types."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no parameter of a call")
