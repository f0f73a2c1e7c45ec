"""An in-memory ledger for tests of verification: what is registered, and the facts that a lookup would
bring."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from ledger_app.domain.standing import AccreditationKind, Role
from ledger_app.domain.terms import territory_id
from ledger_app.proof.bundle import Bundle, Registered
from ledger_app.proof.check import Judgement, judge, lookup_of
from ledger_app.proof.commitments import disclose
from ledger_app.proof.facts import (
    AccreditationFact,
    BatchFact,
    Facts,
    KeyFact,
    OrganisationFact,
    Pin,
    Question,
)
from ledger_app.proof.leaf import leaf_for
from ledger_app.proof.merkle import MerkleTree
from tests.vectors.cases import CHAIN_ID, GENESIS, REGISTRY, certificate, seeded

PIN = Pin(CHAIN_ID, bytes.fromhex(GENESIS[2:]), REGISTRY)
KEY = "0x" + "4b" * 20
REGISTERED_AT = 1_795_305_600  # 2026-11-22
AT = date(2026, 12, 1)


@dataclass
class Ledger:
    """Batches by id. `register` issues documents as one batch and returns their full bundles."""

    batches: dict[bytes, BatchFact] = field(default_factory=dict)

    def register(
        self,
        *documents: dict[str, Any],
        kind: AccreditationKind = AccreditationKind.AUTHORITY_ISSUED,
    ) -> list[Bundle]:
        secrets = [seeded(f"secret of {place}") for place in range(len(documents))]
        leaves = [leaf_for(document, secret) for document, secret in zip(documents, secrets, strict=True)]
        tree = MerkleTree(leaf.hash() for leaf in leaves)
        self.batches[leaves[0].batch_id(tree.root)] = BatchFact(KEY, REGISTERED_AT, len(leaves), kind)
        where = Registered(PIN.chain_id, PIN.genesis, PIN.registry)
        return [
            Bundle(leaf, tree.proof(leaf.hash()), where, document=document, secret=secret)
            for leaf, document, secret in zip(leaves, documents, secrets, strict=True)
        ]

    def facts(self, bundle: Bundle, **changes: Any) -> Facts:
        """What this ledger says about a bundle; `changes` replace facts."""
        asked = lookup_of(bundle)
        facts = Facts(
            leaf=asked.leaf,
            batch_id=asked.batch_id,
            block=77,
            time=REGISTERED_AT + 60,
            age_seconds=3,
            batch=self.batches.get(asked.batch_id),
            organisation=OrganisationFact(territory_id("CN"), Role.ISSUER, 1),
            key=KeyFact(since=1),
            accreditation=AccreditationFact(AccreditationKind.AUTHORITY_ISSUED, 1),
        )
        return replace(facts, **changes)

    def judge(self, bundle: Bundle, at: date = AT, **changes: Any) -> Judgement:
        """The judgement on a bundle by this ledger's facts."""
        return judge(bundle, PIN, self.facts(bundle, **changes), Question(at))


def partial(bundle: Bundle, *pointers: str) -> Bundle:
    """The bundle with only these fields shown."""
    assert bundle.document is not None
    assert bundle.secret is not None
    disclosure = disclose(bundle.document, bundle.secret, pointers)
    return replace(bundle, document=None, secret=None, disclosure=disclosure)


def one_registered(**changes: Any) -> tuple[Ledger, Bundle]:
    """A ledger with a batch of three, and the bundle of one of them."""
    ledger = Ledger()
    documents = [certificate(number=f"N-{i}") for i in range(2)]
    return ledger, ledger.register(*documents, certificate(**changes))[2]
