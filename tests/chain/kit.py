"""A small ledger to test on: council, members, and acts put through the outbox as the service does it."""

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger_app.chain.calls import acceptance, council_call, encode_act
from ledger_app.chain.deployment import ensure_ledger
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.submitter import Submitter
from ledger_app.domain.terms import organisation_id, scheme_id, territory_id
from ledger_app.proof import typed_data as td
from ledger_app.proof.leaf import Leaf
from ledger_app.proof.merkle import MerkleTree
from ledger_app.store import acts, outbox
from ledger_app.store.engine import Store, open_store
from tests.support import databases

AUTHORITY, ISSUER, CUSTOMS, REPORTER = 1, 2, 16, 32


def key_of(name: str) -> bytes:
    """A private key that is the same in every process of a test."""
    return name.encode().rjust(32, b"\1")


def hexed(value: bytes) -> str:
    return "0x" + value.hex()


@dataclass
class Member:
    identifier: str
    territory: str
    roles: int
    key: bytes
    id: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.id = organisation_id(self.identifier)


COUNCIL = [key_of(f"council-{i}") for i in range(3)]
MINISTRY = Member("urn:test:ministry-cn", "CN", AUTHORITY, key_of("ministry"))
CHAMBER = Member("urn:test:chamber-cn", "CN", 0, key_of("chamber"))
CUSTOMS_AU = Member("urn:test:customs-au", "AU", CUSTOMS, key_of("customs"))
CARRIER = Member("urn:test:carrier", "SG", REPORTER, key_of("carrier"))
RCEP = scheme_id("RCEP")


def deadline() -> int:
    """A day ahead, as the service has it: a clock that is an hour off must not end an act."""
    return int(time.time()) + 86_400


