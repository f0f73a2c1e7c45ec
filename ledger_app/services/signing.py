"""The signers' counter: what waits for a signature, taking signatures, taking refusals.

The service cannot sign. It checks each signature before it queues an act: it must recover to the key that
claims it, and the contracts, tried on the current state, must accept the act: they alone say which key is
valid for whom.
"""

from collections.abc import Callable
from typing import Any, Final

from ledger_app.access.principals import Kind, Principal
from ledger_app.chain.calls import encode_act
from ledger_app.errors import ActRefused, Broken, Conflict, LedgerError, NotFound, NotPermitted, Unavailable
from ledger_app.proof.eip712 import message_type
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.typed_data import Domain, recover
from ledger_app.services.acts import act_json, must_get
from ledger_app.services.context import Services
from ledger_app.services.evidence import evidence_for
from ledger_app.services.issuing import hold_again
from ledger_app.store import acts, outbox, standings
from ledger_app.store.acts import Act
from ledger_app.store.engine import Connection

_PAGE_PAPERS: Final = 2000
"""A page of requests ends once it holds this many documents or events, about 8 MB."""
_NOT_THE_SIGNERS_TURN: Final = frozenset(
    {
        "PAUSED",
        "BATCH_UNKNOWN",
        "UNKNOWN_ORGANISATION",
        "KEY_NOT_VALID",
        "KEY_NOT_VOUCHED",
        "SIGNATURE_INVALID",
    }
)
"""Refusals that leave the act waiting: another key, or another moment, may still do it."""
COMPLETED: Final[dict[str, Callable[[Services, Connection, Act], None]]] = {}
"""What becomes of a statement that no contract takes, once enough have signed, by its kind."""


def requests(
    ctx: Services, principal: Principal, *, after: str = "", limit: int = 50
) -> tuple[list[dict[str, Any]], str | None]:
    """What waits for the caller's signature, oldest first, and the id to continue after (None at the end).

    Each request holds the typed data's domain and message, a summary, and the evidence to rebuild it from. A
    page ends early when its documents become many. Acts past their deadline are expired; those that were
    signed and did not make it in time are asked for again, under a new deadline.
    """
    desk = principal.member or principal.organisation
    if desk is not None:
        ctx.seen.note(desk, ctx.now())
    waiting = _waiting(ctx, principal, after, limit + 1)
    page: list[dict[str, Any]] = []
    size = 0
    for act in waiting[:limit]:
        if _signed_by(act, principal.member):
            continue
        page.append(_request(ctx, act))
        evidence = page[-1]["evidence"]
        size += 1 + len(evidence.get("documents", ())) + len(evidence.get("events", ()))
        if size > _PAGE_PAPERS:
            break
    if not page:
        return [], waiting[limit - 1].id if len(waiting) > limit else None
    more = len(waiting) > limit or page[-1]["id"] != waiting[-1].id
    return page, page[-1]["id"] if more else None


def request(ctx: Services, principal: Principal, act_id: str) -> dict[str, Any]:
    """One signing request, whatever its state. Raises NotFound `ACT_UNKNOWN`."""
    return _request(ctx, _own(ctx, principal, act_id))


