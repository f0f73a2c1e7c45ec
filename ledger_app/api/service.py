"""`/livez`, `/readyz`, `/v1/ledger`, `/v1/reasons`: the service about itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from ledger_app.access.principals import Principal
from ledger_app.api.http import Caller, Context
from ledger_app.services import health, reasons

router = APIRouter(tags=["service"])


@router.get("/livez")
def livez(_: Annotated[Principal, Depends(Caller("service.health"))]) -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz")
def readyz(_: Annotated[Principal, Depends(Caller("service.health"))], ctx: Context) -> JSONResponse:
    """Whether the service can take work; 503 with what is missing otherwise."""
    found = health.ready(ctx)
    return JSONResponse(found, 200 if found["ready"] else 503)


@router.get("/v1/ledger")
def ledger(_: Annotated[Principal, Depends(Caller("ledger.read"))], ctx: Context) -> dict[str, Any]:
    """The pinned ledger and its head."""
    return health.ledger(ctx)


@router.get("/v1/reasons")
def published(_: Annotated[Principal, Depends(Caller("service.describe"))]) -> dict[str, Any]:
    """Every check, outcome and reason code."""
    return reasons.published()
