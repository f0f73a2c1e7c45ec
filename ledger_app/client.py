"""A small client of the HTTP API, for the signer and the command line: JSON in, JSON out, problems raised as
errors.

Built on `http.client` rather than a larger library because a signer starts often and must stay light.
"""

import http.client
import json
import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ledger_app import errors
from ledger_app.reasons import REASONS

MAX_RESPONSE = 512 * 1024 * 1024
"""Bytes of the largest answer that is read; a batch of 10,000 documents to sign is about 40 MB."""

_IDLE_SECONDS = 2.0
"""A kept connection is not used again after so long: servers close idle ones after about five."""

_BY_STATUS: dict[int, type[errors.LedgerError]] = {
    400: errors.BadInput,
    401: errors.NotAuthenticated,
    403: errors.NotPermitted,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    422: errors.Unprocessable,
    503: errors.Unavailable,
}


class ServiceProblem(errors.LedgerError):
    """A problem with a reason code that a newer service knows and this version does not; its own words are
    kept."""

    def __init__(self, reason: str, detail: str, next_step: str) -> None:
        super().__init__(reason, detail or reason)
        self._next_step = next_step

    @property
    def next_step(self) -> str:
        return self._next_step


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: HTTP status, media type, raw body."""

    status: int
    media_type: str
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises Unavailable when it is none (a proxy's page, for example)."""
        try:
            return json.loads(self.body)
        except ValueError as exc:
            raise errors.Unavailable("SERVICE_ANSWER_UNREADABLE") from exc


