"""A log line holds known fields and nothing else, whoever writes it and whatever goes wrong."""

import ast
import io
import json
import logging
import re
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger_app.errors import BadInput
from ledger_app.telemetry import logs
from ledger_app.telemetry.logs import FIELDS, WITHHELD, Log
from tests.observability.rig import restored

CHECKOUT = Path(__file__).resolve().parents[2]
SECRET = "a name, a price, a token"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with restored():
        logs.setup("debug", "json", stream)
        yield stream


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_value_that_does_not_look_like_its_field_is_withheld(out: io.StringIO) -> None:
    Log("t").info(
        "request", method=SECRET, route=f"/c/{SECRET}", organisation=SECRET, reason=SECRET, status=200
    )
    (line,) = lines(out)
    assert SECRET not in out.getvalue()
    assert [line[name] for name in ("method", "route", "organisation", "reason")] == [WITHHELD] * 4
    assert line["status"] == 200


def test_a_field_that_is_not_in_the_table_is_withheld(out: io.StringIO) -> None:
    Log("t").info("request", number=SECRET)
    assert lines(out)[0]["number"] == WITHHELD


def test_every_line_of_the_code_has_a_fixed_event_and_fields_of_the_table() -> None:
    """`_LOG.info("event", field=…)` and the like, or `log_line(…)` for one of its methods."""
    calls = 0
    for path in (CHECKOUT / "ledger_app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not written_to_a_log(node.func):
                continue
            calls += 1
            where = f"{path}:{node.lineno}"
            assert isinstance(node.args[0], ast.Constant), where
            assert {keyword.arg for keyword in node.keywords} <= set(FIELDS), where
    assert calls >= 8


def written_to_a_log(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "log_line"
    if not isinstance(function, ast.Attribute) or function.attr not in ("debug", "info", "warning", "error"):
        return False
    at = function.value
    return (isinstance(at, ast.Name) and at.id == "_LOG") or (
        isinstance(at, ast.Call) and isinstance(at.func, ast.Name) and at.func.id == "Log"
    )


def test_an_exception_is_told_by_type_and_place_without_its_words(out: io.StringIO) -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as first:
            raise BadInput("TOO_LARGE", SECRET) from first
    except BadInput as failed:
        Log("t").error("unexpected", failed)
    (line,) = lines(out)
    assert SECRET not in out.getvalue()
    assert line["error"] == "BadInput(TOO_LARGE) < KeyError"
    assert re.fullmatch(r"observability/test_logs\.py:\d+ test_an_exception_.*", line["trace"][-1])


def test_what_other_libraries_say_is_withheld(out: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine").error("INSERT … parameters: %s", SECRET)
    logging.getLogger("uvicorn.error").error(f"Exception in {SECRET}", exc_info=ValueError(SECRET))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(SECRET, stacklevel=1)
    assert SECRET not in out.getvalue()
    assert [line["event"] for line in lines(out)] == ["library"] * 3
    assert lines(out)[1]["error"] == "ValueError"


def test_a_thread_that_dies_is_told_without_its_words(out: io.StringIO) -> None:
    def die() -> None:
        raise RuntimeError(SECRET)

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
    assert SECRET not in out.getvalue()
    assert [(line["event"], line["error"]) for line in lines(out)] == [("thread-died", "RuntimeError")]


def test_a_line_is_json_elsewhere_and_words_at_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    pipe, terminal = io.StringIO(), Terminal()
    with restored():
        logs.setup("info", "auto", pipe)
        Log("t").info("request", status=200)
        logs.setup("info", "auto", terminal)
        Log("t").info("request", status=200)
    assert json.loads(pipe.getvalue())["status"] == 200
    plain = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert "request" in plain
    assert "status=200" in plain
    assert not plain.lstrip().startswith("{")


def test_nobody_writes_a_line_past_the_table() -> None:
    """The fields are safe only as long as everything goes through `telemetry.logs`."""
    loggers = re.compile(r"logging\.getLogger|import structlog|^import logging", re.MULTILINE)
    allowed = {"telemetry/logs.py", "demo/running.py"}
    sources = (CHECKOUT / "ledger_app").rglob("*.py")
    found = {
        path.relative_to(CHECKOUT / "ledger_app").as_posix()
        for path in sources
        if loggers.search(path.read_text("utf-8"))
    }
    assert found <= allowed