def sign(ctx: Services, principal: Principal, act_id: str, key: str, signature: str) -> dict[str, Any]:
    """Take a signature (64 bytes `r || vs`, 0x…) made by `key` (address); gives the act.

    Repeating a signature changes nothing. Raises BadInput `SIGNATURE_INVALID`; NotPermitted
    `SIGNATURE_KEY_DIFFERS` or `NOT_COUNCIL_MEMBER`; Conflict `ACT_NOT_SIGNABLE`; ActRefused with the
    contract's reason while the act may still be signed with another key or at another time. An act that the
    contracts will never accept as it stands is `reverted`.
    """
    act = _own(ctx, principal, act_id)
    given = {"key": to_hex(from_hex(key, 20, field="key", any_case=True)), "signature": signature}
    raw = from_hex(signature, 64, field="signature", any_case=True)
    given["signature"] = to_hex(raw)
    if given in act.signatures or (
        act.state not in (acts.NEEDS_SIGNATURE, *acts.DEAD) and len(act.signatures)
    ):
        return act_json(act)
    if act.state != acts.NEEDS_SIGNATURE:
        raise Conflict("ACT_NOT_SIGNABLE", f"The act is {act.state}.", state=act.state)
    if act.deadline < ctx.now():
        raise Conflict("ACT_NOT_SIGNABLE", "The act's deadline has passed.", state=acts.EXPIRED)
    if recover(_digest(ctx, act), raw) != given["key"]:
        raise NotPermitted("SIGNATURE_KEY_DIFFERS")
    _check_member(ctx, principal, act, given["key"])
    collected = [*act.signatures, given]
    complete = len(collected) >= act.needed
    publish = COMPLETED.get(act.kind)
    sent = complete and publish is None
    contract, calldata = encode_act(act.kind, act.message, act.call, collected) if sent else ("", b"")
    refused = _tried(ctx, principal, act, given["key"], contract, calldata) if sent else None
    with ctx.store.begin() as conn:
        now = must_get(conn, act_id)
        if now.state != acts.NEEDS_SIGNATURE or now.signatures != act.signatures:
            # Somebody else signed, or it ended, in between; nothing is written, and the caller comes again.
            raise Conflict("ACT_MOVED", state=now.state)
        acts.signed(conn, act_id, collected, complete=False)
        if refused is not None:
            acts.moved(conn, act_id, acts.REVERTED, reason=refused.reason, context=refused.context)
        elif complete and publish is not None:
            publish(ctx, conn, must_get(conn, act_id))
            acts.moved(conn, act_id, acts.FINAL)
        elif complete:
            outbox.enqueue(conn, act_id=act_id, contract=ctx.pin.address(contract), calldata=calldata)
        answer = act_json(must_get(conn, act_id))
    if ctx.submitter is not None:
        ctx.submitter.wake()
    return answer


def refuse(ctx: Services, principal: Principal, act_id: str, reason: str, detail: str = "") -> dict[str, Any]:
    """Record that the caller's signer refuses, with its reason code. An organisation's act ends with it; a
    council's once too few members are left who could still agree."""
    act = _own(ctx, principal, act_id)
    if act.state != acts.NEEDS_SIGNATURE:
        return act_json(act)
    context = {"detail": detail[:500]}
    with ctx.store.begin() as conn:
        if must_get(conn, act_id).state != acts.NEEDS_SIGNATURE:
            return act_json(must_get(conn, act_id))  # it was signed, or ended, in between
        if act.organisation != acts.COUNCIL:
            acts.moved(conn, act_id, acts.REFUSED, reason=reason, context=context)
        else:
            _council_refusal(ctx, conn, principal, act_id, reason, context)
        return act_json(must_get(conn, act_id))


def domain_of(ctx: Services, contract: str) -> Domain:
    """The typed-data domain of a contract on the pinned ledger."""
    return Domain(ctx.pin.chain_id, ctx.pin.address(contract))


def _digest(ctx: Services, act: Act) -> bytes:
    kind = message_type(act.kind)
    if kind is None:
        raise Broken("RECORD_DAMAGED", f"there are no acts of the kind {act.kind}")
    return kind.from_json(act.message).digest(domain_of(ctx, act.contract))


def _tried(
    ctx: Services, principal: Principal, act: Act, key: str, contract: str, calldata: bytes
) -> LedgerError | None:
    """The refusal that ends the act, if the contract would refuse it, or what it leaves to people does;
    raises one that leaves it waiting.

    Issuing is the bulk of all acts, so where the index has key, role and right as they must be, the node is
    not asked here: the submitter tries each act once more before it sends it.
    """
    if act.kind == "Issue":
        registry = ctx.pin.address(contract)
        with ctx.store.read() as conn:
            message = act.message
            if standings.may_issue(
                conn, message["issuer"], message["scheme"], key, registry=registry, now=ctx.now()
            ):
                return None
    try:
        ctx.gateway.simulate(contract, calldata)
    except ActRefused as refused:
        if refused.reason in _NOT_THE_SIGNERS_TURN:
            raise
        return refused
    if act.kind == "Supersede":
        try:
            hold_again(ctx, principal, act)
        except (Broken, Unavailable):
            raise
        except LedgerError as refused:
            return refused
    return None


