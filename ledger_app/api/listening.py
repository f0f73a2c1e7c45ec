"""The socket that the service answers on, taken before anything is started, and where others find it."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from ledger_app.errors import ConfigError

ADDRESS_FILE: Final = "service.address"
_BACKLOG = 1024
_LOCK_TRIES = 20
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # nosec B104 - asked, not bound to


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Raises ConfigError `PORT_TAKEN`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        made = socket.create_server(address, family=family, backlog=_BACKLOG)
    except OSError as failed:
        raise ConfigError("PORT_TAKEN", f"{host} port {port}: {failed.strerror or failed}") from None
    # asyncio does so only for sockets that it made: else each answer waits for a delayed acknowledgement.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def port_asked_for() -> int | None:
    """The port that PORT names, which goes before that of the settings; None when it is not set. Raises
    ConfigError `SETTING_INVALID`.
    """
    given = os.environ.get("PORT", "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit()) or int(given) > 65535:
        raise ConfigError("SETTING_INVALID", f"PORT={given[:20]} is not a port")
    return int(given)


def url_of(host: str, port: int) -> str:
    """How this machine reaches a service that listens there."""
    here = _EVERYWHERE.get(host, host)
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


@contextmanager
def noted(data: Path, listening: socket.socket) -> Iterator[None]:
    """Meanwhile `noted_url(data)` tells others on this machine where the service of this data folder answers.

    The note counts while its lock is held, which ends with the process however that ends. Where another
    service of the same folder is noted already, its note stays.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(data / ADDRESS_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        if _locked(file):
            file.truncate()
            file.write(url_of(*listening.getsockname()[:2]) + "\n")
            file.flush()
        yield


def noted_url(data: Path) -> str | None:
    """Where the service of a data folder answers; None when none runs that has noted it. Makes nothing."""
    path = data / ADDRESS_FILE
    try:
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return path.read_text().strip() or None
    except OSError:
        pass
    return None


def _locked(file: IO[str]) -> bool:
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.05)  # whoever only looks holds it for a moment
        except OSError:
            break  # a file system without locks: nobody is told, and nothing else is lost
    return False
