"""`/v1/imports`: files of other systems read; and imports of any length, opened, sent page by page and
followed.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from operator import ne
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import Field

from ledger_app.access.principals import Principal
from ledger_app.api.http import (
    Body,
    Caller,
    Context,
    Cursor,
    JsonBody,
    Limit,
    after_cursor,
    body_schema,
    cursor_of,
    page,
    record_id,
)
from ledger_app.api.uploads import file_schema, media_type, read_upload
from ledger_app.api.waiting import Changes
from ledger_app.domain.imports.splitting import CSV, JSON
from ledger_app.errors import BadInput, LedgerError
from ledger_app.services import importing
from ledger_app.services.bulk import jobs, judging, staging
from ledger_app.store.imports import CLOSED

router = APIRouter(prefix="/v1/imports", tags=["imports"])

NDJSON = "application/x-ndjson"
_KINDS = {"text/csv": CSV, "application/json": JSON}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_PAGE: dict[str, Any] = {"requestBody": {"required": True, "content": dict.fromkeys(_KINDS, _BINARY)}}
_STREAM: dict[int | str, Any] = {200: {"description": "A line on each change.", "content": {NDJSON: {}}}}
_SHA256 = r"^[0-9a-fA-F]{64}$"
_Number = Annotated[int, Query(ge=0, le=2**53 - 1)]


class ImportBody(Body):
    """A file to import: its SHA-256 (64 hex digits), its name, `csv` or `json`, and whether all of its rows
    or none are to be issued."""

    file: str = Field(pattern=_SHA256)
    name: str = Field("", max_length=200)
    kind: str = Field(pattern="^(csv|json)$")
    all_or_nothing: bool = False


class ImportEndBody(Body):
    """How many pages the file had, and the numbers of the rows that were too long to be sent."""

    pages: int = Field(ge=0, le=staging.MAX_PAGES)
    unreadable: list[Annotated[int, Field(ge=1, le=2**53 - 1)]] = Field(default=[], max_length=100_000)


class NothingBody(Body):
    """Nothing."""


@router.post("", openapi_extra=file_schema())
async def import_file(
    request: Request,
    who: Annotated[Principal, Depends(Caller("certificates.import"))],
    ctx: Context,
) -> dict[str, Any]:
    """Read certificates of other systems (UN/CEFACT-style JSON, CSV and others): what could be issued, what
    is missing.
    """
    if media_type(request) != "multipart/form-data":
        raise BadInput("MEDIA_TYPE_UNSUPPORTED", "Send multipart/form-data with a file named `file`.")
    form = await read_upload(request)
    return await run_in_threadpool(importing.read_file, ctx, who, form.content, form.filename)


@router.post("/judgement", openapi_extra=_PAGE)
async def judge(
    request: Request,
    who: Annotated[Principal, Depends(Caller("imports.send"))],
    ctx: Context,
    first_row: Annotated[int, Query(alias="firstRow", ge=0, le=2**53 - 1)] = 1,
) -> dict[str, Any]:
    """What an import would do with a page, numbers that are taken and known rows included; nothing is
    recorded."""
    kind = _KINDS.get(media_type(request))
    if kind is None:
        raise BadInput("MEDIA_TYPE_UNSUPPORTED", "Send text/csv or application/json.")
    body = await request.body()
    return {"rows": await run_in_threadpool(judging.judged, ctx, who, kind, first_row, body)}


@router.post("/jobs", status_code=201, openapi_extra=body_schema(ImportBody))
def open_job(
    who: Annotated[Principal, Depends(Caller("imports.send"))],
    ctx: Context,
    body: Annotated[ImportBody, Depends(JsonBody(ImportBody))],
) -> dict[str, Any]:
    """Open the import of a file; the same file again gives the import that is not finished."""
    return jobs.open_job(ctx, who, body.file.lower(), body.name, body.kind, whole=body.all_or_nothing)


@router.get("/jobs")
def listed(
    who: Annotated[Principal, Depends(Caller("imports.read"))],
    ctx: Context,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The caller's imports, newest first."""
    return page("imports", jobs.listed(ctx, who, before=after_cursor(cursor), limit=limit), limit)


@router.get("/jobs/{job}")
async def show(
    who: Annotated[Principal, Depends(Caller("imports.read"))],
    ctx: Context,
    changes: Changes,
    job: str,
    wait: Annotated[int, Query(ge=0, le=60)] = 0,
) -> dict[str, Any]:
    """One import; with `wait` as soon as it has ended or waits for approval, at most so many seconds."""
    name = record_id(job)
    return await changes.until(lambda: jobs.show(ctx, who, name), _is_over, wait)


