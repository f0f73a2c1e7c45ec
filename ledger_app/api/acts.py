"""`/v1/acts`, `/v1/batches`, `/v1/enquiries` and the signers' counter `/v1/signing`."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool

from ledger_app.access.principals import Principal
from ledger_app.api.bodies import AnswerBody, EmptyBody, EnquireBody, RefusalBody, SignatureBody
from ledger_app.api.http import (
    Caller,
    Context,
    Cursor,
    JsonBody,
    Limit,
    OnceOnly,
    after_cursor,
    body_schema,
    cursor_of,
    page,
    record_id,
)
from ledger_app.api.waiting import Changes
from ledger_app.services import acts, enquiries, lifecycle, signing
from ledger_app.store.acts import SETTLED

router = APIRouter(prefix="/v1", tags=["acts"])

# A request shows every document of its batch: they go out as they lie there.
_JSON: dict[int | str, Any] = {
    200: {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}
}


@router.get("/acts")
def listed(
    who: Annotated[Principal, Depends(Caller("acts.read"))],
    ctx: Context,
    state: Annotated[str | None, Query(max_length=20)] = None,
    subject: Annotated[str | None, Query(max_length=66)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The caller's acts, newest first."""
    rows = acts.listed(ctx, who, state=state, subject=subject, before=after_cursor(cursor), limit=limit)
    return page("acts", rows, limit)


@router.get("/acts/{act}")
async def show(
    who: Annotated[Principal, Depends(Caller("acts.read"))],
    ctx: Context,
    changes: Changes,
    act: str,
    wait: Annotated[int, Query(ge=0, le=60)] = 0,
) -> dict[str, Any]:
    """One act; with `wait` as soon as it is settled, at most so many seconds."""
    name = record_id(act)
    return await changes.until(
        lambda: acts.show(ctx, who, name), lambda found: found["state"] in SETTLED, wait
    )


@router.post("/batches/{batch}/confirm", status_code=202, openapi_extra=body_schema(EmptyBody))
def confirm(
    who: Annotated[Principal, Depends(Caller("certificates.confirm"))],
    ctx: Context,
    batch: str,
    _: Annotated[EmptyBody, Depends(JsonBody(EmptyBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Confirm one's own batch after its key was disowned."""
    return lifecycle.confirm(ctx, who, record_id(batch).lower(), once)


# --- enquiries -------------------------------------------------------------------------------------------


@router.post("/enquiries", status_code=202, openapi_extra=body_schema(EnquireBody))
def enquire(
    who: Annotated[Principal, Depends(Caller("enquiries.ask"))],
    ctx: Context,
    body: Annotated[EnquireBody, Depends(JsonBody(EnquireBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Ask an issuing body."""
    about = None if body.certificate is None else body.certificate.reference()
    return enquiries.enquire(ctx, who, body.to, about, body.code, body.reply_by, body.text, once)


@router.get("/enquiries")
def enquiries_listed(
    who: Annotated[Principal, Depends(Caller("enquiries.read"))],
    ctx: Context,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The caller's enquiries, asked and received."""
    rows = enquiries.listed(ctx, who, before=after_cursor(cursor), limit=limit)
    return page("enquiries", rows, limit, key="act")


@router.get("/enquiries/{enquiry}")
def enquiry_shown(
    who: Annotated[Principal, Depends(Caller("enquiries.read"))], ctx: Context, enquiry: str
) -> dict[str, Any]:
    """One enquiry with its words and its answer."""
    return enquiries.show(ctx, who, record_id(enquiry))


@router.post("/enquiries/{enquiry}/answer", status_code=202, openapi_extra=body_schema(AnswerBody))
def answer(
    who: Annotated[Principal, Depends(Caller("enquiries.answer"))],
    ctx: Context,
    enquiry: str,
    body: Annotated[AnswerBody, Depends(JsonBody(AnswerBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Answer an enquiry."""
    return enquiries.answer(ctx, who, record_id(enquiry), body.code, body.text, once)


# --- the signers' counter --------------------------------------------------------------------------------


@router.get("/signing/requests", response_class=Response, responses=_JSON)
async def requests(
    who: Annotated[Principal, Depends(Caller("signing.read"))],
    ctx: Context,
    changes: Changes,
    cursor: Cursor = None,
    limit: Limit = 50,
    wait: Annotated[int, Query(ge=0, le=30)] = 0,
) -> Response:
    """What waits for the caller's signature, with the evidence to rebuild it from; `wait` for something to
    come.
    """
    start = after_cursor(cursor) or ""
    rows, after = await changes.until(
        lambda: signing.requests(ctx, who, after=start, limit=limit), lambda found: bool(found[0]), wait
    )
    answer = {"requests": rows, "next": None if after is None else cursor_of(after)}
    return Response(await run_in_threadpool(orjson.dumps, answer), media_type="application/json")


@router.get("/signing/requests/{act}", response_class=Response, responses=_JSON)
def request(who: Annotated[Principal, Depends(Caller("signing.read"))], ctx: Context, act: str) -> Response:
    """One signing request."""
    shown = signing.request(ctx, who, record_id(act))
    return Response(orjson.dumps(shown), media_type="application/json")


@router.post("/signing/requests/{act}/signature", openapi_extra=body_schema(SignatureBody))
def signature(
    who: Annotated[Principal, Depends(Caller("signing.sign"))],
    ctx: Context,
    act: str,
    body: Annotated[SignatureBody, Depends(JsonBody(SignatureBody))],
) -> dict[str, Any]:
    """Hand in a signature."""
    return signing.sign(ctx, who, record_id(act), body.key, body.signature)


@router.post("/signing/requests/{act}/refusal", openapi_extra=body_schema(RefusalBody))
def refusal(
    who: Annotated[Principal, Depends(Caller("signing.sign"))],
    ctx: Context,
    act: str,
    body: Annotated[RefusalBody, Depends(JsonBody(RefusalBody))],
) -> dict[str, Any]:
    """Say why the signer does not sign."""
    return signing.refuse(ctx, who, record_id(act), body.reason, body.detail)
