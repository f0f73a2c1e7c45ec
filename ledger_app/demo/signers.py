"""The demo's signers: each a folder of its own and an `origin signer` process of its own.

This process makes the folder, a password and the token file; the key is made and opened by `origin signer`
alone.
"""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ledger_app.errors import Unavailable

_ORIGIN = (sys.executable, "-m", "ledger_app.cli", "signer")
_START_SECONDS = 180
_RESTART_SECONDS = 1.0


class Signers:
    """The signers below `folder`. `stop()` ends them; they end by themselves when this process is gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()
        self._watchers: list[threading.Thread] = []

    def make(self, wanted: Iterable[tuple[str, str | None]]) -> None:
        """Make those of (name, identifier or None for a council seat) that are not there yet, at the same
        time."""
        missing = [(name, who) for name, who in wanted if not (self.folder(name) / "signer.toml").exists()]
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(self._make, name, who) for name, who in missing]:
                done.result()

    def folder(self, name: str) -> Path:
        return self._folder / name

    def address(self, name: str) -> str:
        """The address of the signer's key, as its settings name it."""
        return str(json.loads(self._run("show", name, "--json"))["key"])

    def addresses(self, names: Iterable[str]) -> list[str]:
        """The addresses of several, asked at the same time."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.address, names))

    def give_token(self, name: str, token: str) -> None:
        """Put the service's token where the signer reads it."""
        write_secret(self.folder(name) / "token", token)

    def pin(self, names: Iterable[str], ledger: dict[str, Any]) -> None:
        """Pin those that are not pinned yet to the ledger of this demo."""
        pins = [
            f"--chain-id={ledger['chainId']}",
            f"--consortium={ledger['consortium']}",
            f"--registry={ledger['registry']}",
            f"--cargo-log={ledger['cargoLog']}",
        ]
        unpinned = [
            name for name in names if "\nchain_id = 0\n" in (self.folder(name) / "signer.toml").read_text()
        ]
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(self._run, "pin", name, *pins) for name in unpinned]:
                done.result()

    def accept(self, names: Iterable[str]) -> None:
        """Have the keys agree to serve their organisations; before `start`, when nobody works there."""
        missing = [name for name in names if not self._accepted(name)]
        with ThreadPoolExecutor(4) as pool:
            for name, answer in zip(
                missing, pool.map(lambda n: self._run("accept", n), missing), strict=True
            ):
                write_secret(self.folder(name) / "acceptance.json", answer.decode())

    def acceptance(self, name: str) -> dict[str, Any]:
        """The key's signed agreement to serve its organisation: `{"key", "deadline", "signature"}`."""
        answer: dict[str, Any] = json.loads((self.folder(name) / "acceptance.json").read_bytes())
        return answer

    def _accepted(self, name: str) -> bool:
        try:
            return bool(self.acceptance(name)["deadline"] > time.time() + _START_SECONDS)
        except (OSError, ValueError, KeyError):
            return False

    def start(self, names: Iterable[str], url: str, node: str) -> None:
        """Let them sign what the service at `url` asks; one that ends is started again. `node` stands for
        each council seat's own."""
        for name in names:
            watcher = threading.Thread(
                target=self._keep, args=(name, url, node), name=f"signer-{name}", daemon=True
            )
            self._watchers.append(watcher)
            watcher.start()

    def stop(self) -> None:
        """End them all and wait."""
        self._stopping.set()
        for child in list(self._children.values()):
            child.terminate()
        for watcher in self._watchers:
            watcher.join(10)
        for child in list(self._children.values()):
            if child.poll() is None:
                child.kill()
                child.wait()

    def _make(self, name: str, who: str | None) -> None:
        folder = self.folder(name)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / "password").exists():
            write_secret(folder / "password", secrets.token_urlsafe(24))
        member = ["--council"] if who is None else [f"--organisation={who}"]
        self._run(
            "init",
            name,
            *member,
            f"--password-file={folder / 'password'}",
            f"--token-file={folder / 'token'}",
            "--unpinned",
            "--unattended",
            "--light",
        )

    def _run(self, command: str, name: str, *arguments: str) -> bytes:
        done = subprocess.run(
            [*_ORIGIN, command, f"--dir={self.folder(name)}", *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=_environment(),
            timeout=_START_SECONDS,
            check=False,
        )
        if done.returncode:
            raise Unavailable("DEMO_SIGNER_FAILED", f"{name}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def _keep(self, name: str, url: str, node: str) -> None:
        where = [f"--url={url}", f"--node={node}"]
        with (self.folder(name) / "signer.log").open("ab") as log:
            while not self._stopping.is_set():
                child = subprocess.Popen(
                    [*_ORIGIN, "run", f"--dir={self.folder(name)}", *where, "--with-parent"],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env=_environment(),
                    # Ctrl-C in a terminal goes to the whole group: this process ends the signers, in order.
                    start_new_session=True,
                )
                self._children[name] = child
                if self._stopping.is_set():
                    child.terminate()
                child.wait()
                if child.stdin is not None:
                    child.stdin.close()
                self._stopping.wait(_RESTART_SECONDS)


def _environment() -> dict[str, str]:
    """What a signer inherits: nothing of the service's settings or secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ORIGIN_")}


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
