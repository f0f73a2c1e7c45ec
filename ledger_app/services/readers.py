"""Processes that read large pages beside the service, which one core would keep from everything else.

They are started by the first large page, which does not wait for them; they end when they have been idle, and
with the service: what they wait for is its next word. They hold nothing; where one fails, the page is read
in the service.
"""

import pickle
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, ParamSpec, TypeVar

from ledger_app.errors import LedgerError

_LENGTH: Final = struct.Struct(">Q")
_IDLE_SECONDS: Final = 20.0

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Readers:
    """The reading processes of a service, `most` at once; `agreements`: its folder of further agreements.
    Safe to use from many threads.
    """

    def __init__(self, most: int = 0, agreements: Path | None = None) -> None:
        self._most = most
        self._agreements = agreements
        self._lock = threading.Lock()
        self._free: list[subprocess.Popen[bytes]] = []
        self._count = 0
        self._used = 0.0
        self._closed = False

    def ask(
        self, function: Callable[Arguments, Answer], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Answer | None:
        """What `function` of a module gives, called in one of the processes; None (never its answer) where
        none is free, or it failed. Raises the LedgerError that it raises."""
        child = self._take()
        if child is None:
            return None
        try:
            send(_pipe(child.stdin), (function, arguments, named))
            succeeded, found = receive(_pipe(child.stdout))
        except (OSError, EOFError, pickle.PickleError, ValueError):
            self._end(child)
            return None
        self._give_back(child)
        if not succeeded and isinstance(found, LedgerError):
            raise found
        answer: Answer = found
        return answer

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

    def _take(self) -> "subprocess.Popen[bytes] | None":
        """A process that is free; where there is none, the next page may find one."""
        with self._lock:
            if self._free:
                return self._free.pop()
            if self._closed or self._count >= self._most:
                return None
            self._count += 1
        threading.Thread(target=self._start, name="reader-start", daemon=True).start()
        return None

    def _start(self) -> None:
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", "ledger_app.services.reader"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError:
            with self._lock:
                self._count -= 1
            return
        try:
            send(_pipe(child.stdin), self._agreements)
            receive(_pipe(child.stdout))
        except (OSError, EOFError):
            self._end(child)
            return
        self._give_back(child)

    def _give_back(self, child: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self._used = time.monotonic()
            if not self._closed:
                self._free.append(child)
                return
        self._end(child)

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
