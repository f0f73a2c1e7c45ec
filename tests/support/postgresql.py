"""A throw-away PostgreSQL server for tests: real, durable, in a folder of its own, and gone with the process.

PostgreSQL refuses to run as root, so root runs it as `postgres` or `nobody`. It listens on a Unix socket in
its folder and on nothing else. Its collation is not that of bytes (upper and lower case interleave), so that
whatever leans on the order of SQLite's text comes out.
"""

import atexit
import ctypes
import itertools
import os
import pwd
import random
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

_READY_SECONDS = 120
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Postgres:
    """One server (a cluster in `folder`). `start()` waits until it answers; it may be killed and started
    again."""

    def __init__(self, folder: Path, *, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._bin = programs()
        self._user = _server_user()
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "max_connections": "200",
            "shared_buffers": "32MB",
            "autovacuum_naptime": "10min",
            **(settings or {}),
        }
        self._child: subprocess.Popen[bytes] | None = None
        self._names = (f"origin_{number}_{secrets.token_hex(3)}" for number in itertools.count())

    def start(self) -> "Postgres":
        """Raises RuntimeError with the server's last words when it does not come up."""
        data = self.folder / "data"
        if not data.exists():
            self._give(self.folder)
            self._run(
                "initdb", "-D", str(data), "-U", "origin", "-A", "trust", "-E", "UTF8", "--no-sync",
                "--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8",
            )  # fmt: skip
        log = self.folder / "server.log"
        until = time.monotonic() + _READY_SECONDS
        self._launch(data, log)
        while True:
            try:
                with self.connect("postgres"):
                    return self
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise RuntimeError(f"no PostgreSQL: {log.read_text()[-2000:]}") from None
            if self._child is not None and self._child.poll() is not None:
                # What a killed one left behind may still live: it refuses to start beside that.
                if "is still in use" not in log.read_text()[-2000:]:
                    raise RuntimeError(f"no PostgreSQL: {log.read_text()[-2000:]}")
                self._launch(data, log)
            time.sleep(0.03)

    def _launch(self, data: Path, log: Path) -> None:
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("ab") as said:
            self._child = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(data), *options],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self.folder,
                preexec_fn=_end_with_parent,
                **self._as_user(),
            )

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        assert self._child is not None
        return self._child.pid

    def kill(self) -> None:
        """`kill -9` of the postmaster; its children see that and end. Returns once it is gone."""
        assert self._child is not None
        children = self._children()
        self._child.kill()
        self._child.wait(60)
        # As long as one of them lives the server refuses to start again.
        until = time.monotonic() + _READY_SECONDS
        while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < until:
            time.sleep(0.01)

    def kill_a_backend(self, rng: random.Random) -> bool:
        """`kill -9` of one of the processes that serve a connection; the server then cuts all of them off and
        recovers. False when there is none."""
        serving = [pid for pid, words in self._children().items() if "origin" in words and "[local]" in words]
        if not serving:
            return False
        with suppress(ProcessLookupError):
            os.kill(rng.choice(serving), signal.SIGKILL)
        return True

    def _children(self) -> dict[int, str]:
        found = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with suppress(OSError, IndexError):
                    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                    if parent == self.pid:
                        found[int(folder.name)] = (folder / "cmdline").read_bytes().decode("utf-8", "replace")
        return found

    def stop(self) -> None:
        """End it in order: clients are cut off, everything is written."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGINT)
            self._child.wait(60)

    def discard(self) -> None:
        """End it at once and remove its folder."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGQUIT)
            self._child.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_url(self) -> str:
        """A new, empty database; its URL for `open_store`."""
        name = next(self._names)
        with self.connect("postgres") as conn:
            conn.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://origin@/{database}?host={self.folder}"

    def connect(self, database: str) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(
            dbname=database, user="origin", host=str(self.folder), autocommit=True, connect_timeout=10
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **self._as_user(),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr[-2000:]}")

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _give(self, folder: Path) -> None:
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)


def programs() -> Path:
    """The folder with `postgres` and `initdb`. Raises FileNotFoundError where PostgreSQL is not installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    if found:
        return found[0].parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).resolve().parent
    raise FileNotFoundError("PostgreSQL is not installed here (Debian: postgresql)")


@cache
def shared() -> Postgres:
    """The server of this process, ended when Python ends; each test takes a database of its own."""
    folder = Path(tempfile.mkdtemp(prefix="origin-test-pg-"))
    server = Postgres(folder)
    atexit.register(server.discard)
    return server.start()


def _server_user() -> "pwd.struct_passwd | None":
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("nobody here to run PostgreSQL as")


def _end_with_parent() -> None:
    # However the test process ends, the server ends with it (immediate shutdown).
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
