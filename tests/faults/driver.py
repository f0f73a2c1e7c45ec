"""A demonstration run as its own processes, driven as a user would: the command line, HTTP, and process ids.

`Installation` starts `origin serve --demo` and knows the ids of the processes that it started by that: the
service, its chain and its signers. It kills only those.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from ledger_app.chain.node import free_port
from ledger_app.client import Client

CHECKOUT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 300
_ADDRESS = re.compile(r"demonstration: (http://127\.0\.0\.1:\d+)")

Part = Literal["service", "chain", "signer"]


class Installation:
    """A demo in the data folder `data`. `start()` waits until it is ready; it may be killed and started
    again. `settings`: ORIGIN_… variables besides."""

    def __init__(self, data: Path, settings: dict[str, str] | None = None) -> None:
        self.data = data
        self._settings = settings or {}
        self.url = ""
        self._port = free_port()
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises RuntimeError with the last words of a service that does not come up."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ORIGIN_")}
        environment |= {"ORIGIN_DATA": str(self.data), "PORT": str(self._port), "PYTHONUNBUFFERED": "1"}
        environment |= self._settings
        self.data.mkdir(parents=True, exist_ok=True)
        said = self.data / "driver.out"
        with said.open("w") as out, (self.data / "driver.log").open("a") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "ledger_app.cli", "serve", "--demo"],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
            )
        started = time.monotonic()
        while not (found := _ADDRESS.search(said.read_text())):
            if self._child.poll() is not None or time.monotonic() - started > _READY_SECONDS:
                last = (self.data / "driver.log").read_text()[-2000:]
                raise RuntimeError(f"the demonstration did not start: {last}")
            time.sleep(0.02)
        self.url = found[1]

    @property
    def service(self) -> int:
        """The service's process id."""
        assert self._child is not None
        return self._child.pid

    def children(self) -> dict[int, str]:
        """Process id → command line of everything that the service started and that still runs."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            with suppress(OSError, IndexError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.service:
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def pid(self, part: Part, signer: str = "chamber") -> int | None:
        """The id of one of our processes, None while it is being started again."""
        if part == "service":
            return self.service
        mark = "ganache/serve.js" if part == "chain" else f"signers/{signer} "
        return next((pid for pid, line in self.children().items() if mark in f"{line} "), None)

    def kill(self, part: Part, signer: str = "chamber") -> bool:
        """`kill -9` of one process of ours. A killed service is waited for, and its children with it."""
        pid = self.pid(part, signer)
        if pid is None:
            return False
        family = self.children() if part == "service" else {}
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if part == "service":
            assert self._child is not None
            self._child.wait(30)
            _await_gone(list(family))
        return True

    def stop(self) -> None:
        """Ends it as Ctrl-C would."""
        if self._child is None or self._child.poll() is not None:
            return
        family = self.children()
        self._child.send_signal(signal.SIGINT)
        try:
            self._child.wait(30)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        _await_gone(list(family))

    def client(self, name: str, timeout: float = 60) -> Client:
        """The API as the member `name` (a token of the demo) sees it."""
        tokens = json.loads((self.data / "demo" / "tokens.json").read_text())["tokens"]
        return Client(self.url, tokens[name], timeout=timeout)

    def origin(
        self, *arguments: str, token: str | None = "operator", folder: Path = CHECKOUT
    ) -> subprocess.CompletedProcess[str]:
        """`origin …` in `folder`, against this service or on its data folder. `token` None: none is given, so
        that the demo's own is taken."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ORIGIN_")}
        environment |= {"ORIGIN_URL": self.url, "ORIGIN_DATA": str(self.data), "PYTHONPATH": str(CHECKOUT)}
        environment |= self._settings
        if token is not None:
            tokens = json.loads((self.data / "demo" / "tokens.json").read_text())["tokens"]
            environment["ORIGIN_TOKEN"] = tokens[token]
        command = [sys.executable, "-m", "ledger_app.cli", *arguments]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )


def settled(client: Client, act: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
    """The act once it is final or has come to nothing, or as it is when the time is up."""
    until = time.monotonic() + seconds
    while act["state"] not in ("final", "reverted", "refused", "expired") and time.monotonic() < until:
        act = client.get(f"/v1/acts/{act['id']}", wait=10)
    return act


def _await_gone(pids: list[int]) -> None:
    """Children end by themselves when the service is gone: nothing of ours may be left behind."""
    until = time.monotonic() + 30
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists() and not _is_zombie(pid)]:
        if time.monotonic() > until:
            raise RuntimeError(f"processes {left} outlived the service that started them")
        time.sleep(0.02)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
