"""Where the embedded chain of a data folder answers, for whoever did not start it."""

import fcntl
import hashlib
from pathlib import Path

LOCK_FILE = "lock"
PORT_FILE = "port"
KEY_FILE = "sender.key"
DATABASE = "db"


def rpc_path(sender_key: bytes) -> str:
    """The secret path that the chain answers below: who knows the sender's key knows it."""
    return "/" + hashlib.sha256(b"origin-ledger/rpc-path/v1\0" + sender_key).hexdigest()[:32]


def running_url(data: Path, sender_key: bytes) -> str | None:
    """The address of the chain that runs in `data`; None when none runs. Starts nothing, makes nothing."""
    folder = data / "chain"
    port = folder / PORT_FILE
    if not _is_locked(folder / LOCK_FILE) or not port.exists():
        return None
    return f"http://127.0.0.1:{port.read_text().strip()}{rpc_path(sender_key)}"


def kept_sender_key(data: Path) -> bytes | None:
    """The key of the embedded chain's own sender; None when there is none yet. Raises ValueError when it is
    damaged.
    """
    try:
        return bytes.fromhex((data / "chain" / KEY_FILE).read_text().strip())
    except FileNotFoundError:
        return None


def has_chain(data: Path) -> bool:
    """Whether the data folder holds an embedded chain's database."""
    try:
        return any((data / "chain" / DATABASE).iterdir())
    except OSError:
        return False


def _is_locked(path: Path) -> bool:
    try:
        with path.open("r+") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
