"""Waiting for something to come about, without holding a worker thread for the time of the wait."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from fastapi.concurrency import run_in_threadpool

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.25
Found = TypeVar("Found")


async def until(look: Callable[[], Found], done: Callable[[Found], bool], seconds: float) -> Found:
    """What `look` (run in a worker thread) gives once it is `done`, or after `seconds` as it then is."""
    end = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        found = await run_in_threadpool(look)
        left = end - time.monotonic()
        if left <= 0 or done(found):
            return found
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
