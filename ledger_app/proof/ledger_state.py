"""What the ledger's events add up to, as far as checkpoints and trust snapshots state it: a pure fold.

The service folds the events of its index, each council member's signer those of its own node; both must come
to the same bytes. Event arguments are plain: `0x…` strings and integers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger_app.domain.standing import GIVEN_BY_AUTHORITY, Status
from ledger_app.proof.hashes import sha256
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.log_tree import LogTree

_BATCH = b"origin-ledger/batch-entry/v1\0"
_KEY = b"origin-ledger/standing-key/v1\0"
_ZERO = bytes(32)
_GOOD, _SUSPENDED, _REVOKED, _SUPERSEDED = map(int, Status)


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """A registered batch: id, the key that signed (`0x…`), block time, count claimed, kind of right."""

    batch: bytes
    key: str
    time: int
    count: int
    kind: int

    def data(self) -> bytes:
        """The leaf data in the log of batches."""
        return (
            _BATCH
            + self.batch
            + from_hex(self.key, 20)
            + self.time.to_bytes(8, "big")
            + self.count.to_bytes(4, "big")
            + self.kind.to_bytes(1, "big")
        )


@dataclass(frozen=True, slots=True)
class StandingEntry:
    """What happened to a leaf; `predecessor` is zero where it has none."""

    status: int = _GOOD
    reason: int = 0
    epoch: int = 0
    used: int = 0
    time: int = 0
    predecessor: bytes = _ZERO

    def value(self) -> bytes:
        """55 bytes."""
        return (
            self.status.to_bytes(1, "big")
            + self.reason.to_bytes(2, "big")
            + self.epoch.to_bytes(4, "big")
            + self.used.to_bytes(8, "big")
            + self.time.to_bytes(8, "big")
            + self.predecessor
        )


def standing_key(leaf: bytes) -> bytes:
    """Where the standing of a leaf lies in the sorted tree."""
    return sha256(_KEY + b"\1" + leaf)


def confirmation_key(batch: bytes) -> bytes:
    """Where the confirmation of a batch lies."""
    return sha256(_KEY + b"\2" + batch)


def disowned_key(organisation: bytes, key: str) -> bytes:
    """Where it lies that a key (`0x…`) of an organisation is disowned."""
    return sha256(_KEY + b"\3" + organisation + from_hex(key, 20))


def confirmation_value(key: str, time: int) -> bytes:
    """28 bytes."""
    return from_hex(key, 20) + time.to_bytes(8, "big")


class LedgerState:
    """The fold. `log` is the tree over `batches`, in the order of the chain; `pairs` what the sorted tree
    holds."""

    def __init__(self) -> None:
        self.batches: list[BatchEntry] = []
        self.log = LogTree()
        self.pairs: dict[bytes, bytes] = {}
        self.council: dict[str, Any] | None = None
        self._place: dict[bytes, int] = {}
        self._standings: dict[bytes, StandingEntry] = {}
        self._organisations: dict[str, dict[str, Any]] = {}
        self._keys: dict[tuple[str, str], dict[str, Any]] = {}
        self._accreditations: dict[tuple[str, str], dict[str, Any]] = {}

    def apply(self, name: str, args: Mapping[str, Any], time: int) -> None:
        """Follow one event of a block with this time; the events come in the order of the chain. Others than
        those that count here are passed over."""
        step = _STEPS.get(name)
        if step is not None:
            step(self, args, time)

    def place(self, batch: bytes) -> int | None:
        """The batch's place in the log, or None."""
        return self._place.get(batch)

    def members(self) -> dict[str, Any]:
        """The content of a trust snapshot, in its fixed order."""
        return {
            "council": self.council,
            "organisations": [dict(row) for _, row in sorted(self._organisations.items())],
            "keys": [dict(row) for _, row in sorted(self._keys.items())],
            "accreditations": [dict(row) for _, row in sorted(self._accreditations.items())],
        }

    # --- one method an event --------------------------------------------------------------------------------

    def on_issued(self, a: Mapping[str, Any], time: int) -> None:
        entry = BatchEntry(from_hex(a["batch"], 32), a["key"].lower(), time, a["count"], a["kind"])
        self._place[entry.batch] = self.log.append(entry.data())
        self.batches.append(entry)

    def on_confirmed(self, a: Mapping[str, Any], time: int) -> None:
        self.pairs[confirmation_key(from_hex(a["batch"], 32))] = confirmation_value(a["key"].lower(), time)

    def _change(self, leaf: str, **values: Any) -> None:
        name = from_hex(leaf, 32)
        found = replace(self._standings.get(name, StandingEntry()), **values)
        self._standings[name] = found
        self.pairs[standing_key(name)] = found.value()

    def on_suspended(self, a: Mapping[str, Any], time: int) -> None:
        self._change(a["leaf"], status=_SUSPENDED, reason=a["reason"], epoch=a["epoch"], time=time)

    def on_reinstated(self, a: Mapping[str, Any], time: int) -> None:
        self._change(a["leaf"], status=_GOOD, epoch=a["epoch"], time=time)

    def on_revoked(self, a: Mapping[str, Any], time: int) -> None:
        self._change(a["leaf"], status=_REVOKED, reason=a["reason"], time=time)

    def on_superseded(self, a: Mapping[str, Any], time: int) -> None:
        self._change(a["leaf"], status=_SUPERSEDED, reason=a["reason"], time=time)

    def on_succeeded(self, a: Mapping[str, Any], _time: int) -> None:
        self._change(a["successor"], predecessor=from_hex(a["original"], 32))

    def on_used(self, a: Mapping[str, Any], time: int) -> None:
        self._change(a["leaf"], used=a["used"], time=time)

    def on_admitted(self, a: Mapping[str, Any], time: int) -> None:
        self._member(a, time, GIVEN_BY_AUTHORITY)

    def on_enrolled(self, a: Mapping[str, Any], time: int) -> None:
        self._member(a, time, ~GIVEN_BY_AUTHORITY)

    def _member(self, a: Mapping[str, Any], time: int, keeps: int) -> None:
        known = self._organisations.get(a["organisation"])
        self._organisations[a["organisation"]] = {
            "id": a["organisation"],
            "territory": a["territory"],
            "roles": ((known["roles"] if known else 0) & keeps) | a["roles"],
            "since": known["since"] if known else time,
        }

    def on_accredited(self, a: Mapping[str, Any], _time: int) -> None:
        self._accreditations[a["organisation"], a["scheme"]] = {
            "organisation": a["organisation"],
            "scheme": a["scheme"],
            "kind": a["kind"],
            "fromDay": a["fromDay"],
            "untilDay": a["untilDay"],
        }

    def on_key_added(self, a: Mapping[str, Any], time: int) -> None:
        key = a["key"].lower()
        row = {"organisation": a["organisation"], "key": key, "since": time, "until": 0, "disowned": None}
        self._keys[a["organisation"], key] = row

    def on_key_ended(self, a: Mapping[str, Any], time: int) -> None:
        self._keys[a["organisation"], a["key"].lower()]["until"] = time

    def on_key_disowned(self, a: Mapping[str, Any], _time: int) -> None:
        key = a["key"].lower()
        self._keys[a["organisation"], key]["disowned"] = a["since"]
        self.pairs[disowned_key(from_hex(a["organisation"], 32), key)] = a["since"].to_bytes(8, "big")

    def on_council_changed(self, a: Mapping[str, Any], _time: int) -> None:
        members = sorted(to_hex(from_hex(member, 20, any_case=True)) for member in a["members"])
        self.council = {"epoch": a["epoch"], "threshold": a["threshold"], "members": members}


_STEPS: dict[str, Callable[[LedgerState, Mapping[str, Any], int], None]] = {
    "Issued": LedgerState.on_issued,
    "Confirmed": LedgerState.on_confirmed,
    "Suspended": LedgerState.on_suspended,
    "Reinstated": LedgerState.on_reinstated,
    "Revoked": LedgerState.on_revoked,
    "Superseded": LedgerState.on_superseded,
    "Succeeded": LedgerState.on_succeeded,
    "Acquitted": LedgerState.on_used,
    "Withdrawn": LedgerState.on_used,
    "Consumed": LedgerState.on_used,
    "Admitted": LedgerState.on_admitted,
    "Enrolled": LedgerState.on_enrolled,
    "Accredited": LedgerState.on_accredited,
    "KeyAdded": LedgerState.on_key_added,
    "KeyEnded": LedgerState.on_key_ended,
    "KeyDisowned": LedgerState.on_key_disowned,
    "CouncilChanged": LedgerState.on_council_changed,
}

FOLLOWED = frozenset(_STEPS)
"""The events that count here."""
