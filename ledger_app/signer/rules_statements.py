"""Rules for what the council states off chain: a seat signs only what it comes to from its own node."""

from typing import Any

from ledger_app.proof.hexes import to_hex
from ledger_app.proof.ledger_state import LedgerState
from ledger_app.proof.log_tree import EMPTY_ROOT
from ledger_app.proof.sorted_tree import SortedTree
from ledger_app.proof.statements import Council
from ledger_app.proof.trust import content_hash
from ledger_app.signer.requests import Request
from ledger_app.signer.rules import Desk, Finding, Rule, refused, when


def checkpoint(request: Request, desk: Desk) -> Finding:
    message, state = request.message, _own_state(request, desk)
    tree = SortedTree(state.pairs)
    root = state.log.root() if len(state.log) else EMPTY_ROOT
    _must_state("batches", message.batches, len(state.log))
    _must_state("batchesRoot", message.batches_root, root)
    _must_state("standings", message.standings, len(tree))
    _must_state("standingsRoot", message.standings_root, tree.root)
    _follows(request, desk, state)
    return Finding(
        f"State that block {message.block} ({when(message.time)}) holds {message.batches} batches and "
        f"{message.standings} changes of standing; good until {when(message.expires)}",
        stated=_stated(request, to_hex(root)),
    )


def trust_snapshot(request: Request, desk: Desk) -> Finding:
    message, state = request.message, _own_state(request, desk)
    content = state.members()
    _must_state("content", message.content, content_hash(content))
    if any(
        (kind, block) == (request.kind, message.block) and root != to_hex(message.content)
        for kind, block, _, root in desk.journal.stated()
    ):
        raise refused("SIGNER_SPLIT_VIEW", f"this seat stated other members as of block {message.block}")
    disowned = sum(row["disowned"] is not None for row in content["keys"])
    return Finding(
        f"State who the members were at block {message.block} ({when(message.time)}): "
        f"{len(content['organisations'])} organisations, {len(content['keys'])} keys ({disowned} disowned); "
        f"good until {when(message.expires)}",
        stated=_stated(request, to_hex(message.content)),
    )


def _own_state(request: Request, desk: Desk) -> LedgerState:
    """The fold of this seat's own node at the message's block, after comparing what both kinds state. Raises
    NotPermitted SIGNER_NO_NODE, SIGNER_NODE_DIFFERS, SIGNER_OTHER_LEDGER."""
    message, node = request.message, desk.node
    if node is None:
        raise refused(
            "SIGNER_NO_NODE", "a statement is recomputed from this seat's own node, and it has none"
        )
    if message.registry != desk.settings.pins.registry:
        raise refused("SIGNER_OTHER_LEDGER", f"it is about registry {message.registry}")
    _must_state("genesis", message.genesis, node.genesis())
    block = node.block(message.block)
    _must_state("blockHash", message.block_hash, block.hash)
    _must_state("time", message.time, block.time)
    state: LedgerState = node.state(block)
    found = state.council or {}
    _must_state("epoch", message.epoch, found.get("epoch"))
    council = Council(found["epoch"], found["threshold"], tuple(found["members"]))
    if desk.address not in council.members:
        raise refused("SIGNER_NODE_DIFFERS", "this key had no seat in the council at that block")
    return state


def _follows(request: Request, desk: Desk, state: LedgerState) -> None:
    """What this seat stated before must be the beginning of what it states now, and one block has one
    statement: whatever its node says today."""
    message = request.message
    for kind, block, size, root in desk.journal.stated():
        if kind != request.kind:
            continue
        fits = size <= len(state.log) and to_hex(state.log.root(size)) == root
        if (block <= message.block and not fits) or (block > message.block and message.batches > size):
            raise refused("SIGNER_SPLIT_VIEW", f"this seat stated other batches as of block {block}")


def _stated(request: Request, root: str) -> tuple[str, int, int, str]:
    size = request.message.batches if request.kind == "Checkpoint" else 0
    return request.kind, request.message.block, size, root


def _must_state(field: str, said: Any, own: Any) -> None:
    if said != own:
        shown = [to_hex(each) if isinstance(each, bytes) else str(each) for each in (said, own)]
        raise refused(
            "SIGNER_NODE_DIFFERS", f"{field} is {shown[0]} in it, and {shown[1]} by this seat's node"
        )


RULES: dict[str, Rule] = {"Checkpoint": checkpoint, "TrustSnapshot": trust_snapshot}
