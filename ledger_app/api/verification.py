"""`/v1/verify`: a file as it is (multipart or raw bytes), or JSON that names what to verify."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from ledger_app.access.principals import Principal
from ledger_app.api.bodies import VerifyBody, VerifyManyBody
from ledger_app.api.http import (
    Caller,
    Context,
    as_model,
    body_schema,
    json_value,
    must_be_json,
    raw_body,
    read_json,
)
from ledger_app.api.uploads import media_type, read_upload
from ledger_app.errors import BadInput
from ledger_app.proof.alone import worked_out
from ledger_app.proof.bundle import bundle_from_json
from ledger_app.services import subjects, verifying

router = APIRouter(prefix="/v1", tags=["verification"])

_LONG = ("checks", "content", "matches", "disclosed", "predecessor", "successors", "moreSuccessors")
_READ_APART: Final = 100_000
"""Bytes of a body that is read beside the service: some 25 bundles. A smaller one is read faster here."""
_RAW = ("application/octet-stream", "application/vnd.origin-ledger.bundle+json")
_OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/VerifyBody"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "at": {"type": "string"},
                        "claim": {"type": "string"},
                    },
                }
            },
            **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in _RAW},
        },
    }
}


@router.post("/verify", openapi_extra=_OPENAPI)
async def verify(
    request: Request,
    who: Annotated[Principal, Depends(Caller("verify"))],
    ctx: Context,
    at: Annotated[str | None, Query(max_length=10)] = None,
    claim: Annotated[str | None, Query(max_length=200)] = None,
) -> dict[str, Any]:
    """The report on one certificate. A file that cannot be read is a finding of the report, not an error."""
    media = media_type(request)
    if media == "multipart/form-data":
        form = await read_upload(request)
        at, claim = form.fields.get("at") or at, form.fields.get("claim") or claim
        query = subjects.Query(file=form.content, at=at, claim=claim)
    elif media in _RAW:
        query = subjects.Query(file=await request.body(), at=at, claim=claim)
    else:
        raw = await request.body()
        query = await run_in_threadpool(_from_json, request, raw, at, claim)
    return await run_in_threadpool(verifying.verify, ctx, who, query)


@router.post(
    "/verify/batch",
    openapi_extra=body_schema(VerifyManyBody),
    response_class=Response,
    responses={200: {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}},
)
def verify_many(
    request: Request,
    who: Annotated[Principal, Depends(Caller("verify"))],
    ctx: Context,
    raw: Annotated[bytes, Depends(raw_body)],
) -> Response:
    """Reports on several certificates, from one state of the ledger."""
    must_be_json(request)
    read = ctx.readers.ask(_read_apart, raw, ctx.clock().date()) if len(raw) >= _READ_APART else None
    brief, queries = read or _read(raw)
    reports = verifying.verify_many(ctx, who, queries, related=not brief)
    if brief:
        reports = [_brief(report) for report in reports]
    # Hundreds of reports at once: written by what takes a fraction of the time, and no other way.
    return Response(orjson.dumps({"reports": reports}), media_type="application/json")


def _read(raw: bytes) -> tuple[bool, list[subjects.Query]]:
    body = as_model(VerifyManyBody, json_value(raw))
    return body.brief, [_query(each, None, None) for each in body.queries]


def _read_apart(raw: bytes, today: date) -> tuple[bool, list[subjects.Query]]:
    """The same, with all that bundles say by themselves worked out: most of what a verification is."""
    brief, queries = _read(raw)
    return brief, [_worked_out(query, today) for query in queries]


def _worked_out(query: subjects.Query, today: date) -> subjects.Query:
    if query.bundle is None:
        return query
    try:
        read = worked_out(bundle_from_json(query.bundle), verifying.day_of(query, today))
    except BadInput:
        return query  # the service says what is wrong with it
    return replace(query, bundle=None, read=read)


def _brief(report: dict[str, Any]) -> dict[str, Any]:
    certificate = report["certificate"]
    kept = {name: value for name, value in report.items() if name not in _LONG}
    if certificate is not None:
        kept["certificate"] = {name: value for name, value in certificate.items() if name != "document"}
    return kept


def _from_json(request: Request, raw: bytes, at: str | None, claim: str | None) -> subjects.Query:
    return _query(as_model(VerifyBody, read_json(request, raw)), at, claim)


def _query(body: VerifyBody, at: str | None, claim: str | None) -> subjects.Query:
    return subjects.Query(
        bundle=body.bundle,
        number=body.number,
        digest=body.digest,
        document=body.document,
        issuer=body.issuer,
        secret=body.secret,
        at=body.at or at,
        claim=body.claim or claim,
    )
