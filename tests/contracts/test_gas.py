"""What acts cost on Ganache. Gas is deterministic, so these bounds are exact promises, not measurements."""

import os

from ledger_app.proof import typed_data as td
from ledger_app.proof.leaf import Leaf
from tests.contracts.ledger import DEADLINE, RCEP, Ledger, a_leaf, alone, key_of, org


def issue_batch(ledger: Ledger, count: int) -> int:
    root = os.urandom(32)
    return ledger.do(td.Issue(org("chamber"), RCEP, root, count, DEADLINE), key_of("chamber"))


def revoke(ledger: Ledger, leaf: Leaf) -> int:
    return ledger.do(td.Revoke(leaf.hash(), 1, DEADLINE), key_of("chamber"), alone(leaf))


def test_issuing_one_costs_at_most_75000_with_signature_and_accreditation_checked(ledger: Ledger) -> None:
    assert ledger.issue(a_leaf("chamber", 100)) <= 75_000


def test_a_batch_costs_the_same_whatever_its_size(ledger: Ledger) -> None:
    thousand, ten_thousand = issue_batch(ledger, 1_000), issue_batch(ledger, 10_000)
    assert thousand / 1_000 <= 90
    assert ten_thousand / 10_000 <= 9
    # Only the zero bytes in the calldata differ.
    assert abs(thousand - ten_thousand) <= 2_000


def test_revoking_costs_at_most_80000(ledger: Ledger) -> None:
    leaf = a_leaf("chamber", 101)
    ledger.issue(leaf)
    assert revoke(ledger, leaf) <= 80_000


def test_the_first_acquittal_costs_at_most_110000_and_the_next_less(ledger: Ledger) -> None:
    leaf = a_leaf("chamber", 102)
    ledger.issue(leaf)

    def acquit(claim: bytes) -> int:
        act = td.Acquit(leaf.hash(), org("customs"), claim, 1, (), DEADLINE)
        return ledger.do(act, key_of("customs"), alone(leaf, items=[]))

    first = acquit(os.urandom(32))
    assert first <= 110_000
    assert acquit(os.urandom(32)) < first


def test_an_event_in_an_anchor_of_a_thousand_costs_at_most_100(ledger: Ledger) -> None:
    stream, head = os.urandom(32), os.urandom(32)
    first = ledger.do(td.Anchor(org("carrier"), stream, bytes(32), head, 1_000, DEADLINE), key_of("carrier"))
    assert first / 1_000 <= 100
    next_ = ledger.do(
        td.Anchor(org("carrier"), stream, head, os.urandom(32), 2_000, DEADLINE), key_of("carrier")
    )
    assert next_ < first
