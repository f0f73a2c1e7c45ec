"""What is refused before anything reads it: bodies beyond their bound, control characters in addresses, huge
headers.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger_app.api.problems import ProblemResponse, problem

_MAX_TARGET = 8192
_MAX_HEADER = 8192
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


#: Answers a request (its scope) whose body is beyond its bound in bytes.
Refusal = Callable[[Scope, int], ASGIApp]


class RequestTooLarge(Exception):
    """The body grew beyond its bound while it was read."""


class Limits:
    """ASGI middleware. `bounds` gives (path prefix, bytes) pairs, the first that fits counts; `default` is
    for the rest.

    `refusals`: how an exact path answers a body beyond its bound, where it is not with the problem TOO_LARGE.
    The announced length is checked first; a body sent in chunks is counted while it comes in, so that no more
    than the bound is ever held.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        default: int,
        bounds: Iterable[tuple[str, int]] = (),
        refusals: Mapping[str, Refusal] | None = None,
    ) -> None:
        self.app = app
        self._default = default
        self._bounds = tuple(bounds)
        self._refusals = refusals or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400, 413 or 431."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if refusal := self._refusal(scope):
            await refusal(scope, receive, send)
            return
        bound = self._bound(scope["path"])
        begun = False

        async def started(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, _counted(receive, bound), started)
        except RequestTooLarge:
            if begun:
                raise
            await self._too_large(scope)(scope, receive, send)

    def _too_large(self, scope: Scope) -> ASGIApp:
        return self._refusals.get(scope["path"], _too_large)(scope, self._bound(scope["path"]))

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        target = scope.get("raw_path") or scope["path"].encode()
        query = scope.get("query_string", b"")
        if len(target) + len(query) > _MAX_TARGET:
            return problem("REQUEST_INVALID", 414, "The address is too long.")
        if _CONTROL.search(unquote_to_bytes(target)) or _CONTROL.search(unquote_to_bytes(query)):
            return problem("REQUEST_INVALID", 400, "The address contains control characters.")
        if not _is_utf8(unquote_to_bytes(target)) or not _is_utf8(unquote_to_bytes(query)):
            return problem("REQUEST_INVALID", 400, "The address is not UTF-8.")
        for name, value in scope["headers"]:
            if len(value) > _MAX_HEADER:
                return problem("REQUEST_INVALID", 431, "A header is too long.")
            if name == b"content-length" and (
                not value.isdigit() or len(value) > 18 or int(value) > self._bound(scope["path"])
            ):
                return self._too_large(scope)
        return None

    def _bound(self, path: str) -> int:
        return next((most for prefix, most in self._bounds if path.startswith(prefix)), self._default)


def _counted(receive: Receive, bound: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > bound:
                raise RequestTooLarge
        return message

    return counted


def file_too_large(_: Scope, bound: int) -> ProblemResponse:
    """For a path that takes one file: no smaller part of it would do."""
    return problem("FILE_TOO_LARGE", 413, limit=bound)


def _too_large(_: Scope, bound: int) -> ProblemResponse:
    return problem("TOO_LARGE", 413, f"At most {bound} bytes are taken here.", limit=bound)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
