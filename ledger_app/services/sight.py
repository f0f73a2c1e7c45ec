"""What a caller is shown of a certificate's life: the states that hold, what they may do now and why not the
rest, and the days that matter.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.domain.agreements import agreement_for
from ledger_app.domain.content_dates import Deadline, day_at, deadlines
from ledger_app.domain.course import Course, states
from ledger_app.domain.deadlines import EVERYWHERE, days_left, is_past
from ledger_app.domain.enquiries import EnquiryState
from ledger_app.domain.lifecycle import Life, Possibility, possibilities
from ledger_app.domain.standing import ClaimState, Status, act_reason_words
from ledger_app.errors import BadInput, Unavailable
from ledger_app.proof.hexes import from_hex
from ledger_app.proof.leaf import Leaf
from ledger_app.services import lives
from ledger_app.services.context import Services
from ledger_app.services.locating import intact, proof_of
from ledger_app.store import acts, enquiries, index, members, standings
from ledger_app.store.certificates import CertificateRow

_NO_CLAIM: Final = "There is no acquittal under this claim."
_REPLIED: Final = {
    EnquiryState.OPEN: "open",
    EnquiryState.OVERDUE: "overdue",
    EnquiryState.ANSWERED: "met",
    EnquiryState.ANSWERED_LATE: "late",
}


def of_certificate(
    ctx: Services, principal: Principal, row: CertificateRow, document: Mapping[str, Any] | None
) -> dict[str, Any]:
    """`{"states", "may", "deadlines", "enquiries"}`; `states` and `may` are null while the ledger cannot be
    asked, and there is nothing to do before it has the certificate."""
    with ctx.store.read() as conn:
        asked = enquiries.about(conn, row.leaf)
        seen = standings.of_leaves(conn, [row.leaf]).get(row.leaf)
    shown: dict[str, Any] = {
        "states": [row.state],
        "may": [],
        "deadlines": _of_document(ctx, document, row, seen) + [_reply_by(ctx, one) for one in asked],
        "enquiries": [_enquiry(ctx, one) for one in asked],
    }
    if row.state not in acts.DONE or principal.organisation is None:
        return shown
    with intact(row):
        leaf = Leaf.from_json(row.leaf_fields)
    try:
        found = lives.look(ctx, leaf, proof_of(row), document)
        actor = lives.actor_of(ctx, from_hex(principal.organisation, 32), leaf)
    except (Unavailable, BadInput, ValueError):
        return {**shown, "states": None, "may": None}
    used = _acquitted_by(ctx, row.leaf, principal.organisation)
    life = _stopped(ctx, found.life)
    course = Course(life, enquiries=found.enquiries)
    held = states(course, lives.likely_day(ctx, life), replies=lives.utc_day(ctx.now()))
    return {
        **shown,
        "states": [state.value for state in held],
        "may": [
            {"act": one.act, "possible": one.possible, "reason": one.reason}
            for one in (_of_own_claims(each, used) for each in possibilities(life, actor))
        ],
    }


def of_draft(ctx: Services, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The days that matter of a certificate that is not issued yet: above all the last one to issue it."""
    return _of_document(ctx, document)


def _settled(
    one: Deadline,
    row: CertificateRow | None,
    seen: Mapping[str, Any] | None,
    document: Mapping[str, Any],
) -> str | None:
    """What became of a deadline that nobody has to look after any more, `met` or `over`; None where somebody
    has. `seen`: what the index saw happen to the certificate.
    """
    if row is None or one.what == "keep-records-until":
        return None
    if row.state in acts.DEAD:
        return "over"
    if row.state not in acts.DONE:
        return None
    if one.what == "issue-by":
        # Issued later, it may be a copy or a replacement of what was in time: content rules judge it.
        issued = day_at(document, "issueDate")
        return "met" if issued and issued <= one.day else "over"
    with intact(row):
        allowance = row.leaf_fields["allowance"]
    if seen is None:
        return None
    if Status(seen["status"]).standing.is_final:
        return "over"
    return "met" if seen["used"] >= allowance else None


def _of_document(
    ctx: Services,
    document: Mapping[str, Any] | None,
    row: CertificateRow | None = None,
    seen: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """`row`: of the certificate, where it was asked for."""
    rules = agreement_for(str(document.get("scheme"))) if document else None
    if document is None:
        return []
    found = []
    for one in deadlines(document, rules):
        state = _settled(one, row, seen, document)
        if state is None and not is_past(one.day, ctx.clock(), EVERYWHERE):
            state = "open"
        elif state is None:  # until then something was to be kept, which nobody can miss, or to be done
            state = "over" if one.what == "keep-records-until" else "overdue"
        left = days_left(one.day, ctx.clock(), EVERYWHERE)
        found.append({**one.to_json(), "daysLeft": left, "overdue": state == "overdue", "state": state})
    return found


def _reply_by(ctx: Services, row: Mapping[str, Any]) -> dict[str, Any]:
    state = lives.enquiry_of(row, ctx.clock()).state(lives.utc_day(ctx.now()))
    last = lives.utc_day(row["reply_by"])
    return {
        "what": "reply-by",
        "day": last.isoformat(),
        "enquiry": row["enquiry"],
        "source": "the enquiry",
        "certain": True,
        "daysLeft": (last - lives.utc_day(ctx.now())).days,
        "overdue": state is EnquiryState.OVERDUE,
        "state": _REPLIED[state],
    }


def _enquiry(ctx: Services, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["enquiry"],
        "from": row["sender"],
        "to": row["recipient"],
        "words": act_reason_words("enquire", row["code"]),
        "askedAt": row["asked_at"],
        "replyBy": row["reply_by"],
        "answeredAt": row["answered_at"],
        "state": lives.enquiry_of(row, ctx.clock()).state(lives.utc_day(ctx.now())).value,
    }


def _stopped(ctx: Services, life: Life) -> Life:
    """With what the index saw of a pause, and of the registry being sealed."""
    with ctx.store.read() as conn:
        council = members.council(conn)
    if council is None:
        return life
    sealed = ctx.pin.registry.lower() in (each.lower() for each in council["sealed"])
    return replace(life, paused=council["paused_until"] > ctx.now(), sealed=sealed)


def _acquitted_by(ctx: Services, leaf: str, organisation: str) -> bool:
    with ctx.store.read() as conn:
        claims = index.claims(conn, leaf, customs=organisation)
    return any(one["state"] == ClaimState.ACQUITTED for one in claims)


def _of_own_claims(one: Possibility, used: bool) -> Possibility:
    """No claim is named here: whether one can be withdrawn, the caller's own acquittals say."""
    if one.act != "withdraw" or one.reason not in ("", _NO_CLAIM):
        return one
    return Possibility("withdraw", used, "" if used else "Nothing of it is acquitted by you.")