class Client:
    """One connection to the service at `base_url`, kept open between requests and reopened when it breaks.

    A service that cannot be reached raises `Unavailable("SERVICE_UNREACHABLE")`; a problem that it reports
    is raised as
    the error of its HTTP status with its reason code.
    """

    def __init__(self, base_url: str, token: str | None = None, *, timeout: float = 30.0) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise errors.BadInput("SERVICE_URL_INVALID", f"{base_url!r} is not an http or https address")
        self.base_url = base_url.rstrip("/")
        self._parts = parts
        if token and not (token.isascii() and token.isprintable()):
            raise errors.NotAuthenticated(
                "TOKEN_INVALID", "a token has neither line breaks nor special letters"
            )
        self._token = token
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def again(self) -> "Client":
        """Another connection to the same service, for another thread."""
        return Client(self.base_url, self._token, timeout=self._timeout)

    def get(self, path: str, **query: Any) -> Any:
        return self.request("GET", path, query=query).json()

    def post(self, path: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        return self._send("POST", path, body, idempotency_key)

    def put(self, path: str, body: Any, *, idempotency_key: str | None = None) -> Any:
        return self._send("PUT", path, body, idempotency_key)

    def _send(self, method: str, path: str, body: Any, idempotency_key: str | None) -> Any:
        headers = {"Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        raw = json.dumps(body if body is not None else {}, ensure_ascii=True).encode()
        return self.request(method, path, body=raw, headers=headers).json()

    def post_raw(self, path: str, raw: bytes, media_type: str = "application/json", **query: Any) -> Any:
        """Send bytes as they are, so that the service judges exactly what the user holds."""
        return self.request("POST", path, body=raw, headers={"Content-Type": media_type}, query=query).json()

    def upload(self, path: str, filename: str, raw: bytes, fields: dict[str, str] | None = None) -> Any:
        """POST `raw` as the multipart file `file`, with text `fields` beside it."""
        boundary = secrets.token_hex(16)
        lines: list[bytes] = []
        for name, value in (fields or {}).items():
            lines += [
                b"--" + boundary.encode(),
                f'Content-Disposition: form-data; name="{name}"'.encode(),
                b"",
                value.encode(),
            ]
        safe = quote(filename, safe=" ._-()", errors="replace")  # a name may be no UTF-8
        lines += [
            b"--" + boundary.encode(),
            f'Content-Disposition: form-data; name="file"; filename="{safe}"'.encode(),
            b"Content-Type: application/octet-stream",
            b"",
            raw,
            b"--" + boundary.encode() + b"--",
            b"",
        ]
        return self.post_raw(path, b"\r\n".join(lines), f"multipart/form-data; boundary={boundary}")

    def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request. Raises the error that the service reported, or Unavailable when it cannot be
        reached."""
        chosen = {k: v for k, v in (query or {}).items() if v is not None}
        target = self._parts.path.rstrip("/") + path + ("?" + urlencode(chosen, doseq=True) if chosen else "")
        sent = {"Accept": "application/json", **(headers or {})}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        answer = self._exchange(method, target, body, sent)
        if answer.status >= 400:
            raise _problem(answer)
        return answer

    def stream(self, path: str, **query: Any) -> Iterator[bytes]:
        """GET an answer of any length, in pieces, on a connection of its own. Refusals are raised as by
        `request`, before the first piece; Unavailable `EXPORT_INCOMPLETE` when it ends early."""
        target = self._parts.path.rstrip("/") + path + "?" + urlencode(query, doseq=True)
        sent = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            connection = self._connect()
            connection.request("GET", target, headers=sent)
            response = connection.getresponse()
        except (http.client.HTTPException, OSError) as exc:
            raise errors.Unavailable("SERVICE_UNREACHABLE", str(exc) or type(exc).__name__) from exc
        if response.status >= 400:
            raw = response.read(MAX_RESPONSE)
            connection.close()
            raise _problem(Answer(response.status, response.headers.get_content_type(), raw))
        return _pieces(connection, response)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if time.monotonic() - self._used > _IDLE_SECONDS:
            # The other side may have closed it meanwhile, and a POST is not repeated when that shows too
            # late.
            self.close()
        self._used = time.monotonic()
        reused = self._connection is not None
        try:
            return self._once(method, target, body, headers)
        except (http.client.HTTPException, OSError) as exc:
            self.close()
            # A kept connection may have been closed by the other side while idle; a GET is repeated on a
            # fresh one.
            if reused and method == "GET" and not isinstance(exc, TimeoutError):
                try:
                    return self._once(method, target, body, headers)
                except (http.client.HTTPException, OSError) as again:
                    self.close()
                    exc = again
            raise errors.Unavailable(
                "SERVICE_UNREACHABLE",
                f"the service at {self.base_url} cannot be reached ({exc or type(exc).__name__})",
            ) from exc

    def _once(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = self._connection or self._connect()
        self._connection = connection
        connection.request(method, target, body=body, headers=headers)
        response = connection.getresponse()
        raw = response.read(MAX_RESPONSE + 1)
        if len(raw) > MAX_RESPONSE:
            raise http.client.HTTPException("the answer is too large")
        return Answer(response.status, response.headers.get_content_type(), raw)

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        connection: http.client.HTTPConnection
        if self._parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, port, timeout=self._timeout, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
        connection.connect()
        # Small requests on a kept connection otherwise wait for the other side's delayed acknowledgement.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def _pieces(connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while piece := response.read1(1 << 16):
            yield piece
    except (http.client.HTTPException, OSError) as exc:
        raise errors.Unavailable("EXPORT_INCOMPLETE") from exc
    finally:
        connection.close()


def _problem(answer: Answer) -> errors.LedgerError:
    try:
        problem = json.loads(answer.body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or not isinstance(problem.get("reason"), str):
        return errors.Unavailable(
            "SERVICE_ANSWER_UNREADABLE", f"the service answered {answer.status} without saying why"
        )
    reason, detail = problem["reason"], str(problem.get("detail") or "")
    extra = {
        k: v for k, v in problem.items() if k not in {"type", "title", "status", "detail", "reason", "next"}
    }
    if reason not in REASONS:
        return ServiceProblem(reason, detail, str(problem.get("next") or ""))
    error = _BY_STATUS.get(answer.status, errors.LedgerError)(reason, detail)
    error.context = extra
    return error
