"""One HTTP request to a webhook, guarded: to exactly the addresses that were checked, without proxies and
redirects, within a bound of time and bytes.

httpcore is used by itself because its network backend is where a name becomes a connection: the name is
resolved there, once, and TLS then asks the certificate for the name.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from math import ceil
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import httpcore

from ledger_app.services.recipients import guard
from ledger_app.services.recipients.guard import Rules, Target

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host name; raises OSError. It may take its time."""
_MOST_OF_AN_ANSWER: Final = 8_192
_ANSWER_SECONDS: Final = 2.0
_RESOLVING_AT_ONCE: Final = 64
_LONGEST_RETRY_AFTER: Final = 86_400


class Fault(StrEnum):
    """Why an attempt failed, in a word for the log. `ADDRESS` does not tell a name that does not exist from
    one that leads inside: whoever registers a name learns nothing of the network here."""

    ADDRESS = "address"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    ANSWER = "answer"
    STATUS = "status"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: the answer's status if there was one, the fault (None = delivered), milliseconds,
    and for how many seconds the receiver asked to be left alone."""

    status: int | None
    fault: Fault | None
    ms: int
    retry_after: int | None = None


class RefusedError(Exception):
    """The name leads nowhere, or where we do not call."""


def resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Whose certificates are believed: those that this machine trusts, and those in `ca_file`."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


class Poster:
    """Sends. To be used within one event loop; every request has a connection of its own."""

    def __init__(
        self, rules: Rules, context: ssl.SSLContext, *, seconds: float, resolver: Resolver = resolve
    ) -> None:
        self._context = context
        self._seconds = seconds
        self._backend = _Guarded(rules, resolver)

    async def post(self, target: Target, headers: dict[str, str], body: bytes) -> Outcome:
        """POST `body`; never raises for what the other side does."""
        begun = time.monotonic()
        status: int | None = None
        after: int | None = None
        fault: Fault | None
        try:
            with anyio.fail_after(self._seconds):
                status, after = await self._send(target, headers, body)
            fault = None if 200 <= status < 300 else Fault.STATUS
        except RefusedError:
            fault = Fault.ADDRESS
        except (TimeoutError, httpcore.TimeoutException):
            fault = Fault.TIMEOUT
        except httpcore.ConnectError as failed:
            fault = Fault.TLS if _is_of_tls(failed) else Fault.CONNECTION
        except (httpcore.ProtocolError, UnicodeError, ValueError):
            fault = Fault.ANSWER
        except (httpcore.NetworkError, ssl.SSLError, OSError):
            fault = Fault.CONNECTION
        return Outcome(status, fault, int((time.monotonic() - begun) * 1000), after)

    async def _send(self, target: Target, headers: dict[str, str], body: bytes) -> tuple[int, int | None]:
        named = f"[{target.host}]" if ":" in target.host else target.host
        usual = {"https": 443, "http": 80}[target.scheme]
        sent = {
            "host": named if target.port == usual else f"{named}:{target.port}",
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": "origin-ledger",
            "connection": "close",
            **headers,
        }
        url = httpcore.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode(),
        )
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._context, network_backend=self._backend, max_keepalive_connections=0
            ) as pool,
            pool.stream(
                "POST",
                url,
                headers=[(name.encode(), value.encode()) for name, value in sent.items()],
                content=body,
                extensions={"timeout": limits},
            ) as answer,
        ):
            # The status decides. What follows is read for politeness only: some receivers mind a reset.
            with anyio.move_on_after(_ANSWER_SECONDS):
                await _read_some(answer)
            return answer.status, _retry_after(answer)


def _is_of_tls(failed: BaseException | None) -> bool:
    while failed is not None and not isinstance(failed, ssl.SSLError):
        failed = failed.__cause__ or failed.__context__
    return failed is not None


async def _read_some(answer: httpcore.Response) -> None:
    read = 0
    try:
        async for part in answer.aiter_stream():
            read += len(part)
            if read > _MOST_OF_AN_ANSWER:
                return
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        return


def _retry_after(answer: httpcore.Response) -> int | None:
    """Seconds to wait, at most `_LONGEST_RETRY_AFTER`; None where the answer does not say (RFC 9110 section
    10.2.3: seconds or a date)."""
    said = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"").strip()
    if said.isdigit() and len(said) < 12:
        return min(int(said), _LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(said[:40].decode("ascii"))
        wait = until.replace(tzinfo=until.tzinfo or UTC).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return max(0, min(ceil(wait), _LONGEST_RETRY_AFTER))


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to a host by the addresses that its name has now, if all of them may be called."""

    def __init__(self, rules: Rules, resolver: Resolver) -> None:
        self._rules = rules
        self._resolver = resolver
        self._inner = httpcore.AnyIOBackend()
        self._limiter: anyio.CapacityLimiter | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's interface)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = guard.check(await self._resolve(host, port), self._rules)
        if not addresses:
            raise RefusedError
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        if guard.is_address(host):
            return [host]
        # A name server that does not answer must not keep the others' requests waiting.
        self._limiter = self._limiter or anyio.CapacityLimiter(_RESOLVING_AT_ONCE)
        try:
            return await anyio.to_thread.run_sync(
                self._resolver, host, port, abandon_on_cancel=True, limiter=self._limiter
            )
        except (OSError, UnicodeError):
            raise RefusedError from None
