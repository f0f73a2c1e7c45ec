"""One demonstration, started as `scripts/run` starts it, shared by every test of this process that needs one.

Every Python process in it notes which key files it opens (`keystore_log`), by an audit hook put in from
outside.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ledger_app.client import Client

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 280
_HOOK = """
import os, sys
_log = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
def _note(event, arguments):
    if event in ("open", "os.listdir", "os.scandir", "os.rename", "os.remove") and arguments:
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else ""
        if "keystore" in path:
            words = " ".join(sys.orig_argv).replace("\\n", " ")
            os.write(_log, (event + "\\t" + path + "\\t" + words + "\\n").encode())
sys.addaudithook(_note)
"""


@dataclass(frozen=True)
class RunningDemo:
    """A demo that is up. `first_output` is what it printed."""

    url: str
    data: Path
    tokens: dict[str, str]
    process: "subprocess.Popen[str]"
    first_output: str
    keystore_log: Path

    @property
    def log(self) -> Path:
        """What the service wrote to stderr: its log lines, and what it says about its start."""
        return self.data.parent / "demo-stderr.log"

    def client(self, who: str) -> Client:
        return Client(self.url, self.tokens[who], timeout=180)

    def environment(self) -> dict[str, str]:
        return {**clean_environment(), "ORIGIN_URL": self.url, "ORIGIN_DATA": str(self.data), "NO_COLOR": "1"}

    def origin(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run the command line against this demo."""
        return subprocess.run(
            [sys.executable, "-m", "ledger_app.cli", *arguments],
            capture_output=True,
            text=True,
            env={**self.environment(), **more},
            cwd=ROOT,
            timeout=240,
            check=False,
        )

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a command with --json and give what it printed; its exit code must be `code`."""
        done = self.origin(*arguments, "--json")
        assert done.returncode == code, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return json.loads(done.stdout)


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("ORIGIN_", "PORT"))}


def start(data: Path, *, port: int = 0, hook: Path | None = None) -> RunningDemo:
    """Start a demo in `data` and wait until it is up."""
    environment = {
        **clean_environment(),
        "PORT": str(port),
        "ORIGIN_DATA": str(data),
        "ORIGIN_LOG_LEVEL": "debug",
        "ORIGIN_LOG_FORMAT": "json",
    }
    log = data.parent / "keystore-opens.log"
    if hook is not None:
        (hook / "sitecustomize.py").write_text(_HOOK.format(log=str(log)))
        environment["PYTHONPATH"] = str(hook)
    errors = (data.parent / "demo-stderr.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger_app.cli", "serve", "--demo"],
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    errors.close()
    output = _until_ready(process, data.parent / "demo-stderr.log")
    kept = json.loads((data / "demo" / "tokens.json").read_bytes())
    return RunningDemo(kept["url"], data, kept["tokens"], process, output, log)


def stop(process: "subprocess.Popen[str]", how: int = signal.SIGINT) -> int:
    """End it and wait; gives the exit code."""
    if process.poll() is None:
        process.send_signal(how)
    code = process.wait(60)
    if process.stdout is not None:
        process.stdout.close()
    return code


@cache
def shared() -> RunningDemo:
    """The demo of this process, ended when Python ends."""
    folder = Path(tempfile.mkdtemp(prefix="origin-test-demo-"))
    (folder / "hook").mkdir()
    running = start(folder / "data", hook=folder / "hook")
    atexit.register(_finish, running, folder)
    return running


def _finish(running: RunningDemo, folder: Path) -> None:
    import shutil

    stop(running.process)
    shutil.rmtree(folder, ignore_errors=True)


def _until_ready(process: "subprocess.Popen[str]", errors: Path) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        line = process.stdout.readline()
        lines.append(line)
        if line.startswith("Try:"):
            return "".join(lines)
        if not line and process.poll() is not None:
            break
    process.kill()
    raise AssertionError(f"the demo did not start: {errors.read_text()[-3000:]}")
