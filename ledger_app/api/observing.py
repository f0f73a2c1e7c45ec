"""Each request gets an id, a log line and its place in the metrics; nothing of what it said goes there."""

import secrets
import time
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger_app.telemetry.logs import Log, request_id

_LOG = Log("api")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBES: Final = frozenset({"/livez", "/readyz", "/metrics"})
HEADER: Final = "x-request-id"


class Observing:
    """ASGI middleware, our outermost. An id that the caller sends is not taken: it may say anything."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = secrets.token_hex(8)
        token = request_id.set(name)
        scope.setdefault("state", {})["request_id"] = name
        began = time.perf_counter()
        status = 500  # as long as nothing else was answered

        async def answering(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (HEADER.encode(), name.encode())]}
            await send(message)

        try:
            await self.app(scope, receive, answering)
        finally:
            self._note(scope, status, time.perf_counter() - began)
            request_id.reset(token)

    @staticmethod
    def _note(scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = route_of(scope)
        scope["app"].state.services.metrics.answered(method, route, status, seconds)
        state: dict[str, Any] = scope.get("state") or {}
        who = state.get("principal")
        log_line = _LOG.debug if route in _PROBES and status < 400 else _LOG.info
        log_line(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            caller=None if who is None else who.kind.value,
            organisation=None if who is None else who.organisation,
            reason=state.get("reason"),
        )


def route_of(scope: Scope) -> str:
    """The template of the route that took the request; `unmatched` when none did."""
    return str(getattr(scope.get("route"), "path", None) or "unmatched")
