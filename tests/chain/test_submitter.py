"""The submitter: nonces without gaps, the same bytes again, and the contract's state as the judge."""

import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from eth_account import Account
from eth_hash.auto import keccak

from ledger_app.chain.node import Ganache
from ledger_app.chain.submitter import Submitter
from ledger_app.errors import ActRefused, NodeUnavailable, Unavailable
from ledger_app.proof import typed_data as td
from ledger_app.store import lease, outbox
from ledger_app.store.tables import transactions
from tests.chain.kit import CHAMBER, COUNCIL, RCEP, World, a_leaf, deadline, hexed
from tests.support.anvil import Anvil


def test_acts_that_build_on_each_other_are_sent_at_once_in_their_order(world: World) -> None:
    leaf = a_leaf(allowance=4)
    acts = [
        world.issue([leaf]),
        world.suspend(leaf, 0),
        world.reinstate(leaf, 1),
        world.acquit(leaf, b"\1" * 32, 4),
        world.withdraw(leaf, b"\1" * 32),
        world.revoke(leaf),
    ]
    world.submitter.settle()
    assert [world.act(act_id).state for act_id in acts] == ["final"] * 6
    done = world.act(acts[0])
    assert done.tx_hash is not None
    assert done.block_number is not None
    assert done.gas_used is not None
    assert done.gas_used < 75_000


def test_an_act_the_contract_refuses_costs_no_nonce(world: World) -> None:
    before = world.submitter.look().nonce
    act_id = world.revoke(a_leaf())
    world.submitter.settle()
    act = world.act(act_id)
    assert (act.state, act.reason) == ("reverted", "BATCH_UNKNOWN")
    assert act.context is not None
    assert world.submitter.look().nonce == before


def test_an_act_that_reverts_behind_another_is_judged_by_the_contract(world: World) -> None:
    leaf = a_leaf()
    first = world.issue([leaf])
    twins = [world.revoke(leaf, 3), world.revoke(leaf, 4)]
    world.submitter.settle()
    states = [(world.act(a).state, world.act(a).reason) for a in (first, *twins)]
    assert states == [("final", None), ("final", None), ("reverted", "STATUS_FORBIDS")]


def test_an_act_whose_effect_is_there_is_done_and_not_refused(world: World) -> None:
    leaf = a_leaf()
    acts = [world.issue([leaf]), world.issue([leaf]), world.revoke(leaf, 2), world.revoke(leaf, 2)]
    world.submitter.settle()
    assert [world.act(act_id).state for act_id in acts] == ["final"] * 4


def test_an_act_whose_time_is_over_needs_new_signatures(world: World) -> None:
    act = td.Issue(CHAMBER.id, RCEP, secrets.token_bytes(32), 1, int(time.time()) - 60)
    act_id = world.enqueue(act, [CHAMBER.key])
    world.submitter.settle()
    found = world.act(act_id)
    assert (found.state, found.reason, found.signatures) == ("needs-signature", "DEADLINE_PASSED", [])


def test_a_vote_that_was_carried_out_is_recognised(world: World) -> None:
    from ledger_app.chain.calls import council_call

    vote = td.Vote(council_call("pauseFor", 1), secrets.token_bytes(32), 1, deadline())
    acts = [world.enqueue(vote, COUNCIL[:2]), world.enqueue(vote, COUNCIL[1:])]
    world.submitter.settle()
    assert [world.act(act_id).state for act_id in acts] == ["final"] * 2
    time.sleep(1.2)


def test_a_pause_that_is_over_stops_nothing_on_an_idle_chain(world: World) -> None:
    world.vote("pauseFor", 10)
    world.submitter.settle()
    during = world.issue([a_leaf()])
    world.submitter.settle()
    assert (world.act(during).state, world.act(during).reason) == ("reverted", "PAUSED")
    while time.time() <= world.gateway.council().paused_until:
        time.sleep(0.2)
    after = world.issue([a_leaf()])
    world.submitter.settle()
    assert world.act(after).state == "final"


