"""The index follows the chain forwards and back, and read anew it is the same."""

import time
from pathlib import Path
from threading import Event, Thread

import pytest

from ledger_app.chain.follower import Follower
from ledger_app.chain.gateway import Gateway
from ledger_app.errors import NodeBehind, WrongLedger
from ledger_app.store import index
from ledger_app.store.engine import open_store
from ledger_app.store.tables import index_standings
from tests.chain.kit import CARRIER, CHAMBER, CUSTOMS_AU, World, a_leaf, hexed
from tests.support import databases
from tests.support.anvil import Anvil


def busy(world: World) -> None:
    leaf, other = a_leaf(allowance=5), a_leaf()
    for each in (leaf, other):
        world.issue([each])
    world.acquit(leaf, b"\1" * 32, 3)
    world.withdraw(leaf, b"\1" * 32)
    world.refuse(leaf, b"\2" * 32)
    world.revoke(other)
    world.anchor(leaf.digest, bytes(32), b"\1" * 32, 4)
    world.anchor(leaf.digest, b"\1" * 32, b"\2" * 32, 9)
    world.submitter.settle()


def test_the_index_tells_what_happened(world: World) -> None:
    leaf = a_leaf(allowance=5)
    world.issue([leaf])
    world.suspend(leaf)
    world.reinstate(leaf)
    world.acquit(leaf, b"\1" * 32, 3)
    world.anchor(leaf.digest, bytes(32), b"\1" * 32, 4)
    world.submitter.settle()
    follower = Follower(world.store, world.gateway)
    follower.catch_up()
    assert follower.progress is not None
    assert follower.progress.behind == 0
    with world.store.read() as conn:
        (batch,) = index.batches_of_root(conn, hexed(leaf.hash()))
        assert batch["issuer"] == hexed(CHAMBER.id)
        assert index.batch(conn, batch["batch"]) == batch
        standing = index.standing(conn, hexed(leaf.hash()))
        assert standing is not None
        assert (standing["status"], standing["used"], standing["epoch"]) == (0, 3, 2)
        names = [event.name for event in index.history(conn, hexed(leaf.hash()))]
        assert names == ["Suspended", "Reinstated", "Acquitted"]
        (claim,) = index.claims(conn, hexed(leaf.hash()))
        assert (claim["customs"], claim["units"]) == (hexed(CUSTOMS_AU.id), 3)
        organisation = index.organisation(conn, hexed(CARRIER.id))
        assert organisation is not None
        assert organisation["roles"] == 32
        assert [row["kind"] for row in index.accreditations(conn, hexed(CHAMBER.id))] == [1]
        assert len(index.keys(conn, hexed(CHAMBER.id))) == 1
        council = index.council(conn)
        assert council is not None
        assert len(council["members"]) == 3


def test_an_index_read_anew_has_the_same_digest(world: World, tmp_path: Path) -> None:
    busy(world)
    follower = Follower(world.store, world.gateway)
    follower.catch_up()
    before, after = follower.rebuild()
    assert before == after
    other = open_store(databases.url_in(tmp_path / "other"))
    other.create_all()
    second = Follower(other, world.gateway)
    second.catch_up()
    assert second.index_digest() == after


def test_a_changed_row_changes_the_digest_and_a_rebuild_heals_it(world: World) -> None:
    busy(world)
    follower = Follower(world.store, world.gateway)
    follower.catch_up()
    honest = follower.index_digest()
    with world.store.begin() as conn:
        conn.execute(index_standings.update().values(status=0, used=0))
    before, after = follower.rebuild()
    assert before != honest
    assert after == honest


def test_the_index_goes_back_to_the_common_ancestor(shaky: World, tmp_path: Path) -> None:
    rpc, leaf = shaky.gateway.rpc, a_leaf()
    follower = Follower(shaky.store, shaky.gateway)
    shaky.issue([leaf])
    shaky.submitter.settle()
    follower.catch_up()
    snapshot = rpc.call("evm_snapshot")
    shaky.revoke(leaf)
    shaky.submitter.settle()
    follower.catch_up()
    rpc.call("evm_revert", snapshot)
    with pytest.raises(NodeBehind):
        follower.step()
    for _ in range(3):
        rpc.call("evm_mine")
    follower.catch_up()
    with shaky.store.read() as conn:
        assert index.standing(conn, hexed(leaf.hash())) is None
        assert len(index.batches_of_root(conn, hexed(leaf.hash()))) == 1
    other = open_store(databases.url_in(tmp_path / "other"))
    other.create_all()
    anew = Follower(other, shaky.gateway)
    anew.catch_up()
    assert anew.index_digest() == follower.index_digest()


def test_an_index_of_another_chain_is_not_mixed_with_this_one(shaky: World) -> None:
    Follower(shaky.store, shaky.gateway).catch_up()
    with Anvil() as other, pytest.raises(WrongLedger):
        Follower(shaky.store, Gateway(other.url, shaky.gateway.pin)).step()


def test_two_followers_of_one_store_do_no_harm(world: World, tmp_path: Path) -> None:
    store = open_store(databases.url_in(tmp_path / "shared"))
    store.create_all()
    one, two = Follower(store, world.gateway), Follower(store, world.gateway)
    for _ in range(3):
        one.step(until=4)
        two.step(until=9)
    busy(world)
    while one.step() or two.step():
        pass
    before, after = two.rebuild()
    assert before == after


def test_it_looks_at_a_chain_at_rest_ever_less_often_and_soon_when_it_is_stirred(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger_app.chain.follower._LONGEST_PAUSE", 3600.0)
    world.submitter.settle()
    follower = Follower(world.store, world.gateway)
    follower.catch_up()
    looks: list[float] = []
    step = follower.step

    def counted() -> bool:
        looks.append(time.monotonic())
        return step()

    monkeypatch.setattr(follower, "step", counted)
    stop = Event()
    thread = Thread(target=follower.run, args=(stop,))
    thread.start()
    try:
        time.sleep(7)  # by now the pause is more than six seconds
        before = len(looks)
        assert 2 <= before <= 9
        follower.stir()
        stirred = time.monotonic()
        while len(looks) == before and time.monotonic() < stirred + 5:
            time.sleep(0.01)
        assert len(looks) > before
    finally:
        stop.set()
        follower.stir()
        thread.join(10)
    assert not thread.is_alive()
