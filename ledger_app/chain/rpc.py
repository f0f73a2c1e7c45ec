"""JSON-RPC over one kept-alive HTTP connection per thread: single calls and batches.

What a node says in words is never truth; callers get its answers, its structured errors, or NodeUnavailable.
"""

import base64
import http.client
import ssl
import threading
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import orjson

from ledger_app.errors import ConfigError, NodeUnavailable

T = TypeVar("T")
Call = tuple[str, list[Any]]


class RpcError(Exception):
    """The node answered a call with an error object. `data` is the revert data where there is any."""

    def __init__(self, code: int, message: str, data: bytes | None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class Rpc:
    """A node's HTTP endpoint. Safe to share between threads.

    The standard library's client is used as it is: on the short answers of a node nearby it is three times as
    fast as the general-purpose ones, and one verification is one such answer.
    """

    def __init__(self, url: str, *, timeout: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError("NODE_URL", "the node's address must be http://… or https://…")
        self.url = url
        self._https = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._timeout = timeout
        self._headers = {"content-type": "application/json"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        self._local = threading.local()

    def call(self, method: str, *params: Any) -> Any:
        """One call. Raises RpcError or NodeUnavailable."""
        return unwrap(self.batch([(method, list(params))])[0])

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """All calls in one round trip, answers in the order asked; an error is an RpcError in its place.

        Raises NodeUnavailable when there is no (complete) answer.
        """
        body = [
            # From 1: Ganache takes an id of 0 for none when it answers with an error.
            {"jsonrpc": "2.0", "id": i, "method": method, "params": params}
            for i, (method, params) in enumerate(calls, 1)
        ]
        payload: Any = body[0] if len(body) == 1 else body
        answer = self._post(orjson.dumps(payload))
        rows = [answer] if len(body) == 1 else answer
        results: list[Any] = [None] * len(body)
        seen = 0
        try:
            if not isinstance(rows, list):
                raise TypeError("no list of answers")
            for row in rows:
                results[_place(row["id"], len(body))] = (
                    _error(row["error"]) if row.get("error") else row["result"]
                )
                seen += 1
        except (KeyError, TypeError, IndexError, AttributeError) as bad:
            raise NodeUnavailable("NODE_UNAVAILABLE", f"the node's answer makes no sense: {bad}") from bad
        if seen != len(body):
            raise NodeUnavailable("NODE_UNAVAILABLE", "the node left calls of a batch unanswered")
        return results

    def close(self) -> None:
        """Close this thread's connection; the others' close with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _post(self, body: bytes) -> Any:
        connection = getattr(self._local, "connection", None)
        fresh = connection is None
        if connection is None:
            connection = self._connect()
        try:
            try:
                text, status = self._exchange(connection, body)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if fresh:
                    raise
                # A kept-alive connection may have been closed while it idled: once more, on a new one. All
                # our calls may be repeated: raw transactions are the same bytes.
                connection.close()
                connection = self._connect()
                text, status = self._exchange(connection, body)
            if status >= 300 and not text.startswith((b"{", b"[")):
                raise NodeUnavailable("NODE_UNAVAILABLE", f"the node answers with HTTP status {status}")
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

    def _exchange(self, connection: http.client.HTTPConnection, body: bytes) -> tuple[bytes, int]:
        connection.request("POST", self._path, body, self._headers)
        response = connection.getresponse()
        return response.read(), response.status


def unwrap(answer: Any) -> Any:
    """The answer itself, or its RpcError raised."""
    if isinstance(answer, RpcError):
        raise answer
    return answer


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`values` in slices of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _place(answer_id: Any, size: int) -> int:
    if type(answer_id) is not int or not 1 <= answer_id <= size:
        raise TypeError(f"an answer to {answer_id!r}, which was not asked")
    return answer_id - 1


def _error(error: Any) -> RpcError:
    if not isinstance(error, dict):
        return RpcError(0, str(error), None)
    return RpcError(int(error.get("code", 0)), str(error.get("message", "")), _revert_data(error.get("data")))


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
