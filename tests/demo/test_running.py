"""`scripts/run`: everything comes up by itself, comes up the same again, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger_app.cli import main
from tests.support.running_demo import ROOT, RunningDemo, clean_environment, start, stop


def test_only_signers_open_a_keystore_and_every_signer_does(demo: RunningDemo) -> None:
    """Issuing, voting and anchoring have happened by now; an audit hook in every Python process kept a
    list."""
    rows = [line.split("\t") for line in demo.keystore_log.read_text().splitlines()]
    opened = {path for event, path, _ in rows if event == "open" and path.endswith(".json")}
    folders = {Path(path).parent.parent.name for path in opened}
    assert folders == {path.name for path in (demo.data / "signers").iterdir()}
    others = [row for row in rows if "-m ledger_app.cli signer " not in row[2]]
    assert others == []


def test_hook_would_have_seen_the_service_open_a_keystore(demo: RunningDemo) -> None:
    """The test above proves something only if the hook is in the service's process too."""
    environment = {**clean_environment(), "PYTHONPATH": str(demo.data.parent / "hook")}
    key = next((demo.data / "signers" / "chamber" / "keystore").iterdir())
    before = demo.keystore_log.read_text()
    program = "import sys; open(sys.argv[1]).close()"
    subprocess.run([sys.executable, "-c", program, str(key)], env=environment, check=True)
    noted = demo.keystore_log.read_text()
    demo.keystore_log.write_text(before)
    assert noted[len(before) :].startswith(f"open\t{key}\t")
    loaded = Path(f"/proc/{demo.process.pid}/environ").read_bytes().split(b"\0")
    assert f"PYTHONPATH={demo.data.parent / 'hook'}".encode() in loaded


def test_first_start_prints_the_address_and_tokens(demo: RunningDemo) -> None:
    assert demo.url in demo.first_output
    for name, token in demo.tokens.items():
        assert f"{name:<10} {token}" in demo.first_output


def test_every_key_and_token_file_is_its_owners_only(demo: RunningDemo) -> None:
    secret = [
        demo.data / "demo" / "tokens.json",
        *demo.data.glob("signers/*/password"),
        *demo.data.glob("signers/*/token"),
        *demo.data.glob("signers/*/keystore/*.json"),
        *demo.data.glob("signers/*/signer.toml"),
    ]
    assert len(secret) == 1 + 4 * 8
    assert {oct(path.stat().st_mode & 0o777) for path in secret} == {"0o600"}


def test_second_start_finds_everything_as_it_was_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    first = start(tmp_path / "data")
    found = first.json("certificate", "show", "DEMO-RCEP-0001")
    children = _descendants(first.process.pid)
    assert len(children) >= 9  # eight signers and the chain
    assert stop(first.process) == 0
    assert _gone(children)
    second = start(tmp_path / "data")
    assert second.tokens == first.tokens
    assert second.json("certificate", "show", "DEMO-RCEP-0001")["leaf"] == found["leaf"]
    assert second.json("verify", "DEMO-RCEP-0001")["verdict"] == "GENUINE"
    children = _descendants(second.process.pid)
    stop(second.process, signal.SIGKILL)
    assert _gone(children)
    _rebuilds_alike(second)


@pytest.mark.parametrize("stage", ["starting the chain", "the council admits", "the chamber issues"])
def test_first_start_that_was_killed_goes_on_where_it_stopped(stage: str, tmp_path: Path) -> None:
    log = tmp_path / "first.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "ledger_app.cli", "serve", "--demo"],
            env={**clean_environment(), "ORIGIN_DATA": str(tmp_path / "data"), "PORT": "0"},
            stdout=subprocess.DEVNULL,
            stderr=file,
            cwd=ROOT,
        )
    until = time.monotonic() + 120
    while stage not in log.read_text() and time.monotonic() < until:
        time.sleep(0.02)
    children = _descendants(process.pid)
    process.kill()
    process.wait()
    assert _gone(children)
    again = start(tmp_path / "data")
    try:
        assert again.json("verify", "DEMO-RCEP-0001")["verdict"] == "GENUINE"
        assert len(again.json("certificate", "list")["certificates"]) == 1
    finally:
        stop(again.process)


def _rebuilds_alike(demo: RunningDemo) -> None:
    """The index read anew from the chain, after all of that, is the same."""
    before = demo.json("index", "digest")["digest"]
    rebuilt = demo.json("index", "rebuild", "--verify")
    assert rebuilt["same"] is True
    assert rebuilt["before"] == before


