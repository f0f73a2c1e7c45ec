"""What only PostgreSQL can do to us: go away and come back, stand still, refuse a value, be set up badly."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_app.errors import BadInput, ConfigError, Unavailable
from ledger_app.store import idempotency, meta, preparing
from ledger_app.store.engine import Limits, Store, open_store
from tests.support import databases
from tests.support.postgresql import Postgres


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server of this test's own, to be killed."""
    with databases.own_server() as made:
        yield made


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Store]:
    url = databases.new_url(tmp_path, databases.POSTGRESQL)
    patient = open_store(url)
    patient.create_all()  # which a busy machine may hold up for longer than the limits below
    patient.close()
    made = open_store(url, Limits(wait=1, statement=1))
    yield made
    made.close()


def reason(store: Store) -> str:
    with pytest.raises(Unavailable) as refused, store.begin() as conn:
        meta.put(conn, "a", 1)
    return refused.value.reason


def test_a_killed_server_is_unavailable_and_is_used_again_when_it_is_back(server: Postgres) -> None:
    store = open_store(server.new_url())
    store.create_all()
    for number in range(2):
        with store.begin() as conn:
            meta.put(conn, "n", number)
        server.kill()
        assert reason(store) == "STORE_UNAVAILABLE"
        with pytest.raises(Unavailable), store.read() as conn:
            meta.get(conn, "n")
        server.start()
        with store.read() as conn:
            assert meta.get(conn, "n") == number
    store.close()


def test_a_connection_that_breaks_in_the_middle_leaves_nothing_and_the_next_works(postgres: Store) -> None:
    def lose_it() -> None:
        with postgres.begin() as conn:
            meta.put(conn, "a", 1)
            conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Unavailable) as refused:
        lose_it()
    assert refused.value.reason == "STORE_UNAVAILABLE"
    with postgres.begin() as conn:
        assert meta.get(conn, "a") is None


def test_idle_connections_that_broke_are_not_noticed(postgres: Store) -> None:
    with postgres.read() as one, postgres.read() as two, postgres.read() as three:
        pids = [conn.execute(text("SELECT pg_backend_pid()")).scalar_one() for conn in (one, two, three)]
    assert len(set(pids)) == 3
    with postgres.begin() as conn:
        mine = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        for pid in set(pids) - {mine}:
            conn.execute(text("SELECT pg_terminate_backend(:p)"), {"p": pid})
    for _ in range(4):
        with postgres.read() as conn:
            assert conn.execute(text("SELECT 1")).scalar_one() == 1


def test_a_statement_that_takes_too_long_is_ended(postgres: Store) -> None:
    with pytest.raises(Unavailable) as refused, postgres.read() as conn:
        conn.execute(text("SELECT pg_sleep(60)"))
    assert refused.value.reason == "STORE_BUSY"


def test_a_writer_that_stands_still_loses_its_turn_and_writes_nothing(tmp_path: Path) -> None:
    url = databases.new_url(tmp_path, databases.POSTGRESQL)
    frozen, other = open_store(url, Limits(statement=1)), open_store(url, Limits(wait=60))
    other.create_all()
    began, woken = threading.Event(), threading.Event()
    failed: list[str] = []

    def stand_still() -> None:
        try:
            with frozen.begin() as conn:
                meta.put(conn, "by", "frozen")
                began.set()
                woken.wait(60)
                meta.put(conn, "again", 1)
        except Unavailable as lost:
            failed.append(lost.reason)

    thread = threading.Thread(target=stand_still)
    thread.start()
    assert began.wait(60)
    with other.begin() as conn:
        assert meta.get(conn, "by") is None
        meta.put(conn, "by", "other")
    woken.set()
    thread.join(60)
    assert failed == ["STORE_UNAVAILABLE"]
    with other.read() as conn:
        assert (meta.get(conn, "by"), meta.get(conn, "again")) == ("other", None)
    frozen.close()
    other.close()


def test_values_that_it_cannot_store_are_the_senders_fault(postgres: Store) -> None:
    for key, value in (("a\0b", "x"), ("k" * 300, "x")):
        with pytest.raises(BadInput) as refused, postgres.begin() as conn:
            idempotency.remember(conn, "owner", key, "0" * 64, value)
        assert refused.value.reason == "VALUE_NOT_STORABLE"
        assert key not in str(refused.value)
    with pytest.raises(BadInput), postgres.read() as conn:
        idempotency.recall(conn, "owner", "a\0b", "")


def test_a_server_that_may_forget_is_refused_by_the_names_of_its_settings() -> None:
    databases.server()
    names = ("fsync", "full_page_writes", "synchronous_commit")
    server = Postgres(Path(tempfile.mkdtemp(prefix="origin-test-pg-")), settings=dict.fromkeys(names, "off"))
    try:
        store = open_store(server.start().new_url())
        with pytest.raises(ConfigError) as refused:
            preparing.prepare(store, demo=False)
        assert refused.value.reason == "STORE_UNSUITABLE"
        assert refused.value.detail == ", ".join(f"{name} is off" for name in names)
        store.close()
    finally:
        server.discard()


def test_a_service_waits_for_a_server_that_comes_up_later(server: Postgres) -> None:
    url = server.new_url()
    server.stop()
    store = open_store(url)
    with pytest.raises(Unavailable):
        preparing.prepare(store, demo=False, patience=0.3)
    ready = threading.Event()

    def wait() -> None:
        preparing.prepare(store, demo=False, patience=240)
        ready.set()

    thread = threading.Thread(target=wait)
    thread.start()
    server.start()
    assert ready.wait(240)
    thread.join()
    store.close()


@pytest.mark.parametrize("demo", [False, True])
def test_a_demonstration_and_an_installation_never_share_a_database(empty: Store, demo: bool) -> None:
    preparing.prepare(empty, demo=demo)
    preparing.prepare(empty, demo=demo)
    with pytest.raises(ConfigError) as refused:
        preparing.prepare(empty, demo=not demo)
    assert refused.value.reason == "STORE_OF_DEMO"
