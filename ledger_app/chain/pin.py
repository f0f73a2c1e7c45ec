"""Where an installation keeps the pin of its ledger."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ledger_app.config import LedgerPin
from ledger_app.errors import WrongLedger
from ledger_app.store import meta
from ledger_app.store.engine import Connection

#: The copy of the pin in the data folder.
PIN_FILE = "ledger.json"
_KEY = "ledger-pin"
_PLAN = "ledger-plan"


def kept_pin(data: Path) -> LedgerPin | None:
    """The copy of the pin in the data folder. Raises WrongLedger `PIN_UNREADABLE`."""
    try:
        return LedgerPin(**json.loads((data / PIN_FILE).read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as bad:
        raise WrongLedger("PIN_UNREADABLE", f"{data / PIN_FILE}") from bad


def saved_pin(conn: Connection) -> LedgerPin | None:
    """The pin of the ledger that this installation deployed or was given."""
    value = meta.get(conn, _KEY)
    return None if value is None else LedgerPin(**value)


def save_pin(conn: Connection, pin: LedgerPin) -> None:
    """Remember the pin."""
    meta.put(conn, _KEY, asdict(pin))


def saved_plan(conn: Connection) -> dict[str, Any] | None:
    """The deployment that was begun here: chain, council, addresses to be, outbox items."""
    value: dict[str, Any] | None = meta.get(conn, _PLAN)
    return value


def save_plan(conn: Connection, plan: dict[str, Any] | None) -> None:
    """Remember the deployment under way, or forget it."""
    if plan is None:
        meta.drop(conn, _PLAN)
    else:
        meta.put(conn, _PLAN, plan)


def known_chain(conn: Connection) -> tuple[int, str] | None:
    """Chain id and block 0 hash of the ledger that this installation works on or is deploying."""
    pin = saved_pin(conn)
    if pin is not None:
        return pin.chain_id, pin.genesis
    plan = saved_plan(conn)
    return None if plan is None else (plan["chain_id"], plan["genesis"])
