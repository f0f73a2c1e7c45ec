"""A sealed value that tells whether the configured master key is the one that sealed this database."""

from sqlalchemy import Connection

from ledger_app.errors import Broken, ConfigError
from ledger_app.store import meta
from ledger_app.store.engine import Store
from ledger_app.store.secrets import Vault

_KEY = "master-key-canary"
_CONTEXT = "meta/master-key-canary"
_SONG = b"origin-ledger/canary/v1"


def keep_canary(store: Store, vault: Vault) -> None:
    """Leave a canary in a new database; in one that has it, check it, and seal it anew under the current key.

    Raises ConfigError `MASTER_KEY_WRONG`: nothing sealed could be opened, and what is sealed from now on
    could not be opened together with it.
    """
    with store.begin() as conn:
        check_canary(conn, vault)
        meta.put(conn, _KEY, vault.seal(_SONG, _CONTEXT).hex())


def check_canary(conn: Connection, vault: Vault) -> bool:
    """Whether there is a canary and one of the vault's keys opens it. Raises ConfigError `MASTER_KEY_WRONG`
    when none does.
    """
    kept = meta.get(conn, _KEY)
    if kept is None:
        return False
    try:
        if vault.open(bytes.fromhex(kept), _CONTEXT) == _SONG:
            return True
    except (Broken, ValueError, TypeError):
        pass
    raise ConfigError("MASTER_KEY_WRONG")
