"""`origin checkpoint consistency` takes nothing on the service's word: neither files, nor signatures, nor
the proof."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger_app.cli.main import main
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.log_tree import LogTree
from ledger_app.proof.statements import Signed, parse_signed, signed_from_json
from tests.proof import offline_files
from tests.vectors import offline_cases

LOG = LogTree([b"x", b"y", b"z"])


@dataclass
class Service:
    """Gives the file that is set for a digest, and one proof."""

    url: str = ""
    files: dict[str, Signed] = field(default_factory=dict)
    proof: Any = field(default_factory=lambda: [to_hex(node) for node in LOG.consistency_proof(1, 3)])


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            digest = self.path.split("/")[3]
            given = {"from": digest, "to": digest, "proof": found.proof}
            body = (
                json.dumps(given).encode() if "consistency" in self.path else found.files[digest].serialise()
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setenv("ORIGIN_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("ORIGIN_TOKEN", "none")
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def trust(tmp_path: Path) -> str:
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(offline_files.vectors()["snapshots"]["now"]))
    return str(path)


def checkpoint(batches: int, block: int, log: LogTree = LOG, **more: Any) -> Signed:
    stated = offline_cases.statement(block=block, batches=batches, batchesRoot=log.root(batches))
    return signed_from_json(offline_cases.signed("Checkpoint", stated, **more))


def consistency(service: Service, *words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and outcome or reason, for the two digests that the service has files for."""
    code = 0
    try:
        main(["checkpoint", "consistency", *service.files, *words, "--json"])
    except SystemExit as left:
        code = int(left.code or 0)
    found = json.loads(capsys.readouterr().out)
    return code, found.get("outcome") or found["error"]["reason"]


def test_two_signed_checkpoints_and_their_proof_hold(
    service: Service, trust: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    both = checkpoint(1, 700), checkpoint(3, 701)
    service.files = {to_hex(each.digest): each for each in both}
    assert consistency(service, capsys=capsys) == (0, "consistent")
    target = tmp_path / "proof.json"
    words = ("--trust", trust, "-o", str(target))
    assert consistency(service, *words, capsys=capsys) == (0, "consistent")
    assert json.loads(target.read_text())["proof"] == service.proof


def test_a_file_of_another_digest_is_not_taken_for_the_one_asked_for(
    service: Service, trust: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, other = checkpoint(1, 700), checkpoint(3, 701), checkpoint(3, 702)
    service.files = {to_hex(old.digest): old, to_hex(new.digest): other}
    for words in ((), ("--trust", trust)):
        assert consistency(service, *words, capsys=capsys) == (1, "STATEMENT_DIFFERS")


def test_signatures_are_those_of_the_council_that_is_trusted(
    service: Service, trust: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unsigned = parse_signed(checkpoint(3, 701, by=()).serialise())
    for bad, reason in (
        (unsigned, "STATEMENT_UNDER_THRESHOLD"),
        (checkpoint(3, 701, by=(offline_cases.STRANGER,)), "STATEMENT_SIGNER_UNKNOWN"),
        (checkpoint(3, 701, chain_id=1), "OTHER_LEDGER"),
    ):
        service.files = {to_hex(each.digest): each for each in (checkpoint(1, 700), bad)}
        assert consistency(service, "--trust", trust, capsys=capsys) == (2, reason)


def test_without_a_proof_that_holds_it_exits_1(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    other = LogTree([b"q", b"y", b"z"])
    both = checkpoint(1, 700), checkpoint(3, 701, log=other)
    service.files = {to_hex(each.digest): each for each in both}
    assert consistency(service, capsys=capsys) == (1, "unproven")
    both = checkpoint(3, 700), checkpoint(3, 701, log=other)
    service.files = {to_hex(each.digest): each for each in both}
    assert consistency(service, capsys=capsys) == (1, "split")
    service.proof = ["nonsense"]
    assert consistency(service, capsys=capsys) == (2, "EVIDENCE_INVALID")
