"""Statements from elsewhere are held against each other and against the ledger itself; no crowd of them, no
change of the council and no outage hides a false one."""

import copy
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger_app.chain.facts import Council
from ledger_app.errors import BadInput, NodeUnavailable, Unavailable
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.sorted_tree import SortedTree
from ledger_app.proof.statements import Signed, collected
from ledger_app.proof.trust import content_hash
from ledger_app.proof.typed_data import sign
from ledger_app.services import books, checkpoints, housekeeping, witness
from ledger_app.store import statements
from ledger_app.store.tables_statements import statements as table
from tests.services.test_checkpoints import bundle, forged, published
from tests.support.world import World

OWN_VIEW = "by this service's own node and index: "


pytestmark = pytest.mark.usefixtures("no_split_view_stays")


def found(world: World) -> list[str]:
    return [split["detail"] for split in witness.split_views(world.ctx)]


def at(world: World, block: int, **changes: Any) -> Signed:
    """What is true of a block, signed by two members, with `changes`."""
    newest = checkpoints.newest(world.ctx, statements.CHECKPOINT).statement
    header = world.ctx.gateway.header(block)
    state = world.ctx.books.as_of(world.ctx.store, block)
    tree = SortedTree(state.pairs)
    true = {
        "block": block,
        "block_hash": bytes.fromhex(header.hash[2:]),
        "time": header.time,
        "batches": len(state.log),
        "batches_root": state.log.root(),
        "standings": len(tree),
        "standings_root": tree.root,
        "expires": newest.expires + 1,
    }
    return forged(world, **{**true, **changes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"batches_root": bytes(32)}, "batches_root"),
        ({"standings_root": bytes(32)}, "standings_root"),
        ({"block_hash": bytes(32)}, "block_hash"),
    ],
)
def test_a_false_head_between_two_honest_ones_is_found(
    world: World, changes: dict[str, Any], field: str
) -> None:
    world.issue()
    old = published(world).statement
    world.issue(), world.issue()
    new = published(world).statement
    between = next(
        block
        for block in range(old.block + 1, new.block)
        if old.batches < len(world.ctx.books.as_of(world.ctx.store, block).log) < new.batches
    )
    assert witness.show(world.ctx, at(world, between))["conflicts"] == []
    assert witness.none_found(world.ctx) == "no contradictions"
    false = at(world, between, **changes, expires=new.expires + 2)
    seen = witness.show(world.ctx, false)
    assert f"{OWN_VIEW}two statements about block {between} differ in {field}" in seen["conflicts"]
    with pytest.raises(Unavailable, match="SPLIT_VIEW"):
        witness.none_found(world.ctx)
    # What the service itself comes to is no file that could be fetched.
    for split in witness.split_views(world.ctx):
        assert to_hex(false.digest) in split["statements"]
        for digest in split["statements"]:
            checkpoints.by_digest(world.ctx, digest)


def test_a_snapshot_with_a_strangers_key_in_it_is_found(world: World) -> None:
    true = published(world, statements.SNAPSHOT)
    world.issue()
    published(world)
    content: Any = copy.deepcopy(true.content)
    content["keys"].append({**content["keys"][-1], "key": "0x" + "fe" * 20})
    content["keys"].sort(key=lambda row: (row["organisation"], row["key"]))
    header = world.ctx.gateway.header(true.statement.block + 1)
    for held, conflicts in ((true.content, 0), (content, 1)):
        message = replace(
            true.statement,
            block=header.number,
            block_hash=bytes.fromhex(header.hash[2:]),
            time=header.time,
            content=content_hash(held),
        )
        digest = message.digest(true.domain)
        signatures = [sign(digest, seat.key) for seat in world.council[:2]]
        seen = witness.show(world.ctx, collected(true.domain, message, signatures, held))
        assert len([each for each in seen["conflicts"] if each.startswith(OWN_VIEW)]) == conflicts


