"""One shape for every error: `application/problem+json` (RFC 9457) with a stable `reason` and what to do
`next`.
"""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from ledger_app.api.observing import HEADER
from ledger_app.errors import LedgerError
from ledger_app.reasons import describe
from ledger_app.telemetry.logs import Log

_LOG = Log("api")
_STATUS = {"MEDIA_TYPE_UNSUPPORTED": 415, "METHOD_NOT_ALLOWED": 405, "PARAMETER_INVALID": 422}
_HTTP_REASON = {404: "NO_SUCH_ROUTE", 405: "METHOD_NOT_ALLOWED", 413: "TOO_LARGE"}
_RESERVED = {"type", "title", "status", "detail", "reason", "next", "instance"}


class ProblemResponse(JSONResponse):
    """JSON with the media type of RFC 9457."""

    media_type = "application/problem+json"
    reason = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and leave the reason code for the log line."""
        scope.setdefault("state", {})["reason"] = self.reason
        await super().__call__(scope, receive, send)


def problem_body(reason: str, status: int, detail: str = "", **context: Any) -> dict[str, Any]:
    """The members of a problem. `context` adds members, never replaces the standard ones."""
    entry = describe(reason)
    extra = {name: value for name, value in context.items() if name not in _RESERVED}
    return {
        "type": f"urn:origin-ledger:problem:{reason}",
        "title": entry.meaning,
        "status": status,
        "detail": detail or entry.meaning,
        "reason": reason,
        "next": entry.next_step,
        **extra,
    }


def problem(reason: str, status: int, detail: str = "", **context: Any) -> ProblemResponse:
    """A problem as a response."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    answer = ProblemResponse(problem_body(reason, status, detail, **context), status, headers=headers)
    answer.reason = reason
    return answer


def install(app: FastAPI) -> None:
    """Turn every exception of every route into a problem."""
    app.add_exception_handler(LedgerError, _of_ours)
    app.add_exception_handler(RequestValidationError, _of_parameters)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _unexpected)


def _of_ours(_: Request, error: Exception) -> ProblemResponse:
    if not isinstance(error, LedgerError):
        raise error
    status = _STATUS.get(error.reason, error.status)
    return problem(error.reason, status, error.detail, **error.context)


def _of_parameters(_: Request, error: Exception) -> ProblemResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [
        {"where": ".".join(str(part)[:80] for part in fault["loc"]), "what": fault["msg"][:200]}
        for fault in error.errors()[:20]
    ]
    words = "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults[:3])
    return problem("PARAMETER_INVALID", 422, words, faults=faults)


def _of_http(_: Request, error: Exception) -> ProblemResponse:
    if not isinstance(error, HTTPException):
        raise error
    reason = _HTTP_REASON.get(error.status_code, "REQUEST_INVALID")
    return problem(reason, error.status_code, str(error.detail)[:300])


def _unexpected(request: Request, error: Exception) -> ProblemResponse:
    current = str(getattr(request.state, "request_id", ""))
    _LOG.error("unexpected", error, request=current)
    answer = problem("INTERNAL", 500, requestId=current)
    answer.headers[HEADER] = current  # this answer goes out above our middleware
    return answer
