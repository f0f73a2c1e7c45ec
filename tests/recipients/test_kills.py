"""A process that tells and delivers is killed in the middle, again and again: nothing is lost, nothing is
told twice, and what is delivered twice has the same id.
"""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from ledger_app.services.recipients.telling import Teller
from ledger_app.store import index, notices, recipients
from ledger_app.store.engine import Store, open_store
from ledger_app.store.index import Block, EventRow
from ledger_app.store.recipients import Holding, Paper
from tests.recipients.desk import BANK, Desk, services
from tests.recipients.receiver import Got, receiving
from tests.support import databases

LEAVES = ["0x" + f"{number:064x}" for number in range(1, 9)]


@pytest.mark.parametrize(
    ("kind", "rounds", "kills"),
    [
        (None, 5, (15,)),
        pytest.param(databases.SQLITE, 20, (10, 60, 110), marks=pytest.mark.long),
        pytest.param(databases.POSTGRESQL, 20, (10, 60, 110), marks=pytest.mark.long),
    ],
)
def test_a_killed_service_loses_no_notice_and_repeats_one_only_under_its_id(
    kind: str | None, rounds: int, kills: tuple[int, ...], tmp_path: Path
) -> None:
    url = databases.new_url(tmp_path, kind)
    store = open_store(url)
    store.create_all()
    desk = Desk(services(store, tmp_path))
    _begin(store)
    Teller(desk.ctx).step()
    happened = rounds * len(LEAVES)
    with receiving() as receiver:

        def slowly(_: Got) -> tuple[int, dict[str, str]]:
            time.sleep(0.03)
            return 204, {}

        receiver.answer = slowly
        made = desk.add(receiver.url)
        for number in range(1, rounds + 1):
            _happen(store, number)
        for count in kills:
            child = _child(url, tmp_path)
            receiver.wait(count, 120)
            child.send_signal(signal.SIGKILL)
            child.wait()
        assert len({one.message for one in receiver.got}) < happened
        stop = threading.Event()
        teller = threading.Thread(target=Teller(desk.ctx, interval=0.05).run, args=(stop,), daemon=True)
        teller.start()
        with desk.delivering():
            receiver.until(lambda r: len({one.message for one in r.got}) >= happened, "all of them", 120)
            receiver.until(lambda _: _settled(desk, made), "all are settled", 120)
        stop.set()
        teller.join(30)
    told = [one for one in _told(store) if one.type != "certificate.sent"]
    assert len(told) == happened
    assert set(Counter(one.change for one in told).values()) == {1}
    got = [one.message for one in receiver.got]
    assert set(got) == {one.message for one in told}
    # What was in the air at a kill came twice, with the same bytes.
    assert len(got) - happened <= len(kills) * 5
    bodies = {one.message: one.body for one in receiver.got}
    assert [one.body for one in receiver.got if one.body != bodies[one.message]] == []
    store.close()


def _begin(store: Store) -> None:
    block = Block(0, _hash(0), _hash(-1), 1)
    with store.begin() as conn:
        index.add_blocks(conn, [block], keep=10_000)
        index.set_cursor(conn, block)
        for leaf in LEAVES:
            bank = str(BANK.organisation)
            recipients.note(conn, Holding(Paper(leaf, leaf), bank, bank, since_block=0, sent_at=1))


def _happen(store: Store, number: int) -> None:
    """A block in which every certificate is suspended, or reinstated."""
    block = Block(number, _hash(number), _hash(number - 1), number)
    name = "Suspended" if number % 2 else "Reinstated"
    rows = [
        EventRow(
            number,
            place,
            number,
            _hash(1000 + number),
            "CertificateRegistry",
            name,
            {"leaf": leaf, "issuer": "0x" + "cc" * 32, "reason": 7, "epoch": number, "key": "0x"},
            leaf,
        )
        for place, leaf in enumerate(LEAVES)
    ]
    with store.begin() as conn:
        index.add_blocks(conn, [block], keep=10_000)
        index.add_events(conn, rows)
        index.set_cursor(conn, block)


def _hash(number: int) -> str:
    return "0x" + f"{number & (2**64 - 1):064x}"


def _told(store: Store) -> list[notices.Notice]:
    with store.read() as conn:
        return notices.inbox(conn, str(BANK.organisation), after=0, limit=10_000)


def _settled(desk: Desk, made: dict[str, object]) -> bool:
    return desk.log(made, state="pending") == []


def _child(url: str, folder: Path) -> "subprocess.Popen[str]":
    script = Path(__file__).with_name("delivering.py")
    command = [sys.executable, str(script), url, str(folder)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child
