"""Do two statements about one ledger contradict each other? A council that shows one head to some and another
to others is found as soon as two such files meet.

A signed statement is kept as evidence: nobody but the council's members could have made it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ledger_app.errors import BadInput
from ledger_app.proof.log_tree import EMPTY_ROOT, verify_consistency
from ledger_app.proof.statements import Checkpoint, Signed, TrustSnapshot

Outcome = Literal["same", "consistent", "unproven", "split", "unrelated"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`same`: they state the same; `consistent`: proven to follow one from the other; `unproven`: nothing
    contradicts, but no proof was given; `split`: they contradict; `unrelated`: of two ledgers."""

    outcome: Outcome
    detail: str


def compare(first: Signed, second: Signed, proof: Sequence[bytes] | None = None) -> Comparison:
    """Hold two statements against each other, in either order; `proof` is the RFC 6962 consistency proof
    between the heads of two checkpoints. Signatures are the caller's to check."""
    if _ledger(first) != _ledger(second):
        return Comparison("unrelated", "they are about two ledgers")
    conflict = between(first, second)
    if conflict is not None:
        return Comparison("split", conflict)
    if not (first.is_checkpoint and second.is_checkpoint):
        return Comparison("unproven", "a snapshot and a checkpoint share only their block")
    old, new = sorted((first.statement, second.statement), key=lambda each: (each.block, each.batches))
    if old.batches == new.batches:
        same = old.block == new.block
        return Comparison("same" if same else "consistent", "they state the same batches")
    if old.batches == 0:
        return Comparison("consistent", "the older one states an empty ledger")
    if proof is None:
        return Comparison("unproven", "only a consistency proof can tell that one follows from the other")
    if verify_consistency(old.batches, new.batches, old.batches_root, new.batches_root, proof):
        return Comparison("consistent", f"{new.batches} batches begin with the same {old.batches}")
    return Comparison("unproven", "this proof does not lead from one head to the other")


def between(first: Signed, second: Signed) -> str | None:
    """Why the two cannot both be true, in words; None where nothing says so. Of two ledgers: None."""
    if _ledger(first) != _ledger(second):
        return None
    a, b = first.statement, second.statement
    if a.block == b.block:
        differing = _differing(first, second)
        if differing is not None:
            return f"two statements about block {a.block} differ in {differing}"
    old, new = (a, b) if a.block <= b.block else (b, a)
    if old.time > new.time or old.epoch > new.epoch:
        return f"block {new.block} is stated as older than block {old.block}"
    if not (first.is_checkpoint and second.is_checkpoint):
        return None
    if old.batches > new.batches:
        return f"block {old.block} had {old.batches} batches, the later block {new.block} only {new.batches}"
    if old.batches == new.batches and old.batches_root != new.batches_root:
        return f"two different heads over {old.batches} batches"
    if old.standings > new.standings:
        return f"{old.standings} standings had changed at block {old.block}, {new.standings} later"
    for each in (old, new):
        empty = ((each.batches, each.batches_root), (each.standings, each.standings_root))
        if any(size == 0 and root != EMPTY_ROOT for size, root in empty):
            return "an empty tree is stated with a root of its own"
    return None


def must_follow(first: Signed, second: Signed, proof: Sequence[bytes]) -> None:
    """Raises BadInput SPLIT_VIEW, CONSISTENCY_UNPROVEN or OTHER_LEDGER unless one checkpoint is proven to
    follow from the other."""
    found = compare(first, second, proof)
    if found.outcome in ("same", "consistent"):
        return
    reasons = {"split": "SPLIT_VIEW", "unrelated": "OTHER_LEDGER", "unproven": "CONSISTENCY_UNPROVEN"}
    raise BadInput(reasons[found.outcome], found.detail)


def _differing(first: Signed, second: Signed) -> str | None:
    """The first fact about one block in which two statements differ. Until when they are good is no fact
    about the ledger, and may differ."""
    a, b = first.statement, second.statement
    names = ["block_hash", "time", "epoch"]
    if isinstance(a, Checkpoint) and isinstance(b, Checkpoint):
        names += ["batches", "batches_root", "standings", "standings_root"]
    elif isinstance(a, TrustSnapshot) and isinstance(b, TrustSnapshot):
        names.append("content")
    return next((name for name in names if getattr(a, name) != getattr(b, name)), None)


def _ledger(signed: Signed) -> tuple[object, ...]:
    return signed.domain, signed.statement.genesis, signed.statement.registry
