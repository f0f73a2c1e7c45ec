"""Is the service fit to work, and what does it serve?

A check looks at what all processes of an installation share (the node and the store), so that each process
tells the same truth, whether or not it is the one that sends.
"""

import shutil
from collections.abc import Callable
from typing import Any, Final, TypeVar

from ledger_app.chain.account import Account, account, missing_nonces
from ledger_app.chain.facts import Head
from ledger_app.errors import ConfigError, LedgerError, Unavailable
from ledger_app.reasons import describe
from ledger_app.reasons.readers import for_operator
from ledger_app.services import witness
from ledger_app.services.context import Services
from ledger_app.services.patience import within
from ledger_app.store import migrate, progress
from ledger_app.store.notices import told_up_to
from ledger_app.store.progress import Progress
from ledger_app.store.webhooks import Backlog, backlog

T = TypeVar("T")
_MAX_LAG_BLOCKS = 50
_TROUBLE_SECONDS = 12
"""The submitter tries again every 5 seconds at least: an error older than this has passed."""
_CLOCK_SECONDS = 5
"""The submitter sends nothing while the clock is behind the head; its clock may be a little ahead."""
_NODE_SECONDS = 5.0
"""Probes give up after ten seconds or so; they are answered before that."""
_LEASE_SECONDS = 5
"""A lease that ran out so long ago is not about to be renewed."""


_MOST_UNTOLD_BLOCKS = 1_000
"""While nothing happens the place is written down every few hundred blocks only."""
_COURIER_SECONDS = 30
"""Whatever is due is taken up within a second; the lease to do so is held only while something is."""


class Remembering:
    """Asks for each thing once; what failed fails for everybody who asks, with the same error."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def _once(self, name: str, ask: Callable[[], T]) -> T:
        if name not in self._known:
            try:
                self._known[name] = ask()
            except LedgerError as failed:
                self._known[name] = failed
        found: T | LedgerError = self._known[name]
        if isinstance(found, LedgerError):
            raise found
        return found


class Look(Remembering):
    """One look at an installation: each thing is asked for once; if that fails, it fails alike for all."""

    def __init__(self, ctx: Services) -> None:
        super().__init__()
        self.ctx = ctx
        self.now = ctx.now()

    @property
    def revisions(self) -> tuple[str | None, str | None]:
        """The database's migration, and the newest known."""
        return self._once("revisions", self._revisions)

    @property
    def progress(self) -> Progress:
        """The store's work. Raises ConfigError when the database is at another schema."""
        return self._once("progress", self._progress)

    @property
    def webhooks(self) -> Backlog:
        """Webhooks on their way. Raises ConfigError when the database is at another schema."""
        return self._once("webhooks", self._webhooks)

    @property
    def head(self) -> Head:
        """The head of the pinned ledger, however old."""
        return self._once("head", lambda: within(_NODE_SECONDS, self.ctx.gateway.identify))

    @property
    def still_seconds(self) -> float:
        """How long this process has seen the head stand still."""
        return self.ctx.pulse.beat(self.head.hash)

    @property
    def sender(self) -> Account:
        """The sender's account, asked for after the store was read (see `missing_nonces`)."""
        _ = self.progress
        return self._once("sender", self._sender)

    def _revisions(self) -> tuple[str | None, str | None]:
        with self.ctx.store.read() as conn:
            return migrate.revisions(conn)

    def _progress(self) -> Progress:
        schema(self)
        sender = self.ctx.submitter.sender if self.ctx.submitter is not None else None
        with self.ctx.store.read() as conn:
            return progress.look(conn, sender)

    def _webhooks(self) -> Backlog:
        schema(self)
        with self.ctx.store.read() as conn:
            return backlog(conn, self.now)

    def _sender(self) -> Account:
        if self.ctx.submitter is None:
            raise Unavailable("NO_LEDGER")
        _ = self.head  # who does not say where the chain is need not be asked twice
        rpc, sender = self.ctx.gateway.rpc, self.ctx.submitter.sender
        return within(_NODE_SECONDS, lambda: account(rpc, sender))


# --- the checks: each gives what it saw, or raises why it is not well ---------------------------------------


def database(look: Look) -> str:
    """The database answers."""
    _ = look.revisions
    return "answers"


def schema(look: Look) -> str:
    """The database is at the schema of this version."""
    current, newest = look.revisions
    if current != newest:
        raise ConfigError("STORE_SCHEMA", f"it is at migration {current or 'none'}, this version at {newest}")
    return f"migration {current}"


def ledger(look: Look) -> str:
    """The node answers, and serves the pinned ledger."""
    return f"block {look.head.number}"


def head(look: Look) -> str:
    """The node's head is not too old, and moves."""
    found, most = look.head, look.ctx.settings.max_data_age_seconds
    if found.age_seconds > most or look.still_seconds > most:
        still = max(found.age_seconds, look.still_seconds)
        raise Unavailable("HEAD_STALLED", f"block {found.number} has been the last one for {still:.0f} s")
    look.ctx.gateway.head()
    return f"{found.age_seconds:.0f} s old"


def clock(look: Look) -> str:
    """This machine's clock is not behind the chain."""
    ahead = look.head.time - look.now
    if ahead > _CLOCK_SECONDS:
        raise Unavailable("CLOCK_BEHIND", f"by {ahead} s")
    return "not behind the head"


def index(look: Look) -> str:
    """The index has read what the node has."""
    cursor = look.progress.cursor
    if cursor is None:
        raise Unavailable("INDEX_CATCHING_UP", "The index has not been read yet.")
    behind = max(0, look.head.number - cursor.number)
    if behind > _MAX_LAG_BLOCKS:
        raise Unavailable("INDEX_CATCHING_UP", f"The index is {behind} blocks behind.")
    return f"block {cursor.number}, {behind} behind"


