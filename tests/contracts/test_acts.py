"""Every act of the protocol, signed by the Python package and carried out by the contracts on a real chain.

An act whose typed data differed in one byte between the two would recover to a stranger and be refused.
"""

import os
from typing import Any

import pytest

from ledger_app.proof import typed_data as td
from ledger_app.proof.hashes import keccak
from ledger_app.proof.leaf import Leaf, item_leaf
from ledger_app.proof.merkle import MerkleTree
from tests.contracts.ledger import DEADLINE, RCEP, Ledger, RefusedError, a_leaf, alone, key_of, org

CHAMBER, CUSTOMS = key_of("chamber"), key_of("customs")
CLAIM = b"\7" * 32
done: set[str] = set()


def do(ledger: Ledger, act: td.Act, key: bytes, call: dict[str, Any] | None = None) -> None:
    ledger.do(act, key, call)
    done.add(type(act).__name__)


def issued(ledger: Ledger, seed: int, **more: Any) -> Leaf:
    leaf = a_leaf("chamber", seed, **more)
    ledger.issue(leaf)
    done.add("Issue")
    return leaf


def test_suspend_reinstate_and_revoke(ledger: Ledger) -> None:
    leaf = issued(ledger, 1)
    do(ledger, td.Suspend(leaf.hash(), 2, 0, DEADLINE), CHAMBER, alone(leaf))
    do(ledger, td.Reinstate(leaf.hash(), 1, DEADLINE), CHAMBER, alone(leaf))
    with pytest.raises(RefusedError, match="KEY_NOT_VALID"):
        ledger.do(td.Suspend(leaf.hash(), 2, 0, DEADLINE), CHAMBER, alone(leaf))
    do(ledger, td.Revoke(leaf.hash(), 2, DEADLINE), CHAMBER, alone(leaf))
    (standing,) = ledger.view("CertificateRegistry", "standingOf", leaf.hash())
    assert standing[:3] == (2, 2, 2)
    with pytest.raises(RefusedError, match="STATUS_FORBIDS"):
        ledger.do(td.Revoke(leaf.hash(), 2, DEADLINE), CHAMBER, alone(leaf))


def test_acquit_withdraw_and_refuse_as_a_whole(ledger: Ledger) -> None:
    leaf = issued(ledger, 2)
    do(ledger, td.Refuse(leaf.hash(), org("customs"), CLAIM, 3, DEADLINE), CUSTOMS, alone(leaf))
    do(ledger, td.Acquit(leaf.hash(), org("customs"), CLAIM, 4, (), DEADLINE), CUSTOMS, alone(leaf, items=[]))
    do(ledger, td.Withdraw(leaf.hash(), org("customs"), CLAIM, 1, DEADLINE), CUSTOMS, {"items": []})
    (claim,) = ledger.view("CertificateRegistry", "claimOf", leaf.hash(), org("customs"), CLAIM)
    assert claim[:3] == (2, 1, 4)


def itemised(ledger: Ledger, seed: int) -> tuple[Leaf, list[dict[str, Any]]]:
    """A certificate with items 1 (6 units) and 2 (4 units), and the use of 1 and 2 of them."""
    leaves = [item_leaf(1, 6), item_leaf(2, 4)]
    tree = MerkleTree(leaves)
    uses = [
        {"item": n, "allowance": a, "units": n, "proof": ["0x" + p.hex() for p in tree.proof(leaf)]}
        for (n, a), leaf in zip(((1, 6), (2, 4)), leaves, strict=True)
    ]
    return issued(ledger, seed, items_root=tree.root), uses


def test_items_are_acquitted_and_given_back(ledger: Ledger) -> None:
    leaf, uses = itemised(ledger, 3)
    units = (td.ItemUnits(1, 1), td.ItemUnits(2, 2))
    do(
        ledger,
        td.Acquit(leaf.hash(), org("customs"), CLAIM, 3, units, DEADLINE),
        CUSTOMS,
        alone(leaf, items=uses),
    )
    assert ledger.view("CertificateRegistry", "itemUsed", leaf.hash(), 2) == (2,)
    shown = [{"item": 1, "units": 1}, {"item": 2, "units": 2}]
    do(ledger, td.Withdraw(leaf.hash(), org("customs"), CLAIM, 1, DEADLINE), CUSTOMS, {"items": shown})
    assert ledger.view("CertificateRegistry", "itemUsed", leaf.hash(), 2) == (0,)


