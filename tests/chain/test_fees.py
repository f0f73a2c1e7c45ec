"""What is bid for a transaction: never too little for ever, and more when it is stuck; either bid may be
mined, and nothing is lost or doubled.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger_app.chain import fees, submitter
from ledger_app.chain.fees import GWEI, Fees
from ledger_app.chain.follower import Follower
from ledger_app.store import index, outbox
from ledger_app.store.outbox import Transaction
from ledger_app.store.tables import transactions
from tests.chain.kit import World, a_leaf
from tests.support.anvil import Anvil


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, shaky_on_both: World) -> Iterator[World]:
    """A chain that mines when it is told to, and a submitter that waits for nothing."""
    monkeypatch.setattr(fees, "_SHORT_SECONDS", 0.0)
    monkeypatch.setattr(submitter, "_RESEND_SECONDS", 0.0)
    shaky_on_both.gateway.rpc.call("evm_setAutomine", False)
    yield shaky_on_both
    shaky_on_both.submitter.release()


def mine(world: World, base_fee: int, blocks: int = 1) -> None:
    """Blocks that take no less than `base_fee` (wei)."""
    for _ in range(blocks):
        world.gateway.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
        world.gateway.rpc.call("evm_mine")


def mine_this(world: World, tx: Transaction) -> None:
    """A block that takes little, with this one in it. (Anvil forgets what bids less than a block takes.)"""
    rpc = world.gateway.rpc
    rpc.call("anvil_dropAllTransactions")
    rpc.call("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    rpc.call("eth_sendRawTransaction", "0x" + tx.raw.hex())
    rpc.call("evm_mine")
    assert rpc.call("eth_getTransactionReceipt", tx.hash)["status"] == "0x1"


def bids(world: World, state: str | None = None) -> list[Transaction]:
    with world.store.read() as conn:
        nonce = max(tx.nonce for tx in outbox.transactions_from(conn, world.submitter.sender, 0))
        found = outbox.transactions_from(conn, world.submitter.sender, nonce)
    return [tx for tx in found if state is None or tx.state == state]


def bid(tx: Transaction) -> tuple[int, int]:
    found = fees.read(tx.raw)
    return found["maxFeePerGas"], found["maxPriorityFeePerGas"]


def issues(world: World) -> int:
    Follower(world.store, world.gateway).catch_up()
    with world.store.read() as conn:
        return sum(event.name == "Issued" for event in index.events(conn))


def until_final(world: World, *acts: str) -> None:
    end = time.monotonic() + 60
    while {world.act(act_id).state for act_id in acts} != {"final"}:
        assert time.monotonic() < end, [world.act(act_id).state for act_id in acts]
        world.submitter.step()
        mine(world, GWEI)


def stuck(world: World) -> str:
    """An act whose transaction was sent, before the base fee rose above what it bids."""
    act_id = world.issue([a_leaf()])
    world.submitter.step()
    mine(world, 500 * GWEI)
    (tx,) = bids(world)
    assert bid(tx)[0] < 500 * GWEI
    assert world.act(act_id).state == "broadcast"
    return act_id


def test_a_base_fee_told_too_low_is_not_what_is_bid() -> None:
    money = 10**18
    for told in (0, 1, 7):
        fee, tip = Fees().bid(told, money)
        assert tip >= GWEI
        assert fee >= tip
    assert Fees(least=3 * GWEI).bid(0, money) == (3 * GWEI, 3 * GWEI)


def test_no_bid_is_above_the_most() -> None:
    for told in (10**22, 10**12, 5 * 10**11):
        assert Fees(most=100 * GWEI).bid(told, 10**18) == (100 * GWEI, GWEI)


def test_a_chain_without_fees_is_offered_none() -> None:
    assert Fees().bid(0, 0) == (0, 0)
    assert Fees(least=0).bid(0, 10**24) == (0, 0)
    assert Fees().higher(0, 0, 0, 0) is None


def test_a_higher_bid_raises_both_by_an_eighth_at_least_and_stays_below_the_most() -> None:
    bounds, at = Fees(most=1_000 * GWEI), (GWEI + 1, GWEI)
    for _ in range(100):
        higher = bounds.higher(*at, 1, 10**18)
        if higher is None:
            break
        assert all(8 * new >= 9 * old for new, old in zip(higher, at, strict=True))
        assert higher[0] <= 1_000 * GWEI
        assert higher[1] <= higher[0]
        at = higher
    else:
        pytest.fail("it never ends")
    assert at[0] > 800 * GWEI


def test_a_base_fee_of_nothing_told_once_stops_nobody(slow: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real, lies = slow.gateway.rpc.batch, [0]

    def lie(calls: list[Any]) -> list[Any]:
        answers = real(calls)
        if ("eth_getTransactionCount", [slow.submitter.sender, "latest"]) in calls:
            for answer in answers:
                if isinstance(answer, dict) and "baseFeePerGas" in answer:
                    answer["baseFeePerGas"] = "0x0"
                    lies[0] += 1
        return answers

    first = slow.issue([a_leaf()])
    monkeypatch.setattr(slow.gateway.rpc, "batch", lie)
    slow.submitter.step()
    monkeypatch.setattr(slow.gateway.rpc, "batch", real)
    assert lies[0]
    (tx,) = bids(slow)
    assert bid(tx) == (GWEI, GWEI)
    mine(slow, 5 * GWEI)
    second = slow.issue([a_leaf()])
    until_final(slow, first, second)
    assert issues(slow) == 2


def test_a_transaction_below_the_base_fee_is_outbid_at_its_nonce(slow: World) -> None:
    act_id = stuck(slow)
    slow.submitter.step()
    low, high = bids(slow)
    assert (low.nonce, low.outbox_id, low.bid, high.bid) == (high.nonce, high.outbox_id, 0, 1)
    assert bid(high)[0] >= 500 * GWEI
    assert all(8 * new >= 9 * old for new, old in zip(bid(high), bid(low), strict=True))
    mine(slow, 500 * GWEI)
    slow.submitter.step()
    assert slow.act(act_id).state == "final"
    assert slow.act(act_id).tx_hash == high.hash
    assert [tx.state for tx in bids(slow)] == ["replaced", "final"]
    assert issues(slow) == 1


def test_the_lower_bid_counts_when_it_is_the_one_that_is_mined(slow: World) -> None:
    act_id = stuck(slow)

    def die(point: str) -> None:
        if point == "after-commit":
            raise KeyboardInterrupt

    slow.submitter.crash = die
    with pytest.raises(KeyboardInterrupt):
        slow.submitter.step()
    slow.submitter.crash = submitter.no_crash
    low, high = bids(slow)
    mine_this(slow, low)
    slow.submitter.step()
    assert (slow.act(act_id).state, slow.act(act_id).tx_hash) == ("final", low.hash)
    assert [tx.state for tx in bids(slow)] == ["final", "replaced"]
    until_final(slow, slow.issue([a_leaf()]))
    assert issues(slow) == 2
    assert slow.gateway.rpc.call("eth_getTransactionReceipt", high.hash) is None


def test_which_bid_is_mined_may_change_until_it_is_final(slow: World) -> None:
    slow.submitter._depth = slow.gateway.depth = 3
    rpc = slow.gateway.rpc
    act_id = stuck(slow)
    snapshot = rpc.call("evm_snapshot")
    slow.submitter.step()
    low, high = bids(slow)
    mine(slow, 500 * GWEI)
    slow.submitter.step()
    assert (slow.act(act_id).state, slow.act(act_id).tx_hash) == ("included", high.hash)
    assert [tx.state for tx in bids(slow)] == ["signed", "included"]
    rpc.call("evm_revert", snapshot)
    mine(slow, GWEI)
    mine_this(slow, low)
    slow.submitter.step()
    assert (slow.act(act_id).state, slow.act(act_id).tx_hash) == ("included", low.hash)
    mine(slow, GWEI, 3)
    slow.submitter.step()
    assert slow.act(act_id).state == "final"
    assert [tx.state for tx in bids(slow)] == ["final", "replaced"]
    assert issues(slow) == 1


def test_what_waits_too_long_above_the_base_fee_is_outbid_as_well(
    slow: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rpc = slow.gateway.rpc
    act_id = slow.issue([a_leaf()])
    slow.submitter.step()
    (tx,) = bids(slow)
    rpc.call("anvil_dropTransaction", tx.hash)
    monkeypatch.setattr(submitter, "_RESEND_SECONDS", 3600.0)  # the node forgets it, as if its tip were low
    slow.submitter.step()
    mine(slow, GWEI, 3)
    slow.submitter.step()
    assert len(bids(slow)) == 1, "not long enough yet"
    monkeypatch.setattr(fees, "_SLOW_SECONDS", 0.0)
    slow.submitter.step()
    low, high = bids(slow)
    assert all(8 * new >= 9 * old for new, old in zip(bid(high), bid(low), strict=True))
    until_final(slow, act_id)
    assert issues(slow) == 1


def test_bids_are_no_attempts_and_end_at_the_most(slow: World) -> None:
    slow.submitter._bidder.fees = Fees(most=400 * GWEI)
    act_id = stuck(slow)
    for _ in range(30):
        slow.submitter.step()
        mine(slow, 500 * GWEI)
    assert 1 < len(bids(slow)) < 10
    assert max(bid(tx)[0] for tx in bids(slow)) <= 400 * GWEI
    until_final(slow, act_id)
    with slow.store.read() as conn:
        item = outbox.items(conn, [bids(slow)[0].outbox_id or 0])
    assert [one.attempts for one in item.values()] == [1]
    assert issues(slow) == 1


def test_what_stands_behind_is_outbid_with_it(slow: World) -> None:
    acts = [slow.issue([a_leaf()]) for _ in range(5)]
    slow.submitter.step()
    mine(slow, 500 * GWEI)
    slow.submitter.step()
    mine(slow, 500 * GWEI)
    slow.submitter.step()
    assert {slow.act(act_id).state for act_id in acts} == {"final"}
    with slow.store.read() as conn:
        rows = conn.execute(transactions.select().where(transactions.c.bid > 0)).all()
    assert len({row.nonce for row in rows}) == len(rows) == 5
    assert issues(slow) == 5


def test_a_deployment_that_is_stuck_keeps_its_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fees, "_SHORT_SECONDS", 0.0)
    monkeypatch.setattr(submitter, "_RESEND_SECONDS", 0.0)
    with Anvil("--no-mining", "--gas-limit", "100000000") as anvil:
        world = World(tmp_path, anvil.url, Anvil.key)
        steps = [0]
        step = world.submitter.step

        def stepping() -> int:
            moved = step()
            steps[0] += 1
            mine(world, 500 * GWEI)
            return moved

        world.submitter.step = stepping  # type: ignore[method-assign]
        world.deploy()
        assert world.gateway.council().threshold == 2
        with world.store.read() as conn:
            rows = conn.execute(transactions.select().where(transactions.c.creates.is_not(None))).all()
        assert len(rows) == 6
        assert len({row.creates for row in rows}) == 3