def submitter(look: Look) -> str:
    """Some process sends acts to the chain, and meets no trouble in it."""
    ctx = look.ctx
    _ = ctx.pin
    held = look.progress.lease
    if held is None or held[1] + _LEASE_SECONDS < look.now:
        raise Unavailable("SUBMITTER_MISSING")
    trouble = ctx.trouble
    if trouble is not None and look.now - trouble.time < _TROUBLE_SECONDS:
        raise Unavailable(trouble.reason, trouble.detail)
    here = ctx.submitter is not None and ctx.submitter.leads
    return "this process sends" if here else "another process sends"


def outbox(look: Look) -> str:
    """What was signed gets onto the chain."""
    waiting, most = look.progress.sending, look.ctx.settings.outbox_stuck_seconds
    age = look.now - waiting.since
    if waiting.count and age > most:
        raise Unavailable("OUTBOX_STUCK", f"{waiting.count} acts, the first for {age} s")
    return f"{waiting.count} acts on their way"


def nonces(look: Look) -> str:
    """No transaction is held back by a missing one before it."""
    missing = missing_nonces(look.sender.nonce, look.progress.nonces)
    if missing:
        listed = ", ".join(str(nonce) for nonce in missing[:5])
        raise Unavailable(
            "NONCE_GAP_OPEN", f"nobody sends nonce {listed}; {len(look.progress.nonces)} wait behind"
        )
    return f"the chain expects nonce {look.sender.nonce}"


def disk(look: Look) -> str:
    """There is room left where the data folder is."""
    free, least = free_bytes(look), look.ctx.settings.min_free_bytes
    if free < least:
        raise Unavailable("DISK_NEARLY_FULL", f"{free >> 20} MiB free, {least >> 20} MiB wanted")
    return f"{free >> 20} MiB free"


def statements(look: Look) -> str:
    """No two signed statements of the council contradict each other."""
    schema(look)
    return witness.none_found(look.ctx)


def recipients(look: Look) -> str:
    """Recipients are told what the index has: some process comes along behind it."""
    cursor = look.progress.cursor
    with look.ctx.store.read() as conn:
        told = told_up_to(conn)
    if cursor is None or told is None:
        return "nothing to tell yet"
    behind = cursor.number - look.ctx.settings.finality_depth - told.number
    if behind > _MOST_UNTOLD_BLOCKS:
        raise Unavailable("TELLER_BEHIND", f"told up to block {told.number}, {behind} more are in the index")
    return f"told up to block {told.number}"


def webhooks(look: Look) -> str:
    """Some process delivers the webhooks that are due. That a receiver does not take them is no fault of
    the service.
    """
    found = look.webhooks
    waits = look.now - found.due_since if found.due_since else 0
    if waits > _COURIER_SECONDS and found.lease_until + _LEASE_SECONDS < look.now:
        raise Unavailable("COURIER_MISSING", f"{found.count} wait, the first has been due for {waits} s")
    return f"{found.count} on their way"


CHECKS: Final[dict[str, Callable[[Look], str]]] = {
    "database": database,
    "schema": schema,
    "ledger": ledger,
    "head": head,
    "clock": clock,
    "index": index,
    "submitter": submitter,
    "outbox": outbox,
    "nonces": nonces,
    "disk": disk,
    "statements": statements,
    "recipients": recipients,
    "webhooks": webhooks,
}
"""The checks of `/readyz` by name; the same names are the alarms."""


def free_bytes(look: Look) -> int:
    """Free space where the data folder is. Raises Unavailable `DISK_UNREADABLE`."""
    try:
        return shutil.disk_usage(look.ctx.settings.data).free
    except OSError as failed:
        raise Unavailable("DISK_UNREADABLE", failed.strerror or "") from None


def run(look: Look) -> list[dict[str, Any]]:
    """Every check's outcome: `{"name", "ok", "reason", "detail", "next"}`; the last three say what and why.

    What begins or ends to be wrong is told in the log.
    """
    found = [outcome(name, look) for name in CHECKS]
    look.ctx.alarms.update(found)
    return found


def ready(ctx: Services) -> dict[str, Any]:
    """Whether the service can take work: `{"ready", "checks"}`, the checks as `run` gives them."""
    checks = run(Look(ctx))
    return {"ready": all(check["ok"] for check in checks), "checks": checks}


def ledger_facts(ctx: Services) -> dict[str, Any]:
    """The pinned ledger and its head. Raises Unavailable while there is none or the node does not answer."""
    pin, found = ctx.pin, ctx.gateway.head()
    return {
        "chainId": pin.chain_id,
        "genesis": pin.genesis,
        "consortium": pin.address("Consortium"),
        "registry": pin.address("CertificateRegistry"),
        "cargoLog": pin.address("CargoLog"),
        "firstBlock": pin.first_block,
        "head": {"block": found.number, "time": found.time, "ageSeconds": round(found.age_seconds, 3)},
        "demo": ctx.settings.demo,
    }


def outcome(name: str, look: Look) -> dict[str, Any]:
    """One check's outcome."""
    try:
        detail = CHECKS[name](look)
    except LedgerError as failed:
        return _failed(name, failed.reason, failed.detail, failed.next_step)
    except Exception as failed:  # noqa: BLE001  (a driver's own error: not ready, whatever it is)
        return _failed(name, "INTERNAL", type(failed).__name__, describe("INTERNAL").next_step)
    return {"name": name, "ok": True, "reason": "", "detail": detail, "next": ""}


def _failed(name: str, reason: str, detail: str, then: str) -> dict[str, Any]:
    return {"name": name, "ok": False, "reason": reason, "detail": detail, "next": for_operator(reason, then)}
