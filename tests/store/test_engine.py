"""Transactions: durable, one writer at a time, readers that cannot write."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_app.errors import Broken, ConfigError, Unavailable
from ledger_app.store import lease, meta, outbox
from ledger_app.store.engine import Connection, Limits, Store, open_store


@pytest.fixture
def sqlite(tmp_path: Path) -> Store:
    made = open_store(f"sqlite:///{tmp_path / 'folder' / 'ledger.db'}")
    made.create_all()
    return made


def test_sqlite_is_set_up_to_survive_a_power_cut(sqlite: Store) -> None:
    with sqlite.read() as conn:
        pragmas = {name: conn.execute(text(f"PRAGMA {name}")).scalar_one() for name in (
            "journal_mode", "synchronous", "foreign_keys", "busy_timeout",
        )}  # fmt: skip
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


def test_no_file_of_the_database_is_readable_by_others(sqlite: Store, tmp_path: Path) -> None:
    with sqlite.begin() as conn:
        meta.put(conn, "a", 1)
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "folder").iterdir()}
    assert set(modes) >= {"ledger.db", "ledger.db-wal"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "nonsense", ""])
def test_a_database_that_forgets_or_is_unknown_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        open_store(url)
    assert refused.value.reason == "STORE_URL"


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.begin() as conn:
            meta.put(conn, "a", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as conn:
        assert meta.get(conn, "a") is None


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(Broken) as refused, store.read() as conn:
        meta.put(conn, "a", 1)
    assert refused.value.reason == "STORE_READ_ONLY"
    with store.begin() as conn:
        meta.put(conn, "a", 2)
    with store.read() as conn:
        assert meta.get(conn, "a") == 2


def test_a_reader_sees_one_state_while_others_write(store: Store) -> None:
    with store.read() as conn:
        assert meta.get(conn, "a") is None
        with store.begin() as other:
            meta.put(other, "a", 1)
        assert meta.get(conn, "a") is None


def test_a_write_inside_a_write_is_an_error_and_no_deadlock(store: Store) -> None:
    with store.begin(), pytest.raises(Broken) as refused, store.begin():
        pass
    assert refused.value.reason == "STORE_NESTED_WRITE"
    with store.begin() as conn:
        meta.put(conn, "a", 1)


def test_writers_take_turns_across_stores_of_one_database(store: Store, url: str) -> None:
    other = open_store(url)
    with store.begin() as conn:
        meta.put(conn, "n", 0)

    def add(which: Store) -> None:
        for _ in range(20):
            with which.begin() as conn:
                meta.put(conn, "n", (meta.get(conn, "n") or 0) + 1)

    threads = [threading.Thread(target=add, args=(s,)) for s in (store, other, store)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    with store.read() as conn:
        assert meta.get(conn, "n") == 60


def test_a_writer_that_cannot_have_its_turn_in_time_says_so(store: Store, url: str) -> None:
    other = open_store(url, Limits(wait=1))
    with store.begin() as conn:
        meta.put(conn, "a", 1)
        with pytest.raises(Unavailable) as refused, other.begin():
            pass
    assert refused.value.reason == "STORE_BUSY"
    with other.begin() as conn:
        assert meta.get(conn, "a") == 1
    other.close()


def test_a_reader_that_finds_no_free_connection_says_so(url: str) -> None:
    narrow = open_store(url, Limits(connections=1, wait=1))
    narrow.create_all()
    with narrow.read(), pytest.raises(Unavailable) as refused, narrow.read():
        pass
    assert refused.value.reason == "STORE_BUSY"
    narrow.close()


def test_a_lease_has_one_holder_until_it_ends(store: Store) -> None:
    with store.begin() as conn:
        assert lease.acquire(conn, "x", "elsewhere/1/a", 60)
        assert not lease.acquire(conn, "x", "elsewhere/2/b", 60)
        assert lease.acquire(conn, "x", "elsewhere/1/a", 1)
    time.sleep(2.1)
    with store.begin() as conn:
        assert lease.acquire(conn, "x", "elsewhere/2/b", 60)


def test_a_nonce_that_would_leave_a_gap_is_refused(store: Store) -> None:
    def sign(conn: Connection, nonce: int, chain_nonce: int = 0) -> None:
        outbox.record_signed(
            conn, sender="0xab", nonce=nonce, outbox_id=None, raw=b"", tx_hash="0x", chain_nonce=chain_nonce
        )

    with store.begin() as conn:
        sign(conn, 0)
        sign(conn, 1)
        for wrong in (0, 1, 3):
            with pytest.raises(Broken):
                sign(conn, wrong)
        sign(conn, 7, chain_nonce=7)
        assert outbox.next_nonce(conn, "0xab") == 8
