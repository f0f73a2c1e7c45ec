"""Callers that wait are told of what is committed; none is forgotten, and none waits for ever."""

import asyncio
import socket
import threading
from pathlib import Path

import pytest

from ledger_app.api import waiting
from ledger_app.api.listening import listen
from ledger_app.store import tables
from ledger_app.store.engine import open_store


@pytest.fixture(autouse=True)
def _no_second_look_without_a_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_LONGEST_PAUSE", 3600.0)


def test_whoever_waits_is_told_of_a_commit_of_another_thread(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    store.create_all()
    bell = waiting.Bell()
    store.on_commit(bell.ring)
    looked = threading.Event()

    def look() -> bool:
        with store.read() as conn:
            found = conn.execute(tables.meta.select()).first() is not None
        looked.set()
        return found

    def write() -> None:
        looked.wait()
        with store.begin() as conn:
            conn.execute(tables.meta.insert().values(key="k", value="v"))

    writer = threading.Thread(target=write)
    writer.start()
    assert asyncio.run(asyncio.wait_for(bell.until(look, bool, 3600), 60))
    writer.join()
    store.close()


def test_a_commit_during_the_look_itself_is_not_missed() -> None:
    bell = waiting.Bell()
    looks = []

    def look() -> bool:
        looks.append(1)
        if len(looks) == 1:
            bell.ring()  # committed after this look read, and before it was over
        return len(looks) > 1

    assert asyncio.run(asyncio.wait_for(bell.until(look, bool, 3600), 60))


def test_a_wait_that_ends_by_time_gives_what_there_is_and_leaves_nothing_behind() -> None:
    bell = waiting.Bell()
    assert asyncio.run(bell.until(lambda: "as it is", lambda _: False, 0.05)) == "as it is"
    assert bell._told == set()


def test_ringing_for_a_loop_that_has_ended_harms_nobody() -> None:
    bell = waiting.Bell()

    async def ask_and_leave() -> None:
        bell.next()

    asyncio.run(ask_and_leave())
    bell.ring()


def test_answers_do_not_wait_for_the_callers_acknowledgement() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()) as caller:
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert caller.getpeername() == accepted.getsockname()
