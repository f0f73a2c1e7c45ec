"""What every use case is given: the parts of the running service, and the run-once rule for requests."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ledger_app.access.principals import Principal
from ledger_app.config import Settings
from ledger_app.errors import Unavailable
from ledger_app.services.books import Books
from ledger_app.services.proven import ProvenStreams
from ledger_app.services.pulse import Alarms, Pulse, Seen
from ledger_app.services.readers import Readers
from ledger_app.store import idempotency
from ledger_app.store.engine import Connection, Store
from ledger_app.store.secrets import Vault
from ledger_app.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from ledger_app.chain.follower import Follower
    from ledger_app.chain.gateway import Gateway
    from ledger_app.chain.submitter import Submitter
    from ledger_app.config import LedgerPin


def utc_now() -> datetime:
    """The time by this machine's clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Trouble:
    """The submitter's last error and when it happened (Unix seconds)."""

    reason: str
    detail: str
    time: int


@dataclass(slots=True)
class Services:
    """The parts of one running installation, shared by all threads.

    `gateway`, `submitter` and `follower` are None only where no node is configured (tests of other parts).
    `trouble` is the submitter's last error; `proven` remembers the trees of cargo streams,
    `search_key` the key of `search.terms` once it was used.
    """

    settings: Settings
    store: Store
    vault: Vault
    gateway_or_none: "Gateway | None" = None
    submitter: "Submitter | None" = None
    follower: "Follower | None" = None
    clock: Callable[[], datetime] = utc_now
    trouble: Trouble | None = None
    metrics: Metrics = field(default_factory=Metrics)
    pulse: Pulse = field(default_factory=Pulse)
    seen: Seen = field(default_factory=Seen)
    alarms: Alarms = field(default_factory=Alarms)
    proven: ProvenStreams = field(default_factory=ProvenStreams)
    books: Books = field(default_factory=Books)
    readers: Readers = field(default_factory=Readers)
    search_key: bytes | None = None

    @property
    def gateway(self) -> "Gateway":
        """The gateway to the pinned ledger. Raises Unavailable `NO_LEDGER` before there is one."""
        if self.gateway_or_none is None:
            raise Unavailable("NO_LEDGER")
        return self.gateway_or_none

    @property
    def pin(self) -> "LedgerPin":
        """Which ledger this installation trusts. Raises Unavailable `NO_LEDGER` before there is one."""
        return self.gateway.pin

    def now(self) -> int:
        """Unix seconds by the clock."""
        return int(self.clock().timestamp())

    def deadline(self) -> int:
        """Until when an act made now may be registered (Unix seconds)."""
        return self.now() + self.settings.act_deadline_seconds


@dataclass(frozen=True, slots=True)
class Once:
    """Makes one request take effect once: see `store.idempotency`. Without a key every request is a new
    one.
    """

    owner: str
    key: str | None
    request: str

    @classmethod
    def of(cls, principal: Principal, key: str | None, method: str, path: str, body: bytes) -> "Once":
        """For an HTTP request; equal requests are those with the same method, path and body bytes."""
        parts = f"{method}\0{path}\0".encode() + hashlib.sha256(body).digest()
        return cls(principal.owner, key, hashlib.sha256(parts).hexdigest())

    def answered(self, store: Store) -> Any | None:
        """The answer given before, found without waiting for the writer: saves the work of preparing it
        again.
        """
        if self.key is None:
            return None
        with store.read() as conn:
            return idempotency.recall(conn, self.owner, self.key, self.request)

    def run(self, store: Store, effect: Callable[[Connection], Any]) -> Any:
        """Run `effect` in one write transaction together with keeping its JSON answer; or give the earlier
        answer.

        Raises Conflict `IDEMPOTENCY_KEY_REUSED` when the key belongs to another request.
        """
        with store.begin() as conn:
            if self.key is not None:
                earlier = idempotency.recall(conn, self.owner, self.key, self.request)
                if earlier is not None:
                    return earlier
            answer = effect(conn)
            if self.key is not None:
                idempotency.remember(conn, self.owner, self.key, self.request, answer)
            return answer


ALWAYS = Once("", None, "")
"""For callers that need no such rule (the demo, tests)."""