@router.get("/jobs/{job}/progress", response_class=StreamingResponse, responses=_STREAM)
async def progress(
    who: Annotated[Principal, Depends(Caller("imports.read"))],
    ctx: Context,
    changes: Changes,
    job: str,
    wait: Annotated[int, Query(ge=0, le=3600)] = 60,
) -> StreamingResponse:
    """The import as NDJSON, a line on each change, until it has ended or waits for approval; or until nothing
    has changed for `wait` seconds."""
    name = record_id(job)
    first = await run_in_threadpool(jobs.show, ctx, who, name)

    async def lines() -> AsyncIterator[bytes]:
        shown = first
        yield orjson.dumps(shown) + b"\n"
        while not _is_over(shown):
            before = shown
            try:
                shown = await changes.until(lambda: jobs.show(ctx, who, name), partial(ne, before), wait)
            except LedgerError as failed:
                yield orjson.dumps({"error": {"reason": failed.reason}}) + b"\n"
                return
            if shown == before:
                return
            yield orjson.dumps(shown) + b"\n"
            await asyncio.sleep(0.1)

    return StreamingResponse(lines(), media_type=NDJSON)


@router.put("/jobs/{job}/pages/{number}", openapi_extra=_PAGE)
async def put_page(
    request: Request,
    who: Annotated[Principal, Depends(Caller("imports.send"))],
    ctx: Context,
    job: str,
    number: int,
    first_row: Annotated[int, Query(alias="firstRow", ge=0, le=2**53 - 1)],
) -> dict[str, Any]:
    """Send a page: a small CSV file with the header line, or a JSON list; `firstRow` is where its first row
    stands in the whole."""
    name = record_id(job)
    if media_type(request) not in _KINDS:
        raise BadInput("MEDIA_TYPE_UNSUPPORTED", "Send text/csv or application/json.")
    body = await request.body()
    return await run_in_threadpool(staging.put_page, ctx, who, name, number, first_row, body)


@router.get("/jobs/{job}/pages/{number}")
def page_report(
    who: Annotated[Principal, Depends(Caller("imports.send"))],
    ctx: Context,
    job: str,
    number: int,
    sha256: Annotated[str, Query(pattern=_SHA256)],
) -> dict[str, Any]:
    """What was said to a page that was sent before, by the SHA-256 of its bytes."""
    return staging.page_report(ctx, who, record_id(job), number, sha256)


@router.get("/jobs/{job}/rows")
def rows(
    who: Annotated[Principal, Depends(Caller("imports.read"))],
    ctx: Context,
    job: str,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> dict[str, Any]:
    """What became of the rows that were taken, in the order of the file."""
    found, after = jobs.rows(ctx, who, record_id(job), after=after_cursor(cursor), limit=limit)
    return {"rows": found, "next": None if after is None else cursor_of(after)}


@router.get("/jobs/{job}/late")
def refused_late(
    who: Annotated[Principal, Depends(Caller("imports.read"))],
    ctx: Context,
    job: str,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What is wrong with rows that were ready when their page was answered, and were refused since."""
    found, after = jobs.refused_late(ctx, who, record_id(job), after=after_cursor(cursor))
    return {"findings": found, "next": None if after is None else cursor_of(after)}


@router.get("/jobs/{job}/acts")
def acts(
    who: Annotated[Principal, Depends(Caller("imports.read"))], ctx: Context, job: str
) -> dict[str, Any]:
    """The acts that issue its certificates, the first thousand."""
    return {"acts": jobs.acts(ctx, who, record_id(job))}


@router.post("/jobs/{job}/end", openapi_extra=body_schema(ImportEndBody))
def end(
    who: Annotated[Principal, Depends(Caller("imports.send"))],
    ctx: Context,
    job: str,
    body: Annotated[ImportEndBody, Depends(JsonBody(ImportEndBody))],
) -> dict[str, Any]:
    """The file was sent in full: issue it, or wait for a second person."""
    return jobs.end(ctx, who, record_id(job), body.pages, body.unreadable)


@router.post("/jobs/{job}/approval", openapi_extra=body_schema(NothingBody))
def approve(
    who: Annotated[Principal, Depends(Caller("imports.approve"))],
    ctx: Context,
    job: str,
    _: Annotated[NothingBody, Depends(JsonBody(NothingBody))],
) -> dict[str, Any]:
    """Agree to an import that somebody else sent."""
    return jobs.approve(ctx, who, record_id(job))


@router.post("/jobs/{job}/rejection", openapi_extra=body_schema(NothingBody))
def reject(
    who: Annotated[Principal, Depends(Caller("imports.approve"))],
    ctx: Context,
    job: str,
    _: Annotated[NothingBody, Depends(JsonBody(NothingBody))],
) -> dict[str, Any]:
    """End an import that waits, with nothing issued."""
    return jobs.reject(ctx, who, record_id(job))


def _is_over(job: dict[str, Any]) -> bool:
    return job["state"] not in ("receiving", CLOSED[1])
