"""docs/offline.md is true of the demo: every command of it is run, and says what it shows."""

import json
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger_app.cli.main import main
from ledger_app.proof.statements import parse_signed
from tests.proof import offline_files
from tests.support.running_demo import ROOT, RunningDemo
from tests.vectors import offline_cases

PAGE = (ROOT / "docs" / "offline.md").read_text("utf-8")
DOCUMENT = ROOT / "docs" / "examples" / "certificate.json"


def steps() -> list[tuple[str, list[str]]]:
    """Commands of the page with the lines shown below them."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ scripts/origin "):
                found.append((line.removeprefix("$ scripts/origin "), []))
            else:
                found[-1][1].append(line)
    return found


def same(text: str) -> str:
    return re.sub(r"\d+", "#", text).strip()


@pytest.fixture(scope="module")
def folder(demo: RunningDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after the page's commands were run in it: bundle, snapshot, checkpoint."""
    made = tmp_path_factory.mktemp("offline")
    number = "OFF-1"
    document = {**json.loads(DOCUMENT.read_text("utf-8")), "number": number}
    (made / "document.json").write_text(json.dumps(document))
    issued = demo.origin("certificate", "issue", str(made / "document.json"))
    assert issued.returncode == 0, issued.stderr
    ran = 0
    for command, shown in steps():
        words = [number if word == "DEMO-RCEP-0001" else word for word in shlex.split(command)]
        words = [str(made / word) if word.endswith(".json") else word for word in words]
        done = demo.origin(*words)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        said = [same(line.replace(f"{made}/", "")) for line in done.stdout.splitlines()]
        missing = [line for line in shown if same(line) not in said]
        assert missing == [], f"{command} said {done.stdout}"
        ran += 1
    assert ran >= 8
    return made


def offline(*arguments: str, capsys: Any) -> tuple[int, dict[str, Any]]:
    """`origin verify … --offline` in this process, so that a test can watch it."""
    with pytest.raises(SystemExit) as left:
        main(["verify", *arguments, "--offline", "--json"])
    return int(left.value.code or 0), json.loads(capsys.readouterr().out)


def test_the_page_is_true(folder: Path) -> None:
    assert (folder / "trust.json.seen").read_bytes().count(b"\n") == 2


