"""The embedded chain as a child: it keeps what it was given, comes back, and never outlives its parent."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger_app.chain.node import Ganache, beat, sender_key
from ledger_app.chain.rpc import Rpc
from ledger_app.errors import ConfigError, NodeUnavailable, Unavailable

_PARENT = """
import sys, time
from pathlib import Path
from ledger_app.chain.node import Ganache
chain = Ganache(Path(sys.argv[1]), heartbeat=0)
chain.start()
print(chain.pid, flush=True)
time.sleep(600)
"""


def wait_for(rpc: Rpc) -> None:
    for _ in range(200):
        try:
            rpc.call("eth_blockNumber")
        except NodeUnavailable:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the chain did not come back")


def genesis(rpc: Rpc) -> str:
    return str(rpc.call("eth_getBlockByNumber", "0x0", False)["hash"])


def test_a_restart_finds_the_same_chain(tmp_path: Path) -> None:
    with Ganache(tmp_path, heartbeat=0) as chain:
        rpc = Rpc(chain.url)
        first = genesis(rpc)
        rpc.call("evm_mine")
        key = chain.sender_key
    with Ganache(tmp_path, heartbeat=0) as chain:
        rpc = Rpc(chain.url)
        assert genesis(rpc) == first
        assert rpc.call("eth_blockNumber") == "0x1"
        assert chain.sender_key == key


def test_a_killed_chain_gets_its_port_back_while_clients_keep_their_old_connections(tmp_path: Path) -> None:
    with Ganache(tmp_path, heartbeat=0) as chain:
        idle = Rpc(chain.url)
        idle.call("eth_blockNumber")
        assert chain.pid is not None
        os.kill(chain.pid, signal.SIGKILL)
        fresh = Rpc(chain.url)
        wait_for(fresh)
        assert "EADDRINUSE" not in chain.log_file.read_text()
        fresh.close()
        idle.close()


def test_a_killed_chain_comes_back_on_the_same_port_with_its_blocks(tmp_path: Path) -> None:
    with Ganache(tmp_path, heartbeat=0) as chain:
        rpc, url = Rpc(chain.url), chain.url
        first = genesis(rpc)
        rpc.call("evm_mine")
        assert chain.pid is not None
        os.kill(chain.pid, signal.SIGKILL)
        wait_for(rpc)
        assert chain.url == url
        assert genesis(rpc) == first
        assert rpc.call("eth_blockNumber") == "0x1"


def test_the_chain_ends_with_its_parent_however_that_died(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the chain outlived its parent")
    with Ganache(tmp_path, heartbeat=0) as again:
        assert Rpc(again.url).call("eth_blockNumber") == "0x0"


def test_nobody_without_the_secret_path_is_answered(tmp_path: Path, ganache: Ganache) -> None:
    for path in ("", "/", "/rpc", "/" + "0" * 32):
        with pytest.raises(NodeUnavailable):
            Rpc(f"http://127.0.0.1:{ganache.port}{path}").call("eth_chainId")
    for path in ("/", "/socket"):
        socket = http.client.HTTPConnection("127.0.0.1", ganache.port, timeout=5)
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        socket.request("GET", path, headers={**upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
        assert socket.getresponse().status >= 400
        socket.close()
    assert Rpc(ganache.url).call("eth_chainId")
    assert Ganache(tmp_path).url != Ganache(tmp_path / "other").url
    assert Ganache(tmp_path).url == Ganache(tmp_path).url


def test_two_services_do_not_open_one_chain(tmp_path: Path) -> None:
    with Ganache(tmp_path, heartbeat=0), pytest.raises(Unavailable) as refused:
        Ganache(tmp_path, heartbeat=0, lock_wait=0.3).start()
    assert refused.value.reason == "CHAIN_LOCKED"


def test_an_idle_chain_mines_a_block_now_and_then(tmp_path: Path) -> None:
    with Ganache(tmp_path, heartbeat=1) as chain:
        rpc = Rpc(chain.url)
        before = int(rpc.call("eth_blockNumber"), 16)
        time.sleep(3.5)
        assert int(rpc.call("eth_blockNumber"), 16) > before


def test_the_heartbeat_leaves_a_young_head_alone(ganache: Ganache) -> None:
    rpc = Rpc(ganache.url)
    rpc.call("evm_mine")
    assert not beat(rpc, 60)


def test_the_senders_key_is_private_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "sender.key"
    key = sender_key(path)
    assert sender_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["sender.key"]


def test_a_damaged_sender_key_is_an_error_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "sender.key"
    path.write_text("12ab")
    with pytest.raises(ConfigError, match="damaged"):
        sender_key(path)
    assert path.read_text() == "12ab"


def test_no_process_listing_shows_the_senders_key(ganache: Ganache) -> None:
    shown = (
        Path(f"/proc/{ganache.pid}/cmdline").read_bytes() + Path(f"/proc/{ganache.pid}/environ").read_bytes()
    )
    assert ganache.sender_key.hex().encode() not in shown
