"""What the contracts' events mean for the index: a pure fold, one function an event.

`rows` is `store.index.Rows` (or anything with its `get` and `put`). Values are as in the event rows: `0x…`
strings and integers.
"""

from collections.abc import Callable
from typing import Any, Protocol

from ledger_app.domain.standing import GIVEN_BY_AUTHORITY, Status
from ledger_app.proof.hashes import keccak
from ledger_app.store.index import EventRow

_GOOD, _SUSPENDED, _REVOKED, _SUPERSEDED = map(int, Status)
_ACQUITTED, _WITHDRAWN, _REFUSED = 1, 2, 3
#: What a 64-bit column can hold; a reply-by time may be beyond.
_MAX = 2**63 - 1


class Rows(Protocol):
    def get(self, table: str, *key: Any) -> dict[str, Any] | None: ...

    def put(self, table: str, *key: Any, **values: Any) -> None: ...


def subject_of(name: str, args: dict[str, Any]) -> str | None:
    """What an event is about: the leaf, batch, enquiry, organisation or stream key."""
    if name == "HeadAnchored":
        return hash_of(args["reporter"], args["stream"])
    for field in _SUBJECTS.get(name, ("leaf", "batch", "enquiry", "organisation")):
        if field in args:
            return str(args[field])
    return None


def apply(rows: Rows, event: EventRow) -> None:
    """Let the rows follow one event. Events without a meaning for the index are passed over."""
    step = _STEPS.get(event.name)
    if step is not None:
        step(rows, event, event.args)


def hash_of(*words: str) -> str:
    """keccak-256 of the 32-byte words' concatenation (`abi.encode` of bytes32 values)."""
    return "0x" + keccak(b"".join(bytes.fromhex(word[2:]) for word in words)).hex()


def _at(event: EventRow) -> dict[str, Any]:
    return {
        "block_number": event.block_number,
        "block_time": event.block_time,
        "tx_hash": event.tx_hash,
    }


