"""Requests of every kind over the OpenAPI document: as it says, against what it says, and plainly hostile.

`Sender` makes schemathesis's cases into requests, often does to them what no schema describes (keys twice,
lone surrogates, NUL, nesting, numbers beyond everything, broken headers), sends them as several callers, and
checks each answer: no 5xx, no status and no shape that the document does not name.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import strategies as st

from ledger_app.reasons import REASONS

Draw = Callable[[st.SearchStrategy[Any]], Any]

#: Raw texts that stand for a JSON value somewhere in a body.
VALUES = (
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\u0000"',
    '"a\x00b"',
    "NaN",
    "-Infinity",
    "1e400",
    "-0",
    "1.0",
    "9" * 400,
    "-" + "9" * 5000,
    "9007199254740992",
    "true",
    "null",
    "[]",
    "{}",
    "[" * 40 + "]" * 40,
    "[" * 3000 + "]" * 3000,
    '{"a":' * 1500 + "1" + "}" * 1500,
    '{"a":1,"a":2}',
    '"' + "x" * 20_000 + '"',
    '"\U0001f600\u202e\ufeff\u0301"',
    "'x'",
    "0x10",
    "01",
    "",
    '"\\x"',
    '"unfinished',
    "{]",
)
SEGMENTS = (
    "0",
    "x" * 81,
    "x" * 5000,
    "é",
    "😀",
    "..",
    "0x" + "0" * 64,
    "0X" + "F" * 40,
    "' OR 1=1",
    "a b",
    "%",
)
CURSORS = (
    "",
    "v1.",
    "djEu",
    "djEuLi4v",
    "djEuMA",
    "!!!!",
    "A" * 200,
    "A" * 201,
    "djEuAA",
    "ZGplZg==",
    "é",
    "😀",
)
HEADERS: tuple[tuple[str, bytes], ...] = (
    ("Idempotency-Key", b""),
    ("Idempotency-Key", b"a b"),
    ("Idempotency-Key", b"x" * 201),
    ("Idempotency-Key", b"\xff\xfe"),
    ("Idempotency-Key", b"the-same-for-all"),
    ("Content-Type", b""),
    ("Content-Type", b"text/plain"),
    ("Content-Type", b"application/json; charset=utf-7"),
    ("Content-Type", b"multipart/form-data"),
    ("Content-Type", b"multipart/form-data; boundary=B; charset=unicode_escape"),
    ("Content-Type", b"application/x-www-form-urlencoded"),
    ("Content-Type", b"application/octet-stream"),
    ("Content-Type", b"\xff/\xff"),
    ("Accept", b"image/png"),
    ("Accept-Encoding", b"nothing;q=2"),
    ("Authorization", b"Bearer"),
    ("Authorization", b"Bearer \xff"),
    ("Authorization", b"Basic eDp5"),
    ("Content-Length", b"-1"),
    ("Content-Length", b"99999999999999999999"),
    ("Content-Length", b"1e3"),
    ("GS1-Capture-Error-Behaviour", b"explode"),
    ("X-Long", b"x" * 9000),
    ("If-None-Match", b'"' * 50),
    ("Cookie", b"origin_token=\xff; =;;"),
)
#: Seconds that a request may wait here for something to happen.
_MOST_WAIT = 0
_LONGEST_URL = 60_000


@dataclass
class Sender:
    """Sends one request a call. `clients` by caller; `entitled` are the callers that the policy lets in, by
    operation; `names` are path parameters that lead somewhere, `bodies` such as would be taken, with their
    media types, by operation."""

    schema: schemathesis.BaseSchema
    clients: Mapping[str, TestClient]
    entitled: Mapping[str, Sequence[str]]
    names: Mapping[str, Sequence[str]]
    bodies: Mapping[str, Sequence[tuple[str, bytes]]]
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)

    def send(self, case: Any, draw: Draw) -> None:
        """Send it as it is or spoilt; raises AssertionError for an answer that the document does not name."""
        operation = case.operation
        wait = (case.query or {}).get("wait")
        if isinstance(wait, int) and wait > _MOST_WAIT:
            case.query = {**case.query, "wait": _MOST_WAIT}
        if operation.path.endswith("/progress"):  # a stream that goes on while something may happen
            case.query = {**(case.query or {}), "wait": _MOST_WAIT}
        for name in case.path_parameters or {}:
            known = self.names.get(name, ())
            if known and draw(st.booleans()):
                case.path_parameters[name] = draw(st.sampled_from(known))
        prepared = requests.Request(**_plain(case.as_transport_kwargs(base_url="http://x"))).prepare()
        request = _Wire(operation, case.path_parameters or {}, prepared)
        good = self.bodies.get(operation.label, ())
        if good and draw(st.booleans()):
            media, request.body = draw(st.sampled_from(good))
            request.media(media.encode())
        if draw(st.integers(0, 2)):
            for _ in range(draw(st.integers(1, 2))):
                draw(st.sampled_from(_SPOILERS))(request, draw)
        anybody = draw(st.integers(0, 7)) == 0
        caller = draw(st.sampled_from(sorted(self.clients) if anybody else self.entitled[operation.label]))
        answer = self.clients[caller].request(
            operation.method.upper(), request.url, content=request.body, headers=request.headers
        )
        self.seen[operation.label, answer.status_code] += 1
        try:
            check(operation, answer)
        except AssertionError as wrong:
            sent = (
                f"{caller}: {operation.method} {request.url[:400]} {request.headers} {request.body[:2000]!r}"
            )
            raise AssertionError(f"{wrong}\n{sent}\n{answer.status_code} {answer.text[:600]}") from None


@dataclass
class _Wire:
    """A request as it goes out: `url` is path and query."""

    url: str
    headers: list[tuple[str, bytes]]
    body: bytes

    def __init__(self, operation: Any, parameters: Mapping[str, Any], prepared: Any) -> None:
        self.path = operation.path
        self.parameters = {name: str(value) for name, value in parameters.items()}
        self.query = (prepared.url or "").partition("?")[2]
        self.headers = [
            (name, value.encode("latin-1", "replace") if isinstance(value, str) else value)
            for name, value in prepared.headers.items()
            if name.lower() not in ("content-length", "user-agent", "cookie", "x-schemathesis-testcaseid")
        ]
        body = prepared.body or b""
        self.body = body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body)
        self.build()

    def build(self) -> None:
        """Put path and query together again."""
        path = self.path
        for name, value in self.parameters.items():
            path = path.replace("{" + name + "}", quote(value, safe="", errors="replace"))
        # The client refuses to send longer ones; the service says no to much shorter ones.
        self.url = (path + ("?" + self.query if self.query else ""))[:_LONGEST_URL]

    def media(self, value: bytes) -> None:
        """Say that the body is of this media type."""
        self.headers = [each for each in self.headers if each[0].lower() != "content-type"]
        self.headers.append(("Content-Type", value))


# --- what no schema describes -------------------------------------------------------------------------------


def _value(request: _Wire, draw: Draw) -> None:
    """Something that is no value of the protocol in the place of one that was."""
    text = request.body.decode("utf-8", "replace")
    spots = [at for at, char in enumerate(text[:4000]) if char in ":[,"]
    chosen = draw(st.sampled_from(VALUES))
    if spots:
        at = draw(st.sampled_from(spots)) + 1
        end = at
        while end < len(text) and text[end] not in ",]}":
            end += 1
        text = text[:at] + chosen + text[end:]
    else:
        text = chosen
    request.body = text.encode("utf-8", "surrogatepass")
    request.media(b"application/json")


def _twice(request: _Wire, draw: Draw) -> None:
    """The first member twice."""
    text = request.body.decode("utf-8", "replace")
    if text.startswith("{") and ":" in text:
        name = text[1 : text.index(":")]
        text = "{" + name + ":" + draw(st.sampled_from(VALUES)) + "," + text[1:]
        request.body = text.encode("utf-8", "surrogatepass")


def _bytes(request: _Wire, draw: Draw) -> None:
    """Bytes changed, cut off or added."""
    at = draw(st.integers(0, len(request.body)))
    added = draw(st.binary(max_size=8) | st.sampled_from([b"\xff", b"\xed\xa0\x80", b"\0", b"\xef\xbb\xbf"]))
    request.body = request.body[:at] + added + request.body[at + draw(st.integers(0, 8)) :]


def _header(request: _Wire, draw: Draw) -> None:
    name, value = draw(st.sampled_from(HEADERS))
    request.headers = [each for each in request.headers if each[0].lower() != name.lower()]
    request.headers.append((name, value))


def _segment(request: _Wire, draw: Draw) -> None:
    for name in request.parameters:
        request.parameters[name] = draw(st.sampled_from(SEGMENTS) | st.text(min_size=1, max_size=20))
    request.build()


def _query(request: _Wire, draw: Draw) -> None:
    name = draw(
        st.sampled_from(["cursor", "nextPageToken", "limit", "perPage", "at", "subject", "name", "stream"])
    )
    value = draw(st.sampled_from([*CURSORS, "NaN", "1e400", "9" * 400, "-1"]) | st.text(max_size=10))
    request.query = "&".join(
        filter(None, [request.query, f"{name}={quote(value, safe='', errors='replace')}"])
    )
    request.build()


def _raw_query(request: _Wire, draw: Draw) -> None:
    request.query = draw(st.sampled_from(["%", "%zz", "%ff=%ff", "a%00b=1", "&&&=&", "=" * 50, "x" * 9000]))
    request.build()


_SPOILERS = (_value, _value, _value, _twice, _bytes, _header, _header, _segment, _query, _raw_query)


# --- what is checked ----------------------------------------------------------------------------------------


def check(operation: Any, answer: Any) -> None:
    """Raises AssertionError: a 5xx, a status or a media type that is not described, a problem without its
    members."""
    described = operation.definition.raw["responses"]
    status = answer.status_code
    assert status < 500, f"a {status}"
    assert str(status) in described, f"{status} is not described for {operation.label}"
    media = answer.headers.get("content-type", "").partition(";")[0]
    content = described[str(status)].get("content")
    if content is not None and answer.content:
        assert media in content, f"{media} is not described for {operation.label} {status}"
    if status >= 400:
        problem = json.loads(answer.content)
        assert problem["reason"] in REASONS
        assert problem["status"] == status
        assert problem["title"]
        assert problem["next"]
        assert "Traceback" not in answer.text


def _plain(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Only what `requests.Request` takes."""
    names = ("method", "url", "headers", "files", "data", "params", "auth", "cookies", "json")
    return {name: kwargs[name] for name in names if kwargs.get(name) is not None}
