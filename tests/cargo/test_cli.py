"""`origin cargo` against a running service: results, exit codes."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from ledger_app.access.principals import Kind, create_token
from ledger_app.app import create_app
from ledger_app.cli.main import main
from ledger_app.proof.hexes import to_hex
from tests.cargo.conftest import Yard, document, event
from tests.chain.kit import CARRIER

Run = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def url(yard: Yard) -> Iterator[str]:
    yard.follower.step()
    running: Any = SimpleNamespace(services=yard.ctx)
    config = uvicorn.Config(create_app(yard.ctx.settings, running), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def origin(yard: Yard, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `origin …` as the carrier: (exit code, the JSON it printed, or its text)."""
    token = create_token(yard.ctx.store, Kind.ORGANISATION, organisation=to_hex(CARRIER.id))
    monkeypatch.setenv("ORIGIN_URL", url)
    monkeypatch.setenv("ORIGIN_TOKEN", token)

    def run(*arguments: str) -> tuple[int, Any]:
        with pytest.raises(SystemExit) as left:
            main(["cargo", *arguments])
        shown = capsys.readouterr().out
        return int(left.value.code or 0), json.loads(shown) if "--json" in arguments else shown

    return run


def test_capture_show_verify_and_proof(yard: Yard, origin: Run, tmp_path: Path) -> None:
    stream = yard.new_stream()
    file = tmp_path / "events.jsonld"
    file.write_bytes(document(event(500), event(501)))
    code, report = origin("capture", str(file), "--consignment", "UCR-CLI", "--stream", stream, "--json")
    assert (code, len(report["accepted"]), report["refused"]) == (0, 2, [])
    code, again = origin("capture", str(file), "--json")
    assert (code, len(again["duplicate"])) == (0, 2)
    yard.sign(report["anchor"]["id"])
    made = report["accepted"][1]["event"]
    code, told = origin("show", "UCR-CLI", "--json")
    assert (code, [one["proof"]["state"] for one in told["events"]]) == (0, ["anchored"] * 2)
    for name in (stream, report["stream"]["id"], made):
        code, verdict = origin("verify", name, "--json")
        assert (code, verdict["verdict"], verdict["exit_code"]) == (0, "GENUINE", 0)
    proof = tmp_path / "proof.json"
    assert origin("proof", made, "-o", str(proof))[0] == 0
    assert origin("verify", str(proof), "--json")[1]["verdict"] == "GENUINE"
    proof.write_text(proof.read_text().replace("OBSERVE", "ADD"))
    assert origin("verify", str(proof), "--json")[0] == 11
    for words in (("show", "UCR-CLI"), ("verify", stream), ("streams",)):
        assert origin(*words)[0] == 0


def test_a_refused_event_exits_3_with_its_reason(yard: Yard, origin: Run, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonld"
    file.write_bytes(document(event(510), event(511, action="MAYBE")))
    code, report = origin("capture", str(file), "--stream", yard.new_stream(), "--json")
    assert (code, len(report["accepted"]), report["refused"][0]["reason"]) == (3, 1, "CARGO_FIELD_TYPE")
    code, report = origin("capture", str(file), "--all-or-nothing", "--json")
    assert (code, report["accepted"], report["refused"][0]["index"]) == (3, [], 1)
    file.write_bytes(b'{"type": "EPCISDocument", "type": "twice"}')
    code, report = origin("capture", str(file), "--json")
    assert (code, report["refused"][0]["reason"]) == (3, "JSON_DUPLICATE_KEY")
    assert origin("capture", str(file))[0] == 3


def test_what_is_unknown_or_unreachable_has_its_own_exit_code(
    origin: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert origin("show", "nothing of the kind")[0] == 10
    assert origin("verify", "nothing of the kind", "--json")[0] == 10
    assert origin("capture", str(tmp_path / "missing"))[0] == 2
    monkeypatch.setenv("ORIGIN_URL", "http://127.0.0.1:9")
    code, verdict = origin("verify", "anything", "--json")
    assert (code, verdict["verdict"]) == (20, "CANNOT_TELL")
