"""Whether what an act wants is on the ledger already, judged by the contracts' state alone.

An act that a crash made us send twice is refused the second time; it is done all the same. Only what the
same signed act would leave behind counts: another act that merely stands in its way does not.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ledger_app.chain.gateway import Gateway
from ledger_app.domain.standing import GIVEN_BY_AUTHORITY, Status
from ledger_app.errors import Broken, NodeUnavailable
from ledger_app.proof import typed_data
from ledger_app.proof.hashes import keccak

Json = Mapping[str, Any]
_GOOD, _SUSPENDED, _REVOKED, _SUPERSEDED = map(int, Status)
_NONE, _ACQUITTED, _WITHDRAWN, _REFUSED = range(4)


@dataclass(frozen=True, slots=True)
class Found:
    """An act's effect is there as of this block of the chain. `final`: so deep that it stays."""

    block: int
    hash: str
    final: bool


def find(gateway: Gateway, depth: int, kind: str, message: Json, call: Json) -> Found | None:
    """Where the act's effect is seen, None when it is not there. depth: blocks that make a block final.

    Whoever finds it at the head only looks again whether that block stayed, `depth` blocks later. Raises what
    the gateway raises; NodeUnavailable when the chain moved meanwhile.
    """
    head = gateway.identify()
    if not is_done(gateway.at(head.number), kind, message, call):
        return None
    if gateway.header(head.number).hash != head.hash:
        raise NodeUnavailable("NODE_UNAVAILABLE", "the chain moved while it was asked")
    deep = head.number - depth
    final = depth == 0
    if not final and deep > gateway.pin.first_block:
        with suppress(NodeUnavailable, Broken):  # many nodes keep no old state
            final = is_done(gateway.at(deep), kind, message, call)
    return Found(head.number, head.hash, final)


def is_done(gateway: Gateway, kind: str, message: Json, call: Json) -> bool:
    """True when the act's effect is there. `message` and `call` as in `calls.encode_act`.

    Raises what the gateway raises; False for kinds whose repetition the contract itself takes for a success.
    """
    check = _CHECKS.get(kind)
    return check is not None and check(gateway, message, call)


