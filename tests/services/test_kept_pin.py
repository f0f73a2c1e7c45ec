"""The pin of the ledger is kept beside the database, which may be changed by others."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger_app.app import _kept_pin, _open
from ledger_app.chain.pin import save_pin
from ledger_app.config import LedgerPin, load_settings
from ledger_app.errors import WrongLedger
from ledger_app.store import meta

OURS = LedgerPin(1337, "0x" + "01" * 32, "0x" + "c0" * 20, "0x" + "ce" * 20, "0x" + "ca" * 20, 1)


def test_database_that_names_another_registry_is_refused(tmp_path: Path) -> None:
    settings = load_settings(demo=True, data=tmp_path)
    store = _open(settings)
    assert _kept_pin(settings, store) is None
    with store.begin() as conn:
        save_pin(conn, OURS)
    assert _kept_pin(settings, store) == OURS
    with store.begin() as conn:
        save_pin(conn, replace(OURS, registry="0x" + "ee" * 20))
    with pytest.raises(WrongLedger):
        _kept_pin(settings, store)
    with store.begin() as conn:
        meta.drop(conn, "ledger-pin")
    assert _kept_pin(settings, store) == OURS
    store.close()
