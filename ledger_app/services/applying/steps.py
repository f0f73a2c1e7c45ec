"""Everything that is done with an application. Each step is one write transaction, and one line of history.

Whoever acts says which version they saw, so that nobody decides about a text that they have not read.
"""

from dataclasses import replace
from typing import Any, Final

import orjson

from ledger_app.access.principals import Principal
from ledger_app.domain.application import Application, Side, do
from ledger_app.domain.content_dates import day_at
from ledger_app.domain.findings import has_errors
from ledger_app.domain.standing import Role
from ledger_app.domain.terms import day_number
from ledger_app.errors import BadInput, Conflict, NotFound, NotPermitted, TooLarge, Unprocessable
from ledger_app.services import issuing, numbering
from ledger_app.services.acts import own_organisation
from ledger_app.services.applying import reading, record
from ledger_app.services.applying.record import Case
from ledger_app.services.context import Once, Services
from ledger_app.services.names import id_of, member_of
from ledger_app.store import applications, members
from ledger_app.store.applications import ApplicationRow
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id
from ledger_app.store.members import Member

DECISIONS: Final = ("submit", "recall", "take", "return", "refuse", "withdraw")
MAX_DOCUMENT: Final = 2 << 20
"""Bytes of the document as compact JSON."""
MAX_REASONS: Final = 50
MAX_REASON: Final = 2000
_START: Final = {"type": "certificate-of-origin", "version": 1}


def draft(
    ctx: Services, principal: Principal, issuer: str | None, document: dict[str, Any], once: Once
) -> dict[str, Any]:
    """A new application of the caller to `issuer` (identifier or id; default: whom the document names).

    The document may be incomplete; who the issuer is, is written into it. Gives the application with its
    findings. Raises BadInput `APPLY_WHERE`, NotFound `ORGANISATION_UNKNOWN_HERE`, Unprocessable
    `NOT_AN_ISSUING_BODY`, `ISSUER_DIFFERS`; Conflict `FOUR_EYES`.
    """
    applicant = own_organisation(principal)
    body = _issuing_body(ctx, issuer or _named_issuer(document), applicant)
    document = _addressed(document, body)
    side = Side.SELF if body.organisation == applicant else Side.APPLICANT
    empty = Application(four_eyes=ctx.settings.application_four_eyes)
    life = do(empty, "edit", side, person=principal.person)
    application_id, now = new_id(), ctx.now()
    row = ApplicationRow(
        id=application_id,
        applicant=applicant,
        issuer=body.organisation,
        scheme=record.scheme_of(document),
        stage=life.stage.value,
        version=1,
        turns=0,
        four_eyes=life.four_eyes,
        sealed=record.sealed(ctx, application_id, life, document),
        act_id=None,
        certificate_id=None,
        created_at=now,
        updated_at=now,
    )

    def effect(conn: Connection) -> dict[str, Any]:
        applications.add(conn, row)
        record.note_step(ctx, conn, principal, row, "draft", life.stage)
        return reading.shown(ctx, conn, principal, Case(row, life, document))

    answer: dict[str, Any] = once.run(ctx.store, effect)
    return answer


def edit(
    ctx: Services,
    principal: Principal,
    application_id: str,
    version: int,
    document: dict[str, Any],
    once: Once,
) -> dict[str, Any]:
    """Another document in the place of the one that was written. Raises as `decide`, Unprocessable
    `ISSUER_DIFFERS`."""

    def effect(conn: Connection) -> dict[str, Any]:
        case = _seen(ctx, conn, principal, application_id, version)
        life = do(case.life, "edit", case.side(principal), person=principal.person)
        said = _addressed(document, _member(conn, case.row.issuer))
        return reading.shown(
            ctx, conn, principal, record.moved(ctx, conn, principal, case, "edit", life, document=said)
        )

    answer: dict[str, Any] = once.run(ctx.store, effect)
    return answer


