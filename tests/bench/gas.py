"""Gas of each act on Ganache, with the goals of the protocol. Gas is exact: one round."""

import secrets
from typing import Any

from ledger_app.domain.samples import sample_document
from ledger_app.domain.terms import organisation_id, scheme_id
from ledger_app.proof import typed_data
from ledger_app.proof.leaf import Leaf, leaf_for
from ledger_app.proof.merkle import MerkleTree
from tests.bench.figures import Figures
from tests.bench.ledger import CARRIER, CUSTOMS, ISSUER, SCHEME, BenchLedger, deadline

NOTE = "signature and, to issue, role and accreditation checked"


def run(figures: Figures) -> None:
    """About 15 seconds."""
    with BenchLedger() as ledger:
        leaf, tree = _issues(figures, ledger)
        _acts(figures, ledger, leaf, tree)
        _anchors(figures, ledger)


def _issues(figures: Figures, ledger: BenchLedger) -> tuple[Leaf, MerkleTree]:
    alone = _leaf(0)
    ledger.issue([_leaf(1)])  # the first act of a member is a little dearer
    tree, gas = ledger.issue([alone])
    figures.add("gas_issue_one", gas, "gas", goal=75_000, less=True, note=NOTE)
    for count, most in ((1_000, 90.0), (10_000, 9.0)):
        template = _leaf(2)
        leaves = [_with_digest(template) for _ in range(count)]
        _, gas = ledger.issue(leaves)
        figures.add(f"gas_issue_each_of_{count}", gas / count, "gas/certificate", goal=most, less=True)
    return alone, tree


def _acts(figures: Figures, ledger: BenchLedger, leaf: Leaf, tree: MerkleTree) -> None:
    at, customs = leaf.hash(), organisation_id(CUSTOMS)
    shown: dict[str, Any] = {"leaf": leaf.to_json(), "proof": ["0x" + p.hex() for p in tree.proof(at)]}
    for name, place, goal in (("first", 1, 110_000), ("second", 2, None)):
        acquit = typed_data.Acquit(at, customs, place.to_bytes(32, "big"), 1, (), deadline())
        gas = ledger.act(CUSTOMS, acquit, **shown, items=[])
        figures.add(f"gas_acquit_{name}", gas, "gas", goal=goal, less=True)
    withdraw = typed_data.Withdraw(at, customs, (1).to_bytes(32, "big"), 1, deadline())
    figures.add("gas_withdraw", ledger.act(CUSTOMS, withdraw, items=[]), "gas")
    figures.add("gas_suspend", ledger.act(ISSUER, typed_data.Suspend(at, 1, 0, deadline()), **shown), "gas")
    figures.add("gas_reinstate", ledger.act(ISSUER, typed_data.Reinstate(at, 1, deadline()), **shown), "gas")
    revoked = _leaf(3)
    other, _ = ledger.issue([revoked])
    shown = {"leaf": revoked.to_json(), "proof": ["0x" + p.hex() for p in other.proof(revoked.hash())]}
    gas = ledger.act(ISSUER, typed_data.Revoke(revoked.hash(), 1, deadline()), **shown)
    figures.add("gas_revoke", gas, "gas", goal=80_000, less=True)
    _supersede(figures, ledger)


def _supersede(figures: Figures, ledger: BenchLedger) -> None:
    old, new = _leaf(4), _leaf(5)
    tree, _ = ledger.issue([old])
    follower = MerkleTree([new.hash()])
    message = typed_data.Supersede(
        old.hash(), scheme_id(SCHEME), follower.root, 1, (new.hash(),), 1, deadline()
    )
    shown = {"leaf": old.to_json(), "proof": ["0x" + p.hex() for p in tree.proof(old.hash())]}
    gas = ledger.act(ISSUER, message, **shown, successors=[{"leaf": new.to_json(), "proof": []}])
    figures.add("gas_supersede", gas, "gas")


def _anchors(figures: Figures, ledger: BenchLedger) -> None:
    reporter, stream = organisation_id(CARRIER), secrets.token_bytes(32)
    previous = bytes(32)
    for name, count, each in (("first", 1_000, True), ("second", 2_000, False)):
        head = secrets.token_bytes(32)
        gas = ledger.act(CARRIER, typed_data.Anchor(reporter, stream, previous, head, count, deadline()))
        figures.add(f"gas_anchor_{name}", gas, "gas")
        if each:
            figures.add("gas_cargo_event_of_1000", gas / count, "gas/event", goal=100, less=True)
        previous = head


def _leaf(number: int) -> Leaf:
    return leaf_for(
        sample_document(f"BENCH-{number:06}", SCHEME, issuer=ISSUER, allowance=10), secrets.token_bytes(32)
    )


def _with_digest(leaf: Leaf) -> Leaf:
    """Another certificate of the same terms: what a batch costs does not depend on what is in it."""
    values = {name: getattr(leaf, name) for name in Leaf.__dataclass_fields__}
    return Leaf(**{**values, "digest": secrets.token_bytes(32)})
