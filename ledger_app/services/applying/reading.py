"""How applications are shown: to the applicant, and to the issuing body once it has them."""

from typing import Any

import orjson

from ledger_app.access.principals import Principal
from ledger_app.domain.application import STEPS, Side, Stage, barred
from ledger_app.errors import BadInput
from ledger_app.services import sight
from ledger_app.services.acts import own_organisation
from ledger_app.services.applying import record
from ledger_app.services.applying.record import Case
from ledger_app.services.context import Services
from ledger_app.store import applications, certificates, members
from ledger_app.store.applications import ApplicationRow, StepRow
from ledger_app.store.engine import Connection


def show(ctx: Services, principal: Principal, application_id: str) -> dict[str, Any]:
    """One application in full. Raises NotFound `APPLICATION_UNKNOWN`."""
    with ctx.store.read() as conn:
        row = record.find(conn, principal, application_id)
        if row.sealed is None:
            return {**_erased(conn, row), "side": record.side_of(row, principal).value}
        return shown(ctx, conn, principal, record.opened(ctx, conn, row))


def listed(
    ctx: Services,
    principal: Principal,
    *,
    stage: str | None = None,
    received: bool | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The caller's applications, made and received, newest first. Raises BadInput `STAGE_UNKNOWN`."""
    try:
        wanted = None if stage is None else Stage(stage)
    except ValueError:
        raise BadInput("STAGE_UNKNOWN", f"There are {', '.join(Stage)}.") from None
    mine = own_organisation(principal)
    with ctx.store.read() as conn:
        rows = applications.listed(conn, mine, stage=wanted, received=received, before=before, limit=limit)
        names = members.names(conn, sorted({who for row in rows for who in (row.applicant, row.issuer)}))
        return [_brief(ctx, conn, principal, row, names) for row in rows]


def history(
    ctx: Services,
    principal: Principal,
    application_id: str,
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The steps of an application, the latest first; `before` is the version to continue from."""
    with ctx.store.read() as conn:
        record.find(conn, principal, application_id)
        rows = applications.steps(conn, application_id, before=before, limit=limit)
        names = members.names(conn, sorted({row.organisation for row in rows}))
    return [_step(ctx, row, names) for row in rows]


def shown(ctx: Services, conn: Connection, principal: Principal, case: Case) -> dict[str, Any]:
    """An application as the caller sees it. To the issuing body it has no document while it is written, nor
    where it was withdrawn before it was submitted again."""
    row, side = case.row, case.side(principal)
    hidden = record.is_private(conn, row, side)
    names = members.names(conn, sorted({row.applicant, row.issuer}))
    certificate = certificates.by_id(conn, row.certificate_id) if row.certificate_id else None
    return {
        **_envelope(row, names),
        "side": side.value,
        "reasons": list(case.life.reasons),
        "document": None if hidden else case.whole(),
        "evidence": [] if hidden else _files(ctx, conn, row.id),
        "findings": [] if hidden else [one.to_json() for one in record.findings(ctx, case)],
        "deadlines": [] if hidden else sight.of_draft(ctx, _as_today(ctx, case)),
        "may": [_may(case, act, side, principal.person) for act in STEPS],
        "certificate": None
        if certificate is None
        else {"id": certificate.id, "number": certificate.number, "digest": certificate.digest},
    }


def _as_today(ctx: Services, case: Case) -> dict[str, Any]:
    return {"issueDate": ctx.clock().date().isoformat(), **case.document}


def _may(case: Case, act: str, side: Side, person: str) -> dict[str, Any]:
    reason = barred(case.life, act, side, person=person)
    return {"act": act, "possible": not reason, "reason": reason}


def _brief(
    ctx: Services, conn: Connection, principal: Principal, row: ApplicationRow, names: dict[str, str]
) -> dict[str, Any]:
    said: dict[str, Any] = {}
    side = record.side_of(row, principal)
    if row.sealed is not None and not record.is_private(conn, row, side):
        said = record.opened(ctx, conn, row).document
    return {
        **_envelope(row, names),
        "side": side.value,
        "exporter": _name(said.get("exporter")),
        "consignee": _name(said.get("consignee")),
        "importCountry": said.get("importCountry"),
    }


def _envelope(row: ApplicationRow, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "stage": record.stage_of(row).value,
        "version": row.version,
        "turns": row.turns,
        "fourEyes": row.four_eyes,
        "applicant": {"id": row.applicant, "name": names.get(row.applicant)},
        "issuer": {"id": row.issuer, "name": names.get(row.issuer)},
        "scheme": row.scheme,
        "erased": row.sealed is None,
        "act": None
        if row.act_id is None
        else {"id": row.act_id, "state": row.act_state, "reason": row.act_reason},
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }


def _erased(conn: Connection, row: ApplicationRow) -> dict[str, Any]:
    names = members.names(conn, sorted({row.applicant, row.issuer}))
    return {**_envelope(row, names), "document": None}


def _files(ctx: Services, conn: Connection, application_id: str) -> list[dict[str, Any]]:
    rows = applications.attachments_of(conn, application_id)
    return [{"id": row.id, **record.file_of(ctx, row), "createdAt": row.created_at} for row in rows]


def _step(ctx: Services, row: StepRow, names: dict[str, str]) -> dict[str, Any]:
    said = {"person": "", "reasons": []}
    if row.sealed is not None:
        said = orjson.loads(ctx.vault.open(row.sealed, f"application_steps/{row.id}"))
    return {
        "version": row.version,
        "step": row.step,
        "stage": row.stage,
        "organisation": {"id": row.organisation, "name": names.get(row.organisation)},
        "person": said["person"] or None,
        "reasons": said["reasons"],
        "time": row.created_at,
        "act": None
        if row.act_id is None
        else {"id": row.act_id, "state": row.act_state, "reason": row.act_reason},
    }


def _name(party: Any) -> str | None:
    name = party.get("name") if isinstance(party, dict) else None
    return name if isinstance(name, str) else None
