"""A council seat never signs two statements that cannot both be true, whatever its own node says today."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger_app.errors import Broken, LedgerError
from ledger_app.proof import split_view
from ledger_app.proof.ledger_state import LedgerState
from ledger_app.proof.sorted_tree import SortedTree
from ledger_app.proof.statements import Checkpoint, Signed, TrustSnapshot
from ledger_app.proof.trust import content_hash
from ledger_app.proof.typed_data import Domain
from ledger_app.signer import rules
from ledger_app.signer.journal import Entry, Journal
from ledger_app.signer.own_node import Block
from ledger_app.signer.requests import Request
from ledger_app.signer.settings import SignerSettings, default_limits
from tests.signer.desk import KEY, PINS

NOW = int(time.time())
DOMAIN = Domain(PINS.chain_id, PINS.consortium)
A, B = b"a" * 32, b"b" * 32
MEMBERS = [KEY.address, "0x" + "44" * 20, "0x" + "55" * 20]


def folded(*batches: int, revoked: bool = False, epoch: int = 1) -> LedgerState:
    state = LedgerState()
    state.apply("CouncilChanged", {"epoch": epoch, "threshold": 2, "members": MEMBERS}, NOW)
    for each in batches:
        batch = "0x" + each.to_bytes(32, "big").hex()
        state.apply("Issued", {"batch": batch, "key": "0x" + "66" * 20, "count": 1, "kind": 1}, NOW)
    if revoked:
        state.apply("Revoked", {"leaf": "0x" + "aa" * 32, "reason": 1}, NOW)
    return state


@dataclass
class Node:
    """A seat's node as a table: block number to (hash, what its events up to it add up to)."""

    told: dict[int, tuple[bytes, LedgerState]]

    def genesis(self) -> bytes:
        return b"g" * 32

    def block(self, number: int) -> Block:
        return Block(number, self.told[number][0], NOW)

    def state(self, until: Block) -> LedgerState:
        return self.told[until.number][1]


def statement(node: Node, kind: str, block: int, life: int = 86_400) -> Checkpoint | TrustSnapshot:
    state = node.state(node.block(block))
    common: dict[str, Any] = {
        "genesis": node.genesis(),
        "registry": PINS.registry,
        "block": block,
        "block_hash": node.block(block).hash,
        "time": NOW,
        "epoch": (state.council or {})["epoch"],
        "expires": NOW + life,
    }
    if kind == "TrustSnapshot":
        return TrustSnapshot(**common, content=content_hash(state.members()))
    tree = SortedTree(state.pairs)
    heads: dict[str, Any] = {"batches": len(state.log), "batches_root": state.log.root()}
    return Checkpoint(**common, **heads, standings=len(tree), standings_root=tree.root)


def ask(path: Path, node: Node, kind: str, block: int, life: int = 86_400) -> str:
    """The words under which a seat with this journal signs what `node` tells; or the reason why not. The
    journal is opened for it: what a seat knows is what it wrote."""
    settings = SignerSettings(path.parent, "http://127.0.0.1:1", None, PINS, default_limits(True))
    request = Request("a1", kind, "Consortium", DOMAIN, statement(node, kind, block, life), {})
    with Journal(path) as journal:
        try:
            entry = rules.decide(request, rules.Desk(settings, KEY.address, journal, NOW, node))  # type: ignore[arg-type]
        except LedgerError as failed:
            return failed.reason
        journal.append(entry)
        return entry.words


