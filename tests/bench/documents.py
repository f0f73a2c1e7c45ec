"""Documents prepared for issuing, each second and core, beside TradeTrust's wrap of the same document.

Both start from a parsed document. Preparing draws a fresh secret, commits to every field, makes the leaf and
the tree over a batch of 100. TradeTrust wrap checks its schema (which asks for issuers alone), salts and
hashes every field, and for many builds its tree; of its forms the faster one counts. Checking our document
against the rules of trade has no counterpart there and is a figure of its own. Seconds are processor time.
"""

import secrets
import statistics

from ledger_app.domain.certificate import document, parse_certificate
from ledger_app.domain.samples import sample_document
from ledger_app.proof.canonical import canonical_bytes, parse_object
from ledger_app.proof.commitments import commit
from ledger_app.proof.leaf import leaf_for
from ledger_app.proof.merkle import MerkleTree
from tests.bench.figures import Figures, per_core_second
from tests.bench.peer import Peer

ROUNDS = 11
SECONDS = 0.4


def run(figures: Figures) -> None:
    """About 15 seconds."""
    sample = sample_document()
    raw = canonical_bytes(sample)
    values = len(commit(sample, bytes(32)))

    def prepare() -> int:
        MerkleTree([leaf_for(sample, secrets.token_bytes(32)).hash() for _ in range(100)])
        return 100

    def read() -> int:
        for _ in range(50):
            document(parse_certificate(parse_object(raw)))
        return 50

    ours, reads, single, many = [], [], [], []
    with Peer() as peer:
        peer.ask("wrap", document=sample, seconds=0.3)  # lets its compiler warm up
        for _ in range(ROUNDS):
            ours.append(per_core_second(prepare, SECONDS))
            reads.append(per_core_second(read, SECONDS / 2))
            wrapped = peer.ask("wrap", document=sample, seconds=SECONDS / 2)
            single.append(wrapped["single"]["count"] / wrapped["single"]["seconds"])
            many.append(wrapped["many"]["count"] / wrapped["many"]["seconds"])
    size = f"{values} values, {len(raw):,} bytes"
    figures.add(
        "documents_prepared", ours, "documents/s/core", note=f"secret, commitments, leaf, tree; {size}"
    )
    figures.add(
        "documents_read", reads, "documents/s/core", note="parsed strictly and checked by the rules of trade"
    )
    figures.add("tradetrust_wrap_one", single, "documents/s/core", note="wrapDocument, the same document")
    figures.add("tradetrust_wrap_many", many, "documents/s/core", note="wrapDocuments, 100 at a time")
    # Round by round, what stands beside each other was measured within a second.
    theirs = max(single, many, key=statistics.median)
    times = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    figures.add("documents_prepared_vs_tradetrust", times, "times", goal=5)
