"""`/v1/numbers`: the ranges that an issuing body takes its certificate numbers from."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from ledger_app.access.principals import Principal
from ledger_app.api.bodies import RangeBody
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
from ledger_app.services import numbering

router = APIRouter(prefix="/v1/numbers", tags=["numbers"])


@router.post("", status_code=201, openapi_extra=body_schema(RangeBody))
def add(
    who: Annotated[Principal, Depends(Caller("numbers.change"))],
    ctx: Context,
    body: Annotated[RangeBody, Depends(JsonBody(RangeBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Register a range of numbers."""
    return numbering.add(ctx, who, body.pattern, body.first, body.last, body.scheme, once)


@router.get("")
def listed(
    who: Annotated[Principal, Depends(Caller("numbers.read"))],
    ctx: Context,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The caller's ranges, newest first, and how far each is given out."""
    rows = numbering.listed(ctx, who, before=after_cursor(cursor), limit=limit)
    return page("ranges", rows, limit)


@router.get("/{range}")
def given(
    who: Annotated[Principal, Depends(Caller("numbers.read"))],
    ctx: Context,
    range: str,  # noqa: A002 the name in the path
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    state: Annotated[str | None, Query(max_length=16)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """What became of the numbers given out of a range: used, pending, void or unused."""
    rows, after = numbering.given(
        ctx, who, record_id(range), year=year, state=state, after=after_cursor(cursor), limit=limit
    )
    return {"numbers": rows, "next": None if after is None else cursor_of(after)}