def test_nonces_used_by_somebody_else_leave_no_gap(shaky: World) -> None:
    account = Account.from_key(Anvil.key)
    rpc = shaky.gateway.rpc
    stranger = account.sign_transaction(
        {
            "chainId": shaky.gateway.pin.chain_id, "nonce": shaky.submitter.look().nonce, "gas": 21_000,
            "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**9, "to": account.address, "value": 0,
        }
    )  # fmt: skip
    rpc.call("eth_sendRawTransaction", "0x" + bytes(stranger.raw_transaction).hex())
    acts = [shaky.issue([a_leaf()]) for _ in range(3)]
    shaky.submitter.settle()
    assert {shaky.act(act_id).state for act_id in acts} == {"final"}


def test_an_act_whose_nonce_another_transaction_took_is_sent_anew(shaky: World) -> None:
    rpc, account = shaky.gateway.rpc, Account.from_key(Anvil.key)
    view = shaky.submitter.look()
    act_id = shaky.issue([a_leaf()])
    raced: list[Any] = []

    def race(point: str) -> None:
        if point == "after-commit" and not raced:
            other = account.sign_transaction(
                {
                    "chainId": view.chain_id, "nonce": view.nonce, "gas": 21_000, "maxFeePerGas": 10**12,
                    "maxPriorityFeePerGas": 10**9, "to": account.address, "value": 0,
                }
            )  # fmt: skip
            raced.append(rpc.call("eth_sendRawTransaction", "0x" + bytes(other.raw_transaction).hex()))

    shaky.submitter.crash = race
    shaky.submitter.settle()
    assert raced
    assert shaky.act(act_id).state == "final"
    with shaky.store.read() as conn:
        states = [row.state for row in conn.execute(transactions.select().order_by(transactions.c.id))]
    assert states.count("replaced") == 1


def test_what_a_reorganisation_took_back_is_sent_again_byte_by_byte(shaky: World) -> None:
    rpc = shaky.gateway.rpc
    snapshot = rpc.call("evm_snapshot")
    acts = [shaky.issue([a_leaf()]) for _ in range(3)]
    shaky.submitter.settle()
    hashes = [shaky.act(act_id).tx_hash for act_id in acts]
    rpc.call("evm_revert", snapshot)
    rpc.call("evm_mine")
    seen = set()
    for _ in range(200):
        shaky.submitter.step()
        states = {shaky.act(act_id).state for act_id in acts}
        seen |= states
        if states == {"final"} and "orphaned" in seen:
            break
        time.sleep(0.02)
    assert {shaky.act(act_id).state for act_id in acts} == {"final"}
    assert [shaky.act(act_id).tx_hash for act_id in acts] == hashes
    assert all(rpc.call("eth_getTransactionReceipt", tx)["status"] == "0x1" for tx in hashes)


def test_with_a_finality_depth_an_act_is_included_before_it_is_final(anvil: Anvil, tmp_path: Path) -> None:
    world = World(tmp_path, anvil.url, Anvil.key, depth=3)
    stop = [False]
    import threading

    def mine() -> None:
        while not stop[0]:
            world.gateway.rpc.call("evm_mine")
            time.sleep(0.05)

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        world.deploy()
        world.onboard()
    finally:
        stop[0] = True
        miner.join()
    act_id = world.issue([a_leaf()])
    for _ in range(20):
        world.submitter.step()
    assert world.act(act_id).state == "included"
    for _ in range(3):
        world.gateway.rpc.call("evm_mine")
    world.submitter.step()
    assert world.act(act_id).state == "final"


def test_an_act_in_a_block_newer_than_the_head_looked_at_is_included(
    anvil: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, anvil.url, Anvil.key)
    world.deploy()
    world.onboard()
    late = Submitter(world.store, world.gateway, world.submitter.account.key, depth=1)
    world.submitter.release()
    look = late.look
    monkeypatch.setattr(late, "look", lambda: replace(look(), number=world.gateway.head().number - 1))
    act_id = world.issue([a_leaf()])
    for _ in range(3):
        late.step()
    assert world.act(act_id).state == "included"
    late.release()