def _b(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def _batch_id(issuer: bytes, scheme: bytes, root: bytes) -> bytes:
    return keccak(issuer + scheme + root)


def _issue(g: Gateway, m: Json, _c: Json) -> bool:
    batch = g.batch(_batch_id(_b(m["issuer"]), _b(m["scheme"]), _b(m["root"])))
    return batch.time != 0 and batch.count == m["count"]


def _suspend(g: Gateway, m: Json, _c: Json) -> bool:
    now = g.standing(_b(m["leaf"]))
    return (now.status, now.epoch, now.reason) == (_SUSPENDED, m["epoch"] + 1, m["reason"])


def _reinstate(g: Gateway, m: Json, _c: Json) -> bool:
    now = g.standing(_b(m["leaf"]))
    return now.status == _GOOD and now.epoch == m["epoch"] + 1


def _revoke(g: Gateway, m: Json, _c: Json) -> bool:
    now = g.standing(_b(m["leaf"]))
    return now.status == _REVOKED and now.reason == m["reason"]


def _supersede(g: Gateway, m: Json, c: Json) -> bool:
    batch = g.batch(_batch_id(_b(c["leaf"]["issuer"]), _b(m["scheme"]), _b(m["root"])))
    return batch.time != 0 and _succeeds(g, m)


def _consume(g: Gateway, m: Json, c: Json) -> bool:
    batch = g.batch(_batch_id(_b(m["issuer"]), _b(c["leaf"]["scheme"]), _b(m["root"])))
    return batch.time != 0 and _succeeds(g, m)


def _succeeds(g: Gateway, m: Json) -> bool:
    """The first successor is recorded as the leaf's: only this act, or its twin, can have done that."""
    return bool(m["successors"]) and g.predecessor(_b(m["successors"][0])) == _b(m["leaf"])


def _acquit(g: Gateway, m: Json, _c: Json) -> bool:
    claim = g.claim(_b(m["leaf"]), _b(m["customs"]), _b(m["claim"]))
    return claim.state in (_ACQUITTED, _WITHDRAWN) and claim.units == m["units"]


def _withdraw(g: Gateway, m: Json, _c: Json) -> bool:
    claim = g.claim(_b(m["leaf"]), _b(m["customs"]), _b(m["claim"]))
    return claim.state == _WITHDRAWN and claim.reason == m["reason"]


def _refuse(g: Gateway, m: Json, _c: Json) -> bool:
    claim = g.claim(_b(m["leaf"]), _b(m["customs"]), _b(m["claim"]))
    return claim.state == _REFUSED and claim.reason == m["reason"]


def _enquire(g: Gateway, m: Json, _c: Json) -> bool:
    enquiry = g.enquiry(keccak(_b(m["from"]) + _b(m["to"]) + _b(m["subject"])))
    return enquiry.asked != 0 and (enquiry.code, enquiry.reply_by) == (m["code"], m["replyBy"])


def _answer(g: Gateway, m: Json, _c: Json) -> bool:
    enquiry = g.enquiry(_b(m["enquiry"]))
    return enquiry.answered != 0 and enquiry.answer_code == m["code"]


def _confirm(g: Gateway, m: Json, _c: Json) -> bool:
    return g.confirmation(_b(m["batch"])).time != 0


def _voted(g: Gateway, m: Json, kind: str) -> bool:
    domain = typed_data.Domain(g.pin.chain_id, g.pin.consortium)
    return g.is_executed(typed_data.ACTS[kind].from_json(dict(m)).digest(domain))


def _vote(g: Gateway, m: Json, _c: Json) -> bool:
    return _voted(g, m, "Vote")


def _member_pause(g: Gateway, m: Json, _c: Json) -> bool:
    return _voted(g, m, "MemberPause")


def _add_key(g: Gateway, m: Json, _c: Json) -> bool:
    return g.key(_b(m["organisation"]), m["key"]).since != 0


def _retire_key(g: Gateway, m: Json, _c: Json) -> bool:
    return g.key(_b(m["organisation"]), m["key"]).until != 0


def _enrol(g: Gateway, m: Json, _c: Json) -> bool:
    now = g.organisation(_b(m["organisation"]))
    return (now.epoch, now.roles & GIVEN_BY_AUTHORITY) == (m["epoch"] + 1, m["roles"])


def _accredit(g: Gateway, m: Json, _c: Json) -> bool:
    now = g.accreditation(_b(m["organisation"]), _b(m["scheme"]))
    wanted = (m["kind"], m["fromDay"], m["untilDay"], m["epoch"] + 1)
    return (now.kind, now.from_day, now.until_day, now.epoch) == wanted


def _anchor(g: Gateway, m: Json, _c: Json) -> bool:
    return bool(g.anchor_of(_b(m["reporter"]), _b(m["stream"]), _b(m["head"])).count == m["count"])


_CHECKS: dict[str, Callable[[Gateway, Json, Json], bool]] = {
    "Issue": _issue,
    "Suspend": _suspend,
    "Reinstate": _reinstate,
    "Revoke": _revoke,
    "Supersede": _supersede,
    "Consume": _consume,
    "Acquit": _acquit,
    "Withdraw": _withdraw,
    "Refuse": _refuse,
    "Enquire": _enquire,
    "Answer": _answer,
    "Confirm": _confirm,
    "Vote": _vote,
    "MemberPause": _member_pause,
    "AddKey": _add_key,
    "RetireKey": _retire_key,
    "Enrol": _enrol,
    "Accredit": _accredit,
    "Anchor": _anchor,
}
#: The kinds whose effect can be recognised.
KINDS = tuple(_CHECKS)
