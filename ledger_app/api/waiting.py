"""Waiting for something to come about, without holding a worker thread for the time of the wait."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

#: Between two looks at least, so that a busy store does not have each waiting request look all the time.
_SHORTEST_PAUSE = 0.005
#: At most: what another process commits rings no bell here.
_LONGEST_PAUSE = 0.25
Found = TypeVar("Found")


class Bell:
    """Rung, from any thread, when something was committed; wakes whoever has asked to be told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def ring(self) -> None:
        """Tell everybody who asked, once."""
        with self._lock:
            told, self._told = self._told, set()
        for loop, event in told:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def next(self) -> asyncio.Event:
        """An event of the running loop that the next ring sets."""
        event = asyncio.Event()
        with self._lock:
            self._told.add((asyncio.get_running_loop(), event))
        return event

    def forget(self, event: asyncio.Event) -> None:
        """Whoever got `event` has gone."""
        with self._lock:
            self._told.discard((asyncio.get_running_loop(), event))

    async def until(self, look: Callable[[], Found], done: Callable[[Found], bool], seconds: float) -> Found:
        """What `look` (run in a worker thread) gives once it is `done`, or after `seconds` as it then is."""
        end = time.monotonic() + seconds
        while True:
            # Asked before the look, so that nothing committed during it is missed.
            rung = self.next()
            try:
                found = await run_in_threadpool(look)
                left = end - time.monotonic()
                if left <= 0 or done(found):
                    return found
                await asyncio.sleep(min(_SHORTEST_PAUSE, left))
                with suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), min(_LONGEST_PAUSE, left))
            finally:
                self.forget(rung)


def _bell(request: Request) -> Bell:
    return cast(Bell, request.app.state.bell)


Changes = Annotated[Bell, Depends(_bell)]
