"""Asking the pinned ledger, one HTTP round trip a question.

Every question goes out as one JSON-RPC batch with the chain id, block 0 and the head, so that each answer is
known to come from the pinned ledger, and how old it is. What a node says is taken only then: else
WrongLedger, NodeBehind or NodeUnavailable. Contract calls that would revert raise ActRefused with the
contract's own error as the reason code.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any, cast

from web3 import Web3

from ledger_app.chain.abi import CONTRACTS, explain, interface
from ledger_app.chain.facts import (
    RECORD_WORDS,
    Accreditation,
    Anchored,
    Batch,
    Claim,
    Confirmation,
    Council,
    Enquiry,
    Head,
    Key,
    Lookup,
    Organisation,
    Query,
    Record,
    Standing,
    read_head,
    read_record,
)
from ledger_app.chain.mirror import Mirror
from ledger_app.chain.pin import LedgerPin
from ledger_app.chain.rpc import Call, Rpc, RpcError, chunks
from ledger_app.errors import ActRefused, Broken, NodeBehind, NodeUnavailable, Unavailable, WrongLedger

__all__ = ["Gateway", "Head", "LedgerPin", "Lookup", "Query", "Record"]

#: Queries in one eth_call: about 12 million gas cold, below the caps nodes put on calls.
_CHUNK = 250
_REGISTRY, _CONSORTIUM, _CARGO = "CertificateRegistry", "Consortium", "CargoLog"


class Gateway:
    """The pinned ledger behind a node. Safe to share between threads.

    max_age: oldest acceptable head in seconds; older is NodeBehind.
    depth: how many blocks the head may step back (the chain's finality depth) before that is NodeBehind.
    sender: the address that simulated calls come from.
    mirrored: answer `lookup` from the node's event logs where that is exact.
    """

    def __init__(
        self,
        url: str,
        pin: LedgerPin | None = None,
        *,
        max_age: float = 300.0,
        depth: int = 0,
        sender: str | None = None,
        timeout: float = 30.0,
        mirrored: bool = True,
    ) -> None:
        self.rpc = Rpc(url, timeout=timeout)
        # No middleware and no name service: what we ask is checked here, and names are none of our business.
        self.w3 = Web3(self.rpc, middleware=[], ens=cast(Any, None))
        self.max_age = max_age
        self.depth = depth
        self._pin = pin
        self._sender = sender
        self._seen = 0
        self._verified = False
        self._guard = threading.Lock()
        self._mirrored = mirrored
        self.mirror = Mirror(self) if mirrored and pin is not None else None

    @property
    def pin(self) -> LedgerPin:
        """Raises Unavailable `NO_LEDGER` while nothing is deployed."""
        if self._pin is None:
            raise Unavailable("NO_LEDGER")
        return self._pin

    @property
    def pinned(self) -> bool:
        return self._pin is not None

    def use(self, pin: LedgerPin) -> None:
        """Set the pin once it is known (after our own deployment)."""
        with self._guard:
            self._pin = pin
            self._seen = 0
            self._verified = False
            self.mirror = Mirror(self) if self._mirrored else None

    # --- questions about certificates ----------------------------------------------------------------------

    def head(self) -> Head:
        """The node's head, after checking that it serves the pinned ledger and is not behind."""
        return self._ask([])[0]

    def identify(self) -> Head:
        """The node's head, after checking that it serves the pinned ledger; however old it is."""
        return self._ask([], fresh=False)[0]

    def lookup(self, queries: Sequence[Query]) -> Lookup:
        """Everything a verifier asks, for many certificates, as of one block.

        Answered from the mirror of the node's event logs while the head is the block it stands on, which each
        call asks the node first; else by the contract.
        """
        mirror = self.mirror
        if mirror is None:
            return self.lookup_from_node(queries)
        head = self.head()
        wanted = list(queries)
        found = mirror.answer(head, wanted)
        if found is None and mirror.is_near(head) and mirror.advance(head):
            found = mirror.answer(head, wanted)
        if found is None:
            return self.lookup_from_node(queries)
        records = [record for record in found if record is not None]
        if len(records) == len(wanted):
            return Lookup(head.number, head.time, head.age_seconds, tuple(records))
        return self.lookup_from_node(queries)

    def warm(self) -> bool:
        """Read a range of blocks into the mirror; True when it is at the head (the follower's thread calls
        it).
        """
        return self.mirror is None or self.mirror.advance(self.identify())

    def lookup_from_node(self, queries: Sequence[Query]) -> Lookup:
        """The same, always by `eth_call`."""
        registry = interface(_REGISTRY)
        parts = list(chunks([_values(query) for query in queries], _CHUNK)) or [[]]
        block = "latest"
        for _ in range(3):
            head, answers = self._view_raw(
                [(_REGISTRY, registry.call_many("lookup", list(part))) for part in parts], block
            )
            blocks = {answer[:64] for answer in answers}
            if len(blocks) == 1:
                number, when = (
                    int.from_bytes(answers[0][:32], "big"),
                    int.from_bytes(answers[0][32:64], "big"),
                )
                records = [r for part, a in zip(parts, answers, strict=True) for r in _records(a, len(part))]
                return Lookup(number, when, max(0.0, time.time() - when), tuple(records))
            # The head moved between two parts of one question: ask again, of one named block.
            block = hex(head.number)
        raise NodeUnavailable(
            "NODE_UNAVAILABLE", "the node answers parts of one question from different blocks"
        )

    def batch(self, batch: bytes) -> Batch:
        (value,) = self._view(_REGISTRY, "batchOf", batch)
        return Batch(*value)

    def confirmation(self, batch: bytes) -> Confirmation:
        (value,) = self._view(_REGISTRY, "confirmationOf", batch)
        return Confirmation(*value)

    def standing(self, leaf: bytes) -> Standing:
        """All zero when nothing has happened to the leaf, registered or not."""
        (value,) = self._view(_REGISTRY, "standingOf", leaf)
        return Standing(*value)

    def claim(self, leaf: bytes, customs: bytes, claim: bytes) -> Claim:
        (value,) = self._view(_REGISTRY, "claimOf", leaf, customs, claim)
        return Claim(*value)

    def enquiry(self, enquiry: bytes) -> Enquiry:
        (value,) = self._view(_REGISTRY, "enquiryOf", enquiry)
        return Enquiry(*value)

    def item_used(self, leaf: bytes, item: int) -> int:
        return int(self._view(_REGISTRY, "itemUsed", leaf, item)[0])

    def predecessor(self, leaf: bytes) -> bytes:
        return bytes(self._view(_REGISTRY, "predecessorOf", leaf)[0])

    # --- questions about members ---------------------------------------------------------------------------

    def organisation(self, organisation: bytes) -> Organisation:
        (value,) = self._view(_CONSORTIUM, "organisationOf", organisation)
        return Organisation(*value)

    def key(self, organisation: bytes, address: str) -> Key:
        (value,) = self._view(_CONSORTIUM, "keyOf", organisation, address)
        return Key(*value)

    def accreditation(self, organisation: bytes, scheme: bytes) -> Accreditation:
        (value,) = self._view(_CONSORTIUM, "accreditationOf", organisation, scheme)
        return Accreditation(*value)

    def holder(self, address: str) -> bytes:
        """The organisation that an address serves, zero = none."""
        return bytes(self._view(_CONSORTIUM, "holderOf", address)[0])

    def council(self) -> Council:
        consortium = interface(_CONSORTIUM)
        _, answers = self._view_raw(
            [(_CONSORTIUM, consortium.call("council")), (_CONSORTIUM, consortium.call("pausedUntil"))]
        )
        members, threshold, epoch = consortium.result("council", answers[0])
        (paused_until,) = consortium.result("pausedUntil", answers[1])
        return Council(tuple(members), threshold, epoch, paused_until)

    def is_executed(self, digest: bytes) -> bool:
        """Whether the vote or member's pause with this EIP-712 digest was carried out."""
        return bool(self._view(_CONSORTIUM, "isExecuted", digest)[0])

    def is_sealed(self, contract: str) -> bool:
        return bool(self._view(_CONSORTIUM, "isSealed", self.pin.address(contract))[0])

    # --- questions about cargo streams ----------------------------------------------------------------------

    def latest_head(self, reporter: bytes, stream: bytes) -> tuple[bytes, Anchored]:
        """A stream's latest head with its record; zero = none yet."""
        head, record = self._view(_CARGO, "latestOf", reporter, stream)
        return bytes(head), Anchored(*record)

    def anchor_of(self, reporter: bytes, stream: bytes, head: bytes) -> Anchored:
        (value,) = self._view(_CARGO, "anchorOf", reporter, stream, head)
        return Anchored(*value)

    # --- acts -----------------------------------------------------------------------------------------------

    def simulate(self, contract: str, calldata: bytes) -> None:
        """Try an act without sending it. Raises ActRefused with the contract's error as reason code."""
        self.simulate_many([(contract, calldata)], strict=True)

    def simulate_many(
        self, calls: Sequence[tuple[str, bytes]], *, strict: bool = False
    ) -> list[ActRefused | None]:
        """Try acts, each by itself on the head's state. `strict` raises the first refusal.

        Raises NodeUnavailable when the node gives an error that is not a contract's.
        """
        _, answers = self._ask([_eth_call(self.target(c), data, self._sender) for c, data in calls])
        outcome: list[ActRefused | None] = []
        for (contract, _), answer in zip(calls, answers, strict=True):
            refused = None
            if isinstance(answer, RpcError):
                if answer.data is None:
                    raise NodeUnavailable(
                        "NODE_UNAVAILABLE", f"the node cannot try the act: {answer.message}"
                    )
                reason, arguments = explain(answer.data)
                # A tried call runs at the last block's time, and an idle chain's is old: this pause is over.
                if reason != "PAUSED" or arguments["until"] > time.time():
                    refused = ActRefused(reason, contract=contract, arguments=arguments)
                if strict and refused is not None:
                    raise refused
            outcome.append(refused)
        return outcome

    def target(self, contract: str) -> str:
        """A contract's address, from its name or from the address itself."""
        return contract.lower() if contract.startswith("0x") else self.pin.address(contract)

    # --- inside ---------------------------------------------------------------------------------------------

    def header(self, number: int) -> Head:
        """The header of a block of the node's chain."""
        (answer,) = self.rpc.batch([("eth_getBlockByNumber", [hex(number), False])])
        return read_head(None if isinstance(answer, RpcError) else answer)

    def has_predecessors(self) -> bool:
        """Whether the registry goes on where a sealed one ended."""
        return int(self._view(_REGISTRY, "predecessor")[0], 16) != 0

    def _view(self, contract: str, name: str, *values: Any) -> tuple[Any, ...]:
        face = interface(contract)
        _, (answer,) = self._view_raw([(contract, face.call(name, *values))])
        return face.result(name, answer)

    def _view_raw(
        self, calls: Sequence[tuple[str, bytes]], block: str = "latest"
    ) -> tuple[Head, list[bytes]]:
        head, answers = self._ask([_eth_call(self.pin.address(c), data, None, block) for c, data in calls])
        for answer in answers:
            if isinstance(answer, RpcError):
                raise NodeUnavailable("NODE_UNAVAILABLE", f"the node cannot answer: {answer.message}")
        return head, [bytes.fromhex(answer[2:]) for answer in answers]

    def _ask(self, calls: Sequence[Call], *, fresh: bool = True) -> tuple[Head, list[Any]]:
        pin = self.pin
        if not self._verified:
            self._verify(pin)
        try:
            answers = self.rpc.batch([*_IDENTITY, *calls])
        except NodeUnavailable:
            self._verified = False  # what comes back at this address may be another node
            raise
        head = self._check_identity(pin, answers[:3])
        if fresh:
            self._check_age(pin, head)
        return head, answers[3:]

    def _check_identity(self, pin: LedgerPin, answers: Sequence[Any]) -> Head:
        chain_id, genesis, latest = answers
        try:
            if isinstance(chain_id, RpcError) or isinstance(genesis, RpcError):
                raise NodeUnavailable("NODE_UNAVAILABLE", "the node does not say which chain it serves")
            if int(chain_id, 16) != pin.chain_id:
                raise WrongLedger("WRONG_LEDGER", f"chain id {int(chain_id, 16)}, pinned {pin.chain_id}")
            if genesis is None or genesis["hash"].lower() != pin.genesis.lower():
                raise WrongLedger("WRONG_LEDGER", "the node's block 0 is not the pinned one")
            head = read_head(latest)
        except (TypeError, KeyError, ValueError, AttributeError) as bad:
            raise NodeUnavailable("NODE_UNAVAILABLE", f"the node's answer makes no sense: {bad}") from bad
        return head

    def _check_age(self, pin: LedgerPin, head: Head) -> None:
        if head.age_seconds > self.max_age:
            raise NodeBehind(
                "NODE_BEHIND",
                f"its last block is {head.age_seconds:.0f} s old",
                age_seconds=int(head.age_seconds),
            )
        if head.number < max(self._seen - self.depth, pin.first_block):
            raise NodeBehind("NODE_BEHIND", f"it is at block {head.number}, we have seen block {self._seen}")
        self._seen = max(self._seen, head.number)

    def _verify(self, pin: LedgerPin) -> None:
        """The code at the pinned addresses is our contracts', and they belong together.

        Done when a connection is new: a chain with the pinned block 0 that has the contracts keeps them.
        """
        codes: list[Call] = [("eth_getCode", [pin.address(name), "latest"]) for name in CONTRACTS]
        links = [
            _eth_call(pin.address(name), interface(name).call("consortium"), None)
            for name in (_REGISTRY, _CARGO)
        ]
        answers = self.rpc.batch([*_IDENTITY, *codes, *links])
        self._check_identity(pin, answers[:3])
        for name, code in zip(CONTRACTS, answers[3:6], strict=True):
            if not isinstance(code, str) or not interface(name).is_code(bytes.fromhex(code[2:])):
                raise WrongLedger(
                    "WRONG_LEDGER", f"the code at the pinned address is not {name}'s", contract=name
                )
        for name, answer in zip((_REGISTRY, _CARGO), answers[6:], strict=True):
            if not isinstance(answer, str):
                raise NodeUnavailable("NODE_UNAVAILABLE", "the node cannot answer for the contracts")
            if "0x" + answer[-40:].lower() != pin.address(_CONSORTIUM):
                raise WrongLedger("WRONG_LEDGER", f"{name} belongs to another consortium", contract=name)
        self._verified = True


_IDENTITY: tuple[Call, ...] = (
    ("eth_chainId", []),
    ("eth_getBlockByNumber", ["0x0", False]),
    ("eth_getBlockByNumber", ["latest", False]),
)


def _eth_call(to: str, data: bytes, sender: str | None, block: str = "latest") -> Call:
    request = {"to": to, "data": "0x" + data.hex()}
    if sender is not None:
        request["from"] = sender
    return "eth_call", [request, block]


def _values(query: Query) -> tuple[bytes, ...]:
    return (query.leaf, query.batch, query.issuer, query.scheme, query.claim_key)


def _records(answer: bytes, count: int) -> list[Record]:
    size = 32 * RECORD_WORDS
    if len(answer) != 128 + count * size or int.from_bytes(answer[96:128], "big") != count:
        raise Broken("NODE_ANSWER", "the answer of lookup has another length than asked for")
    return [read_record(answer, 128 + i * size) for i in range(count)]
