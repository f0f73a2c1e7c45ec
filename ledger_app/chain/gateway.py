"""Asking the pinned ledger, one HTTP round trip a question.

How a question is put, and when an answer is taken, says `PinnedNode`. Contract calls that would revert raise
ActRefused with the contract's own error as the reason code.
"""

import time
from collections.abc import Sequence

from ledger_app.chain.abi import explain, interface
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
    read_record,
)
from ledger_app.chain.mirror import Mirror
from ledger_app.chain.pinned import CARGO, CONSORTIUM, REGISTRY, PinnedNode, eth_call
from ledger_app.chain.rpc import RpcError, chunks
from ledger_app.config import LedgerPin
from ledger_app.errors import ActRefused, Broken, NodeUnavailable

__all__ = ["Gateway", "Head", "LedgerPin", "Lookup", "Query", "Record"]

#: Queries in one eth_call: about 12 million gas cold, below the caps nodes put on calls.
_CHUNK = 250


class Gateway(PinnedNode):
    """The pinned ledger behind a node. Safe to share between threads.

    max_age: oldest acceptable head in seconds; older, or as far ahead of the clock, is NodeBehind.
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
        super().__init__(url, pin, max_age=max_age, depth=depth, timeout=timeout)
        self._sender = sender
        self._mirrored = mirrored
        self.mirror = Mirror(self) if mirrored and pin is not None else None

    def use(self, pin: LedgerPin) -> None:
        """Set the pin once it is known (after our own deployment)."""
        super().use(pin)
        self.mirror = Mirror(self) if self._mirrored else None

    # --- questions about certificates ----------------------------------------------------------------------

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
        registry = interface(REGISTRY)
        parts = list(chunks([_values(query) for query in queries], _CHUNK)) or [[]]
        block = "latest"
        for _ in range(3):
            head, answers = self._view_raw(
                [(REGISTRY, registry.call_many("lookup", list(part))) for part in parts], block
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

    def has_predecessors(self) -> bool:
        """Whether the registry or the cargo log goes on where a sealed one ended."""
        return any(int(self._view(contract, "predecessor")[0], 16) for contract in (REGISTRY, CARGO))

    def batch(self, batch: bytes) -> Batch:
        (value,) = self._view(REGISTRY, "batchOf", batch)
        return Batch(*value)

    def confirmation(self, batch: bytes) -> Confirmation:
        (value,) = self._view(REGISTRY, "confirmationOf", batch)
        return Confirmation(*value)

    def standing(self, leaf: bytes) -> Standing:
        """All zero when nothing has happened to the leaf, registered or not."""
        (value,) = self._view(REGISTRY, "standingOf", leaf)
        return Standing(*value)

    def claim(self, leaf: bytes, customs: bytes, claim: bytes) -> Claim:
        (value,) = self._view(REGISTRY, "claimOf", leaf, customs, claim)
        return Claim(*value)

    def enquiry(self, enquiry: bytes) -> Enquiry:
        (value,) = self._view(REGISTRY, "enquiryOf", enquiry)
        return Enquiry(*value)

    def item_used(self, leaf: bytes, item: int) -> int:
        return int(self._view(REGISTRY, "itemUsed", leaf, item)[0])

    def predecessor(self, leaf: bytes) -> bytes:
        return bytes(self._view(REGISTRY, "predecessorOf", leaf)[0])

    # --- questions about members ---------------------------------------------------------------------------

    def organisation(self, organisation: bytes) -> Organisation:
        (value,) = self._view(CONSORTIUM, "organisationOf", organisation)
        return Organisation(*value)

    def key(self, organisation: bytes, address: str) -> Key:
        (value,) = self._view(CONSORTIUM, "keyOf", organisation, address)
        return Key(*value)

    def accreditation(self, organisation: bytes, scheme: bytes) -> Accreditation:
        (value,) = self._view(CONSORTIUM, "accreditationOf", organisation, scheme)
        return Accreditation(*value)

    def holder(self, address: str) -> bytes:
        """The organisation that an address serves, zero = none."""
        return bytes(self._view(CONSORTIUM, "holderOf", address)[0])

    def council(self) -> Council:
        consortium = interface(CONSORTIUM)
        _, answers = self._view_raw(
            [(CONSORTIUM, consortium.call("council")), (CONSORTIUM, consortium.call("pausedUntil"))]
        )
        members, threshold, epoch = consortium.result("council", answers[0])
        (paused_until,) = consortium.result("pausedUntil", answers[1])
        return Council(tuple(members), threshold, epoch, paused_until)

    def is_executed(self, digest: bytes) -> bool:
        """Whether the vote or member's pause with this EIP-712 digest was carried out."""
        return bool(self._view(CONSORTIUM, "isExecuted", digest)[0])

    def is_sealed(self, contract: str) -> bool:
        return bool(self._view(CONSORTIUM, "isSealed", self.pin.address(contract))[0])

    # --- questions about cargo streams ----------------------------------------------------------------------

    def latest_head(self, reporter: bytes, stream: bytes) -> tuple[bytes, Anchored]:
        """A stream's latest head with its record; zero = none yet."""
        head, record = self._view(CARGO, "latestOf", reporter, stream)
        return bytes(head), Anchored(*record)

    def latest_heads(self, streams: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, Anchored]]:
        """The same for many streams (reporter, stream) as of one block, from the mirror as `lookup` is."""
        if not streams:
            return []
        mirror = self.mirror
        if mirror is not None:
            head = self.head()
            found = mirror.heads(head, list(streams))
            if found is None and mirror.is_near(head) and mirror.advance(head):
                found = mirror.heads(head, list(streams))
            if found is not None:
                return found
        log = interface(CARGO)
        _, answers = self._view_raw([(CARGO, log.call("latestOf", *stream)) for stream in streams])
        results = (log.result("latestOf", answer) for answer in answers)
        return [(bytes(latest), Anchored(*record)) for latest, record in results]

    def anchor_of(self, reporter: bytes, stream: bytes, head: bytes) -> Anchored:
        (value,) = self._view(CARGO, "anchorOf", reporter, stream, head)
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
        _, answers = self._ask([eth_call(self.target(c), data, self._sender) for c, data in calls])
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


def _values(query: Query) -> tuple[bytes, ...]:
    return (query.leaf, query.batch, query.issuer, query.scheme, query.claim_key)


def _records(answer: bytes, count: int) -> list[Record]:
    size = 32 * RECORD_WORDS
    if len(answer) != 128 + count * size or int.from_bytes(answer[96:128], "big") != count:
        raise Broken("NODE_ANSWER", "the answer of lookup has another length than asked for")
    return [read_record(answer, 128 + i * size) for i in range(count)]
