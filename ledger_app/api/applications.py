"""`/v1/applications`: from an exporter's draft to the issuing body's act."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from ledger_app.access.principals import Principal
from ledger_app.api.bodies import (
    ApplicationBody,
    ApplicationEditBody,
    ApplicationIssueBody,
    ApplicationReasonsBody,
    ApplicationStepBody,
    ApplicationTakeBody,
)
from ledger_app.api.http import (
    Caller,
    Context,
    Cursor,
    JsonBody,
    Limit,
    OnceOnly,
    after_cursor,
    body_schema,
    page,
    record_id,
)
from ledger_app.errors import BadInput
from ledger_app.services.applying import reading, steps

router = APIRouter(prefix="/v1/applications", tags=["applications"])

Write = Annotated[Principal, Depends(Caller("applications.write"))]
Decide = Annotated[Principal, Depends(Caller("applications.decide"))]
Read = Annotated[Principal, Depends(Caller("applications.read"))]
Step = Annotated[ApplicationStepBody, Depends(JsonBody(ApplicationStepBody))]


@router.post("", status_code=201, openapi_extra=body_schema(ApplicationBody))
def draft(
    who: Write,
    ctx: Context,
    body: Annotated[ApplicationBody, Depends(JsonBody(ApplicationBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Draft an application; the document may be incomplete, and its findings are shown."""
    return steps.draft(ctx, who, body.issuer, body.document, once)


@router.get("")
def listed(
    who: Read,
    ctx: Context,
    stage: Annotated[str | None, Query(max_length=24)] = None,
    received: Annotated[bool | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The caller's applications, made and received, newest first."""
    rows = reading.listed(ctx, who, stage=stage, received=received, before=after_cursor(cursor), limit=limit)
    return page("applications", rows, limit)


@router.get("/{application}")
def show(who: Read, ctx: Context, application: str) -> dict[str, Any]:
    """One application, with its findings and what the caller may do now."""
    return reading.show(ctx, who, record_id(application))


@router.get("/{application}/history")
def history(
    who: Read, ctx: Context, application: str, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """Every step: who, when, what and why; the latest first."""
    before = after_cursor(cursor)
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= 15):
        raise BadInput("CURSOR_INVALID")
    rows = reading.history(
        ctx, who, record_id(application), before=None if before is None else int(before), limit=limit
    )
    return page("steps", rows, limit, key="version")


@router.put("/{application}", openapi_extra=body_schema(ApplicationEditBody))
def edit(
    who: Write,
    ctx: Context,
    application: str,
    body: Annotated[ApplicationEditBody, Depends(JsonBody(ApplicationEditBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Put another document in the draft's place."""
    return steps.edit(ctx, who, record_id(application), body.version, body.document, once)


@router.delete("/{application}", status_code=204)
def erase(who: Write, ctx: Context, application: str) -> None:
    """Destroy what one's own application says, and its files."""
    steps.erase(ctx, who, record_id(application))


@router.post("/{application}/submit", openapi_extra=body_schema(ApplicationStepBody))
def submit(who: Write, ctx: Context, application: str, body: Step, once: OnceOnly) -> dict[str, Any]:
    """Hand the application to the issuing body."""
    return steps.decide(ctx, who, record_id(application), "submit", body.version, [], once)


@router.post("/{application}/recall", openapi_extra=body_schema(ApplicationStepBody))
def recall(who: Write, ctx: Context, application: str, body: Step, once: OnceOnly) -> dict[str, Any]:
    """Take it back before the issuing body has taken it up."""
    return steps.decide(ctx, who, record_id(application), "recall", body.version, [], once)


@router.post("/{application}/withdraw", openapi_extra=body_schema(ApplicationStepBody))
def withdraw(who: Write, ctx: Context, application: str, body: Step, once: OnceOnly) -> dict[str, Any]:
    """Give it up, for ever."""
    return steps.decide(ctx, who, record_id(application), "withdraw", body.version, [], once)


@router.post("/{application}/take", openapi_extra=body_schema(ApplicationTakeBody))
def take(
    who: Decide,
    ctx: Context,
    application: str,
    body: Annotated[ApplicationTakeBody, Depends(JsonBody(ApplicationTakeBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Take it up for examination."""
    name = record_id(application)
    return steps.decide(ctx, who, name, "take", body.version, [], once, four_eyes=body.four_eyes)


@router.post("/{application}/return", openapi_extra=body_schema(ApplicationReasonsBody))
def give_back(
    who: Decide,
    ctx: Context,
    application: str,
    body: Annotated[ApplicationReasonsBody, Depends(JsonBody(ApplicationReasonsBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Give it back to be corrected, with written reasons."""
    return steps.decide(ctx, who, record_id(application), "return", body.version, body.reasons, once)


@router.post("/{application}/refuse", openapi_extra=body_schema(ApplicationReasonsBody))
def refuse(
    who: Decide,
    ctx: Context,
    application: str,
    body: Annotated[ApplicationReasonsBody, Depends(JsonBody(ApplicationReasonsBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Refuse it for good, with written reasons."""
    return steps.decide(ctx, who, record_id(application), "refuse", body.version, body.reasons, once)


@router.post("/{application}/issue", status_code=202, openapi_extra=body_schema(ApplicationIssueBody))
def issue(
    who: Annotated[Principal, Depends(Caller("applications.issue"))],
    ctx: Context,
    application: str,
    body: Annotated[ApplicationIssueBody, Depends(JsonBody(ApplicationIssueBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Make the certificate, and ask for the issuer's signature. Who certifies itself issues its own draft."""
    return steps.issue(
        ctx,
        who,
        record_id(application),
        body.version,
        once,
        number=body.number,
        issue_date=body.issue_date,
    )