def test_one_submitter_at_a_time(world: World) -> None:
    second = Submitter(world.store, world.gateway, world.submitter.account.key)
    assert world.submitter.lead()
    assert not second.lead()
    assert second.step() == 0
    world.submitter.release()
    assert second.lead()
    with pytest.raises(Unavailable) as lost, world.submitter.writing():
        pass
    assert lost.value.reason == "LEASE_LOST"
    second.release()


def test_the_lease_of_a_dead_process_is_taken_at_once(world: World) -> None:
    world.submitter.release()
    name = f"submitter/{world.submitter.sender}"
    import socket

    with world.store.begin() as conn:
        assert lease.acquire(conn, name, f"{socket.gethostname()[:32]}/999999999/ab", 15)
    assert world.submitter.lead()


def test_a_lease_that_a_wrong_clock_took_for_an_hour_holds_nobody_up(world: World) -> None:
    name = f"submitter/{world.submitter.sender}"
    world.submitter.release()
    with world.store.begin() as conn:
        assert lease.acquire(conn, name, "elsewhere/1/ab", 15)
    assert not world.submitter.lead()
    with world.store.begin() as conn:
        assert lease.acquire(conn, name, "elsewhere/1/ab", 3600)
    assert world.submitter.lead()


def test_nothing_new_is_sent_while_the_clock_is_behind_the_chain(shaky: World) -> None:
    shaky.gateway.rpc.call("evm_increaseTime", hex(3600))
    shaky.gateway.rpc.call("evm_mine")
    act_id = shaky.issue([a_leaf()])
    with pytest.raises(Unavailable) as refused:
        shaky.submitter.step()
    assert refused.value.reason == "CLOCK_BEHIND"
    assert shaky.act(act_id).state == "queued"


def test_a_node_that_is_down_leaves_acts_queued(tmp_path: Path) -> None:
    with Ganache(tmp_path, heartbeat=0) as chain:
        world = World(tmp_path, chain.url, chain.sender_key)
        world.deploy()
        world.onboard()
    act_id = world.issue([a_leaf()])
    with pytest.raises(NodeUnavailable):
        world.submitter.step()
    assert world.act(act_id).state == "queued"
    with Ganache(tmp_path, port=urlsplit(world.gateway.rpc.url).port or 0, heartbeat=0):
        world.submitter.settle()
    assert world.act(act_id).state == "final"


def test_a_council_the_contract_does_not_take_deploys_nothing(tmp_path: Path, ganache: Ganache) -> None:
    from ledger_app.chain.deployment import ensure_ledger

    world = World(tmp_path, ganache.url, ganache.sender_key)
    before = world.submitter.look().nonce
    with pytest.raises(ActRefused) as refused:
        ensure_ledger(world.store, world.gateway, world.submitter, council=["0x" + "11" * 20], threshold=1)
    assert refused.value.reason == "COUNCIL_SIZE_INVALID"
    assert world.submitter.look().nonce == before


def test_the_first_nonce_is_burnt_on_nothing(tmp_path: Path) -> None:
    with Ganache(tmp_path, heartbeat=0) as chain:
        world = World(tmp_path, chain.url, chain.sender_key)
        world.deploy()
        with world.store.read() as conn:
            first = outbox.transactions_from(conn, world.submitter.sender, 0)[0]
        sent = world.gateway.rpc.call("eth_getTransactionByHash", first.hash)
        assert (sent["nonce"], sent["to"].lower(), sent["value"]) == ("0x0", world.submitter.sender, "0x0")


def test_raw_bytes_are_kept_after_finality(world: World) -> None:
    act_id = world.issue([a_leaf()])
    world.submitter.settle()
    with world.store.read() as conn:
        kept = [
            t for t in outbox.transactions_from(conn, world.submitter.sender, 0) if t.outbox_id is not None
        ]
    assert kept[-1].state == "final"
    assert kept[-1].hash == world.act(act_id).tx_hash == hexed(keccak(kept[-1].raw))