def test_demo_refuses_settings_of_production(tmp_path: Path) -> None:
    for name, value in (
        ("ORIGIN_MASTER_KEY", os.urandom(32).hex()),
        ("ORIGIN_NODE_URL", "http://127.0.0.1:1"),
        ("ORIGIN_DATABASE_URL", "postgresql://somewhere"),
        ("ORIGIN_HOST", "0.0.0.0"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ledger_app.cli", "serve", "--demo"],
            env={**clean_environment(), name: value, "ORIGIN_DATA": str(tmp_path / "data"), "PORT": "0"},
            capture_output=True,
            text=True,
            timeout=180,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == 2
        assert name in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "data" / "signers").exists()


def test_port_in_use_is_said_in_words(demo: RunningDemo, tmp_path: Path) -> None:
    port = demo.url.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "ledger_app.cli", "serve", "--demo"],
        env={**clean_environment(), "ORIGIN_DATA": str(tmp_path), "PORT": port},
        capture_output=True,
        text=True,
        timeout=180,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert "PORT_TAKEN" in done.stderr


def test_whole_story_goes_as_it_must(tmp_path: Path) -> None:
    """`origin demo --json`: one JSON object, every step and verdict good, nothing left."""
    done = subprocess.run(
        [sys.executable, "-m", "ledger_app.cli", "demo", "--json"],
        env={**clean_environment(), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=280,
        cwd=ROOT,
        check=False,
    )
    told = json.loads(done.stdout)
    bad = [entry for entry in (*told["steps"], *told["verdicts"]) if not entry["ok"]]
    assert bad == []
    assert done.returncode == 0
    codes = [(v["name"], v["when"], v["exit_code"]) for v in told["verdicts"]]
    assert ("STORY-1", "after acquit", 12) in codes
    assert ("STORY-1", "after acquit, for its own claim", 0) in codes
    assert ("STORY-2", "after revoke", 12) in codes
    assert ("STORY-1", "after the node was stopped", 20) in codes
    voyages = {(v["name"], v["when"]): v["cargo"] for v in told["verdicts"]}
    assert voyages["STORY-1", "after its voyage"]["outcome"] == "passed"
    elsewhere = voyages["STORY-5", "after a voyage from elsewhere"]
    assert (elsewhere["outcome"], elsewhere["reason"]) == ("warning", "CARGO_LOADED_ELSEWHERE")
    assert {v["exit_code"] for v in told["verdicts"]} == {0, 10, 11, 12, 20}
    gas = {step["name"]: step["gas_used"] for step in told["steps"]}
    assert gas["revoke STORY-2"] <= 80_000
    assert gas["acquit STORY-1"] <= 110_000
    assert list(tmp_path.glob("origin-demo-*")) == []
    # Whoever stopped the node on purpose is not told so by the service's own workers.
    assert "NODE_UNAVAILABLE" not in done.stderr
    assert "NODE_BEHIND" not in done.stderr


@pytest.mark.long
@pytest.mark.timeout(600)
def test_whole_story_is_told_to_an_installation_elsewhere_by_its_file(
    demo: RunningDemo, tmp_path: Path
) -> None:
    accepted = {p.parent.name: json.loads(p.read_text()) for p in demo.data.glob("signers/*/acceptance.json")}
    file = tmp_path / "installation.json"
    file.write_text(json.dumps({"url": demo.url, "tokens": demo.tokens, "acceptances": accepted}))
    told = demo.json("demo", "--against", str(file))
    assert told["ok"]
    assert {"issue", "enquire", "answer"} <= {step["name"] for step in told["steps"]}
    # Used up, suspended, revoked, replaced.
    assert [each["exit_code"] for each in told["verdicts"]].count(12) == 4


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", '{"url": "x", "tokens": 1, "acceptances": {}}'])
def test_file_that_names_no_installation_is_refused(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "installation.json"
    file.write_text(text)
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--against", str(file)])
    assert ended.value.code == 2
    assert "FILE_UNREADABLE" in capsys.readouterr().err


def _descendants(pid: int) -> list[int]:
    """Every living process below `pid`."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    todo = [pid]
    while todo:
        below = parents.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _gone(pids: list[int]) -> bool:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.1)
    return False


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
