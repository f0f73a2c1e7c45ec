"""Making a database ready for a service of this version: it answers, is fit, is ours, and has the tables."""

import time
from collections.abc import Callable

from ledger_app.errors import ConfigError, Unavailable
from ledger_app.store import dialects, meta, migrate
from ledger_app.store.engine import Connection, Store

_KIND = "installation-kind"


def prepare(
    store: Store, *, demo: bool, patience: float = 60.0, before: Callable[[], None] = lambda: None
) -> None:
    """Wait up to `patience` seconds until the database answers, then check it and bring it to this schema.

    A database belongs to a demonstration or to a real installation for ever, whichever came first. Services
    that start together take turns. `before`: called once it answers, before anything is made in it. Raises
    Unavailable `STORE_UNAVAILABLE`; ConfigError `STORE_UNSUITABLE`, `STORE_NEWER` or `STORE_OF_DEMO`; what
    `before` raises.
    """
    until = time.monotonic() + patience
    while True:
        try:
            with store.read() as conn:
                dialects.check_server(conn)
            break
        except Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.25)
    before()
    migrate.upgrade(store)
    with store.begin() as conn:
        found = kind(conn)
        if found is None:
            meta.put(conn, _KIND, name_of(demo))
        elif found != name_of(demo):
            raise ConfigError("STORE_OF_DEMO", f"the database is that of a {found}")


def kind(conn: Connection) -> str | None:
    """Whose database it is: `installation`, `demonstration`, or None before anybody's."""
    value = meta.get(conn, _KIND)
    return None if value is None else str(value)


def name_of(demo: bool) -> str:
    """The kind's name."""
    return "demonstration" if demo else "installation"