CONTRADICTIONS = {
    "one block, a revocation hidden": ((A, folded(1, 2, revoked=True), 42), (A, folded(1, 2), 42)),
    "one block, another hash": ((A, folded(1, 2), 42), (B, folded(1, 2), 42)),
    "one block, more batches": ((A, folded(1, 2), 42), (A, folded(1, 2, 3), 42)),
    "later block, fewer standings": ((A, folded(1, 2, revoked=True), 42), (B, folded(1, 2), 43)),
    "later block, fewer batches": ((A, folded(1, 2), 42), (B, folded(1), 43)),
    "later block, earlier council": ((A, folded(1, epoch=2), 42), (B, folded(1), 43)),
    "earlier block, as many other batches": ((A, folded(1, 2), 42), (B, folded(1, 9), 41)),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_the_second_of_two_contradicting_checkpoints_is_refused(name: str, tmp_path: Path) -> None:
    nodes = [(Node({block: (hash_, state)}), block) for hash_, state, block in CONTRADICTIONS[name]]
    (first, at), (second, then) = nodes
    both = [Signed(DOMAIN, statement(node, "Checkpoint", block), ()) for node, block in nodes]
    assert split_view.between(*both) is not None
    path = tmp_path / "signed.jsonl"
    assert ask(path, first, "Checkpoint", at).startswith("State ")
    assert ask(path, second, "Checkpoint", then) == "SIGNER_SPLIT_VIEW"


@pytest.mark.parametrize("kinds", [("Checkpoint", "TrustSnapshot"), ("TrustSnapshot", "Checkpoint")])
def test_a_checkpoint_and_a_snapshot_of_one_block_state_the_same_block(
    kinds: tuple[str, str], tmp_path: Path
) -> None:
    path, node = tmp_path / "signed.jsonl", Node({42: (A, folded(1))})
    assert ask(path, node, kinds[0], 42).startswith("State ")
    assert ask(path, Node({42: (B, folded(1))}), kinds[1], 42) == "SIGNER_SPLIT_VIEW"
    assert ask(path, node, kinds[1], 42).startswith("State ")
    assert ask(path, Node({42: (A, folded(1, epoch=2))}), "TrustSnapshot", 42) == "SIGNER_SPLIT_VIEW"


def test_batches_of_an_earlier_and_of_a_later_block_continue_each_other(tmp_path: Path) -> None:
    path = tmp_path / "signed.jsonl"
    chain = {n: (bytes([n]) * 32, folded(*range(n))) for n in (3, 5, 6, 8)}
    honest = Node(chain)
    assert ask(path, honest, "Checkpoint", 5).startswith("State ")
    # A later one with other batches below, and an earlier one with others than the later one begins with.
    other = Node({**chain, 8: (B, folded(0, 1, 2, 9, 4, 5))})
    assert ask(path, other, "Checkpoint", 8) == "SIGNER_SPLIT_VIEW"
    other = Node({**chain, 3: (B, folded(0, 1, 9))})
    assert ask(path, other, "Checkpoint", 3) == "SIGNER_SPLIT_VIEW"
    # Not even if the node now denies the later one.
    other = Node({3: (B, folded(0, 1, 9)), 5: (B, folded(0, 1, 9, 3, 4))})
    assert ask(path, other, "Checkpoint", 3) == "SIGNER_SPLIT_VIEW"
    for block in (8, 3, 6, 5):
        assert ask(path, honest, "Checkpoint", block).startswith("State "), block


def test_the_same_facts_may_be_stated_again_for_longer(tmp_path: Path) -> None:
    path, node = tmp_path / "signed.jsonl", Node({42: (A, folded(1, revoked=True))})
    for kind in ("Checkpoint", "TrustSnapshot"):
        for life in (3600, 7200):
            assert ask(path, node, kind, 42, life).startswith("State ")
    with Journal(path) as journal:
        assert len(journal.stated()) == 4


def test_a_statement_in_the_journal_that_cannot_be_read_stops_the_seat(tmp_path: Path) -> None:
    path = tmp_path / "signed.jsonl"
    with Journal(path) as journal, pytest.raises(LedgerError):
        journal.append(Entry("0x" + "01" * 32, "Checkpoint", "r", "words", stated={"format": "none"}))
    with pytest.raises(Broken, match="JOURNAL_DAMAGED"):
        Journal(path)
