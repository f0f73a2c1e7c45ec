"""Log lines: JSON where nobody sits at a terminal, readable words where somebody does.

A line is an event with fields, and only the fields of `FIELDS` exist, each with what its values look like. So
no document, name, token, key or query string can get into a log by way of a field: what does not fit is shown
as `withheld`. An exception is told by its type and where it happened; its words may hold anything, and are
left out. Other libraries' lines lose their words for the same reason.
"""

import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.typing import EventDict

from ledger_app.reasons import REASONS

WITHHELD: Final = "withheld"
_FRAMES: Final = 12
_WORD = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_ROUTE = re.compile(r"unmatched|/[A-Za-z0-9_{}:./-]{0,120}", re.ASCII)
_HEX16 = re.compile(r"[0-9a-f]{16}", re.ASCII)
_HEX32 = re.compile(r"[0-9a-f]{32}", re.ASCII)
_VARIABLE = re.compile(r"ORIGIN_[A-Z_]{1,60}", re.ASCII)
_ORGANISATION = re.compile(r"0x[0-9a-f]{64}", re.ASCII)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered; every line written meanwhile carries it."""


def _fits(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


FIELDS: Final[dict[str, tuple[str, Callable[[Any], bool]]]] = {
    "request": ("the request's id, as in the answer's X-Request-Id", _fits(_HEX16)),
    "method": ("the request's method", _fits(re.compile("GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|OTHER"))),
    "route": ("the route's template, never the address that was asked for", _fits(_ROUTE)),
    "status": ("the answer's HTTP status", _number),
    "ms": ("milliseconds that it took", _number),
    "caller": ("the kind of caller: anonymous, trader, organisation, council, operator", _fits(_WORD)),
    "organisation": ("the caller's organisation id, which is public", _fits(_ORGANISATION)),
    "reason": ("a reason code", lambda value: isinstance(value, str) and value in REASONS),
    "worker": ("the part of the service that works by itself", _fits(_WORD)),
    "alarm": ("the name of a check of /readyz", _fits(_WORD)),
    "act": ("an act's id", _fits(_HEX32)),
    "acts": ("how many acts", _number),
    "block": ("a block's number", _number),
    "blocks": ("how many blocks", _number),
    "seconds": ("how many seconds", _number),
    "setting": ("the name of a variable that is set and that nothing reads", _fits(_VARIABLE)),
    "meant": ("the known variable whose name is nearest to it", _fits(_VARIABLE)),
}
"""Every field that a line of ours can have: what it says, and which values it takes."""


class Log:
    """Writes events of one part of the service. An event is a fixed name in the code, never made of data."""

    def __init__(self, part: str) -> None:
        self._logger = logging.getLogger(f"origin.{part}")

    def debug(self, event: str, **fields: Any) -> None:
        """For whoever looks closely; off unless asked for."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """What goes on as it should."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """What somebody may have to look at."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, error: BaseException | None = None, **fields: Any) -> None:
        """A fault of ours; `error` is told by type and place."""
        self._write(logging.ERROR, event, fields, error)

    def _write(
        self, level: int, event: str, fields: Mapping[str, Any], error: BaseException | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"origin": known(fields)}, exc_info=error)


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they may be written: None is left out, what does not fit is `withheld`, and so is the
    value of a field that is not in the table (a mistake of the code; a test looks for them).
    """
    shown = {}
    for name, value in fields.items():
        if value is not None:
            shown[name] = value if name in FIELDS and FIELDS[name][1](value) else WITHHELD
    if (current := request_id.get()) is not None:
        shown.setdefault("request", current)
    return shown


def setup(level: str = "info", style: str = "auto", stream: TextIO | None = None) -> None:
    """Send everything that this process logs to `stream` (default: stderr) in our form.

    style: `json`, `text`, or `auto`: text where `stream` is a terminal.
    """
    out = stream or sys.stderr
    as_text = style == "text" or (style == "auto" and out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Lines(as_text=as_text, colours=out.isatty() and not os.environ.get("NO_COLOR")))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.getLevelNamesMapping()[level.upper()], logging.INFO))
    logging.getLogger("origin").setLevel(level.upper())
    for noisy in ("uvicorn", "uvicorn.error", "uvicorn.access", "web3", "httpx", "alembic", "urllib3"):
        other = logging.getLogger(noisy)
        other.handlers.clear()
        other.propagate = True
        other.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    # The usual hooks print an exception's words.
    threading.excepthook = _thread_died
    sys.excepthook = _process_died


class _Lines(logging.Formatter):
    """Formats nothing of a record but its safe parts; the usual way appends an exception's words."""

    def __init__(self, *, as_text: bool, colours: bool) -> None:
        super().__init__()
        self._stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")
        self._render: Any
        if as_text:
            self._render = structlog.dev.ConsoleRenderer(
                colors=colours, timestamp_key="time", pad_event_to=18
            )
        else:
            self._render = structlog.processors.JSONRenderer(
                serializer=lambda line, **_: orjson.dumps(line).decode()
            )

    def format(self, record: logging.LogRecord) -> str:
        return str(self._render(None, record.levelname.lower(), self._stamp(None, "", _line(record))))


def _line(record: logging.LogRecord) -> EventDict:
    line: EventDict = {"level": record.levelname.lower(), "part": record.name.removeprefix("origin.")}
    fields = getattr(record, "origin", None)
    if fields is not None:
        line["event"] = str(record.msg)
        line.update(fields)
    else:
        line["event"] = "library"
        line["where"] = f"{record.module}:{record.lineno}"
    if record.exc_info and record.exc_info[1] is not None:
        line["error"], line["trace"] = told(record.exc_info[1])
    return line


def told(error: BaseException) -> tuple[str, list[str]]:
    """An exception without its words: its type with those of its causes, and the innermost places."""
    names: list[str] = []
    at: BaseException | None = error
    while at is not None and len(names) < 6:
        reason = getattr(at, "reason", None)
        names.append(type(at).__name__ + (f"({reason})" if reason in REASONS else ""))
        at = at.__cause__ or at.__context__
    places = []
    frame: TracebackType | None = error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        file = "/".join(code.co_filename.rsplit("/", 2)[-2:])
        places.append(f"{file}:{frame.tb_lineno} {code.co_name}")
        frame = frame.tb_next
    return " < ".join(names), places[-_FRAMES:]


def _thread_died(died: threading.ExceptHookArgs) -> None:
    if died.exc_value is not None and not isinstance(died.exc_value, SystemExit):
        Log("service").error("thread-died", died.exc_value)


def _process_died(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    Log("service").error("process-died", error.with_traceback(trace))
