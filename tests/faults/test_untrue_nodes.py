"""What a node says is checked against what else it says; one untrue answer confirms nothing."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from ledger_app.chain import effects
from ledger_app.chain.follower import Follower
from ledger_app.chain.gateway import Gateway, Query
from ledger_app.chain.submitter import Submitter
from ledger_app.errors import LedgerError, NodeUnavailable, WrongLedger
from ledger_app.store import index
from ledger_app.store.engine import open_store
from tests.chain.kit import CHAMBER, CUSTOMS_AU, RCEP, World, a_leaf, hexed
from tests.faults.proxy import Faults, FaultyNode
from tests.support.anvil import Anvil


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Anvil() as anvil:
        made = World(tmp_path_factory.mktemp("untrue"), anvil.url, Anvil.key)
        made.deploy()
        made.onboard()
        yield made


@pytest.fixture
def liar(chain: World) -> Iterator[FaultyNode]:
    with FaultyNode(chain.gateway.rpc.url, 1) as node:
        yield node


@pytest.fixture
def victim(chain: World, liar: FaultyNode, tmp_path: Path) -> World:
    """The same installation, its node now behind the proxy."""
    chain.submitter.release()
    store_url = str(chain.store.engine.url)
    made = World(tmp_path, liar.url, Anvil.key, store_url=store_url)
    made.gateway.use(chain.gateway.pin)
    return made


def test_an_act_whose_success_the_node_denies_is_found_done(victim: World, liar: FaultyNode) -> None:
    act_id = victim.issue([a_leaf()])
    liar.faults = Faults(untrue_receipt=1)
    victim.submitter.settle()
    victim.submitter.release()
    assert victim.act(act_id).state == "final"
    assert liar.count["untrue_receipt"] > 0


def test_an_act_that_failed_is_not_taken_for_done_because_the_node_says_so(
    victim: World, liar: FaultyNode
) -> None:
    leaf = a_leaf()
    acts = [victim.issue([leaf]), victim.revoke(leaf, 3), victim.revoke(leaf, 4)]
    liar.faults = Faults(untrue_receipt=1)
    victim.submitter.settle()
    victim.submitter.release()
    assert [victim.act(act_id).state for act_id in acts] == ["final", "final", "reverted"]
    assert victim.act(acts[2]).reason == "STATUS_FORBIDS"


def test_one_untrue_answer_about_its_effect_ends_no_act(
    victim: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaf = a_leaf()
    acts = [victim.issue([leaf]), victim.revoke(leaf, 3)]
    victim.submitter.settle()
    find = effects.find
    denied: list[Any] = []

    def lying_once(*asked: Any) -> Any:
        if denied:
            return find(*asked)
        denied.append(asked)
        return None

    monkeypatch.setattr(effects, "find", lying_once)
    acts.append(victim.revoke(leaf, 3))  # the contracts refuse it: it is done
    victim.submitter.settle()
    victim.submitter.release()
    assert denied
    assert [victim.act(act_id).state for act_id in acts] == ["final"] * 3


@pytest.mark.parametrize("fault", ["other_receipt", "nonsense"])
def test_an_answer_that_cannot_be_is_waited_out(victim: World, liar: FaultyNode, fault: str) -> None:
    act_id = victim.issue([a_leaf()])
    for _ in range(20):
        liar.faults = Faults() if victim.act(act_id).state == "queued" else Faults(**{fault: 1})
        with suppress(NodeUnavailable, WrongLedger):
            victim.submitter.step()
    assert victim.act(act_id).state == "broadcast"
    liar.honest()
    victim.submitter.settle()
    victim.submitter.release()
    assert victim.act(act_id).state == "final"


def test_nothing_is_sent_to_another_chain(victim: World, liar: FaultyNode) -> None:
    act_id = victim.issue([a_leaf()])
    liar.faults = Faults(other_chain=1)
    for _ in range(3):
        with pytest.raises(WrongLedger):
            victim.submitter.step()
    assert victim.act(act_id).state == "queued"
    liar.honest()
    victim.submitter.settle()
    victim.submitter.release()


def test_events_that_the_node_leaves_out_are_missed(victim: World, liar: FaultyNode, tmp_path: Path) -> None:
    leaf = a_leaf()
    victim.issue([leaf])
    victim.submitter.settle()
    fresh = open_store(f"sqlite:///{tmp_path / 'index.db'}")
    fresh.create_all()
    follower = Follower(fresh, victim.gateway)
    follower.catch_up()
    claim = b"\5" * 32
    acts = [victim.acquit(leaf, claim), victim.revoke(leaf)]
    victim.submitter.settle()
    victim.submitter.release()
    assert {victim.act(act_id).state for act_id in acts} == {"final"}
    with fresh.read() as conn:
        before = index.cursor(conn)
    liar.faults = Faults(no_logs=1.0)  # it denies them as often as it is asked
    for _ in range(5):
        with pytest.raises(NodeUnavailable, match="left out events"):
            follower.catch_up()
        with fresh.read() as conn:
            assert index.cursor(conn) == before
    liar.honest()
    follower.catch_up()
    with fresh.read() as conn:
        assert [row["customs"] for row in index.claims(conn, hexed(leaf.hash()))] == [hexed(CUSTOMS_AU.id)]


def test_a_revocation_that_the_node_leaves_out_is_not_good_standing(
    chain: World, victim: World, liar: FaultyNode
) -> None:
    leaf = a_leaf()
    victim.issue([leaf])
    victim.submitter.settle()
    gateway = Gateway(liar.url, chain.gateway.pin)
    while not gateway.warm():
        pass
    query = Query(leaf=leaf.hash(), issuer=CHAMBER.id, scheme=RCEP)
    assert gateway.lookup([query]).records[0].standing.status == 0
    victim.revoke(leaf)
    victim.submitter.settle()
    victim.submitter.release()
    liar.only_first("eth_getLogs", [])
    with suppress(NodeUnavailable):
        assert gateway.lookup([query]).records[0].standing.status == 2
    assert gateway.lookup([query]).records[0].standing.status == 2


def test_a_fault_that_nobody_foresaw_ends_no_worker(victim: World) -> None:
    told: list[LedgerError] = []
    stop = Event()

    class Once(Submitter):
        def step(self) -> int:
            if not told:
                return int("not a number")
            return super().step()

    act_id = victim.issue([a_leaf()])
    worker = Once(victim.store, victim.gateway, Anvil.key)
    thread = Thread(target=worker.run, args=(stop,), kwargs={"on_error": told.append})
    thread.start()
    until = time.monotonic() + 60
    while victim.act(act_id).state != "final" and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    thread.join()
    assert victim.act(act_id).state == "final"
    assert told[0].reason == "INTERNAL"
    assert "ValueError at" in told[0].detail
    assert "not a number" not in told[0].detail