def test_no_socket_is_opened_and_no_service_known(
    folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("ORIGIN_URL", "http://127.0.0.1:1")
    code, found = offline(
        str(folder / "certificate.json"), "--trust", str(folder / "trust.json"), capsys=capsys
    )
    assert (code, found["verdict"], found["standing"]) == (0, "GENUINE", "good")
    assert found["asOf"]["block"] == found["ledger"]["block"]
    assert len(found["asOf"]["signers"]) >= 2


def test_no_network_library_is_even_loaded(demo: RunningDemo, folder: Path) -> None:
    program = (
        "import sys\nfrom ledger_app.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as left:\n    assert left.code == 0, left.code\n"
        "print([n for n in ('web3', 'sqlalchemy', 'fastapi', 'ledger_app.chain', 'ledger_app.store')"
        " if n in sys.modules])\n"
    )
    words = ["verify", str(folder / "certificate.json"), "--offline", "--trust", str(folder / "trust.json")]
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr


def test_the_report_has_the_shape_of_the_services(demo: RunningDemo, folder: Path, capsys: Any) -> None:
    online = json.loads(demo.origin("verify", str(folder / "certificate.json"), "--json").stdout)
    _, found = offline(str(folder / "certificate.json"), "--trust", str(folder / "trust.json"), capsys=capsys)
    assert set(found) - {"asOf"} == set(online)
    assert set(found["certificate"]) == set(online["certificate"])
    for member in ("verdict", "standing", "reason", "exit_code", "allowance", "disclosed"):
        assert found[member] == online[member], member
    for member in ("number", "digest", "leaf", "batch", "registeredAt", "issuedAs", "key"):
        assert found["certificate"][member] == online["certificate"][member], member
    assert [c["number"] for c in found["checks"]] == list(range(1, 12))


def test_without_snapshot_or_evidence_it_cannot_tell_and_a_forgery_shows_all_the_same(
    folder: Path, capsys: Any, tmp_path: Path
) -> None:
    whole, trust = str(folder / "certificate.json"), str(folder / "trust.json")
    code, found = offline(whole, capsys=capsys)
    assert (code, found["verdict"], found["reason"]) == (20, "CANNOT_TELL", "TRUST_SNAPSHOT_MISSING")
    assert found["asOf"] is None
    bundle = json.loads(Path(whole).read_bytes())
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps({name: value for name, value in bundle.items() if name != "evidence"}))
    code, found = offline(str(bare), "--trust", trust, capsys=capsys)
    assert (code, found["reason"]) == (20, "EVIDENCE_MISSING")
    bundle["document"]["number"] = "FORGED"
    bare.write_text(json.dumps(bundle))
    code, found = offline(str(bare), capsys=capsys)
    assert (code, found["verdict"], found["reason"]) == (11, "NOT_GENUINE", "DIGEST_DIFFERS")
    code, found = offline(whole, "--trust", trust, "--council", "0x" + "00" * 32, capsys=capsys)
    assert (code, found["reason"]) == (20, "TRUST_COUNCIL_DIFFERS")
    code, found = offline(whole, "--trust", trust, "--max-age", "0", capsys=capsys)
    assert (code, found["reason"]) in ((20, "LEDGER_STALE"), (0, ""))


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("LEDGER_STALE", ("nothing against the certificate", "--max-age", "verify it online")),
        ("SIGNATURE_INVALID", ("Nothing can be told", "the holder", "verify it online")),
    ],
)
def test_somebody_without_a_network_is_told_what_it_means_there_and_what_to_do(
    reason: str, told: tuple[str, ...], tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(case for case in offline_files.vectors()["cases"] if case["reason"] == reason)
    bundle, snapshot = offline_files.files(case)
    assert snapshot is not None
    (tmp_path / "bundle.json").write_bytes(bundle)
    (tmp_path / "trust.json").write_bytes(snapshot)
    monkeypatch.setattr("time.time", lambda: float(case["now"]))
    code, found = offline(
        str(tmp_path / "bundle.json"),
        *("--trust", str(tmp_path / "trust.json"), "--at", case["at"]),
        *("--max-age", str(case["maxAge"] // 86_400)),
        capsys=capsys,
    )
    assert (code, found["verdict"], found["reason"]) == (20, "CANNOT_TELL", reason)
    shown = [found["next"], *(row["next"] for row in found["checks"] if row["reason"] == reason)]
    assert len(shown) >= 2
    for words in shown:
        assert [part for part in told if part not in words] == []
        assert "operator" not in words
        assert "Sign again" not in words


def test_two_checkpoints_are_proven_to_follow_one_from_the_other(
    demo: RunningDemo, folder: Path, tmp_path: Path
) -> None:
    old = json.loads(demo.origin("checkpoint", "show", "--json", "-o", str(tmp_path / "old.json")).stdout)
    document = {**json.loads(DOCUMENT.read_text("utf-8")), "number": "OFF-2"}
    (tmp_path / "document.json").write_text(json.dumps(document))
    assert demo.origin("certificate", "issue", str(tmp_path / "document.json")).returncode == 0
    assert demo.origin("checkpoint", "create").returncode == 0
    new = json.loads(demo.origin("checkpoint", "show", "--json", "-o", str(tmp_path / "new.json")).stdout)
    assert new["statement"]["batches"] > old["statement"]["batches"]
    proof = str(tmp_path / "proof.json")
    done = demo.origin("checkpoint", "consistency", old["digest"], new["digest"], "-o", proof)
    assert (done.returncode, done.stdout.partition(":")[0]) == (0, "consistent")
    files = (str(tmp_path / "new.json"), str(tmp_path / "old.json"))
    unproven = demo.origin("checkpoint", "compare", *files, ORIGIN_URL="http://127.0.0.1:1")
    assert (unproven.returncode, unproven.stdout.partition(":")[0]) == (0, "unproven")
    proven = demo.origin("checkpoint", "compare", *files, "--proof", proof, ORIGIN_URL="http://127.0.0.1:1")
    assert (proven.returncode, proven.stdout.partition(":")[0]) == (0, "consistent")
    listed = demo.origin("checkpoint", "list").stdout
    assert old["digest"] in listed
    assert new["digest"] in listed


# --- split views, by files of the vectors -----------------------------------------------------------


def council_files(folder: Path, **changes: Any) -> tuple[Path, Path, Path]:
    """Snapshot, honest checkpoint, and one that contradicts it, signed by the vectors' council."""
    bases = offline_files.vectors()
    trust, first, second = folder / "trust.json", folder / "a.json", folder / "b.json"
    trust.write_text(json.dumps(bases["snapshots"]["now"]))
    honest = parse_signed(json.dumps(bases["bundles"]["good"]["evidence"]["checkpoint"]))
    first.write_bytes(honest.serialise())
    other = offline_cases.signed("Checkpoint", offline_cases.statement(**changes))
    second.write_text(json.dumps(other))
    return trust, first, second


def run(*arguments: str, capsys: Any) -> tuple[int, Any]:
    try:
        main([*arguments, "--json"])
        code = 0
    except SystemExit as left:
        code = int(left.code or 0)
    return code, json.loads(capsys.readouterr().out)


def test_two_heads_of_one_size_are_a_split_view_and_named_with_their_signers(
    tmp_path: Path, capsys: Any
) -> None:
    trust, first, second = council_files(tmp_path, batchesRoot=bytes(32), block=701)
    words = ("checkpoint", "compare", str(first), str(second), "--trust", str(trust))
    code, found = run(*words, capsys=capsys)
    assert (code, found["outcome"], found["reason"]) == (1, "split", "SPLIT_VIEW")
    assert found["detail"] == "two different heads over 10 batches"
    assert len(found["signedBoth"]) == 2
    _, first, second = council_files(tmp_path, expires=1)
    code, found = run("checkpoint", "compare", str(first), str(second), capsys=capsys)
    assert (code, found["outcome"]) == (0, "same")


def test_a_claim_or_a_number_is_not_for_offline(folder: Path, capsys: Any) -> None:
    whole = str(folder / "certificate.json")
    code, found = run("verify", whole, "--offline", "--claim", "D-1", capsys=capsys)
    assert (code, found["error"]["reason"]) == (2, "OFFLINE_CLAIM")
    with pytest.raises(SystemExit) as left:
        main(["verify", "NUMBER-1", "--offline"])
    assert left.value.code == 2
    with pytest.raises(SystemExit) as left:
        main(["verify", whole, "--trust", whole])
    assert left.value.code == 2


def test_a_snapshot_that_does_not_hold_is_not_shown(folder: Path, tmp_path: Path, capsys: Any) -> None:
    good = json.loads((folder / "trust.json").read_bytes())
    code, found = run("trust", "show", str(folder / "trust.json"), capsys=capsys)
    assert (code, found["expired"], found["content"]) == (0, False, good["content"])
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({**good, "signatures": good["signatures"][:1]}))
    code, found = run("trust", "show", str(bad), capsys=capsys)
    assert (code, found["error"]["reason"]) == (2, "STATEMENT_UNDER_THRESHOLD")