def decide(
    ctx: Services,
    principal: Principal,
    application_id: str,
    step: str,
    version: int,
    reasons: list[str],
    once: Once,
    *,
    four_eyes: bool = False,
) -> dict[str, Any]:
    """One of DECISIONS. `four_eyes`: who takes it asks that a second person issues it.

    Raises NotFound `APPLICATION_UNKNOWN`; Conflict `APPLICATION_MOVED`, `APPLICATION_ERASED`; what
    `domain.application.do` raises; for submit also Unprocessable `DOCUMENT_INVALID` (with `findings`) or
    `BASIS_DIFFERS`, NotPermitted `APPLICANT_DIFFERS` or `MANDATE_ENDED`.
    """
    why = _written(reasons)

    def effect(conn: Connection) -> dict[str, Any]:
        case = _seen(ctx, conn, principal, application_id, version)
        before = case.life
        if step == "take" and four_eyes:
            before = replace(before, four_eyes=True)
        life = do(before, step, case.side(principal), reasons=why, person=principal.person)
        if step == "submit":
            _check_applicant(ctx, principal, case.document)
            _check_content(ctx, case, self_issued=False)
        after = record.moved(ctx, conn, principal, case, step, life, reasons=why)
        return reading.shown(ctx, conn, principal, after)

    answer: dict[str, Any] = once.run(ctx.store, effect)
    return answer


def issue(
    ctx: Services,
    principal: Principal,
    application_id: str,
    version: int,
    once: Once,
    *,
    number: str | None = None,
    issue_date: str | None = None,
) -> dict[str, Any]:
    """Make the certificate out of the application, and ask for the issuer's signature: one transaction.

    `issue_date`: default today (UTC). Without `number` the next one of the issuer's ranges is taken; where it
    has none, the document's own. Who certifies itself issues its own draft. Gives `{"application", "act",
    "batch", "certificates"}`. Raises as `decide` and as `issuing.issue`.
    """
    if (earlier := once.answered(ctx.store)) is not None:
        return dict(earlier)
    issuing.make_ready(ctx)

    def effect(conn: Connection) -> dict[str, Any]:
        case = _seen(ctx, conn, principal, application_id, version)
        side = case.side(principal)
        step = "self-issue" if side is Side.SELF else "issue"
        life = do(case.life, step, side, person=principal.person)
        _check_content(ctx, case, self_issued=side is Side.SELF)
        if side is Side.SELF:
            _check_applicant(ctx, principal, case.document)
        document = _dated(ctx, case, issue_date)
        document = numbering.numbered(conn, case.row.issuer, document, number, own_first=side is Side.SELF)
        asked = issuing.ask(ctx, conn, case.row.issuer, [document])
        after = record.moved(
            ctx,
            conn,
            principal,
            case,
            step,
            life,
            act_id=asked["act"]["id"],
            certificate_id=asked["certificates"][0]["id"],
        )
        return {**asked, "application": reading.shown(ctx, conn, principal, after)}

    answer: dict[str, Any] = once.run(ctx.store, effect)
    return answer


def erase(ctx: Services, principal: Principal, application_id: str) -> None:
    """Destroy what the caller's own application says, and its files; that there was one stays.

    Raises NotFound `APPLICATION_UNKNOWN`, NotPermitted `LIFE_NOT_YOURS`, Conflict `APPLICATION_PENDING` while
    it is with the issuing body.
    """
    with ctx.store.begin() as conn:
        row = record.find(conn, principal, application_id)
        if record.side_of(row, principal) is Side.ISSUING_BODY:
            raise NotPermitted("LIFE_NOT_YOURS", "Only the applicant may do this.")
        stage = record.stage_of(row)
        if not stage.is_final and stage.value not in ("draft", "returned"):
            raise Conflict("APPLICATION_PENDING", f"It is {stage}.", stage=stage.value)
        applications.erase(conn, application_id)


