"""The mirror answers what the contract would answer, at every head, also after the chain was turned back."""

import dataclasses
import time

from ledger_app.chain.gateway import Gateway, Query
from ledger_app.chain.projection import hash_of
from ledger_app.domain.terms import territory_id
from ledger_app.proof import typed_data as td
from ledger_app.proof.leaf import Leaf
from ledger_app.proof.merkle import MerkleTree
from tests.chain.kit import (
    CARRIER,
    CHAMBER,
    CUSTOMS_AU,
    RCEP,
    World,
    a_leaf,
    deadline,
    hexed,
    key_of,
    single,
)


def query_of(leaf: Leaf, claim: bytes | None = None) -> Query:
    key = (
        bytes(32)
        if claim is None
        else bytes.fromhex(hash_of(*map(hexed, (leaf.hash(), CUSTOMS_AU.id, claim)))[2:])
    )
    return Query(leaf.hash(), leaf.batch_id(leaf.hash()), leaf.issuer, leaf.scheme, key)


def assert_same(world: World, queries: list[Query]) -> None:
    while not world.gateway.warm():
        pass
    mirror = world.gateway.mirror
    assert mirror is not None
    head = world.gateway.head()
    by_mirror = mirror.answer(head, queries)
    assert by_mirror is not None
    by_contract = world.gateway.lookup_from_node(queries).records
    for found, expected in zip(by_mirror, by_contract, strict=True):
        assert found is None or found == expected
    assert world.gateway.lookup(queries).records == by_contract


def test_the_mirror_says_what_the_contract_says_after_every_kind_of_act(world: World) -> None:
    leaves = [a_leaf(allowance=9) for _ in range(10)]
    a, b, c, d, e, f, g, h, *_ = leaves
    claim = b"\1" * 32
    for leaf in leaves:
        world.issue([leaf])
    world.revoke(a)
    world.suspend(b)
    world.suspend(c)
    world.reinstate(c)
    world.acquit(d, claim, 4)
    world.acquit(e, claim, 4)
    world.withdraw(e, claim)
    world.refuse(f, claim)
    heir = dataclasses.replace(a_leaf(allowance=9))
    tree = MerkleTree([heir.hash()])
    supersede = td.Supersede(g.hash(), RCEP, tree.root, 1, (heir.hash(),), 2, deadline())
    world.enqueue(supersede, [CHAMBER.key], {**single(g), "successors": [single(heir)]})
    world.submitter.settle()
    queries = [query_of(leaf) for leaf in (*leaves, heir, a_leaf())]
    queries += [query_of(leaf, claim) for leaf in (d, e, f, h)]
    queries += [Query(), Query(issuer=CUSTOMS_AU.id), Query(issuer=b"\7" * 32, scheme=RCEP)]
    assert_same(world, queries)
    statuses = {r.standing.status for r in world.gateway.lookup(queries).records}
    assert statuses == {0, 1, 2, 3}


def test_a_disowned_key_and_its_confirmation_show_in_the_mirror(shaky: World) -> None:
    leaf, second = a_leaf(), key_of("second")
    shaky.issue([leaf])
    shaky.submitter.settle()
    accepted_until, (r, vs) = shaky.accept(CHAMBER, second)
    accepted = {"acceptance": {"deadline": accepted_until, "signature": hexed(r + vs)}}
    shaky.enqueue(
        td.AddKey(CHAMBER.id, CHAMBER.id, td.address_of(second), deadline()), [CHAMBER.key], accepted
    )
    shaky.submitter.settle()
    shaky.vote("disown", CHAMBER.id, td.address_of(CHAMBER.key), int(time.time()) - 600)
    shaky.submitter.settle()
    assert_same(shaky, [query_of(leaf)])
    assert shaky.gateway.lookup([query_of(leaf)]).records[0].disowned
    batch = {"issuer": hexed(CHAMBER.id), "scheme": hexed(RCEP), "root": hexed(leaf.hash())}
    shaky.enqueue(td.Confirm(leaf.batch_id(leaf.hash()), deadline()), [second], batch)
    shaky.vote("admit", CHAMBER.id, territory_id("CN"), 64)
    shaky.submitter.settle()
    assert_same(shaky, [query_of(leaf)])
    assert not shaky.gateway.lookup([query_of(leaf)]).records[0].disowned


def test_a_lookup_is_never_older_than_the_head(world: World) -> None:
    leaf = a_leaf()
    world.issue([leaf])
    world.submitter.settle()
    while not world.gateway.warm():
        pass
    assert world.gateway.lookup([query_of(leaf)]).records[0].standing.status == 0
    world.revoke(leaf)
    world.submitter.settle()
    assert world.gateway.lookup([query_of(leaf)]).records[0].standing.status == 2


def test_the_mirror_forgets_what_a_reorganisation_took_back(shaky: World) -> None:
    rpc, leaf = shaky.gateway.rpc, a_leaf()
    shaky.issue([leaf])
    shaky.submitter.settle()
    snapshot = rpc.call("evm_snapshot")
    shaky.revoke(leaf)
    shaky.submitter.settle()
    assert_same(shaky, [query_of(leaf)])
    rpc.call("evm_revert", snapshot)
    for _ in range(3):
        rpc.call("evm_mine")
    assert shaky.gateway.lookup([query_of(leaf)]).records[0].standing.status == 0
    assert_same(shaky, [query_of(leaf)])


def test_the_mirror_knows_the_latest_head_of_every_stream(world: World) -> None:
    first, second = ((CARRIER.id, hash_bytes) for hash_bytes in (b"\x51" * 32, b"\x52" * 32))
    world.anchor(first[1], bytes(32), b"\x61" * 32, 2)
    world.anchor(second[1], bytes(32), b"\x62" * 32, 5)
    world.submitter.settle()
    world.anchor(first[1], b"\x61" * 32, b"\x63" * 32, 9)
    world.submitter.settle()
    while not world.gateway.warm():
        pass
    mirror = world.gateway.mirror
    assert mirror is not None
    streams = [first, second, (CARRIER.id, b"\x53" * 32), (CHAMBER.id, first[1])]
    by_contract = [world.gateway.latest_head(*stream) for stream in streams]
    assert [count.count for _, count in by_contract] == [9, 5, 0, 0]
    assert mirror.heads(world.gateway.head(), streams) == by_contract
    assert world.gateway.latest_heads(streams) == by_contract
    unmirrored = Gateway(world.gateway.rpc.url, world.gateway.pin, mirrored=False)
    assert unmirrored.latest_heads(streams) == by_contract
