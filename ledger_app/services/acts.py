"""Recording acts and showing how far they have come. What an act *is* lies with the service that prepares
it.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson

from ledger_app.access.principals import Kind, Principal
from ledger_app.domain.standing import act_reason
from ledger_app.errors import BadInput, NotFound, NotPermitted
from ledger_app.services.context import Services
from ledger_app.store import acts
from ledger_app.store.acts import Act
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id

CONSORTIUM: Final = "Consortium"
REGISTRY: Final = "CertificateRegistry"
CARGO_LOG: Final = "CargoLog"
_CONSORTIUM_KINDS: Final = {
    "Vote",
    "AcceptSeat",
    "AcceptKey",
    "AddKey",
    "RetireKey",
    "Enrol",
    "Accredit",
    "MemberPause",
    "Checkpoint",
    "TrustSnapshot",
}
_MAX_WAIT_SECONDS: Final = 60.0


class Message(Protocol):
    """A typed-data message of `proof.typed_data`."""

    def to_json(self) -> dict[str, Any]: ...


def contract_of(kind: str) -> str:
    """The name of the contract that takes acts of `kind`."""
    if kind in _CONSORTIUM_KINDS:
        return CONSORTIUM
    return CARGO_LOG if kind == "Anchor" else REGISTRY


@dataclass(slots=True)
class Draft:
    """An act before it is recorded.

    `desk` is who signs: an organisation's id, "council", or one council member's address. `call` is what the
    contract needs beside the message; `evidence` names records by id and holds what is public; `private` is
    sealed and shown to the signer as part of the evidence.
    """

    desk: str
    message: Message
    summary: str
    subject: str | None = None
    call: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    private: dict[str, Any] = field(default_factory=dict)
    needed: int = 1
    deadline: int | None = None
    """Until when signatures are taken, where the message itself does not say (Unix seconds)."""
    id: str = field(default_factory=new_id)

    @property
    def kind(self) -> str:
        """The typed-data type's name."""
        return type(self.message).__name__


def record(ctx: Services, conn: Connection, draft: Draft) -> dict[str, Any]:
    """Record `draft` in the caller's write transaction; gives the act as callers see it."""
    message = draft.message.to_json()
    acts.add(
        conn,
        act_id=draft.id,
        kind=draft.kind,
        contract=contract_of(draft.kind),
        organisation=draft.desk,
        subject=draft.subject,
        summary=draft.summary[:400],
        message=message,
        call=draft.call,
        evidence=draft.evidence,
        sealed=ctx.vault.seal(orjson.dumps(draft.private), f"acts/{draft.id}") if draft.private else None,
        needed=draft.needed,
        deadline=draft.deadline or message.get("expires") or message["deadline"],
    )
    return act_json(must_get(conn, draft.id))


def must_get(conn: Connection, act_id: str) -> Act:
    """The act. Raises NotFound `ACT_UNKNOWN`."""
    act = acts.get(conn, act_id)
    if act is None:
        raise NotFound("ACT_UNKNOWN")
    return act


def act_json(act: Act) -> dict[str, Any]:
    """An act as callers see it. Members that are not known yet are null."""
    return {
        "id": act.id,
        "kind": act.kind,
        "contract": act.contract,
        "organisation": act.organisation,
        "subject": act.subject,
        "summary": act.summary,
        "state": act.state,
        "reason": act.reason,
        "context": act.context,
        "message": act.message,
        "signatures": len(act.signatures),
        "needed": act.needed,
        "deadline": act.deadline,
        "createdAt": act.created_at,
        "updatedAt": act.updated_at,
        "transaction": act.tx_hash,
        "block": act.block_number,
        "gasUsed": act.gas_used,
    }


def show(ctx: Services, principal: Principal, act_id: str, *, wait: float = 0.0) -> dict[str, Any]:
    """The act; with `wait` (seconds, at most 60) as soon as it is settled or the time is over.

    Only its organisation, council members (council acts) and the operator see it; for others it does not
    exist: NotFound `ACT_UNKNOWN`.
    """
    until = time.monotonic() + min(max(wait, 0.0), _MAX_WAIT_SECONDS)
    pause = 0.005
    while True:
        with ctx.store.read() as conn:
            act = acts.get(conn, act_id)
        if act is None or not _visible(principal, act):
            raise NotFound("ACT_UNKNOWN")
        if act.state in acts.SETTLED or time.monotonic() >= until:
            return act_json(act)
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, 0.25)


def listed(
    ctx: Services,
    principal: Principal,
    *,
    state: str | None = None,
    subject: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The principal's acts, newest first; the operator sees everybody's."""
    desks = None if principal.kind is Kind.OPERATOR else principal.desks
    with ctx.store.read() as conn:
        rows = acts.listed(conn, desks=desks, state=state, subject=subject, before=before, limit=limit)
    return [act_json(row) for row in rows]


def own_organisation(principal: Principal) -> str:
    """The caller's organisation id. Raises NotPermitted `NOT_ENTITLED` for a token that stands for none."""
    if principal.organisation is None:
        raise NotPermitted("NOT_ENTITLED", "This is done in the name of an organisation.")
    return principal.organisation


def reason_number(act: str, given: int | str) -> int:
    """The number of an act's reason, by number or code. Raises BadInput `ACT_REASON_UNKNOWN`, naming those
    there are.
    """
    try:
        return act_reason(act, given).number
    except ValueError as unknown:
        raise BadInput("ACT_REASON_UNKNOWN", str(unknown)) from None


def private_of(ctx: Services, act: Act) -> dict[str, Any]:
    """The sealed particulars of an act; empty when there are none."""
    if act.sealed is None:
        return {}
    opened: dict[str, Any] = orjson.loads(ctx.vault.open(act.sealed, f"acts/{act.id}"))
    return opened


def _visible(principal: Principal, act: Act) -> bool:
    return principal.kind is Kind.OPERATOR or act.organisation in principal.desks
