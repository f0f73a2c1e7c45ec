"""What an installation has lost, told by what is left of it.

A start over a loss would cover it up: a new embedded chain has nothing of the old one, and an empty database
has no documents.
"""

from pathlib import Path

from ledger_app.chain.embedded import has_chain
from ledger_app.chain.pin import PIN_FILE, kept_pin, known_chain
from ledger_app.config import Settings
from ledger_app.errors import ConfigError
from ledger_app.store import migrate
from ledger_app.store.engine import Connection, Store


def was_here(data: Path) -> bool:
    """Whether the data folder shows that a service has worked here, whatever its database says."""
    return (data / PIN_FILE).exists() or has_chain(data)


def refuse_lost_store(conn: Connection, data: Path) -> None:
    """Raises ConfigError `STORE_LOST` for a database without tables where a service has worked."""
    if migrate.revisions(conn)[0] is None and was_here(data):
        raise ConfigError("STORE_LOST", "the database is empty")


def refuse_to_cover_up(settings: Settings, store: Store) -> None:
    """What a start asks before it makes tables or a chain. Raises ConfigError `LEDGER_LOST`; `STORE_LOST`
    where the database is lost and no pin is kept: other contracts would be deployed beside those that hold
    everything. With a pin the service may begin anew, and finds what the ledger says.
    """
    refuse_lost_ledger(settings, store)
    if settings.pinned is None and not (settings.data / PIN_FILE).exists():
        with store.read() as conn:
            refuse_lost_store(conn, settings.data)


def refuse_lost_ledger(settings: Settings, store: Store | None) -> None:
    """Raises ConfigError `LEDGER_LOST` where settings, data folder or database name a ledger, and the
    embedded chain that should hold it is gone. `store`: None when there is none to ask.
    """
    if not settings.embedded_node or has_chain(settings.data):
        return
    named = settings.pinned is not None or kept_pin(settings.data) is not None
    if not named and store is not None:
        with store.read() as conn:
            named = migrate.revisions(conn)[0] is not None and known_chain(conn) is not None
    if named:
        raise ConfigError("LEDGER_LOST", f"no chain in {settings.data / 'chain'}")
