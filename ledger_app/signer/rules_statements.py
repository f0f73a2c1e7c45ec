"""Rules for what the council states off chain: a seat signs only what it comes to from its own node."""

from typing import Any

from ledger_app import errors
from ledger_app.proof import split_view
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.ledger_state import LedgerState
from ledger_app.proof.log_tree import EMPTY_ROOT
from ledger_app.proof.sorted_tree import SortedTree
from ledger_app.proof.statements import Council, Signed
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
    stated = _consistent(request, desk)
    _continues(request, desk, state)
    return Finding(
        f"State that block {message.block} ({when(message.time)}) holds {message.batches} batches and "
        f"{message.standings} changes of standing; good until {when(message.expires)}",
        stated=stated.to_json(),
    )


def trust_snapshot(request: Request, desk: Desk) -> Finding:
    message, state = request.message, _own_state(request, desk)
    content = state.members()
    _must_state("content", message.content, content_hash(content))
    stated = _consistent(request, desk)
    disowned = sum(row["disowned"] is not None for row in content["keys"])
    return Finding(
        f"State who the members were at block {message.block} ({when(message.time)}): "
        f"{len(content['organisations'])} organisations, {len(content['keys'])} keys ({disowned} disowned); "
        f"good until {when(message.expires)}",
        stated=stated.to_json(),
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


def _consistent(request: Request, desk: Desk) -> Signed:
    """The statement, after holding it against everything that this seat stated before, of either kind: two
    that contradict each other are never both signed here, whatever its node says today."""
    stated = Signed(request.domain, request.message, ())
    for earlier in desk.journal.stated():
        conflict = split_view.between(stated, earlier)
        if conflict is not None:
            raise refused("SIGNER_SPLIT_VIEW", f"this seat stated otherwise before: {conflict}")
    return stated


def _continues(request: Request, desk: Desk, state: LedgerState) -> None:
    """What this seat stated of earlier blocks must be the beginning of what it states now, and this the
    beginning of what it stated of later ones. `state` is of no use afterwards."""
    message = request.message
    checkpoints = [each.statement for each in desk.journal.stated() if each.is_checkpoint]
    for before in (each for each in checkpoints if each.block <= message.block):
        # No head above the size of this one is left: that would have been a contradiction.
        if state.log.root(before.batches) != before.batches_root:
            raise _other_batches(before.block)
    after = [each for each in checkpoints if each.block > message.block]
    if after:
        # One is enough: those beyond it continue it.
        next_ = min(after, key=lambda each: int(each.block))
        log = desk.node.state(desk.node.block(next_.block)).log if desk.node is not None else state.log
        if (len(log), log.root()) != (next_.batches, next_.batches_root) or (
            log.root(message.batches) != message.batches_root
        ):
            raise _other_batches(next_.block)


def _other_batches(block: int) -> errors.NotPermitted:
    return refused("SIGNER_SPLIT_VIEW", f"this seat stated other batches as of block {block}")


def _must_state(field: str, said: Any, own: Any) -> None:
    if said != own:
        shown = [to_hex(each) if isinstance(each, bytes) else str(each) for each in (said, own)]
        raise refused(
            "SIGNER_NODE_DIFFERS", f"{field} is {shown[0]} in it, and {shown[1]} by this seat's node"
        )


RULES: dict[str, Rule] = {"Checkpoint": checkpoint, "TrustSnapshot": trust_snapshot}
