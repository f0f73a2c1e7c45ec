"""Nobody's data gets into logs, metrics or problems: the whole story is told to a running demo, and every
route is asked for badly, with marked values in every place where a caller can put one.
"""

import json
import re
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger_app.demo.bootstrap import Desk
from ledger_app.demo.story import Story
from ledger_app.reasons import REASONS
from ledger_app.telemetry.logs import FIELDS
from tests.support import running_demo

pytestmark = pytest.mark.long

_TEXTS = {"name", "description", "marks", "city", "lines"}
_ALWAYS = {"level", "part", "event", "time"}
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass
class Marks:
    """Values that occur nowhere else, by where they were put."""

    made: dict[str, str] = field(default_factory=dict)

    def new(self, where: str) -> str:
        mark = f"mark{secrets.token_hex(6)}"
        self.made[mark] = where
        return mark

    def found(self, text: str) -> set[str]:
        return {where for mark, where in self.made.items() if mark in text}


@dataclass
class MarkedStory(Story):
    """The demo's story, with a mark in every text of every document and enquiry."""

    marks: Marks = field(default_factory=Marks)

    def _document(self, which: int, consignment: str = "") -> dict[str, Any]:
        marked: dict[str, Any] = self._marked(super()._document(which, consignment), "document")
        return marked

    def _act(self, name: str, desk: Desk, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if "text" in body:
            body = {**body, "text": f"{body['text']} {self.marks.new('enquiry')}"}
        if "declaration" in body:
            self.marks.made[body["declaration"]] = "declaration"
        return super()._act(name, desk, path, body)

    def _marked(self, value: Any, where: str) -> Any:
        if isinstance(value, dict):
            return {
                key: f"{member} {self.marks.new(f'{where}/{key}')}"
                if key in _TEXTS and isinstance(member, str) and where != "document/issuer"
                else self._marked(member, f"{where}/{key}")
                for key, member in value.items()
            }
        if isinstance(value, list):
            return [
                f"{member} {self.marks.new(where)}"
                if where.endswith("/lines") and isinstance(member, str)
                else self._marked(member, where)
                for member in value
            ]
        return value


@pytest.fixture(scope="module")
def told() -> tuple[running_demo.RunningDemo, Marks, str]:
    """A demo that has heard the story and much nonsense; the marks; what the refusals said."""
    demo = running_demo.shared()
    marks = Marks()
    desks = {name: Desk(demo.url, token) for name, token in demo.tokens.items()}
    prefix = "STORY-" + secrets.token_hex(4).upper()
    marks.made[prefix] = "number"
    story = MarkedStory(desks, lambda _: None, prefix, marks=marks)
    story.run()
    result = story.result()
    assert result["ok"], [row for row in [*result["steps"], *result["verdicts"]] if not row["ok"]]
    return demo, marks, nonsense(demo, marks)


def nonsense(demo: running_demo.RunningDemo, marks: Marks) -> str:
    """Ask every route badly, as nobody, as somebody and with a token that is none; gives all problems."""
    schema = httpx.get(f"{demo.url}/v1/openapi.json").json()
    said = []
    with httpx.Client(base_url=demo.url, timeout=60) as client:
        for path, operations in schema["paths"].items():
            for method in (name for name in _METHODS if name in operations):
                for token in (None, "chamber", "olt_" + secrets.token_urlsafe(32)):
                    answer = client.request(method, **request(demo, path, token, marks))
                    assert answer.status_code < 500 or path == "/readyz", (method, path, answer.text)
                    if answer.status_code >= 400:
                        assert answer.json()["reason"] in REASONS
                        said.append(answer.text)
        for target in (f"/nowhere/{marks.new('path')}?q={marks.new('query')}", f"/c/{marks.new('path')}"):
            client.get(target, headers={"Cookie": f"origin_token={marks.new('cookie')}"})
        client.post("/sign-in", data={"token": marks.new("form")})
        client.post("/verify", data={"number": marks.new("form")}, files={"file": ("x", marks.new("upload"))})
    return "\n".join(said)


def request(demo: running_demo.RunningDemo, path: str, token: str | None, marks: Marks) -> dict[str, Any]:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + marks.new("path") + rest.partition("}")[2]
    headers = {
        name: marks.new(f"header {name}")
        for name in ("user-agent", "referer", "x-request-id", "x-forwarded-for", "traceparent", "x-other")
    }
    if token is not None:
        given = demo.tokens.get(token, token)
        marks.made.setdefault(given, "token")
        headers["authorization"] = f"Bearer {given}"
    headers["idempotency-key"] = marks.new("idempotency key")
    body = {
        name: marks.new(f"body {name}") for name in ("number", "reason", "text", "identifier", "key", "to")
    }
    body["documents"] = [{"number": marks.new("body document"), "exporter": {"name": marks.new("body name")}}]  # type: ignore[assignment]
    return {
        "url": path,
        "params": {name: marks.new(f"query {name}") for name in ("number", "state", "cursor", "limit", "q")},
        "headers": headers,
        "json": body,
    }


def secrets_of(demo: running_demo.RunningDemo) -> dict[str, str]:
    """Every secret of the installation, by whose it is."""
    kept = {token: f"token of {name}" for name, token in demo.tokens.items()}
    for path in (demo.data / "demo-master.key", demo.data / "chain" / "sender.key"):
        kept[path.read_text().strip()] = path.name
    for path in (demo.data / "signers").rglob("password"):
        kept[path.read_text().strip()] = f"password of {path.parent.name}"
    return kept


def logged(demo: running_demo.RunningDemo) -> list[dict[str, Any]]:
    lines = demo.log.read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_the_log_holds_nothing_that_anybody_sent(
    told: tuple[running_demo.RunningDemo, Marks, str],
) -> None:
    demo, marks, _ = told
    assert len(marks.made) > 1000
    assert marks.found(demo.log.read_text()) == set()


def test_the_metrics_hold_nothing_that_anybody_sent(
    told: tuple[running_demo.RunningDemo, Marks, str],
) -> None:
    demo, marks, _ = told
    text = httpx.get(f"{demo.url}/metrics").text
    assert "origin_verifications_total" in text
    assert marks.found(text) == set()
    assert [secret for secret in secrets_of(demo) if secret in text] == []


def test_a_problem_repeats_no_header_token_query_or_field(
    told: tuple[running_demo.RunningDemo, Marks, str],
) -> None:
    _, marks, said = told
    reasons = set(re.findall(r'"reason":"([A-Z_]+)"', said))
    assert {"BODY_INVALID", "PARAMETER_INVALID", "NOT_ENTITLED", "SIGN_IN", "TOKEN_INVALID"} <= reasons
    assert marks.found(said) == set()


def test_no_log_of_any_part_holds_a_secret(told: tuple[running_demo.RunningDemo, Marks, str]) -> None:
    demo = told[0]
    logs: list[Path] = [demo.log, *demo.data.rglob("*.log"), *demo.data.rglob("*.jsonl")]
    logs = [path for path in logs if "db" not in path.parts]
    assert len(logs) > 8, "the service, the chain and every signer"
    everything = "\n".join(path.read_text(errors="replace") for path in logs)
    assert [whose for secret, whose in secrets_of(demo).items() if secret in everything] == []


def test_every_request_has_a_line_with_known_fields_and_no_other(
    told: tuple[running_demo.RunningDemo, Marks, str],
) -> None:
    demo = told[0]
    lines = logged(demo)
    assert {name for line in lines for name in line} <= _ALWAYS | set(FIELDS) | {"where", "error", "trace"}
    answered = [line for line in lines if line["event"] == "request"]
    assert len(answered) > 200
    for line in answered:
        assert {"request", "method", "route", "status", "ms"} <= line.keys()
        assert "withheld" not in line.values()
    routes = {line["route"] for line in answered}
    assert {"/v1/acts/{act}", "/v1/verify", "unmatched"} <= routes
    assert not any(token in route for route in routes for token in demo.tokens.values())
    issued = [line for line in answered if line["route"] == "/v1/certificates" and line["status"] == 202]
    assert {line["caller"] for line in issued} == {"organisation"}
    assert all(line["organisation"].startswith("0x") for line in issued)
    # Pages answer without a reason code, the API never.
    refused = [line for line in answered if line["status"] >= 400 and line["route"].startswith("/v1/")]
    assert len(refused) > 100
    assert [line for line in refused if line.get("reason") not in REASONS] == []


def test_an_answer_carries_the_id_of_its_line_and_never_one_that_was_sent(
    told: tuple[running_demo.RunningDemo, Marks, str],
) -> None:
    demo = told[0]
    answer = httpx.get(f"{demo.url}/v1/reasons", headers={"X-Request-Id": "0123456789abcdef"})
    given = answer.headers["x-request-id"]
    assert given != "0123456789abcdef"
    until = time.monotonic() + 10  # the line is written after the answer
    while not (lines := [line["route"] for line in logged(demo) if line.get("request") == given]):
        assert time.monotonic() < until, "it has no line"
        time.sleep(0.05)
    assert lines == ["/v1/reasons"]


def test_the_labels_of_the_metrics_stay_few(told: tuple[running_demo.RunningDemo, Marks, str]) -> None:
    demo = told[0]
    url = f"{demo.url}/metrics"
    before = httpx.get(url).text.count("\norigin_http_requests_total{")
    with httpx.Client(base_url=demo.url) as client:
        for _ in range(50):
            client.request("BREW", f"/{secrets.token_hex(8)}")
            client.get(f"/v1/acts/{secrets.token_hex(16)}?state={secrets.token_hex(4)}")
    after = httpx.get(url).text.count("\norigin_http_requests_total{")
    assert after - before <= 3, "a new method and its status at most"


def test_the_database_holds_no_document_text_or_token_in_the_clear(
    told: tuple[running_demo.RunningDemo, Marks, str],
) -> None:
    """Numbers, and what the ledger shows anyway, stand in the clear; see SECURITY.md."""
    demo, marks, _ = told
    raw = b"".join(path.read_bytes() for path in demo.data.glob("origin.db*"))
    kept = {where for mark, where in marks.made.items() if mark.encode() in raw}
    assert kept - {"number"} == set()
    assert [whose for secret, whose in secrets_of(demo).items() if secret.encode() in raw] == []
    assert b"STORY-" in raw, "the right files were looked at"