class World:
    """A store (one in `folder`, if none is named by its URL), a chain at `url`, and a submitter for the given
    sender.
    """

    def __init__(
        self, folder: Path, url: str, sender: bytes, *, store_url: str | None = None, **options: Any
    ) -> None:
        self.store: Store = open_store(store_url or databases.url_in(folder))
        self.store.create_all()
        self.gateway = Gateway(url)
        self.submitter = Submitter(self.store, self.gateway, sender, **options)

    def deploy(self) -> None:
        members = [td.address_of(key) for key in COUNCIL]
        ensure_ledger(self.store, self.gateway, self.submitter, council=members, threshold=2)

    def enqueue(
        self,
        act: td.Act,
        keys: Iterable[bytes],
        call: Mapping[str, Any] | None = None,
        organisation: str = "council",
    ) -> str:
        """Sign an act and queue it; its id."""
        domain = td.Domain(self.gateway.pin.chain_id, self.gateway.pin.address(act.CONTRACT))
        digest = act.digest(domain)
        signatures = [{"key": td.address_of(key), "signature": hexed(td.sign(digest, key))} for key in keys]
        kind, message = type(act).__name__, act.to_json()
        contract, calldata = encode_act(kind, message, dict(call or {}), signatures)
        with self.store.begin() as conn:
            act_id = acts.add(
                conn,
                kind=kind,
                contract=contract,
                organisation=organisation,
                message=message,
                call=dict(call or {}),
                deadline=message.get("deadline") or message["expires"],
            )
            acts.signed(conn, act_id, signatures, complete=True)
            outbox.enqueue(conn, act_id=act_id, contract=contract, calldata=calldata)
        return act_id

    def vote(self, name: str, *values: Any) -> str:
        call = council_call(name, *values)
        epoch = self.gateway.council().epoch
        return self.enqueue(td.Vote(call, secrets.token_bytes(32), epoch, deadline()), COUNCIL[:2])

    def accept(self, member: Member, key: bytes) -> tuple[int, tuple[bytes, bytes]]:
        until = deadline()
        domain = td.Domain(self.gateway.pin.chain_id, self.gateway.pin.consortium)
        digest = td.AcceptKey(member.id, td.address_of(key), until).digest(domain)
        return acceptance(until, td.sign(digest, key))

    def onboard(self) -> None:
        """Ministry, customs and carrier by the council; the chamber, accredited for RCEP, by the ministry."""
        for member in (MINISTRY, CUSTOMS_AU, CARRIER):
            self.vote("admit", member.id, territory_id(member.territory), member.roles)
            accepted = self.accept(member, member.key)
            self.vote("grantKey", member.id, td.address_of(member.key), accepted)
        until = deadline()
        self.enqueue(td.Enrol(MINISTRY.id, CHAMBER.id, ISSUER, 0, until), [MINISTRY.key])
        accepted_until, (r, vs) = self.accept(CHAMBER, CHAMBER.key)
        self.enqueue(
            td.AddKey(MINISTRY.id, CHAMBER.id, td.address_of(CHAMBER.key), until),
            [MINISTRY.key],
            {"acceptance": {"deadline": accepted_until, "signature": hexed(r + vs)}},
        )
        self.enqueue(td.Accredit(MINISTRY.id, CHAMBER.id, RCEP, 1, 0, 0, 0, until), [MINISTRY.key])
        self.submitter.settle()

    def issue(self, leaves: list[Leaf]) -> str:
        return self.issue_batch(leaves)[0]

    def issue_batch(self, leaves: list[Leaf]) -> tuple[str, str]:
        """The act's id, and the batch's root."""
        tree = MerkleTree([leaf.hash() for leaf in leaves])
        act_id = self.enqueue(td.Issue(CHAMBER.id, RCEP, tree.root, len(leaves), deadline()), [CHAMBER.key])
        return act_id, hexed(tree.root)

    def revoke(self, leaf: Leaf, reason: int = 1) -> str:
        return self.enqueue(td.Revoke(leaf.hash(), reason, deadline()), [CHAMBER.key], single(leaf))

    def suspend(self, leaf: Leaf, epoch: int = 0) -> str:
        return self.enqueue(td.Suspend(leaf.hash(), 7, epoch, deadline()), [CHAMBER.key], single(leaf))

    def reinstate(self, leaf: Leaf, epoch: int = 1) -> str:
        return self.enqueue(td.Reinstate(leaf.hash(), epoch, deadline()), [CHAMBER.key], single(leaf))

    def acquit(self, leaf: Leaf, claim: bytes, units: int = 1) -> str:
        act = td.Acquit(leaf.hash(), CUSTOMS_AU.id, claim, units, (), deadline())
        return self.enqueue(act, [CUSTOMS_AU.key], {**single(leaf), "items": []})

    def withdraw(self, leaf: Leaf, claim: bytes) -> str:
        act = td.Withdraw(leaf.hash(), CUSTOMS_AU.id, claim, 1, deadline())
        return self.enqueue(act, [CUSTOMS_AU.key], {"items": []})

    def refuse(self, leaf: Leaf, claim: bytes) -> str:
        act = td.Refuse(leaf.hash(), CUSTOMS_AU.id, claim, 3, deadline())
        return self.enqueue(act, [CUSTOMS_AU.key], single(leaf))

    def anchor(self, stream: bytes, previous: bytes, head: bytes, count: int) -> str:
        act = td.Anchor(CARRIER.id, stream, previous, head, count, deadline())
        return self.enqueue(act, [CARRIER.key])

    def act(self, act_id: str) -> acts.Act:
        with self.store.read() as conn:
            found = acts.get(conn, act_id)
        assert found is not None
        return found


def a_leaf(seed: str | None = None, allowance: int = 1) -> Leaf:
    """A certificate of the chamber for Australia."""
    digest = secrets.token_bytes(32) if seed is None else seed.encode().rjust(32, b"\2")
    return Leaf(digest, CHAMBER.id, RCEP, territory_id("AU"), 20000, 21000, allowance)


def single(leaf: Leaf) -> dict[str, Any]:
    """The `call` of an act on a certificate that is alone in its batch."""
    return {"leaf": leaf.to_json(), "proof": []}
