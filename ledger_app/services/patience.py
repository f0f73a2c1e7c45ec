"""Asking somebody who may never answer, and going on without."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from ledger_app.errors import LedgerError, NodeUnavailable, as_ledger_error

T = TypeVar("T")
_MOST_AT_ONCE: Final = 4
_free = threading.Semaphore(_MOST_AT_ONCE)


def within(seconds: float, ask: Callable[[], T]) -> T:
    """What `ask` gives, or NodeUnavailable when it takes longer: it then goes on by itself and is not heard.

    Who looks after a service must be told that a node hangs while it hangs, not when it has timed out. Of
    those that are not heard there are at most four; then everybody is refused at once.
    """
    if not _free.acquire(blocking=False):
        raise NodeUnavailable("NODE_UNAVAILABLE", "the node does not answer, nor did it the last times")
    answers: list[T | LedgerError] = []

    def asking() -> None:
        try:
            answers.append(ask())
        except Exception as failed:  # noqa: BLE001 - told to who waits, whatever it is
            answers.append(as_ledger_error(failed))
        finally:
            _free.release()

    thread = threading.Thread(target=asking, name="look", daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise NodeUnavailable("NODE_UNAVAILABLE", f"the node does not answer within {seconds:g} seconds")
    (answer,) = answers
    if isinstance(answer, LedgerError):
        raise answer
    return answer