def _issued(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    rows.put(
        "batches",
        a["batch"],
        issuer=a["issuer"],
        scheme=a["scheme"],
        root=a["root"],
        count=a["count"],
        key=a["key"],
        kind=a["kind"],
        confirmed_key=None,
        confirmed_at=None,
        **_at(e),
    )


def _confirmed(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    # The batch may belong to a predecessor registry, whose events are not followed.
    if rows.get("batches", a["batch"]) is not None:
        rows.put("batches", a["batch"], confirmed_key=a["key"], confirmed_at=e.block_time)


def _standing(rows: Rows, e: EventRow, leaf: str, **values: Any) -> None:
    blank: dict[str, Any] = {}
    if rows.get("standings", leaf) is None:
        blank = {
            "status": _GOOD,
            "reason": 0,
            "epoch": 0,
            "used": 0,
            "changed_at": 0,
            "predecessor": None,
            "successor_batch": None,
        }
    rows.put("standings", leaf, **{**blank, **values, **_at(e)})


def _suspended(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    values = {"status": _SUSPENDED, "reason": a["reason"], "epoch": a["epoch"], "changed_at": e.block_time}
    _standing(rows, e, a["leaf"], **values)


def _reinstated(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    _standing(rows, e, a["leaf"], status=_GOOD, epoch=a["epoch"], changed_at=e.block_time)


def _revoked(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    _standing(rows, e, a["leaf"], status=_REVOKED, reason=a["reason"], changed_at=e.block_time)


def _superseded(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    values = {"status": _SUPERSEDED, "reason": a["reason"], "changed_at": e.block_time}
    _standing(rows, e, a["leaf"], successor_batch=a["batch"], **values)


def _succeeded(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    _standing(rows, e, a["successor"], predecessor=a["original"])


def _claim(rows: Rows, e: EventRow, a: dict[str, Any], **values: Any) -> None:
    key = hash_of(a["leaf"], a["customs"], a["claim"])
    names = {"leaf": a["leaf"], "customs": a["customs"], "claim": a["claim"]}
    rows.put("claims", key, **names, **values, **_at(e))


def _acquitted(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    _standing(rows, e, a["leaf"], used=a["used"], changed_at=e.block_time)
    _claim(rows, e, a, state=_ACQUITTED, units=a["units"], reason=0)


def _withdrawn(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    _standing(rows, e, a["leaf"], used=a["used"], changed_at=e.block_time)
    _claim(rows, e, a, state=_WITHDRAWN, units=a["units"], reason=a["reason"])


def _refused(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    _claim(rows, e, a, state=_REFUSED, units=0, reason=a["reason"])


def _consumed(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    _standing(rows, e, a["leaf"], used=a["used"], changed_at=e.block_time)


def _item_used(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    rows.put("items", a["leaf"], a["item"], used=a["used"], **_at(e))


def _enquired(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    rows.put(
        "enquiries",
        a["enquiry"],
        sender=a["from"],
        recipient=a["to"],
        leaf=a["leaf"],
        subject=a["subject"],
        code=a["code"],
        reply_by=min(a["replyBy"], _MAX),
        asked_at=e.block_time,
        answer=None,
        reply=None,
        answered_at=None,
        **_at(e),
    )


def _answered(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    if rows.get("enquiries", a["enquiry"]) is not None:
        values = {"answer": a["code"], "reply": a["reply"], "answered_at": e.block_time}
        rows.put("enquiries", a["enquiry"], **values, **_at(e))


def _member(rows: Rows, e: EventRow, a: dict[str, Any], roles: int, epoch: int | None) -> None:
    known = rows.get("organisations", a["organisation"])
    rows.put(
        "organisations",
        a["organisation"],
        territory=a["territory"],
        roles=roles,
        epoch=epoch if epoch is not None else (known["epoch"] if known else 0),
        since=known["since"] if known else e.block_time,
        **_at(e),
    )


def _held(rows: Rows, organisation: str) -> int:
    known = rows.get("organisations", organisation)
    return int(known["roles"]) if known else 0


def _admitted(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    _member(rows, e, a, (_held(rows, a["organisation"]) & GIVEN_BY_AUTHORITY) | a["roles"], None)


def _enrolled(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    _member(rows, e, a, (_held(rows, a["organisation"]) & ~GIVEN_BY_AUTHORITY) | a["roles"], a["epoch"])


def _accredited(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    rows.put(
        "accreditations",
        a["organisation"],
        a["scheme"],
        kind=a["kind"],
        from_day=a["fromDay"],
        until_day=a["untilDay"],
        epoch=a["epoch"],
        authority=a["authority"],
        **_at(e),
    )


def _key_added(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    rows.put(
        "keys",
        a["key"],
        organisation=a["organisation"],
        added_at=e.block_time,
        ended_at=None,
        disowned_since=None,
        vouched=a["vouched"],
        **_at(e),
    )


def _key_ended(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    rows.put("keys", a["key"], ended_at=e.block_time, **_at(e))


def _key_disowned(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    rows.put("keys", a["key"], disowned_since=a["since"], **_at(e))


def _council_changed(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    known = rows.get("council", 0)
    rows.put(
        "council",
        0,
        epoch=a["epoch"],
        threshold=a["threshold"],
        members=list(a["members"]),
        paused_until=known["paused_until"] if known else 0,
        sealed=known["sealed"] if known else [],
        **_at(e),
    )


def _paused_until(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    rows.put("council", 0, paused_until=a["until"], **_at(e))


def _unpaused(rows: Rows, e: EventRow, _a: dict[str, Any]) -> None:
    rows.put("council", 0, paused_until=0, **_at(e))


def _sealed(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    known = rows.get("council", 0)
    rows.put("council", 0, sealed=[*(known["sealed"] if known else []), a["target"]], **_at(e))


def _head_anchored(rows: Rows, e: EventRow, a: dict[str, Any]) -> None:
    stream_key = hash_of(a["reporter"], a["stream"])
    rows.put(
        "anchors",
        hash_of(stream_key, a["head"]),
        stream_key=stream_key,
        reporter=a["reporter"],
        stream=a["stream"],
        previous=a["previous"],
        head=a["head"],
        count=a["count"],
        key=a["key"],
        **_at(e),
    )


_SUBJECTS = {"Issued": ("batch",), "Confirmed": ("batch",), "Succeeded": ("successor",)}

_STEPS: dict[str, Callable[[Rows, EventRow, dict[str, Any]], None]] = {
    "Issued": _issued,
    "Confirmed": _confirmed,
    "Suspended": _suspended,
    "Reinstated": _reinstated,
    "Revoked": _revoked,
    "Superseded": _superseded,
    "Succeeded": _succeeded,
    "Acquitted": _acquitted,
    "Withdrawn": _withdrawn,
    "Refused": _refused,
    "Consumed": _consumed,
    "ItemUsed": _item_used,
    "Enquired": _enquired,
    "Answered": _answered,
    "Admitted": _admitted,
    "Enrolled": _enrolled,
    "Accredited": _accredited,
    "KeyAdded": _key_added,
    "KeyEnded": _key_ended,
    "KeyDisowned": _key_disowned,
    "CouncilChanged": _council_changed,
    "PausedUntil": _paused_until,
    "Unpaused": _unpaused,
    "SealedForEver": _sealed,
    "HeadAnchored": _head_anchored,
}
