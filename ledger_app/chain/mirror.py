"""The ledger's facts in memory, read from the node's own event logs: a verification costs one cheap call.

An `eth_call` runs the contract in the node's interpreter: 20 ms on Ganache. The head's hash says whether
anything can have changed since the mirror was read; asking for it takes a fifth of a millisecond. As long as
the head is the one that the mirror stands on, its answers are what the contract would answer; when the head
moved, the few new events are read first. Nothing comes from our database. What events do not tell (the items
of an acquittal) is left to the contract.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ledger_app.chain import logs
from ledger_app.chain.facts import (
    ZERO,
    ZERO_ADDRESS,
    Accreditation,
    Anchored,
    Batch,
    Claim,
    Confirmation,
    Head,
    Key,
    Organisation,
    Query,
    Record,
    Standing,
)
from ledger_app.domain.standing import GIVEN_BY_AUTHORITY, Status
from ledger_app.proof.hashes import keccak

if TYPE_CHECKING:
    from ledger_app.chain.gateway import Gateway

#: Blocks that a question may still catch up on by itself; further behind, it asks the contract.
NEAR = 64
_SPAN = 500
_LIMIT = 1_000_000
_GOOD, _SUSPENDED, _REVOKED, _SUPERSEDED = map(int, Status)

_NO_BATCH = Batch(ZERO_ADDRESS, 0, 0, 0)
_NO_CONFIRMATION = Confirmation(ZERO_ADDRESS, 0)
_NO_STANDING = Standing(0, 0, 0, 0, 0)
_NO_CLAIM = Claim(0, 0, 0, 0, ZERO)
_NO_ORGANISATION = Organisation(bytes(8), 0, 0, 0)
_NO_KEY = Key(0, 0, 0, False, False)
_NO_ACCREDITATION = Accreditation(0, 0, 0, 0, 0)
_NO_HEAD = (ZERO, Anchored(0, 0))
_CONTRACTS = ("Consortium", "CertificateRegistry", "CargoLog")


class Mirror:
    """Facts as of one block. Safe to share between threads."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._lock = threading.Lock()
        self._usable: bool | None = None
        self._clear()

    def _clear(self) -> None:
        self._number = self._gateway.pin.first_block - 1
        self._hash: str | None = None
        self._batches: dict[bytes, Batch] = {}
        self._confirmations: dict[bytes, Confirmation] = {}
        self._standings: dict[bytes, Standing] = {}
        self._predecessors: dict[bytes, bytes] = {}
        self._claims: set[bytes] = set()
        self._organisations: dict[bytes, Organisation] = {}
        self._keys: dict[tuple[bytes, str], Key] = {}
        self._accreditations: dict[tuple[bytes, bytes], Accreditation] = {}
        self._heads: dict[tuple[bytes, bytes], tuple[bytes, Anchored]] = {}

    def answer(self, head: Head, queries: list[Query]) -> list[Record | None] | None:
        """Records as of `head`; None in a place only the contract can fill, None altogether when not at
        `head`.
        """
        with self._lock:
            if self._hash != head.hash:
                return None
            return [self._record(query) for query in queries]

    def heads(self, head: Head, streams: list[tuple[bytes, bytes]]) -> list[tuple[bytes, Anchored]] | None:
        """The latest heads of cargo streams (reporter, stream) as of `head`; None when not at `head`."""
        with self._lock:
            if self._hash != head.hash:
                return None
            return [self._heads.get(stream, _NO_HEAD) for stream in streams]

    def advance(self, head: Head) -> bool:
        """Read one range of blocks towards `head`; True when the mirror stands on it.

        Raises what the gateway raises. After a reorganisation it starts over.
        """
        if self._usable is None:
            self._usable = self._gateway.has_predecessors() is False
        if not self._usable:
            return False
        with self._lock:
            number, known = self._number, self._hash
        if known == head.hash:
            return True
        if number >= head.number:
            self._restart(known)
            return False
        last = head
        if head.number - number > _SPAN:
            last = self._gateway.header(number + _SPAN)
        try:
            found = logs.read_range(self._gateway, number + 1, last, known, _CONTRACTS)
        except logs.ChainMovedError:
            self._restart(known)
            return False
        with self._lock:
            if self._hash != known or self._number != number:
                return False
            for log in found.logs:
                step = _STEPS.get(log.name)
                if step is not None:
                    step(self, log.block_time, log.args)
            self._number, self._hash = last.number, last.hash
            if len(self._batches) + len(self._standings) + len(self._heads) > _LIMIT:
                self._usable = False
                self._clear()
        return self._hash == head.hash

    def is_near(self, head: Head) -> bool:
        """Whether one short read brings the mirror to `head`."""
        return self._usable is not False and 0 <= head.number - self._number <= NEAR

    def _restart(self, known: str | None) -> None:
        with self._lock:
            if self._hash == known:
                self._clear()

    # --- answering ------------------------------------------------------------------------------------------

    def _record(self, query: Query) -> Record | None:
        if query.claim_key in self._claims:
            return None
        batch = self._batches.get(query.batch, _NO_BATCH)
        confirmation = self._confirmations.get(query.batch, _NO_CONFIRMATION)
        return Record(
            batch,
            confirmation,
            self._is_disowned(query.issuer, batch, confirmation),
            self._standings.get(query.leaf, _NO_STANDING),
            self._predecessors.get(query.leaf, ZERO),
            _NO_CLAIM,
            self._organisations.get(query.issuer, _NO_ORGANISATION),
            self._keys.get((query.issuer, batch.key), _NO_KEY),
            self._accreditations.get((query.issuer, query.scheme), _NO_ACCREDITATION),
        )

    def _is_disowned(self, issuer: bytes, batch: Batch, confirmation: Confirmation) -> bool:
        """As `RegistryState._isDisowned`."""
        if not self._key_disowned(issuer, batch.key, batch.time):
            return False
        return confirmation.time == 0 or self._key_disowned(issuer, confirmation.key, confirmation.time)

    def _key_disowned(self, issuer: bytes, key: str, time: int) -> bool:
        record = self._keys.get((issuer, key), _NO_KEY)
        return record.disowned and record.disowned_since <= time

    # --- following, one method an event ---------------------------------------------------------------------

    def on_issued(self, time: int, a: dict[str, Any]) -> None:
        self._batches[a["batch"]] = Batch(a["key"], time, a["count"], a["kind"])

    def on_confirmed(self, time: int, a: dict[str, Any]) -> None:
        self._confirmations[a["batch"]] = Confirmation(a["key"], time)

    def _change(self, time: int, leaf: bytes, **values: int) -> None:
        old = self._standings.get(leaf, _NO_STANDING)
        self._standings[leaf] = Standing(
            values.get("status", old.status),
            values.get("reason", old.reason),
            values.get("epoch", old.epoch),
            values.get("used", old.used),
            time,
        )

    def on_suspended(self, time: int, a: dict[str, Any]) -> None:
        self._change(time, a["leaf"], status=_SUSPENDED, reason=a["reason"], epoch=a["epoch"])

    def on_reinstated(self, time: int, a: dict[str, Any]) -> None:
        self._change(time, a["leaf"], status=_GOOD, epoch=a["epoch"])

    def on_revoked(self, time: int, a: dict[str, Any]) -> None:
        self._change(time, a["leaf"], status=_REVOKED, reason=a["reason"])

    def on_superseded(self, time: int, a: dict[str, Any]) -> None:
        self._change(time, a["leaf"], status=_SUPERSEDED, reason=a["reason"])

    def on_succeeded(self, _time: int, a: dict[str, Any]) -> None:
        self._predecessors[a["successor"]] = a["original"]

    def on_acquitted(self, time: int, a: dict[str, Any]) -> None:
        self._change(time, a["leaf"], used=a["used"])
        self._claimed(a)

    def on_withdrawn(self, time: int, a: dict[str, Any]) -> None:
        self._change(time, a["leaf"], used=a["used"])
        self._claimed(a)

    def on_consumed(self, time: int, a: dict[str, Any]) -> None:
        self._change(time, a["leaf"], used=a["used"])

    def on_refused(self, _time: int, a: dict[str, Any]) -> None:
        self._claimed(a)

    def _claimed(self, a: dict[str, Any]) -> None:
        self._claims.add(keccak(a["leaf"] + a["customs"] + a["claim"]))

    def on_admitted(self, time: int, a: dict[str, Any]) -> None:
        self._member(time, a, a["roles"], GIVEN_BY_AUTHORITY, None)

    def on_enrolled(self, time: int, a: dict[str, Any]) -> None:
        self._member(time, a, a["roles"], ~GIVEN_BY_AUTHORITY, a["epoch"])

    def _member(self, time: int, a: dict[str, Any], roles: int, keeps: int, epoch: int | None) -> None:
        old = self._organisations.get(a["organisation"], _NO_ORGANISATION)
        self._organisations[a["organisation"]] = Organisation(
            a["territory"],
            (old.roles & keeps) | roles,
            old.epoch if epoch is None else epoch,
            old.since or time,
        )

    def on_accredited(self, time: int, a: dict[str, Any]) -> None:
        self._accreditations[(a["organisation"], a["scheme"])] = Accreditation(
            a["kind"], a["fromDay"], a["untilDay"], a["epoch"], time
        )

    def on_key_added(self, time: int, a: dict[str, Any]) -> None:
        self._keys[(a["organisation"], a["key"])] = Key(time, 0, 0, False, a["vouched"])

    def on_key_ended(self, time: int, a: dict[str, Any]) -> None:
        old = self._keys[(a["organisation"], a["key"])]
        self._keys[(a["organisation"], a["key"])] = Key(
            old.since, time, old.disowned_since, old.disowned, old.vouched
        )

    def on_key_disowned(self, _time: int, a: dict[str, Any]) -> None:
        old = self._keys[(a["organisation"], a["key"])]
        self._keys[(a["organisation"], a["key"])] = Key(old.since, old.until, a["since"], True, old.vouched)

    def on_head_anchored(self, time: int, a: dict[str, Any]) -> None:
        self._heads[(a["reporter"], a["stream"])] = (a["head"], Anchored(a["count"], time))


#: What each event changes.
_STEPS: dict[str, Callable[[Mirror, int, dict[str, Any]], None]] = {
    "Issued": Mirror.on_issued,
    "Confirmed": Mirror.on_confirmed,
    "Suspended": Mirror.on_suspended,
    "Reinstated": Mirror.on_reinstated,
    "Revoked": Mirror.on_revoked,
    "Superseded": Mirror.on_superseded,
    "Succeeded": Mirror.on_succeeded,
    "Acquitted": Mirror.on_acquitted,
    "Withdrawn": Mirror.on_withdrawn,
    "Consumed": Mirror.on_consumed,
    "Refused": Mirror.on_refused,
    "Admitted": Mirror.on_admitted,
    "Enrolled": Mirror.on_enrolled,
    "Accredited": Mirror.on_accredited,
    "KeyAdded": Mirror.on_key_added,
    "KeyEnded": Mirror.on_key_ended,
    "KeyDisowned": Mirror.on_key_disowned,
    "HeadAnchored": Mirror.on_head_anchored,
}
