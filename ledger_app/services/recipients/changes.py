"""What the ledger's events mean to whoever has a certificate: a pure fold from event to change.

A change is known by what happened, not by where: the same act in another block after a reorganisation is the
same change. So `used`, which depends on the order of acts, and the key that signed are no part of it.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

from ledger_app.domain.standing import ACT_REASONS, Standing, gravest
from ledger_app.store.index import EventRow


class Type(StrEnum):
    """The types of notices, as they stand in a webhook's body. A published type keeps its meaning."""

    SENT = "certificate.sent"
    SUSPENDED = "certificate.suspended"
    REINSTATED = "certificate.reinstated"
    REVOKED = "certificate.revoked"
    SUPERSEDED = "certificate.superseded"
    USED = "certificate.used"
    USED_UP = "certificate.used_up"
    USE_WITHDRAWN = "certificate.use_withdrawn"
    CLAIM_REFUSED = "certificate.claim_refused"
    KEY_DISOWNED = "certificate.key_disowned"
    CONFIRMED = "certificate.confirmed"
    EXPIRED = "certificate.expired"
    UNDONE = "certificate.change_undone"
    ENQUIRY_ASKED = "enquiry.asked"
    ENQUIRY_ANSWERED = "enquiry.answered"
    ENQUIRY_OVERDUE = "enquiry.overdue"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TEST = "webhook.test"

    @property
    def about_use(self) -> bool:
        """Told only to organisations that have the certificate: who clears what, and how often, is trade."""
        return self in _USE


WORDS: Final[dict[Type, str]] = {
    Type.SENT: "You were sent this certificate.",
    Type.SUSPENDED: "Suspended by its issuer.",
    Type.REINSTATED: "In good standing again.",
    Type.REVOKED: "Revoked by its issuer, for ever.",
    Type.SUPERSEDED: "Replaced by the certificates named.",
    Type.USED: "Used in part.",
    Type.USED_UP: "Used up: nothing is left.",
    Type.USE_WITHDRAWN: "A use of it was withdrawn.",
    Type.CLAIM_REFUSED: "Customs refused a claim on it.",
    Type.KEY_DISOWNED: "Issued with a key that was disowned, and not confirmed since.",
    Type.CONFIRMED: "Confirmed by its issuer under a good key.",
    Type.EXPIRED: "Its validity is over everywhere.",
    Type.UNDONE: "The ledger went back: what was told before did not happen.",
    Type.ENQUIRY_ASKED: "Customs asks.",
    Type.ENQUIRY_ANSWERED: "The enquiry was answered.",
    Type.ENQUIRY_OVERDUE: "The time to answer the enquiry is over.",
    Type.WEBHOOK_DISABLED: "A webhook of yours is no longer called.",
    Type.WEBHOOK_TEST: "A test that you asked for.",
}
_USE: Final = frozenset({Type.USED, Type.USED_UP, Type.USE_WITHDRAWN, Type.CLAIM_REFUSED})
_NO_PART: Final = frozenset({"used", "key", "signer"})

_OF_LEAF: Final[dict[str, tuple[Type, str, Standing | None]]] = {
    "Suspended": (Type.SUSPENDED, "suspend", Standing.SUSPENDED),
    "Reinstated": (Type.REINSTATED, "", Standing.GOOD),
    "Revoked": (Type.REVOKED, "revoke", Standing.REVOKED),
    "Superseded": (Type.SUPERSEDED, "supersede", Standing.SUPERSEDED),
    "Acquitted": (Type.USED, "", None),
    "Consumed": (Type.USED, "", None),
    "Withdrawn": (Type.USE_WITHDRAWN, "withdraw", None),
    "Refused": (Type.CLAIM_REFUSED, "refuse", None),
}
_LIFE: Final = {name: row[2] for name, row in _OF_LEAF.items() if row[2] is not None}
NAMES: Final = (*_OF_LEAF, "KeyDisowned", "Confirmed", "Enquired", "Answered")
"""The events that somebody may have to be told of."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened. `key` is the same whenever it is the same thing. `standing` is where it leads
    as far as the event alone says. `facts` are public, and go into the notice."""

    key: str
    type: Type
    event: EventRow
    standing: Standing | None
    facts: dict[str, Any]

    @property
    def leaf(self) -> str | None:
        """The leaf that it happened to, if it did to just one."""
        return self.event.args["leaf"] if self.event.name in _OF_LEAF else None


def of_event(event: EventRow) -> Change:
    """The change that an event (one of `NAMES`) is."""
    args = event.args
    if event.name in _OF_LEAF:
        type_, act, standing = _OF_LEAF[event.name]
        facts = {"reason": _reason(act, args["reason"])} if act else {}
        for name in ("units", "used"):
            if name in args:
                facts[name] = args[name]
        return Change(key_of(event), type_, event, standing, facts)
    if event.name == "KeyDisowned":
        facts = {"since": args["since"]}
        return Change(key_of(event), Type.KEY_DISOWNED, event, Standing.ISSUER_KEY_DISOWNED, facts)
    if event.name == "Confirmed":
        return Change(key_of(event), Type.CONFIRMED, event, None, {})
    if event.name == "Enquired":
        facts = enquiry_facts(args["enquiry"], args["code"], args["replyBy"])
        return Change(key_of(event), Type.ENQUIRY_ASKED, event, None, facts)
    facts = {"enquiry": args["enquiry"], "answer": _reason("answer", args["code"])}
    return Change(key_of(event), Type.ENQUIRY_ANSWERED, event, None, facts)


def key_of(event: EventRow) -> str:
    """What is the same for the same act wherever it stands on the chain: 64 hex digits."""
    # The key of a batch's issue belongs to what was disowned, and to who confirmed.
    left_out = _NO_PART if event.name in _OF_LEAF else frozenset({"used", "signer"})
    args = {name: value for name, value in event.args.items() if name not in left_out}
    plain = orjson.dumps([event.contract, event.name, args], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(plain).hexdigest()


def standing_after(history: list[EventRow], last: EventRow, allowance: int | None) -> Standing:
    """What the acts on a leaf say of it after `last`, by the events on it in order. `allowance`: its units,
    if known.
    """
    found, used = Standing.GOOD, 0
    for event in history:
        if (event.block_number, event.log_index) > (last.block_number, last.log_index):
            break
        found = _LIFE.get(event.name, found)
        if event.name in ("Acquitted", "Withdrawn", "Consumed"):
            used = event.args["used"]
    used_up = allowance is not None and used >= allowance
    return gravest([found, Standing.USED_UP] if used_up else [found])


def enquiry_facts(enquiry: str, code: int, reply_by: int) -> dict[str, Any]:
    """What a notice says of an enquiry; `reply_by` in Unix seconds."""
    return {"enquiry": enquiry, "code": _reason("enquire", code), "replyBy": reply_by}


def _reason(act: str, number: int) -> dict[str, Any]:
    known = ACT_REASONS[act].get(number)
    return {"number": number, "code": known.code if known is not None else None}
