"""What the images run, run here without them: the shared chain, and a service as in production on it."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger_app.chain.node import free_port
from ledger_app.chain.rpc import Rpc
from ledger_app.chain.tools import find_node, install_ganache, tools_folder
from ledger_app.client import Client
from ledger_app.proof.typed_data import address_of

CHECKOUT = Path(__file__).resolve().parents[2]
DOCKER = CHECKOUT / "docker"


@contextmanager
def running(command: list[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    base = {k: v for k, v in os.environ.items() if not k.startswith(("ORIGIN_", "CHAIN_"))}
    child = subprocess.Popen(command, cwd=CHECKOUT, env=base | environment, stdin=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            pytest.fail(f"{command[0]} does not end when it is asked to")


def until(url: str, seconds: float = 90) -> int:
    """The status of `url` once it is 200, or what it was last."""
    end = time.monotonic() + seconds
    status = 0
    while status != 200 and time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                status = answer.status
        except urllib.error.HTTPError as refused:
            status = refused.code
        except OSError:
            status = 0
        time.sleep(0.1)
    return status


@contextmanager
def chain(folder: Path, port: int, fund: str) -> Iterator[None]:
    """The chain image's program, installed as its Dockerfile does."""
    shutil.copy(DOCKER / "ganache" / "chain.js", folder / "chain.js")
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(install_ganache(tools_folder(folder)) / "node_modules")
    (folder / "data").mkdir(exist_ok=True)
    settings = {"CHAIN_PORT": str(port), "CHAIN_DATA": str(folder / "data"), "CHAIN_FUND": fund}
    node = find_node().node
    with running([node, str(folder / "chain.js")], **settings):
        end = time.monotonic() + 60
        healthy = [node, str(folder / "chain.js"), "--healthy"]
        environment = os.environ | settings
        while subprocess.run(healthy, env=environment, check=False).returncode != 0:
            assert time.monotonic() < end, "the chain does not come up"
            time.sleep(0.1)
        yield


def kept(path: Path, secret: str) -> str:
    """A secret's file, as a container is given it."""
    path.write_text(secret)
    path.chmod(0o400)
    return str(path)


@pytest.mark.timeout(300)
def test_a_service_with_production_settings_deploys_on_the_shared_chain_and_finds_it_again(
    tmp_path: Path,
) -> None:
    sender = secrets.token_bytes(32)
    council = ",".join(address_of(secrets.token_bytes(32)) for _ in range(3))
    node_port, port = free_port(), free_port()
    token = "olt_" + secrets.token_urlsafe(32)
    settings = {
        "ORIGIN_NODE_URL": f"http://127.0.0.1:{node_port}",
        "ORIGIN_MASTER_KEY_FILE": kept(tmp_path / "master_key", secrets.token_hex(32)),
        "ORIGIN_SENDER_KEY_FILE": kept(tmp_path / "sender_key", sender.hex()),
        "ORIGIN_OPERATOR_TOKEN_FILE": kept(tmp_path / "operator_token", token),
        "ORIGIN_COUNCIL": council,
        "ORIGIN_DATA": str(tmp_path / "service"),
        "ORIGIN_PORT": str(port),
    }
    serve = [sys.executable, "-m", "ledger_app.cli", "serve"]
    (tmp_path / "chain").mkdir()
    with chain(tmp_path / "chain", node_port, address_of(sender)):
        with running(serve, **settings):
            assert until(f"http://127.0.0.1:{port}/readyz") == 200
            rpc = Rpc(f"http://127.0.0.1:{node_port}")
            before = int(rpc.call("eth_getTransactionCount", address_of(sender), "latest"), 16)
            rpc.close()
            assert Client(f"http://127.0.0.1:{port}", token).get("/v1/me")["kind"] == "operator"
        assert before == 4, "a burnt nonce and three contracts"
    with chain(tmp_path / "chain", node_port, address_of(sender)), running(serve, **settings):
        assert until(f"http://127.0.0.1:{port}/readyz") == 200
        rpc = Rpc(f"http://127.0.0.1:{node_port}")
        assert int(rpc.call("eth_getTransactionCount", address_of(sender), "latest"), 16) == before
        rpc.close()


@pytest.mark.parametrize("file", ["Dockerfile", "ganache/Dockerfile", "postgres/Dockerfile"])
def test_an_image_takes_its_base_as_an_argument_and_runs_as_nobody_special(file: str) -> None:
    text = (DOCKER / file).read_text()
    assert re.search(r"^ARG BASE=", text, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${BASE}"}
    last = text.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)", last, re.MULTILINE)[-1] != "root"
    assert "HEALTHCHECK" in last


def test_the_images_install_what_is_locked() -> None:
    assert "--require-hashes -r /tmp/runtime.txt" in (DOCKER / "Dockerfile").read_text()
    assert "npm-cli.js ci " in (DOCKER / "ganache" / "Dockerfile").read_text()
