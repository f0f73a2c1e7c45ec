"""`/livez`, `/readyz`, `/metrics`, `/v1/ledger`, `/v1/reasons`: the service about itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from ledger_app.access.monitoring import refuse_strangers
from ledger_app.access.principals import Principal
from ledger_app.api.http import Caller, Context
from ledger_app.services import health, observing, reasons
from ledger_app.telemetry.metrics import MEDIA_TYPE

router = APIRouter(tags=["service"])


@router.get("/livez")
def livez(_: Annotated[Principal, Depends(Caller("service.health"))]) -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "Not ready; what is missing, as in 200."}})
def readyz(_: Annotated[Principal, Depends(Caller("service.health"))], ctx: Context) -> JSONResponse:
    """Whether the service can take work; 503 with what is missing otherwise."""
    found = health.ready(ctx)
    return JSONResponse(found, 200 if found["ready"] else 503)


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, ctx: Context) -> Response:
    """Metrics for Prometheus: for this machine, or for who has the token of the settings."""
    client = request.client.host if request.client is not None else ""
    refuse_strangers(ctx.settings, client, request.headers)
    return Response(observing.page(ctx), media_type=MEDIA_TYPE)


@router.get("/v1/ledger")
def ledger(_: Annotated[Principal, Depends(Caller("ledger.read"))], ctx: Context) -> dict[str, Any]:
    """The pinned ledger and its head."""
    return health.ledger_facts(ctx)


@router.get("/v1/reasons")
def published(_: Annotated[Principal, Depends(Caller("service.describe"))]) -> dict[str, Any]:
    """Every check, outcome and reason code."""
    return reasons.published()
