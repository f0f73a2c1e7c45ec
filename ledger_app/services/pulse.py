"""What a running process notices by itself: whether the chain's head moves, which signers ask for work, and
what was wrong at the last look.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from ledger_app.telemetry.logs import Log

_LOG = Log("watch")


class Pulse:
    """For how long the head has stood still, by a clock that nobody can turn back. Safe between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._head: str | None = None
        self._since = 0.0

    def beat(self, head: str) -> float:
        """The head's hash as just seen; gives the seconds since it was first seen as the head."""
        now = self._clock()
        with self._guard:
            if head != self._head:
                self._head, self._since = head, now
            return now - self._since


class Seen:
    """The desks whose signer asked for work since the last `take`. Safe between threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._desks: dict[str, int] = {}

    def note(self, desk: str, when: int) -> None:
        """A signer of `desk` asked at `when` (Unix seconds)."""
        with self._guard:
            self._desks[desk] = when

    def take(self) -> dict[str, int]:
        """What was noted, to be written down; it is forgotten here."""
        with self._guard:
            taken, self._desks = self._desks, {}
        return taken

    def give_back(self, taken: dict[str, int]) -> None:
        """It could not be written down: keep it for the next time, unless something newer is there."""
        with self._guard:
            self._desks = taken | self._desks


class Alarms:
    """What is wrong, told when it begins and when it ends, however often one looks. Safe between threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._raised: dict[str, str] = {}

    def update(self, checks: list[dict[str, Any]]) -> None:
        """Take the outcomes of a look (`services.health.run`)."""
        with self._guard:
            for check in checks:
                name, reason = check["name"], check["reason"]
                before = self._raised.get(name)
                if check["ok"] and before is not None:
                    del self._raised[name]
                    _LOG.warning("alarm-ended", alarm=name, reason=before)
                elif not check["ok"] and before != reason:
                    self._raised[name] = reason
                    _LOG.warning("alarm-raised", alarm=name, reason=reason)
