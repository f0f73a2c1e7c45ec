"""Processes that read pages of imports beside the service, which one core would keep from everything else.

They are started for the first large page, end when they have been idle, and end with the service: what they
wait for is its next word. They hold nothing; where one fails, the page is read here.
"""

import pickle
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

_LENGTH: Final = struct.Struct(">Q")
_IDLE_SECONDS: Final = 20.0
_FEWEST_ROWS: Final = 50
"""A page of fewer lines is read faster than it is handed over."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a reader needs once: the master keys, and the folder of further agreements."""

    keys: tuple[bytes, ...]
    agreements: Path | None


class Readers:
    """The reading processes of a service, `many` at most. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[subprocess.Popen[bytes]] = []
        self._count = 0
        self._used = 0.0
        self._closed = False

    def ask(self, setting: Setting, many: int, task: Sequence[Any]) -> Any | None:
        """What a process makes of `task` (see `reader.answer`); None where none is free, or it failed."""
        if many == 0 or task[0].count(b"\n") < _FEWEST_ROWS:
            return None
        child = self._take(setting, many)
        if child is None:
            return None
        try:
            send(_pipe(child.stdin), task)
            found = receive(_pipe(child.stdout))
        except (OSError, EOFError, pickle.PickleError, ValueError):
            self._end(child)
            return None
        with self._lock:
            self._used = time.monotonic()
            if not self._closed:
                self._free.append(child)
                return found
        self._end(child)
        return found

    def tidy(self) -> None:
        """End those that have had nothing to do."""
        with self._lock:
            if not self._free or time.monotonic() - self._used < _IDLE_SECONDS:
                return
            idle, self._free = self._free, []
        for child in idle:
            self._end(child)

    def close(self) -> None:
        """End all; pages are read in the service from now on."""
        with self._lock:
            self._closed = True
            idle, self._free = self._free, []
        for child in idle:
            self._end(child)

    def _take(self, setting: Setting, many: int) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._free:
                return self._free.pop()
            if self._closed or self._count >= many:
                return None
            self._count += 1
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", "ledger_app.services.bulk.reader"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            send(_pipe(child.stdin), setting)
        except OSError:
            with self._lock:
                self._count -= 1
            return None
        return child

    def _end(self, child: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self._count -= 1
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                _pipe(pipe).close()
        with suppress(subprocess.TimeoutExpired):
            child.wait(2)
            return
        child.kill()
        child.wait()


def send(pipe: IO[bytes], value: Any) -> None:
    """Write a value for the process at the other end, which is ours."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """The next value. Raises EOFError when the other end is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    data = pipe.read(_LENGTH.unpack(head)[0])
    # From a process that this one started, or was started by, over a pipe that nobody else holds.
    return pickle.loads(data)  # noqa: S301


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe
