"""Customs asks an issuing body; the answer, or the silence past the deadline, is on the ledger.

The ledger carries codes and salted hashes. The words behind them stay here, sealed, for the two who share
them.
"""

import secrets
from datetime import UTC, datetime, time, timedelta
from typing import Any

import orjson

from ledger_app.access.principals import Principal
from ledger_app.domain.agreements import agreement_for
from ledger_app.domain.enquiries import EnquiryState
from ledger_app.domain.enquiries import reply_by as reply_by_rule
from ledger_app.domain.standing import Role, act_reason_words
from ledger_app.domain.terms import scheme_code
from ledger_app.errors import BadInput, Conflict, NotFound, NotPermitted, Unavailable
from ledger_app.proof.hashes import words_hash
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import enquiry_id
from ledger_app.proof.typed_data import Answer, Enquire
from ledger_app.services.acts import Draft, own_organisation, reason_number, record
from ledger_app.services.context import Once, Services
from ledger_app.services.lives import utc_day
from ledger_app.services.locating import Located, Reference, locate
from ledger_app.services.names import id_of, identifier_of
from ledger_app.services.visibility import visible
from ledger_app.store import acts, certificates, enquiries, members, recipients
from ledger_app.store.engine import Connection
from ledger_app.store.enquiries import EnquiryRow

_NO_LEAF = bytes(32)
_MAX_TEXT = 4000
_USUAL_DAYS = 30


def enquire(
    ctx: Services,
    principal: Principal,
    to: str,
    reference: Reference | None,
    code: int | str,
    reply_by: int | None,
    text: str,
    once: Once,
) -> dict[str, Any]:
    """Ask for the caller's signature to ask `to` (identifier or id); `reply_by` in Unix seconds, on a later
    day, None for the time that the agreement gives.

    `reference` is None for a suspected forgery, which has no leaf. Gives `{"act", "enquiry"}`. Raises
    BadInput `REPLY_BY_INVALID`, `ASKED_UNKNOWN`, NotFound `ENQUIRED_UNKNOWN`, NotPermitted `LIFE_NOT_YOURS`.
    """
    if (earlier := once.answered(ctx.store)) is not None:
        return dict(earlier)
    customs = own_organisation(principal)
    asked = id_of(to)
    if reply_by is not None and utc_day(reply_by) <= utc_day(ctx.now()):
        raise BadInput("REPLY_BY_INVALID", "Who is asked needs time to answer: name a later day.")
    _check_text(text)
    number = reason_number("enquire", code)
    _require_between(ctx, customs, asked)
    found = None if reference is None else _located(ctx, principal, reference)
    until = _usual_time(ctx, found) if reply_by is None else reply_by
    leaf = _NO_LEAF if found is None else found.leaf.hash()
    salt = secrets.token_bytes(32)
    subject = words_hash(salt, text)
    identifier = to_hex(enquiry_id(from_hex(customs, 32), from_hex(asked, 32), subject))
    about = "a paper that is not on the ledger" if found is None else found.name
    draft = Draft(
        desk=customs,
        message=Enquire(
            from_hex(customs, 32), from_hex(asked, 32), leaf, subject, number, until, ctx.deadline()
        ),
        summary=f"Ask about {about}: {act_reason_words('enquire', number)}",
        subject=identifier,
        evidence={
            "plain": {"to": identifier_of(ctx, to)},
            **({} if found is None else {"subject": found.evidence}),
        },
        private={"text": text, "salt": to_hex(salt)},
    )

    def effect(conn: Connection) -> dict[str, Any]:
        if found is not None:
            found.keep(ctx, conn, principal)
        act = record(ctx, conn, draft)
        sealed = orjson.dumps({"salt": to_hex(salt), "text": text, "subject": to_hex(subject)})
        enquiries.add(
            conn,
            EnquiryRow(
                id=identifier,
                act_id=draft.id,
                sender=customs,
                recipient=asked,
                leaf=None if found is None else found.leaf_hex,
                code=number,
                reply_by=until,
                sealed=ctx.vault.seal(sealed, f"enquiries/{identifier}"),
                answer_act_id=None,
                answer_sealed=None,
                created_at=ctx.now(),
            ),
        )
        return {"act": act, "enquiry": identifier}

    answer: dict[str, Any] = once.run(ctx.store, effect)
    return answer


def _located(ctx: Services, principal: Principal, reference: Reference) -> Located:
    try:
        return locate(ctx, principal, reference)
    except NotFound as unknown:
        if unknown.reason != "CERTIFICATE_UNKNOWN":
            raise
        raise NotFound("ENQUIRED_UNKNOWN") from None


def _usual_time(ctx: Services, found: Located | None) -> int:
    """The end (UTC) of the last day to answer by the certificate's agreement; of 30 days where none says."""
    today = ctx.clock().astimezone(UTC).date()
    rules = None if found is None else agreement_for(scheme_code(found.leaf.scheme))
    stated = reply_by_rule(today, rules)
    last = stated[0] if stated else today + timedelta(days=_USUAL_DAYS)
    return int(datetime.combine(last, time.max, UTC).timestamp())


def answer(
    ctx: Services, principal: Principal, enquiry: str, code: int | str, text: str, once: Once
) -> dict[str, Any]:
    """Ask for the caller's signature on its answer to an enquiry it was sent.

    Raises NotFound `ENQUIRY_UNKNOWN_HERE`, `ENQUIRY_UNKNOWN` before it is on the ledger, Conflict
    `ENQUIRY_ANSWERED`, `ENQUIRY_ANSWERED_HERE` while an answer waits.
    """
    if (earlier := once.answered(ctx.store)) is not None:
        return dict(earlier)
    asked = own_organisation(principal)
    _check_text(text)
    number = reason_number("answer", code)
    with ctx.store.read() as conn:
        row = enquiries.by_id(conn, enquiry)
    if row is None or row.recipient != asked:
        raise NotFound("ENQUIRY_UNKNOWN_HERE")
    _require_open(ctx, enquiry)
    opened = orjson.loads(ctx.vault.open(row.sealed, f"enquiries/{row.id}"))
    salt = secrets.token_bytes(32)
    reply = words_hash(salt, text)
    draft = Draft(
        desk=asked,
        message=Answer(from_hex(enquiry, 32), number, reply, ctx.deadline()),
        summary=f"Answer an enquiry: {act_reason_words('answer', number)}",
        subject=enquiry,
        call={"from": row.sender, "to": row.recipient, "subject": opened["subject"]},
        evidence={
            "plain": {
                "from": identifier_of(ctx, row.sender),
                "to": identifier_of(ctx, row.recipient),
                "subjectHash": opened["subject"],
            }
        },
        private={
            "text": text,
            "salt": to_hex(salt),
            "question": opened["text"],
            "questionSalt": opened["salt"],
        },
    )

    def effect(conn: Connection) -> dict[str, Any]:
        sealed = orjson.dumps({"salt": to_hex(salt), "text": text})
        if not enquiries.answered(
            conn, enquiry, draft.id, ctx.vault.seal(sealed, f"enquiries/{enquiry}/answer")
        ):
            raise Conflict("ENQUIRY_ANSWERED_HERE")
        return {"act": record(ctx, conn, draft), "enquiry": enquiry}

    given: dict[str, Any] = once.run(ctx.store, effect)
    return given


def show(ctx: Services, principal: Principal, enquiry: str) -> dict[str, Any]:
    """An enquiry with its words, for the two organisations of it. Raises NotFound `ENQUIRY_UNKNOWN_HERE`."""
    with ctx.store.read() as conn:
        row = enquiries.by_id(conn, enquiry)
        if row is None or own_organisation(principal) not in (row.sender, row.recipient):
            raise NotFound("ENQUIRY_UNKNOWN_HERE")
        return _json(ctx, conn, principal, [row])[0]


def listed(
    ctx: Services, principal: Principal, *, before: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The caller's enquiries, asked and received, newest first."""
    organisation = own_organisation(principal)
    with ctx.store.read() as conn:
        rows = enquiries.listed(conn, organisation, before=before, limit=limit)
        return _json(ctx, conn, principal, rows)


def _json(
    ctx: Services, conn: Connection, principal: Principal, rows: list[EnquiryRow]
) -> list[dict[str, Any]]:
    names = members.names(conn, sorted({who for row in rows for who in (row.sender, row.recipient)}))
    numbers = _numbers(conn, principal, sorted({row.leaf for row in rows if row.leaf is not None}))
    states = acts.states_of(conn, [row.act_id for row in rows])
    return [
        {
            **_one(ctx, row, enquiries.on_ledger(conn, row.id), names, states.get(row.act_id)),
            "number": numbers.get(row.leaf or ""),
            "direction": "asked" if row.sender == principal.organisation else "received",
        }
        for row in rows
    ]


def _numbers(conn: Connection, principal: Principal, leaves: list[str]) -> dict[str, str | None]:
    """The numbers of those certificates that the caller may read, or was given."""
    organisation = own_organisation(principal)
    held = recipients.of_leaves(conn, leaves)
    found = {
        one.paper.leaf: one.paper.number
        for holdings in held.values()
        for one in holdings
        if one.recipient == organisation
    }
    for start in range(0, len(leaves), 200):
        rows = certificates.by_leaves(conn, leaves[start : start + 200])
        found |= {row.leaf: row.number for row in visible(conn, principal, rows)}
    return found


def _one(
    ctx: Services, row: EnquiryRow, seen: dict[str, Any] | None, names: dict[str, str], act: str | None
) -> dict[str, Any]:
    opened = orjson.loads(ctx.vault.open(row.sealed, f"enquiries/{row.id}"))
    reply = None
    if row.answer_sealed is not None:
        reply = orjson.loads(ctx.vault.open(row.answer_sealed, f"enquiries/{row.id}/answer"))["text"]
    answered = seen is not None and seen["answer"] is not None
    late = row.reply_by < ctx.now() and not answered
    return {
        "id": row.id,
        "act": row.act_id,
        "from": {"id": row.sender, "name": names.get(row.sender)},
        "to": {"id": row.recipient, "name": names.get(row.recipient)},
        "leaf": row.leaf,
        "code": row.code,
        "words": act_reason_words("enquire", row.code),
        "text": opened["text"],
        "replyBy": row.reply_by,
        "replyByDay": utc_day(row.reply_by).isoformat(),
        "overdue": late,
        "registered": seen is not None,
        "state": _state(row, seen, act, late=late),
        "answer": None
        if seen is None or seen["answer"] is None
        else {
            "code": seen["answer"],
            "words": act_reason_words("answer", seen["answer"]),
            "time": seen["answered_at"],
            "late": seen["answered_at"] > row.reply_by,
            "text": reply,
        },
        "answerAct": row.answer_act_id,
    }


def _state(row: EnquiryRow, seen: dict[str, Any] | None, act: str | None, *, late: bool) -> str:
    """A word of EnquiryState; `pending` before it is on the ledger, `not-asked` where it never came there."""
    if seen is None:
        return "not-asked" if act in acts.DEAD else "pending"
    if seen["answer"] is None:
        return (EnquiryState.OVERDUE if late else EnquiryState.OPEN).value
    in_time = seen["answered_at"] <= row.reply_by
    return (EnquiryState.ANSWERED if in_time else EnquiryState.ANSWERED_LATE).value


# Like `lives.require`: what the contract would refuse is told before anybody is asked to sign, and nothing is
# held up while the ledger cannot be asked.


def _require_between(ctx: Services, customs: str, asked: str) -> None:
    """Customs asks a member."""
    try:
        roles = Role(ctx.gateway.organisation(from_hex(customs, 32)).roles)
        known = any(ctx.gateway.organisation(from_hex(asked, 32)).territory)
    except (Unavailable, BadInput, ValueError):
        return
    if Role.CUSTOMS not in roles:
        raise NotPermitted("LIFE_NOT_YOURS", "Only customs may do this.")
    if not known:
        raise BadInput("ASKED_UNKNOWN")


def _require_open(ctx: Services, enquiry: str) -> None:
    """It was asked, and is not answered."""
    try:
        seen = ctx.gateway.enquiry(from_hex(enquiry, 32))
    except (Unavailable, BadInput, ValueError):
        return
    if not seen.asked:
        raise NotFound("ENQUIRY_UNKNOWN", "It is not on the ledger yet.")
    if seen.answered:
        raise Conflict("ENQUIRY_ANSWERED")


def _check_text(text: str) -> None:
    if len(text) > _MAX_TEXT:
        raise BadInput("TEXT_TOO_LONG", f"At most {_MAX_TEXT} characters.")
