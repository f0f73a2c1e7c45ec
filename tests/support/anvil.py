"""Foundry's chain, which tests run beside the embedded one."""

import contextlib
import os
import subprocess
import time
from pathlib import Path

from ledger_app.chain.node import free_port
from ledger_app.chain.rpc import Rpc
from ledger_app.errors import ConfigError, NodeUnavailable

_MNEMONIC = "test test test test test test test test test test test junk"
_BINARY = Path(__file__).resolve().parents[2] / "contracts" / "node_modules" / ".bin" / "anvil"
_READY_SECONDS = 60.0


class Anvil:
    """A chain with snapshots, reorganisations, and mining on demand. Nothing is kept."""

    #: The first account of the well-known test mnemonic.
    key = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")

    def __init__(self, *options: str, chain_id: int = 31337) -> None:
        self._options = options
        self.chain_id = chain_id
        self.port = 0
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Raises ConfigError `CHAIN_TOOLS` when it is not installed or does not come up."""
        if not _BINARY.exists():
            raise ConfigError("CHAIN_TOOLS", f"Anvil is not installed at {_BINARY}")
        self.port = self.port or free_port()
        self._child = subprocess.Popen(
            [
                str(_BINARY),
                *("--port", str(self.port), "--chain-id", str(self.chain_id), "--hardfork", "shanghai"),
                *("--mnemonic", _MNEMONIC, "--silent", *self._options),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        rpc = Rpc(self.url, timeout=5)
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            try:
                rpc.call("eth_chainId")
                break
            except NodeUnavailable:
                if time.monotonic() > deadline or self._child.poll() is not None:
                    self.stop()
                    raise ConfigError("CHAIN_TOOLS", "Anvil did not start") from None
                time.sleep(0.05)
        rpc.close()

    def stop(self) -> None:
        if self._child is not None:
            # The npm launcher starts the real binary as its child: the session's group holds both.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, 15)
            try:
                self._child.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self._child.pid, 9)
                self._child.wait()
            self._child = None

    def __enter__(self) -> "Anvil":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
