"""The node that we run ourselves: the embedded Ganache.

Ganache runs as a supervised child. Its database is in the data folder; one lock, inherited by the child,
keeps two services from opening it. It gets its secrets over stdin, and leaves when that pipe closes, so it
dies with its parent however the parent dies. When it dies by itself it is started again on the same port. An
idle chain mines nothing, so a heartbeat mines an empty block now and then: the age of the ledger's data
stays meaningful.

Whoever reaches Ganache can rewrite its ledger (`evm_setAccountStorageAt`), and Ganache lets any web page do
so. It listens on the loopback interface only, and answers only below a secret path.
"""

import contextlib
import fcntl
import os
import secrets
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, Any

import orjson
from eth_account import Account

from ledger_app.chain.embedded import DATABASE, KEY_FILE, LOCK_FILE, PORT_FILE, rpc_path
from ledger_app.chain.rpc import Rpc, RpcError
from ledger_app.chain.tools import find_node, install_ganache, tools_folder
from ledger_app.errors import Broken, ConfigError, LedgerError, NodeUnavailable, Unavailable

#: The chain id of an embedded chain unless the settings say otherwise.
DEFAULT_CHAIN_ID = 1337
_BALANCE = hex(10**30)  # wei for the sender of an embedded chain: never runs out, buys nothing
_BLOCK_GAS = 30_000_000
_READY_SECONDS = 60.0
_CLOSE_SECONDS = 10.0