def _check_member(ctx: Services, principal: Principal, act: Act, key: str) -> None:
    if act.kind == "MemberPause" and key != act.message["member"]:
        raise NotPermitted("NOT_COUNCIL_MEMBER")
    if act.organisation != acts.COUNCIL:
        return
    if principal.kind is Kind.COUNCIL and principal.member not in (None, key):
        raise NotPermitted("SIGNATURE_KEY_DIFFERS", "A council member signs with its own key.")
    council = ctx.gateway.council()
    if key not in (member.lower() for member in council.members):
        raise NotPermitted("NOT_COUNCIL_MEMBER")
    if council.epoch != act.message["epoch"]:
        raise Conflict("ACT_NOT_SIGNABLE", "The council has changed since; ask anew.", state=act.state)


def _council_refusal(
    ctx: Services,
    conn: Connection,
    principal: Principal,
    act_id: str,
    reason: str,
    context: dict[str, Any],
) -> None:
    act = must_get(conn, act_id)
    refusals = dict((act.context or {}).get("refusals", {}))
    refusals[principal.member or ""] = {"reason": reason, **context}
    council = ctx.gateway.council()
    if len(council.members) - len(refusals) < act.needed:
        acts.moved(conn, act_id, acts.REFUSED, reason=reason, context={"refusals": refusals})
    else:
        acts.refusing(conn, act_id, {"refusals": refusals})


def _own(ctx: Services, principal: Principal, act_id: str) -> Act:
    with ctx.store.read() as conn:
        act = acts.get(conn, act_id)
    if act is None or act.organisation not in principal.desks:
        raise NotFound("ACT_UNKNOWN")
    return act


def _request(ctx: Services, act: Act) -> dict[str, Any]:
    domain = domain_of(ctx, act.contract)
    try:
        evidence: dict[str, Any] = evidence_for(ctx, act)
    except Unavailable:
        # The paper is there, only not now: a signer that saw none would refuse the act for good.
        raise
    except LedgerError as gone:
        # One act whose paper was erased must not hide the others; its signer will refuse it for want of
        # evidence.
        evidence = {"missing": gone.reason}
    return {
        "id": act.id,
        "kind": act.kind,
        "contract": act.contract,
        "organisation": act.organisation,
        "summary": act.summary,
        "state": act.state,
        "domain": {"chainId": domain.chain_id, "verifyingContract": domain.contract},
        "message": act.message,
        "evidence": evidence,
        "signatures": len(act.signatures),
        "needed": act.needed,
        "deadline": act.deadline,
        "createdAt": act.created_at,
    }


def _signed_by(act: Act, member: str | None) -> bool:
    if member is None:
        return False
    refused = (act.context or {}).get("refusals", {})
    return member in refused or any(entry["key"] == member for entry in act.signatures)


def _waiting(ctx: Services, principal: Principal, after: str, limit: int) -> list[Act]:
    """What waits at the caller's desks, in one look: signers ask all the time, and mostly for nothing.

    What is past its deadline is expired first, or asked anew where it was signed once and came too late.
    """
    while True:
        with ctx.store.read() as conn:
            found = acts.pending_for(conn, principal.desks, after=after, limit=limit)
        now = ctx.now()
        late = [act for act in found if act.deadline < now]
        if not late:
            return found
        with ctx.store.begin() as conn:
            for act in late:
                if act.reason is not None and act.kind not in acts.UNRENEWABLE:
                    deadline = ctx.deadline()
                    acts.renew(conn, act.id, {**act.message, "deadline": deadline}, deadline)
            acts.expire(conn, now)