def test_a_block_that_is_not_there_yet_is_looked_at_when_it_is(world: World) -> None:
    world.issue()
    honest = published(world).statement
    ahead = forged(world, block=honest.block + 1, batches=honest.batches + 1, batches_root=bytes(32))
    assert witness.show(world.ctx, ahead)["conflicts"] == []
    housekeeper = housekeeping.Housekeeper(world.ctx)
    housekeeper.step()
    assert found(world) == []
    world.issue()
    world.catch_up()
    housekeeper.step()
    (detail,) = found(world)
    assert detail.startswith(f"{OWN_VIEW}two statements about block {honest.block + 1} differ in")
    housekeeper.step()
    assert found(world) == [detail]


def test_a_crowd_of_true_statements_hides_no_false_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "_MOST_FOREIGN", 3)
    world.issue()
    honest = published(world)
    for later in range(1, 7):
        assert not witness.show(world.ctx, forged(world, expires=honest.statement.expires + later))[
            "conflicts"
        ]
    with world.ctx.store.read() as conn:
        assert statements.count_foreign(conn) == 3
    assert witness.show(world.ctx, forged(world, batches_root=bytes(32)))["conflicts"]
    with pytest.raises(Unavailable, match="SPLIT_VIEW"):
        witness.none_found(world.ctx)


def test_a_former_council_still_answers_for_what_it_signed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.issue()
    published(world)
    false = forged(world, batches_root=bytes(32))
    now = world.ctx.gateway.council()
    stranger = forged(world, epoch=now.epoch + 1)
    monkeypatch.setattr(
        world.ctx.gateway,
        "council",
        lambda: Council(tuple("0x" + secrets.token_hex(20) for _ in range(3)), 2, now.epoch + 1, 0),
    )
    assert witness.show(world.ctx, false)["conflicts"]
    with pytest.raises(BadInput, match="STATEMENT_SIGNER_UNKNOWN"):
        witness.show(world.ctx, stranger)


def _away(*_: object) -> Any:
    raise NodeUnavailable("NODE_UNAVAILABLE", "nobody answers")


@pytest.mark.parametrize("moved", [0, 1])
def test_a_bundle_that_comes_while_the_node_is_away_is_kept_and_held_later(
    world: World, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    (certificate,) = world.issue()
    honest = published(world).statement
    world.issue(), world.issue()
    published(world)
    bare = bundle(world, certificate)
    false = at(world, honest.block + moved, batches_root=bytes(32))
    shown = replace(bare, evidence={**(bare.evidence or {}), "checkpoint": false.to_json()})
    with monkeypatch.context() as patched:
        for name in ("council", "header", "has_predecessors"):
            patched.setattr(world.ctx.gateway, name, _away)
        witness.notice(world.ctx, shown)
        # Of one block that is already stated, the other statement is proof enough.
        assert bool(found(world)) == (moved == 0)
        assert checkpoints.by_digest(world.ctx, to_hex(false.digest)) == false
    housekeeping.Housekeeper(world.ctx).step()
    assert any(detail.startswith(OWN_VIEW) for detail in found(world))


def test_what_was_seen_elsewhere_first_is_published_all_the_same(world: World) -> None:
    world.issue()
    honest = published(world)
    own = table.c.digest == to_hex(honest.digest)
    with world.ctx.store.begin() as conn:
        conn.execute(table.update().where(own).values(own=False))
        witness.keep(conn, honest, own=True)
    assert checkpoints.newest(world.ctx, statements.CHECKPOINT) == honest


def test_proofs_between_kept_checkpoints_fold_nothing_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = []
    for _ in range(5):
        world.issue()
        digests.append(to_hex(published(world).digest))
    folds: list[int] = []
    real: Callable[..., Any] = books._fold

    def counted(conn: Any, state: Any, above: int, until: int) -> Any:
        folds.append(above)
        return real(conn, state, above, until)

    monkeypatch.setattr(books, "_fold", counted)
    for first in digests:
        for second in digests:
            checkpoints.consistency(world.ctx, first, second)
    assert folds == []
    world.ctx.books = books.Books()
    for first in digests:
        checkpoints.consistency(world.ctx, first, digests[0])
    # After a restart each block is read once, however the proofs are asked for.
    assert folds == sorted(folds)
    assert folds.count(-1) == 1