def _seen(ctx: Services, conn: Connection, principal: Principal, application_id: str, version: int) -> Case:
    row = record.find(conn, principal, application_id)
    record.must_be_at(row, version)
    return record.opened(ctx, conn, row)


def _written(reasons: list[str]) -> tuple[str, ...]:
    if len(reasons) > MAX_REASONS or any(len(reason) > MAX_REASON for reason in reasons):
        raise BadInput("TEXT_TOO_LONG", f"At most {MAX_REASONS} reasons of {MAX_REASON} characters.")
    return tuple(reasons)


# --- who applies, to whom, for what -----------------------------------------------------------------------


def _named_issuer(document: dict[str, Any]) -> str:
    named = document.get("issuer")
    identifier = named.get("identifier") if isinstance(named, dict) else None
    if not isinstance(identifier, str):
        raise BadInput("APPLY_WHERE")
    return identifier


def _issuing_body(ctx: Services, named: str, applicant: str) -> Member:
    body = member_of(ctx, named)
    if body.organisation != applicant and not body.roles & Role.ISSUER:
        raise Unprocessable("NOT_AN_ISSUING_BODY", f"{body.name} does not issue certificates for others.")
    return body


def _member(conn: Connection, organisation: str) -> Member:
    found = members.member(conn, organisation)
    if found is None:
        raise NotFound("ORGANISATION_UNKNOWN_HERE")
    return found


def _addressed(document: dict[str, Any], body: Member) -> dict[str, Any]:
    """The document with its issuer, as it is recorded here, where the draft does not name it itself."""
    if len(orjson.dumps(document, default=str)) > MAX_DOCUMENT:
        raise TooLarge("TOO_LARGE", f"A document has at most {MAX_DOCUMENT} bytes.")
    said = {**_START, **document}
    if "issuer" not in said:
        said["issuer"] = {
            "identifier": body.identifier,
            "name": body.name[:256],
            "territory": body.territory,
        }
    if id_of(_named_issuer(said)) != body.organisation:
        raise Unprocessable("ISSUER_DIFFERS", "The document names another issuing body than is asked.")
    return said


def _check_applicant(ctx: Services, principal: Principal, document: dict[str, Any]) -> None:
    """The applicant is the exporter, or its agent by a mandate that holds."""
    mine = own_organisation(principal)
    if _is_party(document.get("exporter"), mine):
        return
    agent = document.get("agent")
    mandate = agent.get("mandate") if isinstance(agent, dict) and _is_party(agent, mine) else None
    if not isinstance(mandate, dict) or not mandate.get("reference") or Role.AGENT not in principal.roles:
        raise NotPermitted("APPLICANT_DIFFERS")
    ends = day_at(mandate, "validUntil")
    if ends is not None and ends < ctx.clock().date():
        raise NotPermitted("MANDATE_ENDED", f"The mandate ended on {ends.isoformat()}.")


def _is_party(party: Any, organisation: str) -> bool:
    identifier = party.get("identifier") if isinstance(party, dict) else None
    try:
        return isinstance(identifier, str) and id_of(identifier) == organisation
    except BadInput:
        return False


def _check_content(ctx: Services, case: Case, *, self_issued: bool) -> None:
    found = record.findings(ctx, case)
    if has_errors(found):
        raise Unprocessable("DOCUMENT_INVALID", findings=[finding.to_json() for finding in found])
    if (case.document.get("issuanceBasis") == "authority") == self_issued:
        raise Unprocessable("BASIS_DIFFERS", f"The basis is {case.document.get('issuanceBasis')}.")


def _dated(ctx: Services, case: Case, issue_date: str | None) -> dict[str, Any]:
    document = case.whole()
    if issue_date is not None:
        day_number(issue_date)
        return {**document, "issueDate": issue_date}
    if case.row.applicant == case.row.issuer and "issueDate" in document:
        return document
    return {**document, "issueDate": ctx.clock().date().isoformat()}