def sender_key(path: Path) -> bytes:
    """The private key of the account that pays for transactions, made on first use with mode 0600.

    It has no authority: every act carries its own signatures. Raises ConfigError `CHAIN_TOOLS` if it is
    damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        # Written whole under another name and linked into place: a crash leaves no half key, a race one
        # winner.
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_hex(32))
            handle.flush()
            os.fsync(handle.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    try:
        key = bytes.fromhex(path.read_text().strip())
        Account.from_key(key)
    except Exception as bad:
        raise ConfigError("CHAIN_TOOLS", f"the sender's key file {path} is damaged") from bad
    return key


class Ganache:
    """The embedded chain in `data_dir/chain`. `start()` returns when it answers; `stop()` closes its
    database.

    heartbeat: mine an empty block when the last one is this many seconds old; 0 never does.
    port: 0 picks a free one, kept across restarts of the child.
    lock_wait: seconds to wait for the folder's lock: a killed parent's child may still be closing.
    fund: private key of the account that a new chain gives its money to; by default one made in the folder.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        *,
        chain_id: int = DEFAULT_CHAIN_ID,
        heartbeat: float = 20.0,
        tools: Path | None = None,
        fund: bytes | None = None,
        lock_wait: float = _CLOSE_SECONDS + 5,
    ) -> None:
        self.folder = data_dir / "chain"
        self.port = port
        self.chain_id = chain_id
        self.log_file = self.folder / "ganache.log"
        self._heartbeat = heartbeat
        self._fund = fund
        self._lock_wait = lock_wait
        self._tools = tools or tools_folder(data_dir)
        self._child: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._stopping = threading.Event()
        self._supervisor: threading.Thread | None = None

    @property
    def url(self) -> str:
        """With the secret path, which stays the same as long as the folder does."""
        return f"http://127.0.0.1:{self.port}{self._path}"

    @property
    def _path(self) -> str:
        return rpc_path(self.sender_key)

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    @property
    def sender_key(self) -> bytes:
        """The funded account's private key (32 bytes)."""
        return self._fund or sender_key(self.folder / KEY_FILE)

    def start(self) -> None:
        """Raises ConfigError `CHAIN_TOOLS` when it cannot be installed or does not come up, and Unavailable
        `CHAIN_LOCKED` when another process holds the data folder's chain.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        modules = install_ganache(self._tools)
        self._take_lock()
        self._stopping.clear()
        try:
            self._spawn_first(modules)
        except BaseException:
            self._drop_lock()
            raise
        self._supervisor = threading.Thread(
            target=self._supervise, args=(modules,), name="ganache-supervisor", daemon=True
        )
        self._supervisor.start()

    def stop(self) -> None:
        """SIGTERM and a clean close of the database; kill after ten seconds."""
        self._stopping.set()
        if self._supervisor is not None:
            self._supervisor.join()
            self._supervisor = None
        child = self._child
        if child is not None:
            child.terminate()
            try:
                child.wait(_CLOSE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            _close_pipes(child)
            self._child = None
        self._drop_lock()

    def __enter__(self) -> "Ganache":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _spawn_first(self, modules: Path) -> None:
        """The port is never left to Ganache: what it picks itself it cannot take again after a crash before
        every connection of its old self is forgotten, which is a minute or more.
        """
        given = self.port
        for tries in (2, 1, 0):
            self.port = given or _lasting_port()
            try:
                self._spawn(modules)
                return
            except ConfigError:  # somebody may have taken the port in between
                if given or not tries:
                    raise

    def _spawn(self, modules: Path) -> None:
        if self._lock is None:
            raise Unavailable("CHAIN_LOCKED")
        with self.log_file.open("ab") as log:
            child = subprocess.Popen(
                [find_node().node, str(Path(__file__).parent / "ganache" / "serve.js"), str(modules)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.folder,
                pass_fds=[self._lock.fileno()],  # so that the lock lasts until the child, too, has gone
            )
        self._child = child
        if child.stdin is None or child.stdout is None:
            raise Broken("INTERNAL", "the child has no pipes")
        ready: list[bytes] = []
        reader = threading.Thread(target=_read_line, args=(child.stdout, ready), daemon=True)
        reader.start()
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(orjson.dumps(self._options()) + b"\n")
            child.stdin.flush()
        reader.join(_READY_SECONDS)
        if not ready or not ready[0]:
            child.kill()
            child.wait()
            _close_pipes(child)
            raise ConfigError("CHAIN_TOOLS", f"the embedded chain did not start; see {self.log_file}")
        self.port = int(orjson.loads(ready[0])["port"])
        (self.folder / PORT_FILE).write_text(f"{self.port}\n")

    def _options(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "server": {"rpcEndpoint": self._path, "ws": False},
            "database": {"dbPath": str(self.folder / DATABASE)},
            "chain": {"chainId": self.chain_id, "networkId": self.chain_id, "hardfork": "shanghai"},
            # Not "eager": that hangs eth_sendRawTransaction on a nonce gap.
            "miner": {
                "instamine": "strict",
                "blockGasLimit": hex(_BLOCK_GAS),
                "callGasLimit": hex(2**50),
            },
            "wallet": {"accounts": [{"secretKey": "0x" + self.sender_key.hex(), "balance": _BALANCE}]},
        }

    def _supervise(self, modules: Path) -> None:
        rpc = Rpc(self.url, timeout=10)
        pause, next_beat = 0.5, time.monotonic()
        while not self._stopping.wait(0.2):
            child = self._child
            if child is None or child.poll() is not None:
                if child is not None:
                    _close_pipes(child)
                try:
                    self._spawn(modules)
                    pause = 0.5
                except (LedgerError, OSError, ValueError) as failed:  # the next round tries again
                    self._note(f"restart failed: {failed}")
                    self._stopping.wait(pause)
                    pause = min(pause * 2, 10)
                continue
            if self._heartbeat > 0 and time.monotonic() >= next_beat:
                next_beat = time.monotonic() + min(1.0, self._heartbeat / 4)
                with contextlib.suppress(NodeUnavailable, RpcError):
                    beat(rpc, self._heartbeat)
        rpc.close()

    def _note(self, words: str) -> None:
        with self.log_file.open("a") as log:
            log.write(f"{words}\n")

    def _take_lock(self) -> None:
        handle = (self.folder / LOCK_FILE).open("a")
        deadline = time.monotonic() + self._lock_wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    handle.close()
                    raise Unavailable("CHAIN_LOCKED", str(self.folder)) from None
                time.sleep(0.1)
        self._lock = handle

    def _drop_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def beat(rpc: Rpc, seconds: float) -> bool:
    """Mine an empty block if the head is older than `seconds`; not when the clock is behind the head."""
    age = time.time() - int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    if age < seconds:
        return False
    rpc.call("evm_mine")
    return True


def _read_line(stream: IO[bytes], into: list[bytes]) -> None:
    into.append(stream.readline())


def _close_pipes(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def _lasting_port() -> int:
    """A free port below those that systems give to outgoing connections: one of these could take it while
    the chain is being started again.
    """
    for _ in range(50):
        port = 16_384 + secrets.randbelow(16_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    return free_port()


def free_port() -> int:
    """A port of the loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
