"""An act that another transaction than ours carried out: final at the depth that the profile calls final, no
earlier, and sent again when it goes."""

import time
from pathlib import Path

import pytest
from eth_account import Account

from ledger_app.chain.follower import Follower
from ledger_app.config import load_settings
from ledger_app.proof.leaf import Leaf
from ledger_app.services.context import Services
from ledger_app.services.recovering import recognise
from ledger_app.store import acts, meta, outbox
from ledger_app.store.backup import RESTORED
from ledger_app.store.secrets import Vault
from tests.chain.kit import World, a_leaf
from tests.support.anvil import Anvil

DEPTH = 8
_GOOD, _SUSPENDED, _REVOKED = range(3)


@pytest.fixture
def deep(shaky_on_both: World, leaf: Leaf) -> World:
    """A ledger whose blocks are final eight blocks later."""
    shaky_on_both.submitter._depth = shaky_on_both.gateway.depth = DEPTH
    return shaky_on_both


@pytest.fixture
def leaf(shaky_on_both: World) -> Leaf:
    made = a_leaf()
    shaky_on_both.issue([made])
    shaky_on_both.submitter.settle()
    return made


def by_another(world: World) -> None:
    """Bring the act that is queued to the chain from another account, as whoever holds the signed act can."""
    with world.store.read() as conn:
        (item,) = outbox.queued(conn, 2)
    rpc, stranger = world.gateway.rpc, Account.from_key(b"\7" * 32)
    rpc.call("anvil_setBalance", stranger.address, hex(10**18))
    nonce = int(rpc.call("eth_getTransactionCount", stranger.address, "latest"), 16)
    signed = stranger.sign_transaction(
        {
            "chainId": world.gateway.pin.chain_id, "nonce": nonce, "gas": 1_000_000, "value": 0,
            "to": bytes.fromhex(world.gateway.target(item.contract)[2:]),
            "data": item.calldata, "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9,
        }
    )  # fmt: skip
    sent = rpc.call("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())
    until = time.monotonic() + 60
    while (receipt := rpc.call("eth_getTransactionReceipt", sent)) is None:
        assert time.monotonic() < until, "not mined"
        time.sleep(0.02)
    assert receipt["status"] == "0x1"


def mine(world: World, blocks: int) -> None:
    world.gateway.rpc.call("anvil_mine", hex(blocks))


def status(world: World, leaf: Leaf) -> int:
    return world.gateway.standing(leaf.hash()).status


def test_it_is_included_until_its_block_is_final(deep: World, leaf: Leaf) -> None:
    act_id = deep.revoke(leaf, 3)
    by_another(deep)
    nonce = deep.submitter.look().nonce
    for _ in range(DEPTH - 1):
        deep.submitter.step()
        assert deep.act(act_id).state == "included"
        mine(deep, 1)
    deep.submitter.step()
    assert deep.act(act_id).state == "included"
    mine(deep, 1)
    deep.submitter.step()
    assert deep.act(act_id).state == "final"
    assert deep.submitter.look().nonce == nonce, "nothing was sent"


def test_it_is_sent_again_when_the_block_goes(deep: World, leaf: Leaf) -> None:
    rpc = deep.gateway.rpc
    act_id = deep.revoke(leaf, 3)
    snapshot = rpc.call("evm_snapshot")
    by_another(deep)
    deep.submitter.step()
    assert deep.act(act_id).state == "included"
    rpc.call("evm_revert", snapshot)
    rpc.call("anvil_dropAllTransactions")
    mine(deep, 2)
    assert status(deep, leaf) == _GOOD
    deep.submitter.step()
    deep.submitter.step()
    mine(deep, DEPTH)
    deep.submitter.settle()
    assert deep.act(act_id).state == "final"
    assert status(deep, leaf) == _REVOKED


def test_it_is_found_again_when_the_new_blocks_have_it_too(deep: World, leaf: Leaf) -> None:
    rpc = deep.gateway.rpc
    act_id = deep.revoke(leaf, 3)
    snapshot = rpc.call("evm_snapshot")
    by_another(deep)
    deep.submitter.step()
    rpc.call("evm_revert", snapshot)
    mine(deep, DEPTH)
    by_another_again(deep, act_id)
    nonce = deep.submitter.look().nonce
    deep.submitter.step()
    assert deep.act(act_id).state != "final", "the blocks that it was found in are not deep"
    mine(deep, DEPTH + 1)
    deep.submitter.settle()
    assert deep.act(act_id).state == "final"
    assert deep.submitter.look().nonce == nonce, "nothing was sent"


def by_another_again(world: World, act_id: str) -> None:
    """The same as `by_another`, whatever the item's state."""
    with world.store.begin() as conn:
        (item,) = outbox.found(conn)
        assert item.act_id == act_id
        outbox.requeue(conn, item.id)
    by_another(world)
    with world.store.begin() as conn:
        assert item.context is not None
        outbox.found_done(
            conn, item.id, block=item.context["block"], block_hash=item.context["hash"], final=False
        )


def test_what_ended_it_later_does_not_undo_that_it_was_done(deep: World, leaf: Leaf) -> None:
    first = deep.suspend(leaf)
    by_another(deep)
    deep.submitter.step()
    assert deep.act(first).state == "included"
    second = deep.reinstate(leaf)
    deep.submitter.step()
    deep.submitter.step()
    assert status(deep, leaf) == _GOOD
    mine(deep, DEPTH)
    deep.submitter.settle()
    assert [deep.act(act_id).state for act_id in (first, second)] == ["final", "final"]


def test_what_is_deep_already_is_final_at_once(deep: World, leaf: Leaf) -> None:
    act_id = deep.revoke(leaf, 3)
    by_another(deep)
    mine(deep, DEPTH)
    deep.submitter.step()
    assert deep.act(act_id).state == "final"


def test_a_restored_store_takes_no_act_for_final_before_its_depth(
    deep: World, leaf: Leaf, tmp_path: Path
) -> None:
    settings = load_settings(demo=True, data=tmp_path, finality_depth=DEPTH)
    vault, follower = Vault(settings.master_keys()), Follower(deep.store, deep.gateway)
    ctx = Services(settings, deep.store, vault, deep.gateway, deep.submitter, follower)
    queued = deep.revoke(leaf, 3)
    by_another(deep)
    same = deep.act(queued)
    with deep.store.begin() as conn:
        unsigned = acts.add(
            conn,
            kind=same.kind,
            contract=same.contract,
            organisation=same.organisation,
            message=same.message,
            call=same.call,
            deadline=same.deadline,
        )
        meta.put(conn, RESTORED, {})
    assert recognise(ctx) == 2
    assert deep.act(queued).state == "included"
    assert deep.act(unsigned).state == "needs-signature"
    mine(deep, DEPTH)
    assert recognise(ctx) == 1, "the rest is compared again at the next start"
    deep.submitter.settle()
    assert [deep.act(act_id).state for act_id in (queued, unsigned)] == ["final", "final"]
    assert recognise(ctx) is None


def test_a_node_that_keeps_no_old_state_makes_it_final_later(tmp_path: Path) -> None:
    with Anvil("--prune-history", "--transaction-block-keeper", "64") as anvil:
        world = World(tmp_path, anvil.url, Anvil.key)
        world.deploy()
        world.onboard()
        world.submitter._depth = world.gateway.depth = DEPTH
        leaf = a_leaf()
        world.issue([leaf])
        mine(world, 1)
        world.submitter.step()
        mine(world, DEPTH)
        world.submitter.settle()
        act_id = world.revoke(leaf, 3)
        by_another(world)
        mine(world, DEPTH)
        world.submitter.step()
        assert world.act(act_id).state == "included"
        mine(world, DEPTH)
        world.submitter.step()
        assert world.act(act_id).state == "final"