def successors_of(issuer: str, seed: int) -> tuple[bytes, tuple[bytes, ...], list[dict[str, Any]]]:
    leaves = [a_leaf(issuer, seed + n, 1) for n in range(2)]
    tree = MerkleTree([leaf.hash() for leaf in leaves])
    shown = [
        {"leaf": leaf.to_json(), "proof": ["0x" + p.hex() for p in tree.proof(leaf.hash())]}
        for leaf in leaves
    ]
    return tree.root, tuple(leaf.hash() for leaf in leaves), shown


def test_supersede(ledger: Ledger) -> None:
    leaf = issued(ledger, 4)
    root, hashes, shown = successors_of("chamber", 40)
    act = td.Supersede(leaf.hash(), RCEP, root, 2, hashes, 1, DEADLINE)
    do(ledger, act, CHAMBER, alone(leaf, successors=shown))
    assert ledger.view("CertificateRegistry", "predecessorOf", hashes[1]) == (leaf.hash(),)


def test_consume_with_items(ledger: Ledger) -> None:
    leaf, uses = itemised(ledger, 5)
    root, hashes, shown = successors_of("chamber-au", 50)
    units = (td.ItemUnits(1, 1), td.ItemUnits(2, 2))
    act = td.Consume(leaf.hash(), org("chamber-au"), 3, units, root, 2, hashes, DEADLINE)
    do(ledger, act, key_of("chamber-au"), alone(leaf, items=uses, successors=shown))
    assert ledger.view("CertificateRegistry", "predecessorOf", hashes[0]) == (leaf.hash(),)


def test_enquire_and_answer(ledger: Ledger) -> None:
    subject, reply = os.urandom(32), os.urandom(32)
    names = (org("customs"), org("chamber"))
    do(ledger, td.Enquire(*names, bytes(32), subject, 2, DEADLINE, DEADLINE), CUSTOMS)
    enquiry = keccak(names[0] + names[1] + subject)
    call = {"from": "0x" + names[0].hex(), "to": "0x" + names[1].hex(), "subject": "0x" + subject.hex()}
    do(ledger, td.Answer(enquiry, 1, reply, DEADLINE), CHAMBER, call)
    (record,) = ledger.view("CertificateRegistry", "enquiryOf", enquiry)
    assert (record[0], record[4]) == (2, 1)


def test_anchor(ledger: Ledger) -> None:
    do(ledger, td.Anchor(org("carrier"), CLAIM, bytes(32), b"\1" * 32, 5, DEADLINE), key_of("carrier"))
    head, _ = ledger.view("CargoLog", "latestOf", org("carrier"), CLAIM)
    assert head == b"\1" * 32


def test_keys_enrolment_accreditation_disowning_and_confirmation(ledger: Ledger) -> None:
    ledger.enlist("ministry", "late", 2, 1)
    done.update({"Enrol", "Accredit", "AddKey", "AcceptKey", "Vote"})
    leaf = a_leaf("late", 6)
    ledger.issue(leaf, "late")
    second = key_of("late-2")
    ledger.add_key("late", "late", second)
    ledger.vote("disown", org("late"), td.address_of(key_of("late")), 0)
    batch = leaf.batch_id(leaf.hash())
    call = {"issuer": "0x" + org("late").hex(), "scheme": "0x" + RCEP.hex(), "root": "0x" + leaf.hash().hex()}
    do(ledger, td.Confirm(batch, DEADLINE), second, call)
    third = key_of("late-3")
    until, signature = ledger.accepted("late", third)
    accepted = {"acceptance": {"deadline": until, "signature": "0x" + signature.hex()}}
    do(ledger, td.AddKey(org("late"), org("late"), td.address_of(third), DEADLINE), second, accepted)
    do(ledger, td.RetireKey(org("late"), td.address_of(second), DEADLINE), third)


def test_one_member_pauses_the_council_lifts_it_and_a_new_council_sits(ledger: Ledger) -> None:
    member = ledger.council[0]
    now = int(ledger.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    do(ledger, td.MemberPause(td.address_of(member), now + 3_600, 1, DEADLINE), member)
    with pytest.raises(RefusedError, match="PAUSED"):
        ledger.issue(a_leaf("chamber", 7))
    ledger.vote("unpause")
    newcomer = key_of("newcomer")
    seat = ledger.signature(td.AcceptSeat(td.address_of(newcomer), DEADLINE), newcomer)
    members = [*(td.address_of(key) for key in ledger.council), td.address_of(newcomer)]
    ledger.vote("setCouncil", members, 2, [(DEADLINE, (seat[:32], seat[32:]))])
    done.add("AcceptSeat")
    (_, _, epoch) = ledger.view("Consortium", "council")
    assert epoch == 2


def test_no_act_of_the_protocol_was_forgotten() -> None:
    if len(done) < 5:
        pytest.skip("this test looks back on the others of its file")
    assert done == set(td.ACTS)
