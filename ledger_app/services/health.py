"""Is the service fit to work, and what does it serve?"""

from collections.abc import Callable
from typing import Any

from ledger_app.errors import LedgerError
from ledger_app.services.context import Services
from ledger_app.store import acts

_MAX_LAG_BLOCKS = 50
_TROUBLE_SECONDS = 12
"""The submitter tries again every 5 seconds at least: an error older than this has passed."""


def ready(ctx: Services) -> dict[str, Any]:
    """Whether the service can take work: `{"ready", "checks": [{"name", "ok", "reason", "detail"}…]}`.

    database (a write transaction), ledger (pinned, served by the node, its head not too old), index (its lag
    in blocks), submitter (it holds its lease, nothing stuck).
    """
    checks = [
        _check("database", lambda: _database(ctx)),
        _check("ledger", lambda: _ledger(ctx)),
        _check("index", lambda: _index(ctx)),
        _check("submitter", lambda: _submitter(ctx)),
    ]
    return {"ready": all(check["ok"] for check in checks), "checks": checks}


def ledger(ctx: Services) -> dict[str, Any]:
    """The pinned ledger and its head. Raises Unavailable while there is none or the node does not answer."""
    pin, head = ctx.pin, ctx.gateway.head()
    return {
        "chainId": pin.chain_id,
        "genesis": pin.genesis,
        "consortium": pin.address("Consortium"),
        "registry": pin.address("CertificateRegistry"),
        "cargoLog": pin.address("CargoLog"),
        "firstBlock": pin.first_block,
        "head": {"block": head.number, "time": head.time, "ageSeconds": round(head.age_seconds, 3)},
        "demo": ctx.settings.demo,
    }


def _check(name: str, look: Callable[[], str]) -> dict[str, Any]:
    try:
        detail = look()
    except LedgerError as failed:
        return {"name": name, "ok": False, "reason": failed.reason, "detail": failed.detail}
    except Exception as failed:  # noqa: BLE001  (a driver's own error: not ready, whatever it is)
        return {"name": name, "ok": False, "reason": "INTERNAL", "detail": type(failed).__name__}
    return {"name": name, "ok": True, "reason": "", "detail": detail}


def _database(ctx: Services) -> str:
    with ctx.store.read() as conn:
        counted = acts.counts(conn)
    return f"{sum(counted.values())} acts"


def _ledger(ctx: Services) -> str:
    head = ctx.gateway.head()
    return f"block {head.number}, {head.age_seconds:.0f} s old"


def _index(ctx: Services) -> str:
    progress = ctx.follower.progress if ctx.follower is not None else None
    if progress is None:
        raise LedgerError("INDEX_CATCHING_UP", "The index has not been read yet.")
    if progress.behind > _MAX_LAG_BLOCKS:
        raise LedgerError("INDEX_CATCHING_UP", f"The index is {progress.behind} blocks behind.")
    return f"block {progress.indexed}, {progress.behind} behind"


def _submitter(ctx: Services) -> str:
    if ctx.submitter is None:
        raise LedgerError("NO_LEDGER")
    trouble = ctx.trouble
    if trouble is not None and ctx.now() - trouble.time < _TROUBLE_SECONDS:
        raise LedgerError(trouble.reason, trouble.detail)
    with ctx.store.read() as conn:
        counted = acts.counts(conn)
    waiting = counted.get(acts.QUEUED, 0) + counted.get(acts.BROADCAST, 0)
    return f"{waiting} acts on their way"
